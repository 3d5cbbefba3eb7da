"""One partition of the ledger as a pure fold: records in, ledger records out; ledger records in, state back.

`take` and `sweep` decide and write, `replay` evolves what was recorded, `rederive` decides again and compares. All
three work on the same book, so whoever holds a Partition needs no other knowledge of the core.
"""

from __future__ import annotations

import hashlib
from collections import deque
from typing import Any

import msgspec
from msgspec import Raw

from projections.arrivals import (
    arrival_in,
    control_number,
    is_empty_copy,
    read_arrival,
    without_number,
    wrong_partition,
)
from projections.book import Book
from projections.chain import CHAIN_KEY, Chain, Divergence, Outcome, Record
from projections.context import CONTEXT_KEY, Context, Sweep, decode_context, encode_context, new_context
from projections.exposures import exposure_of
from projections.layout import LAYOUT_KEY, layout
from projections.model_alerts import apply_model_alerts
from projections.rows import Account
from projections.step import Arrival, evolve, fact_id, is_repeated_broadcast, note_broadcast, step
from projections.store import Changes, Rows
from projections.sweep import (
    accounts_to_sweep,
    evolve_broadcast,
    evolve_sweep,
    needs_sweep,
    step_broadcast,
    step_sweep,
)
from schemas.codec import NOT_EMBEDDED, Unreadable
from schemas.decisions import AnyDecision, FactRejected, NotYetActedOn
from schemas.facts import FACTS_BY_TOPIC, Broadcast
from schemas.ledger import (
    CORE,
    NOTHING,
    AccountSwept,
    Entry,
    LossAccepted,
    Source,
    decode_decisions,
    decode_internal,
    digest,
    encode_decisions,
    encode_entry,
    encode_internal,
    is_refusal,
)
from schemas.publication import Exposure


