"""Checks of what is free of the limit."""

from __future__ import annotations

from projections.checks.case import Case
from projections.recording import order_rest
from projections.scopes import scopes_of
from projections.standing import utilisation_bp
from schemas.decisions import Reason


def limit_is_zero(case: Case) -> Reason | None:
    """The account has no credit."""
    is_zero = case.limit.limit_minor == 0 and not case.limit.unlimited
    return {"code": "limit_is_zero", "limit_minor": 0} if is_zero and case.net_need_minor() else None


def exposure_exceeds_limit(case: Case) -> Reason | None:
    """With this order the exposure would be above the limit; one that is paid, or not counted yet, adds nothing."""
    if case.headroom_minor is None or case.need_minor is None:
        return None
    over = case.net_need_minor() - case.headroom_minor
    adds_nothing = not case.need_minor and bool(case.order.deposits or order_rest(case.order))
    if over <= 0 or adds_nothing:
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


def scope_limit_exceeded(case: Case) -> Reason | None:
    """With this order a customer, seller or segment would be above its own limit; the one that is most is named.

    Credit cover is of the whole account and leaves a part of it as it is.
    """
    if case.need_minor is None or not case.account.scope_limits or not case.order.scopes:
        return None
    own = case.own_minor + case.valued(case.order.beyond, case.order.currency)
    over, found = max(
        ((case.need_minor - scope.headroom_minor, scope) for scope in scopes_of(case.recording, case.order, own)),
        default=(0, None),
    )
    if over <= 0 or found is None or not case.need_minor:
        return None
    return {
        "code": "scope_limit_exceeded",
        "scope": found.scope,
        "amount_minor": case.need_minor,
        "exposure_minor": found.exposure_minor,
        "limit_minor": found.limit_minor,
        "over_minor": over,
    }


def headroom_reserved_for_earlier_order(case: Case) -> Reason | None:
    """An older order that fits the limit was passed over too often."""
    older = case.reserved_for
    if older is None or not case.net_need_minor() or case.headroom_minor is None:
        return None
    return {"code": "headroom_reserved_for_earlier_order", "order_id": older.order_id}
