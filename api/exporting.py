"""Lists as tables for spreadsheets: exactly the rows that the filter shows, amounts in whole units of their currency.

A text that a spreadsheet would take for a formula is shown as a text. Source: OWASP, CSV injection.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec
from msgspec import Struct
from openpyxl import Workbook

from schemas.money import EXPONENTS

ROWS_MAX = 100_000
Cell = str | int | bool | Decimal | None
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_IN_ACCOUNT_CURRENCY = frozenset({"exposure_minor", "limit_minor", "headroom_before_minor", "headroom_after_minor"})
_LEFT_OUT = frozenset({"exposure"})
"""What a table need not repeat: the balances behind an account's row."""
_TEXT_MAX = 32_000
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def safe_text(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula.

    >>> safe_text("=1+1"), safe_text("Acme")
    ("'=1+1", 'Acme')
    """
    shown = text[:_TEXT_MAX]
    return f"'{shown}" if shown.startswith(_FORMULA_STARTS) else shown


def columns_of(kind: type[Struct]) -> list[str]:
    """Return the fields of a row that a table shows."""
    return [name for name in kind.__struct_fields__ if name not in _LEFT_OUT]


def heading(name: str) -> str:
    """Return what a field is called in a table: its unit is that of the table.

    >>> heading("exposure_minor"), heading("utilisation_bp"), heading("since_at_ms")
    ('exposure', 'utilisation_percent', 'since_at')
    """
    if name.endswith("_minor"):
        return name.removesuffix("_minor")
    if name.endswith("_bp"):
        return name.removesuffix("_bp") + "_percent"
    return name.removesuffix("_ms") if name.endswith("at_ms") else name


def cells_of(row: Struct, columns: Sequence[str]) -> list[Cell]:
    """Return a row's cells."""
    return [_cell(row, name, getattr(row, name)) for name in columns]


def _cell(row: Struct, name: str, value: Any) -> Cell:
    if value is None or isinstance(value, bool | Decimal):
        return value
    if isinstance(value, int):
        return _number(row, name, value)
    if isinstance(value, str):
        return safe_text(value)
    return safe_text(_as_text(msgspec.to_builtins(value)))


def _number(row: Struct, name: str, value: int) -> Cell:
    if name.endswith("_minor"):
        return Decimal(value).scaleb(-EXPONENTS.get(_currency(row, name), 2))
    if name.endswith("_bp"):
        return Decimal(value).scaleb(-2)
    if name.endswith("at_ms"):
        return datetime.fromtimestamp(min(max(value, 0), 253_402_300_799_000) / 1000, UTC).isoformat("T", "seconds")
    return value


def _currency(row: Struct, name: str) -> str:
    of_account = getattr(row, "account_currency", None)
    if of_account is not None and name in _IN_ACCOUNT_CURRENCY:
        return str(of_account)
    return str(getattr(row, "currency", ""))


def _as_text(value: Any) -> str:
    """Reasons are named by their code, lists of names are joined, anything else is JSON."""
    if isinstance(value, list):
        return "; ".join(_as_text(one) for one in value)
    if isinstance(value, Mapping):
        return str(value["code"]) if "code" in value else msgspec.json.encode(value).decode()
    return str(value)


def as_table(rows: Iterable[Struct], kind: type[Struct], shape: Literal["csv", "xlsx"]) -> bytes:
    """Return rows of a kind as a file."""
    columns = columns_of(kind)
    table: list[list[Cell]] = [[*map(heading, columns)], *(cells_of(row, columns) for row in rows)]
    return _csv(table) if shape == "csv" else _xlsx(table)


def _csv(table: Iterable[Sequence[Cell]]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows(table)
    return b"\xef\xbb\xbf" + written.getvalue().encode()  # spreadsheets take it for another encoding without the mark


def _xlsx(table: Iterable[Sequence[Cell]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Obligor")
    sheet.freeze_panes = "A2"
    for row in table:
        sheet.append([float(cell) if isinstance(cell, Decimal) else cell for cell in row])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()
