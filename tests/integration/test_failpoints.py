"""A worker that dies at every boundary, with and without a second writer: nothing is lost, nothing is said twice."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaProducer

from streams.broker import QUICK_START, Broker
from streams.failpoints import EXIT_CODE, NAMES
from streams.message import Message
from streams.producing import Producing
from streams.settings import Settings
from streams.simulator import facts
from streams.topics import create_and_check, topic
from tests.faults.processes import WorkerProcess
from tests.faults.progress import Progress, marks, wait_until
from tests.verifier import read_world, verify

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(240)]
PARTITIONS = 2
_WAIT_SECONDS = 60
_COUNTS = {"in_open": 2, "in_copy": 3, "before_ack": 2, "after_write": 2, "in_sweep": 1}
"""At which time the worker dies; where it says nothing, the third: in the middle of work, not at its start."""


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker for workers of short sessions."""
    with Broker(tmp_path_factory.mktemp("failpoints"), port=0, jvm_options=QUICK_START) as running:
        yield running


@pytest.fixture(scope="module")
def market() -> list[Message]:
    """Enough facts for several rounds, with days closed and sweeps."""
    return facts(900, seed=21, accounts=12)


@pytest.mark.parametrize("with_second_writer", [False, True], ids=["alone", "second-writer"])
@pytest.mark.parametrize("name", NAMES)
def test_a_death_there_loses_nothing(
    name: str, with_second_writer: bool, own_broker: Broker, market: list[Message], tmp_path: Path
) -> None:
    prefix = f"fp-{name.replace('_', '-')}-{'two' if with_second_writer else 'one'}"
    settings = Settings(
        brokers=own_broker.bootstrap,
        topic_prefix=prefix,
        group_id=prefix,
        partitions=PARTITIONS,
        data=tmp_path / "data",
        session_timeout_ms=6_000,
        state_every_ms=0,
    )
    create_and_check(settings)
    doomed = WorkerProcess(settings, tmp_path / "doomed.log")
    # In a group of its own it need not wait until Kafka gives the dead one up: the stored position is what counts.
    heir = WorkerProcess(settings.model_copy(update={"group_id": f"{prefix}-heir"}), tmp_path / "heir.log")
    progress = Progress(settings)
    try:
        _die(doomed, name, settings, market, progress, with_second_writer)
        _take_over(heir, settings, progress)
        result = verify(read_world(settings.brokers, prefix))
        assert result.findings == [], heir.tail()
        assert result.counts["releases"] > 100
        assert not with_second_writer or result.counts["void"] >= PARTITIONS
    finally:
        doomed.kill()
        heir.kill()
        progress.close()
        shutil.rmtree(tmp_path / "data", ignore_errors=True)


def _die(
    doomed: WorkerProcess,
    name: str,
    settings: Settings,
    market: list[Message],
    progress: Progress,
    with_second_writer: bool,
) -> None:
    """Feed a worker that dies at the failpoint, a bit when the one before was taken: so it makes many rounds."""
    doomed.start(OBLIGOR_FAILPOINT=f"{name}:{_COUNTS.get(name, 3)}")
    with Producing(settings) as producing:
        for first in range(0, len(market), 60):
            before = progress.ledger_end()
            producing.send_all(market[first : first + 60])
            producing.flush()
            if with_second_writer and first in (120, 480):
                _intrude(settings)
            _wait_for_a_round(doomed, progress, before)
    assert doomed.wait_for_exit(_WAIT_SECONDS) == EXIT_CODE, doomed.tail()


def _wait_for_a_round(doomed: WorkerProcess, progress: Progress, before: int) -> None:
    wait_until(
        "the ledger to grow or the worker to die",
        lambda: progress.ledger_end() > before or not doomed.running,
        _WAIT_SECONDS,
    )


def _take_over(heir: WorkerProcess, settings: Settings, progress: Progress) -> None:
    """Let another worker go on until it has taken everything, and end it in order."""
    last = marks(settings.partitions, 1_900_000_000_000)
    with Producing(settings) as producing:
        producing.send_all(last)
    heir.start()
    wait_until("the ledger to hold the last records", lambda: progress.marks_in_ledger() >= len(last), _WAIT_SECONDS)
    assert heir.stop() == 0, heir.tail()


def _intrude(settings: Settings) -> None:
    """What a stray writer leaves, and a late batch of a dead one: records that claim places they do not have."""
    with KafkaProducer(bootstrap_servers=settings.brokers) as producer:
        for number in range(settings.partitions):
            for value in (b"bogus", None, b'{"seq":0,"prev":"%s"}' % (b"0" * 64)):
                full_name = topic(settings.topic_prefix, "ledger")
                producer.send(full_name, value, key=b"nobody", partition=number).get(timeout=20)
