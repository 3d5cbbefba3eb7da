"""The page of results: tables of ratios, the machine, the versions, and how to read them."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

from msgspec import Struct

from benchmarks.comparing import Run, rates
from benchmarks.full_step import Flatness, FullStep
from benchmarks.latency import Latency

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
_PACKAGES = ("faust-streaming", "aiokafka", "quixstreams", "bytewax", "confluent-kafka", "rocksdict", "msgspec")
_KAFKA_LOCK = Path(__file__).parent.parent / "streams" / "kafka_jars.lock"

_READING = """\
Everything runs on one machine, the broker beside what is measured. Rates of other machines say little; the ratios,
taken in one run and in turns, are what to read.

- **Simple work**: orders add to an account's exposure, payments take from it, one alert when it first goes over a line;
  two topics of 12 partitions. Every engine calls the same step on the same bytes, runs in one process with
  at-least-once and must raise the same set of alerts. Obligor also writes a hash-chained ledger record for each fact;
  its transport, merge, ledger, store and publisher are the real ones, only the credit step is exchanged. Quix Streams
  runs with its changelog and default commits, Bytewax with recovery snapshots each second (it keeps neither a changelog
  nor an order between topics), Faust with a Table in RocksDB. A rate counts from the first step to the last alert.
- **Full step**: a simulated market, loaded beforehand. *Worker* is one process with Kafka, *core* the same facts in
  memory (processor time), *audit* reads that worker's ledger and decides all of it again in one process, its start
  included.
- **Cost by open items**: order, delivery, invoice and payment on one account, processor time a fact.
- **Latency**: from the moment an order was due to be sent (open loop: a late answer does not slow the load down) to
  the moment its first decision was received, within a business day and around its close, when every one of the 30
  thousand accounts is gone through. The echo is a bare aiokafka consumer and producer of the same records; what the
  machine costs shows there. *Load late* is how
  late the load generator itself was at its 99th percentile; where it is large the machine was too busy to tell.
"""


class Results(Struct):
    """What a run of the benchmarks found; what was not asked for stays empty."""

    runs: list[Run]
    full: FullStep | None
    flat: list[Flatness]
    latencies: list[Latency]
    load_before: float


def page(results: Results) -> str:
    """Return the page."""
    parts = ["# Benchmarks", "", _READING, *_machine(results.load_before)]
    if results.runs:
        parts += _simple(results.runs)
    if results.full is not None:
        parts += _full(results.full)
    if results.flat:
        parts += _flat(results.flat)
    if results.latencies:
        parts += _latency(results.latencies)
    return "\n".join(parts) + "\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a Markdown table; all columns but the first are numbers.

    >>> table(("a", "b"), [("x", "1")])
    ['| a | b |', '|---|---:|', '| x | 1 |', '']
    """
    lines = [f"| {' | '.join(row)} |" for row in (head, *rows)]
    return [lines[0], "|---|" + "---:|" * (len(head) - 1), *lines[1:], ""]


def _machine(load_before: float) -> list[str]:
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return [
        f"Measured on {date.today()}: {os.cpu_count()} processors ({_processor()}), {platform.system()}, "
        f"Python {platform.python_version()}, load average {load_before:.1f} before the run. {versions}.",
        "",
    ]


def _processor() -> str:
    about = Path("/proc/cpuinfo")
    lines = about.read_text().splitlines() if about.exists() else []
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def _simple(runs: list[Run]) -> list[str]:
    found = rates(runs)
    ours = found["obligor"]
    rows = [(name, f"{rate:,.0f}", f"{ours / rate:.2f}", _each(runs, name)) for name, rate in found.items()]
    head = ("simple work", "records/s (median)", "Obligor / it", "each run")
    return ["## Simple work", "", *table(head, rows)]


def _each(runs: list[Run], name: str) -> str:
    return ", ".join(f"{run.rate:,.0f}" for run in runs if run.engine == name)


def _full(full: FullStep) -> list[str]:
    worker = full.facts / full.worker_seconds
    rows = [
        ("one worker, with Kafka", f"{worker:,.0f}", "1.00"),
        ("the core alone", f"{full.facts / full.core_seconds:,.0f}", f"{full.facts / full.core_seconds / worker:.2f}"),
        ("audit", f"{full.facts / full.audit_seconds:,.0f}", f"{full.facts / full.audit_seconds / worker:.2f}"),
    ]
    counts = (
        f"{full.facts:,} facts made {full.ledger_records:,} ledger records. "
        f"The worker used {full.worker_cpu_us:.1f} microseconds of processor time for each."
    )
    return ["## Full credit step", "", *table(("full step", "facts/s", "ratio to the worker"), rows), counts, ""]


def _flat(flat: list[Flatness]) -> list[str]:
    first = flat[0].fact_us
    rows = [(f"{one.open_items:,}", f"{one.fact_us:.1f}", f"{one.fact_us / first:.2f}") for one in flat]
    return ["## Cost by open items", "", *table(("open items", "microseconds a fact", "ratio to the first"), rows)]


def _latency(latencies: list[Latency]) -> list[str]:
    rows = []
    for one in latencies:
        echo = next(found for found in latencies if found.load == one.load and found.system == "echo")
        times = (f"{one.p50_ms:.0f}", f"{one.p99_ms:.0f}", f"{one.p999_ms:.0f}")
        ratio = f"{one.p99_ms / echo.p99_ms:.1f}"
        name = f"{one.system} at {one.load.rate:,}/s, {one.load.closings or 'no'} closing"
        rows.append((name, *times, ratio, f"{one.count:,}", f"{one.late_ms:.1f}"))
    head = ("order to decision", "p50 ms", "p99 ms", "p99.9 ms", "p99 / echo's", "orders", "load late ms")
    return ["## Latency", "", *table(head, rows)]
