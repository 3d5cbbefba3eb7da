"""From the moment an order was due to the moment its decision was received, beside a bare echo on the same broker."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from confluent_kafka import Consumer
from msgspec import Struct

from benchmarks.full_step import end, take_in, worker_command
from benchmarks.kafka_side import create_topics, delete_topics, load, placed, reader_of
from benchmarks.load_generator import PRELUDE, messages
from streams.settings import Settings
from streams.topics import SOURCES, create_and_check, topic

RATES = (100, 1_000, 4_000)
WARM_UP_S = 2.0
_QUIET_S = 3.0
_LONGEST_S = 60.0
_FIRST_ANSWER = b'"decision_no":1,'
_AT_MS = re.compile(rb'"at_ms":(\d+)\}$')


class Latency(Struct):
    """Milliseconds at one rate; `late_ms` is how late the load itself was at its 99th percentile."""

    system: str
    rate: int
    count: int
    p50_ms: float
    p99_ms: float
    p999_ms: float
    late_ms: float


def measure_latency(brokers: str, *, seconds: float, tell: Callable[[str], None]) -> list[Latency]:
    """Measure the echo and Obligor in turns at each rate."""
    create_and_check(Settings(brokers=brokers, topic_prefix="live"))
    create_topics(brokers, {topic("bare", name): "orders" for name in (*SOURCES, "decisions")})
    prelude = messages(0, PRELUDE)
    load(brokers, (placed(message, "live") for message in prelude))
    found, first = [], PRELUDE
    with TemporaryDirectory(prefix="obligor-bench-") as directory:
        take_in(brokers, Path(directory), "live", prelude)
        for rate in RATES:
            for system in ("echo", "obligor"):
                found.append(_measure(brokers, system, rate, seconds, first, Path(directory)))
                one = found[-1]
                tell(f"{system} {rate}/s: p50 {one.p50_ms:.0f}, p99 {one.p99_ms:.0f}, p99.9 {one.p999_ms:.0f} ms")
            first += int(rate * seconds)
    delete_topics(brokers, "live.")
    delete_topics(brokers, "bare.")
    return found


def _measure(brokers: str, system: str, rate: int, seconds: float, first: int, directory: Path) -> Latency:
    prefix = "live" if system == "obligor" else "bare"
    reader = reader_of(brokers, [topic(prefix, "decisions")], at_end=True)
    if system == "obligor":
        process = worker_command(brokers, directory, prefix)
    else:
        process = subprocess.Popen([sys.executable, "-m", "benchmarks.engines.echo", brokers, prefix])
    try:
        time.sleep(8)  # group, assignment, opening: there is no order yet whose answer could tell
        late_ms, taken = _drive(brokers, prefix, rate, seconds, first, reader)
    finally:
        reader.close()
        end(process)
    taken.sort()

    def at(share: float) -> float:
        return taken[min(len(taken) - 1, int(len(taken) * share))]

    return Latency(system, rate, len(taken), at(0.5), at(0.99), at(0.999), late_ms)


def _drive(
    brokers: str, prefix: str, rate: int, seconds: float, first: int, reader: Consumer
) -> tuple[float, list[float]]:
    command = [sys.executable, "-m", "benchmarks.load_generator", brokers, prefix]
    arguments = [str(rate), str(seconds), str(first)]
    generator = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True)
    received: list[tuple[float, float]] = []
    quiet_since: float | None = None
    until = time.monotonic() + seconds + _LONGEST_S
    while time.monotonic() < until:
        message = reader.poll(0.05)
        now = time.time()
        due_ms = None if message is None or message.error() else due_at_ms(message, prefix)
        if due_ms is not None:
            received.append((due_ms, now * 1000))
            quiet_since = None
        elif message is None and generator.poll() is not None:
            quiet_since = quiet_since or time.monotonic()
            if time.monotonic() - quiet_since > _QUIET_S:
                break
    assert generator.stdout is not None and generator.wait(60) == 0, "the load generator failed"
    assert received, "expected answers, received none"
    warm_ms = min(due for due, _ in received) + WARM_UP_S * 1000
    return float(generator.stdout.read()), [came - due for due, came in received if due >= warm_ms]


def due_at_ms(message: Any, prefix: str) -> int | None:
    """Return when the order was due that this record answers for the first time; None if it answers none."""
    if prefix == "bare":
        is_order = dict(message.headers())["from"] == topic(prefix, "orders").encode()
        return int(message.timestamp()[1]) if is_order else None
    value = message.value()
    at = _AT_MS.search(value)
    return int(at.group(1)) if at and _FIRST_ANSWER in value else None
