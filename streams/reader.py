"""Reading a topic beside the consumer group: ledger tails, last outputs, single records."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.settings import Settings, aiokafka_arguments

READ_TIMEOUT_S = 30.0
POLL_MS = 500


class ReadFailed(RuntimeError):
    """Records that the broker says it has did not come."""


class Reader:
    """A consumer without a group, used for one thing at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._consumer: AIOKafkaConsumer | None = None
        self._lock = asyncio.Lock()

    async def start(self) -> None:
        """Connect."""
        self._consumer = AIOKafkaConsumer(
            **aiokafka_arguments(self._settings),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=4 << 20,
            fetch_max_wait_ms=100,
        )
        await self._consumer.start()

    async def stop(self) -> None:
        """Disconnect."""
        if self._consumer is not None:
            await self._consumer.stop()

    async def ends(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        """Return the offset after the last record of each partition."""
        assert self._consumer is not None, "the reader was not started"
        async with asyncio.timeout(READ_TIMEOUT_S):
            found: dict[TopicPartition, int] = await self._consumer.end_offsets(partitions)
        return found

    async def beginnings(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        """Return the offset of the first record that each partition still has."""
        assert self._consumer is not None, "the reader was not started"
        async with asyncio.timeout(READ_TIMEOUT_S):
            found: dict[TopicPartition, int] = await self._consumer.beginning_offsets(partitions)
        return found

    async def read(self, partition: TopicPartition, start: int, end: int) -> AsyncIterator[list[Any]]:
        """Yield batches of the records from `start` up to, not including, `end`.

        Raises:
            ReadFailed: nothing came for 30 s.
        """
        if start >= end:
            return
        async with self._lock:
            consumer = self._consumer
            assert consumer is not None, "the reader was not started"
            try:
                consumer.assign([partition])
                consumer.seek(partition, start)
                silent_since = asyncio.get_running_loop().time()
                while True:
                    fetched = await consumer.getmany(partition, timeout_ms=POLL_MS, max_records=5_000)
                    records = [record for record in fetched.get(partition, ()) if record.offset < end]
                    now = asyncio.get_running_loop().time()
                    if records:
                        silent_since = now
                        yield records
                    if await consumer.position(partition) >= end:
                        return
                    if now - silent_since > READ_TIMEOUT_S:
                        raise ReadFailed(f"{partition}: expected records up to {end}, received none for 30 s")
            finally:
                # Left assigned it would always have a fetch under way, and a question for offsets waits behind that.
                consumer.unsubscribe()

    async def last(self, partition: TopicPartition, count: int = 1) -> list[Any]:
        """Return up to so many of the partition's last records."""
        end = (await self.ends([partition]))[partition]
        start = max((await self.beginnings([partition]))[partition], end - count)
        return [record async for records in self.read(partition, start, end) for record in records]
