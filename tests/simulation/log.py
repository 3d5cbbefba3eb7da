"""The virtual broker: partitions of records, and producers and readers whose requests take their time on the way."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from aiokafka.errors import KafkaError

from streams.reader import Reader
from streams.topics import short_name
from tests.simulation.loop import Process, VirtualLoop, running_process

FETCHED_MAX = 7


@dataclass(frozen=True)
class Stored:
    """A record of a partition."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass
class Part:
    """A partition: records in offset order, some offsets taken by markers of transactions."""

    records: list[Stored] = field(default_factory=list)
    end: int = 0

    def append(self, timestamp: int, key: bytes | None, value: bytes | None, headers: Any = ()) -> int:
        """Return the offset of the new record."""
        self.records.append(Stored(self.end, timestamp, key, value, tuple(headers)))
        self.end += 1
        return self.end - 1

    def read(self, start: int, count: int) -> tuple[list[Stored], int]:
        """Return up to so many records from an offset on, and where reading goes on."""
        at = next((n for n, record in enumerate(self.records) if record.offset >= start), len(self.records))
        found = self.records[at : at + count]
        rest = self.records[at + count : at + count + 1]
        return found, rest[0].offset if rest else self.end


class VirtualLog:
    """All topics by short name and partition, and the network between them and the processes."""

    def __init__(self, loop: VirtualLoop, rng: Random) -> None:
        self.topics: dict[str, dict[int, Part]] = defaultdict(lambda: defaultdict(Part))
        self.loop = loop
        self.rng = rng
        self.network = loop.add("network")
        self.late_append = self.refused_output = 0.0

    def part(self, name: str, number: int) -> Part:
        """Return a partition of a topic named in short."""
        return self.topics[name][number]

    def latency_s(self) -> float:
        """Return how long something is on its way: mostly a millisecond or two, now and then much longer."""
        return self.rng.expovariate(1000) if self.rng.random() < 0.95 else self.rng.random() * 0.3

    def at(self, when: float, action: Callable[[], None]) -> None:
        """Do something at the broker at a certain time, whether or not anybody still waits for it."""
        self.loop.call_at(when, action, context=self.network.context.copy())

    def answer(self, process: Process, future: asyncio.Future[Any], result: Any) -> None:
        """Send an answer to a process; on a dead one it is lost."""
        self.at(self.loop.time() + self.latency_s(), lambda: self.loop.tell(process, _resolve, future, result))

    async def asked(self, question: Callable[[], Any]) -> Any:
        """Return what the broker says when the request arrives there."""
        process, future = running_process(), self.loop.create_future()
        self.at(self.loop.time() + self.latency_s(), lambda: self.answer(process, future, question()))
        return await future


def _resolve(future: asyncio.Future[Any], result: Any) -> None:
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
        future.exception()
    else:
        future.set_result(result)


class VirtualBatch:
    """Records for one partition, as many as fit."""

    def __init__(self, room: int) -> None:
        self.records: list[tuple[int | None, bytes | None, bytes | None, Any]] = []
        self._room = room

    def append(self, *, key: Any, value: Any, timestamp: int | None, headers: Any = ()) -> object | None:
        """Return something, or None if the batch is full."""
        if len(self.records) >= self._room:
            return None
        self.records.append((timestamp, key, value, headers))
        return self.records[-1]

    def close(self) -> None:
        """Take no more."""


@dataclass(frozen=True)
class Written:
    """Where a batch or record landed."""

    offset: int


class VirtualProducer:
    """An idempotent producer: what it sends to a partition arrives in order, late, or not at all from some point on."""

    def __init__(self, log: VirtualLog, *, is_for_ledger: bool) -> None:
        self._log = log
        self._process = running_process()
        self._is_for_ledger = is_for_ledger
        self._arrival: dict[tuple[str, int], float] = defaultdict(float)
        self._pending: set[asyncio.Future[Any]] = set()
        self._is_refused = False
        self._closed = False
        self._sender = None
        self.client = self

    async def close(self) -> None:
        """Disconnect."""

    def create_batch(self) -> VirtualBatch:
        """Return an empty batch; some are small, so that one round takes several."""
        return VirtualBatch(self._log.rng.choice([1, 2, 5, 1_000]))

    async def send_batch(self, batch: VirtualBatch, topic: str, *, partition: int) -> asyncio.Future[Any]:
        """Return the future of where the batch's first record is."""
        await asyncio.sleep(0)
        return self._send(short_name(topic), partition, batch.records)

    async def send(
        self, topic: str, *, value: Any, key: Any, partition: int, timestamp_ms: int, headers: Any
    ) -> asyncio.Future[Any]:
        """Return the future of where the record is."""
        assert key is not None or value is not None, "aiokafka refuses a record without key and value"
        await asyncio.sleep(0)
        return self._send(short_name(topic), partition, [(timestamp_ms, key, value, headers)])

    def _send(self, name: str, number: int, records: list[Any]) -> asyncio.Future[Any]:
        log, future = self._log, self._log.loop.create_future()
        self._pending.add(future)
        future.add_done_callback(self._pending.discard)
        when = max(self._arrival[name, number], log.loop.time() + log.latency_s())
        unlucky = log.late_append if self._is_for_ledger else log.refused_output
        if self._is_refused or log.rng.random() < unlucky:
            self._is_refused = not self._is_for_ledger or log.rng.random() < 0.5
            if self._is_refused:
                log.answer(self._process, future, KafkaError("refused"))
                return future
            when += log.rng.choice([1.0, 29.0, 31.0, 40.0])
        self._arrival[name, number] = when
        log.at(when, lambda: self._land(name, number, records, future))
        return future

    def _land(self, name: str, number: int, records: list[Any], future: asyncio.Future[Any]) -> None:
        log, part = self._log, self._log.part(name, number)
        if not self._process.is_alive and log.rng.random() < 0.5:
            self._is_refused = True
        if self._is_refused and not self._process.is_alive:
            return
        now_ms = int(log.loop.time() * 1000)
        first = part.end
        for timestamp, key, value, headers in records:
            part.append(now_ms if timestamp is None else timestamp, key, value, headers)
        log.answer(self._process, future, Written(first))

    async def stop(self) -> None:
        """Wait for what was sent."""
        while self._pending:
            await asyncio.wait(self._pending)


class VirtualReader(Reader):
    """A reader beside the group; what it does not do differently is as in `Reader`."""

    def __init__(self, log: VirtualLog) -> None:
        self._log = log

    async def ends(self, partitions: list[Any]) -> dict[Any, int]:
        """Return the offset after the last record of each partition."""
        found: dict[Any, int] = await self._log.asked(lambda: {at: self._part(at).end for at in partitions})
        return found

    async def beginnings(self, partitions: list[Any]) -> dict[Any, int]:
        """Return 0 for each: nothing is deleted."""
        return dict.fromkeys(partitions, 0)

    async def read(self, partition: Any, start: int, end: int) -> AsyncIterator[list[Any]]:
        """Yield batches of the records from `start` up to, not including, `end`."""
        while start < end:
            ask = (lambda at: lambda: self._part(partition).read(at, FETCHED_MAX))(start)
            found, start = await self._log.asked(ask)
            records = [record for record in found if record.offset < end]
            if records:
                yield records

    def _part(self, at: Any) -> Part:
        return self._log.part(short_name(at.topic), at.partition)
