"""From an order to its goods: placing, amending, cancelling, shipping whole, in parts, over and under."""

from __future__ import annotations

import math
from zlib import crc32

from schemas.facts.orders import (
    CheckRequested,
    DeliveryReversed,
    OrderAmended,
    OrderCancelled,
    OrderClosed,
    OrderCover,
    OrderDelivered,
    OrderPlaced,
    OrderReopened,
    Terms,
)
from schemas.facts.payments import PaymentReceived
from streams.market import billing, desk, payers
from streams.market.trader import MINUTE_MS, Day, Delivery, Order, Trader

_LARGEST_ORDER = 6.0
"""Nobody orders more than so many times the usual amount at once."""
_PATIENCE_DAYS = 9
"""After so many days of waiting a customer goes elsewhere."""


def place_orders(trader: Trader, day: Day) -> None:
    """Place today's new orders, none to a few."""
    pace = payers.order_pace(
        trader.profile.kind, turned_days=trader.turned_days(day.date), season=trader.season(day.date)
    )
    rate = min(4.0, trader.profile.orders_per_day * pace * (1.0 if day.is_business else 0.25))
    threshold, product = math.exp(-rate), trader.rng.random()
    while product > threshold:
        _place(trader, day)
        product *= trader.rng.random()


def _place(trader: Trader, day: Day) -> None:
    rng, profile = trader.rng, trader.profile
    order = Order(
        order_id=trader.new_id("O", day.date),
        amount_minor=min(round(profile.order_minor * min(rng.lognormvariate(0, 0.9), _LARGEST_ORDER)), 10**11),
        currency=profile.second_currency if profile.second_currency and rng.random() < 0.4 else profile.currency,
        customer_id=rng.choice(profile.customers) if profile.customers else None,
        placed_on=day.date,
    )
    placed_ms = trader.moment(7, 18)
    day.say(_placed_fact(trader, order), placed_ms, f"order_placed-{order.order_id}")
    lead_days = 1 + min(10, int(rng.expovariate(1 / 2.5)))
    reserve(trader, order)
    trader.plan(day.date, lead_days, dispatch, order)
    _plan_changes(trader, day, order, lead_days=lead_days, placed_ms=placed_ms)


def _placed_fact(trader: Trader, order: Order) -> OrderPlaced:
    return OrderPlaced(
        account_id=trader.account_id,
        order_id=order.order_id,
        amount_minor=order.amount_minor,
        currency=order.currency,
        placed_on=order.placed_on,
        customer_id=order.customer_id,
        segment=trader.profile.segment,
        salesperson_id=trader.profile.salesperson_id,
        terms=Terms(kind="open", net_days=trader.profile.net_days),
    )


def _plan_changes(trader: Trader, day: Day, order: Order, *, lead_days: int, placed_ms: int) -> None:
    point = trader.rng.random()
    if point < 0.08:
        trader.plan(day.date, trader.rng.randint(1, lead_days), _amend, order)
    elif point < 0.11:
        trader.plan(day.date, trader.rng.randint(1, lead_days), _cancel, order, "customer withdrew")
    elif point < 0.12:
        _deposit(trader, day, order, placed_ms)


def _deposit(trader: Trader, day: Day, order: Order, placed_ms: int) -> None:
    amount_minor = order.amount_minor * 3 // 10
    if not amount_minor:
        return
    payment_id = trader.new_id("P", day.date)
    fact = PaymentReceived(
        account_id=trader.account_id,
        payment_id=payment_id,
        amount_minor=amount_minor,
        currency=order.currency,
        received_on=day.date,
        method="transfer",
        for_order_id=order.order_id,
    )
    day.say(fact, min(placed_ms + 45 * MINUTE_MS, 23 * 60 * MINUTE_MS), f"payment_received-{payment_id}")
    order.deposit = (payment_id, amount_minor)
    trader.book(-amount_minor, order.currency)


def reserve(trader: Trader, order: Order) -> None:
    """Keep room for an order in the seller's own book if it fits there."""
    if not order.reserved_minor and not trader.is_suspended and _fits(trader, order):
        order.reserved_minor = trader.book(order.amount_minor, order.currency)


def _fits(trader: Trader, order: Order) -> bool:
    return trader.booked_minor + order.amount_minor <= trader.limit_minor


def unreserve(trader: Trader, order: Order) -> None:
    """Give the room of an order back."""
    trader.booked_minor -= order.reserved_minor
    order.reserved_minor = 0


def _amend(trader: Trader, day: Day, order: Order) -> None:
    if order.is_gone or order.is_shipping:
        return
    order.revision += 1
    order.amount_minor = max(100, round(order.amount_minor * trader.rng.uniform(0.6, 1.5)))
    fact = OrderAmended(
        account_id=trader.account_id,
        order_id=order.order_id,
        revision=order.revision,
        amount_minor=order.amount_minor,
    )
    day.say(fact, trader.moment(4, 5), f"order_amended-{order.order_id}-{order.revision}")
    unreserve(trader, order)
    reserve(trader, order)


def _cancel(trader: Trader, day: Day, order: Order, reason: str) -> None:
    if order.is_gone or order.is_shipping:
        return
    order.is_gone = True
    unreserve(trader, order)
    fact = OrderCancelled(account_id=trader.account_id, order_id=order.order_id, reason=reason)
    day.say(fact, trader.moment(5, 6), f"order_cancelled-{order.order_id}-{day.date}")
    if trader.rng.random() < 0.08:
        trader.plan(day.date, 1, _reopen, order)


