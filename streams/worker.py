"""A worker: a Faust app whose agent hands fetched batches to the partitions it holds, and the rounds that take them.

Faust brings records and the group's assignment; what is decided, where it goes and in which order is not its business.
Any exception in a round ends the process: Faust would restart the agent and commit past what it held.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from functools import partial
from typing import Any

import faust
from faust.types import TP

from streams.access import Access, read_topic_ids
from streams.clock import Clock
from streams.garbage import collect_less_often
from streams.holdings import Holdings
from streams.keys import load_verifier
from streams.ledger import LedgerWriter
from streams.metrics import Health, Metrics
from streams.portfolio import Totaller
from streams.publisher import Publisher
from streams.reader import Reader
from streams.settings import Settings
from streams.states import RocksStates
from streams.topics import SOURCES, short_name, topic
from streams.transport import (
    CRASH_EXIT_CODE,
    batches_of,
    crash_on_error,
    high_watermarks,
    make_app,
    quiet_loggers,
    seek,
)


class Worker:
    """One worker process over its share of the partitions."""

    def __init__(self, settings: Settings, *, clock: bool) -> None:
        self._settings = settings
        self.metrics = Metrics()
        self._stopping = asyncio.Event()
        self._ledger = LedgerWriter(settings, topic(settings.topic_prefix, "ledger"))
        self._publisher = Publisher(settings)
        self._reader = Reader(settings)
        self._clock = Clock(settings) if clock else None
        full_names = [topic(settings.topic_prefix, name) for name in SOURCES]
        self._app = make_app(settings, full_names, data=settings.data / "faust" / str(os.getpid()))
        self._app.agent(batches_of(self._app))(self._receive_all)

    async def run(self, metrics_host: str, metrics_port: int) -> int:
        """Work until SIGTERM or SIGINT; return the process's exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopping.set)
        await self._start()
        health = Health(self.metrics.registry, self._unready)
        port = await health.start(metrics_host, metrics_port)
        self.metrics.log.info("worker runs", metrics_port=port, pid=os.getpid())
        driving = asyncio.create_task(crash_on_error(self._app, self._holdings.drive()))
        await self._stopping.wait()
        self._holdings.end()
        await driving
        await self._stop()
        await health.stop()
        self.metrics.log.info("worker has stopped")
        return 0

    async def _start(self) -> None:
        topic_ids = await asyncio.to_thread(read_topic_ids, self._settings)
        verifier = load_verifier(self._settings)
        access = Access(self._settings, self._reader, topic_ids, RocksStates(self._settings), verifier)
        await self._reader.start()
        await self._ledger.start()
        await self._publisher.start()
        guarded = partial(crash_on_error, self._app)
        self._holdings = Holdings(
            access, self, self._ledger, self._publisher, self.metrics, guarded, self._clock, Totaller(access)
        )
        self._app.transport.held_back = lambda tp: self._holdings.is_held_back(short_name(tp.topic), tp.partition)
        self._app.transport.resume_at = lambda tp: self._holdings.resume_at(short_name(tp.topic), tp.partition)
        self._app.on_partitions_assigned.connect(self._on_assigned, weak=False)
        await self._app.start()
        self._high_watermark = high_watermarks(self._app.consumer)

    async def _stop(self) -> None:
        """Finish what is under way, publish it, commit, and leave the group so that others take over at once."""
        await self._holdings.stop()
        await self._app.consumer.commit()
        await self._app.stop()
        await self._ledger.stop()
        await self._publisher.stop()
        await self._reader.stop()

    def _unready(self) -> list[str]:
        reasons = self._holdings.unready()
        if not self._app.consumer or not self._app.rebalancing_count:
            reasons.append("no partitions assigned yet")
        return reasons

    async def _on_assigned(self, _: Any, assigned: set[TP], **__: Any) -> None:
        self._holdings.assign({tp.partition for tp in assigned})

    async def seek(self, name: str, number: int, offset: int) -> None:
        """Read a topic's partition on from an offset."""
        await seek(self._app.consumer, TP(topic(self._settings.topic_prefix, name), number), offset)

    def high_watermark(self, name: str, number: int) -> int | None:
        """Return the offset after the last record of a topic's partition as far as it is known."""
        return self._high_watermark(TP(topic(self._settings.topic_prefix, name), number))

    async def _receive_all(self, stream: faust.StreamT) -> None:
        await crash_on_error(self._app, self._receive(stream))

    async def _receive(self, stream: Any) -> None:
        async for events in stream.noack_take(512, within=0.001):
            for event in events:
                tp = event.message.tp
                await self._holdings.take_in(short_name(tp.topic), tp.partition, event.value, event)
            self._holdings.wake()


def run_worker(
    settings: Settings, *, metrics_host: str = "127.0.0.1", metrics_port: int = 0, clock: bool = True
) -> int:
    """Run a worker in this process until it is told to stop; return the exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    quiet_loggers()
    collect_less_often()

    async def main() -> int:
        worker = Worker(settings, clock=clock)
        return await worker.run(metrics_host, metrics_port)

    try:
        import uvloop

        return uvloop.run(main())
    except KeyboardInterrupt:
        return 0
    except Exception:
        import structlog

        structlog.get_logger("obligor.worker").exception("the worker could not run")
        return CRASH_EXIT_CODE
