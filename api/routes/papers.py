"""What belongs to one account: its documents, its past, its judgements and its ledger records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from msgspec import Raw

from api.access.gate import require
from api.answering import Listed, See, account_unknown, answer_list, as_detail, as_json, shows
from api.answers.accounts import ExposureHistory, ScoreEntry, ScorePage
from api.answers.alerts import AlertPage, AlertRow, ApprovalPage, ApprovalRow
from api.answers.desk import DossierAnswer
from api.answers.documents import (
    DecisionPage,
    InvoicePage,
    InvoiceRow,
    LedgerAnswer,
    OrderPage,
    OrderRow,
    PaymentPage,
    PaymentRow,
    TrailEntry,
    TrailPage,
)
from api.paging import Found, Order, page_of, page_of_scan
from api.routes.desk import AlertStates, ApprovalStates, Terms, approvals
from api.showing.accounts import dossier_answer, history_event, history_point, score_entry
from api.showing.desk import alert_row, approval_row, order_row
from api.showing.documents import documents_of, invoice_row, payments_of, published, trail_entry
from api.sight import Sight
from projections.views.account_lines import HOUR_MS
from projections.views.lines import END, OWNER, AccountLine, TrailLine, newest_first, number_key, place_of
from projections.views.partition_view import PartitionView

router = APIRouter()
Wanted = Annotated[str | None, Query(max_length=200)]
POINTS_MAX = 5_000
_EVENTS_MAX = 1_000


def seen_account(sight: Sight, account_id: str) -> tuple[PartitionView, AccountLine]:
    """Return an account that the caller sees.

    Raises:
        HTTPException: 404, there is none.
    """
    seen = sight.account(account_id)
    if seen is None:
        raise account_unknown(account_id)
    return seen


def _by_date(date_of: Callable[[Any], str | None], key: Callable[[Any], str]) -> Order[Any]:
    return Order(date_of, key, is_descending=True)


def _lines(part: PartitionView, kind: str, account_id: str) -> Callable[[bytes], Any]:
    """Return what yields an account's lines of a kind from behind a place on."""
    start = place_of(account_id)

    def lines(after: bytes) -> Any:
        return part.shelf.scan(kind, after + b"\x00" if after else start, start + END)

    return lines


def _known(part: PartitionView, kind: str, account_id: str) -> list[Any]:
    start = place_of(account_id)
    return [line for _, line in part.shelf.scan(kind, start, start + END)]


@router.get(
    "/accounts/{account_id:path}/dossier",
    dependencies=[require("read_dossier")],
    responses=shows(DossierAnswer, 304, 404),
)
async def show_dossier(request: Request, sight: See, account_id: str) -> Response:
    """Show everything that is known of an account, with its requests for approval."""
    part, line = seen_account(sight, account_id)
    asked = approvals(sight, "open", Terms({"account_id": account_id}))("", 100).rows
    found = [msgspec.to_builtins(one) for one in asked]
    return as_detail(request, dossier_answer(part, line, found, sight.view.as_of()))


