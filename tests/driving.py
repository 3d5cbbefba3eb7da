"""Drives the core over simulated facts without Kafka and keeps what each topic would hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from kafka import KafkaProducer

from projections.chain import Outcome
from projections.partition import Partition
from projections.store import MemoryRows
from schemas.partitioning import partition_of
from schemas.publication import Origin, publish_decision, publish_exposure, topic_of
from streams.message import Message

PREFIX = "credit"


@dataclass
class Stored:
    """A record as a consumer returns it."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]
    timestamp: int = 0


Log = dict[str, dict[int, list[Stored]]]
"""Records by topic (without prefix and version) and partition."""


@dataclass
class Drive:
    """A cluster in memory: every topic's records, and the partitions that write them."""

    partitions: int
    prefix: str = PREFIX
    log: Log = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    cores: list[Partition] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cores = [
            Partition(MemoryRows(), number, self.partitions, self.prefix) for number in range(self.partitions)
        ]

    def say(self, messages: Iterable[Message]) -> Drive:
        """Take messages in, one after the other, with everything that follows published at once."""
        for message in messages:
            for number, record in self._produced(message):
                self._round(number, message.topic_name, record)
        return self

    def _produced(self, message: Message) -> list[tuple[int, Stored]]:
        headers = list(message.headers)
        if message.topic_name != "control":
            key = (message.key or "").encode()
            number = partition_of(key, self.partitions)
            return [self._put(message.topic_name, number, key, message.value, headers, message.timestamp_ms)]
        number = len(self.log["control"][0])
        copied = [*headers, ("control_no", str(number).encode())]
        return [
            self._put("control", each, None, message.value, copied if each else headers, message.timestamp_ms)
            for each in range(self.partitions)
        ]

    def _put(
        self,
        name: str,
        number: int,
        key: bytes | None,
        value: bytes | None,
        headers: list[tuple[str, bytes]],
        timestamp_ms: int = 0,
    ) -> tuple[int, Stored]:
        records = self.log[name][number]
        records.append(Stored(len(records), key, value, headers, timestamp_ms))
        return number, records[-1]

    def _round(self, number: int, name: str, record: Stored) -> None:
        core = self.cores[number]
        outcomes = core.take(name, record, 0)
        outcomes += core.sweep(1_000, 0)
        for outcome in outcomes:
            self._put("ledger", number, outcome.key, outcome.value, [])
            self._publish(number, outcome)
        for exposure in core.exposures(record.timestamp):
            published = publish_exposure(exposure)
            self._put("exposures", number, published.key, published.value, published.headers)
        core.chain.published = core.chain.seq - 1
        core.commit()

    def _publish(self, number: int, outcome: Outcome) -> None:
        shared = (
            outcome.record_hash,
            outcome.account_id,
            outcome.effect,
            outcome.policy_id,
            outcome.at_ms,
            outcome.model_id,
        )
        origin = Origin(outcome.epoch, number, outcome.seq, *shared)
        for n, decision in enumerate(outcome.decisions):
            name = topic_of(decision, outcome.effect)
            if name == "deadletters":
                self._dead_letter(number, outcome, n)
            elif name is not None:
                published = publish_decision(decision, origin, n, name)
                self._put(name, number, published.key, published.value, published.headers)

    def _dead_letter(self, number: int, outcome: Outcome, n: int) -> None:
        source = outcome.source
        found = self.log[source.topic.split(".")[-2]][number][source.offset]
        letter = f"{source.topic}/{source.partition}/{source.offset}"
        place = f"{outcome.epoch}/{number}/{outcome.seq}/{n}"
        headers = [*found.headers, ("obligor_dead_letter", letter.encode()), ("obligor_ledger", place.encode())]
        self._put("deadletters", number, found.key, found.value, headers)


def upload(drive: Drive, bootstrap: str, prefix: str, *, names: Iterable[str] | None = None) -> None:
    """Write what the topics of a drive hold to a cluster that has them, empty."""
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=20, max_request_size=8_000_000)
    for name, partitions in drive.log.items():
        for number, records in partitions.items() if names is None or name in names else ():
            for one in records:
                at_ms = one.timestamp if name not in _STAMPED_BY_BROKER else None
                full_name = f"{prefix}.{name}.v1"
                producer.send(full_name, one.value, one.key, one.headers, number, at_ms)
    producer.flush()
    producer.close()


_STAMPED_BY_BROKER = ("ledger", "decisions", "alerts", "exposures", "deadletters")
