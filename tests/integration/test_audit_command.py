"""`obligor audit` against a real broker."""

from __future__ import annotations

import json

import pytest
import typer
from kafka import KafkaProducer
from typer.testing import CliRunner, Result

from streams.auditing import audit_all, plan_audit
from streams.broker import Broker
from streams.commands.audit import audit
from streams.settings import Settings
from streams.simulator import facts
from streams.topics import create_and_check
from tests.driving import Drive, upload

pytestmark = pytest.mark.kafka
app = typer.Typer()
app.command()(audit)


@pytest.fixture(scope="module")
def settings(broker: Broker) -> Settings:
    """A prefix of three partitions that hold a small market with all that was published of it."""
    found = Settings(brokers=broker.bootstrap, topic_prefix="credit.audited", partitions=3)
    create_and_check(found)
    # The ledger names its sources in full, so the drive has to have the prefix that it is uploaded under.
    upload(
        Drive(3, prefix=found.topic_prefix).say(facts(1_500, seed=3, accounts=12)), found.brokers, found.topic_prefix
    )
    return found


def _run(settings: Settings, *arguments: str) -> Result:
    environment = {
        "OBLIGOR_BROKERS": settings.brokers,
        "OBLIGOR_TOPIC_PREFIX": settings.topic_prefix,
        "OBLIGOR_PARTITIONS": str(settings.partitions),
        "COLUMNS": "200",
    }
    return CliRunner().invoke(app, list(arguments), env=environment)


def test_a_clean_ledger_ends_with_0_and_says_what_was_checked(settings: Settings) -> None:
    result = _run(settings)
    assert result.exit_code == 0, result.output
    assert "clean" in result.output
    assert "published records compared, 0 repeated" in result.output


def test_for_a_program_it_is_one_json_object(settings: Settings) -> None:
    result = _run(settings, "--json", "--partition", "1")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["clean"] is True
    assert [one["partition"] for one in told["partitions"]] == [1]
    assert told["total"]["records"] == told["total"]["rederived"] > 100


def test_processes_side_by_side_find_the_same(settings: Settings) -> None:
    plan = plan_audit(settings)
    told: list[int] = []
    side_by_side = audit_all(settings, plan, jobs=2, advance=told.append)
    assert side_by_side == audit_all(settings, plan, jobs=1)
    assert sum(told) == plan.records


def test_a_changed_ledger_ends_with_1_and_names_the_place(settings: Settings, broker_settings: Settings) -> None:
    create_and_check(broker_settings)
    drive = Drive(3, prefix=broker_settings.topic_prefix).say(facts(600, seed=4, accounts=6))
    for records in drive.log["ledger"].values():
        del records[20:21]
    upload(drive, broker_settings.brokers, broker_settings.topic_prefix)
    result = _run(broker_settings)
    assert result.exit_code == 1
    assert "seq 21 offset 20: chain: expected seq 20, received 21" in result.output


def test_a_void_record_is_listed_and_no_fault(broker_settings: Settings) -> None:
    create_and_check(broker_settings)
    drive = Drive(3, prefix=broker_settings.topic_prefix).say(facts(300, seed=4, accounts=6))
    upload(drive, broker_settings.brokers, broker_settings.topic_prefix)
    with KafkaProducer(bootstrap_servers=broker_settings.brokers) as producer:
        producer.send(f"{broker_settings.topic_prefix}.ledger.v1", b"bogus", partition=0).get(timeout=20)
    result = _run(broker_settings)
    assert result.exit_code == 0
    assert "1 void records" in result.output


def test_without_topics_or_broker_it_ends_with_2(broker_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    result = _run(broker_settings)
    assert result.exit_code == 2
    assert f"expected topic {broker_settings.topic_prefix}.ledger.v1, there is none" in result.output
    monkeypatch.setattr("streams.reading._REACH_MS", 300)
    assert _run(broker_settings.with_brokers("127.0.0.1:1")).exit_code == 2
