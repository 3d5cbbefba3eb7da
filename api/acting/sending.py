"""Writing to the source topics: every replica acknowledges, records of one account stay in the order they came."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from api.acting.message import CONTROL, Message, Sign, Written, unsigned
from schemas.partitioning import partition_of

_MAX_REQUEST_BYTES = 4 * 1024 * 1024
_DEADLINE_SECONDS = 10.0


class NotWritten(Exception):
    """It is not known whether a record was written; the same fact may be sent again, a repetition is recognised."""


class Sending:
    """A producer that is made when the first message is sent, and made anew after any failure.

    Args:
        connection: keyword arguments that connect a Kafka client.
        prefix: the topic prefix of this deployment.
        sign: adds to facts of people and to broadcasts what proves that this api wrote them.
    """

    def __init__(self, connection: Mapping[str, Any], prefix: str, sign: Sign = unsigned) -> None:
        self._connection = dict(connection)
        self._prefix = prefix
        self._sign = sign
        self._producer: AIOKafkaProducer | None = None
        self._making = asyncio.Lock()
        self._dropped: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        """Send what is under way and disconnect."""
        if self._producer is not None:
            await self._drop(self._producer)
        await asyncio.gather(*self._dropped, return_exceptions=True)

    async def send(self, messages: Sequence[Message]) -> list[Written]:
        """Write messages in their order; return where each stands.

        Raises:
            NotWritten: the brokers did not acknowledge all of them in time.
        """
        producer: AIOKafkaProducer | None = None
        try:
            async with asyncio.timeout(_DEADLINE_SECONDS):
                producer = await self._started()
                futures = [await self._hand_over(producer, self._sign(message)) for message in messages]
                found = [await future for future in futures]
        except (KafkaError, TimeoutError, OSError) as error:
            if producer is not None:
                self._drop_soon(producer)
            raise NotWritten(f"expected the brokers to acknowledge, received {error!r}") from error
        return [Written(each.topic, each.partition, each.offset) for each in found]

    async def partitions(self) -> int:
        """Return how many partitions the topics have.

        Raises:
            NotWritten: no broker answers.
        """
        try:
            async with asyncio.timeout(_DEADLINE_SECONDS):
                return await self._count(await self._started(), self._name("desk"))
        except (KafkaError, TimeoutError, OSError) as error:
            raise NotWritten(f"expected the brokers to answer, received {error!r}") from error

    async def _hand_over(self, producer: AIOKafkaProducer, message: Message) -> Any:
        name = self._name(message.topic)
        partition = 0
        if message.topic != CONTROL:
            assert message.key is not None, f"a fact of {message.topic} belongs to an account"
            partition = partition_of(message.key, await self._count(producer, name))
        return await producer.send(
            name,
            message.value,
            message.key,
            partition=partition,
            timestamp_ms=message.timestamp_ms,
            headers=list(message.headers),
        )

    def _name(self, topic: str) -> str:
        return f"{self._prefix}.{topic}.v1"

    async def _count(self, producer: AIOKafkaProducer, name: str) -> int:
        return len(await producer.partitions_for(name))

    async def _started(self) -> AIOKafkaProducer:
        async with self._making:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    **self._connection,
                    acks="all",
                    enable_idempotence=True,
                    max_request_size=_MAX_REQUEST_BYTES,
                    request_timeout_ms=int(_DEADLINE_SECONDS * 1000),
                )
                try:
                    await producer.start()
                except BaseException:
                    self._drop_soon(producer)
                    raise
                self._producer = producer
            return self._producer

    def _drop_soon(self, producer: AIOKafkaProducer) -> None:
        """After one failure an idempotent producer may fail for ever; what it still holds may land late, harmlessly."""
        task = asyncio.create_task(self._drop(producer))
        self._dropped.add(task)
        task.add_done_callback(self._dropped.discard)

    async def _drop(self, producer: AIOKafkaProducer) -> None:
        if self._producer is producer:
            self._producer = None
        try:
            async with asyncio.timeout(_DEADLINE_SECONDS):
                await producer.stop()
        except (KafkaError, TimeoutError, OSError):
            return


Clock = Callable[[], int]
"""Returns the moment that facts are stamped with, in milliseconds since 1970 UTC."""
