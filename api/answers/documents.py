"""Orders, invoices, payments and the ledger trail. Amounts are minor units of `currency`."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Raw, Struct

from api.answers.lists import AsOf, Page

OrderState = Literal["new", "waiting", "released", "rejected", "closed"]
Suggestion = Literal["release", "approval", "collect", "prepayment", "reject", "review"]


class OrderApproval(Struct, frozen=True, kw_only=True):
    """The open request that an order waits for, and the roles still to agree."""

    approval_id: str
    needs: list[str]


class OrderRow(Struct, frozen=True, kw_only=True):
    """An order with its last answer.

    `state` is new (not answered), waiting, released, rejected or closed (done or cancelled), since `since_at_ms`;
    `answer` is the type of the last decision. `reasons` are its reasons by precedence, each with a `code` and the
    numbers compared; headrooms, exposure and limit are in `account_currency`, null where the account has no limit.
    `suggestion` is what the reasons suggest to a person. `seller_id` and `ce_source` tell orders of one number apart.
    """

    account_id: str
    account_name: str | None
    order_id: str
    document_no: str | None
    seller_id: str | None
    ce_source: str
    customer_id: str | None
    revision: int
    decision_no: int
    amount_minor: int
    currency: str
    account_currency: str
    placed_on: str | None
    state: OrderState
    answer: str | None
    checkpoint: str | None
    since_at_ms: int
    decided_at_ms: int | None
    reasons: list[dict[str, Any]]
    exposure_minor: int | None
    limit_minor: int | None
    headroom_before_minor: int | None
    headroom_after_minor: int | None
    delivered_minor: int
    invoiced_minor: int
    suggestion: Suggestion | None
    approval: OrderApproval | None
    effect: str
    version: str
    ledger: str | None


class OrderPage(Page, frozen=True, kw_only=True):
    """A page of orders: waiting ones oldest first, others the last changed first."""

    orders: list[OrderRow]


class InstalmentRow(Struct, frozen=True, kw_only=True):
    """One part of an invoice; an invoice without instalments has one."""

    instalment_no: int
    amount_minor: int
    open_minor: int
    due_on: str
    overdue_days: int


class InvoiceRow(Struct, frozen=True, kw_only=True):
    """An invoice with what is still open of it; `overdue_days` are those of its oldest open part."""

    invoice_id: str
    document_no: str | None
    seller_id: str | None
    ce_source: str
    revision: int
    currency: str
    amount_minor: int
    open_minor: int
    overdue_minor: int
    disputed_minor: int
    issued_on: str
    due_on: str | None
    overdue_days: int
    state: Literal["open", "settled", "cancelled"]
    instalments: list[InstalmentRow]


class InvoicePage(Page, frozen=True, kw_only=True):
    """A page of invoices: the last issued first."""

    invoices: list[InvoiceRow]


class AppliedRow(Struct, frozen=True, kw_only=True):
    """What of a payment pays an invoice."""

    invoice_id: str
    amount_minor: int


class PaymentRow(Struct, frozen=True, kw_only=True):
    """A payment, credit note or bill; `unapplied_minor` pays nothing yet, `for_order_id` is what a deposit is for."""

    kind: Literal["payment", "credit_note", "bill"]
    payment_id: str
    document_no: str | None
    seller_id: str | None
    ce_source: str
    currency: str
    amount_minor: int
    dated_on: str | None
    due_on: str | None
    state: Literal["cleared", "advised", "outstanding", "reversed"]
    applied: list[AppliedRow]
    unapplied_minor: int
    for_order_id: str | None


class PaymentPage(Page, frozen=True, kw_only=True):
    """A page of payments, credit notes and bills: the last dated first."""

    payments: list[PaymentRow]


class DecisionPage(Page, frozen=True, kw_only=True):
    """A page of an account's published decisions and alerts, newest first, each exactly as published."""

    decisions: list[Raw]


class Coordinates(Struct, frozen=True, kw_only=True):
    """Where a fact was read; `index` counts the records that a sweep made of it, from 1."""

    topic: str
    partition: int
    offset: int
    index: int


class TrailEntry(Struct, frozen=True, kw_only=True):
    """A ledger record: the fact exactly as received, what followed from it, and why.

    `why` are the reasons of all its decisions, each with its numbers. `fact_type` is null for what was no fact.
    """

    partition: int
    seq: int
    at_ms: int
    recorded_at_ms: int
    effect: str
    source: Coordinates
    ce_source: str
    ce_id: str
    fact_id: str
    fact_type: str | None
    fact: Raw
    decisions: list[Raw]
    why: list[dict[str, Any]]
    policy_id: str
    model_id: str | None
    core: str
    hash: str
    prev: str


class TrailPage(Page, frozen=True, kw_only=True):
    """A page of an account's ledger records, newest first."""

    trail: list[TrailEntry]


class LedgerAnswer(Struct, frozen=True, kw_only=True):
    """One ledger record: its value as stored (`raw`, UTF-8), its hash, and the same decoded.

    `account_id` is null for what concerns all accounts; `offset` is its place in the ledger topic's partition.
    """

    partition: int
    seq: int
    offset: int
    account_id: str | None
    hash: str
    prev: str
    raw: str
    entry: TrailEntry
    as_of: AsOf
