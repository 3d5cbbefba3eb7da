"""Open items that are given up."""

from __future__ import annotations

from typing import cast

from projections.applying import apply_discount
from projections.recording import Recording
from projections.rows import Invoice
from schemas.decisions import AmountWrittenOff
from schemas.facts.desk import WrittenOff
from schemas.reasons import Refusal


def record_written_off(recording: Recording, fact: WrittenOff) -> Refusal | None:
    """Let go of an amount of an invoice, as a discount does; never of more than is open."""
    invoice = cast("Invoice | None", recording.find("invoice", fact.invoice_id, fact.seller_id))
    if invoice is None:
        recording.park("invoice", fact.invoice_id)
        return None
    if invoice.cancelled:
        return "invoice_already_cancelled"
    if fact.currency != invoice.currency:
        return "currency_differs_from_document"
    if fact.amount_minor > open_amount(invoice):
        return "write_off_exceeds_open"
    apply_discount(recording, invoice, None, fact.amount_minor, _key(recording))
    recording.written_off.append(_told(invoice, fact))
    return None


def open_amount(invoice: Invoice) -> int:
    """Return what of an invoice is still to be paid."""
    return sum(part.open() for part in invoice.parts)


def _key(recording: Recording) -> str:
    """Another key than that of any allocation, so that a reversed payment does not bring back what was given up."""
    return f"w\x1f{recording.envelope.ce_source}\x1f{recording.envelope.ce_id}"


def _told(invoice: Invoice, fact: WrittenOff) -> AmountWrittenOff:
    return AmountWrittenOff(
        invoice_id=invoice.invoice_id,
        amount_minor=fact.amount_minor,
        currency=invoice.currency,
        open_minor=open_amount(invoice),
        actor=fact.actor,
        seller_id=invoice.seller_id,
    )
