"""A fact being recorded: the book, the account, and what the decisions that follow need to know of it."""

from __future__ import annotations

from hashlib import blake2b
from typing import cast

import msgspec

from projections.approval_rows import Approval, Deed, Word
from projections.book import Book
from projections.context import Context
from projections.cover_counts import count_bill, count_invoice, count_order
from projections.horizon import recount_beyond
from projections.moves import BALANCES
from projections.overdue_lines import next_crossing
from projections.owing import cash_counts, invoice_counts
from projections.rows import (
    INDEX_BILLS,
    INDEX_FOREIGN,
    INDEX_PARKED,
    INDEX_UNPAID,
    Account,
    Cash,
    Delivery,
    Document,
    Invoice,
    Order,
    Part,
    Sheet,
    Stages,
    Versions,
)
from projections.scope_balances import add_to_scopes, scopes_merged
from schemas.decisions import AmountWrittenOff, Checkpoint
from schemas.envelope import Envelope
from schemas.facts import Fact
from schemas.facts.orders import CheckRequested
from schemas.ledger import Source
from schemas.reasons import Refusal

_encode = msgspec.json.Encoder().encode


class Parked(msgspec.Struct, array_like=True, gc=False):
    """What waits for a document: a whole fact, or a part (`cover`, `named`, `deposit`) of the document `key`."""

    what: str
    topic: str = ""
    value: bytes = b""
    ce_source: str = ""
    ce_id: str = ""
    key: str = ""
    kind: str = ""
    revision: int = 0
    position: int = 0


