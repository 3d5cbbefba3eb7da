"""Open items that are given up."""

from __future__ import annotations

from typing import cast

from projections.applying import apply_discount
from projections.approval_rows import Approval
from projections.approvals import ask_for_write_off, open_amount
from projections.behaviour import count_settled
from projections.recording import Recording
from projections.rows import Invoice
from schemas.decisions import AmountWrittenOff
from schemas.facts.desk import WrittenOff
from schemas.reasons import Refusal


def record_written_off(recording: Recording, fact: WrittenOff) -> Refusal | None:
    """Take in that an amount of an invoice is given up, never more than is open; its band may ask for approvers."""
    invoice = cast("Invoice | None", recording.find_or_wait("invoice", fact.invoice_id, fact.seller_id))
    if invoice is None:
        return None
    if invoice.cancelled:
        return "invoice_already_cancelled"
    if fact.currency != invoice.currency:
        return "currency_differs_from_document"
    if fact.amount_minor > open_amount(invoice):
        return "write_off_exceeds_open"
    return ask_for_write_off(recording, fact, invoice)


def write_off(recording: Recording, approval: Approval) -> None:
    """Let go of what was asked for, as a discount does, or of what is still open if that is less by now."""
    invoice = recording.invoice(approval.invoice_key)
    amount_minor = min(approval.amount or 0, open_amount(invoice))
    if invoice.cancelled or not amount_minor:
        return
    # Another key than that of any allocation, so that a reversed payment does not bring back what was given up.
    apply_discount(recording, invoice, None, amount_minor, f"w\x1f{approval.key}")
    if recording.settling:
        recording.regrades = count_settled(recording) or recording.regrades
    recording.written_off.append(_told(invoice, amount_minor, approval))


def _told(invoice: Invoice, amount_minor: int, approval: Approval) -> AmountWrittenOff:
    return AmountWrittenOff(
        invoice_id=invoice.invoice_id,
        amount_minor=amount_minor,
        currency=invoice.currency,
        open_minor=open_amount(invoice),
        actor=approval.maker,
        seller_id=invoice.seller_id,
        approval_id=approval.key if approval.state == "granted" else None,
    )
