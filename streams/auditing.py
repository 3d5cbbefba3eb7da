"""Running the audit over a cluster: partition by partition, in as many processes as there are processors."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ProcessPoolExecutor, wait
from pathlib import Path
from typing import Any

from msgspec import Struct

from projections.store import MemoryRows, RocksRows, Rows
from streams.audit import AuditOfPartition, Finding, Report
from streams.garbage import collect_less_often
from streams.keys import load_known_keys
from streams.outputs import CHECKED_TOPICS, DuePublications, OutputWalk
from streams.reading import bounds, consumer_of, partitions_of, read_partition
from streams.settings import Settings
from streams.topics import LEDGER, topic

IN_MEMORY_MAX = 300_000
"""Partitions with more records re-derive over a RocksDB in a temporary directory."""
IN_PROCESS_MAX = 30_000
"""With fewer records in all, starting processes costs more than it saves."""
_TELL_EVERY = 1_000

Advance = Callable[[int], None]


class Bounds(Struct, frozen=True):
    """What of a partition was there when the audit began: offsets of the ledger, and the ends of the outputs."""

    number: int
    start: int
    end: int
    output_ends: dict[str, int]


class Plan(Struct, frozen=True):
    """Everything an audit will read."""

    partitions: int
    bounds: list[Bounds]

    @property
    def records(self) -> int:
        """How many ledger records there are."""
        return sum(one.end - one.start for one in self.bounds)


def plan_audit(settings: Settings, wanted: Sequence[int] = ()) -> Plan:
    """Note where ledger and outputs end now; partitions not wanted are left out, none wanted means all.

    Raises:
        TopicMissing: there is no ledger, or no such partition.
        KafkaError: the cluster does not answer.
    """
    prefix = settings.topic_prefix
    with consumer_of(settings) as consumer:
        numbers = partitions_of(consumer, topic(prefix, LEDGER))
        unknown = sorted(set(wanted) - set(numbers))
        if unknown:
            raise ValueError(f"expected partitions 0 to {numbers[-1]}, received {unknown[0]}")
        chosen = sorted(set(wanted)) or numbers
        # Outputs first: whatever stands in them then has its ledger record before the ledger's end.
        ends = {name: bounds(consumer, topic(prefix, name), chosen) for name in CHECKED_TOPICS}
        ledger = bounds(consumer, topic(prefix, LEDGER), chosen)
    parts = [
        Bounds(number, *ledger[number], {name: ends[name][number][1] for name in CHECKED_TOPICS}) for number in chosen
    ]
    return Plan(len(numbers), parts)


def audit_partition(
    settings: Settings, partitions: int, part: Bounds, *, outputs: bool = True, advance: Advance | None = None
) -> Report:
    """Audit one partition, as far as it reached when the plan was made."""
    with tempfile.TemporaryDirectory(prefix="obligor-audit-") as directory, consumer_of(settings) as consumer:
        rows = _rows(part, Path(directory))
        due = DuePublications()
        audit = AuditOfPartition(
            part.number,
            partitions,
            settings.topic_prefix,
            rows=rows,
            log_start=part.start,
            on_record=due.note if outputs else None,
            verifier=load_known_keys(settings),
        )
        _read_ledger(consumer, settings, part, audit, advance)
        report = audit.report()
        if outputs:
            _check_outputs(consumer, settings, part, due, report)
        if isinstance(rows, RocksRows):
            rows.close()
    return report


def _rows(part: Bounds, directory: Path) -> Rows:
    return RocksRows(directory / "rows") if part.end - part.start > IN_MEMORY_MAX else MemoryRows()


def _read_ledger(
    consumer: Any, settings: Settings, part: Bounds, audit: AuditOfPartition, advance: Advance | None
) -> None:
    name = topic(settings.topic_prefix, LEDGER)
    for records in read_partition(consumer, name, part.number, part.start, part.end):
        for first in range(0, len(records), _TELL_EVERY):
            told = records[first : first + _TELL_EVERY]
            for record in told:
                audit.feed(record.offset, record.key, record.value)
            if advance is not None:
                advance(len(told))


def _check_outputs(consumer: Any, settings: Settings, part: Bounds, due: DuePublications, report: Report) -> None:
    last_seq = report.checked.records - 1
    for name in CHECKED_TOPICS:
        full_name = topic(settings.topic_prefix, name)
        start, end = bounds(consumer, full_name, [part.number])[part.number]
        known_end = part.output_ends[name]
        walk = OutputWalk(name, due.due[name], due.published, last_seq, due.epoch_starts)
        for records in read_partition(consumer, full_name, part.number, start, end):
            for record in records:
                walk.feed(record.offset, record.value, record.headers, may_be_newer=record.offset >= known_end)
        report.checked.outputs_not_yet += walk.finish()
        report.checked.outputs += end - start - walk.newer
        report.checked.outputs_repeated += walk.repeated
        for offset, message in walk.problems:
            report.findings.append(Finding(part.number, name, message, source=f"{full_name}/{part.number}/{offset}"))


def audit_all(
    settings: Settings, plan: Plan, *, outputs: bool = True, jobs: int | None = None, advance: Advance | None = None
) -> list[Report]:
    """Audit every partition of a plan and return the reports by partition number."""
    collect_less_often()
    count = min(jobs or os.cpu_count() or 1, len(plan.bounds))
    if count <= 1 or (jobs is None and plan.records < IN_PROCESS_MAX):
        return [
            audit_partition(settings, plan.partitions, part, outputs=outputs, advance=advance) for part in plan.bounds
        ]
    return _in_processes(settings, plan, outputs, count, advance or (lambda _: None))


def _in_processes(settings: Settings, plan: Plan, outputs: bool, count: int, advance: Advance) -> list[Report]:
    context = multiprocessing.get_context("spawn")
    told: Any = context.Queue()
    # The largest first, so that no process is left alone with it at the end.
    parts = sorted(plan.bounds, key=lambda part: part.start - part.end)
    with ProcessPoolExecutor(count, context, initializer=_tell_through, initargs=(told,)) as pool:
        futures = [pool.submit(_audit_in_process, settings, plan.partitions, part, outputs) for part in parts]
        try:
            _follow(futures, told, advance)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return sorted((future.result() for future in futures), key=lambda report: report.partition)


def _follow(futures: list[Future[Report]], told: Any, advance: Advance) -> None:
    pending: set[Future[Report]] = set(futures)
    while pending:
        done, pending = wait(pending, timeout=0.1, return_when=FIRST_EXCEPTION)
        while not told.empty():
            advance(told.get())
        for future in done:
            future.result()


_told: Any = None


def _tell_through(told: Any) -> None:
    global _told
    _told = told
    collect_less_often()


def _audit_in_process(settings: Settings, partitions: int, part: Bounds, outputs: bool) -> Report:
    return audit_partition(settings, partitions, part, outputs=outputs, advance=_told.put)
