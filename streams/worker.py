"""A worker: a Faust app whose agent hands fetched batches to the partitions it holds, and the rounds that take them.

Faust brings records and the group's assignment; what is decided, where it goes and in which order is not its business.
Any exception in a round ends the process: Faust would restart the agent and commit past what it held.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import time
from functools import partial
from typing import Any

import faust
from faust.types import TP

from streams.access import Access, read_topic_ids
from streams.clock import Clock
from streams.copies import Copier
from streams.ledger import LedgerWriter
from streams.metrics import Health, Metrics
from streams.opening import PartitionClosed, open_partition
from streams.publisher import Publisher
from streams.reader import Reader
from streams.rounds import Rounds
from streams.seat import Seat
from streams.settings import Settings
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

IDLE_S = 0.02
"""How long the rounds sleep when nothing is to be done and nobody wakes them."""
REOPEN_S = 5.0
"""How often a closed partition is looked at again: somebody may have accepted the loss."""
LOST_GAPS = 50
"""So often a source may fail to give what is wanted before the partition is opened afresh, which finds out why."""


class Worker:
    """One worker process over its share of the partitions."""

    def __init__(self, settings: Settings, *, clock: bool) -> None:
        self._settings = settings
        self.metrics = Metrics()
        self._assigned: set[int] = set()
        self._seats: dict[int, Seat] = {}
        self._opening: dict[int, asyncio.Task[None]] = {}
        self._closed: dict[int, list[str]] = {}
        self._gaps: dict[int, int] = {}
        self._work = asyncio.Event()
        self._stopping = asyncio.Event()
        self._ledger = LedgerWriter(settings, topic(settings.topic_prefix, "ledger"))
        self._publisher = Publisher(settings)
        self._clock = Clock(settings) if clock else None
        full_names = [topic(settings.topic_prefix, name) for name in SOURCES]
        self._app = make_app(settings, full_names, data=settings.data / "faust" / str(os.getpid()))
        self._app.transport.held_back = self._is_held_back
        self._app.transport.resume_at = self._resume_at
        self._app.on_partitions_assigned.connect(self._on_assigned, weak=False)
        self._app.agent(batches_of(self._app))(self._receive_all)

    async def run(self, metrics_host: str, metrics_port: int) -> int:
        """Work until SIGTERM or SIGINT; return the process's exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopping.set)
        await self._start()
        health = Health(self.metrics, self._unready)
        port = await health.start(metrics_host, metrics_port)
        self.metrics.log.info("worker runs", metrics_port=port, pid=os.getpid())
        driving = asyncio.create_task(crash_on_error(self._app, self._drive()))
        await self._stopping.wait()
        self._work.set()
        await driving
        await self._stop()
        await health.stop()
        self.metrics.log.info("worker has stopped")
        return 0

    async def _start(self) -> None:
        reader = Reader(self._settings)
        topic_ids = await asyncio.to_thread(read_topic_ids, self._settings)
        self._access = Access(self._settings, reader, topic_ids)
        await reader.start()
        await self._ledger.start()
        await self._publisher.start()
        self._copier = Copier(self._access, self._publisher)
        self._rounds = Rounds(self._access, self._ledger, self._publisher, self.metrics, self._lose)
        await self._app.start()
        self._high_watermark = high_watermarks(self._app.consumer)

    async def _stop(self) -> None:
        """Finish what is under way, publish it, commit, and leave the group so that others take over at once."""
        await self._rounds.settle()
        for task in self._opening.values():
            task.cancel()
        await asyncio.gather(*self._opening.values(), return_exceptions=True)
        for seat in list(self._seats.values()):
            await seat.outbox.drained()
            seat.note_published()
            seat.partition.commit()
            self._close(seat)
        await self._app.consumer.commit()
        await self._app.stop()
        await self._ledger.stop()
        await self._publisher.stop()
        await self._access.reader.stop()

    def _unready(self) -> list[str]:
        reasons = [f"partition {number}: {'; '.join(found)}" for number, found in sorted(self._closed.items())]
        opening = sorted(self._assigned - self._seats.keys() - self._closed.keys())
        if opening:
            reasons.append(f"partitions being opened: {opening}")
        if not self._app.consumer or not self._app.rebalancing_count:
            reasons.append("no partitions assigned yet")
        return reasons

    async def _on_assigned(self, _: Any, assigned: set[TP], **__: Any) -> None:
        """Only note what was assigned: aiokafka sends no heartbeat while this runs."""
        self._assigned = {tp.partition for tp in assigned}
        self._work.set()

    def _is_held_back(self, tp: TP) -> bool:
        seat = self._seats.get(tp.partition)
        return seat is not None and seat.merge.held_back(short_name(tp.topic))

    def _resume_at(self, tp: TP) -> int | None:
        seat = self._seats.get(tp.partition)
        return None if seat is None else seat.merge.wanted(short_name(tp.topic))

    async def _receive_all(self, stream: faust.StreamT) -> None:
        await crash_on_error(self._app, self._receive(stream))

    async def _receive(self, stream: Any) -> None:
        async for events in stream.noack_take(512, within=0.001):
            for event in events:
                await self._take_in(event)
            self._work.set()

    async def _take_in(self, event: Any) -> None:
        """Give a batch to its partition; what cannot be used now is acknowledged, and read again after a seek."""
        tp, batch = event.message.tp, event.value
        seat = self._seats.get(tp.partition)
        if seat is None:
            event.ack()
            return
        name = short_name(tp.topic)
        if name == "control" and tp.partition == 0 and batch:
            await self._copier.copy(batch)
        now_ms = int(time.monotonic() * 1000)
        offered = seat.offer(name, batch, event, now_ms, self._high_watermark(tp))
        if offered.seek_to is not None:
            event.ack()
            if offered.attempts > LOST_GAPS:
                await self._lose(seat)
            else:
                await seek(self._app.consumer, tp, offered.seek_to)

    async def _drive(self) -> None:
        """Open what was assigned, close what was not, and run rounds while there is work."""
        while not self._stopping.is_set():
            self._work.clear()
            self._follow_assignment()
            seats = list(self._seats.values())
            if await self._rounds.once(seats):
                await asyncio.sleep(0)
                continue
            self._tell_lag(seats)
            await self._idle()

    async def _idle(self) -> None:
        try:
            await asyncio.wait_for(self._work.wait(), IDLE_S)
        except TimeoutError:
            return

    def _follow_assignment(self) -> None:
        for number in self._seats.keys() - self._assigned:
            if not self._seats[number].is_busy:
                self._close(self._seats[number])
        for number in self._assigned - self._seats.keys() - self._opening.keys():
            task = asyncio.create_task(crash_on_error(self._app, self._open(number)))
            self._opening[number] = task
            task.add_done_callback(partial(self._opened, number))
        for number in self._closed.keys() - self._assigned:
            del self._closed[number]
        self.metrics.open.set(len(self._seats))
        self.metrics.closed.set(len(self._closed))

    def _opened(self, number: int, _: asyncio.Task[None]) -> None:
        del self._opening[number]
        self._work.set()

    async def _open(self, number: int) -> None:
        if number in self._closed:
            await asyncio.sleep(REOPEN_S)
        try:
            opened = await open_partition(self._access, number)
        except PartitionClosed as closed:
            if self._closed.get(number) != closed.findings:
                self.metrics.log.error("partition stays closed", partition=number, findings=closed.findings)
            self._closed[number] = closed.findings
            return
        self._closed.pop(number, None)
        if number not in self._assigned:
            opened.rows.close()
            return
        self.metrics.void.inc(opened.void_count)
        seat = Seat(opened.partition, opened.rows, opened.ledger_end, self._settings.max_idle_ms)
        await self._begin(seat, opened.again)

    async def _begin(self, seat: Seat, again: list[Any]) -> None:
        if seat.number == 0:
            await self._copier.complete()
            if self._clock is not None:
                self._clock.follow(seat.partition.context)
        seat.sent(await self._publisher.publish(seat.number, again) if again else [])
        self._seats[seat.number] = seat
        for name in SOURCES:
            at = TP(topic(self._settings.topic_prefix, name), seat.number)
            await seek(self._app.consumer, at, seat.merge.wanted(name))
        ends = await self._access.reader.ends([self._access.at(name, seat.number) for name in SOURCES])
        for at, end in ends.items():
            seat.merge.known_end(short_name(at.topic), end)
        self._work.set()

    async def _lose(self, seat: Seat) -> None:
        """Drop what is held of a partition in memory and let it be opened afresh."""
        if self._seats.get(seat.number) is seat:
            self._close(seat)
        self._work.set()

    def _close(self, seat: Seat) -> None:
        del self._seats[seat.number]
        seat.let_go()
        seat.rows.close()

    def _tell_lag(self, seats: list[Seat]) -> None:
        for seat in seats:
            self.metrics.lag.labels(seat.number).set(seat.merge.lag())


def _collect_less_often() -> None:
    """Rows in memory are many and live long; looking through them for cycles at every turn took a sixth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def run_worker(
    settings: Settings, *, metrics_host: str = "127.0.0.1", metrics_port: int = 0, clock: bool = True
) -> int:
    """Run a worker in this process until it is told to stop; return the exit code."""
    quiet_loggers()
    _collect_less_often()

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
