"""Writing messages to the source topics: the thin shell around kafka-python that import, send and simulate share."""

from __future__ import annotations

from collections.abc import Iterable
from threading import BoundedSemaphore
from types import TracebackType
from typing import Any, Self

from kafka import KafkaProducer
from kafka.errors import KafkaError
from kafka.partitioner.default import murmur2

from schemas.signature import Headers
from streams.keys import load_signer, signed_headers
from streams.message import Message
from streams.settings import Settings, kafka_python_arguments
from streams.topics import SOURCE_BYTES, topic

IN_FLIGHT_MAX = 20_000
"""Messages that may be unacknowledged; `send` waits beyond it, so that memory stays bounded."""
_BLOCK_MS = 20_000
"""How long a message waits for its topic to be known."""
_REACH_MS = 10_000
_BROADCAST_PARTITION = 0


class SendFailed(Exception):
    """Messages did not reach their topic; the text names the first and why."""


class Producing:
    """A producer of facts: idempotent, all replicas acknowledge, messages of one key in the order they were sent.

    Broadcasts go to partition 0 of `control`. A failed message shows at the next `send` or at `flush`, never later.

    >>> with Producing(settings) as producing:    # doctest: +SKIP
    ...     producing.send_all(messages)
    """

    def __init__(self, settings: Settings, *, in_flight_max: int = IN_FLIGHT_MAX, block_ms: int = _BLOCK_MS) -> None:
        self._prefix = settings.topic_prefix
        self._signer = load_signer(settings)
        self._failure: str | None = None
        self._in_flight = BoundedSemaphore(in_flight_max)
        self._partition_counts: dict[str, int] = {}
        self._partitions: dict[str, int] = {}
        try:
            self._producer: Any = KafkaProducer(
                **kafka_python_arguments(settings),
                acks="all",
                enable_idempotence=True,
                compression_type="lz4",
                linger_ms=5,
                batch_size=64 * 1024,
                max_request_size=SOURCE_BYTES,
                max_block_ms=block_ms,
                allow_auto_create_topics=False,
                bootstrap_timeout_ms=_REACH_MS,
            )
        except KafkaError as error:
            raise SendFailed(f"expected a broker at {', '.join(settings.bootstrap)}, received {error!r}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.flush()
        finally:
            self._producer.close(timeout=5)

    def send_all(self, messages: Iterable[Message]) -> int:
        """Send every message and wait until all are acknowledged; return how many."""
        count = 0
        for count, message in enumerate(messages, 1):  # noqa: B007
            self.send(message)
        self.flush()
        return count

    def send(self, message: Message) -> None:
        """Hand a message over; waits while too many are unacknowledged.

        A broadcast is in its topic after everything sent before it and before everything sent after it, so that a
        day is closed after its own facts and before the next day's.

        Raises:
            SendFailed: this message cannot be sent, or an earlier one was refused.
        """
        self._check()
        is_broadcast = message.topic_name == "control"
        if is_broadcast:
            self.flush()
        full_name = topic(self._prefix, message.topic_name)
        partition = self._partition(full_name, message)
        self._in_flight.acquire()
        try:
            future = self._producer.send(
                full_name,
                value=message.value,
                key=None if message.key is None else message.key.encode(),
                headers=self._headers(full_name, partition, message),
                partition=partition,
                timestamp_ms=message.timestamp_ms,
            )
        except (KafkaError, ValueError) as error:
            self._in_flight.release()
            raise SendFailed(_failure(full_name, message, error)) from error
        future.add_callback(self._acknowledged)
        future.add_errback(self._refused, full_name, message)
        if is_broadcast:
            self.flush()

    def _headers(self, full_name: str, partition: int | None, message: Message) -> Headers:
        if self._signer is None:
            return list(message.headers)
        key = None if message.key is None else message.key.encode()
        return signed_headers(
            self._signer, full_name, partition or 0, key, message.value, list(message.headers), message.timestamp_ms
        )

    def flush(self) -> None:
        """Wait until everything sent is acknowledged.

        Raises:
            SendFailed: a message was refused or not acknowledged in time.
        """
        try:
            self._producer.flush(timeout=120)
        except KafkaError as error:
            raise SendFailed(f"expected all messages to be acknowledged within 120 s, received {error!r}") from error
        self._check()

    def _partition(self, full_name: str, message: Message) -> int | None:
        """Murmur2, as every Kafka client does it; remembered by key, because in Python it is slow."""
        if message.topic_name == "control":
            return _BROADCAST_PARTITION
        if message.key is None:
            return None
        count = self._partition_counts.get(full_name) or self._count_partitions(full_name)
        hashed = self._partitions.get(message.key)
        if hashed is None:
            hashed = self._partitions[message.key] = murmur2(message.key.encode()) & 0x7FFFFFFF
        return hashed % count

    def _count_partitions(self, full_name: str) -> int:
        try:
            found = self._producer.partitions_for(full_name)
        except KafkaError as error:
            raise SendFailed(f"expected topic {full_name}, received {error!r}; create it first") from error
        if not found:
            raise SendFailed(f"expected topic {full_name}, but there is none; create it first")
        self._partition_counts[full_name] = len(found)
        return len(found)

    def _acknowledged(self, _: object) -> None:
        self._in_flight.release()

    def _refused(self, full_name: str, message: Message, error: BaseException) -> None:
        self._failure = self._failure or _failure(full_name, message, error)
        self._in_flight.release()

    def _check(self) -> None:
        if self._failure is not None:
            raise SendFailed(self._failure)


def _failure(full_name: str, message: Message, error: BaseException) -> str:
    return f"message for {full_name} with key {message.key!r} was not written: {error!r}"
