"""From the rows of a table of receivables to items, and to the reasons why some rows are none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import TypeVar

from msgspec import Struct

from streams.cells import CellInvalid, amount_of, currency_of, date_of, id_of, text_of
from streams.receivables_map import ItemKind, ReceivablesMap, find_columns
from streams.tables import Cell, Row, Table

_T = TypeVar("_T")
Identity = tuple[str, ItemKind, str]
"""Account, kind of document and document: what tells rows apart."""
PAID_SUFFIX = "-paid"
"""What is added to a document's id to name the payment of it."""
_DOCUMENT_ID_MAX = 200 - len(PAID_SUFFIX)
_FIRST_DATE = date(1970, 1, 1)


class Item(Struct, frozen=True, gc=False):
    """One row understood. `open_minor` is None in a history, `settled_on` where nothing was settled yet."""

    account_id: str
    document_id: str
    kind: ItemKind
    currency: str
    amount_minor: int
    due_on: date
    issued_on: date | None
    open_minor: int | None = None
    settled_on: date | None = None
    name: str = ""
    country: str = ""
    customer_id: str | None = None


class Reject(Struct, frozen=True, gc=False):
    """A row that does not go in: the line it begins on, and why."""

    line: int
    reason: str


class Receivables(Struct, frozen=True):
    """What a table held: items by account and document, rejected rows by line, and how many rows were repeats."""

    items: list[Item]
    rejects: list[Reject]
    repeated: int


def read_receivables(table: Table, rules: ReceivablesMap, *, latest: date = date.max) -> Receivables:
    """Read all rows. The order of the rows makes no difference to the items.

    Rows of the same identity and content count once; where the content differs none of them goes in, since nobody can
    know which is right.

    Args:
        table: the rows; they are walked once.
        rules: the map.
        latest: a day after which nothing can have happened yet; a row that says so is rejected.

    Raises:
        TableUnreadable: a column that the map needs is not there.
    """
    reader = _RowReader(rules, find_columns(rules, table.headers), len(table.headers), latest)
    first: dict[Identity, tuple[Item, int]] = {}
    rejects: list[Reject] = []
    clashes: dict[Identity, set[int]] = {}
    repeated = 0
    for row in table.rows:
        try:
            item = reader.item(row)
        except CellInvalid as error:
            rejects.append(Reject(row.line, str(error)))
            continue
        identity = (item.account_id, item.kind, item.document_id)
        known, known_line = first.setdefault(identity, (item, row.line))
        if known_line == row.line:
            continue
        if known == item and identity not in clashes:
            repeated += 1
        else:
            clashes.setdefault(identity, {known_line}).add(row.line)
    for identity, lines in clashes.items():
        del first[identity]
        rejects.extend(_clash(identity[2], lines))
    items = [item for _, (item, _) in sorted(first.items())]
    return Receivables(items, sorted(rejects, key=lambda reject: reject.line), repeated)


def _clash(document_id: str, lines: set[int]) -> Iterable[Reject]:
    named = ", ".join(str(line) for line in sorted(lines))
    for line in lines:
        yield Reject(line, f"expected one content for document {document_id}, found different ones on lines {named}")


