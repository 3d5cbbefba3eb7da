"""Rows of a CSV or XLSX file with their line numbers, whatever the encoding, one at a time."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from itertools import chain
from pathlib import Path
from zipfile import BadZipFile

from msgspec import Struct
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

Cell = str | int | float | bool | date | datetime | time | None
_CHUNK_BYTES = 1 << 20
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = ",;\t|"
_HIGH = re.compile(rb"[\x80-\xff]")
_HIGH_PAIR = re.compile(rb"[\x81-\xfe][\x80-\xfe]")
_CELL_MAX = 1_000_000


class TableUnreadable(Exception):
    """A file from which no rows can be had; the text says what was expected of it."""


class Row(Struct, frozen=True, gc=False):
    """One row: the line it begins on, its cells, and why it could not be read, if so."""

    line: int
    cells: Sequence[Cell]
    fault: str | None = None


class Table(Struct, frozen=True):
    """A table's column headers, its rows, which can be walked once, and the encoding it is in."""

    headers: tuple[str, ...]
    rows: Iterator[Row]
    encoding: str


def read_table(
    path: Path,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    header_line: int | None = None,
) -> Table:
    """Open a table; what is not given is found out.

    Args:
        path: a CSV file, or one named .xlsx or .xlsm.
        encoding: of a CSV file; else by its byte order mark, UTF-8 or GB18030.
        delimiter: of a CSV file; else the most frequent of comma, semicolon, tab and bar in the header.
        sheet: of a workbook; else the first.
        header_line: the line of the headers; else the first that is not empty.

    Raises:
        TableUnreadable: no such file, not in that format or encoding, or empty.
    """
    try:
        if path.suffix.lower() in (".xlsx", ".xlsm"):
            return _table(_xlsx_rows(path, sheet), "xlsx", header_line, path)
        found = _known_encoding(encoding, path) if encoding else detect_encoding(path)
        return _table(_csv_rows(path, found, delimiter), found, header_line, path)
    except OSError as error:
        raise TableUnreadable(f"expected a readable file, received {error}") from error


def _table(rows: Iterator[Row], encoding: str, header_line: int | None, path: Path) -> Table:
    for row in rows:
        is_header = any(_text(cell) for cell in row.cells) if header_line is None else row.line >= header_line
        if is_header and row.fault is None:
            headers = tuple(_text(cell) for cell in row.cells)
            return Table(headers, (each for each in rows if each.fault or any(map(_text, each.cells))), encoding)
    raise TableUnreadable(f"expected a line of column headers, but {path.name} has none")


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell).strip()


def detect_encoding(path: Path) -> str:
    """The encoding of a text file: by byte order mark, else UTF-8 if all of it is, else GB18030 if it looks so.

    Almost any bytes can be read as GB18030; a text in a Western code page would turn into wrong characters without a
    word. There the bytes above ASCII stand alone between letters, in Chinese text they come in pairs.
    """
    with path.open("rb") as file:
        start = file.read(4)
    for mark, name in _BYTE_ORDER_MARKS:
        if start.startswith(mark):
            return name
    if _decodes(path, "utf-8"):
        return "utf-8"
    if _comes_in_pairs(path) and _decodes(path, "gb18030"):
        return "gb18030"
    raise TableUnreadable(f"expected {path.name} to be UTF-8 or GB18030, but it is neither; name its --encoding")


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in _chunks(path):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _comes_in_pairs(path: Path) -> bool:
    high = pairs = 0
    for chunk in _chunks(path):
        high += len(_HIGH.findall(chunk))
        pairs += len(_HIGH_PAIR.findall(chunk))
    return pairs * 2 >= high * 0.7


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def _known_encoding(encoding: str, path: Path) -> str:
    try:
        codecs.lookup(encoding)
    except LookupError as error:
        raise TableUnreadable(f"expected the name of an encoding, received {encoding!r}") from error
    if not _decodes(path, encoding):
        raise TableUnreadable(f"expected {path.name} to be {encoding}, but it is not")
    return encoding


def _csv_rows(path: Path, encoding: str, delimiter: str | None) -> Iterator[Row]:
    csv.field_size_limit(_CELL_MAX)
    with path.open(encoding=encoding, newline="") as file:
        # The first line that says something shows the delimiter; it is put back in front.
        skipped: list[str] = []
        for line in file:
            skipped.append(line)
            if line.strip():
                break
        reader = csv.reader(chain(skipped, file), delimiter=delimiter or _delimiter_of("".join(skipped)))
        yield from _numbered(reader)


def _delimiter_of(header: str) -> str:
    return max(_DELIMITERS, key=header.count)


def _numbered(reader: Iterator[list[str]]) -> Iterator[Row]:
    """Rows by the line on which they begin; a row that cannot be read is one too."""
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(line, (), f"expected a row of CSV, received {error}")
        else:
            yield Row(line, cells)
        line = reader.line_num + 1  # type: ignore[attr-defined]


def _cell(value: object) -> Cell:
    """What openpyxl has beyond these (durations, formulas, rich text) counts as the text it shows."""
    return value if isinstance(value, str | int | float | date | time | None) else str(value)


def _xlsx_rows(path: Path, sheet: str | None) -> Iterator[Row]:
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise TableUnreadable(f"expected {path.name} to be an XLSX workbook, received {error}") from error
    try:
        if sheet is not None and sheet not in book.sheetnames:
            raise TableUnreadable(f"expected a sheet {sheet!r}, found {', '.join(book.sheetnames)}")
        cells = book[sheet or book.sheetnames[0]].iter_rows(values_only=True)
        for line, values in enumerate(cells, 1):
            yield Row(line, [_cell(value) for value in values])
    finally:
        book.close()
