"""An order system beside Obligor: it knows Kafka (kafka-python) and the published messages, nothing else."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from schemas.partitioning import partition_of
from streams.settings import Settings
from tests.builders import Said, account_opened, limit_set
from tests.faults.progress import Stuck, wait_until

SECONDS = 30.0


class OrderSystem:
    """Says facts and reads what comes of them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._producer = KafkaProducer(
            bootstrap_servers=settings.brokers, acks="all", linger_ms=5, max_request_size=4_000_000
        )
        self._consumer = new_consumer(settings.brokers)

    def topic(self, name: str) -> str:
        """Return a topic's full name."""
        return f"{self.settings.topic_prefix}.{name}.v1"

    def partition(self, account_id: str) -> int:
        """Return the partition of an account."""
        return partition_of(account_id.encode(), self.settings.partitions)

    def say(self, *facts: Said) -> None:
        """Send facts, keyed by account, stamped now, and wait until they are acknowledged."""
        sent = []
        for fact in facts:
            headers = [(name, text.encode()) for name, text in fact.headers.items()]
            place = {"partition": 0} if fact.topic == "control" else {"key": fact.key.encode()}
            sent.append(self._producer.send(self.topic(fact.topic), fact.bytes(), headers=headers, **place))
        for future in sent:
            future.get(timeout=SECONDS)

    def open(self, limits_minor: dict[str, int]) -> None:
        """Open accounts and give them limits, and wait until both are known: topics may cross by milliseconds."""
        self.say(*[account_opened(account_id=name) for name in limits_minor])
        self.say(*[limit_set(limit_minor, account_id=name) for name, limit_minor in limits_minor.items()])
        wait_until("the limits to be known", lambda: self._limits().items() >= limits_minor.items(), SECONDS)

    def _limits(self) -> dict[str, int]:
        return {name: told.get("limit_minor") for name, told in self.exposures().items()}

    def put(
        self,
        name: str,
        value: bytes | None,
        key: bytes | None = None,
        headers: Iterable[tuple[str, bytes]] = (),
        partition: int | None = None,
    ) -> str:
        """Put any bytes anywhere; return `topic/partition/offset`."""
        sent = self._producer.send(self.topic(name), value, key, list(headers), partition)
        found = sent.get(timeout=SECONDS)
        return f"{found.topic}/{found.partition}/{found.offset}"

    def records(self, name: str, partition: int | None = None) -> list[Any]:
        """Return all records that a topic holds now, partition by partition."""
        count = 1 if name in ("lessons", "models", "checkpoints", "webhooks") else self.settings.partitions
        numbers = range(count) if partition is None else [partition]
        places = [TopicPartition(self.topic(name), number) for number in numbers]
        return read_all(self._consumer, places)

    def decisions(self, name: str = "decisions") -> list[dict[str, Any]]:
        """Return what was published, once each, as a reader takes it: only what is above all it has seen."""
        highest: dict[int, tuple[int, int, int]] = {}
        found = []
        for record in self.records(name):
            told = json.loads(record.value)
            place = (told["ledger"]["epoch"], told["ledger"]["seq"], told["ledger"]["n"])
            if place > highest.get(record.partition, (-1, -1, -1)):
                highest[record.partition] = place
                found.append(told)
        return found

    def answers(self) -> dict[str, str]:
        """Return the type of the last decision on each order."""
        return {told["order_id"]: told["type"] for told in self.decisions() if "order_id" in told}

    def wait_for_answers(self, wanted: dict[str, str], seconds: float = SECONDS) -> None:
        """Wait until the last decisions on orders are these."""
        try:
            wait_until(f"answers {wanted}", lambda: wanted.items() <= self.answers().items(), seconds)
        except Stuck as stuck:
            raise Stuck(f"{stuck}, received {self.answers()}") from stuck

    def exposures(self) -> dict[str, dict[str, Any]]:
        """Return each account's newest exposure."""
        return {told["account_id"]: told for told in (json.loads(record.value) for record in self.records("exposures"))}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._producer.close(timeout=5)
        self._consumer.close(autocommit=False)


def new_consumer(brokers: str) -> Any:
    """Return a consumer that is of no group and is told what to read."""
    return KafkaConsumer(
        bootstrap_servers=brokers,
        enable_auto_commit=False,
        max_partition_fetch_bytes=16 << 20,
        fetch_max_bytes=64 << 20,
        fetch_max_wait_ms=50,
    )


def read_all(consumer: Any, places: list[TopicPartition]) -> list[Any]:
    """Return every record of these partitions from their beginnings to their ends as they are now."""
    ends = consumer.end_offsets(places)
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    found: dict[TopicPartition, list[Any]] = {place: [] for place in places}
    until = time.monotonic() + SECONDS
    while any(consumer.position(place) < ends[place] for place in places):
        assert time.monotonic() < until, f"expected the records of {places} within {SECONDS} s"
        for place, records in consumer.poll(timeout_ms=200, max_records=50_000).items():
            found[place] += [record for record in records if record.offset < ends[place]]
    return [record for place in places for record in found[place]]
