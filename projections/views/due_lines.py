"""What is open by due date: the ageing of an account, whatever the number of its invoices and bills."""

from __future__ import annotations

from typing import cast

from projections.context import day_number
from projections.rows import KIND_LETTERS, Cash, Invoice, decode_document
from projections.store import Rows
from projections.views.lines import DueLine, place_of
from projections.views.shelf import Shelf
from projections.watching import WatchedBook

BUCKETS: tuple[tuple[int, int | None], ...] = ((0, 0), (1, 30), (31, 60), (61, 90), (91, 180), (181, None))
"""Days past due, from and to, both included; 0 to 0 is not due yet. Source: common ageing report of receivables."""


def fold_dues(shelf: Shelf, rows: Rows, book: WatchedBook) -> None:
    """Bring the open amounts in line with the invoices and bills that were touched since the last write."""
    noted = [(kind, *found) for kind in ("invoice", "bill") for found in book.noted_in_all(kind)]
    for kind, account_id, key in noted:
        stored = rows.get(f"{KIND_LETTERS[kind]}{account_id}\x00{key}".encode())
        place = place_of(account_id)
        line = shelf.get("due", place) or DueLine()
        if stored is not None:
            _count(line, cast("Invoice | Cash", decode_document(kind, stored)), -1)
        _count(line, cast("Invoice | Cash", book.document(kind, account_id, key)), 1)
        # In order of currency and date, so that it does not show how many records were taken between two writes.
        line.open = {currency: dict(sorted(by_date.items())) for currency, by_date in sorted(line.open.items())}
        shelf.put("due", place, line)


def _count(line: DueLine, owed: Invoice | Cash, sign: int) -> None:
    by_date = line.open.setdefault(owed.currency, {})
    for due_on, open_minor in _dues(owed):
        amount = by_date.get(due_on, 0) + sign * open_minor
        if amount:
            by_date[due_on] = amount
        else:
            by_date.pop(due_on, None)
    if not by_date:
        del line.open[owed.currency]


def _dues(owed: Invoice | Cash) -> list[tuple[str, int]]:
    if isinstance(owed, Cash):
        return [(owed.due_on, owed.counted[2])]
    return [] if owed.cancelled else [(part.due_on, part.open()) for part in owed.parts]


def ageing(line: DueLine, business_date: str | None) -> dict[str, list[int]]:
    """Return what is open in each bucket, by currency; `business_date` is the last closed day.

    >>> ageing(DueLine({"EUR": {"2025-03-01": 7, "2025-03-31": 5}}), "2025-03-31")
    {'EUR': [5, 7, 0, 0, 0, 0]}
    """
    return {currency: _in_buckets(by_date, business_date) for currency, by_date in sorted(line.open.items())}


def _in_buckets(by_date: dict[str, int], business_date: str | None) -> list[int]:
    amounts = [0] * len(BUCKETS)
    for due_on, amount in by_date.items():
        days = 0 if business_date is None else max(0, day_number(business_date) - day_number(due_on))
        number = next(at for at, (_, last) in enumerate(BUCKETS) if last is None or days <= last)
        amounts[number] += amount
    return amounts
