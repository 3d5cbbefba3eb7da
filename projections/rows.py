"""Rows: an account's summary and its documents, each stored by itself, so that a fact touches only what it names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar, get_args

import msgspec
from msgspec import Struct, field

from projections.alert_rows import OpenAlert as OpenAlert
from projections.approval_rows import Approval, ApprovalFile
from projections.behaviour_rows import Behaviour
from projections.contract_rows import Contract, ContractFile
from projections.cover_rows import Cover, Covering
from projections.dossier_rows import Dossier
from projections.lateness_rows import Followed, Paying
from projections.limit_rows import LimitFile, MeasureFile
from projections.scope_rows import ScopeBalance
from projections.splitting_rows import RecentOrders
from projections.version_rows import Versions as Versions
from projections.warning_rows import BookPlace, OrderPattern, PastReports, Promises, Quiet, WarningSheet
from schemas.decisions import Checkpoint, Status

SEPARATOR = b"\x00"
"""Ids hold no control characters (the codec sees to it), so no id can reach into another row's key."""


class Stages(Struct, array_like=True, gc=False):
    """One currency's balances of an account, in minor units. Nothing is in two stages at once.

    `overdue` is part of `invoiced` and of `bills`, `disputed` of `invoiced`, `overdue_disputed` is what of it is both;
    `pending` and `uncleared` are shown and not counted; `deposits` is cash for one order, as far as that order's own
    exposure goes; `beyond` is the part of `orders` that is delivered after the policy's horizon and not counted yet.
    """

    orders: int = 0
    pending: int = 0
    delivered: int = 0
    invoiced: int = 0
    overdue: int = 0
    disputed: int = 0
    unapplied: int = 0
    uncleared: int = 0
    deposits: int = 0
    beyond: int = 0
    overdue_disputed: int = 0
    bills: int = 0

    def exposure(self) -> int:
        """Return what is at risk. Source: design, words."""
        return self.orders - self.beyond + self.delivered + self.invoiced + self.bills - self.unapplied - self.deposits

    def receivable(self) -> int:
        """Return what is owed with a due date, on invoices or bills: what of it is overdue is a share of this."""
        return self.invoiced + self.bills


class TemporaryLimit(Struct, array_like=True, gc=False):
    """A limit for some days, both included; ISO dates."""

    valid_from: str
    valid_until: str
    limit_minor: int
    unlimited: bool


class Account(Struct, array_like=True, gc=False):
    """The summary of an account.

    `next_on` is the first date after whose close something changes by itself. `swept_no` is the number of the last
    broadcast to all accounts that this one was taken through. `approvals` counts open requests and exceptions in force.
    The `*_no` fields only count up. `highest_minor` is the highest exposure there ever was, first reached on
    `highest_on`. `sheets` has the bit of `SHEETS` for each kind of sheet that it ever had one of;
    `lateness_bp` is how probably its next invoice is late, as it was told last.
    """

    account_id: str
    currency: str
    opened: bool = False
    name: str | None = None
    status: Status = "active"
    limit_minor: int | None = None
    unlimited: bool = False
    temporary: list[TemporaryLimit] = field(default_factory=list)
    limit_told: tuple[int | None, bool] = (None, False)
    stages: dict[str, Stages] = field(default_factory=dict)
    alerts: dict[str, OpenAlert] = field(default_factory=dict)
    unreadable_count: int = 0
    waiting_count: int = 0
    parked_count: int = 0
    order_no: int = 0
    release_no: int = 0
    cash_no: int = 0
    park_no: int = 0
    alert_no: int = 0
    swept_no: int = -1
    next_on: str | None = None
    overdue_through: str = ""
    seq: int = -1
    held: bool = False
    grade: str = ""
    net_days: int | None = None
    approvals: int = 0
    highest_minor: int = 0
    highest_on: str = ""
    covers: list[Covering] = field(default_factory=list)
    scope_limits: list[str] = field(default_factory=list)
    sheets: int = 0
    lateness_bp: int | None = None


