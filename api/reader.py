"""The feed's topics as Kafka has them: which they are, reading on from a place, and reading a part of the past."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient

from api.cursor import FEED_TOPICS, CursorUnknown, Layout
from api.events import Record

_REACH_MS = 10_000
_POLL_MS = 200
_FETCH_WAIT_MS = 100
"""How long a broker may hold an empty fetch; whatever else is asked on that connection waits behind it."""
_POLL_RECORDS = 200
"""Few at a time, so that clients are served between two polls however fast the topics grow."""


class FeedUnavailable(Exception):
    """The topics cannot be read as they should; the message says what was expected and what was found."""


@asynccontextmanager
async def consuming(
    connection: Mapping[str, Any], places: Sequence[TopicPartition], poll_records: int
) -> AsyncIterator[AIOKafkaConsumer]:
    """Open a consumer of some partitions that belongs to no group, and starts nowhere that it is not told to."""
    consumer = AIOKafkaConsumer(
        **connection,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="none",
        fetch_max_wait_ms=_FETCH_WAIT_MS,
        max_poll_records=poll_records,
    )
    consumer.assign(places)
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()


class Topics:
    """The output topics that make up the feed.

    Args:
        connection: keyword arguments that connect a Kafka client (bootstrap_servers, security_protocol, ...).
        prefix: the topic prefix of this deployment.
    """

    def __init__(self, connection: Mapping[str, Any], prefix: str) -> None:
        self._connection = dict(connection)
        self._names = {name: f"{prefix}.{name}.v1" for name in FEED_TOPICS}
        self._short = {full: name for name, full in self._names.items()}

    async def layout(self) -> Layout:
        """Return what cursors of these topics look like.

        Raises:
            FeedUnavailable: a topic does not exist, or they differ in their partitions.
            kafka.errors.KafkaError: no broker answers.
        """
        found = await asyncio.to_thread(self._describe)
        counts = {name: len(entry["partitions"]) for name, entry in found.items()}
        if len(set(counts.values())) != 1:
            raise FeedUnavailable(f"expected one partition count for all topics of the feed, found {counts}")
        return Layout([str(found[name]["topic_id"]) for name in FEED_TOPICS], counts[FEED_TOPICS[0]])

    @asynccontextmanager
    async def reading(self, layout: Layout, streams: Iterable[int]) -> AsyncIterator[AIOKafkaConsumer]:
        """Open a consumer that is assigned some streams and belongs to no group."""
        places = [self.partition(layout, stream) for stream in streams]
        async with consuming(self._connection, places, _POLL_RECORDS) as consumer:
            yield consumer

    def partition(self, layout: Layout, stream: int) -> TopicPartition:
        """Return the Kafka partition of a stream."""
        topic, partition = layout.place(stream)
        return TopicPartition(self._names[topic], partition)

    async def beginning(self, consumer: AIOKafkaConsumer, layout: Layout, streams: Sequence[int]) -> dict[int, int]:
        """Return the first offset that is still there, of each stream."""
        partitions = {stream: self.partition(layout, stream) for stream in streams}
        offsets = await consumer.beginning_offsets(list(partitions.values()))
        return {stream: offsets[partition] for stream, partition in partitions.items()}

    async def end(self, consumer: AIOKafkaConsumer, layout: Layout, streams: Sequence[int]) -> dict[int, int]:
        """Return the offset that the next record will have, of each stream."""
        partitions = {stream: self.partition(layout, stream) for stream in streams}
        offsets = await consumer.end_offsets(list(partitions.values()))
        return {stream: offsets[partition] for stream, partition in partitions.items()}

    async def poll(self, consumer: AIOKafkaConsumer, layout: Layout) -> tuple[list[Record], dict[int, int]]:
        """Return the next records, and how far each stream has been read with them."""
        polled = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_POLL_RECORDS)
        records = [
            Record(self._short[partition.topic], partition.partition, message.offset, message.value)
            for partition, messages in polled.items()
            for message in messages
        ]
        reached = {
            layout.stream(self._short[partition.topic], partition.partition): await consumer.position(partition)
            for partition in polled or consumer.assignment()
        }
        return records, reached

    async def past(
        self, layout: Layout, streams: Sequence[int], offsets: Sequence[int], until: Sequence[int]
    ) -> AsyncIterator[list[Record]]:
        """Read some streams again, from `offsets` up to `until`.

        Raises:
            CursorUnknown: some of it has been deleted.
        """
        missing = {stream for stream in streams if offsets[stream] < until[stream]}
        async with self.reading(layout, sorted(missing)) as consumer:
            await self._seek(consumer, layout, sorted(missing), offsets)
            while missing:
                records, reached = await self.poll(consumer, layout)
                yield [record for record in records if record.offset < until[layout.stream(*record[:2])]]
                done = {stream for stream in missing if reached.get(stream, -1) >= until[stream]}
                missing -= done
                consumer.pause(*(self.partition(layout, stream) for stream in done))

    async def _seek(
        self, consumer: AIOKafkaConsumer, layout: Layout, streams: Sequence[int], offsets: Sequence[int]
    ) -> None:
        first = await self.beginning(consumer, layout, streams)
        for stream in streams:
            if offsets[stream] < first[stream]:
                raise CursorUnknown("the cursor is older than what the topics still hold")
            consumer.seek(self.partition(layout, stream), offsets[stream])

    def _describe(self) -> dict[str, dict[str, Any]]:
        admin = KafkaAdminClient(bootstrap_timeout_ms=_REACH_MS, **self._connection)
        try:
            described = admin.describe_topics(list(self._names.values()))
        finally:
            admin.close()
        missing = [entry["name"] for entry in described if entry["error_code"]]
        if missing:
            raise FeedUnavailable(f"expected the topics of the feed to exist, found no {', '.join(missing)}")
        return {self._short[entry["name"]]: entry for entry in described}