def _reopen(trader: Trader, day: Day, order: Order) -> None:
    order.is_gone = False
    order.waited_days = 0
    fact = OrderReopened(account_id=trader.account_id, order_id=order.order_id, reason="customer came back")
    day.say(fact, trader.moment(7, 9), f"order_reopened-{order.order_id}-{day.date}")
    reserve(trader, order)
    trader.plan(day.date, 2, dispatch, order)


def dispatch(trader: Trader, day: Day, order: Order) -> None:
    """Ship an order if it may leave, else wait another day.

    Whoever plays the market again needs only the dates of first deliveries: an order that may leave, leaves today.
    """
    if order.is_gone or order.is_shipping:
        return
    if not day.is_business:
        trader.plan(day.date, 1, dispatch, order)
    elif _may_leave(trader, day, order):
        _ship_first(trader, day, order)
    else:
        _wait(trader, day, order)


def _may_leave(trader: Trader, day: Day, order: Order) -> bool:
    """What the book says takes no chance and changes nothing, so that a day can be replayed from what left on it."""
    if day.released is not None:
        return day.released(order.order_id)
    if order.is_refused or trader.is_suspended:
        return False
    return bool(order.reserved_minor) or _fits(trader, order) or crc32(order.order_id.encode()) % 50 == 0


def _wait(trader: Trader, day: Day, order: Order) -> None:
    order.waited_days += 1
    if order.waited_days >= _PATIENCE_DAYS:
        _cancel(trader, day, order, "waited too long")
        return
    trader.plan(day.date, 1, dispatch, order)
    if order.waited_days == 1:
        desk.look_at(trader, day, order)


def _ship_first(trader: Trader, day: Day, order: Order) -> None:
    rng = trader.rng
    order.is_shipping = True
    if not order.reserved_minor:
        order.reserved_minor = trader.book(order.amount_minor, order.currency)
    if rng.random() < 0.1:
        _ask_again(trader, day, order)
    amount_minor, point = order.amount_minor, rng.random()
    if point < 0.14 and amount_minor > 100:
        part_minor = round(amount_minor * rng.uniform(0.3, 0.7))
        _ship(trader, day, order, part_minor, False)
        trader.plan(day.date, rng.randint(2, 6), _close if point < 0.02 else _ship_rest, order)
    elif point < 0.2:
        _ship(trader, day, order, round(amount_minor * rng.uniform(1.001, 1.008)) + 1, True)
    elif point < 0.26:
        _ship(trader, day, order, max(1, round(amount_minor * rng.uniform(0.85, 0.99))), True)
    elif point < 0.3:
        billing.bill_before_delivery(trader, day, order)
        _ship(trader, day, order, max(1, amount_minor), False, is_billed=True)
    else:
        _ship(trader, day, order, max(1, amount_minor), False)


def _ask_again(trader: Trader, day: Day, order: Order) -> None:
    check_id = trader.new_id("K", day.date)
    fact = CheckRequested(
        account_id=trader.account_id,
        check_id=check_id,
        checkpoint="delivery",
        order_id=order.order_id,
        amount_minor=order.amount_minor,
        revision=order.revision,
    )
    day.say(fact, trader.moment(6, 7), f"check_requested-{check_id}")


def _ship(trader: Trader, day: Day, order: Order, amount_minor: int, final: bool, *, is_billed: bool = False) -> None:
    delivery = _deliver(trader, day, order, amount_minor, final=final)
    order.delivered_minor += amount_minor
    if final or order.delivered_minor >= order.amount_minor:
        unreserve(trader, order)
        trader.book(order.delivered_minor, order.currency)
    if is_billed:
        return
    if trader.rng.random() < 0.006:
        trader.plan(day.date, 1, _take_back, delivery)
    else:
        billing.plan_invoice(trader, day, delivery)


def _deliver(trader: Trader, day: Day, order: Order, amount_minor: int, *, final: bool) -> Delivery:
    delivery = Delivery(trader.new_id("D", day.date), order, amount_minor)
    fact = OrderDelivered(
        account_id=trader.account_id,
        delivery_id=delivery.delivery_id,
        covers=(OrderCover(order_id=order.order_id, amount_minor=amount_minor),),
        delivered_on=day.date,
        final=final,
    )
    day.say(fact, trader.moment(9, 14), f"order_delivered-{delivery.delivery_id}")
    return delivery


def _take_back(trader: Trader, day: Day, delivery: Delivery) -> None:
    fact = DeliveryReversed(
        account_id=trader.account_id,
        delivery_id=delivery.delivery_id,
        reversed_on=day.date,
        reason="returned by carrier",
    )
    day.say(fact, trader.moment(7, 9), f"delivery_reversed-{delivery.delivery_id}")
    trader.plan(day.date, 1, _ship_again, delivery)


def _ship_again(trader: Trader, day: Day, delivery: Delivery) -> None:
    if not day.is_business:
        trader.plan(day.date, 1, _ship_again, delivery)
        return
    again = _deliver(trader, day, delivery.order, delivery.amount_minor, final=False)
    billing.plan_invoice(trader, day, again)


def _ship_rest(trader: Trader, day: Day, order: Order) -> None:
    if not day.is_business:
        trader.plan(day.date, 1, _ship_rest, order)
        return
    rest_minor = order.amount_minor - order.delivered_minor
    if rest_minor > 0:
        _ship(trader, day, order, rest_minor, False)


def _close(trader: Trader, day: Day, order: Order) -> None:
    order.is_gone = True
    unreserve(trader, order)
    trader.book(order.delivered_minor, order.currency)
    fact = OrderClosed(account_id=trader.account_id, order_id=order.order_id, reason="rest not needed")
    day.say(fact, trader.moment(15, 17), f"order_closed-{order.order_id}-{day.date}")
