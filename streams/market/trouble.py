"""What goes wrong with an invoice: corrections, credits, disputes."""

from __future__ import annotations

from schemas.facts.invoices import CreditNoteIssued, DisputeResolved, InvoiceAmended, InvoiceDisputed
from schemas.facts.payments import AllocationSource
from streams.market import paying
from streams.market.trader import Claim, Day, Trader

_DISPUTE_REASONS = ("quality", "quantity", "price", "not_received", "damaged")


def amend(trader: Trader, day: Day, claim: Claim) -> None:
    """Correct the amount of an invoice on which nothing was paid yet."""
    if claim.open_minor != claim.amount_minor:
        return
    amount_minor = max(1, round(claim.amount_minor * trader.rng.uniform(0.85, 1.05)))
    trader.book(amount_minor - claim.amount_minor, claim.currency)
    claim.amount_minor = claim.open_minor = amount_minor
    fact = InvoiceAmended(
        account_id=trader.account_id, invoice_id=claim.invoice_id, revision=2, amount_minor=amount_minor
    )
    day.say(fact, trader.moment(6, 7), f"invoice_amended-{claim.invoice_id}-2")


def credit(trader: Trader, day: Day, claim: Claim) -> None:
    """Credit a part of what is open of an invoice, for goods that came back."""
    amount_minor = round(claim.amount_minor * trader.rng.uniform(0.02, 0.15))
    _credit(trader, day, claim, min(amount_minor, claim.open_minor - claim.held_minor), "goods returned")


def _credit(trader: Trader, day: Day, claim: Claim, amount_minor: int, reason: str) -> None:
    if amount_minor < 1:
        return
    claim.open_minor -= amount_minor
    _say_credit(trader, day, claim, amount_minor, reason, invoice_id=claim.invoice_id)


def _say_credit(
    trader: Trader, day: Day, claim: Claim, amount_minor: int, reason: str, *, invoice_id: str | None
) -> str:
    credit_note_id = trader.new_id("C", day.date)
    trader.book(-amount_minor, claim.currency)
    fact = CreditNoteIssued(
        account_id=trader.account_id,
        credit_note_id=credit_note_id,
        amount_minor=amount_minor,
        currency=claim.currency,
        issued_on=day.date,
        invoice_id=invoice_id,
        reason=reason,
    )
    day.say(fact, trader.moment(11, 12), f"credit_note_issued-{credit_note_id}")
    return credit_note_id


def credit_at_large(trader: Trader, day: Day, claim: Claim) -> None:
    """Give a bonus that names no invoice; a day later it is set against one."""
    amount_minor = max(1, claim.amount_minor // 50)
    credit_note_id = _say_credit(trader, day, claim, amount_minor, "bonus", invoice_id=None)
    trader.plan(day.date, 1, _set_against, claim, credit_note_id, amount_minor)


def _set_against(trader: Trader, day: Day, claim: Claim, credit_note_id: str, credit_minor: int) -> None:
    amount_minor = min(credit_minor, claim.open_minor - claim.held_minor)
    if amount_minor > 0:
        claim.open_minor -= amount_minor
        paying.say_allocated(trader, day, AllocationSource(credit_note_id=credit_note_id), claim, amount_minor)


def dispute(trader: Trader, day: Day, claim: Claim) -> None:
    """Dispute all or a part of what is open; it is held back until resolved."""
    share = 1.0 if trader.rng.random() < 0.3 else trader.rng.uniform(0.1, 0.8)
    held_minor = int(claim.open_minor * share)
    if held_minor < 1:
        return
    claim.held_minor = held_minor
    dispute_id = trader.new_id("X", day.date)
    fact = InvoiceDisputed(
        account_id=trader.account_id,
        dispute_id=dispute_id,
        invoice_id=claim.invoice_id,
        disputed_minor=held_minor,
        reason_code=trader.rng.choice(_DISPUTE_REASONS),
        disputed_on=day.date,
    )
    day.say(fact, trader.moment(5, 6), f"invoice_disputed-{dispute_id}")
    trader.plan(day.date, trader.rng.randint(5, 30), _resolve, claim, dispute_id)


def _resolve(trader: Trader, day: Day, claim: Claim, dispute_id: str) -> None:
    held_minor, claim.held_minor = claim.held_minor, 0
    agreed = trader.rng.random() < 0.55
    fact = DisputeResolved(
        account_id=trader.account_id,
        dispute_id=dispute_id,
        resolved_on=day.date,
        outcome="credit agreed" if agreed else "claim stands",
    )
    day.say(fact, trader.moment(9, 10), f"dispute_resolved-{dispute_id}")
    if agreed:
        _credit(trader, day, claim, min(held_minor, claim.open_minor), "dispute")
    if claim.open_minor > 0:
        trader.plan(day.date, trader.rng.randint(2, 6), paying.pay, claim)