class _RowReader:
    """Reads one row after the other by the rules of a map."""

    def __init__(self, rules: ReceivablesMap, columns: dict[str, int], width: int, latest: date) -> None:
        self._rules, self._columns, self._width, self._latest = rules, columns, width, latest
        self._document_fields = [field for field in rules.identity if field != "account"]
        self._kinds: dict[str, ItemKind] = {
            word.casefold(): kind for kind, words in rules.kinds.items() for word in words
        }
        self._texts: dict[str, str] = {}

    def item(self, row: Row) -> Item:
        """The item in a row.

        Raises:
            CellInvalid: naming the field, what was expected and what was received.
        """
        if row.fault is not None:
            raise CellInvalid(row.fault)
        if len(row.cells) > self._width:
            raise CellInvalid(f"expected {self._width} cells as in the headers, received {len(row.cells)}")
        currency = self._currency(row)
        return self._history_item(row, currency) if self._rules.shape == "history" else self._open_item(row, currency)

    def _history_item(self, row: Row, currency: str) -> Item:
        issued_on = self._read(row, "issued_on", self._past_date)
        settled_on = self._read(row, "settled_on", self._past_date) if self._has(row, "settled_on") else None
        amount_minor = self._amount(row, "amount", currency)
        if amount_minor < 0:
            raise CellInvalid("amount: expected zero or more in a history of invoices, received less")
        if settled_on is not None and settled_on < issued_on:
            raise CellInvalid(f"settled_on: expected not before the invoice of {issued_on}, received {settled_on}")
        due_on = self._read(row, "due_on", self._date)
        return self._build(row, "invoice", currency, amount_minor, due_on, issued_on, settled_on=settled_on)

    def _open_item(self, row: Row, currency: str) -> Item:
        kind = self._kind(row)
        amount_minor = self._amount(row, "amount", currency)
        open_minor = self._amount(row, "open_amount", currency) if self._has(row, "open_amount") else amount_minor
        if kind != "invoice":
            amount_minor, open_minor = abs(amount_minor), abs(open_minor)
        if not 0 <= open_minor <= amount_minor:
            raise CellInvalid(f"open_amount: expected 0 to {amount_minor} minor units, received {open_minor}")
        issued_on = self._read(row, "issued_on", self._past_date) if self._has(row, "issued_on") else None
        is_due = kind == "invoice" or self._has(row, "due_on")
        due_on = self._read(row, "due_on", self._date) if is_due else issued_on or _FIRST_DATE
        return self._build(row, kind, currency, amount_minor, due_on, issued_on, open_minor=open_minor)

    def _build(
        self,
        row: Row,
        kind: ItemKind,
        currency: str,
        amount_minor: int,
        due_on: date,
        issued_on: date | None,
        *,
        open_minor: int | None = None,
        settled_on: date | None = None,
    ) -> Item:
        return Item(
            account_id=self._shared(self._read(row, "account", id_of)),
            document_id=self._document_id(row),
            kind=kind,
            currency=currency,
            amount_minor=amount_minor,
            due_on=due_on,
            issued_on=issued_on,
            open_minor=open_minor,
            settled_on=settled_on,
            name=self._shared(self._optional(row, "name")),
            country=self._shared(self._optional(row, "country")),
            customer_id=self._shared(self._optional(row, "customer")) or None,
        )

    def _currency(self, row: Row) -> str:
        if "currency" in self._columns and (self._rules.currency is None or self._has(row, "currency")):
            return self._shared(self._read(row, "currency", lambda cell: currency_of(cell, self._rules.currency_names)))
        assert self._rules.currency is not None
        return self._rules.currency

    def _kind(self, row: Row) -> ItemKind:
        if "kind" not in self._columns:
            return "invoice"
        text = text_of(self._cell(row, "kind"))
        kind = self._kinds.get(text.casefold())
        if kind is None:
            raise CellInvalid(f"kind: expected one of {', '.join(self._kinds)}, received {text!r}")
        return kind

    def _amount(self, row: Row, field: str, currency: str) -> int:
        rules = self._rules
        return self._read(
            row,
            field,
            lambda cell: amount_of(
                cell, currency, decimal_mark=rules.decimal_mark, thousands_mark=rules.thousands_mark
            ),
        )

    def _document_id(self, row: Row) -> str:
        document_id = "/".join(self._read(row, field, id_of) for field in self._document_fields)
        if len(document_id) > _DOCUMENT_ID_MAX:
            raise CellInvalid(f"invoice: expected at most {_DOCUMENT_ID_MAX} characters, received {len(document_id)}")
        return document_id

    def _past_date(self, cell: Cell) -> date:
        found = self._date(cell)
        if not _FIRST_DATE <= found <= self._latest:
            raise CellInvalid(f"expected {_FIRST_DATE} to {self._latest}, received {found}")
        return found

    def _date(self, cell: Cell) -> date:
        return date_of(cell, self._rules.date_formats)

    def _read(self, row: Row, field: str, parse: Callable[[Cell], _T]) -> _T:
        try:
            return parse(self._cell(row, field))
        except CellInvalid as error:
            raise CellInvalid(f"{field}: {error}") from error

    def _optional(self, row: Row, field: str) -> str:
        return self._read(row, field, id_of) if self._has(row, field) else ""

    def _has(self, row: Row, field: str) -> bool:
        return text_of(self._cell(row, field)) != ""

    def _cell(self, row: Row, field: str) -> Cell:
        place = self._columns.get(field)
        return None if place is None or place >= len(row.cells) else row.cells[place]

    def _shared(self, text: str) -> str:
        """One object for equal texts: names repeat on every row of a long history."""
        return self._texts.setdefault(text, text)
