"""Files as people have them: workbooks, encodings, amounts and maps that are wrong."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from typer import Typer
from typer.testing import CliRunner

from streams.cells import CellInvalid, amount_of, date_of, text_of
from streams.commands.import_receivables import import_receivables
from streams.receivables import read_receivables
from streams.receivables_map import MapInvalid, load_map, shipped_maps
from streams.tables import TableUnreadable, detect_encoding, read_table


def workbook(directory: Path, rows: list[list[object]]) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    path = directory / "items.xlsx"
    book.save(path)
    return path


def test_a_workbook_with_numbers_and_dates_comes_out_exactly(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["客户编号", "发票号", "类型", "币种", "金额", "未清金额", "到期日"],
        [1001, 20250001, "发票", "CNY", 97.6, 0.1 + 0.2, datetime(2025, 2, 4)],
        [1001.0, "20250002", "发票", "JPY", 50_000, None, date(2025, 2, 5)],
        [None, None, None, None, None, None, None],
        [1002, 20250003, "发票", "USD", "1,234.56", "1,000", "2025/03/01"],
        [1002, 20250004, "发票", "USD", 1.005, 1, "2025/03/01"],
        [1002, 20250005, "发票", "USD", True, 1, "2025/03/01"],
    ]
    found = read_receivables(read_table(workbook(tmp_path, rows)), load_map("open-items"))
    assert [(i.account_id, i.document_id, i.amount_minor, i.open_minor, i.due_on) for i in found.items] == [
        ("1001", "20250001", 9_760, 30, date(2025, 2, 4)),
        ("1001", "20250002", 50_000, 50_000, date(2025, 2, 5)),
        ("1002", "20250003", 123_456, 100_000, date(2025, 3, 1)),
    ]
    assert [reject.line for reject in found.rejects] == [6, 7]


def test_a_file_that_is_no_workbook_says_so(tmp_path: Path) -> None:
    path = tmp_path / "broken.xlsx"
    path.write_bytes(b"not a zip file")
    with pytest.raises(TableUnreadable, match=r"expected broken\.xlsx to be an XLSX workbook"):
        read_table(path)


def test_a_western_code_page_is_not_taken_for_chinese(tmp_path: Path) -> None:
    path = tmp_path / "kunden.csv"
    path.write_bytes("Kunde,Ort\nMüller,Köln\nBäcker,Lübeck\n".encode("latin-1"))
    with pytest.raises(TableUnreadable, match="--encoding"):
        detect_encoding(path)
    assert next(read_table(path, encoding="latin-1").rows).cells == ["Müller", "Köln"]


def test_an_empty_file_has_no_headers(tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_bytes(b"\n\n")
    with pytest.raises(TableUnreadable, match="expected a line of column headers"):
        read_table(path)


@given(st.integers(-(10**13), 10**13), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_any_amount_written_with_thousands_is_read_exactly(amount_minor: int, currency: str) -> None:
    exponent = {"EUR": 2, "JPY": 0, "KWD": 3}[currency]
    written = f"{Decimal(amount_minor).scaleb(-exponent):,.{exponent}f}"
    assert amount_of(written, currency) == amount_minor
    assert amount_of(written.replace(",", " ").replace(".", ","), currency, decimal_mark=",", thousands_mark="") == (
        amount_minor
    )


@given(st.integers(-(10**12), 10**12))
def test_any_amount_in_a_spreadsheet_is_read_exactly(amount_minor: int) -> None:
    assert amount_of(amount_minor / 100, "EUR") == amount_minor


@pytest.mark.parametrize(
    "cell",
    ["", "1,23.00", "12,34", "1.2.3", "--5", "(-5)", "５．０．０", "NaN", "1e3", "€5", float("nan"), 1e15, True, None],
)
def test_what_is_no_amount_is_refused(cell: str | float | None) -> None:
    with pytest.raises(CellInvalid):
        amount_of(cell, "EUR")


def test_full_width_digits_are_digits() -> None:
    assert amount_of("１，２３４．５０", "CNY") == 123_450
    assert date_of("２０２５年０１月０５日", ("%Y年%m月%d日",)) == date(2025, 1, 5)


def test_a_date_in_a_workbook_needs_no_format() -> None:
    assert date_of(datetime(2025, 1, 2, 3, 4), ()) == date(2025, 1, 2)
    assert text_of(datetime(2025, 1, 2)) == "2025-01-02"


GOOD_MAP = """
shape = "history"
source = "s"
currency = "EUR"
[columns]
account = "a"
invoice = "i"
issued_on = "d"
due_on = "u"
amount = "m"
settled_on = "s"
"""


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('amount = "m"', ""), "expected columns for amount"),
        (('amount = "m"', 'amount = "m"\nweight = "w"'), "expected no columns for weight"),
        (('currency = "EUR"', 'currency = "EUX"'), "EUX"),
        (('currency = "EUR"', ""), "expected a currency or a column for it"),
        (('shape = "history"', 'shape = "story"'), r"\$.shape"),
        (('source = "s"\n', 'source = "s"\nidentity = ["invoice"]\n'), "expected identity to be account and"),
        (('source = "s"\n', 'source = "s"\ncolour = 3\n'), "colour"),
        (("[columns]", '[known]\nlater = ["m"]\n[columns]'), r"'m' \(amount\) to be known at issue"),
        (("[columns]", '[known]\nlater = ["x"]\nissue = ["x"]\n[columns]'), "'x' to be known once"),
        (("[columns]", '[rates]\nbase = "EUR"\nrates = {USD = "-1"}\n[columns]'), "decimal rates above zero"),
        (("[columns]", "[columns"), "map"),
    ],
)
def test_a_map_that_cannot_be_used_says_why(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    path = tmp_path / "map.toml"
    path.write_text(GOOD_MAP)
    assert load_map(str(path)).source == "s"
    assert change[0] in GOOD_MAP
    path.write_text(GOOD_MAP.replace(*change))
    with pytest.raises(MapInvalid, match=says):
        load_map(str(path))


def test_shipped_maps_are_good_and_an_unknown_name_lists_them() -> None:
    assert shipped_maps() == ["ibm-late-payment", "open-items"]
    for name in shipped_maps():
        assert load_map(name).source == name
    with pytest.raises(MapInvalid, match="ibm-late-payment, open-items"):
        load_map("no-such-map")


TABLE = "a,i,d,u,m,s\nA,1,2025-01-02,2025-02-01,10.00,\nA,2,2025-01-02,bad,10.00,\n"


def run(*arguments: str) -> tuple[int, str]:
    app = Typer()
    app.command()(import_receivables)
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.output


def test_the_command_reports_rejects_and_ends_with_1(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(GOOD_MAP)
    (tmp_path / "table.csv").write_text(TABLE)
    rejects = tmp_path / "rejects.csv"
    given = [str(tmp_path / "table.csv"), "--map", str(tmp_path / "map.toml"), "--dry-run"]
    code, output = run(*given, "--rejects", str(rejects))
    assert code == 1
    assert "1 rejected" in " ".join(output.split())
    assert rejects.read_text(encoding="utf-8-sig").splitlines() == [
        "line,reason,a,i,d,u,m,s",
        "3,\"due_on: expected a date as %Y-%m-%d, received 'bad'\",A,2,2025-01-02,bad,10.00,",
    ]


def test_the_command_ends_with_0_on_a_good_table_and_2_where_it_cannot_run(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(GOOD_MAP)
    (tmp_path / "table.csv").write_text("\n".join(TABLE.splitlines()[:2]))
    assert run(str(tmp_path / "table.csv"), "--map", str(tmp_path / "map.toml"), "--dry-run")[0] == 0
    code, output = run(str(tmp_path / "table.csv"), "--map", "open-items", "--dry-run")
    assert code == 2
    assert "found headers: a, i, d, u, m, s" in " ".join(output.split())
    assert run(str(tmp_path / "absent.csv"), "--map", str(tmp_path / "map.toml"), "--dry-run")[0] == 2
