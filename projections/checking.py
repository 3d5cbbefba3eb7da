"""Order checks: all of them in order of precedence, those that a policy lets speak, and what they say together.

Adding a check = one function, one entry, one reason code, one policy field, one test row.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from projections.checks import account, dossier, headroom, overdue, terms, validity
from projections.checks.case import Case, Check
from projections.exceptions import spared
from projections.rows import SHEETS
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


_ODD, _OVERDUE, _TERMS, _ASKED, _SCOPED, _RESERVED, _GRADED, _CONTRACTS = (1 << bit for bit in range(8))
"""What may be said of an order or its account: a check that needs something of it is not run where none of it is so."""

_SPEAKS_WHERE: dict[Check, int] = {
    account.account_unknown: _ODD,
    account.account_suspended: _ODD,
    account.account_in_legal: _ODD,
    account.account_on_hold: _ODD,
    account.rejected_by_desk: _ODD,
    account.fact_unreadable: _ODD,
    terms.prepayment_required: _ODD,
    terms.terms_exceed_granted: _TERMS,
    terms.terms_backdated: _TERMS,
    terms.amount_exceeds_released: _ASKED,
    overdue.oldest_overdue_too_old: _OVERDUE,
    overdue.overdue_share_too_high: _OVERDUE,
    overdue.overdue_amount_too_high: _OVERDUE,
    overdue.dunning_stage_too_high: _OVERDUE,
    dossier.grade_without_credit: _GRADED,
    validity.contract_expired: _CONTRACTS,
    headroom.scope_limit_exceeded: _SCOPED,
    headroom.headroom_reserved_for_earlier_order: _RESERVED,
}
"""Checks not listed look at every order."""


@lru_cache(maxsize=4096)
def _checks_for(checks: Checks, numbers: Orders, signs: int) -> tuple[tuple[Check, str], ...]:
    """Return the active checks that may say something of an order with these signs, in order of precedence."""
    return tuple(
        (run, answer)
        for run, answer in active_checks(checks, numbers)
        if run not in _SPEAKS_WHERE or _SPEAKS_WHERE[run] & signs
    )


def _signs(case: Case) -> int:
    """Return what is so of an order and its account, of what checks need to say anything; most orders have little."""
    about, order = case.account, case.order
    signs = 0
    if not about.opened or about.status != "active" or about.held or about.unreadable_count:
        signs = _ODD
    if order.state == "rejected" or order.reasons:
        signs |= _ODD
    for stages in about.stages.values():
        if stages.overdue:
            signs |= _OVERDUE
    if order.net_days is not None:
        signs |= _TERMS
    if order.asked:
        signs |= _ASKED
    if about.scope_limits:
        signs |= _SCOPED
    if case.reserved_for is not None:
        signs |= _RESERVED
    if about.grade:
        signs |= _GRADED
    if about.sheets & SHEETS["contracts"]:
        signs |= _CONTRACTS
    return signs


def check(case: Case, *, known: Collection[str] = (), only: Collection[str] | None = None) -> tuple[str, list[Reason]]:
    """Return the gravest answer and every reason for it or a lesser one, by precedence; of all checks or some.

    A reason that is `known` to whoever released the order is not asked again. One that an exception or an exclusion
    spares the order is named with what spares it, and passes.
    """
    reasons: list[Reason] = []
    gravest = "pass"
    has_spared = False
    for run, answer in _checks_for(case.rules.checks, case.numbers, _signs(case)):
        if only is not None and run.__name__ not in only:
            continue
        reason = run(case)
        if reason is None or run.__name__ in known:
            continue
        reason = _unless_spared(case, reason)
        if "check" in reason:
            has_spared = True
        else:
            reason["answer"] = _for_how_far(case, reason, answer)
            if GRAVITY[str(reason["answer"])] > GRAVITY[gravest]:
                gravest = str(reason["answer"])
        reasons.append(reason)
    if has_spared:
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
