"""The state of the stream: topics, partitions, processes, and what could not be read."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from api.access.gate import require
from api.answering import Listed, See, answer_list, as_json, shows
from api.answers.status import (
    DeadLetterPage,
    DeadLetterRow,
    FeedStatus,
    LetterState,
    PartitionStatus,
    PartStatus,
    StatusAnswer,
    TopicStatus,
    ViewStatus,
)
from api.dead_letters import state_of
from api.paging import Found, Order, page_of
from api.routes.desk import freshness
from api.routes.health import trouble_of
from api.sight import Sight
from api.topology import Topology
from projections.views.partition_view import PartitionView

router = APIRouter()


@router.get("/status", dependencies=[require("read_status")], responses=shows(StatusAnswer))
async def show_status(request: Request, sight: See) -> Response:
    """Show the topology as this process sees it: rates, lags, processes and positions."""
    state = request.app.state
    topology: Topology | None = state.views.topology
    live = state.live
    return as_json(
        StatusAnswer(
            trouble=trouble_of(state) or (None if topology is None else topology.trouble),
            parts=[] if topology is None else [_part(one) for one in topology.parts],
            topics=[] if topology is None else _topics(topology, sight),
            partitions=[_partition(part, topology) for part in sight.view.parts],
            view=_view(state.views, sight),
            feed=FeedStatus(
                clients=0 if live.hub is None else len(live.hub.sessions),
                events=0 if live.hub is None else live.hub.events,
                closed_slow=0 if live.hub is None else live.hub.closed_slow,
                lag_records=live.lag,
            ),
            dead_letters=len(open_letters(sight, topology)),
            learner=None if topology is None else _learner(topology, sight),
            as_of=sight.view.as_of(),
        )
    )


def _part(found: Any) -> PartStatus:
    return PartStatus(part=found.part, address=found.address, state=found.state, detail=found.detail)


def _topics(topology: Topology, sight: Sight) -> list[TopicStatus]:
    fresh = {one.source: one for one in freshness(sight)}
    lags = {"ledger": sight.view.lag, **sight.view.source_lag}
    return [
        TopicStatus(
            topic=f"{topology.prefix}.{name}.v1",
            kind=found.kind,
            partitions=len(found.end),
            records=found.records(),
            rate_per_second=round(topology.rates.get(name, 0.0), 1),
            lag_records=lags.get(name, 0),
            last_at_ms=fresh[name].last_at_ms if name in fresh else None,
        )
        for name, found in topology.counts.items()
    ]


def _partition(part: PartitionView, topology: Topology | None) -> PartitionStatus:
    chain, context = part.partition.chain, part.partition.context
    counted = None if topology is None else topology.counts.get("ledger")
    end = part.state.seen if counted is None else counted.end.get(part.number, part.state.seen)
    return PartitionStatus(
        partition=part.number,
        epoch=chain.epoch,
        seq=chain.seq - 1,
        lag_records=max(0, end - part.state.seen),
        accounts=len(part.accounts.lines),
        void_records=part.state.void_count,
        business_date=context.business_date,
        policy_id=context.policy_id,
        sweeps_open=len(context.sweeps),
        trouble=None,
    )


def _view(views: Any, sight: Sight) -> ViewStatus:
    building = views.building
    return ViewStatus(
        slot="" if views.slot is None else views.slot.name,
        version=views.serving_version,
        building=None if building is None else views.version,
        building_lag_records=None if building is None else building.lag,
        accounts=sum(len(part.accounts.lines) for part in sight.view.parts),
    )


def _learner(topology: Topology, sight: Sight) -> dict[str, Any] | None:
    """Return how far the learner has come: it writes each label that it learns to its own log."""
    counts = topology.counts
    if "lessons" not in counts or "labels" not in counts:
        return None
    lessons, labels = counts["lessons"].records(), counts["labels"].records()
    return {
        "labels": labels,
        "lessons": lessons,
        "models": counts["models"].records() if "models" in counts else 0,
        "lag_records": max(0, labels - lessons),
        "model_id": sight.view.parts[0].partition.context.model_id,
    }


def open_letters(sight: Sight, topology: Topology | None) -> list[DeadLetterRow]:
    """Return the dead letters in sight that somebody still has to look at, newest first."""
    return [row for row in letters(sight, topology) if row.state in ("open", "failed again")]


def letters(sight: Sight, topology: Topology | None) -> list[DeadLetterRow]:
    """Return the dead letters in sight, newest first: those of accounts that are seen, all others to who sees all."""
    found = [] if topology is None else topology.letters.rows()
    parts = sight.view.parts
    return [
        msgspec.structs.replace(row, state=state_of(row.id, parts))
        for row in found
        if sight.managers is None or (row.account_id is not None and sight.account(row.account_id) is not None)
    ]


@router.get("/dead-letters", dependencies=[require("read_dead_letters")], responses=shows(DeadLetterPage))
async def list_dead_letters(
    request: Request, sight: See, listing: Listed, state: LetterState | None = None
) -> Response:
    """List the records that could not be taken in, newest first, with what became of each."""
    order: Order[DeadLetterRow] = Order(lambda row: row.at_ms, lambda row: row.id, is_descending=True)

    def fetch(after: str, limit: int) -> Found[DeadLetterRow]:
        found = [row for row in letters(sight, request.app.state.views.topology) if state in (None, row.state)]
        return page_of(found, order, after, limit)

    return await answer_list(listing, sight, DeadLetterPage, DeadLetterRow, fetch)
