"""Labels without a running system: from messages told to a core in memory, or from the ledgers of a running one.

What the core says is learned in the order in which the learner of a running system learns it, so that both end in the
same weights.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from projections.chain import Outcome
from projections.partition import Partition
from projections.store import MemoryRows
from schemas.decisions import AnyDecision, OrderAnswer, OrderReleased
from schemas.decisions_lateness import FOR_THE_LEARNER
from schemas.facts.control import PolicyAdopted
from schemas.ledger import decode_decisions
from schemas.policy import default_policy
from schemas.publication import Origin, publish_decision
from streams.chain import ChainWalk
from streams.label_intake import LabelIntake
from streams.lesson_order import DayComplete, Label, read_label
from streams.message import Message, message
from streams.message import Origin as Sender
from streams.reading import bounds, consumer_of, partitions_of, read_partition
from streams.settings import Settings
from streams.study import Study
from streams.topics import topic

_SWEPT_AT_ONCE = 1_000
_COMMIT_EVERY = 5_000
_SENDER = Sender("learn-command", "historical")

Said = tuple[int, Label | DayComplete]
"""A label and the partition that said it."""


class _Taken(Struct, frozen=True, gc=False):
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class CoreInMemory:
    """One partition that is told messages; remembers which orders it let go."""

    def __init__(self, late_after_days: int = 0) -> None:
        self._partition = Partition(MemoryRows(), 0, 1, "offline")
        self._offsets: Counter[str] = Counter()
        self._released: dict[str, bool] = {}
        self._told = 0
        if late_after_days:
            policy = msgspec.to_builtins(default_policy())
            policy["learning"]["late_after_days"] = late_after_days
            fact = PolicyAdopted(policy=policy, actor="learn", approved_by="command", reason="late after so many days")
            self.tell(message("control", fact, timestamp_ms=0, origin=_SENDER, fact_id="learning"))

    def may_leave(self, order_id: str) -> bool:
        """Return whether the last answer about an order lets it go."""
        return self._released.get(order_id, False)

    def tell(self, said: Message) -> list[Label | DayComplete]:
        """Let the core take a fact, with all that it brings about; return what it says to the learner."""
        name = said.topic_name
        key = None if said.key is None else said.key.encode()
        record = _Taken(self._offsets[name], said.timestamp_ms, key, said.value, said.headers)
        self._offsets[name] += 1
        outcomes = self._partition.take(name, record, 0)
        while swept := self._partition.sweep(_SWEPT_AT_ONCE, 0):
            outcomes.extend(swept)
        self._told += 1
        if self._told % _COMMIT_EVERY == 0:
            self._partition.exposures(0)
            self._partition.commit()
        return [label for outcome in outcomes for label in self._heard(outcome)]

    def _heard(self, outcome: Outcome) -> Iterator[Label | DayComplete]:
        for decision in outcome.decisions:
            if isinstance(decision, OrderAnswer):
                self._released[decision.order_id] = isinstance(decision, OrderReleased)
        shared = (outcome.record_hash, outcome.account_id, outcome.effect, outcome.policy_id, outcome.at_ms)
        yield from _labels(outcome.decisions, Origin(outcome.epoch, 0, outcome.seq, *shared))


def _labels(decisions: Iterable[AnyDecision], origin: Origin) -> Iterator[Label | DayComplete]:
    for n, decision in enumerate(decisions):
        if isinstance(decision, FOR_THE_LEARNER):
            value = publish_decision(decision, origin, n, "labels").value
            assert value is not None, "a decision is published with a value"
            yield read_label(value)


def labels_in_ledgers(settings: Settings, advance: Callable[[int, int], None]) -> Iterator[Said]:
    """Yield what the ledgers of a running system say to a learner, partition by partition.

    `advance` is told how many of how many records are read.

    Raises:
        TopicMissing: the topics were never created.
        KafkaError: the broker does not answer.
    """
    ledger = topic(settings.topic_prefix, "ledger")
    with consumer_of(settings) as consumer:
        places = bounds(consumer, ledger, partitions_of(consumer, ledger))
        total, done = sum(end - start for start, end in places.values()), 0
        for number, (start, end) in places.items():
            chain = ChainWalk(start)
            for records in read_partition(consumer, ledger, number, start, end):
                for record in records:
                    yield from ((number, label) for label in _in_record(chain, number, record))
                done += len(records)
                advance(done, total)


def _in_record(chain: ChainWalk, number: int, record: Any) -> Iterator[Label | DayComplete]:
    entry = chain.take(record.offset, record.value)
    if entry is None or not _may_have_labels(bytes(entry.decisions)):
        return
    shared = (chain.prev, entry.account_id, entry.effect, entry.policy_id, entry.at_ms)
    yield from _labels(decode_decisions(entry.decisions), Origin(entry.epoch, number, entry.seq, *shared))


def _may_have_labels(decisions: bytes) -> bool:
    return b"lateness_" in decisions or b"labels_complete" in decisions


def learned(labels: Iterable[Said], partitions: int = 1, *, all_over: bool = True) -> Study:
    """Learn labels as the learner of a running system does.

    With `all_over` every day is over after the last label; else the last day waits, as it does in a running system
    until the next one is closed.
    """
    study = Study()
    intake = study.intake(partitions)
    for partition, label in labels:
        intake.take(partition, label)
        if isinstance(label, DayComplete):
            _learn_days(study, intake)
    if all_over:
        intake.finish()
        _learn_days(study, intake)
    return study


def _learn_days(study: Study, intake: LabelIntake) -> None:
    while (day := intake.next_day()) is not None:
        study.write(day)
        study.learn(day)


def said_by(core: CoreInMemory, messages: Iterable[Message]) -> Iterator[Said]:
    """Yield what a core in memory says to a learner while it is told messages."""
    for each in messages:
        for label in core.tell(each):
            yield 0, label
