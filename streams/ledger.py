"""Appending to the ledger: whole batches to one partition, and the check that nobody else wrote in between."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.failpoints import reach
from streams.settings import Settings, aiokafka_arguments

BATCH_BYTES = 1 << 20
RECORD_BYTES = 8_000_000
DEADLINE_S = 30.0

KeyedValue = tuple[bytes | None, bytes]
Connect = Callable[[Settings], Awaitable[AIOKafkaProducer]]
"""Returns a started producer."""


class AppendUnknown(RuntimeError):
    """It is not known which records of an append arrived: the partition must be opened afresh."""


class LedgerForked(RuntimeError):
    """Records did not land where they were expected: somebody else writes, so the partition must be opened afresh."""


class LedgerWriter:
    """An idempotent producer for the ledger alone, replaced whole after any failure.

    After one refused batch every later one to that partition would fail for ever, and batches of a producer never
    expire, so a failed one is dropped without flushing; what lands late is void by the chain.
    """

    def __init__(self, settings: Settings, topic: str, connect: Connect | None = None) -> None:
        self._settings = settings
        self.topic = topic
        self._connect = connect or new_producer
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect."""
        self._producer = await self._connect(self._settings)

    async def append(self, partition: int, records: Sequence[KeyedValue], expected_offset: int) -> int:
        """Append records in order and return the offset after them.

        Raises:
            AppendUnknown: the broker refused, or did not answer in time.
            LedgerForked: the records are not at `expected_offset` and after.
        """
        producer = self._producer
        assert producer is not None, "the ledger writer was not started"
        reach("before_append")
        try:
            sent = await asyncio.wait_for(self._send(producer, partition, records), DEADLINE_S)
        except (KafkaError, TimeoutError) as error:
            await self._replace(producer)
            raise AppendUnknown(f"ledger/{partition}: expected an acknowledgement, received {error!r}") from error
        reach("after_append")
        return self._check(partition, sent, expected_offset)

    async def _send(
        self, producer: AIOKafkaProducer, partition: int, records: Sequence[KeyedValue]
    ) -> list[tuple[int, int]]:
        futures = []
        for batch, count in _batches(producer, records):
            futures.append((await producer.send_batch(batch, self.topic, partition=partition), count))
        return [((await future).offset, count) for future, count in futures]

    def _check(self, partition: int, sent: Iterable[tuple[int, int]], expected_offset: int) -> int:
        reach("before_offset_check")
        for offset, count in sent:
            if offset != expected_offset:
                raise LedgerForked(f"ledger/{partition}: expected offset {expected_offset}, received {offset}")
            expected_offset += count
        reach("after_offset_check")
        return expected_offset

    async def _replace(self, failed: AIOKafkaProducer) -> None:
        if self._producer is failed:
            self._producer = await self._connect(self._settings)
            _kill(failed)

    async def stop(self) -> None:
        """Disconnect."""
        if self._producer is not None:
            await self._producer.stop()


def _batches(producer: AIOKafkaProducer, records: Sequence[KeyedValue]) -> Iterable[tuple[Any, int]]:
    batch, count = producer.create_batch(), 0
    for key, value in records:
        if batch.append(key=key, value=value, timestamp=None) is None:
            batch.close()
            yield batch, count
            batch, count = producer.create_batch(), 0
            assert batch.append(key=key, value=value, timestamp=None) is not None, f"{len(value)} bytes fit no batch"
        count += 1
    batch.close()
    yield batch, count


async def new_producer(settings: Settings) -> AIOKafkaProducer:
    """Return a started idempotent producer that waits for all replicas and for nothing else."""
    producer = AIOKafkaProducer(
        **aiokafka_arguments(settings),
        acks="all",
        enable_idempotence=True,
        linger_ms=0,
        max_batch_size=BATCH_BYTES,
        max_request_size=RECORD_BYTES,
        request_timeout_ms=int(DEADLINE_S * 1000),
    )
    await producer.start()
    return producer


def _kill(producer: AIOKafkaProducer) -> None:
    """Stop a producer's tasks without flushing what it still holds."""
    producer._closed = True
    sender = producer._sender
    task = getattr(sender, "_sender_task", None)
    if task is not None:
        task.cancel()
    closing = asyncio.ensure_future(producer.client.close())
    closing.add_done_callback(lambda done: (contextlib.suppress(Exception) and done.cancelled()) or done.exception())
