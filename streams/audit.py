"""Proving a ledger partition: the chain is whole, and the same core concludes the same from the same facts."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Struct, field

from projections.chain import Divergence
from projections.partition import Partition
from projections.store import MemoryRows, Rows
from projections.sweep import accounts_to_sweep, needs_sweep
from schemas.decisions import AnyDecision
from schemas.ledger import CORE, Entry, decode_decisions, encode_entry
from schemas.signature import Verifier
from streams.chain import ChainWalk, Void
from streams.signed_facts import SignaturesOfPartition

COMMIT_EVERY = 5_000
"""Records between two writes of the re-derived rows: what changed meanwhile is held in memory."""
_SHOWN_CHARACTERS = 2_000

OnRecord = Callable[[Entry, list[AnyDecision], str], None]
"""Told of every valid record: the record, its decisions, its hash."""


class Finding(Struct, frozen=True):
    """Something wrong, with its coordinates. `source` is topic/partition/offset/index of the fact."""

    partition: int
    what: str
    message: str
    seq: int | None = None
    ledger_offset: int | None = None
    source: str = ""
    recorded: str = ""
    derived: str = ""


class Checked(Struct):
    """What was checked in a partition, or in several."""

    records: int = 0
    decisions: int = 0
    accounts: int = 0
    void: int = 0
    rederived: int = 0
    changed_rules: int = 0
    outputs: int = 0
    outputs_repeated: int = 0
    outputs_not_yet: int = 0
    signatures: int = 0
    epochs: set[int] = field(default_factory=set)
    policies: set[str] = field(default_factory=set)
    cores: set[str] = field(default_factory=set)
    first_at_ms: int | None = None
    last_at_ms: int | None = None

    def add(self, other: Checked) -> None:
        """Count another partition in."""
        for name in self.__struct_fields__[:10]:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.epochs |= other.epochs
        self.policies |= other.policies
        self.cores |= other.cores
        self._span(other.first_at_ms)
        self._span(other.last_at_ms)

    def _span(self, at_ms: int | None) -> None:
        if at_ms is None:
            return
        self.first_at_ms = at_ms if self.first_at_ms is None else min(self.first_at_ms, at_ms)
        self.last_at_ms = at_ms if self.last_at_ms is None else max(self.last_at_ms, at_ms)

    def note(self, entry: Entry, decisions: int) -> None:
        """Count a valid record."""
        self.records += 1
        self.decisions += decisions
        self.epochs.add(entry.epoch)
        self.policies.add(entry.policy_id)
        self.cores.add(entry.core)
        if self.first_at_ms is None or self.last_at_ms is None:
            self.first_at_ms = self.last_at_ms = entry.at_ms
        elif entry.at_ms < self.first_at_ms:
            self.first_at_ms = entry.at_ms
        elif entry.at_ms > self.last_at_ms:
            self.last_at_ms = entry.at_ms


class Report(Struct):
    """The result for one partition: what was checked, what is wrong, what was skipped, which rules changed."""

    partition: int
    checked: Checked
    findings: list[Finding]
    voids: list[Void]
    changed_rules: list[Finding]


class LearnerReport(Struct):
    """What was checked of the learner, and what is wrong."""

    lessons: int = 0
    void: int = 0
    learned: int = 0
    snapshots: int = 0
    findings: list[Finding] = field(default_factory=list)


class AuditOfPartition:
    """Takes the records of one ledger partition in log order.

    After the first record that is derived differently the partition's facts are no longer re-derived, since all that
    follows may differ for that alone; its chain is still walked to the end.

    Args:
        number: the partition.
        partitions: how many there are.
        prefix: what topic names start with.
        rows: where the re-derived state is kept; in memory by default.
        log_start: the first offset that the broker still has.
        on_record: told of every valid record.
        verifier: checks the signatures that the ledger keeps, where keys are known.
    """

    def __init__(
        self,
        number: int,
        partitions: int,
        prefix: str,
        *,
        rows: Rows | None = None,
        log_start: int = 0,
        on_record: OnRecord | None = None,
        verifier: Verifier | None = None,
    ) -> None:
        self.number = number
        self.chain = ChainWalk(log_start)
        self.checked = Checked()
        self.findings: list[Finding] = []
        self.changed_rules: list[Finding] = []
        self._rows = MemoryRows() if rows is None else rows
        self._place = (number, partitions, prefix)
        self._partition = Partition(self._rows, *self._place)
        self._on_record = on_record
        self._signatures = None if verifier is None else SignaturesOfPartition(verifier)
        self._diverged = False
        self._accounts: set[str] = set()
        self._to_sweep: dict[int, list[str]] = {}

    def feed(self, offset: int, key: bytes | None, value: bytes | None) -> None:
        """Take the next record of the log."""
        entry = self.chain.take(offset, value)
        if entry is None or value is None:
            return
        try:
            decisions = decode_decisions(entry.decisions)
        except msgspec.DecodeError as error:
            self._find(entry, "decisions", f"expected decisions of this version, received others: {error}")
            self._diverged = True
            return
        self.checked.note(entry, len(decisions))
        self._check_record(entry, key, value)
        if self._on_record is not None:
            self._on_record(entry, decisions, self.chain.prev)
        if not self._diverged:
            self._rederive(entry, value)

    def _check_record(self, entry: Entry, key: bytes | None, value: bytes) -> None:
        account_key = None if entry.account_id is None else entry.account_id.encode()
        if entry.account_id is not None:
            self._accounts.add(entry.account_id)
        if key != account_key:
            self._find(entry, "key", f"expected the record's key {account_key!r}, received {key!r}")
        if entry.source.partition != self.number:
            self._find(entry, "source", f"expected a source in partition {self.number}, was {entry.source.partition}")
        if entry.published >= entry.seq:
            self._find(entry, "published", f"expected less than the record's own seq, received {entry.published}")
        if self._signatures is not None:
            wrong = self._signatures.check(entry)
            self.checked.signatures = self._signatures.count
            if wrong is not None:
                self._find(entry, "signature", wrong)
        if entry.core == CORE and encode_entry(entry) != value:
            self._find(entry, "record", "holds more than, or not in the form in which, this version writes it")

    def _rederive(self, entry: Entry, value: bytes) -> None:
        if entry.core != CORE:
            self._compare_rules(entry, value)
        else:
            divergence = self._guarded(entry, value)
            self.checked.rederived += 1
            if divergence is not None:
                self._diverged = True
                self.findings.append(self._as_finding(entry, divergence, "derives differently"))
        if self.checked.records % COMMIT_EVERY == 0:
            self._commit()

    def _guarded(self, entry: Entry, value: bytes) -> Divergence | None:
        """Re-derive; a fact that the core cannot even take is a difference like any other."""
        try:
            found = self._missed_position(entry) or self._missed_sweep(entry) or self._partition.rederive(entry, value)
            self._note_sweeps(entry)
            epoch = self._partition.chain.epoch
            if found is None and entry.epoch != epoch:
                return Divergence(entry.seq, "epoch", str(entry.epoch), str(epoch))
            return found
        except (AssertionError, msgspec.MsgspecError, LookupError, ValueError, TypeError, AttributeError) as error:
            return Divergence(entry.seq, "record", "taken in", f"{type(error).__name__}: {error}")

    def _missed_position(self, entry: Entry) -> Divergence | None:
        """Every source is taken in its own order, each record once."""
        source, (_, _, prefix) = entry.source, self._place
        if not source.topic or source.index:
            return None
        last = self._partition.chain.positions.get(source.topic[len(prefix) + 1 : -3], -1)
        if source.offset > last:
            return None
        return Divergence(entry.seq, "source", f"offset {source.offset}", f"above {last}, the last one taken")

    def _missed_sweep(self, entry: Entry) -> Divergence | None:
        """Before a broadcast is taken every account was taken through those before it."""
        context = self._partition.context
        if not context.sweeps or entry.source.index or not entry.source.topic.endswith(".control.v1"):
            return None
        for sweep in context.sweeps:
            account_ids = [sweep.after] if sweep.kind == "more" else self._to_sweep.pop(sweep.of_seq, [])
            for account_id in account_ids:
                if sweep.kind == "more" or self._needs_sweep(account_id):
                    return Divergence(entry.seq, "sweep", f"seq {sweep.of_seq} ended", f"{account_id!r} is left out")
        return None

    def _note_sweeps(self, entry: Entry) -> None:
        """Note whom a broadcast touches as it is taken: who comes under it later has known it from the start."""
        context, book = self._partition.context, self._partition.book
        for sweep in context.sweeps:
            if sweep.of_seq == entry.seq and sweep.kind != "more":
                found = accounts_to_sweep(book, context, sweep)
                self._to_sweep[sweep.of_seq] = [name for name in found if self._needs_sweep(name)]

    def _needs_sweep(self, account_id: str) -> bool:
        account = self._partition.book.account(account_id)
        return account is not None and needs_sweep(self._partition.book, self._partition.context, account)

    def _compare_rules(self, entry: Entry, value: bytes) -> None:
        """Derive by today's rules, tell the difference, and go on from what was recorded."""
        self._commit()
        divergence = self._guarded(entry, value)
        self.checked.rederived += 1
        if divergence is None:
            return
        self.checked.changed_rules += 1
        if len(self.changed_rules) < 100:
            self.changed_rules.append(self._as_finding(entry, divergence, f"was decided by core {entry.core}"))
        self._partition = Partition(self._rows, *self._place)
        try:
            self._partition.replay(entry, value)
        except (AssertionError, msgspec.MsgspecError, LookupError, ValueError, TypeError, AttributeError) as error:
            self._find(entry, "replay", f"this version cannot follow core {entry.core}: {error}")
            self._diverged = True

    def _commit(self) -> None:
        self._partition.touched.clear()
        self._partition.commit()

    def _as_finding(self, entry: Entry, divergence: Divergence, message: str) -> Finding:
        return Finding(
            partition=self.number,
            what=divergence.what,
            message=message,
            seq=entry.seq,
            ledger_offset=self.chain.last_offset,
            source=source_text(entry),
            recorded=divergence.recorded[:_SHOWN_CHARACTERS],
            derived=divergence.derived[:_SHOWN_CHARACTERS],
        )

    def _find(self, entry: Entry, what: str, message: str) -> None:
        self.findings.append(Finding(self.number, what, message, entry.seq, self.chain.last_offset, source_text(entry)))

    def report(self) -> Report:
        """Return the result, once the last record was fed."""
        broken = [Finding(self.number, "chain", one.message, one.seq, one.offset) for one in self.chain.finish()]
        self.checked.void = self.chain.void_count
        self.checked.accounts = len(self._accounts)
        findings = sorted(
            broken + self.findings, key=lambda one: -1 if one.ledger_offset is None else one.ledger_offset
        )
        return Report(self.number, self.checked, findings, self.chain.voids, self.changed_rules)

    @property
    def partition(self) -> Partition:
        """The re-derived state, as far as it was derived."""
        return self._partition


def source_text(entry: Entry) -> str:
    """Return where the fact of a record was read: topic/partition/offset/index."""
    source = entry.source
    return f"{source.topic}/{source.partition}/{source.offset}/{source.index}" if source.topic else ""
