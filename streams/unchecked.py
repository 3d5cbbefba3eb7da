"""Reading out of the ledger which deliveries and invoices went out without having been checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time

from msgspec import Struct

from schemas.decisions import ShipmentUnchecked
from schemas.ledger import Entry, decode_decisions
from streams.chain import ChainWalk
from streams.reading import bounds, consumer_of, partitions_of, read_partition
from streams.settings import Settings
from streams.topics import LEDGER, topic

_MARK = b'"shipment_unchecked"'


class Unchecked(Struct, frozen=True, kw_only=True):
    """A delivery or an invoice that nobody had let go, as the ledger tells it; `order_id` is empty for none.

    `at_ms` is the fact's own time. `checkpoint` is where it should have been asked about.
    """

    partition: int
    seq: int
    at_ms: int
    account_id: str
    checkpoint: str
    document_id: str
    order_id: str
    amount_minor: int
    currency: str
    policy_id: str


class UncheckedWalk:
    """Takes the records of one ledger partition in log order and keeps what went out unchecked.

    Void records are skipped, and so is imported history: nobody could have asked about it.

    Args:
        number: the partition.
        since_ms: what happened before is left out.
    """

    def __init__(self, number: int, since_ms: int = 0) -> None:
        self.found: list[Unchecked] = []
        self._number = number
        self._since_ms = since_ms
        self._chain = ChainWalk()

    def feed(self, offset: int, value: bytes | None) -> None:
        """Take the next record of the log."""
        entry = self._chain.take(offset, value)
        if entry is None or entry.effect == "historical" or entry.at_ms < self._since_ms:
            return
        if _MARK in bytes(entry.decisions):
            self.found.extend(self._told(entry))

    def _told(self, entry: Entry) -> Iterator[Unchecked]:
        for decision in decode_decisions(entry.decisions):
            if isinstance(decision, ShipmentUnchecked):
                yield Unchecked(
                    partition=self._number,
                    seq=entry.seq,
                    at_ms=entry.at_ms,
                    account_id=entry.account_id or "",
                    checkpoint=decision.checkpoint,
                    document_id=decision.document_id,
                    order_id=decision.order_id,
                    amount_minor=decision.amount_minor,
                    currency=decision.currency,
                    policy_id=entry.policy_id,
                )


def start_of(day: date) -> int:
    """Return the first millisecond of a day, UTC.

    >>> start_of(date(2025, 3, 3))
    1740960000000
    """
    return int(datetime.combine(day, time(), UTC).timestamp()) * 1_000


def read_unchecked(
    settings: Settings,
    since: date | None = None,
    *,
    begin: Callable[[int], None] = lambda _: None,
    advance: Callable[[int], None] = lambda _: None,
) -> list[Unchecked]:
    """Return what went out unchecked since a day, by time; the ledger is read as far as it reaches when this begins.

    Raises:
        TopicMissing: there is no ledger.
        KafkaError: the cluster does not answer.
    """
    name = topic(settings.topic_prefix, LEDGER)
    found: list[Unchecked] = []
    with consumer_of(settings) as consumer:
        ends = bounds(consumer, name, partitions_of(consumer, name))
        begin(sum(end - start for start, end in ends.values()))
        for number, (start, end) in ends.items():
            walk = UncheckedWalk(number, 0 if since is None else start_of(since))
            for records in read_partition(consumer, name, number, start, end):
                for record in records:
                    walk.feed(record.offset, record.value)
                advance(len(records))
            found.extend(walk.found)
    return sorted(found, key=lambda one: (one.at_ms, one.partition, one.seq))
