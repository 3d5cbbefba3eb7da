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
from benchmarks.load_generator import beginnings, messages
from streams.settings import Settings
from streams.topics import SOURCES, create_and_check, topic

WARM_UP_S = 2.0
_QUIET_S = 3.0
_LONGEST_S = 60.0
_FIRST_ANSWER = b'"decision_no":1,'
_AT_MS = re.compile(rb'"at_ms":(\d+)\}$')


class Load(Struct):
    """So many facts a second from this place in the market; how many days close meanwhile is said for the reader."""

    rate: int
    first: int
    closings: int = 0


class Latency(Struct):
    """Milliseconds under one load; `late_ms` is how late the load itself was at its 99th percentile."""

    system: str
    load: Load
    count: int
    p50_ms: float
    p99_ms: float
    p999_ms: float
    late_ms: float


def measure_latency(brokers: str, *, seconds: float, tell: Callable[[str], None]) -> list[Latency]:
    """Measure the echo and Obligor in turns under each load; what of the market lies between is taken in before."""
    create_and_check(Settings(brokers=brokers, topic_prefix="live"))
    create_topics(brokers, {topic("bare", name): "orders" for name in (*SOURCES, "decisions")})
    found, taken = [], 0
    with TemporaryDirectory(prefix="obligor-bench-") as directory:
        for one in _loads(seconds):
            between = messages(taken, one.first - taken)
            if between:
                load(brokers, (placed(message, "live") for message in between))
                take_in(brokers, Path(directory), "live", between)
            if not found:
                _measure(brokers, "echo", one, seconds, Path(directory))  # the broker compiles its code as it runs
            for system in ("echo", "obligor"):
                found.append(_measure(brokers, system, one, seconds, Path(directory)))
                tell(_line(found[-1]))
            taken = one.first + int(one.rate * seconds)
    delete_topics(brokers, "live.")
    delete_topics(brokers, "bare.")
    return found


def _loads(seconds: float) -> list[Load]:
    """Return loads in the order of the market: within a day, around its close, and more than one worker takes.

    Orders come from a tenth of a day on.
    """
    length = int(1_000 * seconds)
    within, quiet, closing = beginnings(length, 3)
    around = closing - length // 2
    return [
        Load(1_000, within),
        Load(100, quiet + length // 2),
        Load(1_000, around, 1),
        Load(4_000, around + length, 3),
    ]


def _line(one: Latency) -> str:
    times = f"p50 {one.p50_ms:.0f}, p99 {one.p99_ms:.0f}, p99.9 {one.p999_ms:.0f} ms"
    return f"{one.system} {one.load.rate}/s, {one.load.closings} days close: {times}"


def _measure(brokers: str, system: str, one: Load, seconds: float, directory: Path) -> Latency:
    prefix = "live" if system == "obligor" else "bare"
    reader = reader_of(brokers, [topic(prefix, "decisions")], at_end=True)
    if system == "obligor":
        process = worker_command(brokers, directory, prefix)
    else:
        process = subprocess.Popen([sys.executable, "-m", "benchmarks.engines.echo", brokers, prefix])
    try:
        time.sleep(8)  # group, assignment, opening: there is no order yet whose answer could tell
        late_ms, taken = _drive(brokers, prefix, one, seconds, reader)
    finally:
        reader.close()
        end(process)
    taken.sort()

    def at(share: float) -> float:
        return taken[min(len(taken) - 1, int(len(taken) * share))]

    return Latency(system, one, len(taken), at(0.5), at(0.99), at(0.999), late_ms)


def _drive(brokers: str, prefix: str, one: Load, seconds: float, reader: Consumer) -> tuple[float, list[float]]:
    command = [sys.executable, "-m", "benchmarks.load_generator", brokers, prefix]
    arguments = [str(one.rate), str(seconds), str(one.first)]
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
