"""What an account ordered on which of the last days, kept only where the policy has a single-order maximum.

The day is the one on which the order came, not the one it names, so that no date in it hides it.
"""

from __future__ import annotations

from typing import cast

from projections.context import day_before
from projections.recording import NOT_BINDING, Recording
from projections.rows import Order
from projections.rules import rules_of
from projections.splitting_rows import RecentOrders
from schemas.money import convert
from schemas.policy_orders import Orders

_KIND = "recent_orders"


def maximum_in(recording: Recording, currency: str, orders: Orders) -> int | None:
    """Return the single-order maximum in a currency, at face value where a rate is missing; None if there is none."""
    if orders.maximum_minor is None:
        return None
    context = recording.context
    valued = convert(orders.maximum_minor, context.policy.currency, currency, context.base, context.rates)
    return orders.maximum_minor if valued is None else valued


def count_towards_split(recording: Recording, order: Order) -> None:
    """Bring the sum of the order's day in line with it."""
    orders = rules_of(recording.account, recording.context, recording.book).orders
    maximum = maximum_in(recording, order.currency, orders)
    if maximum is None:
        return
    amount = order.amount if order.is_open else max(order.delivered, order.invoiced)
    counts = order.kind not in NOT_BINDING and order.state != "rejected" and amount <= maximum
    _count(recording, order, amount if counts else 0, orders.split_within_days)


def forget_split(recording: Recording, order: Order) -> None:
    """Count an order no longer."""
    if order.split:
        _count(recording, order, 0, None)


def _count(recording: Recording, order: Order, amount: int, within_days: int | None) -> None:
    if amount == order.split:
        return
    recent = _recent(recording) or RecentOrders()
    if within_days is not None:
        first = day_before(recording.today(), within_days)
        recent.days = {on: sums for on, sums in recent.days.items() if on >= first}
    if order.taken_on in recent.days or amount:
        sums = recent.days.setdefault(order.taken_on, {})
        sums[order.currency] = sums.get(order.currency, 0) + amount - order.split
    order.split = amount
    recording.keep(_KIND, recent)


def _recent(recording: Recording) -> RecentOrders | None:
    return cast("RecentOrders | None", recording.book.sheet(_KIND, recording.account.account_id))


def ordered_with(recording: Recording, order: Order, within_days: int) -> dict[str, int]:
    """Return by currency what was ordered beside an order on its day and the days before; it may be nothing."""
    recent = _recent(recording)
    if recent is None:
        return {}
    first, last = day_before(order.taken_on, within_days), order.taken_on
    found: dict[str, int] = {}
    for on, sums in recent.days.items():
        for currency, amount in sums.items() if first <= on <= last else ():
            found[currency] = found.get(currency, 0) + amount
    found[order.currency] = found.get(order.currency, 0) - order.split
    return {currency: amount for currency, amount in found.items() if amount > 0}
