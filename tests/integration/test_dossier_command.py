"""`obligor dossier` and `obligor score` against a real broker."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from projections.dossier import dossier_of
from schemas.decisions import AccountScored
from schemas.ledger import decode_decisions, decode_entry
from streams.broker import Broker
from streams.commands.dossier import dossier
from streams.commands.score import score
from streams.settings import Settings
from streams.simulator import facts
from streams.topics import create_and_check
from tests.driving import Drive, upload

pytestmark = pytest.mark.kafka
app, score_app = typer.Typer(), typer.Typer()
app.command()(dossier)
score_app.command()(score)


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


def _run(settings: Settings, *arguments: str, of: typer.Typer = app) -> Result:
    environment = {
        "OBLIGOR_BROKERS": settings.brokers,
        "OBLIGOR_TOPIC_PREFIX": settings.topic_prefix,
        "OBLIGOR_PARTITIONS": str(settings.partitions),
        "COLUMNS": "200",
    }
    return CliRunner().invoke(of, list(arguments), env=environment)


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


def _score(settings: Settings, account: str, *arguments: str) -> dict[str, Any]:
    result = _run(settings, account, "--json", *arguments, of=score_app)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_score_is_the_one_that_the_ledger_told_moved_by_what_it_says(
    settings: Settings, drive: Drive, account: str
) -> None:
    found = _score(settings, account)["score"]
    kept = dossier_of(drive.cores[1].book, account)
    assert kept is not None
    assert kept.score is not None
    assert found["told"]["points"] == kept.score.points
    assert found["points"] == sum(one["points"] for one in found["factors"])
    assert found["points"] - found["told"]["points"] == sum(
        one["points"] - one["before"] for one in found["moved_since"]
    )


def test_as_of_an_earlier_day_it_is_what_was_known_then(settings: Settings, drive: Drive, account: str) -> None:
    entries = [decode_entry(record.value or b"") for record in drive.log["ledger"][1]]
    told = [
        (entry.at_ms, decision.points)
        for entry in entries
        if entry.account_id == account
        for decision in decode_decisions(entry.decisions)
        if isinstance(decision, AccountScored)
    ]
    first_on = datetime.fromtimestamp(told[0][0] / 1000, UTC).date()
    of_that_day = [points for at_ms, points in told if datetime.fromtimestamp(at_ms / 1000, UTC).date() == first_on]
    assert _score(settings, account, "--as-of", str(first_on))["score"]["told"]["points"] == of_that_day[-1]
    assert _run(settings, account, "--as-of", str(first_on - timedelta(days=1)), of=score_app).exit_code == 2


@pytest.mark.parametrize(("language", "word"), [("en", "What costs most points"), ("zh", "主要失分项")])
def test_a_score_is_explained_in_the_language_asked_for(
    settings: Settings, account: str, language: str, word: str
) -> None:
    result = _run(settings, account, "--language", language, of=score_app)
    assert result.exit_code == 0, result.output
    assert word in result.stdout
