"""Publishing what the ledger says: decisions, alerts, exposures, dead letters, in ledger order per output partition."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence

from aiokafka import AIOKafkaProducer
from msgspec import Struct

from schemas.publication import Published
from schemas.signature import Headers
from streams.failpoints import reach
from streams.keys import load_signer, signed_headers
from streams.ledger import DEADLINE_S, Connect, new_producer
from streams.settings import Settings
from streams.topics import topic

BEHIND_MAX = 20_000
"""So many records may be sent and not acknowledged before a round waits."""


class PublishFailed(RuntimeError):
    """An output was refused: the process must end and publish again from the ledger."""


class Pending(Struct):
    """What was sent of one round of one partition, and up to which ledger record that goes."""

    seq: int
    next_offset: int
    futures: list[asyncio.Future[object]]

    def is_done(self) -> bool:
        """Return whether everything was acknowledged.

        Raises:
            PublishFailed: something was refused.
        """
        for future in self.futures:
            if not future.done():
                return False
            error = future.exception()
            if error is not None:
                raise PublishFailed(f"expected outputs to be acknowledged, received {error!r}") from error
        return True


class Publisher:
    """A producer for outputs alone, so that publishing never delays the next append."""

    def __init__(self, settings: Settings, connect: Connect | None = None) -> None:
        self._settings = settings
        self._connect = connect or new_producer
        self._signer = load_signer(settings)
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect."""
        self._producer = await self._connect(self._settings)

    async def publish(self, partition: int, outputs: Iterable[Published]) -> list[asyncio.Future[object]]:
        """Hand outputs to the producer, each to its topic's partition of this number; return their acknowledgements."""
        reach("before_publish")
        by_topic: dict[str, list[Published]] = {}
        for output in outputs:
            by_topic.setdefault(output.topic, []).append(output)
        futures: list[asyncio.Future[object]] = []
        async with asyncio.timeout(DEADLINE_S):
            for name, records in by_topic.items():
                await self._send(topic(self._settings.topic_prefix, name), partition, records, futures)
        reach("after_publish")
        return futures

    async def _send(
        self, full_name: str, partition: int, records: Sequence[Published], futures: list[asyncio.Future[object]]
    ) -> None:
        producer = self._producer
        assert producer is not None, "the publisher was not started"
        batch = producer.create_batch()
        for record in records:
            fields = {"key": record.key, "value": record.value, "timestamp": None, "headers": record.headers}
            if batch.append(**fields) is None:
                futures.append(await producer.send_batch(batch, full_name, partition=partition))
                batch = producer.create_batch()
                assert batch.append(**fields) is not None, f"an output for {full_name} fits no batch"
        futures.append(await producer.send_batch(batch, full_name, partition=partition))

    async def write(self, full_name: str, partition: int, records: Sequence[tuple[int, Published]]) -> None:
        """Write records with timestamps of their own to any topic, signed where that is asked for, and wait for them.

        Raises:
            TimeoutError: they were not acknowledged in time. A producer may stay stuck after the broker came back, so
                the process has to end rather than to wait on.
        """
        producer = self._producer
        assert producer is not None, "the publisher was not started"
        async with asyncio.timeout(DEADLINE_S):
            futures = [
                await producer.send(
                    full_name,
                    value=record.value,
                    key=record.key,
                    partition=partition,
                    timestamp_ms=timestamp_ms,
                    headers=self._headers(full_name, partition, record, timestamp_ms),
                )
                for timestamp_ms, record in records
            ]
            await asyncio.gather(*futures)

    def _headers(self, full_name: str, partition: int, record: Published, at_ms: int) -> Headers:
        return signed_headers(self._signer, full_name, partition, record.key, record.value, record.headers, at_ms)

    async def stop(self) -> None:
        """Wait for what was sent, and disconnect."""
        if self._producer is not None:
            await self._producer.stop()


class Outbox:
    """What one partition has sent and not yet acknowledged, in ledger order."""

    def __init__(self) -> None:
        self._rounds: deque[Pending] = deque()

    def add(self, pending: Pending) -> None:
        """Note what a round has sent."""
        self._rounds.append(pending)

    def acknowledged(self) -> tuple[int, int] | None:
        """Return (seq, ledger offset after it) of the last record whose outputs and all before are acknowledged."""
        last = None
        while self._rounds and self._rounds[0].is_done():
            done = self._rounds.popleft()
            last = (done.seq, done.next_offset)
        return last

    async def wait_for_room(self) -> None:
        """Wait while too much is not acknowledged."""
        while sum(len(pending.futures) for pending in self._rounds) > BEHIND_MAX // 100:
            done, _ = await asyncio.wait(self._rounds[0].futures, timeout=DEADLINE_S)
            if not done:
                raise PublishFailed(f"expected outputs to be acknowledged within {DEADLINE_S:.0f} s, received nothing")
            return

    async def drained(self) -> None:
        """Wait until everything is acknowledged."""
        for pending in self._rounds:
            await asyncio.gather(*pending.futures)
