"""What a worker tells of itself: Prometheus metrics, readiness and liveness over HTTP, structured log lines."""

from __future__ import annotations

import time
from collections import Counter as Count
from collections.abc import Callable
from typing import Any

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from schemas.decisions import FactRejected
from streams.seat import Taken

LATENCY_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 5, 30)
LIVE_MS = 600_000
"""Records older than this when they are recorded say nothing about latency: they were waiting or imported."""


class Metrics:
    """Counters of one worker process."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self.log = structlog.get_logger("obligor.worker")
        self.records = Counter("obligor_ledger_records", "ledger records appended", ["partition"], registry=registry)
        self.decisions = Counter("obligor_decisions", "decisions by type", ["type"], registry=registry)
        self.dead_letters = Counter("obligor_dead_letters", "records refused, by code", ["code"], registry=registry)
        self.void = Counter("obligor_void_records", "ledger records that are not of the chain", registry=registry)
        self.reopened = Counter("obligor_partitions_reopened", "partitions opened afresh", registry=registry)
        self.checkpoints = Counter("obligor_checkpoints", "checkpoints made", registry=registry)
        self.lag = Gauge("obligor_lag_records", "records known and not taken", ["partition"], registry=registry)
        self.open = Gauge("obligor_partitions_open", "partitions open", registry=registry)
        self.closed = Gauge("obligor_partitions_closed", "partitions closed for findings", registry=registry)
        self.round_seconds = Histogram(
            "obligor_round_seconds", "one round, with its appends", registry=registry, buckets=LATENCY_BUCKETS
        )
        self.latency_seconds = Histogram(
            "obligor_latency_seconds", "record time to ledger, live records", registry=registry, buckets=LATENCY_BUCKETS
        )

    def took(self, partition: int, taken: Taken) -> None:
        """Count what a round took."""
        if not taken.outcomes:
            return
        self.records.labels(partition).inc(len(taken.outcomes))
        now_ms = int(time.time() * 1000)
        made = [decision for outcome in taken.outcomes if outcome.decisions for decision in outcome.decisions]
        for kind, count in Count(decision.__struct_config__.tag for decision in made).items():
            self.decisions.labels(kind).inc(count)
        for code, count in Count(found.code for found in made if isinstance(found, FactRejected)).items():
            self.dead_letters.labels(code).inc(count)
        late_ms = now_ms - taken.outcomes[-1].at_ms
        if 0 <= late_ms < LIVE_MS:
            self.latency_seconds.observe(late_ms / 1000)


class Health:
    """Answers `/live`, `/ready` and `/metrics`.

    Args:
        registry: of the metrics.
        unready: returns why the process is not ready, or an empty list.
        note: returns what is worth knowing though nothing is wrong.
    """

    def __init__(
        self, registry: CollectorRegistry, unready: Callable[[], list[str]], note: Callable[[], str] = lambda: ""
    ) -> None:
        self._registry = registry
        self._unready = unready
        self._note = note
        self._runner: web.AppRunner | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen, and return the port."""
        app = web.Application()
        app.add_routes([web.get("/live", self._live), web.get("/ready", self._ready), web.get("/metrics", self._show)])
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        server: Any = site._server
        return int(server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _live(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "live"})

    async def _ready(self, _: web.Request) -> web.Response:
        reasons = self._unready()
        status = 503 if reasons else 200
        answer = {"status": "unready" if reasons else "ready", "reasons": reasons}
        if not reasons:
            answer["detail"] = self._note()
        return web.json_response(answer, status=status)

    async def _show(self, _: web.Request) -> web.Response:
        return web.Response(body=generate_latest(self._registry), content_type="text/plain")
