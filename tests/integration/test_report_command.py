"""`obligor report` against a real broker."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from streams.broker import Broker
from streams.commands.report import report
from streams.settings import Settings
from streams.topics import create_and_check
from tests import builders as b
from tests.driving import Drive, Stored, upload
from tests.scenario import with_limit

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def settings(broker: Broker) -> Settings:
    """A prefix whose ledger tells of goods that left for an order that waits."""
    found = Settings(brokers=broker.bootstrap, topic_prefix="credit.report", partitions=1)
    create_and_check(found)
    scenario, drive = with_limit(), Drive(1, prefix=found.topic_prefix)
    scenario.say(b.order("O1", 2_000), b.delivery(400), b.order("O2", 100), b.delivery(100, "O2", "D2"))
    drive.log["ledger"][0] = [Stored(outcome.seq, outcome.key, outcome.value, []) for outcome in scenario.ledger]
    upload(drive, found.brokers, found.topic_prefix, names=["ledger"])
    return found


def _run(settings: Settings, *arguments: str) -> Result:
    environment = {"OBLIGOR_BROKERS": settings.brokers, "OBLIGOR_TOPIC_PREFIX": settings.topic_prefix, "COLUMNS": "200"}
    return CliRunner().invoke(report, ["unchecked", *arguments], env=environment)


def test_it_lists_what_went_out_unchecked_and_ends_with_1(settings: Settings) -> None:
    result = _run(settings)
    assert result.exit_code == 1, result.output
    assert "D1" in result.stdout
    assert "D2" not in result.stdout


def test_a_program_gets_one_object_and_a_sheet_gets_rows(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "unchecked.csv"
    result = _run(settings, "--json", "--output", str(path))
    assert [one["document_id"] for one in json.loads(result.stdout)["unchecked"]] == ["D1"]
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2


def test_nothing_since_a_later_day_ends_with_0(settings: Settings) -> None:
    result = _run(settings, "--since", "2025-03-04")
    assert (result.exit_code, "0 deliveries" in result.stdout) == (0, True), result.output
