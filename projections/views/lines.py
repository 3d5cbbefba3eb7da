"""Rows of the views. Times are milliseconds since 1970, amounts minor units, dates ISO; "" is none."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from schemas.decisions import Agreement


class AccountLine(Struct, array_like=True, gc=False):
    """One account as lists show it. `exposure` are the bytes of its exposure as they would be published.

    `at_ms` never falls: a fact that arrives late tells nothing of an earlier state.
    """

    account_id: str
    name: str | None = None
    currency: str = ""
    status: str = "active"
    held: bool = False
    grade: str = ""
    exposure_minor: int = 0
    net_exposure_minor: int = 0
    limit_minor: int | None = None
    unlimited: bool = False
    headroom_minor: int | None = None
    utilisation_bp: int | None = None
    overdue_minor: int = 0
    combined_level: str | None = None
    open_alerts: int = 0
    waiting_orders: int = 0
    manager: str | None = None
    industry: str | None = None
    country: str | None = None
    cell: tuple[int, int, str] | None = None
    score: int | None = None
    lateness_probability_bp: int | None = None
    expected_loss_minor: int | None = None
    seq: int = -1
    at_ms: int = 0
    exposure: bytes = b""


class OrderLine(Struct, array_like=True, gc=False):
    """An order with its last answer. `key` is that of the core's row, `since_ms` when it came to its state."""

    account_id: str
    key: str
    order_id: str
    seller_id: str | None = None
    ce_source: str = ""
    document_no: str | None = None
    customer_id: str | None = None
    revision: int = 0
    decision_no: int = 0
    amount_minor: int = 0
    currency: str = ""
    placed_on: str = ""
    kind: str = "order"
    state: str = "new"
    since_ms: int = 0
    delivered_minor: int = 0
    invoiced_minor: int = 0
    answer: str = ""
    checkpoint: str = ""
    decided_ms: int = 0
    reasons: list[dict[str, Any]] = field(default_factory=list)
    account_currency: str = ""
    exposure_minor: int | None = None
    limit_minor: int | None = None
    headroom_before_minor: int | None = None
    headroom_after_minor: int | None = None
    effect: str = "binding"
    place: str = ""


class AlertLine(Struct, array_like=True, gc=False):
    """An alert with all that happened to it; `since_ms` is when it last changed."""

    account_id: str
    alert_id: str
    cause: str = ""
    subject: str | None = None
    level: str = "notice"
    state: str = "open"
    found: int = 0
    line: int = 0
    measure: str = ""
    owner_role: str = ""
    assignee: str | None = None
    due_on: str | None = None
    snoozed_until: str | None = None
    acknowledged: bool = False
    handled_by: str | None = None
    raised_ms: int = 0
    since_ms: int = 0
    combined_level: str | None = None
    effect: str = "binding"
    place: str = ""


class ApprovalLine(Struct, array_like=True, gc=False):
    """A request for approval as it stands; `since_ms` is when it last changed."""

    account_id: str
    approval_id: str
    subject: str = ""
    state: str = "open"
    needs: list[str] = field(default_factory=list)
    given: list[Agreement] = field(default_factory=list)
    maker: str = ""
    in_order: bool = False
    amount_minor: int | None = None
    currency: str | None = None
    unlimited: bool = False
    order_id: str | None = None
    invoice_id: str | None = None
    checks: list[str] = field(default_factory=list)
    valid_from: str | None = None
    valid_until: str | None = None
    remind_on: str | None = None
    expires_on: str | None = None
    because: list[dict[str, Any]] = field(default_factory=list)
    opened_ms: int = 0
    since_ms: int = 0
    place: str = ""


class PointLine(Struct, array_like=True, gc=False):
    """How an account stood after the last record of an hour in which something happened to it."""

    at_ms: int
    exposure_minor: int
    net_exposure_minor: int
    limit_minor: int | None
    unlimited: bool
    overdue_minor: int
    orders_minor: int
    pending_minor: int
    delivered_minor: int
    invoiced_minor: int
    bills_minor: int
    unapplied_minor: int
    cover_minor: int