class Order(Struct, array_like=True, gc=False):
    """An order. `counted` is what it adds to (orders, pending, delivered, deposits) of its currency now.

    `approval_id` names the request by which it was last released, "" if a person did so alone.
    `terms` is how it is to be paid, "" where nobody said; `backdated_days` how long before its fact its date was.
    `schedule` has (date, amount) by date; `beyond` is what of it the horizon leaves out, `enters_on` the date of the
    next such part. `let_go` is the amount that it was released with, `asked` what was asked for at `asked_at` and
    not released, `passed` up to which amounts (delivery, invoice) were asked for and released. `despite` names the
    reasons that a person knew who released it on `let_go_on`, `exploratory` that they did so in order to learn.
    `split` is what of it `taken_on` counts as its orders.
    """

    key: str
    order_id: str
    ce_source: str
    seller_id: str | None
    versions: Versions
    currency: str
    amount: int
    kind: str
    number: int
    is_open: bool = True
    state: Literal["new", "waiting", "released", "rejected"] = "new"
    delivered: int = 0
    invoiced: int = 0
    delivered_finals: int = 0
    invoiced_finals: int = 0
    deposits: dict[str, int] = field(default_factory=dict)
    decision_no: int = 0
    release_no: int = 0
    releases_before: int = 0
    released_by_desk: bool = False
    reasons: list[str] = field(default_factory=list)
    counted: tuple[int, int, int, int] = (0, 0, 0, 0)
    twins: list[str] = field(default_factory=list)
    cover_counts: dict[str, int] = field(default_factory=dict)
    approval_id: str = ""
    scopes: list[str] = field(default_factory=list)
    placed_on: str = ""
    taken_on: str = ""
    terms: str = ""
    net_days: int | None = None
    backdated_days: int = 0
    schedule: list[tuple[str, int]] = field(default_factory=list)
    beyond: int = 0
    enters_on: str = ""
    let_go: int = 0
    let_go_on: str = ""
    despite: list[str] = field(default_factory=list)
    asked: int = 0
    asked_at: Checkpoint = "order"
    passed: tuple[int, int] = (0, 0)
    split: int = 0
    exploratory: bool = False


class Delivery(Struct, array_like=True, gc=False):
    """A delivery: what it covers as (order key, amount), how much of it was invoiced by naming it."""

    key: str
    ce_source: str
    seller_id: str | None
    versions: Versions
    covers: list[tuple[str, int]]
    final: bool
    reversed: bool = False
    invoiced: int = 0
    invoiced_finals: int = 0
    twins: list[str] = field(default_factory=list)


class Part(Struct, array_like=True, gc=False):
    """An instalment of an invoice; `applied` never exceeds `amount`.

    `settled` is what it counts as in the account's behaviour: month, what payments paid, days beyond terms.
    """

    number: int
    amount: int
    due_on: str
    applied: int = 0
    settled: tuple[int, int, int] | None = None

    def open(self) -> int:
        """Return what is still to be paid."""
        return self.amount - self.applied


class Application(Struct, array_like=True, gc=False):
    """Cash (or a discount, with no cash row) on an instalment of an invoice."""

    cash_key: str
    number: int
    amount: int
    provisional: bool
    allocation_key: str = ""


class Invoice(Struct, array_like=True, gc=False):
    """An invoice. `counted` is what it adds to (invoiced, overdue, disputed, overdue_disputed) of its currency now.

    `sold` is what it counts as in the account's behaviour: month and amount in the account's currency; `lateness` where
    it stands in what is learned of late payment.
    """

    key: str
    invoice_id: str
    ce_source: str
    seller_id: str | None
    versions: Versions
    currency: str
    amount: int
    issued_on: str
    due_on: str | None
    parts: list[Part]
    covers: list[tuple[str, str, int]] = field(default_factory=list)
    final: bool = False
    cancelled: bool = False
    applications: list[Application] = field(default_factory=list)
    disputes: dict[str, int] = field(default_factory=dict)
    counted: tuple[int, int, int, int] = (0, 0, 0, 0)
    twins: list[str] = field(default_factory=list)
    covers_revision: int = 0
    sold: tuple[int, int] | None = None
    cover_counts: dict[str, int] = field(default_factory=dict)
    scopes: list[str] = field(default_factory=list)
    lateness: Followed | None = None


class Named(Struct, array_like=True, gc=False):
    """A part of cash that is meant for an invoice not seen yet."""

    invoice_id: str
    number: int | None
    amount: int
    allocation_key: str


class Cash(Struct, array_like=True, gc=False):
    """A payment, a credit note or a bill. `counted` is what it adds to (unapplied, uncleared, bills, overdue).

    A bill is `outstanding` until it is honoured or not; it has a `due_on`, and what it pays is owed `since_on`.
    """

    key: str
    ce_source: str
    seller_id: str | None
    versions: Versions
    currency: str
    amount: int
    number: int
    cleared: bool
    reversed: bool = False
    applied: dict[str, int] = field(default_factory=dict)
    named: list[Named] = field(default_factory=list)
    order_key: str | None = None
    order_held: int = 0
    explicit: bool = False
    counted: tuple[int, int, int, int] = (0, 0, 0, 0)
    twins: list[str] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)
    dated_on: str = ""
    outstanding: bool = False
    due_on: str = ""
    since_on: str = ""
    cover_counts: dict[str, int] = field(default_factory=dict)

    def free(self) -> int:
        """Return what of it pays nothing and is meant for nothing yet."""
        if not self.cleared or self.reversed:
            return 0
        return self.amount - sum(self.applied.values()) - self.order_held - sum(part.amount for part in self.named)


