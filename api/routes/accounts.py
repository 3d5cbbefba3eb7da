"""Accounts: found, listed, and one in detail."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from msgspec import Raw

from api.access.gate import require
from api.answering import Listed, See, account_unknown, answer_list, as_detail, shows
from api.answers.accounts import AccountAnswer, AccountPage, AccountRow, LimitPage, LimitRow
from api.answers.alerts import AlertRow
from api.paging import Found, Order, invalid, page_of
from api.routes.desk import Terms, alerts
from api.routes.papers import decisions
from api.showing.accounts import account_answer, account_row, limit_rows
from api.sight import Sight
from projections.views.lines import AccountLine
from projections.views.partition_view import PartitionView
from schemas.decisions import LEVELS, Level

router = APIRouter()
DECISIONS_SHOWN = 50
ALERTS_SHOWN = 100
Seen = tuple[PartitionView, AccountLine]
Wanted = Annotated[str | None, Query(max_length=200)]
_SORTED_BY = (
    "account_id",
    "name",
    "grade",
    "status",
    "score",
    "lateness_probability_bp",
    "expected_loss_minor",
    "exposure_minor",
    "net_exposure_minor",
    "limit_minor",
    "headroom_minor",
    "utilisation_bp",
    "overdue_minor",
    "combined_level",
    "open_alerts",
    "waiting_orders",
    "manager",
    "industry",
    "country",
)


@router.get("/accounts", dependencies=[require("read_accounts")], responses=shows(AccountPage))
async def list_accounts(
    sight: See,
    listing: Listed,
    query: Wanted = None,
    status: Wanted = None,
    grade: Wanted = None,
    level: Level | Literal["none"] | None = None,
    manager: Wanted = None,
    industry: Wanted = None,
    country: Wanted = None,
    cell: Annotated[str | None, Query(description="size-probability of the risk matrix, such as 3-2")] = None,
    currency: Wanted = None,
    sort: Annotated[str, Query(description="a field of the row; with - before it the largest first")] = "account_id",
) -> Response:
    """List accounts; `query` is a part of the id or name in any case."""
    equal = {"status": status, "grade": grade, "manager": manager, "industry": industry, "country": country}
    equal["currency"] = currency
    placed, order = _cell(cell), _order(sort)
    asked = None if query is None else query.casefold()

    def is_wanted(line: AccountLine) -> bool:
        if any(value is not None and getattr(line, name) != value for name, value in equal.items()):
            return False
        if level is not None and line.combined_level != (None if level == "none" else level):
            return False
        if placed is not None and (line.cell is None or line.cell[:2] != placed):
            return False
        return not asked or asked in line.account_id.casefold() or asked in (line.name or "").casefold()

    def fetch(after: str, limit: int) -> Found[AccountRow]:
        found = page_of([seen for seen in sight.accounts() if is_wanted(seen[1])], order, after, limit)
        return Found([account_row(*seen) for seen in found.rows], found.next, found.total)

    return await answer_list(listing, sight, AccountPage, AccountRow, fetch)


def _cell(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,2})-(\d{1,2})", text)
    if found is None:
        raise invalid("cell", "expected size-probability such as 3-2", text)
    return int(found[1]), int(found[2])


def _order(sort: str) -> Order[Seen]:
    name = sort.removeprefix("-")
    if name not in _SORTED_BY:
        raise invalid("sort", f"expected one of {', '.join(_SORTED_BY)}, with or without - before it", sort)

    def value(seen: Seen) -> Any:
        found = getattr(seen[1], name)
        if name == "combined_level":
            # Of two as grave the one who may cost more is first.
            line = seen[1]
            weight = [LEVELS.get(found, 0), line.expected_loss_minor or 0, line.net_exposure_minor]
            return None if found is None else weight
        return (found.casefold() or None) if isinstance(found, str) else found

    return Order(value, lambda seen: seen[1].account_id, sort.startswith("-"))


@router.get("/limits", dependencies=[require("read_accounts")], responses=shows(LimitPage))
async def list_limits(sight: See, listing: Listed, account: Wanted = None) -> Response:
    """List the limits in force, of whole accounts and of parts of them, in order of account."""

    def fetch(after: str, limit: int) -> Found[LimitRow]:
        seen = [found for found in sight.accounts() if account in (None, found[1].account_id)]
        page = page_of(seen, _order("account_id"), after, limit)
        return Found([row for found in page.rows for row in limit_rows(*found)], page.next, page.total)

    return await answer_list(listing, sight, LimitPage, LimitRow, fetch)


@router.get(
    "/accounts/{account_id:path}", dependencies=[require("read_dossier")], responses=shows(AccountAnswer, 304, 404)
)
async def show_account(request: Request, sight: See, account_id: str) -> Response:
    """Show an account in detail: how it stands and why, its open alerts and its last decisions."""
    seen = sight.account(account_id)
    if seen is None:
        raise account_unknown(account_id)
    part, line = seen
    last: list[Raw] = decisions(part, account_id, None)("", DECISIONS_SHOWN).rows
    return as_detail(request, account_answer(part, line, _open_alerts(sight, account_id), last, sight.view.as_of()))


def _open_alerts(sight: Sight, account_id: str) -> list[AlertRow]:
    return alerts(sight, "active", Terms({"account_id": account_id}))("", ALERTS_SHOWN).rows
