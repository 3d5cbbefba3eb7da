"""How far a cluster is, asked of the broker alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from schemas.partitioning import partition_of
from streams.message import Message
from streams.settings import Settings
from streams.topics import SOURCES, topic
from tests.faults.processes import Deadline

ASK_EVERY_SECONDS = 0.1
MARK = b"fact_unreadable_end_of_campaign"
LOOKED_BACK = 400
"""Marks are the youngest of all records, so they are at the end of the ledger but for what a second writer leaves."""


def marks(partitions: int, at_ms: int) -> list[Message]:
    """Return a last record for every partition of every topic: it is refused, so it leaves a trace for certain."""
    keys: dict[int, str] = {}
    for number in range(100 * partitions):
        keys.setdefault(partition_of(f"end-{number}".encode(), partitions), f"end-{number}")
    value = b'{"type":"%s","account_id":"%s"}'
    return [
        Message(name, key, value % (MARK, key.encode()), at_ms)
        for name in SOURCES
        if name != "control"
        for key in keys.values()
    ]


class Stuck(Exception):
    """Something did not happen in time; the text says what."""


class Progress:
    """Answers how much the ledger holds and whether everything was taken in."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Any = None

    def ledger_end(self) -> int:
        """Return how many records all ledger partitions hold together, void ones included."""
        return sum(self.ends("ledger").values())

    def ends(self, name: str) -> dict[int, int]:
        """Return the end of every partition of a topic."""
        full_name = topic(self._settings.topic_prefix, name)
        parts = [TopicPartition(full_name, number) for number in range(self._settings.partitions)]
        found = self._asked(lambda consumer: consumer.end_offsets(parts))
        return {part.partition: end for part, end in found.items()}

    def marks_in_ledger(self) -> int:
        """Return how many of the last marks the ledger's ends hold: what was sent before a mark was taken before it."""
        full_name = topic(self._settings.topic_prefix, "ledger")
        return sum(
            self._marks_in(TopicPartition(full_name, number), end) for number, end in self.ends("ledger").items()
        )

    def _marks_in(self, part: TopicPartition, end: int) -> int:
        def read(consumer: Any) -> int:
            consumer.assign([part])
            consumer.seek(part, max(0, end - LOOKED_BACK))
            found = set()
            while consumer.position(part) < end:
                for records in consumer.poll(timeout_ms=5_000).values():
                    found |= {record.value for record in records if MARK in (record.value or b"")}
            return len(found)

        return int(self._asked(read))

    def _asked(self, question: Callable[[Any], Any]) -> Any:
        """Ask again with a new client where the broker has gone away meanwhile."""
        deadline = Deadline(60)
        while True:
            try:
                if self._client is None:
                    self._client = KafkaConsumer(bootstrap_servers=self._settings.brokers, request_timeout_ms=15_000)
                return question(self._client)
            except KafkaError:
                self.close()
                if deadline.passed:
                    raise
                time.sleep(ASK_EVERY_SECONDS)

    def close(self) -> None:
        """Let go of the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None


def wait_until(
    what: str, is_so: Callable[[], bool], seconds: float, meanwhile: Callable[[], None] = lambda: None
) -> None:
    """Wait for a condition, doing `meanwhile` between looks.

    Raises:
        Stuck: the time is over.
    """
    deadline = Deadline(seconds)
    while not is_so():
        if deadline.passed:
            raise Stuck(f"expected {what} within {seconds:.0f} s")
        meanwhile()
        time.sleep(ASK_EVERY_SECONDS)
