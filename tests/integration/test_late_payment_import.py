"""The public set of late payments, imported into a running worker, against a plain re-sum of the file."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from projections.exposures import exposure_of
from projections.partition import Partition
from projections.store import MemoryRows
from schemas.ledger import decode_entry
from streams.auditing import audit_all, plan_audit
from streams.importer import Import
from streams.lateness_replay import CoreInMemory, labels_in_ledgers, learned, said_by
from streams.receivables_map import load_map
from streams.scoreboard import CHAMPION
from streams.settings import Settings
from streams.topics import create_and_check
from tests.faults.processes import environment
from tests.late_payers import PUBLIC_SET, public_items
from tests.learner_process import LearnerProcess, lessons_in
from tests.order_system import OrderSystem
from tests.worker_process import ObservedWorker, all_taken, wait_until

_FILE = PUBLIC_SET
_OBLIGOR = Path(sys.executable).with_name("obligor")
pytestmark = [
    pytest.mark.kafka,
    pytest.mark.skipif(not _FILE.exists(), reason="the public late-payment set is not beside the checkout"),
]

Balances = tuple[int, int]
"""Exposure and overdue, in cents."""


def _day(text: str) -> date:
    return datetime.strptime(text, "%d/%m/%Y").date()


def _resum() -> dict[tuple[str, date], Balances]:
    """Exposure and overdue of every account at the end of every day: nothing but the file and additions."""
    with _FILE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    items = [(r["customerID"], _day(r["InvoiceDate"]), _day(r["DueDate"]), _day(r["SettledDate"]), r) for r in rows]
    first, last = min(item[1] for item in items), max(item[3] for item in items)
    sums = {(item[0], first + timedelta(n)): (0, 0) for item in items for n in range((last - first).days + 1)}
    for account_id, issued_on, due_on, settled_on, row in items:
        cents = int(Decimal(row["InvoiceAmount"]) * 100)
        for day in (issued_on + timedelta(n) for n in range((settled_on - issued_on).days)):
            exposure, overdue = sums[account_id, day]
            sums[account_id, day] = (exposure + cents, overdue + cents * (due_on < day))
    return sums


def _folded(shop: OrderSystem, number: int) -> Iterator[tuple[str, date, Balances]]:
    """Fold a ledger partition; after each record that touches an account: whose, of which day, what it stands at."""
    settings = shop.settings
    partition = Partition(MemoryRows(), number, settings.partitions, settings.topic_prefix)
    for record in shop.records("ledger", number):
        entry = decode_entry(record.value)
        partition.replay(entry, record.value)
        account = None if entry.account_id is None else partition.book.account(entry.account_id)
        if account is not None:
            found = exposure_of(account, partition.context, 0, entry.at_ms)
            on = datetime.fromtimestamp(entry.at_ms / 1000, UTC).date()
            yield account.account_id, on, (found.exposure_minor, found.overdue_minor)


def _closed_days(shop: OrderSystem, number: int) -> list[date]:
    entries = [decode_entry(record.value) for record in shop.records("ledger", number)]
    closings = [entry for entry in entries if not entry.source.index and b'"day_closed"' in bytes(entry.fact)]
    return [datetime.fromtimestamp(entry.at_ms / 1000, UTC).date() for entry in closings]


@pytest.fixture
def settings(broker_settings: Settings, tmp_path: Path) -> Settings:
    found = broker_settings.model_copy(update={"data": tmp_path, "partitions": 2})
    create_and_check(found)
    return found


def _import(settings: Settings) -> str:
    done = subprocess.run(
        [str(_OBLIGOR), "import", str(_FILE), "--map", "ibm-late-payment"],
        env=environment(settings, COLUMNS="200"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


def _facts_in_ledger(shop: OrderSystem, settings: Settings) -> dict[int, int]:
    """How many records stand in each ledger partition, but for totals of the book and reports of the learner.

    Those come when they come.
    """
    ours = (b'"book_totalled"', b'"learner_reported"')
    return {
        number: sum(not any(kind in record.value for kind in ours) for record in shop.records("ledger", number))
        for number in range(settings.partitions)
    }


def _check_learning(settings: Settings, shop: OrderSystem, directory: Path) -> None:
    """A learner beside it learns what `obligor learn` does offline, bit for bit; the last day waits for the next."""
    rules = load_map("ibm-late-payment")
    messages = Import(public_items(), rules).messages()
    study = learned(said_by(CoreInMemory(), messages), all_over=False)
    expected = study.learner
    with LearnerProcess(settings, directory / "learner.log") as learner:
        learner.start_ready()
        wait_until("all to be learned", lambda: learner.count("obligor_learner_lessons") == study.log.number, 60)
        assert learner.stop() == 0
    found = lessons_in(shop).learner
    assert found.snapshots() == expected.snapshots()
    for name, measures in expected.scoreboard.warm.items():
        assert found.scoreboard.warm[name].figures() == measures.figures()
    assert (found.scoreboard.warm[CHAMPION].figures().auc or 0) >= 0.875
    in_ledgers = learned(labels_in_ledgers(settings, lambda *_: None), settings.partitions, all_over=False).learner
    assert in_ledgers.snapshots() == expected.snapshots()


def test_every_day_of_every_account_equals_the_file(settings: Settings, tmp_path: Path) -> None:
    with ObservedWorker(settings, tmp_path / "worker.log") as worker, OrderSystem(settings) as shop:
        worker.start_ready()
        assert "0 rejected" in _import(settings)
        wait_until("everything to be taken in", lambda: all_taken(settings), 120)
        before = _facts_in_ledger(shop, settings)

        expected = _resum()
        days = sorted({day for _, day in expected})
        checked = 0
        for number in range(settings.partitions):
            assert _closed_days(shop, number) == days
            stands: dict[tuple[str, date], Balances] = {(name, on): found for name, on, found in _folded(shop, number)}
            for account_id in sorted({name for name, _ in stands}):
                now = (0, 0)
                for day in days:
                    now = stands.get((account_id, day), now)
                    assert (account_id, day, now) == (account_id, day, expected[account_id, day])
                    checked += 1
        assert checked == len(expected) > 50_000
        for name in ("decisions", "alerts", "deadletters"):
            assert shop.records(name) == []

        _check_learning(settings, shop, tmp_path)

        _import(settings)
        wait_until("everything to be taken in again", lambda: all_taken(settings), 120)
        assert _facts_in_ledger(shop, settings) == before
        assert worker.stop() == 0
        reports = audit_all(settings, plan_audit(settings))
        assert [finding for report in reports for finding in report.findings] == []
