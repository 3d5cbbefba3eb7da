"""Which deliveries and invoices the ledger says went out without having been checked."""

import csv
from datetime import date
from io import StringIO
from pathlib import Path

from rich.console import Console

from streams.commands.report import print_unchecked, write_csv
from streams.unchecked import Unchecked, UncheckedWalk, start_of
from tests import builders as b
from tests.scenario import START_MS, Scenario, with_limit


def walked(scenario: Scenario, since_ms: int = 0) -> list[Unchecked]:
    """Return what a walk over the scenario's ledger finds."""
    walk = UncheckedWalk(0, since_ms)
    for offset, outcome in enumerate(scenario.ledger):
        walk.feed(offset, outcome.value)
    return walk.found


def shipped() -> Scenario:
    """Return an account with a released order and one that waits, both delivered and invoiced."""
    scenario = with_limit()
    scenario.say(b.order("O1", 500), b.delivery(500, "O1", "D1"), b.invoice(500, "I1", orders={"O1": 500}))
    scenario.say(b.order("O2", 900), b.delivery(400, "O2", "D2"), b.invoice(400, "I2", deliveries={"D2": 400}))
    return scenario


def test_only_what_was_not_released_is_listed() -> None:
    found = walked(shipped())
    assert [(one.checkpoint, one.document_id, one.order_id, one.amount_minor) for one in found] == [
        ("delivery", "D2", "O2", 400),
        ("invoice", "I2", "O2", 400),
    ]
    assert found[0].account_id == b.ACCOUNT
    assert found[0].policy_id


def test_what_happened_before_the_day_is_left_out() -> None:
    assert len(walked(shipped(), start_of(date(2025, 3, 3)))) == 2
    assert walked(shipped(), start_of(date(2025, 3, 4))) == []


def test_void_records_and_imported_history_are_left_out() -> None:
    scenario = with_limit()
    scenario.say(b.order("O1", 2_000), b.delivery(10, "O1").with_headers(effect="historical"))
    assert walked(scenario) == []
    scenario.say(b.delivery(10, "O1", "D2"))
    scenario.ledger.append(scenario.ledger[-1])
    assert len(walked(scenario)) == 1


def test_it_is_printed_with_its_amount_and_place() -> None:
    out = StringIO()
    print_unchecked(Console(file=out, width=120), walked(shipped()))
    text = out.getvalue()
    assert "4.00 EUR" in text
    assert "2 deliveries and invoices went out unchecked" in text
    print_unchecked(Console(file=out, width=120), [])
    assert "0 deliveries" in out.getvalue()


def test_the_csv_file_has_a_row_for_each(tmp_path: Path) -> None:
    path = tmp_path / "unchecked.csv"
    write_csv(path, walked(shipped()))
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    assert [row["document_id"] for row in rows] == ["D2", "I2"]
    assert rows[0]["at"] == "2025-03-03 00:00"
    assert rows[0]["at_ms"] == str(START_MS + 3)