@router.get(
    "/accounts/{account_id:path}/exposure-history",
    dependencies=[require("read_dossier")],
    responses=shows(ExposureHistory, 404),
)
async def show_history(
    sight: See,
    account_id: str,
    from_ms: Annotated[int, Query(ge=0, le=2**53)] = 0,
    to_ms: Annotated[int, Query(ge=0, le=2**53)] = 2**53,
    points: Annotated[int, Query(ge=2, le=POINTS_MAX)] = 400,
) -> Response:
    """Show an account's exposure by stage, limit and overdue over time, and what happened meanwhile."""
    part, line = seen_account(sight, account_id)
    start = place_of(account_id)
    hours = (start + number_key(from_ms // HOUR_MS), start + number_key(to_ms // HOUR_MS + 1))
    found = [point for _, point in part.shelf.scan("point", *hours)]
    marks = part.shelf.scan("event", start + number_key(from_ms), start + number_key(to_ms + 1))
    events = [history_event(event) for _, event in marks]
    return as_json(
        ExposureHistory(
            account_id=account_id,
            currency=line.currency,
            points=[history_point(one) for one in thinned(found, points)],
            events=events[-_EVENTS_MAX:],
            as_of=sight.view.as_of(),
        )
    )


def thinned(found: list[Any], count: int) -> list[Any]:
    """Return at most so many of a list, evenly spread: the last of each stretch, and the first of all.

    >>> thinned([1, 2, 3, 4, 5, 6, 7], 3)
    [1, 4, 7]
    """
    if len(found) <= count:
        return found
    ends = [(number + 1) * (len(found) - 1) // (count - 1) for number in range(count - 1)]
    return [found[0], *(found[end] for end in ends)]


@router.get(
    "/accounts/{account_id:path}/orders", dependencies=[require("read_orders")], responses=shows(OrderPage, 404)
)
async def list_account_orders(sight: See, listing: Listed, account_id: str, state: Wanted = None) -> Response:
    """List an account's orders, the last changed first."""
    part, account = seen_account(sight, account_id)

    def fetch(after: str, limit: int) -> Found[OrderRow]:
        lines = [line for line in _known(part, "order", account_id) if state in (None, line.state)]
        order: Order[Any] = Order(lambda line: line.since_ms, lambda line: str(line.key), is_descending=True)
        found = page_of(lines, order, after, limit)
        asked = {one.order_id: one for one in part.approvals.open.values() if one.account_id == account_id}
        rows = [order_row(part, account, line, asked.get(line.order_id)) for line in found.rows]
        return Found(rows, found.next, found.total)

    return await answer_list(listing, sight, OrderPage, OrderRow, fetch)


@router.get(
    "/accounts/{account_id:path}/invoices", dependencies=[require("read_orders")], responses=shows(InvoicePage, 404)
)
async def list_invoices(
    sight: See, listing: Listed, account_id: str, state: Literal["open", "settled", "cancelled"] | None = None
) -> Response:
    """List an account's invoices with what is open of them, the last issued first."""
    part, _ = seen_account(sight, account_id)

    def fetch(after: str, limit: int) -> Found[InvoiceRow]:
        found = [invoice_row(part, account_id, one) for one in documents_of(part, "invoice", account_id)]
        wanted = [row for row in found if state in (None, row.state)]
        order = _by_date(lambda row: row.issued_on, lambda row: f"{row.invoice_id}\x00{row.seller_id}{row.ce_source}")
        return page_of(wanted, order, after, limit)

    return await answer_list(listing, sight, InvoicePage, InvoiceRow, fetch)


@router.get(
    "/accounts/{account_id:path}/payments", dependencies=[require("read_orders")], responses=shows(PaymentPage, 404)
)
async def list_payments(sight: See, listing: Listed, account_id: str) -> Response:
    """List an account's payments, credit notes and bills, the last dated first."""
    part, _ = seen_account(sight, account_id)

    def fetch(after: str, limit: int) -> Found[PaymentRow]:
        order = _by_date(
            lambda row: row.dated_on, lambda row: f"{row.kind}\x00{row.payment_id}\x00{row.seller_id}{row.ce_source}"
        )
        return page_of(payments_of(part, account_id), order, after, limit)

    return await answer_list(listing, sight, PaymentPage, PaymentRow, fetch)


@router.get(
    "/accounts/{account_id:path}/decisions", dependencies=[require("read_orders")], responses=shows(DecisionPage, 404)
)
async def list_decisions(
    sight: See,
    account_id: str,
    type: Annotated[str | None, Query(pattern="^[a-z_]+$")] = None,
    after: str = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """List an account's decisions and alerts as they are published, newest first; `type` is one type of them."""
    part, _ = seen_account(sight, account_id)
    found = decisions(part, account_id, type)(after, limit)
    return as_json(DecisionPage(decisions=found.rows, next=found.next, as_of=sight.view.as_of()))


def decisions(part: PartitionView, account_id: str, wanted: str | None) -> Callable[[str, int], Found[Raw]]:
    """Return what fetches published decisions; a place among them is that of a record and a number within it."""
    marks = None if wanted is None else f'"type":"{wanted}"'.encode()

    def told(line: TrailLine) -> list[Raw]:
        if not line.told or (marks is not None and marks not in line.value):
            return []
        return [one for one in published(part, line) if marks is None or bytes(one)[1:].startswith(marks)]

    def lines(after: bytes) -> Iterator[tuple[bytes, Raw]]:
        at, begun = after[:-2], int.from_bytes(after[-2:], "big")
        if at:
            line = part.shelf.get("trail", at)
            yield from _numbered(at, told(line) if line is not None else [], begun + 1)
        for place, line in _lines(part, "trail", account_id)(at):
            yield from _numbered(place, told(line), 0)

    return lambda after, limit: page_of_scan(lines, lambda _: True, after, limit)


def _numbered(place: bytes, found: list[Raw], begin: int) -> Iterator[tuple[bytes, Raw]]:
    return ((place + number.to_bytes(2, "big"), found[number]) for number in range(begin, len(found)))


@router.get(
    "/accounts/{account_id:path}/alerts", dependencies=[require("read_alerts")], responses=shows(AlertPage, 404)
)
async def list_account_alerts(
    sight: See, listing: Listed, account_id: str, state: AlertStates | None = None
) -> Response:
    """List an account's alerts, the last changed first."""
    part, account = seen_account(sight, account_id)

    def fetch(after: str, limit: int) -> Found[AlertRow]:
        lines = [line for line in _known(part, "alert", account_id) if _is_in(line, state, part.alerts.open_states)]
        order: Order[Any] = Order(lambda line: line.since_ms, lambda line: str(line.alert_id), is_descending=True)
        found = page_of(lines, order, after, limit)
        return Found([alert_row((part, account), line) for line in found.rows], found.next, found.total)

    return await answer_list(listing, sight, AlertPage, AlertRow, fetch)


def _is_in(line: Any, state: str | None, active: frozenset[str]) -> bool:
    return state in (None, line.state) or (state == "active" and line.state in active)


@router.get(
    "/accounts/{account_id:path}/approvals",
    dependencies=[require("read_approvals")],
    responses=shows(ApprovalPage, 404),
)
async def list_account_approvals(
    sight: See, listing: Listed, account_id: str, state: ApprovalStates | None = None
) -> Response:
    """List an account's requests for approval, the last changed first."""
    part, account = seen_account(sight, account_id)

    def fetch(after: str, limit: int) -> Found[ApprovalRow]:
        lines = [line for line in _known(part, "approval", account_id) if state in (None, line.state)]
        order: Order[Any] = Order(lambda line: line.since_ms, lambda line: str(line.approval_id), is_descending=True)
        found = page_of(lines, order, after, limit)
        return Found([approval_row(part, account, line) for line in found.rows], found.next, found.total)

    return await answer_list(listing, sight, ApprovalPage, ApprovalRow, fetch)


@router.get(
    "/accounts/{account_id:path}/scores", dependencies=[require("read_dossier")], responses=shows(ScorePage, 404)
)
async def list_scores(sight: See, listing: Listed, account_id: str) -> Response:
    """List how an account was graded and scored, and why, newest first."""
    part, _ = seen_account(sight, account_id)

    def fetch(after: str, limit: int) -> Found[ScoreEntry]:
        found = page_of_scan(_lines(part, "score", account_id), lambda _: True, after, limit)
        return Found([score_entry(line) for line in found.rows], found.next)

    return await answer_list(listing, sight, ScorePage, ScoreEntry, fetch)


@router.get("/accounts/{account_id:path}/trail", dependencies=[require("read_ledger")], responses=shows(TrailPage, 404))
async def list_trail(
    sight: See,
    account_id: str,
    type: Annotated[str | None, Query(pattern="^[a-z_]+$")] = None,
    after: str = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Response:
    """List an account's ledger records, newest first; `type` is one type of fact."""
    part, _ = seen_account(sight, account_id)
    lines = _lines(part, "trail", account_id)
    found = page_of_scan(lines, lambda line: type in (None, line.fact_type), after, limit)
    rows: list[TrailEntry] = [trail_entry(part, line) for line in found.rows]
    return as_json(TrailPage(trail=rows, next=found.next, as_of=sight.view.as_of()))


@router.get("/ledger/{partition}/{seq}", dependencies=[require("read_ledger")], responses=shows(LedgerAnswer, 304, 404))
async def show_entry(
    request: Request,
    sight: See,
    partition: Annotated[int, Path(ge=0, le=65_000)],
    seq: Annotated[int, Path(ge=0, le=2**62)],
) -> Response:
    """Show one ledger record: its bytes, its hash, and the same decoded."""
    parts = sight.view.parts
    owner = parts[partition].rows.get(OWNER + number_key(seq)) if partition < len(parts) else None
    if owner is None or (owner and sight.account(owner.decode()) is None):
        raise HTTPException(404, f"expected a ledger record, there is none at {partition}/{seq}")
    part = parts[partition]
    line: TrailLine | None = part.shelf.get("trail", place_of(owner.decode()) + newest_first(seq))
    assert line is not None, f"ledger record {partition}/{seq} has an owner and no line"
    entry = trail_entry(part, line)
    answer = LedgerAnswer(
        partition=partition,
        seq=seq,
        offset=line.offset,
        account_id=owner.decode() or None,
        hash=entry.hash,
        prev=entry.prev,
        raw=line.value.decode(),
        entry=entry,
        as_of=sight.view.as_of(),
    )
    return as_detail(request, answer)
