"""By how much an order may differ from what was released and still be the same order.

A change is forgiven while order and release differ by no more than both tolerances of the policy. It is measured from
the amount that was released, not from the last change, so what an order was forgiven adds up.
"""

from __future__ import annotations

from projections.recording import Recording
from projections.rows import Order
from projections.rules import rules_of
from schemas.money import convert
from schemas.policy_orders import Orders


def released_amount(order: Order) -> int:
    """Return the amount that an order was released with, 0 if it is not released; in its own currency."""
    return order.let_go if order.state == "released" else 0


def tolerance(recording: Recording, order: Order, orders: Orders, amount_minor: int) -> int:
    """Return by how much an amount of an order may be missed, in the order's currency."""
    share = amount_minor * orders.tolerance_bp // 10_000
    policy = recording.context.policy
    if share <= orders.tolerance_minor and policy.currency == order.currency:
        return share
    context = recording.context
    most = convert(orders.tolerance_minor, policy.currency, order.currency, context.base, context.rates)
    return min(share, orders.tolerance_minor if most is None else most)


def is_within_tolerance(recording: Recording, order: Order, amount_minor: int) -> bool:
    """Return whether a released order with another amount is still the one that was released."""
    released = released_amount(order)
    if not released:
        return False
    orders = rules_of(recording.account, recording.context, recording.book).orders
    return abs(amount_minor - released) <= tolerance(recording, order, orders, released)