class EventLine(Struct, array_like=True, gc=False):
    """Something worth a marker on an account's chart."""

    at_ms: int
    kind: str
    value: str
    subject: str | None
    level: str | None
    place: str


class ScoreLine(Struct, array_like=True, gc=False):
    """How an account was judged, and why."""

    at_ms: int
    kind: str
    grade: str | None
    before: str | None
    score: int | None
    because: list[dict[str, Any]]
    place: str
    score_before: int | None = None
    moved: list[dict[str, Any]] = field(default_factory=list)


class DueLine(Struct, array_like=True, gc=False):
    """What of an account's invoices and bills is open by due date, by currency."""

    open: dict[str, dict[str, int]] = field(default_factory=dict)


class NumberLine(Struct, array_like=True, gc=False):
    """What people call a document."""

    document_no: str


class TrailLine(Struct, array_like=True, gc=False):
    """A ledger record: its offset in the topic, its fact's type, how many of its decisions are told, its value."""

    offset: int
    fact_type: str
    told: int
    value: bytes


class FactLine(Struct, array_like=True, gc=False):
    """Under what a fact is called, and its record's seq: the account that its record is kept under, "" for all."""

    account_id: str


class PolicyLine(Struct, array_like=True, gc=False):
    """A policy that was adopted, as the fact carried it."""

    policy_id: str
    adopted_ms: int
    seq: int
    actor: str | None
    reason: str | None
    policy: bytes
    approved_by: str | None = None


class LetterLine(Struct, array_like=True, gc=False):
    """What became of a dead letter, by where its record was read: `sent again`, `failed again` or `dismissed`."""

    state: str


class StateLine(Struct, array_like=True, gc=False):
    """Where a partition's view is beside its chain: the newest fact of each source, the records that were void.

    `seen` is the offset of the record to be read next: void ones move it on, the chain does not.
    """

    at_ms: int = 0
    seen: int = 0
    sources: dict[str, int] = field(default_factory=dict)
    void_count: int = 0


Line = (
    AccountLine
    | OrderLine
    | AlertLine
    | ApprovalLine
    | PointLine
    | EventLine
    | ScoreLine
    | DueLine
    | NumberLine
    | TrailLine
    | FactLine
    | PolicyLine
    | LetterLine
    | StateLine
)

LINES: dict[str, tuple[bytes, type[Line]]] = {
    "account": (b"~a", AccountLine),
    "order": (b"~o", OrderLine),
    "alert": (b"~n", AlertLine),
    "approval": (b"~k", ApprovalLine),
    "point": (b"~h", PointLine),
    "event": (b"~e", EventLine),
    "score": (b"~g", ScoreLine),
    "due": (b"~u", DueLine),
    "number": (b"~d", NumberLine),
    "trail": (b"~t", TrailLine),
    "fact": (b"~c", FactLine),
    "policy": (b"~p", PolicyLine),
    "letter": (b"~x", LetterLine),
    "state": (b"~m", StateLine),
}
"""The first bytes of the key, and the shape, of each kind of line; the core's own rows begin with other bytes."""

ACTIVE = b"~A"
"""Marks of what is open, by kind: `~A`, the kind's letter, and the rest of its line's key."""
BY_TIME = b"~T"
"""Index of what is not open: `~T`, the kind's letter, its state, newest first, and the rest of its line's key."""
OWNER = b"~s"
"""The account that a ledger record is about, by seq; empty for what concerns all."""
END = b"\xff" * 10
"""Above all that may follow in a key, numbers in reverse order included."""


def number_key(number: int) -> bytes:
    """Return a number as bytes in the order of numbers, from 0 on."""
    return max(0, number).to_bytes(8, "big")


def newest_first(number: int) -> bytes:
    """Return a number as bytes in the reverse order of numbers, from 0 on."""
    return (2**64 - 1 - max(0, number)).to_bytes(8, "big")


def place_of(account_id: str, rest: str = "") -> bytes:
    """Return the part of a line's key after its kind: the account and its own key within that."""
    return f"{account_id}\x00{rest}".encode()
