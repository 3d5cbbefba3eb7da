"""Invoices, payments and ledger records as the API answers them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec
from msgspec import Raw

from api.answers.documents import (
    AppliedRow,
    Coordinates,
    InstalmentRow,
    InvoiceRow,
    PaymentRow,
    TrailEntry,
)
from projections.context import day_number
from projections.rows import KIND_LETTERS, Cash, Document, Invoice, decode_document
from projections.views.lines import NumberLine, TrailLine, place_of
from projections.views.partition_view import PartitionView
from projections.views.past_lines import is_told
from schemas.ledger import Entry, decode_decisions, decode_entry, digest
from schemas.publication import Origin, publish_decision


def documents_of(part: PartitionView, kind: str, account_id: str) -> Iterator[Any]:
    """Yield an account's documents of a kind, in the order of their keys."""
    start = f"{KIND_LETTERS[kind]}{account_id}\x00".encode()
    for _, value in part.rows.scan(start, start + b"\xff"):
        found: Document = decode_document(kind, value)
        yield found


def _number_of(part: PartitionView, account_id: str, kind: str, document_id: str) -> str | None:
    found: NumberLine | None = part.shelf.get("number", place_of(account_id, f"{kind}\x00{document_id}"))
    return None if found is None else found.document_no


def _days_past(part: PartitionView, due_on: str) -> int:
    business_date = part.partition.context.business_date
    return 0 if business_date is None else max(0, day_number(business_date) - day_number(due_on))


def invoice_row(part: PartitionView, account_id: str, invoice: Invoice) -> InvoiceRow:
    """Return an invoice with what is open of it."""
    parts = [
        InstalmentRow(
            instalment_no=one.number,
            amount_minor=one.amount,
            open_minor=0 if invoice.cancelled else one.open(),
            due_on=one.due_on,
            overdue_days=_days_past(part, one.due_on) if one.open() and not invoice.cancelled else 0,
        )
        for one in invoice.parts
    ]
    is_open, overdue, disputed, _ = invoice.counted
    return InvoiceRow(
        invoice_id=invoice.invoice_id,
        document_no=_number_of(part, account_id, "invoice", invoice.invoice_id),
        seller_id=invoice.seller_id,
        ce_source=invoice.ce_source,
        revision=invoice.versions.latest,
        currency=invoice.currency,
        amount_minor=invoice.amount,
        open_minor=is_open,
        overdue_minor=overdue,
        disputed_minor=disputed,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on or min((one.due_on for one in parts), default=None),
        overdue_days=max((one.overdue_days for one in parts), default=0),
        state="cancelled" if invoice.cancelled else "open" if is_open else "settled",
        instalments=parts,
    )


_KINDS: tuple[Literal["payment", "credit_note", "bill"], ...] = ("payment", "credit_note", "bill")


def payments_of(part: PartitionView, account_id: str) -> list[PaymentRow]:
    """Return an account's payments, credit notes and bills, the last dated first."""
    found = [
        _payment_row(part, account_id, kind, cash) for kind in _KINDS for cash in documents_of(part, kind, account_id)
    ]
    return sorted(found, key=lambda row: (row.dated_on or "", row.kind, row.payment_id), reverse=True)


def _payment_row(
    part: PartitionView, account_id: str, kind: Literal["payment", "credit_note", "bill"], cash: Cash
) -> PaymentRow:
    payment_id = cash.key.partition("\x1f")[0]
    state: Literal["cleared", "advised", "outstanding", "reversed"] = "cleared" if cash.cleared else "advised"
    if cash.reversed:
        state = "reversed"
    elif cash.outstanding:
        state = "outstanding"
    return PaymentRow(
        kind=kind,
        payment_id=payment_id,
        document_no=_number_of(part, account_id, kind, payment_id),
        seller_id=cash.seller_id,
        ce_source=cash.ce_source,
        currency=cash.currency,
        amount_minor=cash.amount,
        dated_on=cash.dated_on or None,
        due_on=cash.due_on or None,
        state=state,
        applied=[
            AppliedRow(invoice_id=key.partition("\x1f")[0], amount_minor=amount)
            for key, amount in sorted(cash.applied.items())
        ],
        unapplied_minor=cash.free(),
        for_order_id=None if cash.order_key is None else cash.order_key.partition("\x1f")[0],
    )


def trail_entry(part: PartitionView, line: TrailLine) -> TrailEntry:
    """Return a ledger record with why what followed from it."""
    entry = decode_entry(line.value)
    decisions: list[Raw] = msgspec.json.decode(entry.decisions, type=list[Raw])
    return TrailEntry(
        partition=part.number,
        seq=entry.seq,
        at_ms=entry.at_ms,
        recorded_at_ms=entry.recorded_at_ms,
        effect=entry.effect,
        source=Coordinates(
            topic=entry.source.topic,
            partition=entry.source.partition,
            offset=entry.source.offset,
            index=entry.source.index,
        ),
        ce_source=entry.ce_source,
        ce_id=entry.ce_id,
        fact_id=entry.fact_id,
        fact_type=line.fact_type or None,
        fact=entry.fact,
        decisions=decisions,
        why=_why(entry),
        policy_id=entry.policy_id,
        model_id=entry.model_id,
        core=entry.core,
        hash=digest(line.value),
        prev=entry.prev,
    )


def _why(entry: Entry) -> list[dict[str, Any]]:
    """Return the reasons of all decisions, each once, in the order in which they are named first."""
    found: list[dict[str, Any]] = []
    for decision in decode_decisions(entry.decisions):
        for reason in (*getattr(decision, "reasons", ()), *getattr(decision, "because", ())):
            said = msgspec.to_builtins(reason)
            if said not in found:
                found.append(said)
    return found


def published(part: PartitionView, line: TrailLine) -> list[Raw]:
    """Return a record's decisions and alerts exactly as they are published, the last first."""
    entry = decode_entry(line.value)
    origin = Origin(
        entry.epoch,
        part.number,
        entry.seq,
        digest(line.value),
        entry.account_id,
        entry.effect,
        entry.policy_id,
        entry.at_ms,
    )
    found = [
        Raw(publish_decision(decision, origin, n, "decisions").value or b"")
        for n, decision in enumerate(decode_decisions(entry.decisions))
        if is_told(decision)
    ]
    return found[::-1]
