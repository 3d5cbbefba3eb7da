"""Whatever invoices do, the state of an account follows from them and every prediction is a probability."""

from __future__ import annotations

from datetime import date, timedelta
from math import isfinite

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.lateness_features import FEATURES, Invoice, Payments, Population, features_of
from projections.lateness_model import LatenessModel, encode_model, predict, read_model, refusal_of
from streams.receivables import Item
from streams.scoreboard import CHAMPION
from tests.late_payers import item, lessons_of
from tests.plain_lateness import History

_FIRST = date(2025, 1, 1)


@st.composite
def histories(draw: st.DrawFn) -> list[Item]:
    """Invoices with any terms, also none or backwards, settled at any time or never."""
    days = st.integers(0, 120)
    items = []
    for number in range(draw(st.integers(1, 25))):
        issued_on = _FIRST + timedelta(days=draw(days))
        settled_on = draw(st.one_of(st.none(), days.map(lambda after, on=issued_on: on + timedelta(days=after))))
        due_on = issued_on + timedelta(days=draw(st.integers(-10, 60)))
        made = item(f"A{draw(st.integers(0, 3))}", f"I{number}", issued_on, due_on, settled_on)
        items.append(msgspec.structs.replace(made, amount_minor=draw(st.integers(1, 10**15))))
    return items


@settings(max_examples=60, deadline=None)
@given(histories(), st.integers(0, 20))
def test_each_invoice_is_learned_at_most_once_and_in_the_order_of_days(items: list[Item], grace_days: int) -> None:
    learner, lessons = lessons_of(items, grace_days)
    assert len({lesson.number for lesson in lessons}) == len(lessons) <= len(items)
    assert [lesson.known_on for lesson in lessons] == sorted(lesson.known_on for lesson in lessons)
    assert sum(each.settled_on is not None for each in items) <= len(lessons)
    for lesson in lessons:
        assert all(isfinite(value) for value in lesson.values)
        assert all(0 <= probability <= 1 for probability in lesson.predicted.values())
    assert refusal_of(learner.snapshots()[CHAMPION]) is None


@settings(max_examples=60, deadline=None)
@given(histories())
def test_the_order_of_the_rows_makes_no_difference(items: list[Item]) -> None:
    forwards, backwards = (list(History(each).labels()) for each in (items, items[::-1]))
    assert forwards == backwards


@settings(max_examples=60, deadline=None)
@given(histories())
def test_what_is_open_is_a_naive_count_of_it(items: list[Item]) -> None:
    history = History(items)
    for _ in history.labels():
        pass
    last = max(day for each in items for day in (each.issued_on, each.settled_on) if day is not None)
    for account_id, payments in history.payments().items():
        still = [each for each in items if each.account_id == account_id and each.settled_on is None]
        overdue = [each for each in still if each.due_on < last]
        assert payments.overdue == len(overdue)
        assert payments.overdue_minor == sum(each.amount_minor for each in overdue)
        assert payments.overdue_due_days == sum(each.due_on.toordinal() for each in overdue)
        assert payments.waiting == len(still) - len(overdue)
        assert payments.waiting_minor + payments.overdue_minor == sum(each.amount_minor for each in still)


_numbers = st.floats(-50, 50)


@given(
    st.lists(st.tuples(_numbers, st.floats(0, 1e6), _numbers), min_size=len(FEATURES), max_size=len(FEATURES)),
    st.lists(st.floats(-1e4, 1e4), min_size=len(FEATURES), max_size=len(FEATURES)),
    _numbers,
)
def test_any_sound_snapshot_gives_a_probability_and_survives_its_json(
    columns: list[tuple[float, float, float]], values: list[float], intercept: float
) -> None:
    means, variances, weights = zip(*columns, strict=True)
    count = len(FEATURES)
    model = LatenessModel(
        name=CHAMPION,
        learned=3,
        features=FEATURES,
        counts=(3,) * count,
        means=means,
        variances=variances,
        weights=weights,
        intercept=intercept,
    )
    read = read_model(encode_model(model))
    assert read == model and isinstance(read, LatenessModel)
    found = predict(read, values)
    assert found == predict(model, values)
    assert 0 <= found.raw <= 1 and 0 <= found.probability <= 1
    shares = [reason.log_odds for reason in found.reasons]
    assert len(shares) <= 4 and shares == sorted(shares, reverse=True) and all(share > 0 for share in shares)


@given(st.integers(0, 10**6), st.integers(-400, 400), st.integers(1, 31), st.integers(0, 10**15))
def test_features_are_finite_for_any_first_invoice(issued: int, net: int, day_of_month: int, amount: int) -> None:
    values = features_of(Payments(), Population(), Invoice(issued, issued + net, day_of_month, amount))
    assert len(values) == len(FEATURES)
    assert all(isfinite(value) for value in values)
