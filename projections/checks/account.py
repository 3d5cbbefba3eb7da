"""Checks of the account itself: known, in good standing, all of it readable."""

from __future__ import annotations

from projections.checks.case import Case
from schemas.decisions import Reason


def account_unknown(case: Case) -> Reason | None:
    """Nobody has opened the account."""
    return None if case.account.opened else {"code": "account_unknown"}


def account_suspended(case: Case) -> Reason | None:
    """The desk, or a measure, has suspended the account."""
    return {"code": "account_suspended"} if case.account.status == "suspended" else None


def account_in_legal(case: Case) -> Reason | None:
    """The account is with a lawyer or an agency."""
    return {"code": "account_in_legal"} if case.account.status == "legal" else None


def account_on_hold(case: Case) -> Reason | None:
    """A person holds the account, or held it when the order came: such an order waits for a person even afterwards.

    Source: Dynamics 365, manual hold that an evaluation for release never clears.
    """
    order = case.order
    has_waited = order.state != "released" and "account_on_hold" in order.reasons
    return {"code": "account_on_hold"} if case.account.held or has_waited else None


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
