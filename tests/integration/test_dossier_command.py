"""`obligor dossier` against a real broker."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner, Result

from schemas.ledger import decode_entry
from streams.broker import Broker
from streams.commands.dossier import dossier
from streams.settings import Settings
from streams.simulator import facts
from streams.topics import create_and_check
from tests.driving import Drive, upload

pytestmark = pytest.mark.kafka
app = typer.Typer()
app.command()(dossier)


@pytest.fixture(scope="module")
def drive() -> Drive:
    """A small market over three partitions."""
    return Drive(3, prefix="credit.dossier").say(facts(900, seed=3, accounts=9))


@pytest.fixture(scope="module")
def settings(broker: Broker, drive: Drive) -> Settings:
    """A prefix whose ledger holds that market."""
    found = Settings(brokers=broker.bootstrap, topic_prefix=drive.prefix, partitions=3)
    create_and_check(found)
    upload(drive, found.brokers, found.topic_prefix, names=["ledger"])
    return found


@pytest.fixture(scope="module")
def account(drive: Drive) -> str:
    """An account of the second partition."""
    records = drive.log["ledger"][1]
    return next(found for one in records if (found := decode_entry(one.value or b"").account_id) is not None)


def _run(settings: Settings, *arguments: str) -> Result:
    environment = {
        "OBLIGOR_BROKERS": settings.brokers,
        "OBLIGOR_TOPIC_PREFIX": settings.topic_prefix,
        "OBLIGOR_PARTITIONS": str(settings.partitions),
        "COLUMNS": "200",
    }
    return CliRunner().invoke(app, list(arguments), env=environment)


def test_it_shows_what_the_worker_of_the_partition_knows(settings: Settings, drive: Drive, account: str) -> None:
    result = _run(settings, account, "--json")
    assert result.exit_code == 0, result.output
    told, known = json.loads(result.stdout), drive.cores[1].book.account(account)
    assert known is not None
    assert (told["account_id"], told["identity"]["name"]) == (account, known.name)
    assert told["standing"]["limit_minor"] == known.limit_minor
    assert (told["grade"]["grade"] or "") == known.grade
    assert told["standing"]["highest_exposure_minor"] == known.highest_minor


def test_history_has_a_line_for_each_change_with_its_place(settings: Settings, drive: Drive, account: str) -> None:
    result = _run(settings, account, "--field", "limit_minor", "--json")
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert lines and {line["field"] for line in lines} == {"limit_minor"}
    for line in lines:
        entry = decode_entry(drive.log["ledger"][1][line["seq"]].value or b"")
        assert (entry.seq, entry.account_id) == (line["seq"], account)


@pytest.mark.parametrize(("language", "word"), [("en", "Payment behaviour"), ("zh", "付款表现")])
def test_it_is_a_sheet_in_the_language_asked_for(settings: Settings, account: str, language: str, word: str) -> None:
    result = _run(settings, account, "--language", language)
    assert result.exit_code == 0, result.output
    assert word in result.stdout
    assert _run(settings, account, "--language", language, "--history").exit_code == 0


def test_an_unknown_account_ends_with_2(settings: Settings) -> None:
    result = _run(settings, "NOBODY")
    assert result.exit_code == 2
    assert "nothing is known of account NOBODY" in result.output
