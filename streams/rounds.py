"""Rounds: take what waits in all open partitions, append it to the ledger at once, then store, publish, acknowledge."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from streams.access import Access
from streams.failpoints import reach
from streams.ledger import AppendUnknown, LedgerForked, LedgerWriter
from streams.metrics import Metrics
from streams.publisher import Publisher
from streams.seat import Seat, Taken
from streams.topics import SOURCES

RECORDS_PER_ROUND = 4_000
RECORDS_PER_SLICE = 250
SECONDS_PER_ROUND = 0.05
UNWRITTEN_MAX = 4_000
"""So many ledger records of a partition the state on disk may lack; whoever opens it takes them from the ledger."""
SLOW_SECONDS = 0.05
"""A partition whose append takes longer than this is left out of the next rounds until it is done."""


class Rounds:
    """The rounds of a worker over its open partitions.

    Args:
        lost: called with a seat whose partition must be opened afresh.
    """

    def __init__(
        self,
        access: Access,
        ledger: LedgerWriter,
        publisher: Publisher,
        metrics: Metrics,
        lost: Callable[[Seat], Awaitable[None]],
    ) -> None:
        self._access = access
        self._ledger = ledger
        self._publisher = publisher
        self._metrics = metrics
        self._lost = lost
        self._finishing: set[asyncio.Task[None]] = set()
        self._first = 0
        self._next_write_s = 0.0
        self._write_every_s = access.settings.state_every_ms / 1000

    async def once(self, seats: list[Seat]) -> bool:
        """Run one round; return whether anything was taken."""
        await self._check_control(seats)
        began = time.perf_counter()
        work = self._take(seats)
        if not work:
            return False
        for seat, taken in work:
            seat.is_busy = True
            task = asyncio.create_task(self._finish(seat, taken))
            self._finishing.add(task)
        await self._wait_for_most()
        self._metrics.round_seconds.observe(time.perf_counter() - began)
        return True

    async def _wait_for_most(self) -> None:
        """Wait for the appends of this round, but not for long for a slow one; a failure ends the process."""
        done, _ = await asyncio.wait(self._finishing, timeout=SLOW_SECONDS)
        if not done and self._finishing:
            done, _ = await asyncio.wait(self._finishing, return_when=asyncio.FIRST_COMPLETED)
        self._examine(done)

    def _examine(self, done: set[asyncio.Task[None]]) -> None:
        self._finishing -= done
        for task in done:
            task.result()

    async def _check_control(self, seats: list[Seat]) -> None:
        """Ask how far sources reach where a day's facts and its closing could pass each other."""
        asking = [seat for seat in seats if seat.wants_control_checked()]
        settling = [seat for seat in seats if seat.is_unsettled]
        if not asking and not settling:
            return
        control = self._access.at("control", 0)
        places = [self._access.at(name, seat.number) for seat in settling for name in SOURCES]
        for seat in {*asking, *settling}:
            seat.begin_check()
        ends = await self._access.reader.ends([control, *places])
        for seat in asking:
            seat.expects_control(ends[control])
        for seat in settling:
            seat.expects_facts({name: ends[self._access.at(name, seat.number)] for name in SOURCES})

    def _take(self, seats: list[Seat]) -> list[tuple[Seat, Taken]]:
        now_ms, recorded_at_ms = int(time.monotonic() * 1000), int(time.time() * 1000)
        until = time.perf_counter() + SECONDS_PER_ROUND
        work: dict[int, tuple[Seat, Taken]] = {}
        waiting = [seat for seat in self._rotated(seats) if seat.has_work()]
        left = RECORDS_PER_ROUND
        while waiting and left > 0 and time.perf_counter() < until:
            seat = waiting.pop(0)
            taken = seat.take(RECORDS_PER_SLICE, now_ms, recorded_at_ms)
            if taken.count or taken.outcomes or seat.owes_exposures():
                left -= max(taken.count, len(taken.outcomes))
                _join(work, seat, taken)
            if taken.count >= RECORDS_PER_SLICE:
                waiting.append(seat)
        return list(work.values())

    def _rotated(self, seats: list[Seat]) -> list[Seat]:
        """Begin with another seat each time, so that none is always the one that a full round leaves out."""
        if not seats:
            return []
        self._first = (self._first + 1) % len(seats)
        return seats[self._first :] + seats[: self._first]

    async def _finish(self, seat: Seat, taken: Taken) -> None:
        try:
            await self._commit(seat, taken)
        except (LedgerForked, AppendUnknown) as error:
            self._metrics.reopened.inc()
            self._metrics.log.warning("partition is opened afresh", partition=seat.number, reason=str(error))
            await self._lost(seat)
        finally:
            seat.is_busy = False

    async def _commit(self, seat: Seat, taken: Taken) -> None:
        if taken.outcomes:
            records = [(outcome.key, outcome.value) for outcome in taken.outcomes]
            seat.appended(await self._ledger.append(seat.number, records, seat.ledger_end))
        if seat.partition.context.sweeps or any(outcome.source.index for outcome in taken.outcomes):
            reach("in_sweep")
        now_s = time.monotonic()
        outputs = seat.outputs(taken, now_s)
        seat.unwritten += len(taken.outcomes)
        if seat.unwritten >= UNWRITTEN_MAX or self._is_due(seat, now_s):
            self._write(seat, now_s)
        if outputs:
            await seat.outbox.wait_for_room()
            seat.sent(await self._publisher.publish(seat.number, outputs))
        elif taken.outcomes:
            seat.sent([])
        reach("before_ack")
        seat.acknowledge()
        self._metrics.took(seat.number, taken)
        self._checkpoint(seat, len(taken.outcomes))

    def _is_due(self, seat: Seat, now_s: float) -> bool:
        """Partitions take turns: writing all of them at once would keep orders waiting."""
        return now_s >= max(seat.written_at_s + self._write_every_s, self._next_write_s)

    def _write(self, seat: Seat, now_s: float) -> None:
        reach("before_write")
        seat.write(now_s)
        reach("after_write")
        self._next_write_s = now_s + self._write_every_s / self._access.settings.partitions

    def write_waiting(self, seats: list[Seat]) -> None:
        """Write what has waited long enough, where no round is under way."""
        now_s = time.monotonic()
        for seat in seats:
            if seat.unwritten and not seat.is_busy and self._is_due(seat, now_s):
                self._write(seat, now_s)

    def _checkpoint(self, seat: Seat, count: int) -> None:
        seat.since_checkpoint += count
        if seat.since_checkpoint < self._access.settings.checkpoint_every:
            return
        if seat.unwritten:
            self._write(seat, time.monotonic())
        seat.since_checkpoint = 0
        self._access.states.make_checkpoint(seat.number, seat.rows, seat.partition.chain.seq)
        self._metrics.checkpoints.inc()

    async def settle(self) -> None:
        """Wait until every append under way is finished."""
        if self._finishing:
            self._examine((await asyncio.wait(self._finishing))[0])


def _join(work: dict[int, tuple[Seat, Taken]], seat: Seat, taken: Taken) -> None:
    if seat.number in work:
        before = work[seat.number][1]
        before.outcomes.extend(taken.outcomes)
        before.refused.update(taken.refused)
        before.count += taken.count
    else:
        work[seat.number] = (seat, taken)
