"""One partition as a worker holds it: what waits, what is taken in a round, what is to be appended and published.

Sans-I/O: it is handed batches and clocks and hands out ledger records and outputs; the rounds do the rest.
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, date, datetime, timedelta
from typing import Any

from msgspec import Struct

from projections.chain import Outcome
from projections.partition import Partition
from schemas.codec import Unreadable
from schemas.decisions import FactRejected
from schemas.publication import (
    Origin,
    Published,
    publish_dead_letter,
    publish_decision,
    publish_exposure,
    topic_of,
)
from schemas.signature import SIGNED_TOPICS, Verifier, place_of
from streams.merge import Merge, Offered
from streams.publisher import Outbox, Pending
from streams.states import StateRows
from streams.topics import SOURCES

MERGE_ORDER = ("dossiers", "desk", "orders", "invoices", "payments", "bureau", "control")
"""At equal timestamps accounts come before what people decide, documents before money, and the day closes last."""
SWEEPS_PER_ROUND = 200
EXPOSURES_EVERY_S = 2.0
"""So often exposures are published where more waits than a round takes; else with every round."""


class Held(Struct):
    """A batch that Faust delivered: acknowledged when the position has passed it."""

    last_offset: int
    event: Any


class Taken(Struct):
    """What a round took from one partition.

    `refused` holds the raw records of refused ones by seq; `count` how many records were taken, repeats included.
    """

    outcomes: list[Outcome]
    refused: dict[int, Any]
    count: int = 0


class Seat:
    """An open partition of a worker.

    `ledger_end` is where the next append must land, `unwritten` how many of its records the state on disk lacks,
    `written_at_s` and `exposed_at_s` when (monotonic) state and exposures went out last. `control_no` is the number of
    the last broadcast that was delivered here, `checked_until_ms` up to which record time it is known that no broadcast
    is missing.
    """

    def __init__(
        self,
        partition: Partition,
        rows: StateRows,
        ledger_end: int,
        max_idle_ms: int,
        verifier: Verifier | None = None,
    ) -> None:
        assert set(MERGE_ORDER) == set(SOURCES), "every source topic is merged"
        self.partition = partition
        self.rows = rows
        self.number = partition.context.partition
        self.ledger_end = ledger_end
        self.outbox = Outbox()
        self.merge = Merge(MERGE_ORDER, max_idle_ms)
        self.merge.catching_up = True
        self.merge.reset({name: offset + 1 for name, offset in partition.chain.positions.items()})
        self.control_no = partition.context.control_no
        self.is_busy = False
        self.is_holding = False
        self.is_closed = False
        self.since_checkpoint = 0
        self.unwritten = 0
        self.written_at_s = 0.0
        self.exposed_at_s = 0.0
        self._told = (partition.chain.published, partition.chain.published_offset)
        self._at_ms = 0
        self._held: dict[str, deque[Held]] = {name: deque() for name in SOURCES}
        self._verifier = verifier
        self.is_unchecked = True
        self.is_unsettled = False

    def offer(self, name: str, batch: Any, event: Any, now_ms: int, high_watermark: int | None) -> Offered:
        """Take in a delivered batch; the event is acknowledged later, or by the caller if it has to be read again."""
        offered = self.merge.offer(
            name,
            batch,
            now_ms,
            from_offset=batch.from_offset,
            next_offset=batch.next_offset,
            size_bytes=batch.size_bytes,
        )
        if high_watermark is not None:
            self.merge.known_end(name, max(high_watermark, batch.next_offset))
        if name == "control":
            self._note_control(batch)
        if offered.seek_to is None:
            self._held[name].append(Held(batch.next_offset - 1, event))
            self.is_unchecked = True
            self.is_unsettled |= name == "control" and bool(batch)
        return offered

    def _note_control(self, batch: Any) -> None:
        for record in batch:
            if self.number == 0:
                self.control_no = max(self.control_no, record.offset)
            elif self._doubt("control", record) is None:
                self.control_no = max(self.control_no, number_in(record.headers))

    def _doubt(self, name: str, record: Any) -> Unreadable | None:
        """Return why a record is not believed; the core is told, and never sees a key."""
        if self._verifier is None:
            return None
        full_name = f"{self.partition.prefix}.{name}.v1"
        return self._verifier.doubt(place_of(name, full_name, self.number), record)

    def expects_control(self, control_end: int) -> None:
        """Wait for broadcasts that are in partition 0 already and have not come here, themselves or as copies."""
        if self.number == 0:
            self.is_holding = self.merge.wanted("control") < control_end
        else:
            self.is_holding = self.control_no < control_end - 1
        self.merge.hold_for("control", self.is_holding)

    def expects_facts(self, ends: dict[str, int]) -> None:
        """Wait for what was in the sources before a broadcast came: a day is not closed before its last facts."""
        for name, end in ends.items():
            self.merge.known_end(name, max(end, self.merge.wanted(name)))
        self.merge.catching_up = True

    def begin_check(self) -> None:
        """What comes from now on is checked again: the answer that is asked for may be older."""
        self.is_unchecked = self.is_unsettled = False

    def needs_check(self) -> bool:
        """Return whether something came that must not be taken before the ends of sources were asked for."""
        return self.is_unsettled or (self.is_unchecked and self._is_beyond_today())

    def wants_control_checked(self) -> bool:
        """Return whether records wait that may lie beyond a day whose closing has not come here yet."""
        return bool(self.merge.buffered) and (self.is_holding or (self.is_unchecked and self._is_beyond_today()))

    def _is_beyond_today(self) -> bool:
        tomorrow = self.partition.context.tomorrow
        newest_ms = self.merge.newest_ms()
        if tomorrow is None:
            return True
        end = datetime.combine(date.fromisoformat(tomorrow) + timedelta(days=1), datetime.min.time(), UTC)
        return newest_ms >= end.timestamp() * 1000

    def has_work(self) -> bool:
        """Return whether a round might find something here; not if it was closed while the round was prepared."""
        return not (self.is_busy or self.is_closed) and self._has_something()

    def _has_something(self) -> bool:
        return bool(self.merge.buffered or self.partition.context.sweeps) and not self.needs_check()

    def take(self, limit: int, now_ms: int, recorded_at_ms: int) -> Taken:
        """Take records and sweeps, a bounded number of each."""
        if self.merge.catching_up and not self.is_holding and self.merge.is_at_end():
            self.merge.catching_up = False
        self.merge.catching_up |= self.is_holding
        taken = Taken([], {})
        for name, record in self.merge.take(limit, now_ms):
            taken.count += 1
            doubt = self._doubt(name, record) if name in SIGNED_TOPICS else None
            for outcome in self.partition.take(name, record, recorded_at_ms, doubt):
                taken.outcomes.append(outcome)
                if outcome.decisions and isinstance(outcome.decisions[0], FactRejected):
                    taken.refused[outcome.seq] = record
        taken.outcomes.extend(self.partition.sweep(SWEEPS_PER_ROUND, recorded_at_ms))
        return taken

    def owes_exposures(self) -> bool:
        """Return whether accounts changed whose exposures were not published since."""
        return bool(self.partition.touched)

    def outputs(self, taken: Taken, now_s: float) -> list[Published]:
        """Return what a round publishes, in ledger order; exposures once for each account.

        While more waits than a round takes, exposures that the next round changes again are not published.
        """
        outputs: list[Published] = []
        for outcome in taken.outcomes:
            if outcome.decisions:
                self._publish(outcome, taken.refused.get(outcome.seq), outputs)
        if taken.outcomes:
            self._at_ms = taken.outcomes[-1].at_ms
        is_behind = taken.count > 0 and self.merge.buffered > 0
        if not is_behind or now_s >= self.exposed_at_s + EXPOSURES_EVERY_S:
            self.exposed_at_s = now_s
            outputs.extend([publish_exposure(exposure) for exposure in self.partition.exposures(self._at_ms)])
        return outputs

    def write(self, now_s: float) -> None:
        """Write the state as of the last record taken; the ledger must hold it."""
        self.partition.commit()
        self.unwritten = 0
        self.written_at_s = now_s

    def _publish(self, outcome: Outcome, refused: Any, outputs: list[Published]) -> None:
        origin = Origin(
            outcome.epoch,
            self.number,
            outcome.seq,
            outcome.record_hash,
            outcome.account_id,
            outcome.effect,
            outcome.policy_id,
            outcome.at_ms,
            outcome.model_id,
        )
        for n, decision in enumerate(outcome.decisions):
            name = topic_of(decision, outcome.effect)
            if isinstance(decision, FactRejected) and name is not None:
                outputs.append(publish_dead_letter(decision, origin, n, outcome.source, refused))
            elif name is not None:
                outputs.append(publish_decision(decision, origin, n, name))

    def appended(self, ledger_end: int) -> None:
        """Note that the ledger holds everything taken so far, and what is published of it."""
        self.ledger_end = ledger_end
        self.partition.chain.next_offset = ledger_end
        self.note_published()

    def note_published(self) -> None:
        """Bring `published` in line with the acknowledgements that have come."""
        acknowledged = self.outbox.acknowledged()
        if acknowledged is not None:
            self.partition.chain.published, self.partition.chain.published_offset = acknowledged

    def sent(self, futures: list[Any]) -> None:
        """Note that the outputs of everything appended are on their way, but for exposures that are still owed."""
        chain = self.partition.chain
        if not self.owes_exposures():
            self._told = (chain.seq - 1, chain.next_offset)
        self.outbox.add(Pending(*self._told, futures))

    def acknowledge(self) -> None:
        """Acknowledge the batches that the positions have passed."""
        for name, held in self._held.items():
            position = self.merge.wanted(name) - 1
            buffered = self.merge.oldest_buffered(name)
            passed = position if buffered is None else buffered - 1
            while held and held[0].last_offset <= passed:
                held.popleft().event.ack()

    def let_go(self) -> None:
        """Acknowledge everything held: its records are read again by whoever opens the partition next."""
        for held in self._held.values():
            while held:
                held.popleft().event.ack()


def number_in(headers: Any) -> int:
    """Return the number of a broadcast's copy, -1 where there is none."""
    for name, value in headers:
        if name == "control_no" and value is not None and value.isdigit():
            return int(value)
    return -1
