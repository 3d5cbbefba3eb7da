"""Facts about money that came or went: topic `payments`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from schemas.facts.shape import Fact, Id, MoneyFact, Number, Revision, Text
from schemas.money import AmountMinor, Currency, PositiveMinor


class Allocation(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What of a payment is meant for an invoice, or for one instalment of it."""

    invoice_id: Id
    amount_minor: PositiveMinor
    instalment_no: Number | None = None


class PaymentReceived(MoneyFact, frozen=True, kw_only=True, tag="payment_received", gc=False, omit_defaults=True):
    """Cash came, or is only advised; without allocations it pays what was due first, provisionally."""

    document: ClassVar[tuple[str, str] | None] = ("payment", "payment_id")

    payment_id: Id
    amount_minor: PositiveMinor
    currency: Currency
    received_on: date
    method: Id | None = None
    status: Literal["cleared", "advised"] = "cleared"
    allocations: Annotated[tuple[Allocation, ...], Meta(max_length=10_000)] = ()
    for_order_id: Id | None = None
    revision: Revision = 1


class PaymentCleared(Fact, frozen=True, kw_only=True, tag="payment_cleared", gc=False, omit_defaults=True):
    """An advised payment has arrived for good."""

    document: ClassVar[tuple[str, str] | None] = ("payment_clearing", "payment_id")

    payment_id: Id
    cleared_on: date | None = None
    seller_id: Id | None = None


class PaymentReversed(Fact, frozen=True, kw_only=True, tag="payment_reversed", gc=False, omit_defaults=True):
    """A payment bounced or was called back; what it paid is open again."""

    document: ClassVar[tuple[str, str] | None] = ("payment_reversal", "payment_id")

    payment_id: Id
    reversed_on: date
    reason: Text | None = None
    seller_id: Id | None = None


class AllocationSource(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Whose cash or credit is allocated; exactly one field is given."""

    payment_id: Id | None = None
    credit_note_id: Id | None = None
    bill_id: Id | None = None


class AllocationTarget(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What it pays."""

    invoice_id: Id
    instalment_no: Number | None = None


class Allocated(
    Fact, frozen=True, kw_only=True, tag="allocated", gc=False, omit_defaults=True, rename={"source": "from"}
):
    """A person or the ERP said what a payment pays; provisional allocation gives way to it."""

    document: ClassVar[tuple[str, str] | None] = ("allocation", "allocation_id")

    allocation_id: Id
    source: AllocationSource
    to: AllocationTarget
    amount_minor: PositiveMinor
    discount_minor: AmountMinor = 0
    seller_id: Id | None = None
    revision: Revision = 1


class AllocationReversed(Fact, frozen=True, kw_only=True, tag="allocation_reversed", gc=False, omit_defaults=True):
    """An allocation was wrong; its cash is unapplied again."""

    document: ClassVar[tuple[str, str] | None] = ("allocation_reversal", "allocation_id")

    allocation_id: Id
    reversed_on: date | None = None
    reason: Text | None = None
    seller_id: Id | None = None


class BillReceived(MoneyFact, frozen=True, kw_only=True, tag="bill_received", gc=False, omit_defaults=True):
    """A bill or note was taken for invoices; it stays exposure until honoured."""

    document: ClassVar[tuple[str, str] | None] = ("bill", "bill_id")

    bill_id: Id
    amount_minor: PositiveMinor
    currency: Currency
    received_on: date
    due_on: date
    allocations: tuple[Allocation, ...] = ()
    revision: Revision = 1


class BillHonoured(Fact, frozen=True, kw_only=True, tag="bill_honoured", gc=False, omit_defaults=True):
    """A bill was paid at maturity."""

    document: ClassVar[tuple[str, str] | None] = ("bill_honouring", "bill_id")

    bill_id: Id
    honoured_on: date


class BillDishonoured(Fact, frozen=True, kw_only=True, tag="bill_dishonoured", gc=False, omit_defaults=True):
    """A bill was not paid at maturity."""

    document: ClassVar[tuple[str, str] | None] = ("bill_dishonouring", "bill_id")

    bill_id: Id
    dishonoured_on: date
    reason: Text | None = None


PaymentFact = (
    PaymentReceived
    | PaymentCleared
    | PaymentReversed
    | Allocated
    | AllocationReversed
    | BillReceived
    | BillHonoured
    | BillDishonoured
)
