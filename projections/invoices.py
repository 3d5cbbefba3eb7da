"""Invoices, and disputes about them: what each fact does to the rows."""

from __future__ import annotations

from datetime import date
from typing import cast

import msgspec

from projections.applying import put_on, recount_free, settle_provisionally, take_off
from projections.behaviour import forget_sold, note_sold
from projections.covers import apply_covers, change_final, undo_covers
from projections.lateness_following import note_dispute_ended
from projections.recording import Recording
from projections.rows import Application, Invoice, Mark, Part
from projections.scope_balances import scopes_named
from projections.versions import mark, note_version
from schemas.facts.invoices import (
    DisputeResolved,
    Instalment,
    InvoiceAmended,
    InvoiceCancelled,
    InvoiceDisputed,
    InvoiceIssued,
)
from schemas.reasons import Refusal


def record_issued(recording: Recording, fact: InvoiceIssued) -> Refusal | None:
    """Take in an invoice, or its replacement by a higher revision."""
    parts = plan_parts(fact.amount_minor, fact.due_on, fact.instalments)
    if isinstance(parts, str):
        return parts
    found = cast("Invoice | None", recording.find_own("invoice", fact.invoice_id, fact.seller_id))
    if found is not None:
        return _replace(recording, found, fact, parts)
    invoice = Invoice(
        key=recording.new_key("invoice", fact.invoice_id, fact.seller_id),
        invoice_id=fact.invoice_id,
        ce_source=recording.envelope.ce_source,
        seller_id=fact.seller_id,
        versions=recording.first_version(fact),
        currency=fact.currency,
        amount=fact.amount_minor,
        issued_on=fact.issued_on.isoformat(),
        due_on=None if fact.due_on is None else fact.due_on.isoformat(),
        parts=parts,
        final=fact.final,
    )
    invoice.scopes = scopes_named(fact, recording.account.account_id)
    _put_in_force(recording, invoice)
    recording.arrived.append(("invoice", fact.invoice_id))
    apply_covers(recording, invoice, fact.covers)
    recording.unpaid.append(invoice)
    recording.invoices_issued.append(invoice)
    return None


def plan_parts(amount_minor: int, due_on: date | None, instalments: tuple[Instalment, ...]) -> list[Part] | Refusal:
    """Return an invoice's parts, or why they make no invoice."""
    if not instalments:
        return "due_date_missing" if due_on is None else [Part(1, amount_minor, due_on.isoformat())]
    if any(instalment.due_on is None and due_on is None for instalment in instalments):
        return "due_date_missing"
    if sum(instalment.amount_minor for instalment in instalments) != amount_minor:
        return "instalments_differ_from_amount"
    if len({instalment.instalment_no for instalment in instalments}) != len(instalments):
        return "instalment_numbers_repeat"
    parts = [
        Part(found.instalment_no, found.amount_minor, (found.due_on or cast(date, due_on)).isoformat())
        for found in instalments
    ]
    return sorted(parts, key=lambda part: (part.due_on, part.number))


def _put_in_force(recording: Recording, invoice: Invoice) -> None:
    note_sold(recording, invoice)
    recording.touch("invoice", invoice)
    for part in invoice.parts:
        if part.open():
            recording.index_unpaid(invoice, part.number, part.due_on, True)
    recording.recount_invoice(invoice)


def _take_out_of_force(recording: Recording, invoice: Invoice) -> list[Application]:
    """Free all cash of an invoice and take its parts off the lists; return copies of what was applied."""
    forget_sold(recording, invoice)
    applied = [msgspec.structs.replace(found) for found in invoice.applications]
    take_off(recording, invoice, sum(found.amount for found in applied), lambda _: True)
    for part in invoice.parts:
        if part.open():
            recording.index_unpaid(invoice, part.number, part.due_on, False)
    return applied


def _settle_freed(recording: Recording, applied: list[Application]) -> None:
    for key in dict.fromkeys(found.cash_key for found in applied if found.cash_key):
        kind, cash = recording.cash(key)
        recount_free(recording, kind, cash)
        settle_provisionally(recording, kind, cash)


def record_amended(recording: Recording, fact: InvoiceAmended) -> Refusal | None:
    """Change the fields given."""
    found = cast("Invoice | None", recording.find_or_wait("invoice", fact.invoice_id, fact.seller_id))
    if found is None:
        return None
    amount = found.amount if fact.amount_minor is None else fact.amount_minor
    instalments = _kept_instalments(found, fact) if fact.instalments is None else fact.instalments
    due_on = fact.due_on or (None if found.due_on is None else date.fromisoformat(found.due_on))
    parts = plan_parts(amount, due_on, instalments)
    return parts if isinstance(parts, str) else _replace(recording, found, fact, parts)


