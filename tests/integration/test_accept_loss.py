"""A ledger that lost its tail: its partition stays closed until somebody accepts that, and goes on in a new epoch."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from streams.auditing import audit_all, plan_audit
from streams.commands.accept_loss import accept_loss
from streams.settings import Settings
from streams.simulator import facts
from streams.topics import create_and_check
from tests.driving import Drive, upload
from tests.faults.processes import WorkerProcess, environment
from tests.faults.progress import wait_until
from tests.verifier import Verified, check_inputs, read_world, walk_chain

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]
LOST = 40
app = typer.Typer()
app.command()(accept_loss)


def _run(settings: Settings, *arguments: str) -> Result:
    given = ["--actor", "j.doe", "--reason", "disk lost", *arguments]
    return CliRunner().invoke(app, given, env=environment(settings, COLUMNS="200"))


def _ledger_length(settings: Settings, number: int) -> int:
    return len(walk_chain(read_world(settings.brokers, settings.topic_prefix)["ledger"][number], number, Verified()))


def test_a_cut_ledger_stays_closed_until_the_loss_is_accepted(broker_settings: Settings, tmp_path: Path) -> None:
    settings = broker_settings.model_copy(update={"partitions": 2, "data": tmp_path / "data"})
    create_and_check(settings)
    drive = Drive(2, prefix=settings.topic_prefix).say(facts(800, seed=6, accounts=8))
    del drive.log["ledger"][1][-LOST:]
    kept = len(drive.log["ledger"][1])
    upload(drive, settings.brokers, settings.topic_prefix)

    worker = WorkerProcess(settings, tmp_path / "worker.log").start()
    try:
        wait_until("the partition to stay closed", lambda: "stays closed" in worker.tail(), 60)
        assert _ledger_length(settings, 1) == kept, "nothing is taken in before somebody has looked"
        assert any(report.findings for report in audit_all(settings, plan_audit(settings)))

        result = _run(settings, "--partition", "1")
        assert result.exit_code == 0, result.output
        assert f"the ledger ends at epoch 0 seq {kept - 1}" in result.output

        wait_until("what was lost to be taken in again", lambda: _ledger_length(settings, 1) >= kept + LOST, 60)
        assert worker.stop() == 0, worker.tail()
    finally:
        worker.kill()
    _check_afterwards(settings, kept)


def _check_afterwards(settings: Settings, kept: int) -> None:
    world = read_world(settings.brokers, settings.topic_prefix)
    result = Verified()
    ledger = walk_chain(world["ledger"][1], 1, result)
    check_inputs(world, ledger, 1, result)
    assert result.findings == []
    accepted = ledger[kept].entry
    assert accepted["fact"]["type"] == "loss_accepted"
    assert (accepted["epoch"], accepted["fact"]["actor"], accepted["fact"]["reason"]) == (1, "j.doe", "disk lost")
    assert {told.entry["epoch"] for told in ledger[kept:]} == {1}
    again = [json.loads(record.value)["ledger"]["epoch"] for record in world["decisions"][1]]
    assert again == sorted(again), "decisions of the new epoch are above all of the old"
    assert [report.findings for report in audit_all(settings, plan_audit(settings))] == [[], []]


def test_without_a_loss_there_is_nothing_to_accept(broker_settings: Settings, tmp_path: Path) -> None:
    settings = broker_settings.model_copy(update={"data": tmp_path / "data"})
    create_and_check(settings)
    result = _run(settings, "--partition", "1")
    assert result.exit_code == 2
    assert "there is no loss to accept" in result.output
    assert _run(settings, "--partition", "9").exit_code == 2
    assert _run(settings, "--partition", "0", "--found", "orders was created anew").exit_code == 0