class Mark(Struct, array_like=True, gc=False):
    """A document of which only the identity matters afterwards: an allocation, a dispute, a check."""

    key: str
    ce_source: str
    seller_id: str | None
    versions: Versions
    done: bool = False
    about: list[str] = field(default_factory=list)
    twins: list[str] = field(default_factory=list)


Document = Order | Delivery | Invoice | Cash | Mark | Approval | Cover | Contract
DocumentT = TypeVar("DocumentT", Order, Delivery, Invoice, Cash, Mark)
Sheet = (
    Dossier
    | Behaviour
    | ApprovalFile
    | LimitFile
    | MeasureFile
    | ScopeBalance
    | ContractFile
    | RecentOrders
    | WarningSheet
    | Paying
)
"""What is kept of an account under the empty key or a name of ours: no document of anybody's, so without versions."""
Row = Account | Document | Sheet

KINDS: dict[str, tuple[bytes, type[Document | Sheet]]] = {
    "order": (b"o", Order),
    "delivery": (b"d", Delivery),
    "invoice": (b"i", Invoice),
    "payment": (b"p", Cash),
    "credit_note": (b"q", Cash),
    "allocation": (b"m", Mark),
    "dispute": (b"t", Mark),
    "check": (b"h", Mark),
    "cover": (b"v", Cover),
    "contract": (b"j", Contract),
    "contracts": (b"c", ContractFile),
    "bill": (b"b", Cash),
    "account": (b"g", Mark),
    "delivery_reversal": (b"1", Mark),
    "invoice_cancellation": (b"2", Mark),
    "payment_clearing": (b"3", Mark),
    "payment_reversal": (b"4", Mark),
    "allocation_reversal": (b"5", Mark),
    "dispute_resolution": (b"6", Mark),
    "cover_release": (b"7", Mark),
    "cover_withdrawal": (b"0", Mark),
    "scope": (b"s", ScopeBalance),
    "bill_honouring": (b"8", Mark),
    "bill_dishonouring": (b"9", Mark),
    "dossier": (b"f", Dossier),
    "approval": (b"k", Approval),
    "approval_file": (b"x", ApprovalFile),
    "behaviour": (b"w", Behaviour),
    "limits": (b"l", LimitFile),
    "measures": (b"z", MeasureFile),
    "quiet": (b"Q", Quiet),
    "recent_orders": (b"e", RecentOrders),
    "promises": (b"y", Promises),
    "order_pattern": (b"n", OrderPattern),
    "past_reports": (b"S", PastReports),
    "book_place": (b"B", BookPlace),
    "paying": (b"r", Paying),
}
"""The first byte of the key, and the shape, of each kind of document."""
SHEETS = {kind: 1 << at for at, kind in enumerate(kind for kind, (_, row) in KINDS.items() if row in get_args(Sheet))}
"""The bit in an account's summary that says that it has a sheet of a kind: where it has none, none is looked for."""
KIND_LETTERS = {kind: letter.decode() for kind, (letter, _) in KINDS.items()}
"""The same byte as a text: a document's key is this letter, the account, the separator and its key within that."""

ACCOUNT = b"a"
INDEX_UNPAID = b"U"
INDEX_BILLS = b"M"
INDEX_WAITING = b"W"
INDEX_RELEASED = b"R"
INDEX_CASH = b"C"
INDEX_PARKED = b"K"
INDEX_UNREADABLE = b"L"
INDEX_DATES = b"N"
INDEX_FOREIGN = b"X"
INDEX_SCHEDULED = b"H"
INDEX_BOOK = b"T"
INDEX_LABELS = b"Y"
FACT_ID = b"F"
PARTITION = b"P"


def account_key(account_id: str) -> bytes:
    """Return the key of an account's summary row."""
    return ACCOUNT + account_id.encode()


_DECODERS = {shape: msgspec.msgpack.Decoder(shape).decode for shape in {Account, *(s for _, s in KINDS.values())}}


encode_row: Callable[[Row], bytes] = msgspec.msgpack.Encoder().encode
"""Returns a row's stored bytes."""


def decode_account(value: bytes) -> Account:
    """Return a summary from its stored bytes."""
    return _DECODERS[Account](value)  # type: ignore[return-value]


def decode_document(kind: str, value: bytes) -> Document:
    """Return a document from its stored bytes."""
    return _DECODERS[KINDS[kind][1]](value)  # type: ignore[return-value]
