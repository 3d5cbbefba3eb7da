"""How long a worker without state needs for a partition of a long ledger: `python -m tests.takeover`."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from streams.broker import Broker
from streams.checkpoints import newest_checkpoints
from streams.producing import Producing
from streams.settings import Settings
from streams.simulator import stream
from streams.topics import create_and_check
from tests.faults.progress import Progress
from tests.worker_process import ObservedWorker, all_taken, wait_until


@dataclass(frozen=True)
class Takeover:
    """What was found: records in the ledger, in the newest checkpoint, and seconds from start to ready."""

    ledger_records: int
    checkpoint_seq: int
    building_seconds: float
    with_checkpoint_seconds: float
    without_seconds: float | None


def measure_takeover(
    settings: Settings, log_file: Path, *, facts: int, accounts: int, without: bool, say: Callable[[str], None]
) -> Takeover:
    """Fill a partition through a worker, kill it, delete its state, and let another take over.

    Args:
        without: measure it without checkpoints too.
    """
    create_and_check(settings)
    with ObservedWorker(settings, log_file) as worker:
        worker.start_ready()
        began = time.monotonic()
        with Producing(settings) as producing:
            producing.send_all(islice(stream(accounts, 7), facts))
        say(f"{facts:,} facts sent after {time.monotonic() - began:.0f} s")
        wait_until("everything to be taken in", lambda: all_taken(settings), 3_600)
        building = time.monotonic() - began
        worker.kill()
        progress = Progress(settings)
        records = progress.ledger_end()
        progress.close()
        checkpoint = int(newest_checkpoints(settings, 0)[0].name)
        say(f"{records:,} ledger records after {building:.0f} s, checkpoint at {checkpoint:,}")
        seconds = _start_without_state(worker, settings)
        slow = None
        if without:
            worker.kill()
            shutil.rmtree(settings.data / "checkpoints")
            slow = _start_without_state(worker, settings)
        assert worker.stop() == 0
    return Takeover(records, checkpoint, building, seconds, slow)


def _start_without_state(worker: ObservedWorker, settings: Settings) -> float:
    """Return the seconds from the start of the process until it holds the partition; the dead one's session is over."""
    shutil.rmtree(settings.data / "state")
    began = time.monotonic()
    worker.start_ready(600)
    return time.monotonic() - began


def main() -> None:
    """Measure it for a million ledger records in one partition."""
    facts = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="obligor-takeover-") as name, Broker(Path(name), port=0) as broker:
        settings = Settings(
            brokers=broker.bootstrap,
            topic_prefix="takeover",
            group_id="takeover",
            partitions=1,
            data=Path(name) / "worker",
            session_timeout_ms=6_000,
        )
        found = measure_takeover(
            settings, Path(name) / "worker.log", facts=facts, accounts=3_000, without=False, say=print
        )
    print(found)
    tail = found.ledger_records - found.checkpoint_seq
    print(
        f"{found.ledger_records:,} records taken over in {found.with_checkpoint_seconds:.1f} s, {tail:,} of them folded"
    )
    if found.ledger_records >= 1_000_000 and found.with_checkpoint_seconds > 20:
        sys.exit("expected a million records to be taken over within 20 s")


if __name__ == "__main__":
    main()
