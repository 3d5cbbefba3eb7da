"""Order checks: all of them in order of precedence, those that a policy lets speak, and what they say together.

Adding a check = one function, one entry, one reason code, one policy field, one test row.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from projections.checks import account, dossier, headroom, overdue, terms, validity
from projections.checks.case import Case, Check
from projections.exceptions import spared
from schemas.decisions import Reason
from schemas.policy_orders import Checks, Orders
from schemas.reasons import GRAVITY

CHECKS: tuple[Check, ...] = (
    account.account_unknown,
    account.account_suspended,
    account.account_in_legal,
    account.account_on_hold,
    account.rejected_by_desk,
    account.fact_unreadable,
    dossier.adverse_event,
    dossier.dossier_incomplete,
    dossier.grade_missing,
    dossier.grade_without_credit,
    account.limit_missing,
    validity.limit_expired,
    validity.review_overdue,
    validity.contract_missing,
    validity.contract_expired,
    dossier.bureau_missing,
    dossier.bureau_stale,
    account.currency_without_rate,
    terms.prepayment_required,
    terms.terms_exceed_granted,
    terms.terms_backdated,
    terms.amount_exceeds_released,
    terms.order_exceeds_maximum,
    terms.orders_split,
    overdue.oldest_overdue_too_old,
    overdue.overdue_share_too_high,
    overdue.overdue_amount_too_high,
    overdue.dunning_stage_too_high,
    headroom.limit_is_zero,
    headroom.exposure_exceeds_limit,
    headroom.scope_limit_exceeded,
    headroom.headroom_reserved_for_earlier_order,
)

HEADROOM_REASONS = frozenset({"exposure_exceeds_limit", "headroom_reserved_for_earlier_order", "limit_is_zero"})

_ALWAYS = {"rejected_by_desk": "block", "headroom_reserved_for_earlier_order": "refer"}
"""What no policy lets pass: a person's word, and the turn of an order that waits."""

_NEEDS_A_NUMBER = {
    "order_exceeds_maximum": "maximum_minor",
    "orders_split": "maximum_minor",
    "oldest_overdue_too_old": "oldest_overdue_days",
    "overdue_share_too_high": "overdue_share_bp",
    "overdue_amount_too_high": "overdue_amount_minor",
    "dunning_stage_too_high": "dunning_stage",
}
"""Checks that a policy switches off by giving no number for them."""


@lru_cache(maxsize=1024)
def active_checks(checks: Checks, numbers: Orders) -> tuple[tuple[Check, str], ...]:
    """Return the checks that have something to say under a policy, with their answers, in order of precedence."""
    answers = {run: _ALWAYS.get(run.__name__) or getattr(checks, run.__name__) for run in CHECKS}
    return tuple(
        (run, answer) for run, answer in answers.items() if answer != "pass" and _has_its_number(run.__name__, numbers)
    )


def _has_its_number(code: str, numbers: Orders) -> bool:
    field = _NEEDS_A_NUMBER.get(code)
    return field is None or getattr(numbers, field) is not None


def check(case: Case, *, known: Collection[str] = (), only: Collection[str] | None = None) -> tuple[str, list[Reason]]:
    """Return the gravest answer and every reason for it or a lesser one, by precedence; of all checks or some.

    A reason that is `known` to whoever released the order is not asked again. One that an exception or an exclusion
    spares the order is named with what spares it, and passes.
    """
    reasons: list[Reason] = []
    gravest = "pass"
    for run, answer in active_checks(case.rules.checks, case.rules.orders):
        if only is not None and run.__name__ not in only:
            continue
        reason = run(case)
        if reason is None or run.__name__ in known:
            continue
        reason = _unless_spared(case, reason)
        if "check" not in reason:
            reason["answer"] = _for_how_far(case, reason, answer)
            if GRAVITY[str(reason["answer"])] > GRAVITY[gravest]:
                gravest = str(reason["answer"])
        reasons.append(reason)
    if any("check" in reason for reason in reasons):
        reasons.sort(key=lambda reason: "check" in reason)
    return gravest, reasons


def _for_how_far(case: Case, reason: Reason, answer: str) -> str:
    """An order that is far over the limit is blocked where one that is a little over it is referred."""
    if reason["code"] != "exposure_exceeds_limit" or answer != "refer":
        return answer
    utilisation = reason.get("utilisation_bp")
    is_too_far = utilisation is None or int(utilisation) > case.rules.checks.block_above_utilisation_bp
    return "block" if is_too_far else "refer"


def _unless_spared(case: Case, reason: Reason) -> Reason:
    code = str(reason["code"])
    if code in _ALWAYS:
        return reason
    if code in spared(case.recording, case.order):
        return {"code": "released_by_exception", "check": code, "answer": "pass"}
    exclusion = case.rules.excluded(code, case.recording.today()) if case.rules.exclusions else None
    if exclusion is None:
        return reason
    until = exclusion.valid_until.isoformat()
    return {"code": "excluded_by_policy", "check": code, "valid_until": until, "answer": "pass"}