class Recording(msgspec.Struct):
    """One fact on its way into the book. Lists at the end say what followed, in order.

    `moved` says which of the numbers that warnings watch may have changed; `rescores` that what is overdue or disputed
    has, `regrades` that anything else has of which score and grade follow.
    """

    book: Book
    context: Context
    account: Account
    envelope: Envelope
    topic: str
    value: bytes
    at_ms: int
    source: Source
    answered: list[Order] = []
    asked: list[Order] = []
    shipped: list[Order] = []
    left: list[tuple[Checkpoint, str, Order | None, int, str]] = []
    stranded: list[Order] = []
    arrived: list[tuple[str, str]] = []
    unpaid: list[Invoice] = []
    freed: list[str] = []
    fallen_scopes: list[str] = []
    waits: list[tuple[str, str]] = []
    late_refusals: list[tuple[Refusal, str]] = []
    written_off: list[AmountWrittenOff] = []
    approving: list[Approval | Word | Deed] = []
    parked_whole: bool = False
    settling: list[tuple[Invoice, Part]] = []
    invoices_issued: list[Invoice] = []
    invoices_changed: list[Invoice] = []
    regrades: bool = False
    rescores: bool = False
    moved: int = BALANCES
    _digested: Fact | None = None
    _digest: bytes = b""

    def today(self) -> str:
        """Return the day that limits count by."""
        return self.context.today(self.at_ms)

    def digest(self, fact: Fact) -> bytes:
        """Return what tells the fact's content from another, made once a fact."""
        if self._digested is not fact:
            self._digested, self._digest = fact, content_digest(fact)
        return self._digest

    def first_version(self, fact: Fact) -> Versions:
        """Return the versions of a document that a fact is the first of."""
        revision = revision_of(fact)
        return Versions({revision: self.digest(fact)}, revision)

    def stages(self, currency: str) -> Stages:
        """Return the balances in a currency."""
        account = self.account
        found = account.stages.get(currency)
        if found is None:
            found = account.stages[currency] = Stages()
            if currency != account.currency:
                self.list_as_foreign()
        return found

    def list_as_foreign(self) -> None:
        """Note that the account has balances in another currency, valued from the start at the rates in force.

        Sweeps of earlier rates are none of its business, whether or not the writer still knows them as open.
        """
        account, context = self.account, self.context
        self.book.index_put(INDEX_FOREIGN, "", account.account_id.encode())
        if account.swept_no >= context.all_no:
            account.swept_no = max(account.swept_no, context.rates_no)

    def find(self, kind: str, document_id: str, seller_id: str | None) -> Document | None:
        """Return the document a fact refers to: of the seller it names, else of its own source, else the first."""
        first = self.book.document(kind, self.account.account_id, document_id)
        if first is None or not first.twins:
            return first
        documents = [first, *(self.find_key(kind, key) for key in first.twins)]
        if seller_id is not None:
            documents = [found for found in documents if found.seller_id == seller_id] or documents
        return next((found for found in documents if found.ce_source == self.envelope.ce_source), documents[0])

    def find_exactly(self, kind: str, document_id: str, ce_source: str, seller_id: str | None) -> Document:
        """Return the document of a source and seller that a decision names: that it exists is an invariant."""
        first = self.book.document(kind, self.account.account_id, document_id)
        if first is not None and first.ce_source == ce_source and first.seller_id == seller_id:
            return first
        return self.find_key(kind, _twin_key(document_id, ce_source, seller_id))

    def find_own(self, kind: str, document_id: str, seller_id: str | None) -> Document | None:
        """Return the document of exactly this source and seller."""
        first = self.book.document(kind, self.account.account_id, document_id)
        if first is None or (first.ce_source == self.envelope.ce_source and first.seller_id == seller_id):
            return first
        key = _twin_key(document_id, self.envelope.ce_source, seller_id)
        return self.find_key(kind, key) if key in first.twins else None

    def new_key(self, kind: str, document_id: str, seller_id: str | None) -> str:
        """Return the key for a new document: its id, or one beside the document that has this id already."""
        first = self.book.document(kind, self.account.account_id, document_id)
        if first is None:
            return document_id
        key = _twin_key(document_id, self.envelope.ce_source, seller_id)
        first.twins.append(key)
        self.touch(kind, first)
        return key

    def find_key(self, kind: str, key: str) -> Document:
        """Return a document by its key, which came from another row: that it exists is an invariant."""
        found = self.book.document(kind, self.account.account_id, key)
        assert found is not None, f"{kind} {key!r} of account {self.account.account_id!r} is named and not there"
        return found

    def touch(self, kind: str, document: Document) -> None:
        """Note that a document is new or changed."""
        self.book.touch(kind, self.account.account_id, document)

    def keep(self, kind: str, sheet: Sheet) -> None:
        """Note that a sheet is new or changed."""
        self.book.keep(kind, self.account, sheet)

    def order(self, key: str) -> Order:
        """Return an order that is known to exist."""
        return cast(Order, self.find_key("order", key))

    def delivery(self, key: str) -> Delivery:
        """Return a delivery that is known to exist."""
        return cast(Delivery, self.find_key("delivery", key))

    def invoice(self, key: str) -> Invoice:
        """Return an invoice that is known to exist."""
        return cast(Invoice, self.find_key("invoice", key))

    def cash(self, key: str) -> tuple[str, Cash]:
        """Return a payment, credit note or bill by its marked key: `p:`, `q:` or `b:` and the key."""
        kind = _KINDS_OF_CASH[key[0]]
        return kind, cast(Cash, self.find_key(kind, key[2:]))

    def park(self, kind: str, document_id: str, parked: Parked | None = None) -> None:
        """Let this fact, or a part of a document, wait for a document of this id."""
        self.parked_whole = self.parked_whole or parked is None
        item = parked or Parked("fact", self.topic, self.value, self.envelope.ce_source, self.envelope.ce_id)
        self.account.park_no += 1
        self.account.parked_count += 1
        suffix = b"%s\x00%s\x00%s" % (kind.encode(), document_id.encode(), self.account.park_no.to_bytes(8, "big"))
        self.book.index_put(INDEX_PARKED, self.account.account_id, suffix, msgspec.msgpack.encode(item))
        self.waits.append((kind, document_id))

    def find_or_wait(self, kind: str, document_id: str, seller_id: str | None) -> Document | None:
        """Return the document a fact refers to, as `find` does; where there is none, the whole fact waits for it."""
        found = self.find(kind, document_id, seller_id)
        if found is None:
            self.park(kind, document_id)
        return found

    def unpark(self, kind: str, document_id: str) -> list[Parked]:
        """Return, and no longer keep, what waited for a document of this id, oldest first."""
        if not self.account.parked_count:
            return []
        start = b"%s\x00%s\x00" % (kind.encode(), document_id.encode())
        found = []
        for suffix, value in self.book.index(INDEX_PARKED, self.account.account_id).items(start):
            if not suffix.startswith(start):
                break
            found.append((suffix, msgspec.msgpack.decode(value, type=Parked)))
        for suffix, _ in found:
            self.book.index_delete(INDEX_PARKED, self.account.account_id, suffix)
        self.account.parked_count -= len(found)
        return [parked for _, parked in found]

    def recount_order(self, order: Order) -> None:
        """Bring the balances in line with an order."""
        counts = order_counts(order)
        if counts != order.counted:
            stages, before = self.stages(order.currency), order.counted
            stages.orders += counts[0] - before[0]
            stages.pending += counts[1] - before[1]
            stages.delivered += counts[2] - before[2]
            stages.deposits += counts[3] - before[3]
            order.counted = counts
            if order.scopes:
                self.count_scopes(order.scopes, order.currency, _at_risk(counts) - _at_risk(before))
        if order.schedule or order.beyond:
            more = recount_beyond(self.book, self.account, self.context, order, counts[0], self.at_ms)
            self.stages(order.currency).beyond += more
        if self.account.covers:
            count_order(self.account, order)
        self.touch("order", order)

    def recount_invoice(self, invoice: Invoice) -> None:
        """Bring the balances in line with an invoice."""
        counts = invoice_counts(invoice, self.context.business_date)
        if counts != invoice.counted:
            stages, before = self.stages(invoice.currency), invoice.counted
            stages.invoiced += counts[0] - before[0]
            stages.overdue += counts[1] - before[1]
            stages.disputed += counts[2] - before[2]
            stages.overdue_disputed += counts[3] - before[3]
            invoice.counted = counts
            self.invoices_changed.append(invoice)
            if counts[1:] != before[1:]:
                self.rescores = True
            if invoice.scopes:
                self.count_scopes(invoice.scopes, invoice.currency, counts[0] - before[0])
        if self.account.covers:
            count_invoice(self.account, invoice, self.delivery)
        self.touch("invoice", invoice)

    def recount_cash(self, kind: str, cash: Cash) -> None:
        """Bring the balances in line with a payment or credit note."""
        counts = cash_counts(cash, self.context.business_date)
        if counts != cash.counted:
            stages, before = self.stages(cash.currency), cash.counted
            stages.unapplied += counts[0] - before[0]
            stages.uncleared += counts[1] - before[1]
            stages.bills += counts[2] - before[2]
            stages.overdue += counts[3] - before[3]
            cash.counted = counts
            if counts[3] != before[3]:
                self.rescores = True
            if (counts[2] > 0) != (before[2] > 0):
                self._index_bill(cash, counts[2] > 0)
            if cash.scopes:
                self.count_scopes(cash.scopes, cash.currency, counts[2] - counts[0] - before[2] + before[0])
        if self.account.covers and cash.due_on:
            count_bill(self.account, cash)
        self.touch(kind, cash)

    def count_scopes(self, scopes: list[str], currency: str, change: int) -> None:
        """Bring the balances of parts of the account in line with a change of what a document adds to exposure."""
        if change:
            add_to_scopes(self.book, self.account, scopes, currency, change)
            if change < 0 and self.account.scope_limits:
                self.fallen_scopes.extend(scopes)

    def change_scopes(self, document: Order | Invoice | Cash, named: list[str]) -> None:
        """Move a document that counts already to the scopes that it has by what was said of it now."""
        scopes = scopes_merged(document.scopes, named)
        if scopes == document.scopes:
            return
        amount = adds_to_scopes(document)
        self.count_scopes(document.scopes, document.currency, -amount)
        self.count_scopes(scopes, document.currency, amount)
        document.scopes = scopes

    def note_future_date(self, on: str) -> None:
        """Let the account be swept once the day after a date is closed, unless it is closed already."""
        if self.context.business_date is None or on >= self.context.business_date:
            self.book.note_date(self.account, on)

    def unpaid_owner(self, currency: str) -> str:
        """Return the owner of the index of unpaid parts in a currency."""
        return f"{self.account.account_id}\x1f{currency}"

    def index_unpaid(self, invoice: Invoice, number: int, due_on: str, is_open: bool) -> None:
        """List a part among the unpaid ones, or no longer."""
        suffix = b"%s\x00%s\x00%05d" % (due_on.encode(), invoice.key.encode(), number)
        owner = self.unpaid_owner(invoice.currency)
        if is_open:
            self.book.index_put(INDEX_UNPAID, owner, suffix)
            self._note_due_date(due_on)
        else:
            self.book.index_delete(INDEX_UNPAID, owner, suffix)

    def _index_bill(self, bill: Cash, is_owed: bool) -> None:
        """List a bill among those that are owed, or no longer; its due date does not change while it is listed."""
        suffix = b"%s\x00%s" % (bill.due_on.encode(), bill.key.encode())
        owner = self.unpaid_owner(bill.currency)
        if is_owed:
            self.book.index_put(INDEX_BILLS, owner, suffix)
            self._note_due_date(bill.due_on)
        else:
            self.book.index_delete(INDEX_BILLS, owner, suffix)

    def _note_due_date(self, due_on: str) -> None:
        """Let the account be swept when what is due becomes overdue, or so overdue that a line is crossed."""
        business_date = self.context.business_date
        if business_date is None or due_on >= business_date:
            self.book.note_date(self.account, due_on)
        elif (crosses_on := next_crossing(self.context, due_on)) is not None:
            self.book.note_date(self.account, crosses_on)


