"""The credit step as it is: one worker over simulated facts, the core alone, one account with ever more open items."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

from confluent_kafka import Consumer
from msgspec import Struct

from benchmarks.kafka_side import delete_topics, load, messages_of, placed, reader_of
from benchmarks.simple_work import PARTITIONS
from projections.partition import Partition
from projections.store import MemoryRows, RocksRows, Rows
from schemas.partitioning import partition_of
from streams.batches import Record
from streams.garbage import collect_less_often
from streams.message import Message
from streams.settings import Settings
from streams.simulator import facts
from streams.topics import SOURCES, create_and_check, topic

ACCOUNTS = 10_000
OPEN_ITEMS = (10, 100, 1_000, 10_000)
_COMMIT_EVERY = 1_000
_DEADLINE_S = 300.0


class FullStep(Struct):
    """What a pass of the credit step took; `ledger_records` counts the swept accounts, too.

    `worker_cpu_us` is what the worker's process used for a ledger record, all threads, start-up left out.
    """

    facts: int
    ledger_records: int
    worker_seconds: float
    worker_cpu_us: float
    core_seconds: float
    audit_seconds: float


class Flatness(Struct):
    """Microseconds a fact on an account with so many open items."""

    open_items: int
    fact_us: float


def measure_full_step(brokers: str, *, count: int, tell: Callable[[str], None]) -> FullStep:
    """Measure the core alone, one worker over the same facts, and the audit of what it wrote."""
    messages = facts(count, seed=7, accounts=ACCOUNTS)
    core_seconds = _core_alone(messages)
    tell(f"core alone: {count / core_seconds:,.0f} facts/s")
    settings = Settings(brokers=brokers, topic_prefix="full")
    create_and_check(settings)
    load(brokers, (placed(message, "full") for message in messages))
    with TemporaryDirectory(prefix="obligor-bench-") as directory:
        ledger_records, worker_seconds, worker_cpu_us = _worker(brokers, Path(directory), messages)
        tell(f"one worker: {worker_cpu_us:.1f} us of processor time a ledger record")
        tell(f"one worker: {count / worker_seconds:,.0f} facts/s, {ledger_records / worker_seconds:,.0f} records/s")
        audit_seconds = _audit(brokers, Path(directory))
        tell(f"audit: {ledger_records / audit_seconds:,.0f} records/s")
    delete_topics(brokers, "full.")
    return FullStep(count, ledger_records, worker_seconds, worker_cpu_us, core_seconds, audit_seconds)


def _core_alone(messages: list[Message]) -> float:
    partition = Partition(MemoryRows(), 0, 1, "credit")
    records = list(_records(messages))
    collect_less_often()
    began = process_time()
    for number, (name, record) in enumerate(records, 1):
        partition.take(name, record, 0)
        if number % _COMMIT_EVERY == 0:
            partition.sweep(200, 0)
            partition.exposures(0)
            partition.commit()
    return process_time() - began


def _records(messages: list[Message]) -> Iterator[tuple[str, Record]]:
    offsets: Counter[str] = Counter()
    for message in messages:
        name = message.topic_name
        key = None if message.key is None else message.key.encode()
        yield name, Record(offsets[name], message.timestamp_ms, key, message.value, message.headers)
        offsets[name] += 1


def worker_command(brokers: str, directory: Path, prefix: str) -> subprocess.Popen[bytes]:
    """Start a worker as `obligor worker` does, without the clock of real days."""
    environment = {
        **os.environ,
        "OBLIGOR_BROKERS": brokers,
        "OBLIGOR_TOPIC_PREFIX": prefix,
        "OBLIGOR_DATA": str(directory),
        "OBLIGOR_GROUP_ID": f"{prefix}-worker",
    }
    command = [sys.executable, "-m", "api.cli", "worker", "--no-clock"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)


def end(process: subprocess.Popen[bytes]) -> None:
    """Let a process finish, and make sure that it does."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _worker(brokers: str, directory: Path, messages: list[Message]) -> tuple[int, float, float]:
    return take_in(brokers, directory, "full", messages)


def take_in(brokers: str, directory: Path, prefix: str, messages: list[Message]) -> tuple[int, float, float]:
    """Have a worker take in what was loaded since the last call.

    Returns how many ledger records that makes, the seconds it took, and microseconds of processor time for each.
    """
    broadcasts = sum(message.key is None for message in messages)
    reader = reader_of(brokers, [topic(prefix, "ledger")], at_end=True)
    process = worker_command(brokers, directory, prefix)
    try:
        # A broadcast stands in every partition.
        return _follow_ledger(reader, process, len(messages) + (PARTITIONS - 1) * broadcasts)
    finally:
        reader.close()
        end(process)


