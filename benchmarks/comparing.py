"""The same simple work in every engine, on one broker, in turns: records a second and their ratios."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Consumer
from msgspec import Struct

from benchmarks.kafka_side import create_topics, delete_topics, end_offsets, load, messages_of, reader_of
from benchmarks.simple_work import BEGAN_FILE, TOPICS, Input, end_accounts, expected_alerts, inputs
from streams.settings import Settings
from streams.topics import create_and_check, topic

PEERS = ("quix", "bytewax", "faust_table")
DEADLINE_S = 180.0


class Run(Struct):
    """One engine's pass over the input."""

    engine: str
    records: int
    seconds: float

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.seconds


def compare(brokers: str, *, records: int, slow_records: int, rounds: int, tell: Callable[[str], None]) -> list[Run]:
    """Run all engines in turns over the same facts and return what each took."""
    runs: list[Run] = []
    sizes = {"obligor": records, "quix": records, "bytewax": records, "faust_table": slow_records}
    facts = {size: list(inputs(size)) for size in {records, slow_records}}
    alerts = {size: expected_alerts(found) for size, found in facts.items()}
    for number in range(rounds):
        for size in facts:
            _prepare(brokers, _prefix(number, size), facts[size])
        engines = list(sizes) if number % 2 == 0 else list(reversed(sizes))
        for engine in engines:
            size = sizes[engine]
            seconds = _run(brokers, engine, _prefix(number, size), alerts[size])
            runs.append(Run(engine, size, seconds))
            tell(f"{engine}: {runs[-1].rate:,.0f} records/s")
        delete_topics(brokers, f"simple{number}x")
    return runs


def rates(runs: list[Run]) -> dict[str, float]:
    """Return each engine's median rate."""
    return {
        engine: median(run.rate for run in runs if run.engine == engine)
        for engine in dict.fromkeys(run.engine for run in runs)
    }


def _prefix(number: int, size: int) -> str:
    return f"simple{number}x{size}"


def _prepare(brokers: str, prefix: str, facts: list[Input]) -> None:
    create_and_check(Settings(brokers=brokers, topic_prefix=prefix))
    create_topics(brokers, {topic(f"{prefix}-{peer}", "alerts"): "alerts" for peer in PEERS})
    at_ms = int(time.time() * 1000) - len(facts)
    names = {name: topic(prefix, name) for name in TOPICS}
    load(
        brokers,
        ((names[fact.topic], fact.partition, fact.key, fact.value, at_ms + i, []) for i, fact in enumerate(facts)),
    )


def _run(brokers: str, engine: str, prefix: str, expected: set[str]) -> float:
    """Start an engine, wait until it has raised every alert, check them, and return the seconds from its first fact."""
    alerts = topic(prefix if engine == "obligor" else f"{prefix}-{engine}", "alerts")
    reader = reader_of(brokers, [alerts])
    with TemporaryDirectory(prefix="obligor-bench-") as directory:
        began = Path(directory) / "began"
        command = [sys.executable, "-W", "ignore", "-m", f"benchmarks.engines.{engine}", brokers, prefix]
        process = subprocess.Popen(
            [*command, str(Path(directory) / engine)],
            stdout=(Path(directory) / "log").open("wb"),
            stderr=subprocess.STDOUT,
            env={**os.environ, BEGAN_FILE: str(began), "PYTHONUNBUFFERED": "1"},
        )
        try:
            ended, found = _wait(reader, process, Path(directory) / "log")
            seconds = ended - float(began.read_text())
        finally:
            reader.close()
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    if found != expected:
        raise AssertionError(f"{engine}: {len(expected - found)} alerts missing, {len(found - expected)} too many")
    if engine == "obligor":
        in_ledger = end_offsets(brokers, topic(prefix, "ledger"))
        total = sum(end_offsets(brokers, topic(prefix, name)) for name in TOPICS)
        assert in_ledger == total, f"expected {total} ledger records, found {in_ledger}"
    return seconds


def _wait(reader: Consumer, process: subprocess.Popen[bytes], log: Path) -> tuple[float, set[str]]:
    def alive() -> None:
        if process.poll() is not None:
            raise RuntimeError(f"the engine ended with {process.returncode}:\n{log.read_text()[-4_000:]}")

    times: dict[str, int] = {}
    waiting = end_accounts()
    for message in messages_of(reader, time.monotonic() + DEADLINE_S, alive):
        kind, at_ms = message.timestamp()
        assert kind == TIMESTAMP_LOG_APPEND_TIME, "alerts must carry the broker's time"
        account = message.key().decode()
        times.setdefault(account, at_ms)
        waiting.discard(account)
        if not waiting:
            break
    return max(times.values()) / 1000, set(times)