def adds_to_scopes(document: Order | Invoice | Cash) -> int:
    """Return what a document adds to the exposure of the parts of the account that it belongs to."""
    if isinstance(document, Order):
        return _at_risk(document.counted)
    if isinstance(document, Invoice):
        return document.counted[0]
    return document.counted[2] - document.counted[0]


def _at_risk(counts: tuple[int, int, int, int]) -> int:
    return counts[0] + counts[2] - counts[3]


def order_counts(order: Order) -> tuple[int, int, int, int]:
    """Return what an order adds to (orders, pending, delivered, deposits).

    All follow from sums, so that the order in which deliveries and invoices arrive does not matter.
    """
    done = not order.is_open or order.delivered_finals > 0 or order.invoiced_finals > 0
    rest = 0 if done or order.kind in NOT_BINDING else max(0, order.amount - max(order.delivered, order.invoiced))
    delivered = 0 if order.invoiced_finals > 0 else max(0, order.delivered - order.invoiced)
    released = rest if order.state == "released" else 0
    pending = rest if order.state == "waiting" else 0
    deposit = sum(order.deposits.values()) if order.deposits else 0
    return released, pending, delivered, min(deposit, released + delivered)


NOT_BINDING = ("quote", "contract")
"""Kinds of orders that promise no delivery: kept, neither checked nor counted."""


def order_rest(order: Order) -> int:
    """Return what of an order is still to be delivered and not invoiced ahead."""
    if not order.is_open or order.delivered_finals > 0 or order.invoiced_finals > 0:
        return 0
    return max(0, order.amount - max(order.delivered, order.invoiced))


_KINDS_OF_CASH = {"p": "payment", "q": "credit_note", "b": "bill"}


def content_digest(fact: Fact) -> bytes:
    """Return 8 bytes that tell one content of a fact from another; fields that are not read do not matter."""
    return blake2b(_encode(fact), digest_size=8).digest()


def revision_of(fact: Fact) -> int:
    """Return the revision of the document that a fact is the identity of; a check's `revision` is its order's."""
    return 1 if type(fact) is CheckRequested else getattr(fact, "revision", None) or 1


def _twin_key(document_id: str, ce_source: str, seller_id: str | None) -> str:
    return f"{document_id}\x1f{seller_id or ''}\x1f{ce_source}"
