"""The partitions that a worker holds: opened when they are assigned, fed, driven in rounds, let go.

What brings records and assignments is behind `Sources`; in a worker that is Faust.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol

from streams.access import Access
from streams.clock import Clock
from streams.copies import Copier
from streams.ledger import LedgerWriter
from streams.metrics import Metrics
from streams.opening import PartitionClosed, open_partition
from streams.portfolio import Totaller
from streams.publisher import Publisher
from streams.rounds import Rounds
from streams.seat import Seat, Taken
from streams.topics import SOURCES, short_name

IDLE_S = 0.02
"""How long the rounds sleep when nothing is to be done and nobody wakes them."""
REOPEN_S = 5.0
"""How often a closed partition is looked at again: somebody may have accepted the loss."""
LOST_GAPS = 50
"""So often a source may fail to give what is wanted before the partition is opened afresh, which finds out why."""


class Sources(Protocol):
    """The consumer that delivers the batches of the source topics."""

    async def seek(self, name: str, number: int, offset: int) -> None:
        """Read a topic's partition on from an offset."""

    def high_watermark(self, name: str, number: int) -> int | None:
        """Return the offset after the last record of a topic's partition as far as it is known."""


class Holdings:
    """A worker's share of the partitions.

    Args:
        guarded: runs something whose failure must end the process.
    """

    def __init__(
        self,
        access: Access,
        sources: Sources,
        ledger: LedgerWriter,
        publisher: Publisher,
        metrics: Metrics,
        guarded: Callable[[Awaitable[None]], Awaitable[None]],
        clock: Clock | None = None,
        totaller: Totaller | None = None,
    ) -> None:
        self._access = access
        self._sources = sources
        self._publisher = publisher
        self._metrics = metrics
        self._guarded = guarded
        self._clock = clock
        self._copier = Copier(access, publisher)
        self._totaller = totaller
        self._rounds = Rounds(access, ledger, publisher, metrics, self._lose)
        self.seats: dict[int, Seat] = {}
        self.closed: dict[int, list[str]] = {}
        self._assigned: set[int] = set()
        self._opening: dict[int, asyncio.Task[None]] = {}
        self._work = asyncio.Event()
        self._is_stopping = False

    def assign(self, numbers: set[int]) -> None:
        """Only note what was assigned: no heartbeat is sent while the caller waits."""
        self._assigned = numbers
        self._work.set()

    def wake(self) -> None:
        """Look for work now."""
        self._work.set()

    def end(self) -> None:
        """Let `drive` return after the round under way."""
        self._is_stopping = True
        self._work.set()

    def is_held_back(self, name: str, number: int) -> bool:
        """Return whether so much of a source waits that no more of it is to be fetched now."""
        seat = self.seats.get(number)
        return seat is not None and seat.merge.held_back(name)

    def resume_at(self, name: str, number: int) -> int | None:
        """Return the offset that is wanted next of a source, None where the partition is not open."""
        seat = self.seats.get(number)
        return None if seat is None else seat.merge.wanted(name)

    def unready(self) -> list[str]:
        """Return why not all of the share is open."""
        reasons = [f"partition {number}: {'; '.join(found)}" for number, found in sorted(self.closed.items())]
        opening = sorted(self._assigned - self.seats.keys() - self.closed.keys())
        return [*reasons, f"partitions being opened: {opening}"] if opening else reasons

    async def take_in(self, name: str, number: int, batch: Any, event: Any) -> None:
        """Give a batch to its partition; what cannot be used now is acknowledged, and read again after a seek.

        Broadcasts are copied once it is certain that none is missing before them.
        """
        seat = self.seats.get(number)
        if seat is None:
            event.ack()
            return
        now_ms = int(time.monotonic() * 1000)
        offered = seat.offer(name, batch, event, now_ms, self._sources.high_watermark(name, number))
        if offered.seek_to is not None:
            event.ack()
            if offered.attempts > LOST_GAPS and not seat.is_busy:
                await self._lose(seat)
            else:
                await self._sources.seek(name, number, offered.seek_to)
        elif name == "control" and number == 0:
            await self._copier.copy(batch, batch.next_offset)

    async def drive(self) -> None:
        """Open what was assigned, close what was not, and run rounds while there is work."""
        while not self._is_stopping:
            self._work.clear()
            self._follow_assignment()
            seats = list(self.seats.values())
            if await self._rounds.once(seats):
                await asyncio.sleep(0)
                continue
            self._look_after(seats)
            await self._idle()

    async def _idle(self) -> None:
        try:
            await asyncio.wait_for(self._work.wait(), IDLE_S)
        except TimeoutError:
            return

    async def stop(self) -> None:
        """Finish what is under way, publish it, and let all partitions go."""
        if self._totaller is not None:
            self._totaller.stop()
        await self._rounds.settle()
        for task in self._opening.values():
            task.cancel()
        await asyncio.gather(*self._opening.values(), return_exceptions=True)
        for seat in list(self.seats.values()):
            if seat.owes_exposures():
                seat.sent(await self._publisher.publish(seat.number, seat.outputs(Taken([], {}), time.monotonic())))
            await seat.outbox.drained()
            seat.note_published()
            seat.write(time.monotonic())
            self._close(seat)

    def _follow_assignment(self) -> None:
        for number in self.seats.keys() - self._assigned:
            if not self.seats[number].is_busy:
                self.seats[number].write(time.monotonic())
                self._close(self.seats[number])
        for number in self._assigned - self.seats.keys() - self._opening.keys():
            self._opening[number] = asyncio.ensure_future(self._guarded(self._open(number)))
            self._opening[number].add_done_callback(partial(self._opened, number))
        for number in self.closed.keys() - self._assigned:
            del self.closed[number]
        self._metrics.open.set(len(self.seats))
        self._metrics.closed.set(len(self.closed))

    def _opened(self, number: int, _: asyncio.Future[None]) -> None:
        del self._opening[number]
        self._work.set()

    async def _open(self, number: int) -> None:
        if number in self.closed:
            await asyncio.sleep(REOPEN_S)
        try:
            opened = await open_partition(self._access, number)
        except PartitionClosed as closed:
            if self.closed.get(number) != closed.findings:
                self._metrics.log.error("partition stays closed", partition=number, findings=closed.findings)
            self.closed[number] = closed.findings
            return
        self.closed.pop(number, None)
        if number not in self._assigned:
            opened.rows.close()
            return
        self._metrics.void.inc(opened.void_count)
        seat = Seat(
            opened.partition,
            opened.rows,
            opened.ledger_end,
            self._access.settings.max_idle_ms,
            self._access.verifier,
        )
        await self._begin(seat, opened.again)

    async def _begin(self, seat: Seat, again: list[Any]) -> None:
        if seat.number == 0:
            await self._copier.complete()
            if self._clock is not None:
                self._clock.follow(seat.partition.context)
            if self._totaller is not None:
                self._totaller.follow(seat.partition.context)
        seat.sent(await self._publisher.publish(seat.number, again) if again else [])
        self.seats[seat.number] = seat
        for name in SOURCES:
            await self._sources.seek(name, seat.number, seat.merge.wanted(name))
        ends = await self._access.reader.ends([self._access.at(name, seat.number) for name in SOURCES])
        for at, end in ends.items():
            seat.merge.known_end(short_name(at.topic), end)
        self._work.set()

    async def _lose(self, seat: Seat) -> None:
        """Drop what is held of a partition in memory and let it be opened afresh."""
        if self.seats.get(seat.number) is seat:
            self._close(seat)
        self._work.set()

    def _close(self, seat: Seat) -> None:
        del self.seats[seat.number]
        seat.is_closed = True
        seat.let_go()
        seat.rows.close()

    def _look_after(self, seats: list[Seat]) -> None:
        """Notice also when nothing more comes that the last outputs were refused, and write the state."""
        self._rounds.write_waiting(seats)
        for seat in seats:
            seat.note_published()
            self._metrics.lag.labels(seat.number).set(seat.merge.lag())
