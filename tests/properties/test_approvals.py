"""Any sequence of requests, answers and what happens meanwhile: nothing is granted but by the people the band asks."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.decisions import ApprovalChanged
from tests import builders as b
from tests.builders import Said
from tests.properties.test_core_sequences import Rows, facts, quick
from tests.scenario import Scenario
from tests.unit.core.test_core_headroom import policy

PEOPLE = {"manager": ["max", "mia"], "director": ["fin", "mia"]}
TWO = {"roles": ["manager", "director"], "remind_after_days": 5, "expires_after_days": 30}
BANDS = [
    {"subject": "limit", "from_minor": 300, **TWO},
    {"subject": "limit", "from_minor": 600, **TWO, "in_order": False},
    {"subject": "temporary_limit", **TWO},
    {"subject": "order_release", "from_minor": 100, **TWO},
    {"subject": "write_off", "from_minor": 50, **TWO},
    {"subject": "exception", **TWO, "in_order": False},
]
ROLES = {"manager", "director"}
persons = st.sampled_from(["ana", "max", "mia", "fin", "dee"])
names = st.integers(1, 4).map(lambda number: f"AP-{number}")
numbers = st.integers(1, 3)
on = st.sampled_from(["2025-03-10", "2025-03-20", "2025-04-01", "2025-05-01"])


@st.composite
def asked(draw: st.DrawFn) -> Said:
    """Return a request by anybody for anything, or what the desk does at once."""
    number, amount = draw(numbers), draw(st.sampled_from([10, 60, 200, 400, 900]))
    money: dict[str, Any] = {"currency": "EUR", "actor": draw(persons)}
    exception = {"checks": ["account_suspended"], "valid_until": draw(on), "amount_minor": amount}
    desk = {"actor": money["actor"]}
    return draw(
        st.sampled_from(
            [
                b.requested(draw(names), limit_minor=amount, **money),
                b.requested(draw(names), "temporary_limit", limit_minor=amount, valid_until=draw(on), **money),
                b.requested(draw(names), "order_release", order_id=f"O{number}", **desk),
                b.requested(draw(names), "write_off", invoice_id=f"I{number}", amount_minor=amount, **desk),
                b.requested(draw(names), "exception", **exception, **money),
                b.requested(draw(names), "exception", order_id=f"O{number}", checks=["account_suspended"], **desk),
                b.released(f"O{number}", **desk),
                b.written_off(amount, f"I{number}", **desk),
                b.limit_set(amount, **desk),
            ]
        )
    )


@st.composite
def said_of_it(draw: st.DrawFn) -> Said:
    """Return what anybody says of a request, or lets another say for them."""
    who, name = draw(persons), draw(names)
    return draw(
        st.sampled_from(
            [
                *[b.agreed(who, name)] * 4,
                b.agreed(who, name, role=draw(st.sampled_from(sorted(ROLES)))),
                b.not_agreed(who, name),
                b.no_longer_asked(who, name),
                b.delegation_set(draw(persons), draw(persons), "2025-03-01", draw(on)),
            ]
        )
    )


sequences = st.lists(st.one_of(asked(), said_of_it(), said_of_it(), facts()), min_size=10, max_size=50)


def desk(direct: str) -> Scenario:
    """Return an account with a limit, under bands that small amounts reach."""
    scenario = Scenario()
    rules = {"bands": BANDS, "people": PEOPLE, "limit_set_directly": direct}
    scenario.say(b.account_opened(), b.limit_set(500), b.rates_set(USD="1.25"), policy(approvals=rules))
    return scenario


@quick
@given(sequences, st.sampled_from(["allow", "request"]))
def test_nothing_is_granted_but_by_two_others(told: list[Said], direct: str) -> None:
    scenario = desk(direct)
    asks: dict[str, ApprovalChanged] = {}
    for step in (found for found in scenario.say(*told) if isinstance(found, ApprovalChanged)):
        before = asks.get(step.approval_id)
        if before is not None:
            ended_an_exception = before.state == "granted" and step.subject == "exception"
            assert before.state == "open" or ended_an_exception, "what is over stays over"
            assert len(step.given) - len(before.given) in (0, 1)
        if step.state == "granted" and before is not None:
            people = [person for given in step.given for person in (given.actor, given.in_place_of) if person]
            assert {given.role for given in step.given} == ROLES
            assert len(people) == len(set(people))
            assert step.maker not in people
        asks[step.approval_id] = step
    scenario.prove()


@quick
@given(sequences)
def test_what_the_account_looks_at_is_what_is_open_and_in_force(told: list[Said]) -> None:
    scenario = desk("request")
    scenario.say(*told)
    rows = Rows(scenario.partition)
    files = rows.documents["approval_file"]
    still_open = sorted(found.key for found in rows.documents["approval"] if found.state == "open")
    assert sorted(name for file in files for name in file.open) == still_open
    in_force = [sparing for file in files for sparing in file.sparings]
    assert rows.account.approvals == len(still_open) + len(in_force)
    granted = {found.key for found in rows.documents["approval"] if found.state == "granted"}
    assert {sparing.approval_id for sparing in in_force} <= granted
    assert not [found.key for found in rows.documents["approval"] if found.state == "new"]
