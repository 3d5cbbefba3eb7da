"""Checks of how an order is to be paid, and of how large it is."""

from __future__ import annotations

from projections.checks.case import Case
from projections.splitting import maximum_in, ordered_with
from projections.terms import days_granted
from projections.tolerance import tolerance
from schemas.decisions import Reason


def prepayment_required(case: Case) -> Reason | None:
    """The account buys against prepayment only, and the order is neither paid nor to be paid before it is delivered.

    Terms are enough to take the order in; before goods leave, only money is.
    """
    order = case.order
    if case.account.status != "prepayment" or not case.unpaid:
        return None
    if case.checkpoint != "delivery" and (order.terms == "prepay" or order.kind == "cash"):
        return None
    return {"code": "prepayment_required", "unpaid_minor": case.valued(case.unpaid, order.currency)}


def terms_exceed_granted(case: Case) -> Reason | None:
    """The order is to be paid later than the account is granted, by the order's seller if they have a contract."""
    asked = case.order.net_days
    if asked is None or case.order.terms in _PAID_AT_ONCE:
        return None
    granted = days_granted(case.recording, case.order.seller_id)
    if granted is None or asked <= granted:
        return None
    return {"code": "terms_exceed_granted", "net_days": asked, "granted_days": granted}


_PAID_AT_ONCE = ("prepay", "cod")


def terms_backdated(case: Case) -> Reason | None:
    """The order came long after the day it names, from which its terms would run."""
    order = case.order
    most = case.numbers.backdated_days
    if order.net_days is None or order.backdated_days <= most:
        return None
    return {"code": "terms_backdated", "placed_on": order.placed_on, "backdated_days": order.backdated_days}


def amount_exceeds_released(case: Case) -> Reason | None:
    """More is about to leave, or to be invoiced, than was released with all that is forgiven."""
    order = case.order
    if not order.asked:
        return None
    released = order.let_go or order.amount
    forgiven = tolerance(case.recording, order, case.numbers, released)
    over = order.asked - released
    if over <= forgiven:
        return None
    return {
        "code": "amount_exceeds_released",
        "amount_minor": case.valued(order.asked, order.currency),
        "released_minor": case.valued(released, order.currency),
        "over_minor": case.valued(over, order.currency),
        "tolerance_minor": case.valued(forgiven, order.currency),
    }


def order_exceeds_maximum(case: Case) -> Reason | None:
    """The order alone is larger than any order of the account may be."""
    order = case.order
    maximum = maximum_in(case.recording, order.currency, case.numbers)
    if maximum is None or order.amount <= maximum:
        return None
    return {
        "code": "order_exceeds_maximum",
        "amount_minor": case.valued(order.amount, order.currency),
        "maximum_minor": case.valued(maximum, order.currency),
    }


def orders_split(case: Case) -> Reason | None:
    """Several orders within a few days, each small enough, are too large together; the one that came last says so."""
    order, numbers = case.order, case.numbers
    maximum = maximum_in(case.recording, order.currency, numbers)
    if maximum is None or order.amount > maximum:
        return None
    others = ordered_with(case.recording, order, numbers.split_within_days)
    if not others:
        return None
    together = sum(case.valued(amount, currency) for currency, amount in others.items())
    together += case.valued(order.amount, order.currency)
    most = case.valued(maximum, order.currency)
    if together <= most:
        return None
    return {
        "code": "orders_split",
        "amount_minor": case.valued(order.amount, order.currency),
        "together_minor": together,
        "maximum_minor": most,
        "within_days": numbers.split_within_days,
    }
