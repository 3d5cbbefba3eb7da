"""The topic `webhooks` followed by one process, and written so that what was written is seen at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from api.acting.message import Message
from api.acting.sending import NotWritten, Sending
from api.webhooks.hook import TOPIC, Hooks

_POLL_MS = 200
_FETCH_WAIT_MS = 100
_RETRY_SECONDS = 1.0
_SEEN_SECONDS = 10.0

Row = tuple[bytes, bytes | None]


class HookLog:
    """Keeps `known` up with the topic while `run` runs; `is_read` once all that was there has been read."""

    def __init__(self, connection: Mapping[str, Any], prefix: str, sending: Sending) -> None:
        self.known = Hooks()
        self.changed = asyncio.Condition()
        self.is_read = False
        self._connection = dict(connection)
        self._partition = TopicPartition(f"{prefix}.{TOPIC}.v1", 0)
        self._sending = sending
        self._next = 0

    async def run(self) -> None:
        """Read for ever, anew after every loss of the brokers."""
        while True:
            try:
                await self._follow()
            except (KafkaError, OSError, TimeoutError):
                self.is_read = False
            await asyncio.sleep(_RETRY_SECONDS)

    async def write(self, rows: list[Row]) -> None:
        """Write rows, and wait until this process has read them.

        Raises:
            NotWritten: the brokers do not acknowledge, or this process does not get to read them in time.
        """
        now_ms = time.time_ns() // 1_000_000
        written = await self._sending.send([Message(TOPIC, key, value, (), now_ms) for key, value in rows])
        until = written[-1].offset + 1
        try:
            async with asyncio.timeout(_SEEN_SECONDS), self.changed:
                await self.changed.wait_for(lambda: self._next >= until)
        except TimeoutError as error:
            raise NotWritten("expected to read what was written, received nothing") from error

    async def _follow(self) -> None:
        consumer = AIOKafkaConsumer(
            **self._connection,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=_FETCH_WAIT_MS,
        )
        consumer.assign([self._partition])
        try:
            await consumer.start()
            end = (await consumer.end_offsets([self._partition]))[self._partition]
            known = Hooks()
            await consumer.seek_to_beginning(self._partition)
            while await consumer.position(self._partition) < end:
                await self._poll(consumer, known)
            self.known, self.is_read = known, True
            while True:
                await self._poll(consumer, known)
        finally:
            await consumer.stop()

    async def _poll(self, consumer: AIOKafkaConsumer, known: Hooks) -> None:
        polled = await consumer.getmany(timeout_ms=_POLL_MS)
        for record in polled.get(self._partition, ()):
            known.take(record.key, record.value)
        async with self.changed:
            self._next = await consumer.position(self._partition)
            self.changed.notify_all()
