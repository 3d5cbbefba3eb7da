"""From goods to claims: invoices for one delivery or a week of them, in instalments, or before the goods leave."""

from __future__ import annotations

from datetime import date, timedelta

from schemas.facts.invoices import Instalment, InvoiceCancelled, InvoiceCover, InvoiceIssued
from schemas.facts.payments import AllocationSource
from streams.market import paying, trouble
from streams.market.trader import Claim, Day, Delivery, Order, Trader

_FRIDAY = 4


def plan_invoice(trader: Trader, day: Day, delivery: Delivery) -> None:
    """Bill a delivery in a day or two, or with the week's others."""
    if trader.profile.bills_weekly:
        trader.unbilled.append(delivery)
    else:
        trader.plan(day.date, trader.rng.choice((0, 0, 1, 1, 2)), _bill_delivery, delivery)


def _bill_delivery(trader: Trader, day: Day, delivery: Delivery) -> None:
    order = delivery.order
    by_order = trader.rng.random() < 0.5
    cover = InvoiceCover(
        amount_minor=delivery.amount_minor,
        order_id=order.order_id if by_order else None,
        delivery_id=None if by_order else delivery.delivery_id,
    )
    claims = _issue(trader, day, (cover,), order.currency, order.customer_id, trader.moment(16, 20))
    if order.deposit is not None and claims:
        _use_deposit(trader, day, order, claims[0])


def _use_deposit(trader: Trader, day: Day, order: Order, claim: Claim) -> None:
    if order.deposit is None:
        return
    payment_id, deposit_minor = order.deposit
    amount_minor = min(deposit_minor, claim.open_minor)
    order.deposit = None
    claim.open_minor -= amount_minor
    paying.say_allocated(trader, day, AllocationSource(payment_id=payment_id), claim, amount_minor)


def bill_collected(trader: Trader, day: Day) -> None:
    """On Fridays, bill the week's deliveries on one invoice a currency and customer."""
    if not trader.unbilled or day.date.weekday() != _FRIDAY:
        return
    groups: dict[tuple[str, str | None], list[Delivery]] = {}
    for delivery in trader.unbilled:
        groups.setdefault((delivery.order.currency, delivery.order.customer_id), []).append(delivery)
    trader.unbilled.clear()
    for (currency, customer_id), deliveries in groups.items():
        covers = tuple(
            InvoiceCover(amount_minor=each.amount_minor, delivery_id=each.delivery_id) for each in deliveries
        )
        _issue(trader, day, covers, currency, customer_id, trader.moment(16, 20))


def bill_before_delivery(trader: Trader, day: Day, order: Order) -> None:
    """Bill an order in the morning, before its goods leave."""
    cover = InvoiceCover(amount_minor=order.amount_minor, order_id=order.order_id)
    _issue(trader, day, (cover,), order.currency, order.customer_id, trader.moment(7, 8))


def _issue(
    trader: Trader,
    day: Day,
    covers: tuple[InvoiceCover, ...],
    currency: str,
    customer_id: str | None,
    issued_ms: int,
) -> list[Claim]:
    """Say an invoice and return its claims; nothing for an amount of nothing."""
    amount_minor = sum(cover.amount_minor for cover in covers)
    if amount_minor < 1:
        return []
    invoice_id = trader.new_id("I", day.date)
    due_on = day.date + timedelta(days=trader.profile.net_days)
    instalments = _instalments(trader, amount_minor, due_on)
    fact = InvoiceIssued(
        account_id=trader.account_id,
        invoice_id=invoice_id,
        amount_minor=amount_minor,
        currency=currency,
        issued_on=day.date,
        due_on=None if instalments else due_on,
        instalments=instalments,
        covers=covers,
        customer_id=customer_id,
        segment=trader.profile.segment,
        document_no=f"{day.date:%Y}/{invoice_id}",
        tax_minor=amount_minor * 19 // 119,
    )
    day.say(fact, issued_ms, f"invoice_issued-{invoice_id}")
    claims = [
        Claim(invoice_id, each.instalment_no, currency, each.amount_minor, each.amount_minor, each.due_on or due_on)
        for each in instalments
    ] or [Claim(invoice_id, None, currency, amount_minor, amount_minor, due_on)]
    trader.claims.extend(claims)
    for claim in claims:
        paying.plan_payment(trader, day, claim)
    if not instalments:
        _plan_trouble(trader, day, claims[0], covers)
    return claims


def _plan_trouble(trader: Trader, day: Day, claim: Claim, covers: tuple[InvoiceCover, ...]) -> None:
    point = trader.rng.random()
    if point < 0.010:
        trader.plan(day.date, trader.rng.randint(1, 3), trouble.amend, claim)
    elif point < 0.014:
        trader.plan(day.date, 1, _cancel, claim, covers)
    elif point < 0.026:
        trader.plan(day.date, trader.rng.randint(3, 20), trouble.credit, claim)
    elif point < 0.030:
        trader.plan(day.date, trader.rng.randint(3, 20), trouble.credit_at_large, claim)
    elif point < 0.060:
        trader.plan(day.date, trader.rng.randint(3, 20), trouble.dispute, claim)


def _cancel(trader: Trader, day: Day, claim: Claim, covers: tuple[InvoiceCover, ...]) -> None:
    if claim.open_minor != claim.amount_minor:
        return
    claim.open_minor = 0
    fact = InvoiceCancelled(
        account_id=trader.account_id, invoice_id=claim.invoice_id, cancelled_on=day.date, reason="wrong address"
    )
    day.say(fact, trader.moment(6, 7), f"invoice_cancelled-{claim.invoice_id}")
    _issue(trader, day, covers, claim.currency, None, trader.moment(7, 8))


def _instalments(trader: Trader, amount_minor: int, due_on: date) -> tuple[Instalment, ...]:
    if amount_minor < 300 or trader.rng.random() > 0.04:
        return ()
    third_minor = amount_minor // 3
    return tuple(
        Instalment(
            instalment_no=number,
            amount_minor=third_minor if number < 3 else amount_minor - 2 * third_minor,
            due_on=due_on + timedelta(days=30 * (number - 1)),
        )
        for number in (1, 2, 3)
    )
