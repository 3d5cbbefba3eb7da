"""Whether this process runs and keeps up."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from api.access.gate import require
from api.access.permissions import ANYONE
from api.answering import PROBLEM
from api.live import Live
from api.metrics import exposition
from api.problems import problem

router = APIRouter()
scrape = APIRouter()


@router.get("/health/live", dependencies=[require(ANYONE)])
async def is_alive() -> dict[str, str]:
    """Answer while the process runs."""
    return {"status": "live"}


@router.get("/health/ready", dependencies=[require(ANYONE)], responses={503: PROBLEM})
async def is_ready(request: Request) -> Response:
    """Answer 200 while this process has read what the topics hold, else 503 with the reason."""
    trouble = trouble_of(request.app.state)
    if trouble:
        return problem(503, trouble)
    live: Live = request.app.state.live
    content = {"status": "ready", "lag_records": live.lag}
    return Response(msgspec.json.encode(content), media_type="application/json")


def trouble_of(state: Any) -> str | None:
    """Return why this process does not serve as it should, None if it does."""
    live: Live = state.live
    views = state.views
    return live.trouble or (None if views is None else views.trouble)


@scrape.get("/metrics", dependencies=[require("read_metrics")], include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Return Prometheus metrics."""
    live: Live = request.app.state.live
    return Response(exposition(live, request.app.state.views), media_type="text/plain; version=0.0.4; charset=utf-8")
