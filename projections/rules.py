"""Which checks and numbers hold for an account: its own overrides before those of its group, before those for all.

They are worked out once for each account or group that a policy names, so that an order costs one look-up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from msgspec import Struct

from projections.book import Book
from projections.context import Context
from projections.dossier_rows import Dossier
from projections.rows import Account
from schemas.policy import Policy
from schemas.policy_orders import Checks, Exclusion, Orders, Override
from schemas.policy_overrides import changed

_POLICIES_KEPT = 16


class Rules(Struct, frozen=True):
    """What holds for an account. `exclusions` has those of each check that it may be spared, whenever they hold."""

    checks: Checks
    orders: Orders
    exclusions: dict[str, tuple[Exclusion, ...]]

    def excluded(self, code: str, today: str) -> Exclusion | None:
        """Return what spares the account a check today, both days included, or None; `today` is an ISO date."""
        for exclusion in self.exclusions.get(code, ()):
            if exclusion.valid_from.isoformat() <= today <= exclusion.valid_until.isoformat():
                return exclusion
        return None


class _Plan(Struct):
    """The rules of one policy as far as they were asked for; those of all accounts that nothing names are one."""

    accounts: frozenset[str]
    grades: frozenset[str]
    segments: frozenset[str]
    for_all: Rules | None
    resolved: dict[tuple[str | None, str | None, str | None], Rules]


_PLANS: dict[str, _Plan] = {}


def rules_for(
    policy: Policy, policy_id: str, account_id: str, *, grade: str | None = None, segment: str | None = None
) -> Rules:
    """Return the rules that hold for an account of a grade and a segment.

    An override changes only what it states. Where several state the same, one for the account goes before one for a
    group, and of those the one that is listed first.
    """
    plan = _PLANS.get(policy_id) or _plan(policy, policy_id)
    if plan.for_all is not None:
        return plan.for_all
    key = (
        account_id if account_id in plan.accounts else None,
        grade if grade in plan.grades else None,
        segment if segment in plan.segments else None,
    )
    found = plan.resolved.get(key)
    if found is None:
        found = plan.resolved[key] = _resolve(policy, *key)
    return found


def rules_of(account: Account, context: Context, book: Book) -> Rules:
    """Return the rules that hold for an account as it stands."""
    plan = _PLANS.get(context.policy_id) or _plan(context.policy, context.policy_id)
    if plan.for_all is not None:
        return plan.for_all
    dossier = cast("Dossier | None", book.sheet("dossier", account.account_id)) if plan.segments else None
    segment = None if dossier is None else dossier.segment
    return rules_for(
        context.policy, context.policy_id, account.account_id, grade=account.grade or None, segment=segment
    )


def _plan(policy: Policy, policy_id: str) -> _Plan:
    if len(_PLANS) >= _POLICIES_KEPT:
        _PLANS.clear()
    scoped: tuple[Override | Exclusion, ...] = (*policy.overrides, *policy.exclusions)
    plan = _PLANS[policy_id] = _Plan(
        accounts=frozenset(account_id for rule in scoped for account_id in rule.accounts),
        grades=frozenset(grade for rule in scoped for grade in rule.grades),
        segments=frozenset(segment for rule in scoped for segment in rule.segments),
        for_all=None if scoped else Rules(policy.checks, policy.orders, {}),
        resolved={},
    )
    return plan


def _resolve(policy: Policy, account_id: str | None, grade: str | None, segment: str | None) -> Rules:
    checks, orders = policy.checks, policy.orders
    for override in _from_last_to_first(policy.overrides, account_id, grade, segment):
        checks, orders = changed(checks, override.checks), changed(orders, override.orders)
    exclusions: dict[str, tuple[Exclusion, ...]] = {}
    for exclusion in policy.exclusions:
        if _covers(exclusion, account_id, grade, segment):
            for code in exclusion.checks:
                exclusions[code] = (*exclusions.get(code, ()), exclusion)
    return Rules(checks, orders, exclusions)


def _from_last_to_first(
    overrides: Sequence[Override], account_id: str | None, grade: str | None, segment: str | None
) -> list[Override]:
    """What is applied later wins, so groups come before accounts and what is listed first comes last."""
    covering = [override for override in reversed(overrides) if _covers(override, account_id, grade, segment)]
    return sorted(covering, key=lambda override: bool(override.accounts))


def _covers(rule: Override | Exclusion, account_id: str | None, grade: str | None, segment: str | None) -> bool:
    if rule.accounts:
        return account_id in rule.accounts
    has_grade = not rule.grades or grade in rule.grades
    return has_grade and (not rule.segments or segment in rule.segments)
