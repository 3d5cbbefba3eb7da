"""An import of ten years of history into a worker, and how the broker is afterwards: `python -m tests.history`."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

import psutil
from kafka import TopicPartition

from streams.broker import Broker
from streams.settings import Settings
from streams.topics import SOURCES, create_and_check, topic
from tests.faults.processes import environment
from tests.faults.progress import Progress
from tests.order_system import new_consumer, read_all
from tests.worker_process import ObservedWorker, all_taken, wait_until

_FIRST = date(2014, 1, 1)
_DAYS = 3_652
_MAP = """shape = "history"
source = "history"
currency = "EUR"
date_formats = ["%Y-%m-%d"]
identity = ["account", "invoice"]
[columns]
account = "account"
invoice = "invoice"
issued_on = "issued"
due_on = "due"
amount = "amount"
settled_on = "settled"
[known]
opening = ["account"]
issue = ["invoice", "issued", "due", "amount"]
settlement = ["settled"]
"""


@dataclass(frozen=True)
class Found:
    """What an import left."""

    facts: int
    ledger_facts: int
    ledger_records: int
    days: int
    seconds: float
    files_before: int
    files_after: int
    segments_per_partition_max: int
    segments: int
    resident_megabytes: int


def write_history(path: Path, invoices: int, accounts: int, seed: int = 1) -> None:
    """Write a CSV of invoices, issued over ten years and settled early, late or not at all."""
    rng = Random(f"{seed}/history")
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("account", "invoice", "issued", "due", "amount", "settled"))
        for number in range(invoices):
            issued = _FIRST + timedelta(number * _DAYS // invoices)
            settled = issued + timedelta(rng.randint(5, 75))
            amount = f"{rng.randint(100, 900_000) / 100:.2f}"
            paid = settled if rng.random() < 0.97 else ""
            writer.writerow((f"A{rng.randrange(accounts)}", f"I{number}", issued, issued + timedelta(30), amount, paid))


def import_history(
    broker: Broker, directory: Path, *, invoices: int, partitions: int, say: Callable[[str], None]
) -> Found:
    """Import ten years into a running worker and look at the broker."""
    settings = Settings(
        brokers=broker.bootstrap,
        topic_prefix="history",
        group_id="history",
        partitions=partitions,
        data=directory / "worker",
    )
    create_and_check(settings)
    write_history(directory / "history.csv", invoices, max(20, invoices // 200))
    (directory / "history.toml").write_text(_MAP)
    process, progress = psutil.Process(broker.pid), Progress(settings)
    with ObservedWorker(settings, directory / "worker.log") as worker:
        worker.start_ready()
        before, began = process.num_fds(), time.monotonic()
        arguments = ["import", str(directory / "history.csv"), "--map", str(directory / "history.toml")]
        command = [sys.executable, "-m", "api.cli", *arguments]
        subprocess.run(command, env=environment(settings), capture_output=True, timeout=1_800, check=True)
        say(f"sent after {time.monotonic() - began:.0f} s")
        wait_until("everything to be taken in", lambda: all_taken(settings), 1_800)
        seconds = time.monotonic() - began
        found = _look(settings, broker, directory, progress, (before, process.num_fds()), seconds)
        assert worker.stop() == 0, worker.tail()
    progress.close()
    return found


def _look(
    settings: Settings, broker: Broker, directory: Path, progress: Progress, files: tuple[int, int], seconds: float
) -> Found:
    facts, (ledger_facts, days, ledger_records) = _counted(settings, progress)
    folders = (directory / "kafka" / "log").glob(f"{settings.topic_prefix}.*")
    segments = Counter({folder.name: len(list(folder.glob("*.log"))) for folder in folders})
    return Found(
        facts,
        ledger_facts,
        ledger_records,
        days,
        round(seconds, 1),
        *files,
        max(segments.values()),
        sum(segments.values()),
        psutil.Process(broker.pid).memory_info().rss >> 20,
    )


def _counted(settings: Settings, progress: Progress) -> tuple[int, tuple[int, int, int]]:
    """Count sources and ledger at one moment: the total of the book comes a while after its day, and is a fact too."""
    while True:
        wait_until("everything to be taken in", lambda: all_taken(settings), 600)
        facts = _in_sources(progress)
        in_ledger = _ledger(settings)
        if _in_sources(progress) == facts:
            return facts, in_ledger


def _in_sources(progress: Progress) -> int:
    return sum(sum(progress.ends(name).values()) for name in SOURCES)


def _ledger(settings: Settings) -> tuple[int, int, int]:
    """Return how many source records, days and records of all kinds the ledger holds; none of them twice."""
    consumer, sources, records, days = new_consumer(settings.brokers), 0, 0, set()
    for number in range(settings.partitions):
        seen, of_sources = set(), 0
        for record in read_all(consumer, [TopicPartition(topic(settings.topic_prefix, "ledger"), number)]):
            entry = json.loads(record.value)
            records += 1
            if not entry["source"]["index"]:
                seen.add((entry["source"]["topic"], entry["source"]["offset"]))
                of_sources += 1
                if entry["fact"]["type"] == "day_closed":
                    days.add(entry["fact"]["business_date"])
        assert len(seen) == of_sources, f"ledger/{number} holds a source record twice"
        sources += of_sources
    consumer.close(autocommit=False)
    return sources, len(days), records


def main() -> None:
    """Import a hundred thousand invoices over ten years with twelve partitions."""
    invoices = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory(prefix="obligor-history-") as name, Broker(Path(name), port=0) as broker:
        print(import_history(broker, Path(name), invoices=invoices, partitions=12, say=print))


if __name__ == "__main__":
    main()
