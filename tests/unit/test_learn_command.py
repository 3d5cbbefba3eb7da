"""`obligor learn`: figures, charts and snapshot from a table of receivables."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from api.cli import app
from projections.lateness_model import LatenessModel, read_model
from streams.charts import Line, line_chart
from streams.receivables import Item
from tests.late_payers import PUBLIC_SET, made_items, needs_public_set

_MAP = """shape = "history"
source = "made"
currency = "EUR"
[columns]
account = "account"
invoice = "invoice"
issued_on = "issued"
due_on = "due"
amount = "amount"
settled_on = "settled"
country = "country"
[known]
opening = ["account", "country"]
issue = ["invoice", "issued", "due", "amount"]
settlement = ["settled"]
"""
_NOT_KNOWN_AT_ISSUE = ("Disputed", "PaperlessDate", "PaperlessBill", "DaysToSettle", "DaysLate")


def table(directory: Path, items: list[Item], *more: str) -> list[str]:
    """Write the table and its map; return the arguments of the command."""
    rows = [
        f"{each.account_id},{each.document_id},{each.issued_on},{each.due_on},100.00,{each.settled_on or ''},DE"
        for each in items
    ]
    header = "account,invoice,issued,due,amount,settled,country"
    (directory / "made.csv").write_text("\n".join([header, *rows, *more, ""]), encoding="utf-8")
    (directory / "made.toml").write_text(_MAP, encoding="utf-8")
    return ["learn", str(directory / "made.csv"), "--map", str(directory / "made.toml")]


def run(arguments: list[str], exit_code: int = 0) -> str:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == exit_code, result.output
    return result.stdout


def test_it_prints_the_figures_beside_the_baselines(tmp_path: Path) -> None:
    shown = run(table(tmp_path, made_items(accounts=15, invoices=40)))
    for words in (
        "600 invoices learned",
        "champion",
        "challenger",
        "base rate",
        "after the first 500",
    ):
        assert words in shown


def test_a_program_gets_the_same_as_json(tmp_path: Path) -> None:
    arguments = [*table(tmp_path, made_items(accounts=15, invoices=40)), "--json", "--late-after", "3"]
    found = json.loads(run(arguments))
    assert found == json.loads(run(arguments))
    assert found["lessons"] == found["overall"]["champion"]["count"] == 600
    assert found["late_after_days"] == found["champion"]["grace_days"] == 3
    assert found["after_500"]["champion"]["count"] == 100
    assert found["by_segment"].keys() == {"DE"}
    assert [point["lesson"] for point in found["over_time"]] == list(range(100, 601, 100))


def test_charts_and_snapshot_are_written(tmp_path: Path) -> None:
    charts, snapshot = tmp_path / "charts", tmp_path / "champion.json"
    run([*table(tmp_path, made_items()), "--charts", str(charts), "--snapshot", str(snapshot)])
    for name in ("roc.svg", "calibration.svg", "over-time.svg"):
        root = ElementTree.fromstring((charts / name).read_text(encoding="utf-8"))
        assert root.findall("{http://www.w3.org/2000/svg}polyline")
    model = read_model(snapshot.read_bytes())
    assert isinstance(model, LatenessModel) and model.learned == 360


def test_it_learns_one_thing_at_a_time(tmp_path: Path) -> None:
    for arguments in (
        ["learn"],
        [*table(tmp_path, made_items()), "--running"],
        ["learn", "--running", "--simulate", "9"],
    ):
        assert "expected one of a file, --running and --simulate" in CliRunner().invoke(app, arguments).stderr


def test_it_learns_a_simulated_market() -> None:
    found = json.loads(run(["learn", "--simulate", "60", "--accounts", "20", "--json"]))
    assert found["lessons"] > 20
    assert "released" in found["by_outcome"]


def test_names_in_a_chart_are_escaped() -> None:
    text = line_chart("a < b & c", [Line("<x>", [(0.0, 2.0), (1.0, -1.0)])], x_label="x", y_label="y")
    root = ElementTree.fromstring(text)
    assert "a < b & c" in [found.text for found in root]
    assert "<x>" in [found.text for found in root]


def test_rows_that_are_not_understood_are_left_out_and_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, table(tmp_path, made_items(), "A1,I99,2024-01-01,someday,1,,DE"))
    assert result.exit_code == 1
    assert "360 invoices learned" in result.stdout
    assert "line 362: due_on: expected a date" in result.stderr


def test_an_empty_history_has_no_figures(tmp_path: Path) -> None:
    assert "0 invoices learned" in run([*table(tmp_path, []), "--charts", str(tmp_path / "charts")])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (('country = "country"', 'country = "settled"'), "to be known at issue, found it under settlement"),
        (('issue = ["invoice", ', 'issue = ["rest", '), "to be known at issue, found it under no time at all"),
        (('shape = "history"', 'shape = "circle"'), "Invalid enum value"),
    ],
)
def test_a_map_that_would_look_ahead_is_refused(tmp_path: Path, change: tuple[str, str], expected: str) -> None:
    arguments = table(tmp_path, made_items())
    assert change[0] in _MAP
    (tmp_path / "made.toml").write_text(_MAP.replace(*change), encoding="utf-8")
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert expected in result.stderr


def shuffled(text: str, columns: tuple[str, ...], seed: int) -> str:
    """The table with the cells of some columns dealt out anew, each column by itself."""
    rows = list(csv.DictReader(io.StringIO(text)))
    for column in columns:
        cells = [row[column] for row in rows]
        Random(seed).shuffle(cells)
        for row, cell in zip(rows, cells, strict=True):
            row[column] = cell
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@needs_public_set
def test_columns_that_are_not_known_at_issue_change_nothing(tmp_path: Path) -> None:
    """Only the day of settlement is looked at, and only once it has come."""
    changed = tmp_path / "changed.csv"
    text = PUBLIC_SET.read_text(encoding="utf-8")
    changed.write_text(shuffled(text, _NOT_KNOWN_AT_ISSUE, 7), encoding="utf-8")
    assert changed.read_text(encoding="utf-8") != text
    options = ["--map", "ibm-late-payment", "--json"]
    figures: list[dict[str, Any]] = [json.loads(run(["learn", str(path), *options])) for path in (PUBLIC_SET, changed)]
    assert figures[0] == figures[1]
    assert figures[0]["after_500"]["champion"]["auc"] >= 0.875
