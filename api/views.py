"""Following the ledger into views: which directory, which version serves, and how far it has come.

A version that is complete serves. While another is built, an older one that this process can still read serves and
follows; then it is deleted. Deleting the directory of a stopped process only costs building it again.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError as ConsumerError
from aiokafka.errors import OffsetOutOfRangeError
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError as AdminError

from api.ledger_view import LedgerView, Meta, is_readable, open_view
from api.reader import FeedUnavailable, consuming
from api.slots import Slot
from api.topology import Topology
from projections.views.partition_view import VERSION, view_layout

_KAFKA_ERRORS = (ConsumerError, AdminError, OSError, TimeoutError)
_REACH_MS = 10_000
_RETRY_SECONDS = 1.0
_POLL_MS = 200
_POLL_RECORDS = 2_000
_SLICE_SECONDS = 0.01
"""So long the event loop may be held; then feed and requests have their turn."""
_LAG_MAX = 10_000
_ANSWER_SECONDS = 10.0


class LedgerChanged(FeedUnavailable):
    """The ledger is no longer the one that was read; the process has to start again."""


class Views:
    """The views of one process; `serving` is what requests are answered from, None while there is nothing yet.

    Args:
        connection: keyword arguments that connect a Kafka client.
        prefix: the prefix of the deployment's topics.
        data: the directory that views are kept under.
        version: of the folds; another than the code's own is for tests.
    """

    def __init__(self, connection: Mapping[str, Any], prefix: str, data: Path, version: int = VERSION) -> None:
        self.serving: LedgerView | None = None
        self.building: LedgerView | None = None
        self.trouble: str | None = "the ledger has not been reached yet"
        self.slot: Slot | None = None
        self.version = f"v{version}-{hashlib.sha256(view_layout().encode()).hexdigest()[:8]}"
        self.serving_version = ""
        self._connection = dict(connection)
        self._prefix = prefix
        self._data = data
        self._topic = f"{prefix}.ledger.v1"
        self.topology = Topology(connection, prefix, data, lambda: self.serving)

    async def run(self) -> None:
        """Read for ever.

        Raises:
            LedgerChanged: the ledger is not the one that was read.
        """
        meta = await self._reach()
        self.slot = Slot(self._data)
        self.trouble = "the ledger is still being read"
        looking = asyncio.create_task(self.topology.run())
        try:
            await self._follow_all(self.slot, meta)
        finally:
            looking.cancel()
            for view in {self.serving, self.building} - {None}:
                assert view is not None, "None has been taken out"
                view.close()
            self.slot.release()

    async def _follow_all(self, slot: Slot, meta: Meta) -> None:
        older = [name for name in slot.versions() if name != self.version and is_readable(slot.path / name, meta)]
        for name in slot.versions():
            if name not in (self.version, *older[-1:]):
                slot.remove(name)
        self.building = await self._open(slot, self.version, meta)
        if not older:
            await self._follow(self.building, is_new=True)
            return
        self.serving, self.serving_version = await self._open(slot, older[-1], meta), older[-1]
        follows = asyncio.create_task(self._follow(self.serving, is_new=False))
        try:
            await self._follow(self.building, is_new=True, replaces=follows)
        finally:
            follows.cancel()

    async def _open(self, slot: Slot, version: str, meta: Meta) -> LedgerView:
        """Return the view in a directory, an empty one where what is there is not of this ledger."""
        view = open_view(slot.path / version, meta)
        async with self._reading(view) as consumer:
            belongs = [await _belongs(consumer, view, place) for place in self._places(view)]
        if all(belongs):
            return view
        view.close()
        slot.remove(version)
        return open_view(slot.path / version, meta)

    def _places(self, view: LedgerView) -> list[TopicPartition]:
        return [TopicPartition(self._topic, part.number) for part in view.parts]

    def _reading(self, view: LedgerView) -> AbstractAsyncContextManager[AIOKafkaConsumer]:
        return consuming(self._connection, self._places(view), _POLL_RECORDS)

    async def _reach(self) -> Meta:
        while True:
            try:
                topic_id, partitions = await asyncio.to_thread(self._describe)
            except (FeedUnavailable, *_KAFKA_ERRORS) as error:
                self.trouble = str(error) or type(error).__name__
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                return Meta(topic_id, partitions, self._prefix, view_layout())

    def _describe(self) -> tuple[str, int]:
        admin = KafkaAdminClient(bootstrap_timeout_ms=_REACH_MS, **self._connection)
        try:
            [found] = admin.describe_topics([self._topic])
        finally:
            admin.close()
        if found["error_code"]:
            raise FeedUnavailable(f"expected the topic {self._topic} to exist, found none")
        return str(found["topic_id"]), len(found["partitions"])

    async def _follow(self, view: LedgerView, *, is_new: bool, replaces: asyncio.Task[None] | None = None) -> None:
        async with self._reading(view) as consumer:
            places = self._places(view)
            target = await consumer.end_offsets(places)
            for place in places:
                consumer.seek(place, view.parts[place.partition].state.seen)
            while True:
                if is_new and all(_seen(view, place) >= end for place, end in target.items()):
                    is_new = False
                    await self._serve(view, replaces)
                await self._poll(consumer, view)
                view.lag = sum(_lag(consumer, view, place) for place in places)
                self._judge(view)

    def _judge(self, view: LedgerView) -> None:
        if view is self.serving or self.serving is None:
            is_behind = self.serving is None or view.lag > _LAG_MAX
            self.trouble = f"the ledger is still being read: {view.lag} records to go" if is_behind else None

    async def _serve(self, view: LedgerView, replaces: asyncio.Task[None] | None) -> None:
        """Let a view that is complete serve, and delete the one that did until now."""
        before, before_version = self.serving, self.serving_version
        self.serving, self.serving_version, self.building = view, self.version, None
        if replaces is not None and before is not None:
            replaces.cancel()
            await asyncio.gather(replaces, return_exceptions=True)
            before.close()
            if self.slot is not None:
                self.slot.remove(before_version)

    async def _poll(self, consumer: AIOKafkaConsumer, view: LedgerView) -> None:
        try:
            polled = await consumer.getmany(timeout_ms=_POLL_MS)
        except OffsetOutOfRangeError as error:
            raise LedgerChanged(f"expected a ledger that only grows, found no more of {error}") from error
        until = time.monotonic() + _SLICE_SECONDS
        for place, records in polled.items():
            for record in records:
                view.take(place.partition, record.offset, record.value)
                if time.monotonic() > until:
                    view.commit()
                    await asyncio.sleep(0)
                    until = time.monotonic() + _SLICE_SECONDS
        view.commit()
        await asyncio.sleep(0)


async def _belongs(consumer: AIOKafkaConsumer, view: LedgerView, place: TopicPartition) -> bool:
    """Return whether a view's part is of this ledger partition, and not ahead of it.

    Raises:
        LedgerChanged: the ledger does not begin with its first record any more.
    """
    part = view.parts[place.partition]
    chain = part.partition.chain
    first, end = await consumer.beginning_offsets([place]), await consumer.end_offsets([place])
    if first[place]:
        raise LedgerChanged(f"expected ledger partition {place.partition} from 0 on, found it from {first[place]} on")
    if part.state.seen > end[place]:
        return False
    return not chain.seq or await _is_last(consumer, place, chain.next_offset - 1, chain.prev)


async def _is_last(consumer: AIOKafkaConsumer, place: TopicPartition, offset: int, record_hash: str) -> bool:
    consumer.seek(place, offset)
    async with asyncio.timeout(_ANSWER_SECONDS):
        record = await consumer.getone(place)
    return bool(record.offset == offset and hashlib.sha256(record.value or b"").hexdigest() == record_hash)


def _seen(view: LedgerView, place: TopicPartition) -> int:
    seen: int = view.parts[place.partition].state.seen
    return seen


def _lag(consumer: AIOKafkaConsumer, view: LedgerView, place: TopicPartition) -> int:
    end: int | None = consumer.highwater(place)
    lag = 0 if end is None else end - _seen(view, place)
    return max(0, lag)
