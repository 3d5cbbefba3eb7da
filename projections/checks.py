"""Order checks: plain functions of one signature in one tuple, in order of precedence.

Adding a check = one function, one entry, one reason code, one policy field, one test row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from projections.rows import Account, Order
from projections.standing import Limit, utilisation_bp
from schemas.decisions import Reason
from schemas.policy import Policy
from schemas.reasons import GRAVITY


class Case(NamedTuple):
    """An order before its judge. Amounts are in the account's currency and leave the order itself out.

    `need_minor` is what its release would add, None where a rate is missing; `reserved_for` is an older order that
    was passed over so often that it has the next headroom to itself. `cover_minor` is borne by others without the
    order, `cover_adds_minor` of the order; `headroom_minor` is by what is left of the exposure.
    """

    account: Account
    order: Order
    policy: Policy
    need_minor: int | None
    exposure_minor: int
    limit: Limit
    headroom_minor: int | None
    unvalued: tuple[str, ...]
    reserved_for: Order | None
    cover_minor: int = 0
    cover_adds_minor: int = 0

    def net_need_minor(self) -> int:
        """Return what of the order's need nobody else would bear; 0 where a rate is missing."""
        return (self.need_minor or 0) - self.cover_adds_minor


def account_unknown(case: Case) -> Reason | None:
    """Nobody has opened the account."""
    return None if case.account.opened else {"code": "account_unknown"}


def account_suspended(case: Case) -> Reason | None:
    """The desk has suspended the account."""
    return {"code": "account_suspended"} if case.account.status == "suspended" else None


def rejected_by_desk(case: Case) -> Reason | None:
    """The desk has refused this order."""
    return {"code": "rejected_by_desk"} if case.order.state == "rejected" else None


def fact_unreadable(case: Case) -> Reason | None:
    """A record of the account could not be read, so its exposure is in doubt."""
    count = case.account.unreadable_count
    return {"code": "fact_unreadable", "unreadable_count": count} if count else None


def limit_missing(case: Case) -> Reason | None:
    """No limit was ever set."""
    return {"code": "limit_missing"} if case.limit.limit_minor is None and not case.limit.unlimited else None


def currency_without_rate(case: Case) -> Reason | None:
    """The order, or a balance of the account, is in a currency that cannot be valued."""
    if case.need_minor is not None and not case.unvalued:
        return None
    return {"code": "currency_without_rate", "currency": case.unvalued[0] if case.unvalued else case.order.currency}


def limit_is_zero(case: Case) -> Reason | None:
    """The account has no credit."""
    is_zero = case.limit.limit_minor == 0 and not case.limit.unlimited
    return {"code": "limit_is_zero", "limit_minor": 0} if is_zero and case.net_need_minor() else None


def exposure_exceeds_limit(case: Case) -> Reason | None:
    """With this order the exposure would be above the limit."""
    if case.headroom_minor is None or case.need_minor is None:
        return None
    over = case.net_need_minor() - case.headroom_minor
    is_paid = not case.need_minor and bool(case.order.deposits)
    if over <= 0 or is_paid:
        return None
    limit = case.limit.limit_minor or 0
    cover = case.cover_minor + case.cover_adds_minor
    used = utilisation_bp(case.exposure_minor + case.need_minor - cover, case.limit)
    return {
        "code": "exposure_exceeds_limit",
        "amount_minor": case.need_minor,
        "exposure_minor": case.exposure_minor,
        **({"cover_minor": cover} if cover else {}),
        "limit_minor": limit,
        "over_minor": over,
        **({} if used is None else {"utilisation_bp": used}),
    }


def headroom_reserved_for_earlier_order(case: Case) -> Reason | None:
    """An older order that fits the limit was passed over too often."""
    older = case.reserved_for
    if older is None or not case.net_need_minor() or case.headroom_minor is None:
        return None
    return {"code": "headroom_reserved_for_earlier_order", "order_id": older.order_id}


Check = Callable[[Case], Reason | None]
CHECKS: tuple[Check, ...] = (
    account_unknown,
    account_suspended,
    rejected_by_desk,
    fact_unreadable,
    limit_missing,
    currency_without_rate,
    limit_is_zero,
    exposure_exceeds_limit,
    headroom_reserved_for_earlier_order,
)

HEADROOM_REASONS = frozenset({"exposure_exceeds_limit", "headroom_reserved_for_earlier_order", "limit_is_zero"})


def check(case: Case, spared: frozenset[str] = frozenset()) -> tuple[str, list[Reason]]:
    """Return the gravest answer and every reason for it or a lesser one, by precedence, but for checks it is spared."""
    reasons: list[Reason] = []
    gravest = "pass"
    for run in CHECKS:
        reason = run(case)
        if reason is None or reason["code"] in spared:
            continue
        answer = _answer(reason, case.policy)
        if answer == "pass":
            continue
        reason["answer"] = answer
        reasons.append(reason)
        if GRAVITY[answer] > GRAVITY[gravest]:
            gravest = answer
    return gravest, reasons


def _answer(reason: Reason, policy: Policy) -> str:
    code = str(reason["code"])
    if code == "rejected_by_desk":
        return "block"
    if code == "headroom_reserved_for_earlier_order":
        return "refer"
    answer: str = getattr(policy.checks, code)
    if code == "exposure_exceeds_limit" and answer == "refer":
        utilisation = reason.get("utilisation_bp")
        too_far = utilisation is None or int(utilisation) > policy.checks.block_above_utilisation_bp
        return "block" if too_far else "refer"
    return answer
