"""A ledger that lost its end: the partition stays closed and red until a person accepts it, the others go on."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.broker import QUICK_START, Broker
from streams.settings import Settings
from streams.topics import create_and_check
from tests.builders import order
from tests.faults.processes import environment
from tests.faults.progress import Progress
from tests.log_surgery import cut_log
from tests.order_system import OrderSystem
from tests.worker_process import ObservedWorker, wait_until

pytestmark = pytest.mark.kafka
_OBLIGOR = str(Path(sys.executable).with_name("obligor"))


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker whose files may be cut."""
    with Broker(tmp_path, port=0, jvm_options=QUICK_START) as running:
        yield running


def _run(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [_OBLIGOR, *arguments]
    more = environment(settings, COLUMNS="200")
    return subprocess.run(command, env=more, capture_output=True, text=True, timeout=60, check=False)


def _red(worker: ObservedWorker) -> list[str]:
    return [reason.partition(":")[0] for reason in worker.unready()]


def test_a_ledger_that_was_cut(own_broker: Broker, tmp_path: Path) -> None:
    settings = Settings(
        brokers=own_broker.bootstrap, topic_prefix="cut", group_id="cut", partitions=2, data=tmp_path / "worker"
    )
    create_and_check(settings)
    with ObservedWorker(settings, tmp_path / "worker.log") as worker:
        worker.start_ready()
        with OrderSystem(settings) as shop:
            names = {shop.partition(f"N{number}"): f"N{number}" for number in range(20)}
            cut, whole = names[0], names[1]
            shop.open({cut: 1_000, whole: 1_000})
            for number in range(6):
                shop.say(
                    order(f"{cut}-{number}", 100, account_id=cut), order(f"{whole}-{number}", 100, account_id=whole)
                )
                shop.wait_for_answers({f"{cut}-{number}": "order_released", f"{whole}-{number}": "order_released"})
        assert worker.stop() == 0
        own_broker.stop()
        kept = cut_log(tmp_path / "kafka" / "log", "cut.ledger.v1-0", 5)
        own_broker.start()
        assert Progress(settings).ends("ledger") == {0: kept, 1: 8}
        assert kept < 8

        worker.start()
        wait_until("one partition to be red", lambda: _red(worker) == ["partition 0"], 60)
        status, told = worker.ask("/ready")
        assert status == 503
        assert "ledger ends at" in told
        with OrderSystem(settings) as shop:
            assert worker.counts()["obligor_partitions_closed"] == 1
            shop.say(order(f"{cut}-7", 10, account_id=cut), order(f"{whole}-7", 10, account_id=whole))
            shop.wait_for_answers({f"{whole}-7": "order_released"})
            assert f"{cut}-7" not in shop.answers()
            assert Progress(settings).ends("ledger")[0] == kept

            refused = _run(settings, "accept-loss", "--partition", "1", "--actor", "kim", "--reason", "why not")
            assert refused.returncode == 2
            accepted = _run(settings, "accept-loss", "--partition", "0", "--actor", "kim", "--reason", "power cut")
            assert accepted.returncode == 0, accepted.stdout + accepted.stderr
            assert "ledger ends at" in accepted.stdout

            shop.wait_for_answers({f"{cut}-7": "order_released"})
            worker.wait_ready()
            entries = [json.loads(record.value) for record in shop.records("ledger", 0)]
            assert [entry["seq"] for entry in entries] == list(range(10))
            assert [entry["epoch"] for entry in entries] == [0] * kept + [1] * (10 - kept)
            assert entries[kept]["fact"]["reason"] == "power cut"
            assert shop.exposures()[cut]["orders_minor"] == 610
            shop.say(order(f"{cut}-8", 10, account_id=cut))
            shop.wait_for_answers({f"{cut}-8": "order_released"})
        assert worker.stop() == 0
        worker.start_ready()
        assert worker.stop() == 0
        audit = _run(settings, "audit")
        assert audit.returncode == 0, audit.stdout + audit.stderr
        assert " 0,1 " in audit.stdout, audit.stdout