class Partition:
    """A ledger partition and the state that follows from it.

    Args:
        rows: the stored state; empty or as left by an earlier Partition.
        number: the partition's number, the same in all topics.
        partitions: how many there are.
        prefix: what topic names start with, such as `credit`.
    """

    def __init__(self, rows: Rows, number: int, partitions: int, prefix: str) -> None:
        self.rows = rows
        self.prefix = prefix
        self._full_names = {topic: f"{prefix}.{topic}.v1" for topic in FACTS_BY_TOPIC}
        self.book = Book(rows)
        stored = rows.get(CONTEXT_KEY)
        self.context: Context = new_context(number, partitions) if stored is None else decode_context(stored)
        chain = rows.get(CHAIN_KEY)
        self.chain: Chain = Chain() if chain is None else msgspec.msgpack.decode(chain, type=Chain)
        self.touched: dict[str, int] = {}
        self._todo: deque[str] | None = None

    def take(self, topic: str, record: Record, recorded_at_ms: int, doubt: Unreadable | None = None) -> list[Outcome]:
        """Take a record in; return the ledger records it makes: none for a repeat, sweeps due before it first.

        `doubt` is the shell's verdict on a signature: why the record is not believed. The ledger keeps it, so that
        nobody needs the key to derive the same again.
        """
        source = Source(self._full_names[topic], self.context.partition, record.offset, 0)
        arrival = read_arrival(topic, record, source, doubt)
        outcomes: list[Outcome] = []
        if doubt is None and is_empty_copy(arrival):
            self.chain.positions[topic] = record.offset
            self.context.control_no = max(self.context.control_no, arrival.envelope.control_no or 0)
            return outcomes
        if topic == "control":
            self._finish_sweeps(outcomes, recorded_at_ms)
            decisions = self._broadcast(arrival)
        else:
            arrival = wrong_partition(arrival, self.book, self.context)
            if arrival.account_id is not None:
                self._sweep_first(arrival.account_id, outcomes, recorded_at_ms)
            decisions = step(self.book, self.context, arrival)
        self.chain.positions[topic] = record.offset
        if decisions is not None:
            outcomes.append(self._write(arrival, decisions, recorded_at_ms))
        return outcomes

    def _broadcast(self, arrival: Arrival) -> list[AnyDecision] | None:
        number = control_number(arrival)
        if isinstance(arrival.fact, Unreadable) or number is None:
            return step(self.book, self.context, without_number(arrival))
        assert isinstance(arrival.fact, Broadcast), f"{arrival.dead_letter} is no broadcast"
        if number > self.context.control_no and is_repeated_broadcast(self.book, arrival):
            self.context.control_no = number
            return None
        effect = arrival.envelope.effect
        args = (self.book, self.context, arrival.fact, number, arrival.source, self.chain.seq, effect, arrival.at_ms)
        decisions = step_broadcast(*args)
        if decisions is not None:
            note_broadcast(self.book, arrival)
        if decisions and isinstance(decisions[0], FactRejected):
            refused = msgspec.structs.replace(decisions[0], digest=arrival.digest or digest(arrival.value))
            return [refused, *decisions[1:]]
        return decisions

    def _write(self, arrival: Arrival, decisions: list[AnyDecision], recorded_at_ms: int) -> Outcome:
        envelope = arrival.envelope
        unreadable = type(arrival.fact) is Unreadable and arrival.fact.code in NOT_EMBEDDED
        return self._append(
            decisions,
            at_ms=arrival.at_ms,
            recorded_at_ms=recorded_at_ms,
            effect=envelope.effect,
            source=arrival.source,
            account_id=arrival.account_id,
            fact=NOTHING if unreadable else Raw(arrival.value),
            fact_id=fact_id(arrival),
            ce_source=envelope.ce_source,
            ce_id=envelope.ce_id,
            redrives=envelope.redrives,
            control_no=envelope.control_no,
            signature=envelope.signature,
        )

    def _append(self, decisions: list[AnyDecision], **said: Any) -> Outcome:
        """Write a record; `said` are the fields of its entry that do not follow from chain, context and decisions."""
        chain, context = self.chain, self.context
        entry = Entry(
            epoch=chain.epoch,
            seq=chain.seq,
            decisions=encode_decisions(decisions),
            policy_id=context.policy_id,
            model_id=context.model_id,
            core=CORE,
            published=chain.published,
            prev=chain.prev,
            **said,
        )
        account_id = entry.account_id
        value = encode_entry(entry)
        record_hash = hashlib.sha256(value).hexdigest()
        key = None if account_id is None else account_id.encode()
        self._note_touched(account_id)
        outcome = Outcome(
            chain.seq,
            key,
            value,
            record_hash,
            account_id,
            entry.effect,
            entry.at_ms,
            entry.policy_id,
            chain.epoch,
            decisions,
            entry.source,
            entry.model_id,
        )
        chain.seq += 1
        chain.prev = record_hash
        return outcome

    def _note_touched(self, account_id: str | None) -> None:
        account = None if account_id is None else self.book.account(account_id)
        if account is not None:
            account.seq = self.chain.seq
            self.touched.pop(account.account_id, None)
            self.touched[account.account_id] = self.chain.seq

    def sweep(self, limit: int, recorded_at_ms: int) -> list[Outcome]:
        """Take at most so many accounts through the sweeps that are open; return their ledger records."""
        outcomes: list[Outcome] = []
        while self.context.sweeps and len(outcomes) < limit:
            sweep = self.context.sweeps[0]
            if sweep.kind == "more":
                self._sweep_account(sweep, sweep.after, outcomes, recorded_at_ms)
                continue
            if self._todo is None:
                self._todo = deque(accounts_to_sweep(self.book, self.context, sweep))
            if not self._todo:
                self.context.sweeps.remove(sweep)
                self._todo = None
                continue
            account_id = self._todo.popleft()
            account = self.book.account(account_id)
            if account is not None and needs_sweep(self.book, self.context, account):
                self._sweep_account(sweep, account_id, outcomes, recorded_at_ms)
        return outcomes

    def _finish_sweeps(self, outcomes: list[Outcome], recorded_at_ms: int) -> None:
        while self.context.sweeps:
            outcomes.extend(self.sweep(1_000, recorded_at_ms))

    def _sweep_first(self, account_id: str, outcomes: list[Outcome], recorded_at_ms: int) -> None:
        if not self.context.sweeps:
            return
        account = self.book.account(account_id)
        sweep = next((found for found in self.context.sweeps if found.kind != "more"), None)
        if account is not None and sweep is not None and needs_sweep(self.book, self.context, account):
            self._sweep_account(sweep, account_id, outcomes, recorded_at_ms)
        while more := self._more_of(account_id):
            self._sweep_account(more, account_id, outcomes, recorded_at_ms)

    def _more_of(self, account_id: str) -> Sweep | None:
        return next(
            (found for found in self.context.sweeps if found.kind == "more" and found.after == account_id), None
        )

    def _sweep_account(self, sweep: Sweep, account_id: str, outcomes: list[Outcome], recorded_at_ms: int) -> None:
        account = self._account(account_id)
        decisions = step_sweep(self.book, self.context, sweep, account)
        swept = AccountSwept(account_id=account_id, sweep=sweep.kind, of_seq=sweep.of_seq)
        outcomes.append(
            self._append(
                decisions,
                at_ms=sweep.at_ms,
                recorded_at_ms=recorded_at_ms,
                effect=sweep.effect,
                source=msgspec.structs.replace(sweep.source, index=sweep.index),
                account_id=account_id,
                fact=encode_internal(swept),
                fact_id="",
            )
        )

    def _account(self, account_id: str) -> Account:
        account = self.book.account(account_id)
        assert account is not None, f"account {account_id!r} is to be swept and has no row"
        return account

    def accept_loss(self, loss: LossAccepted, at_ms: int) -> Outcome:
        """Open a new epoch: sources go on from the positions it names."""
        self.chain.epoch += 1
        self.chain.positions = dict(loss.positions)
        self.chain.topic_ids = {}
        return self._append(
            [],
            at_ms=at_ms,
            recorded_at_ms=at_ms,
            effect="binding",
            source=Source("", self.context.partition, -1, 0),
            account_id=None,
            fact=encode_internal(loss),
            fact_id="",
        )

    def replay(self, entry: Entry, value: bytes) -> list[AnyDecision]:
        """Apply a ledger record that is the next of the chain, and return its decisions; nothing is decided."""
        assert entry.seq == self.chain.seq, f"expected ledger seq {self.chain.seq}, received {entry.seq}"
        decisions = decode_decisions(entry.decisions)
        topic = self._short(entry.source.topic)
        if not topic:
            self._new_epoch(entry)
        elif entry.source.index:
            self._replay_sweep(entry, decisions)
        else:
            self._replay_fact(topic, entry, decisions)
        self._note_touched(entry.account_id)
        self.chain.seq += 1
        self.chain.prev = hashlib.sha256(value).hexdigest()
        self.chain.published = max(self.chain.published, entry.published)
        return decisions

    def pass_over(self, entry: Entry, value: bytes) -> None:
        """Go past the next ledger record without its effect: one of an account whose state nobody asks for."""
        assert entry.seq == self.chain.seq, f"expected ledger seq {self.chain.seq}, received {entry.seq}"
        assert entry.account_id is not None, f"ledger seq {entry.seq} is about all accounts"
        self.chain.seq += 1
        self.chain.prev = hashlib.sha256(value).hexdigest()

    def _short(self, topic: str) -> str:
        return topic[len(self.prefix) + 1 : -3]

    def _new_epoch(self, entry: Entry) -> None:
        loss = decode_internal(entry.fact)
        assert isinstance(loss, LossAccepted), f"ledger seq {entry.seq} has no source and accepts no loss"
        self.chain.epoch = entry.epoch
        self.chain.positions = dict(loss.positions)
        self.chain.topic_ids = {}  # a topic may have been created anew: that is what was accepted

    def _replay_fact(self, topic: str, entry: Entry, decisions: list[AnyDecision]) -> None:
        self.chain.positions[topic] = entry.source.offset
        arrival = arrival_in(entry, topic, decisions)
        if topic != "control":
            evolve(self.book, self.context, arrival, decisions)
            return
        number = control_number(arrival)
        if number is None or not isinstance(arrival.fact, Broadcast):
            return
        rejected = bool(decisions) and isinstance(decisions[0], FactRejected)
        if not rejected:
            self._close_open_sweeps()
        if rejected or any(isinstance(decision, NotYetActedOn) for decision in decisions):
            self.context.control_no = number  # the version that took it in refused it, or knew no effect of it
        else:
            args = (arrival.fact, number, entry.source, entry.seq, entry.effect, entry.at_ms)
            evolve_broadcast(self.book, self.context, *args)
        apply_model_alerts(self.context, decisions)
        note_broadcast(self.book, arrival)

    def _close_open_sweeps(self) -> None:
        """The writer had finished them: it takes no broadcast before."""
        self.context.sweeps.clear()
        self._todo = None

    def _replay_sweep(self, entry: Entry, decisions: list[AnyDecision]) -> None:
        swept = decode_internal(entry.fact)
        assert isinstance(swept, AccountSwept), f"ledger seq {entry.seq} is no sweep record"
        sweep = self._open_sweep(entry, swept)
        evolve_sweep(self.book, self.context, sweep, self._account(swept.account_id), decisions)

    def _open_sweep(self, entry: Entry, swept: AccountSwept) -> Sweep:
        if swept.sweep == "more":
            found = self._more_of(swept.account_id)
        else:
            found = next((sweep for sweep in self.context.sweeps if sweep.of_seq == swept.of_seq), None)
        assert found is not None, f"ledger seq {entry.seq} belongs to a sweep that is not open"
        return found

    def rederive(self, entry: Entry, value: bytes) -> Divergence | None:
        """Decide again what a ledger record decided, and return the difference; the state follows the derivation."""
        derived = self._derive(entry)
        chain = self.chain
        if derived is None:
            return Divergence(entry.seq, "record", "taken in", "a repeat, not taken in")
        same = derived == entry.decisions
        self._note_touched(entry.account_id)
        chain.seq += 1
        chain.prev = hashlib.sha256(value).hexdigest()
        if entry.policy_id != self.context.policy_id:
            return Divergence(entry.seq, "policy_id", entry.policy_id, self.context.policy_id)
        if entry.model_id != self.context.model_id:
            return Divergence(entry.seq, "model_id", str(entry.model_id), str(self.context.model_id))
        if same:
            return None
        return Divergence(entry.seq, "decisions", bytes(entry.decisions).decode(), bytes(derived).decode())

    def _derive(self, entry: Entry) -> Raw | None:
        topic = self._short(entry.source.topic)
        if not topic:
            self._new_epoch(entry)
            return encode_decisions([])
        if entry.source.index:
            swept = decode_internal(entry.fact)
            assert isinstance(swept, AccountSwept), f"ledger seq {entry.seq} is no sweep record"
            sweep = self._open_sweep(entry, swept)
            return encode_decisions(step_sweep(self.book, self.context, sweep, self._account(swept.account_id)))
        self.chain.positions[topic] = entry.source.offset
        refusal = decode_decisions(entry.decisions) if is_refusal(entry.decisions) else []
        arrival = arrival_in(entry, topic, refusal)
        if topic == "control":
            self._close_open_sweeps()
            decisions = self._broadcast(arrival)
        else:
            decisions = step(self.book, self.context, arrival)
        return None if decisions is None else encode_decisions(decisions)

    def exposures(self, at_ms: int) -> list[Exposure]:
        """Return the exposures of all accounts touched since the last call, in ledger order."""
        found = [
            exposure_of(self._account(account_id), self.context, self.chain.epoch, at_ms, self.book)
            for account_id in self.touched
        ]
        self.touched.clear()
        return found

    def changes(self) -> Changes:
        """Return all rows that changed, the chain and the context with them: to be written in one batch."""
        return [
            *self.book.changes(),
            (CONTEXT_KEY, encode_context(self.context)),
            (CHAIN_KEY, msgspec.msgpack.encode(self.chain)),
            (LAYOUT_KEY, layout()),
        ]

    def commit(self) -> None:
        """Write all changes to the rows in one batch."""
        self.rows.write(self.changes())
        self.book.written()
