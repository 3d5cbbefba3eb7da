"""Facts about invoices, credit notes and disputes: topic `invoices`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from schemas.facts.shape import Fact, Id, MoneyFact, Number, Revision, Text
from schemas.money import AmountMinor, Currency, PositiveMinor


class InvoiceCover(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What of an invoice belongs to an order, or to a delivery and through it to its orders."""

    amount_minor: AmountMinor
    order_id: Id | None = None
    delivery_id: Id | None = None


class Instalment(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A part of an invoice with its own due date."""

    instalment_no: Annotated[int, Meta(ge=1, le=10_000)]
    amount_minor: AmountMinor
    due_on: date | None = None


class InvoiceIssued(MoneyFact, frozen=True, kw_only=True, tag="invoice_issued", gc=False, omit_defaults=True):
    """An invoice; either `due_on` or `instalments` that add up to its amount. A higher revision replaces it."""

    document: ClassVar[tuple[str, str] | None] = ("invoice", "invoice_id")

    invoice_id: Id
    amount_minor: AmountMinor
    currency: Currency
    issued_on: date
    revision: Revision = 1
    covers: Annotated[tuple[InvoiceCover, ...], Meta(max_length=1000)] = ()
    final: bool = False
    due_on: date | None = None
    instalments: Annotated[tuple[Instalment, ...], Meta(max_length=1000)] = ()


class InvoiceAmended(MoneyFact, frozen=True, kw_only=True, tag="invoice_amended", gc=False, omit_defaults=True):
    """Some fields of an invoice changed; those not given stay."""

    document: ClassVar[tuple[str, str] | None] = ("invoice", "invoice_id")

    invoice_id: Id
    revision: Annotated[int, Meta(ge=2, le=2**31)]
    amount_minor: AmountMinor | None = None
    currency: Currency | None = None
    issued_on: date | None = None
    covers: Annotated[tuple[InvoiceCover, ...], Meta(max_length=1000)] | None = None
    final: bool | None = None
    due_on: date | None = None
    instalments: Annotated[tuple[Instalment, ...], Meta(max_length=1000)] | None = None


class InvoiceCancelled(Fact, frozen=True, kw_only=True, tag="invoice_cancelled", gc=False, omit_defaults=True):
    """An invoice never was; what was paid on it becomes unapplied cash."""

    document: ClassVar[tuple[str, str] | None] = ("invoice_cancellation", "invoice_id")

    invoice_id: Id
    cancelled_on: date | None = None
    reason: Text | None = None
    seller_id: Id | None = None


class CreditNoteIssued(MoneyFact, frozen=True, kw_only=True, tag="credit_note_issued", gc=False, omit_defaults=True):
    """A credit, on an invoice it names or at large."""

    document: ClassVar[tuple[str, str] | None] = ("credit_note", "credit_note_id")

    credit_note_id: Id
    amount_minor: PositiveMinor
    currency: Currency
    issued_on: date
    invoice_id: Id | None = None
    instalment_no: Number | None = None
    reason: Text | None = None
    revision: Revision = 1


class InvoiceDisputed(Fact, frozen=True, kw_only=True, tag="invoice_disputed", gc=False, omit_defaults=True):
    """A customer disputes a part of an invoice."""

    document: ClassVar[tuple[str, str] | None] = ("dispute", "dispute_id")

    dispute_id: Id
    invoice_id: Id
    disputed_minor: PositiveMinor
    reason_code: Id
    disputed_on: date
    instalment_no: Number | None = None
    seller_id: Id | None = None
    revision: Revision = 1


class DisputeResolved(Fact, frozen=True, kw_only=True, tag="dispute_resolved", gc=False, omit_defaults=True):
    """A dispute ended; a credit, if agreed, comes as its own credit note."""

    document: ClassVar[tuple[str, str] | None] = ("dispute_resolution", "dispute_id")

    dispute_id: Id
    resolved_on: date
    outcome: Text | None = None
    seller_id: Id | None = None


InvoiceFact = InvoiceIssued | InvoiceAmended | InvoiceCancelled | CreditNoteIssued | InvoiceDisputed | DisputeResolved