def _follow_ledger(reader: Consumer, process: subprocess.Popen[bytes], expected: int) -> tuple[int, float, float]:
    def alive() -> None:
        if process.poll() is not None:
            raise RuntimeError(f"the worker ended with {process.returncode}")

    left, count, began_ms, ended_ms, first_cpu_s = expected, 0, 0, 0, 0.0
    for message in messages_of(reader, time.monotonic() + _DEADLINE_S, alive):
        first_cpu_s = first_cpu_s or processor_seconds(process.pid)
        at_ms = message.timestamp()[1]
        began_ms = min(began_ms or at_ms, at_ms)
        ended_ms = max(ended_ms, at_ms)
        count += 1
        if b'"index":0}' in message.value():
            left -= 1
            if not left:
                break
    cpu_us = (processor_seconds(process.pid) - first_cpu_s) / count * 1e6
    return count, (ended_ms - began_ms) / 1000, cpu_us


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has used so far, in user and system mode; 0 where that is not told."""
    about = Path(f"/proc/{pid}/stat")
    if not about.exists():
        return 0.0
    fields = about.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _audit(brokers: str, directory: Path) -> float:
    command = [sys.executable, "-m", "api.cli", "audit", "--json", "--no-outputs", "--jobs", "1"]
    environment = {
        **os.environ,
        "OBLIGOR_BROKERS": brokers,
        "OBLIGOR_TOPIC_PREFIX": "full",
        "OBLIGOR_DATA": str(directory / "audit"),
    }
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"expected a clean audit, received exit code {done.returncode}: {done.stdout[-500:]!r}")
    return float(json.loads(done.stdout)["seconds"])


def measure_flatness(*, cycles: int, tell: Callable[[str], None]) -> list[Flatness]:
    """Measure order, delivery, invoice and payment on one account, in turns over the numbers of open items."""
    with TemporaryDirectory(prefix="obligor-bench-") as directory:
        lines = {count: _Account(RocksRows(Path(directory) / str(count)), count) for count in OPEN_ITEMS}
        taken: dict[int, list[float]] = {count: [] for count in OPEN_ITEMS}
        for _ in range(5):
            for count, account in lines.items():
                taken[count].append(account.cycle(cycles) / (4 * cycles) * 1e6)
        found = [Flatness(count, median(times)) for count, times in taken.items()]
    tell("cost of a fact: " + ", ".join(f"{one.open_items} open {one.fact_us:.1f} us" for one in found))
    return found


class _Account:
    """One account in a partition of its own, with so many invoices open."""

    def __init__(self, rows: Rows, open_items: int) -> None:
        self._partition = Partition(rows, 0, 1, "credit")
        assert partition_of(b"A-1", 1) == 0
        self._offsets = dict.fromkeys(SOURCES, 0)
        self._number = 0
        self._paid = 0
        self._take("dossiers", f'"type":"account_opened",{_OPENED}')
        self._take("desk", f'"type":"limit_set",{_LIMITED}')
        for _ in range(open_items):
            self._sell()
        self._commit()

    def cycle(self, count: int) -> float:
        """Sell and have the oldest invoice paid, so often; return the seconds it took."""
        began = process_time()
        for number in range(count):
            self._sell()
            self._paid += 1
            self._take(
                "payments",
                f'"type":"payment_received","payment_id":"P{self._paid}","amount_minor":1000,"currency":"EUR",'
                f'"received_on":"2026-02-01","allocations":[{{"invoice_id":"I{self._paid}","amount_minor":1000}}]',
            )
            if number % 50 == 49:
                self._commit()
        self._commit()
        return process_time() - began

    def _sell(self) -> None:
        self._number += 1
        number = self._number
        self._take(
            "orders",
            f'"type":"order_placed","order_id":"O{number}","amount_minor":1000,"currency":"EUR",'
            '"placed_on":"2026-01-05"',
        )
        self._take(
            "orders",
            f'"type":"order_delivered","delivery_id":"D{number}","delivered_on":"2026-01-06",'
            f'"covers":[{{"order_id":"O{number}","amount_minor":1000}}],"final":true',
        )
        self._take(
            "invoices",
            f'"type":"invoice_issued","invoice_id":"I{number}","amount_minor":1000,"currency":"EUR",'
            f'"issued_on":"2026-01-06","due_on":"2026-03-{number % 28 + 1:02d}",'
            f'"covers":[{{"order_id":"O{number}","amount_minor":1000}}],"final":true',
        )

    def _take(self, name: str, fields: str) -> None:
        offset = self._offsets[name]
        self._offsets[name] += 1
        headers = (("ce_id", f"{name}-{offset}".encode()), ("ce_source", b"bench"))
        value = f'{{"account_id":"A-1",{fields}}}'.encode()
        outcomes = self._partition.take(name, Record(offset, 1_767_600_000_000 + offset, b"A-1", value, headers), 0)
        for outcome in outcomes:
            refused = [one for one in outcome.decisions if type(one).__name__ in _NOT_WANTED]
            assert not refused, f"{value!r}: {refused}"

    def _commit(self) -> None:
        self._partition.exposures(0)
        self._partition.commit()


_OPENED = '"name":"Bench","currency":"EUR","opened_on":"2026-01-01"'
_LIMITED = '"limit_minor":100000000000,"currency":"EUR","actor":"bench","reason":"bench"'
_NOT_WANTED = ("FactRejected", "FactWaits", "OrderBlocked", "OrderReferred")
