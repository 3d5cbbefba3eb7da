"""The topics around this process: how much is in them, how fast it comes, and who lags; and the dead letters."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from msgspec import Struct

from api.dead_letters import DeadLetters
from api.health import Part, ask_all
from api.ledger_view import LedgerView
from api.run_file import RunFileInvalid, read_run
from schemas.facts import FACTS_BY_TOPIC

SOURCES = tuple(FACTS_BY_TOPIC)
OUTPUTS = ("decisions", "alerts", "exposures", "labels", "deadletters", "lessons", "models")
Kind = Literal["source", "ledger", "output"]
_KINDS: dict[str, Kind] = {**dict.fromkeys(SOURCES, "source"), "ledger": "ledger", **dict.fromkeys(OUTPUTS, "output")}
_SINGLE = ("lessons", "models")
"""Topics of one partition; all others have as many as the ledger."""
_LOOK_SECONDS = 2.0
_RETRY_SECONDS = 5.0
_ANSWER_SECONDS = 10.0
_RATE_SECONDS = 10.0


class TopicCount(Struct, frozen=True):
    """A topic at one moment: the first offset and the end of each of its partitions."""

    kind: Kind
    first: dict[int, int]
    end: dict[int, int]

    def records(self) -> int:
        """Return how many records are in it; of a compacted one at most so many."""
        return sum(self.end.values()) - sum(self.first.values())


class Topology:
    """What was seen lately of the topics and processes; `counts` is by topic without prefix and version.

    Args:
        connection: keyword arguments that connect a Kafka client.
        prefix: the prefix of the deployment's topics.
        data: where the processes of this machine say how they are reached.
        serving: returns the view that is served: its ledger says how far the sources were taken.
    """

    def __init__(
        self, connection: Mapping[str, Any], prefix: str, data: Path, serving: Callable[[], LedgerView | None]
    ) -> None:
        self.counts: dict[str, TopicCount] = {}
        self.rates: dict[str, float] = {}
        self.parts: list[Part] = []
        self.letters = DeadLetters()
        self.trouble: str | None = "the topics have not been looked at yet"
        self._connection = dict(connection)
        self.prefix = prefix
        self._serving = serving
        self._data = data
        self._past: list[tuple[float, dict[str, int]]] = []

    async def run(self) -> None:
        """Look for ever; brokers that do not answer are told in `trouble`, and waited for."""
        while True:
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._look_for_ever())
                    tasks.create_task(self._read_letters())
                    tasks.create_task(self._ask_for_ever())
            except* (KafkaError, OSError, TimeoutError) as errors:
                self.trouble = f"the brokers do not answer: {errors.exceptions[0]}"
            await asyncio.sleep(_RETRY_SECONDS)

    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(**self._connection, group_id=None, enable_auto_commit=False)
        try:
            await consumer.start()
            yield consumer
        finally:
            await consumer.stop()

    async def _look_for_ever(self) -> None:
        async with self._consumer() as consumer:
            while True:
                async with asyncio.timeout(_ANSWER_SECONDS):
                    await self._look(consumer)
                await asyncio.sleep(_LOOK_SECONDS)

    async def _look(self, consumer: AIOKafkaConsumer) -> None:
        view = self._serving()
        if view is None:
            return
        there = await consumer.topics()
        kinds = {name: kind for name, kind in _KINDS.items() if self._full_name(name) in there}
        places = {name: self._places(name, view.meta.partitions) for name in kinds}
        every = [place for found in places.values() for place in found]
        first, end = await consumer.beginning_offsets(every), await consumer.end_offsets(every)
        for name, kind in kinds.items():
            self.counts[name] = TopicCount(
                kind, {at.partition: first[at] for at in places[name]}, {at.partition: end[at] for at in places[name]}
            )
        self._note_rates(time.monotonic())
        self._note_lag(view)
        self.trouble = None

    def _full_name(self, name: str) -> str:
        return f"{self.prefix}.{name}.v1"

    def _places(self, name: str, partitions: int) -> list[TopicPartition]:
        count = 1 if name in _SINGLE else partitions
        return [TopicPartition(self._full_name(name), number) for number in range(count)]

    def _note_rates(self, now: float) -> None:
        self._past.append((now, {name: sum(found.end.values()) for name, found in self.counts.items()}))
        while len(self._past) > 2 and self._past[1][0] < now - _RATE_SECONDS:
            self._past.pop(0)
        began, before = self._past[0]
        for name, count in self._past[-1][1].items():
            self.rates[name] = max(0, count - before.get(name, count)) / (now - began) if now > began else 0.0

    def _note_lag(self, view: LedgerView) -> None:
        """A source lags by what its partitions hold beyond the last record that their ledger has taken."""
        for name in SOURCES:
            found = self.counts.get(name)
            if found is None:
                continue
            taken = {part.number: part.partition.chain.positions.get(name, -1) + 1 for part in view.parts}
            view.source_lag[name] = sum(max(0, end - taken.get(at, 0)) for at, end in found.end.items())

    async def _read_letters(self) -> None:
        while (view := self._serving()) is None:
            await asyncio.sleep(_LOOK_SECONDS)
        async with self._consumer() as consumer:
            while self._full_name("deadletters") not in await consumer.topics():
                await asyncio.sleep(_RETRY_SECONDS)
            places = self._places("deadletters", view.meta.partitions)
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            letters = self.letters = DeadLetters()
            while True:
                polled = await consumer.getmany(timeout_ms=1_000, max_records=200)
                for records in polled.values():
                    for record in records:
                        letters.take(record)
                await asyncio.sleep(0)

    async def _ask_for_ever(self) -> None:
        while True:
            self.parts = await asyncio.to_thread(self._ask)
            await asyncio.sleep(_LOOK_SECONDS * 2)

    def _ask(self) -> list[Part]:
        try:
            run = read_run(self._data)
        except RunFileInvalid:
            return []
        return [] if run is None else ask_all(run)
