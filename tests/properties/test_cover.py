"""Cover as arithmetic: more exposure never means less of it net, and no part of it is borne twice."""

from __future__ import annotations

from itertools import pairwise

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projections.context import Context, new_context
from projections.cover_rows import Covering
from projections.credit_cover import Adding, cover_of
from projections.rows import Account
from tests import builders as b
from tests.builders import Said
from tests.scenario import Scenario

quick = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))

shares = st.sampled_from([0, 1, 3_333, 5_000, 9_000, 9_999, 10_000])


@st.composite
def coverings(draw: st.DrawFn) -> Covering:
    """Return a cover in force; every other one with a condition."""
    order_key = draw(st.sampled_from(["", "", "O1", "O2"]))
    return Covering(
        key=str(draw(st.integers(0, 10**6))),
        mark="",
        kind="guarantee",
        value=draw(st.integers(0, 200)),
        currency=draw(st.sampled_from(["EUR", "EUR", "USD", "CHF"])),
        share_bp=draw(shares),
        first_loss=draw(st.sampled_from([0, 0, 7, 50])),
        max_net_days=draw(st.sampled_from([None, None, 30])),
        valid_from="",
        valid_until="9999-12-31",
        order_key=order_key,
        in_force=draw(st.sampled_from([True, True, True, False])),
        sums=draw(st.dictionaries(st.sampled_from(["EUR", "USD"]), st.integers(0, 100))),
        before=draw(st.none() | st.dictionaries(st.just("EUR"), st.integers(0, 150))),
    )


def in_turn() -> st.SearchStrategy[list[Covering]]:
    """Covers in the turn in which an account keeps them: those of an order bear before those of all."""
    return st.lists(coverings(), max_size=5).map(lambda covers: sorted(covers, key=lambda one: not one.order_key))


def rated() -> Context:
    """Return a context that has a rate for dollars and none for francs."""
    context = new_context(0, 1)
    context.set_rates("EUR", {"USD": "1.25"})
    return context


@quick
@given(st.lists(coverings(), max_size=5), st.integers(-50, 400))
def test_each_unit_of_exposure_is_borne_once_or_not_at_all(covers: list[Covering], exposure: int) -> None:
    account, context = Account("A", "EUR", covers=covers), rated()
    net = [more - cover_of(account, context, more) for more in range(exposure, exposure + 30)]
    assert all(later - earlier in (0, 1) for earlier, later in pairwise(net))
    assert all(0 <= more - left <= max(0, more) for more, left in enumerate(net, exposure))


def test_two_covers_of_an_order_bear_no_more_than_it() -> None:
    letter = Covering("L", "", "letter_of_credit", 2, "EUR", 9_000, 0, None, "", "9999-12-31", "O1", in_force=True)
    guarantee = msgspec.structs.replace(letter, key="G", kind="guarantee")
    account, adding = Account("A", "EUR", covers=[letter, guarantee]), Adding("O1", None, 3)
    assert cover_of(account, rated(), 5, adding) == 2  # 90 % of 3, then 90 % of the 1 that is left


@quick
@given(in_turn(), st.integers(0, 300), st.integers(0, 200), st.sampled_from([None, 10, 90]))
def test_an_order_adds_between_nothing_and_itself(
    covers: list[Covering], exposure: int, amount: int, net_days: int | None
) -> None:
    account, context = Account("A", "EUR", covers=covers), rated()
    adding = Adding("O1", net_days, amount)
    more = cover_of(account, context, exposure + amount, adding) - cover_of(account, context, exposure)
    assert 0 <= more <= amount


@quick
@given(st.lists(coverings(), max_size=5), coverings(), st.integers(0, 300))
def test_a_further_cover_never_makes_it_worse(covers: list[Covering], another: Covering, exposure: int) -> None:
    context = rated()
    fewer = cover_of(Account("A", "EUR", covers=covers), context, exposure)
    assert cover_of(Account("A", "EUR", covers=[*covers, another]), context, exposure) >= fewer


@quick
@given(st.permutations(range(9)))
def test_whatever_comes_first_the_same_is_covered_in_the_end(order: list[int]) -> None:
    """Documents, a guarantee, an insurance and a letter of credit in any order of their facts."""
    story: list[Said] = [
        b.order("O1", 300),
        b.order("O2", 200),
        b.delivery(300, "O1"),
        b.invoice(250, "I1", orders={"O1": 250}),
        b.invoice(400, "I2", due_on="2025-07-01"),
        b.payment(100, pays={"I1": 100}),
        b.cover(150, "G"),
        b.cover(500, "I", kind="insurance", share_bp=9_000, max_net_days=60),
        b.cover(180, "L", kind="letter_of_credit", order_id="O1"),
    ]
    scenario = Scenario()
    scenario.say(b.account_opened(), b.limit_set(10_000), *(story[place] for place in order))
    found = scenario.stands()
    # Open are 200 ordered, 50 delivered, 150 and 400 invoiced. The letter of credit bears 180 of its order's 200, the
    # guarantee 150 of the 620 left, the insurer 90 % of the 470 less the 400 on long terms.
    assert (found.exposure_minor, found.cover_minor) == (800, 180 + 150 + 63)
