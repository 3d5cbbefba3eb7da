"""Reading one account's dossier, and its history, out of the ledger: its own records and those about all accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from projections.dossier_history import Change, differences, fields_of
from projections.dossier_view import View, view_of
from projections.partition import Partition
from projections.store import MemoryRows
from schemas.ledger import Entry
from schemas.partitioning import partition_of
from streams.audit import source_text
from streams.chain import ChainWalk
from streams.reading import bounds, consumer_of, partitions_of, read_partition
from streams.settings import Settings
from streams.topics import LEDGER, topic

_TELL_EVERY = 1_000


class Moment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one ledger record changed of one field, when, by which fact and by whom.

    `at_ms` is the fact's own time, `recorded_at_ms` when it was put into the ledger; `source` is
    topic/partition/offset/index.
    """

    partition: int
    seq: int
    at_ms: int
    recorded_at_ms: int
    source: str
    fact: str
    actor: str | None = None
    reason: str | None = None
    ce_source: str = ""
    field: str
    old: Any
    new: Any


class DossierFold:
    """Takes the records of one ledger partition in log order and keeps the state of one account.

    Args:
        number: the partition.
        partitions: how many there are.
        prefix: what topic names start with.
        account_id: whose dossier it is.
        with_history: note every change of every field too.
        until_ms: what is known at this time of the facts: the log up to the first record that is of a later one.
    """

    def __init__(
        self,
        number: int,
        partitions: int,
        prefix: str,
        account_id: str,
        *,
        with_history: bool = False,
        until_ms: int | None = None,
    ) -> None:
        self.account_id = account_id
        self.is_over = False
        self._until_ms = until_ms
        self.history: list[Moment] = []
        self._partition = Partition(MemoryRows(), number, partitions, prefix)
        self._chain = ChainWalk()
        self._with_history = with_history
        self._fields: dict[str, Any] = {}
        self._at_ms = 0

    def feed(self, offset: int, value: bytes | None) -> None:
        """Take the next record of the log; void ones, and those of other accounts, leave no trace."""
        entry = self._chain.take(offset, value)
        if entry is None or value is None or self.is_over:
            return
        if self._until_ms is not None and entry.at_ms > self._until_ms:
            self.is_over = True
            return
        if entry.account_id is not None and entry.account_id != self.account_id:
            self._partition.pass_over(entry, value)
            return
        self._partition.replay(entry, value)
        self._at_ms = max(self._at_ms, entry.at_ms)
        if entry.account_id is not None and self._with_history:
            self._note(entry)

    def _note(self, entry: Entry) -> None:
        fields = fields_of(self._partition, self.account_id)
        changes = differences(self._fields, fields)
        self._fields = fields
        if changes:
            self.history += [_moment(entry, self._partition.context.partition, change) for change in changes]

    def view(self) -> View | None:
        """Return the dossier as it stands after the last record, or None if no fact named the account."""
        return view_of(self._partition, self.account_id, self._at_ms)


def _moment(entry: Entry, partition: int, change: Change) -> Moment:
    said = msgspec.json.decode(entry.fact)
    fact = said if isinstance(said, dict) else {}
    return Moment(
        partition=partition,
        seq=entry.seq,
        at_ms=entry.at_ms,
        recorded_at_ms=entry.recorded_at_ms,
        source=source_text(entry),
        fact=str(fact.get("type", "")),
        actor=fact.get("actor"),
        reason=fact.get("reason"),
        ce_source=entry.ce_source,
        field=change.field,
        old=change.old,
        new=change.new,
    )


def is_within(moment: Moment, fields: tuple[str, ...]) -> bool:
    """Return whether a change is one of these fields, or of what is inside them; without any, all are."""
    return not fields or any(moment.field == name or moment.field.startswith(f"{name}.") for name in fields)


def read_dossier(
    settings: Settings,
    account_id: str,
    *,
    with_history: bool = False,
    until_ms: int | None = None,
    begin: Callable[[int], None] | None = None,
    advance: Callable[[int], None] | None = None,
) -> DossierFold:
    """Fold the ledger partition that an account is in, up to `until_ms`; `begin` is told how many records there are.

    Raises:
        TopicMissing: there is no ledger.
        KafkaError: the cluster does not answer.
    """
    name = topic(settings.topic_prefix, LEDGER)
    with consumer_of(settings) as consumer:
        partitions = len(partitions_of(consumer, name))
        number = partition_of(account_id.encode(), partitions)
        fold = DossierFold(
            number, partitions, settings.topic_prefix, account_id, with_history=with_history, until_ms=until_ms
        )
        start, end = bounds(consumer, name, [number])[number]
        if begin is not None:
            begin(end - start)
        for records in _some(read_partition(consumer, name, number, start, end)):
            for record in records:
                fold.feed(record.offset, record.value)
            if fold.is_over:
                break
            if advance is not None:
                advance(len(records))
    return fold


def _some(batches: Iterator[list[Any]]) -> Iterator[list[Any]]:
    for records in batches:
        for first in range(0, len(records), _TELL_EVERY):
            yield records[first : first + _TELL_EVERY]
