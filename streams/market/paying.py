"""How claims are paid: on the day, late, in parts, several at once, unallocated, advised first, or bounced."""

from __future__ import annotations

from datetime import date

from schemas.facts.payments import (
    Allocated,
    Allocation,
    AllocationSource,
    AllocationTarget,
    PaymentCleared,
    PaymentReceived,
    PaymentReversed,
)
from streams.market import bills, payers
from streams.market.trader import Claim, Day, Trader

Part = tuple[Claim, int]
"""A claim and what of it is paid now."""
_WORST_DELAY_DAYS = 400


def plan_payment(trader: Trader, day: Day, claim: Claim) -> None:
    """Plan the day a new claim will be paid; one too late to matter is never paid."""
    late = payers.days_late(
        trader.rng,
        trader.profile.kind,
        turned_days=trader.turned_days(day.date),
        season=trader.season(day.date),
    )
    days = max(1, (claim.due_on - day.date).days + late)
    if late < _WORST_DELAY_DAYS:
        trader.plan(day.date, days, pay, claim)


def pay(trader: Trader, day: Day, claim: Claim) -> None:
    """Put a claim into today's payment run, or into that of the next day when banks work; in bad times later."""
    if day.later_days and not claim.is_put_off:
        claim.is_put_off = True
        trader.plan(day.date, day.later_days, pay, claim)
        return
    waits = not day.is_business or (trader.profile.pays_weekly and day.date.weekday() != 3)
    if waits:
        trader.plan(day.date, 1, pay, claim)
    elif payers.pays_at_all(trader.profile.kind, turned_days=trader.turned_days(day.date)):
        if bills.takes_bill(trader):
            bills.give_bill(trader, day, claim)
        else:
            trader.paying.append(claim)


def run_payments(trader: Trader, day: Day) -> None:
    """Pay what is in today's run: weekly payers a whole currency at once, others each claim by itself."""
    groups: dict[tuple[str, int], list[Claim]] = {}
    for number, claim in enumerate(dict.fromkeys(trader.paying)):
        groups.setdefault((claim.currency, 0 if trader.profile.pays_weekly else number), []).append(claim)
    trader.paying.clear()
    for claims in groups.values():
        parts = [(claim, amount_minor) for claim in claims if (amount_minor := _payable(trader, day, claim)) > 0]
        if parts:
            _pay(trader, day, parts)


def _payable(trader: Trader, day: Day, claim: Claim) -> int:
    payable_minor = claim.open_minor - claim.held_minor
    turned = trader.profile.kind == "deteriorating" and trader.turned_days(day.date) > 0
    if payable_minor > 1_000 and trader.rng.random() < (0.25 if turned else 0.05):
        trader.plan(day.date, trader.rng.randint(8, 25), pay, claim)
        return round(payable_minor * trader.rng.uniform(0.3, 0.8))
    return payable_minor


def _pay(trader: Trader, day: Day, parts: list[Part]) -> None:
    turned = trader.profile.kind == "deteriorating" and trader.turned_days(day.date) > 0
    point = trader.rng.random()
    for claim, amount_minor in parts:
        claim.open_minor -= amount_minor
    if point < 0.12:
        _pay_unallocated(trader, day, parts)
        return
    is_advised = point < 0.19
    payment_id = _say_payment(trader, day, parts, named=True, is_advised=is_advised)
    bounces = trader.rng.random() < (0.05 if turned else 0.008)
    if bounces:
        trader.plan(day.date, trader.rng.randint(2, 5), _bounce, payment_id, parts)
    elif is_advised:
        trader.plan(day.date, trader.rng.randint(1, 4), _clear, payment_id)


def _say_payment(trader: Trader, day: Day, parts: list[Part], *, named: bool, is_advised: bool = False) -> str:
    payment_id = trader.new_id("P", day.date)
    currency, total_minor = parts[0][0].currency, sum(amount_minor for _, amount_minor in parts)
    trader.book(-total_minor, currency)
    allocations = tuple(
        Allocation(invoice_id=claim.invoice_id, instalment_no=claim.instalment_no, amount_minor=amount_minor)
        for claim, amount_minor in parts
    )
    fact = PaymentReceived(
        account_id=trader.account_id,
        payment_id=payment_id,
        amount_minor=total_minor,
        currency=currency,
        received_on=day.date,
        method="direct_debit" if is_advised else "transfer",
        status="advised" if is_advised else "cleared",
        allocations=allocations if named else (),
    )
    day.say(fact, trader.moment(8, 15), f"payment_received-{payment_id}")
    return payment_id


def _pay_unallocated(trader: Trader, day: Day, parts: list[Part]) -> None:
    discount_minor = parts[0][1] // 50 if len(parts) == 1 and trader.rng.random() < 0.15 else 0
    paid = [(parts[0][0], parts[0][1] - discount_minor), *parts[1:]]
    payment_id = _say_payment(trader, day, paid, named=False)
    if discount_minor or trader.rng.random() < 0.7:
        trader.plan(day.date, trader.rng.randint(1, 5), _allocate, payment_id, paid, discount_minor)


def _allocate(trader: Trader, day: Day, payment_id: str, parts: list[Part], discount_minor: int) -> None:
    source = AllocationSource(payment_id=payment_id)
    for claim, amount_minor in parts:
        say_allocated(trader, day, source, claim, amount_minor, discount_minor=discount_minor)
    if discount_minor:
        trader.book(-discount_minor, parts[0][0].currency)


def say_allocated(
    trader: Trader, day: Day, source: AllocationSource, claim: Claim, amount_minor: int, *, discount_minor: int = 0
) -> None:
    """Say that cash or a credit pays a claim."""
    allocation_id = trader.new_id("L", day.date)
    fact = Allocated(
        account_id=trader.account_id,
        allocation_id=allocation_id,
        source=source,
        to=AllocationTarget(invoice_id=claim.invoice_id, instalment_no=claim.instalment_no),
        amount_minor=amount_minor,
        discount_minor=discount_minor,
    )
    day.say(fact, trader.moment(21, 22), f"allocated-{allocation_id}")


def _clear(trader: Trader, day: Day, payment_id: str) -> None:
    fact = PaymentCleared(account_id=trader.account_id, payment_id=payment_id, cleared_on=day.date)
    day.say(fact, trader.moment(8, 10), f"payment_cleared-{payment_id}")


def _bounce(trader: Trader, day: Day, payment_id: str, parts: list[Part]) -> None:
    for claim, amount_minor in parts:
        claim.open_minor += amount_minor
        trader.book(amount_minor, claim.currency)
        trader.plan(day.date, trader.rng.randint(4, 14), pay, claim)
    fact = PaymentReversed(
        account_id=trader.account_id, payment_id=payment_id, reversed_on=day.date, reason="insufficient funds"
    )
    day.say(fact, trader.moment(10, 12), f"payment_reversed-{payment_id}")


def overdue_days(trader: Trader, today: date) -> int:
    """How many days the oldest open claim is past due; settled claims are forgotten, disputed ones are not owed yet."""
    trader.claims = [claim for claim in trader.claims if claim.open_minor > 0]
    return max(
        ((today - claim.due_on).days for claim in trader.claims if claim.open_minor > claim.held_minor), default=0
    )
