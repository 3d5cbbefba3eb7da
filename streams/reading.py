"""Reading whole partitions of a topic from first to last record, with kafka-python."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from streams.settings import Settings, kafka_python_arguments
from streams.topics import LEDGER_BYTES

_REACH_MS = 10_000
_SILENCE_MS = 30_000
"""A broker that gives nothing for so long, while there is more, is taken for gone."""


class TopicMissing(Exception):
    """A topic, or a partition of it, is not there; the text names it."""


@contextmanager
def consumer_of(settings: Settings) -> Iterator[Any]:
    """A consumer without a group that reads from the first record on; broker errors are raised within it."""
    consumer = KafkaConsumer(
        **kafka_python_arguments(settings),
        auto_offset_reset="none",
        enable_auto_commit=False,
        max_poll_records=5_000,
        max_partition_fetch_bytes=2 * LEDGER_BYTES,
        fetch_max_bytes=8 * LEDGER_BYTES,
        check_crcs=False,
        bootstrap_timeout_ms=_REACH_MS,
    )
    try:
        yield consumer
    finally:
        consumer.close()


def partitions_of(consumer: Any, topic: str) -> list[int]:
    """Return the numbers of a topic's partitions.

    Raises:
        TopicMissing: there is no such topic.
    """
    found = consumer.partitions_for_topic(topic)
    if not found:
        raise TopicMissing(f"expected topic {topic}, there is none")
    return sorted(found)


def bounds(consumer: Any, topic: str, partitions: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Return the first offset of each partition, and the one after its last record."""
    wanted = [TopicPartition(topic, number) for number in partitions]
    first, end = consumer.beginning_offsets(wanted), consumer.end_offsets(wanted)
    return {one.partition: (first[one], end[one]) for one in wanted}


def read_partition(consumer: Any, topic: str, partition: int, start: int, end: int) -> Iterator[list[Any]]:
    """Yield batches of consecutive records from `start` up to, not including, `end`."""
    where = TopicPartition(topic, partition)
    consumer.assign([where])
    consumer.seek(where, start)
    while consumer.position(where) < end:
        records = consumer.poll(timeout_ms=_SILENCE_MS).get(where, [])
        if not records and consumer.position(where) < end:
            raise KafkaError(f"{topic}/{partition}: expected records up to offset {end}, none came for 30 s")
        if records and records[-1].offset >= end:
            records = [record for record in records if record.offset < end]
        if records:
            yield records
