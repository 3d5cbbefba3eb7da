"""A virtual worker: the real holdings, rounds, opening, ledger writer, publisher and copier over virtual shells."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from random import Random
from typing import Any

from aiokafka.errors import KafkaError

from streams.access import Access
from streams.holdings import Holdings
from streams.ledger import LedgerWriter
from streams.metrics import Metrics
from streams.publisher import Publisher, PublishFailed
from streams.settings import Settings
from streams.topics import SOURCES, topic
from tests.simulation.disks import VirtualStates
from tests.simulation.log import Stored, VirtualLog, VirtualProducer, VirtualReader
from tests.simulation.loop import Crash
from tests.simulation.options import Options

TOPIC_IDS = {name: f"id-{name}" for name in (*SOURCES, "ledger")}
At = tuple[str, int]


class VirtualBatch(list[Stored]):
    """The records of one fetch."""

    def __init__(self, records: list[Stored], from_offset: int, next_offset: int) -> None:
        super().__init__(records)
        self.from_offset = from_offset
        self.next_offset = next_offset
        self.size_bytes = 100 * len(records)


class Delivery:
    """A batch on its way through the worker; acknowledging it moves the group's committed offset."""

    def __init__(self, at: At, batch: VirtualBatch, committed: dict[At, int]) -> None:
        self.at = at
        self.batch = batch
        self._committed = committed

    def ack(self) -> None:
        """Commit: a hint only."""
        self._committed[self.at] = max(self._committed.get(self.at, 0), self.batch.next_offset)


class Node:
    """One worker process."""

    def __init__(
        self,
        name: str,
        host: int,
        options: Options,
        log: VirtualLog,
        states: VirtualStates,
        committed: dict[At, int],
        end: Callable[[Node], None],
    ) -> None:
        self.name = name
        self.host = host
        self.process = log.loop.add(name)
        self.dies_at: tuple[str, int] | None = None
        self.pauses_at: tuple[str, int] | None = None
        self._generation = 0
        self._options = options
        self._log = log
        self._committed = committed
        self._rng = Random(f"{name}/{options.seed}")
        self._positions: dict[At, int] = {}
        self._fetched: list[Delivery] = []
        self._high: dict[At, int] = {}
        self._settings = Settings(
            brokers="virtual:1",
            partitions=options.partitions,
            checkpoint_every=options.checkpoint_every,
            state_every_ms=options.state_every_ms,
            max_idle_ms=options.max_idle_ms,
        )
        self._states = states
        self._end = partial(end, self)
        self.holdings: Holdings | None = None

    def start(self) -> None:
        """Begin to work."""
        self._log.loop.start(self.process, self._guarded(self._run()))

    def crash(self) -> None:
        """Die at once."""
        if self.process.is_alive:
            self._log.loop.kill(self.process)

    def assign(self, generation: int, numbers: set[int]) -> None:
        """Be told by the group what to read."""
        if generation < self._generation:
            return
        self._generation = generation
        if self.holdings is None:
            self._log.loop.call_later(0.01, self.assign, generation, numbers, context=self.process.context.copy())
            return
        self._positions = {
            (name, number): self._committed.get((name, number), 0) for name in SOURCES for number in numbers
        }
        for (name, number), offset in self._positions.items():
            wanted = self.holdings.resume_at(name, number)
            self._positions[name, number] = offset if wanted is None else wanted
        self.holdings.assign(numbers)

    async def _guarded(self, work: Awaitable[None]) -> None:
        """What fails ends the process, as it does in a worker."""
        try:
            await work
        except (PublishFailed, KafkaError):
            self._end()
            raise Crash from None
        except Exception as error:
            self._log.loop.errors.append((self.name, error))
            raise

    async def _run(self) -> None:
        log, settings = self._log, self._settings
        reader = VirtualReader(log)
        access = Access(settings, reader, TOPIC_IDS, self._states)  # type: ignore[arg-type]
        ledger = LedgerWriter(settings, topic(settings.topic_prefix, "ledger"), _connecting(log, is_for_ledger=True))
        publisher = Publisher(settings, _connecting(log, is_for_ledger=False))
        await ledger.start()
        await publisher.start()
        self.holdings = Holdings(access, self, ledger, publisher, Metrics(), self._guarded)
        receiving = asyncio.create_task(self._guarded(self._receive()))
        await self.holdings.drive()
        receiving.cancel()
        await self.holdings.stop()
        await ledger.stop()
        await publisher.stop()

    async def _receive(self) -> None:
        """Fetch and deliver, in bits of any size, as Faust and its transport may."""
        assert self.holdings is not None
        while True:
            self._fetch()
            if not self._fetched:
                await asyncio.sleep(self._rng.choice([0.002, 0.03]))
                continue
            while self._fetched and self._rng.random() < 0.9:
                found = self._fetched.pop(0)
                await self.holdings.take_in(*found.at, found.batch, found)
            self.holdings.wake()
            await asyncio.sleep(self._rng.choice([0, 0, 0.003]))

    def _fetch(self) -> None:
        assert self.holdings is not None
        for at, position in list(self._positions.items()):
            part = self._log.part(*at)
            if position >= part.end or self.holdings.is_held_back(*at) or self._rng.random() < 0.4:
                continue
            records, next_offset = part.read(position, self._rng.choice([1, 3, 500]))
            self._positions[at] = next_offset
            self._high[at] = part.end
            if next_offset < part.end and self._options.has_faults and self._rng.random() < self._options.lost_batch:
                continue
            self._fetched.append(Delivery(at, VirtualBatch(records, position, next_offset), self._committed))

    async def seek(self, name: str, number: int, offset: int) -> None:
        """Read on from an offset; what was fetched before may still be delivered."""
        await asyncio.sleep(0)
        if (name, number) in self._positions:
            self._positions[name, number] = offset
        if self._rng.random() < 0.7:
            self._fetched = [found for found in self._fetched if found.at != (name, number)]

    def high_watermark(self, name: str, number: int) -> int | None:
        """Return what the last fetch said."""
        return self._high.get((name, number))


def _connecting(log: VirtualLog, *, is_for_ledger: bool) -> Any:
    async def connect(_: Settings) -> VirtualProducer:
        await asyncio.sleep(0.001)
        return VirtualProducer(log, is_for_ledger=is_for_ledger)

    return connect
