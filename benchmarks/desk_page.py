"""`python -m benchmarks.desk_page [--seconds 60] [--rate 100]`: from an alert in Kafka to the screen of an open desk.

An api over an otherwise empty deployment, Debian's chromium with the desk open, and alerts published as a worker
publishes them, each of another account. An alert is on the screen when the pill counts it. Printed, not asserted.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kafka import KafkaProducer
from playwright.sync_api import sync_playwright

from streams.broker import Broker
from streams.settings import Settings
from streams.topics import create_and_check
from tests.api_process import ApiProcess

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
WATCH = """
window.seen = [];
window.longTasks = [];
new PerformanceObserver(list => window.longTasks.push(...list.getEntries().map(one => one.duration)))
  .observe({ type: "longtask", buffered: true });
let counted = 0;
const look = () => {
  const pill = document.querySelector("[data-fresh]");
  const fresh = pill ? Number(pill.dataset.fresh) : 0;
  if (fresh > counted) { counted = fresh; window.seen.push([fresh, Date.now()]); }
  requestAnimationFrame(look);
};
addEventListener("DOMContentLoaded", look);
"""


def alert(number: int) -> tuple[int, bytes, bytes]:
    """Return partition, key and value of an alert of an account of its own."""
    partition, account_id = number % 3, f"A-{number}"
    value = {
        "type": "alert_raised",
        "alert_id": f"{account_id}/1",
        "account_id": account_id,
        "cause": "utilisation",
        "level": ("notice", "warning", "critical")[number % 3],
        "found": 9_500,
        "line": 9_000,
        "measure": "look at the account",
        "owner_role": "credit_analyst",
        "decision_id": f"{number:024d}-0",
        "ledger": {"epoch": 0, "partition": partition, "seq": number, "n": 0},
        "effect": "binding",
        "policy_id": "benchmark",
        "at_ms": time.time_ns() // 1_000_000,
    }
    return partition, account_id.encode(), json.dumps(value).encode()


def publish(producer: Any, topic: str, numbers: range, rate: int, page: Any) -> dict[int, int]:
    """Publish alerts at a rate; return when each went out. The page is served by its own process meanwhile."""
    sent_ms: dict[int, int] = {}
    began = time.monotonic()
    for number in numbers:
        wait = began + (number - numbers.start) / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        partition, key, value = alert(number)
        sent_ms[number] = time.time_ns() // 1_000_000
        producer.send(topic, value, key, partition=partition)
    producer.flush()
    page.wait_for_timeout(3_000)
    return sent_ms


def heap_mb(session: Any) -> float:
    """Return what the page's scripts hold after garbage was collected."""
    session.send("HeapProfiler.collectGarbage")
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["JSHeapUsedSize"]) / 1e6


def measure(settings: Settings, api: ApiProcess, seconds: int, rate: int) -> None:
    """Open the desk, publish, and say what was found."""
    producer = KafkaProducer(bootstrap_servers=settings.brokers, acks=1, linger_ms=0)
    topic = f"{settings.topic_prefix}.alerts.v1"
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script(WATCH)
        page.goto(f"{api.url}/#/desk")
        page.locator(".connection-live").wait_for()
        page.get_by_text("No open alert").wait_for()
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        publish(producer, topic, range(1), rate, page)  # the first row of an empty list is shown at once
        before = heap_mb(session)
        half = seconds * rate // 2
        sent_ms = publish(producer, topic, range(1, half + 1), rate, page)
        middle = heap_mb(session)
        sent_ms |= publish(producer, topic, range(half + 1, 2 * half + 1), rate, page)
        after = heap_mb(session)
        report(sent_ms, page.evaluate("window.seen"), page.evaluate("window.longTasks"))
        print(f"heap after collection: {before:.1f} MB before, {middle:.1f} half way, {after:.1f} after", flush=True)
        browser.close()


def report(sent_ms: dict[int, int], seen: list[list[int]], long_tasks: list[float]) -> None:
    """Print how long alerts took, and how long the page was busy at a stretch."""
    took: list[int] = []
    steps = iter(seen)
    count, at_ms = 0, 0
    for number in sorted(sent_ms):
        while count < number:
            count, at_ms = next(steps, (sys.maxsize, 0))
        if at_ms:
            took.append(at_ms - sent_ms[number])
    took.sort()
    places = {name: took[min(len(took) - 1, len(took) * place // 1_000)] for name, place in
              (("p50", 500), ("p95", 950), ("p99", 990))}  # fmt: skip
    print(f"load average {os.getloadavg()[0]:.1f}; {len(sent_ms)} alerts, {len(took)} seen; {places} ms", flush=True)
    print(f"tasks longer than 50 ms: {len(long_tasks)}, longest {max(long_tasks, default=0):.0f} ms", flush=True)


def main() -> None:
    """Measure on a broker of its own."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.desk_page", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rate", type=int, default=100)
    arguments = parser.parse_args()
    with TemporaryDirectory(prefix="obligor-page-") as directory, Broker(Path(directory)) as broker:
        data = Path(directory) / "api"
        settings = Settings(brokers=broker.bootstrap, topic_prefix="page", partitions=3, data=data)
        create_and_check(settings)
        data.mkdir(exist_ok=True)
        with ApiProcess(settings, Path(directory) / "api.log") as api:
            measure(settings, api, arguments.seconds, arguments.rate)


if __name__ == "__main__":
    main()
