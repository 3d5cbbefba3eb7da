"""The desk: its strip, the order queue, alerts and requests for approval."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from msgspec import Struct

from api.access.gate import require
from api.answering import Listed, See, answer_list, as_json, shows
from api.answers.alerts import AlertPage, AlertRow, ApprovalPage, ApprovalRow
from api.answers.desk import AlertCounts, SourceFreshness, SummaryAnswer, Waiting
from api.answers.documents import OrderPage, OrderRow
from api.paging import Found, Order, page_of, page_of_scan
from api.showing.desk import alert_row, approval_row, order_row
from api.sight import Sight
from projections.views.alert_lines import ACTIVE_ALERTS, NO_ACCOUNT
from projections.views.lines import AlertLine, ApprovalLine, OrderLine
from projections.views.partition_view import PartitionView
from schemas.decisions import LEVELS, Level

router = APIRouter()
Wanted = Annotated[str | None, Query(max_length=200)]
OrderStates = Literal["waiting", "new", "released", "rejected", "closed"]
AlertStates = Literal["active", "open", "acknowledged", "snoozed", "closed", "cleared"]
ApprovalStates = Literal["open", "granted", "refused", "withdrawn", "expired"]
_LONG_MS = 10**14
"""Longer than any time in milliseconds: the level decides before the time does."""


class Terms(Struct, frozen=True):
    """What a line has to be: each named value equal to the field of that name, None asks for nothing."""

    equal: dict[str, Any]
    least_minor: int | None = None
    reason: str | None = None
    role: str | None = None

    def fit(self, line: Any) -> bool:
        """Return whether a line is all that."""
        if any(value is not None and getattr(line, name) != value for name, value in self.equal.items()):
            return False
        if self.least_minor is not None and line.amount_minor < self.least_minor:
            return False
        if self.reason is not None and all(reason.get("code") != self.reason for reason in line.reasons):
            return False
        return self.role is None or self.role in line.needs


@router.get("/orders", dependencies=[require("read_orders")], responses=shows(OrderPage))
async def list_orders(
    sight: See,
    listing: Listed,
    state: OrderStates = "waiting",
    reason: Wanted = None,
    account: Wanted = None,
    min_minor: Annotated[int | None, Query(ge=0)] = None,
    sort: Literal["since", "-since", "amount", "-amount"] = "since",
) -> Response:
    """List orders in a state: those that wait, oldest first or as sorted, others the last changed first."""
    terms = Terms({"account_id": account}, min_minor, reason)
    return await answer_list(listing, sight, OrderPage, OrderRow, orders(sight, state, terms, sort))


def orders(sight: Sight, state: str, terms: Terms, sort: str = "since") -> Callable[[str, int], Found[OrderRow]]:
    """Return what fetches orders in a state."""
    by_amount = sort.endswith("amount")
    order: Order[OrderLine] = Order(
        (lambda line: line.amount_minor) if by_amount else (lambda line: line.since_ms),
        lambda line: f"{line.account_id}\x00{line.key}",
        sort.startswith("-"),
    )

    def fetch(after: str, limit: int) -> Found[OrderRow]:
        found = _fetch(sight, lambda part: part.orders, state, {"waiting"}, terms, order, after, limit)
        asked = _asked(sight)
        return _shown(
            sight,
            found,
            lambda part, account, line: order_row(part, account, line, asked.get((line.account_id, line.order_id))),
        )

    return fetch


def _asked(sight: Sight) -> dict[tuple[str, str | None], ApprovalLine]:
    """Return the open requests about orders, by account and order."""
    return {(line.account_id, line.order_id): line for line in sight.open(lambda part: part.approvals) if line.order_id}


def _fetch(
    sight: Sight,
    kind: Callable[[PartitionView], Any],
    state: str,
    open_states: Iterable[str],
    terms: Terms,
    order: Order[Any],
    after: str,
    limit: int,
) -> Found[Any]:
    """Return lines in a state: open ones from memory in an order, others from the index of those, newest first."""
    if state == "active" or state in open_states:
        found = [line for line in sight.open(kind) if state in ("active", line.state) and terms.fit(line)]
        return page_of(found, order, after, limit)
    return page_of_scan(lambda at: sight.newest(kind, state, at), terms.fit, after, limit)


def _shown(sight: Sight, found: Found[Any], show: Callable[..., Any]) -> Found[Any]:
    """Return the rows of lines; an account that went out of sight meanwhile is left out."""
    rows = []
    for line in found.rows:
        account = sight.account(line.account_id)
        if account is not None:
            rows.append(show(*account, line))
    return Found(rows, found.next, found.total)


@router.get("/alerts", dependencies=[require("read_alerts")], responses=shows(AlertPage))
async def list_alerts(
    sight: See,
    listing: Listed,
    state: AlertStates = "active",
    level: Level | None = None,
    cause: Wanted = None,
    owner_role: Wanted = None,
    assignee: Wanted = None,
    account: Wanted = None,
) -> Response:
    """List alerts: active ones (open, acknowledged, snoozed) gravest and newest first, others newest first."""
    equal = {"level": level, "cause": cause, "owner_role": owner_role, "assignee": assignee, "account_id": account}
    return await answer_list(listing, sight, AlertPage, AlertRow, alerts(sight, state, Terms(equal)))


def alerts(sight: Sight, state: str, terms: Terms) -> Callable[[str, int], Found[AlertRow]]:
    """Return what fetches alerts in a state."""
    order: Order[AlertLine] = Order(_gravity, lambda line: line.alert_id, is_descending=True)

    def fetch(after: str, limit: int) -> Found[AlertRow]:
        found = _fetch(sight, lambda part: part.alerts, state, ACTIVE_ALERTS, terms, order, after, limit)
        return Found([row for line in found.rows if (row := _alert_row(sight, line))], found.next, found.total)

    return fetch


def _alert_row(sight: Sight, line: AlertLine) -> AlertRow | None:
    """Return the row of an alert, also of one about no account; None if its account went out of sight meanwhile."""
    if line.account_id == NO_ACCOUNT:
        return alert_row(None, line)
    account = sight.account(line.account_id)
    return None if account is None else alert_row(account, line)


def _gravity(line: AlertLine) -> int:
    return LEVELS.get(line.level, 0) * _LONG_MS + line.since_ms


@router.get("/approvals", dependencies=[require("read_approvals")], responses=shows(ApprovalPage))
async def list_approvals(
    sight: See, listing: Listed, state: ApprovalStates = "open", role: Wanted = None, account: Wanted = None
) -> Response:
    """List requests for approval: open ones the next to expire first, for one role or any; others newest first."""
    terms = Terms({"account_id": account}, role=role)
    return await answer_list(listing, sight, ApprovalPage, ApprovalRow, approvals(sight, state, terms))


def approvals(sight: Sight, state: str, terms: Terms) -> Callable[[str, int], Found[ApprovalRow]]:
    """Return what fetches requests in a state."""
    order: Order[ApprovalLine] = Order(
        lambda line: line.expires_on, lambda line: f"{line.account_id}\x00{line.approval_id}"
    )

    def fetch(after: str, limit: int) -> Found[ApprovalRow]:
        found = _fetch(sight, lambda part: part.approvals, state, {"open"}, terms, order, after, limit)
        return _shown(sight, found, approval_row)

    return fetch


@router.get("/summary", dependencies=[require("read_alerts")], responses=shows(SummaryAnswer))
async def show_summary(sight: See) -> Response:
    """Show the desk's strip: what is open, what waits since when, and how fresh it all is."""
    waiting = sight.open(lambda part: part.orders)
    amounts: dict[str, list[int]] = defaultdict(list)
    for line in waiting:
        amounts[line.currency].append(line.amount_minor)
    levels = [line.level for line in sight.open(lambda part: part.alerts) if line.state != "snoozed"]
    return as_json(
        SummaryAnswer(
            alerts=AlertCounts(**{level: levels.count(level) for level in LEVELS}),
            waiting_orders=len(waiting),
            waiting=[
                Waiting(currency=currency, orders=len(found), amount_minor=sum(found))
                for currency, found in sorted(amounts.items())
            ],
            oldest_waiting_at_ms=min((line.since_ms for line in waiting), default=None),
            open_approvals=len(sight.open(lambda part: part.approvals)),
            accounts=sum(1 for _ in sight.accounts()),
            sources=freshness(sight),
            as_of=sight.view.as_of(),
        )
    )


def freshness(sight: Sight) -> list[SourceFreshness]:
    """Return how fresh each source topic is in the ledger, as far as it has been read."""
    newest: dict[str, int] = {}
    for part in sight.view.parts:
        for name, at_ms in part.state.sources.items():
            newest[name] = max(newest.get(name, 0), at_ms)
    return [
        SourceFreshness(source=name, last_at_ms=newest.get(name), lag_records=sight.view.source_lag.get(name, 0))
        for name in sorted({*newest, *sight.view.source_lag})
    ]
