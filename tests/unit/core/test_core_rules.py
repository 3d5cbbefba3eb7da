"""Whose rules hold: those for the account before those for its group, before those for all; and what is spared."""

from __future__ import annotations

from typing import Any

import msgspec

from projections.rules import Rules, rules_for
from schemas.policy import default_policy, policy_id, read_policy
from tests.unit.test_policy import EXCLUSION

EXPORT = {"name": "export", "segments": ["export"], "checks": {"limit_missing": "block", "orders_split": "warn"}}
GRADE_D = {"name": "grade D", "grades": ["D"], "checks": {"limit_missing": "warn", "bureau_stale": "block"}}
ACME = {"name": "Acme", "accounts": ["ACME"], "checks": {"orders_split": "pass"}, "orders": {"tolerance_bp": 500}}


def rules(account_id: str = "ACME", grade: str | None = None, segment: str | None = None, **sections: Any) -> Rules:
    """The rules of the default policy with other sections."""
    policy = read_policy({**msgspec.to_builtins(default_policy()), "overrides": [], "exclusions": [], **sections})
    return rules_for(policy, policy_id(policy), account_id, grade=grade, segment=segment)


def test_without_overrides_the_policy_itself_holds() -> None:
    found = rules()
    assert found == Rules(default_policy().checks, default_policy().orders, {})
    assert rules("OTHER", "D", "export") is found, "nothing is worked out twice"


def test_an_override_changes_only_what_it_states() -> None:
    found, own = rules(overrides=[ACME]), default_policy()
    assert (found.checks.orders_split, found.orders.tolerance_bp) == ("pass", 500)
    assert found.checks.limit_missing == own.checks.limit_missing
    assert found.orders.tolerance_minor == own.orders.tolerance_minor


def test_an_override_of_one_grace_day_keeps_the_others() -> None:
    found = rules(overrides=[{**ACME, "orders": {"grace_days": {"order": 9}}}]).orders.grace_days
    own = default_policy().orders.grace_days
    assert (found.order, found.delivery, found.invoice) == (9, own.delivery, own.invoice)


def test_an_override_switches_a_comparison_off() -> None:
    assert default_policy().orders.oldest_overdue_days is not None
    assert rules(overrides=[{**ACME, "orders": {"oldest_overdue_days": "off"}}]).orders.oldest_overdue_days is None


def test_the_account_goes_before_its_group_in_whatever_order_they_are_listed() -> None:
    for overrides in ([ACME, EXPORT], [EXPORT, ACME]):
        found = rules(segment="export", overrides=overrides).checks
        assert (found.orders_split, found.limit_missing) == ("pass", "block")


def test_of_two_groups_the_first_listed_goes_before() -> None:
    of_both = {"grade": "D", "segment": "export"}
    first = rules("OTHER", **of_both, overrides=[EXPORT, GRADE_D]).checks
    assert (first.limit_missing, first.orders_split, first.bureau_stale) == ("block", "warn", "block")
    assert rules("OTHER", **of_both, overrides=[GRADE_D, EXPORT]).checks.limit_missing == "warn"


def test_a_group_of_a_grade_and_a_segment_asks_for_both() -> None:
    both = {**EXPORT, "grades": ["D"]}
    own = default_policy().checks.limit_missing
    answers = [
        rules("OTHER", grade, segment, overrides=[both]).checks.limit_missing
        for grade, segment in (("D", "export"), ("D", None), ("A", "export"), (None, None))
    ]
    assert answers == ["block", own, own, own]


def test_an_exclusion_holds_on_its_days_for_its_checks_and_accounts_only() -> None:
    found = rules(exclusions=[EXCLUSION])
    days = ("2025-02-28", "2025-03-01", "2025-03-31", "2025-04-01")
    assert [found.excluded("orders_split", day) is not None for day in days] == [False, True, True, False]
    assert found.excluded("limit_missing", "2025-03-15") is None
    assert rules("OTHER", exclusions=[EXCLUSION]).excluded("orders_split", "2025-03-15") is None


def test_an_exclusion_says_why() -> None:
    later = {**EXCLUSION, "reason": "second season", "valid_from": "2025-09-01", "valid_until": "2025-09-30"}
    exclusion = rules(exclusions=[EXCLUSION, later]).excluded("orders_split", "2025-09-01")
    assert exclusion is not None
    assert exclusion.reason == "second season"


def test_an_exclusion_for_a_group_is_for_its_accounts() -> None:
    grade_d = {**EXCLUSION, "accounts": [], "grades": ["D"]}
    assert rules("OTHER", "D", exclusions=[grade_d]).excluded("orders_split", "2025-03-15") is not None
    assert rules("OTHER", "A", exclusions=[grade_d]).excluded("orders_split", "2025-03-15") is None


def test_what_is_kept_does_not_grow_with_the_accounts() -> None:
    assert len({id(rules(f"A{number}", "D", f"s{number}", overrides=[ACME, GRADE_D])) for number in range(9)}) == 1
