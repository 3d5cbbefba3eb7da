"""Whatever happens to an account, measures only tighten, end without a trace, and the ledger replays."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projections.limit_files import measure_file_of
from schemas.policy import default_policy
from tests import builders as b
from tests.builders import Said
from tests.scenario import Scenario

GRAVITY = {"active": 0, "prepayment": 1, "suspended": 2, "legal": 3}
SAID = {"active": b.reinstated, "prepayment": b.prepayment_required, "suspended": b.suspended, "legal": b.handed_over}
DAYS = [f"2025-{month:02}-{day:02}" for month in (4, 5, 6) for day in (1, 6, 11, 16, 21, 26)]


def _rule(does: str, when: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"name": fields.pop("name", does), "does": does, "when": when, **fields}


RULES = [
    _rule("cut_limit", {"oldest_overdue_days": 5}, to_bp=5_000, recovers_after_days=5),
    _rule("cut_limit", {"grades": ["D"]}, name="deeper", to_bp=2_000, recovers_after_days=0),
    _rule("shorten_terms", {"grades": ["C", "D"]}, net_days=14, recovers_after_days=10),
    _rule("require_prepayment", {"combined_level": "warning"}, recovers_after_days=5),
    _rule("suspend", {"oldest_overdue_days": 20}, recovers_after_days=None),
]


def policy(automatic: str) -> Said:
    """Return a policy with all kinds of measures, and proposals that are adopted or not."""
    rows = [{"grade": grade, "cap_minor": cap} for grade, cap in (("A", 900), ("C", 300), ("D", 0))]
    limits = {"automatic": automatic, "round_to_minor": 1, "raise_after_days": 10, "grades": rows}
    document = msgspec.to_builtins(default_policy())
    return b.policy_adopted({**document, "measures": RULES, "limits": limits, "risk_matrix": {}})


@st.composite
def histories(draw: st.DrawFn) -> list[Said]:
    """Return what happens to an account: bills, payments, days, what the desk says, other policies."""
    days, found = iter(DAYS), []
    for number, what in enumerate(draw(st.lists(st.sampled_from([*WHAT] * 2 + ["day"] * 6), min_size=5, max_size=30))):
        if what == "day":
            found.append(b.day_closed(next(days, DAYS[-1])))
        else:
            found.append(WHAT[what](draw, number))
    return found


def _limit(draw: st.DrawFn, _: int) -> Said:
    dated = draw(st.sampled_from([{}, {}, {"valid_until": draw(st.sampled_from(DAYS))}]))
    return b.limit_set(draw(st.sampled_from([0, 100, 500, 1_000])), unlimited=draw(st.integers(0, 9)) == 0, **dated)


WHAT: dict[str, Any] = {
    "bill": lambda draw, number: b.invoice(
        draw(st.sampled_from([50, 200])), f"I{number}", due_on=draw(st.sampled_from(DAYS))
    ),
    "payment": lambda draw, number: b.payment(draw(st.sampled_from([50, 200, 400])), f"P{number}"),
    "order": lambda draw, number: b.order(f"O{number}", draw(st.sampled_from([10, 100, 300]))),
    "limit": _limit,
    "grade": lambda draw, _: b.grade_set(draw(st.sampled_from(["A", "C", "D"]))),
    "terms": lambda draw, _: b.terms_set(draw(st.sampled_from([None, 7, 60]))),
    "status": lambda draw, _: SAID[draw(st.sampled_from(sorted(SAID)))](),
    "policy": lambda draw, _: policy(draw(st.sampled_from(["none", "lower", "raise_and_lower"]))),
}


@given(histories())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_measure_never_loosens_what_a_person_said_and_leaves_no_trace(facts: list[Said]) -> None:
    acme = Scenario()
    acme.say(b.account_opened(), policy("none"), b.day_closed("2025-03-26"), b.limit_set(1_000))
    status, limit = "active", (1_000, False)
    for said in facts:
        kind = said.value["type"]
        if kind == "policy_adopted":
            continue
        acme.say(said)
        if said.value.get("type") == "limit_set" and not said.value.keys() & {"valid_from", "valid_until"}:
            limit = (said.value["limit_minor"], said.value["unlimited"])
        status = next((name for name, make in SAID.items() if make().value["type"] == kind), status)
        account = acme.partition.book.account(b.ACCOUNT)
        assert account is not None
        assert GRAVITY[account.status] >= GRAVITY[status]
        assert account.limit_minor <= limit[0]
        file = measure_file_of(acme.partition.book, b.ACCOUNT)
        if file is None or not file.in_force:
            assert account.status == status
            assert (account.limit_minor, account.unlimited) == limit
    acme.prove()


@given(histories())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_with_other_policies_and_adopted_proposals_the_ledger_replays(facts: list[Said]) -> None:
    acme = Scenario()
    acme.say(b.account_opened(), policy("raise_and_lower"), b.day_closed("2025-03-26"), b.limit_set(1_000), *facts)
    acme.prove()
