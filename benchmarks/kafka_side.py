"""What every measurement needs of Kafka: quick loading, topics of the same kind for all, reading with broker times."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.simple_work import PARTITIONS
from schemas.partitioning import partition_of
from streams.message import Message
from streams.topics import topic, topic_config

Loaded = tuple[str, int, bytes | None, bytes | None, int, list[tuple[str, bytes]]]
"""Topic, partition, key, value, timestamp, headers."""

_partitions: dict[str, int] = {}


def create_topics(brokers: str, kinds: dict[str, str]) -> None:
    """Create topics by full name, each with the settings that Obligor gives to its topic of that kind."""
    admin = AdminClient({"bootstrap.servers": brokers})
    new = [
        NewTopic(name, num_partitions=PARTITIONS, replication_factor=1, config=topic_config(kind, 1))
        for name, kind in kinds.items()
    ]
    for future in admin.create_topics(new).values():
        future.result(30)


def delete_topics(brokers: str, prefix: str) -> None:
    """Delete every topic whose name begins so: a broker with few files is the same for whoever comes next."""
    admin = AdminClient({"bootstrap.servers": brokers})
    names = [name for name in admin.list_topics(timeout=30).topics if prefix in name]
    if names:
        for future in admin.delete_topics(names).values():
            future.result(30)


def load(brokers: str, records: Iterable[Loaded]) -> int:
    """Write records as they are, and wait for all of them."""
    producer = Producer(
        {
            "bootstrap.servers": brokers,
            "enable.idempotence": True,
            "linger.ms": 20,
            "compression.type": "lz4",
            "queue.buffering.max.messages": 500_000,
        }
    )
    count = 0
    for count, (name, partition, key, value, timestamp, headers) in enumerate(records, 1):
        while True:
            try:
                producer.produce(name, value, key, partition, timestamp=timestamp, headers=headers)
                break
            except BufferError:
                producer.poll(0.1)
        if count % 1_000 == 0:
            producer.poll(0)
    assert producer.flush(120) == 0, "expected all records to be written within 120 s"
    return count


def placed(message: Message, prefix: str, timestamp_ms: int | None = None) -> Loaded:
    """Return a message of the simulator as a record: on its key's partition, a broadcast on 0."""
    key = message.key
    partition = 0
    if key is not None:
        found = _partitions.get(key)
        if found is None:
            found = _partitions[key] = partition_of(key.encode(), PARTITIONS)
        partition = found
    name = topic(prefix, message.topic_name)
    at_ms = message.timestamp_ms if timestamp_ms is None else timestamp_ms
    return name, partition, None if key is None else key.encode(), message.value, at_ms, list(message.headers)


def reader_of(brokers: str, names: Iterable[str], *, at_end: bool = False) -> Consumer:
    """Return a consumer of all partitions of these topics, without a group."""
    consumer = Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": "reader",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 100,
        }
    )
    places = [TopicPartition(name, number, 0) for name in names for number in range(PARTITIONS)]
    if at_end:
        for place in places:
            place.offset = consumer.get_watermark_offsets(place, timeout=30)[1]
    consumer.assign(places)
    return consumer


def messages_of(consumer: Consumer, deadline: float, alive: Callable[[], None]) -> Iterator[Any]:
    """Yield messages until the deadline (monotonic); `alive` raises if who writes them has died."""
    while True:
        found = consumer.consume(500, 0.2)
        yield from found
        if not found:
            alive()
            if time.monotonic() > deadline:
                raise TimeoutError("expected more records, received none in time")


def end_offsets(brokers: str, name: str) -> int:
    """Return how many records the topic's partitions hold together."""
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "reader"})
    try:
        ends = [
            consumer.get_watermark_offsets(TopicPartition(name, number), timeout=30)[1] for number in range(PARTITIONS)
        ]
    finally:
        consumer.close()
    return sum(ends)
