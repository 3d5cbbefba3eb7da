"""Sending a dead letter in again: its record is read, mended if that is asked for, and written to where it came from.

What a dead letter says and what sends it in again is known by whoever runs workers; it is given in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from msgspec import Struct

from api.acting.catalogue import BodyInvalid, check_fact
from api.acting.message import Message
from schemas.codec import TOPIC_OF_TYPE
from schemas.signature import SIGNED_TOPICS

_READ_SECONDS = 10.0


class Letter(Protocol):
    """A refused record: where it was read (`id`), its key and when."""

    @property
    def id(self) -> str: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def at_ms(self) -> int: ...
    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def account_id(self) -> str | None: ...


class Outgoing(Protocol):
    """The record that sends a letter in again; `topic` by its full name."""

    @property
    def value(self) -> bytes | None: ...
    @property
    def timestamp_ms(self) -> int: ...
    @property
    def headers(self) -> Iterable[tuple[str, bytes]]: ...


class Mending(Struct, frozen=True):
    """What is known of dead letters elsewhere: how a record is read as one, and what sends it in again."""

    read: Callable[[Any], Letter | None]
    again: Callable[..., Outgoing]


class NoLetter(Exception):
    """There is no dead letter in that place."""


class NotSentAgain(Exception):
    """A letter that is not sent in again; the text says why, and what to do."""


class DeadLetters:
    """The topic of dead letters, letter by letter."""

    def __init__(self, connection: Mapping[str, Any], prefix: str, mending: Mending) -> None:
        self._connection = dict(connection)
        self._prefix = prefix
        self._mending = mending

    async def read(self, partition: int, offset: int) -> tuple[Letter, int]:
        """Return a dead letter by its place, and when its record was made.

        Raises:
            NoLetter: there is none.
            KafkaError: the brokers do not answer.
        """
        topic = f"{self._prefix}.deadletters.v1"
        consumer = AIOKafkaConsumer(topic, **self._connection, group_id=None, enable_auto_commit=False)
        try:
            async with asyncio.timeout(_READ_SECONDS):
                await consumer.start()
                record = await _record(consumer, TopicPartition(topic, partition), offset)
                letter = None if record is None else self._mending.read(record)
                if letter is None:
                    raise NoLetter(f"expected a dead letter at {partition}/{offset}, found none")
                consumer.unsubscribe()
                original = await _record(consumer, TopicPartition(letter.topic, letter.partition), letter.offset)
        finally:
            await consumer.stop()
        return letter, letter.at_ms if original is None else int(original.timestamp)

    def again(self, letter: Letter, at_ms: int, value: bytes | None, account_id: str | None) -> Message:
        """Return what sends a letter in again, mended where a value or an account is given.

        Raises:
            NotSentAgain: it came from where people decide, or has no account.
            BodyInvalid: the mended value is no fact.
        """
        topic = letter.topic.removeprefix(f"{self._prefix}.").removesuffix(".v1")
        if topic in SIGNED_TOPICS:
            raise NotSentAgain("expected a fact of a program; what people decide is told anew as a command")
        if topic not in TOPIC_OF_TYPE.values():
            raise NotSentAgain(f"expected a letter from a topic of this deployment, it came from {letter.topic}")
        key = letter.key if account_id is None else account_id.encode()
        if not key:
            raise NotSentAgain("expected an account_id to send it in under, its record has no key")
        if value is not None:
            self._check(topic, value, key)
        out = self._mending.again(letter, at_ms, value=value, key=key)
        return Message(topic, key, out.value, tuple(out.headers), out.timestamp_ms)

    def _check(self, topic: str, value: bytes, key: bytes) -> None:
        fact = check_fact(topic, value)
        if getattr(fact, "account_id", "").encode() != key:
            raise BodyInvalid("key_differs_from_account_id", "$.value.account_id", "expected the account of the key")


async def _record(consumer: AIOKafkaConsumer, place: TopicPartition, offset: int) -> Any | None:
    """The record in a place, None if the topic does not have it (any more)."""
    known = consumer.partitions_for_topic(place.topic) or {place.partition}
    if place.partition not in known:
        return None
    consumer.unsubscribe()
    consumer.assign([place])
    first, end = await consumer.beginning_offsets([place]), await consumer.end_offsets([place])
    if not first[place] <= offset < end[place]:
        return None
    consumer.seek(place, offset)
    record = await consumer.getone(place)
    return record if record.offset == offset else None