def _kept_instalments(invoice: Invoice, fact: InvoiceAmended) -> tuple[Instalment, ...]:
    if len(invoice.parts) == 1:
        amount = invoice.amount if fact.amount_minor is None else fact.amount_minor
        only = invoice.parts[0]
        due_on = fact.due_on or date.fromisoformat(only.due_on)
        return (Instalment(instalment_no=only.number, amount_minor=amount, due_on=due_on),)
    return tuple(
        Instalment(instalment_no=part.number, amount_minor=part.amount, due_on=date.fromisoformat(part.due_on))
        for part in invoice.parts
    )


def _replace(
    recording: Recording, invoice: Invoice, fact: InvoiceIssued | InvoiceAmended, parts: list[Part]
) -> Refusal | None:
    if invoice.cancelled:
        return "invoice_already_cancelled"
    currency = fact.currency or invoice.currency
    applied = _take_out_of_force(recording, invoice)
    kept = applied if currency == invoice.currency else []
    if currency != invoice.currency:
        invoice.parts = []
        recording.recount_invoice(invoice)
    invoice.currency, invoice.parts = currency, parts
    recording.change_scopes(invoice, scopes_named(fact, recording.account.account_id))
    _note_fields(invoice, fact)
    note_version(invoice.versions, fact.revision, recording.digest(fact))
    _put_in_force(recording, invoice)
    _apply_again(recording, invoice, kept)
    if fact.covers is not None:
        undo_covers(recording, invoice)
        invoice.final = invoice.final if fact.final is None else fact.final
        apply_covers(recording, invoice, fact.covers)
    elif fact.final is not None:
        change_final(recording, invoice, fact.final)
    recording.unpaid.append(invoice)
    recording.invoices_changed.append(invoice)
    _settle_freed(recording, applied)
    return None


def _note_fields(invoice: Invoice, fact: InvoiceIssued | InvoiceAmended) -> None:
    invoice.amount = sum(part.amount for part in invoice.parts)
    if fact.due_on is not None:
        invoice.due_on = fact.due_on.isoformat()
    if fact.issued_on is not None:
        invoice.issued_on = fact.issued_on.isoformat()


def _apply_again(recording: Recording, invoice: Invoice, applied: list[Application]) -> None:
    for found in applied:
        parts = [part for part in invoice.parts if part.number == found.number] or invoice.parts
        left = found.amount
        for part in parts:
            amount = min(left, part.open())
            if amount > 0:
                left -= amount
                put_on(
                    recording,
                    invoice,
                    part,
                    amount,
                    found.cash_key,
                    provisional=found.provisional,
                    allocation=found.allocation_key,
                )
    recording.recount_invoice(invoice)


def record_cancelled(recording: Recording, fact: InvoiceCancelled) -> Refusal | None:
    """Undo an invoice; its orders and deliveries are as if it had never been."""
    found = cast("Invoice | None", recording.find_or_wait("invoice", fact.invoice_id, fact.seller_id))
    if found is None:
        return None
    if found.cancelled:
        return "invoice_already_cancelled"
    applied = _take_out_of_force(recording, found)
    found.cancelled = True
    undo_covers(recording, found)
    recording.recount_invoice(found)
    mark(recording, fact)
    _settle_freed(recording, applied)
    return None


def record_disputed(recording: Recording, fact: InvoiceDisputed) -> Refusal | None:
    """Mark a part of an invoice as disputed; it stays exposure."""
    found = cast("Invoice | None", recording.find_or_wait("invoice", fact.invoice_id, fact.seller_id))
    if found is None:
        return None
    dispute = mark(recording, fact, [found.key])
    if not dispute.done:
        found.disputes[dispute.key] = fact.disputed_minor
    recording.recount_invoice(found)
    recording.arrived.append(("dispute", fact.dispute_id))
    return None


def record_resolved(recording: Recording, fact: DisputeResolved) -> Refusal | None:
    """End a dispute."""
    dispute = cast("Mark | None", recording.find_or_wait("dispute", fact.dispute_id, fact.seller_id))
    if dispute is None:
        return None
    if dispute.done:
        return "dispute_already_resolved"
    dispute.done = True
    recording.touch("dispute", dispute)
    invoice = recording.invoice(dispute.about[0])
    invoice.disputes.pop(dispute.key, None)
    note_dispute_ended(recording, invoice)
    recording.recount_invoice(invoice)
    mark(recording, fact)
    return None
