"""HTTP: health, accounts, open alerts and approvals, metrics."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from api.access.gate import require
from api.access.permissions import ANYONE
from api.answers.acting import ACTING_ANSWERS
from api.live import Live
from api.metrics import exposition
from api.problems import problem
from api.view import AccountView, View
from schemas.decisions import Level
from schemas.publication import Exposure

PAGE_MAX = 500
router = APIRouter(prefix="/v1")
scrape = APIRouter()
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX)]

_PROBLEM = {"content": {"application/problem+json": {"schema": {"type": "object"}}}}


def _answers(description: str, properties: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


_EXPOSURE = {"$ref": "#/components/schemas/Exposure"}
_OBJECTS = {"type": "array", "items": {"type": "object"}}
_ACCOUNT_ROW = {"account_id": {"type": "string"}, "exposure": _EXPOSURE, "open_alerts": {"type": "integer"}}


def published_schemas() -> dict[str, Any]:
    """Return the JSON Schemas that the routes' answers refer to."""
    _, components = msgspec.json.schema_components(
        [Exposure, *ACTING_ANSWERS], ref_template="#/components/schemas/{name}"
    )
    return dict(components)


@router.get("/health/live", dependencies=[require(ANYONE)])
async def is_alive() -> dict[str, str]:
    """Answer while the process runs."""
    return {"status": "live"}


@router.get("/health/ready", dependencies=[require(ANYONE)], responses={503: _PROBLEM})
async def is_ready(request: Request) -> Response:
    """Answer 200 while this process has read what the topics hold, else 503 with the reason."""
    live = _live(request)
    return problem(503, live.trouble) if live.trouble else _json({"status": "ready", "lag_records": live.lag})


_PAGE = {"accounts": {"type": "array", "items": {"type": "object", "properties": _ACCOUNT_ROW}}, "next": {}}


@router.get(
    "/accounts",
    dependencies=[require("read_accounts")],
    responses={200: _answers("One page; `next` is the `after` of the next one.", _PAGE)},
)
async def list_accounts(
    request: Request,
    after: str = "",
    limit: Limit = 100,
    status: Annotated[str | None, Query(pattern="^[a-z_]+$")] = None,
    query: str | None = None,
) -> Response:
    """List accounts by id with their latest exposure; `query` is a part of the id or name."""
    found = _view(request).accounts(after, limit + 1, status, query)
    page = [_row(account) for account in found[:limit]]
    return _json({"accounts": page, "next": found[limit - 1].account_id if len(found) > limit else None})


_DETAIL = {"account_id": {"type": "string"}, "exposure": _EXPOSURE, "alerts": _OBJECTS, "decisions": _OBJECTS}


@router.get(
    "/accounts/{account_id:path}",
    dependencies=[require("read_dossier")],
    responses={200: _answers("The account.", _DETAIL), 404: _PROBLEM},
)
async def show_account(request: Request, account_id: str) -> Response:
    """Show an account's exposure, its open alerts and its last 50 decisions, newest first."""
    account = _view(request).account(account_id)
    if account is None:
        return problem(404, f"expected an account with publications, found none with id {account_id!r}")
    alerts = sorted(account.open_alerts.values(), key=lambda alert: alert.place, reverse=True)
    return _json(
        {
            "account_id": account.account_id,
            "exposure": account.exposure,
            "alerts": [alert.value for alert in alerts],
            "decisions": list(reversed(account.decisions)),
        }
    )


_ALERTS = {"alerts": _OBJECTS, "total": {"type": "integer"}}


@router.get(
    "/alerts",
    dependencies=[require("read_alerts")],
    responses={200: _answers("`total` counts those beyond `limit` too.", _ALERTS)},
)
async def list_alerts(request: Request, level: Level | None = None, limit: Limit = 100) -> Response:
    """List open alerts, gravest and newest first."""
    alerts, total = _view(request).alerts(level, limit)
    return _json({"alerts": [alert.value for alert in alerts], "total": total})


_APPROVALS = {"approvals": _OBJECTS, "total": {"type": "integer"}}


@router.get(
    "/approvals",
    dependencies=[require("read_approvals")],
    responses={200: _answers("`total` counts those beyond `limit` too.", _APPROVALS)},
)
async def list_approvals(request: Request, role: str | None = None, limit: Limit = 100) -> Response:
    """List requests that wait for approvers, for one role or for any, the next to expire first."""
    approvals, total = _view(request).approvals(role, limit)
    return _json({"approvals": [approval.value for approval in approvals], "total": total})


_CELL = {
    "size": {"type": "integer"},
    "probability": {"type": "integer"},
    "measure": {"type": "string"},
    "accounts": {"type": "integer"},
    "net_exposure_minor": {"type": "object", "additionalProperties": {"type": "integer"}},
}
_MATRIX = {"cells": {"type": "array", "items": {"type": "object", "properties": _CELL}}}


@router.get(
    "/portfolio/risk-matrix",
    dependencies=[require("read_portfolio")],
    responses={200: _answers("Cells that hold accounts.", _MATRIX)},
)
async def show_risk_matrix(request: Request) -> Response:
    """Count accounts and their net exposure, by currency, in each cell of the risk matrix; classes count from 1."""
    cells = [
        {
            "size": cell.size,
            "probability": cell.probability,
            "measure": cell.measure,
            "accounts": counted.accounts,
            "net_exposure_minor": {name: total for name, total in sorted(counted.net_exposure_minor.items()) if total},
        }
        for cell, counted in _view(request).risk_matrix()
    ]
    return _json({"cells": cells})


@scrape.get("/metrics", dependencies=[require("read_metrics")], include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Return Prometheus metrics."""
    return Response(exposition(_live(request)), media_type="text/plain; version=0.0.4; charset=utf-8")


def _live(request: Request) -> Live:
    live: Live = request.app.state.live
    return live


def _view(request: Request) -> View:
    return _live(request).view


def _row(account: AccountView) -> dict[str, Any]:
    return {
        "account_id": account.account_id,
        "exposure": account.exposure,
        "open_alerts": len(account.open_alerts),
    }


def _json(content: dict[str, Any]) -> Response:
    return Response(msgspec.json.encode(content), media_type="application/json")
