"""Pages of lists: opaque cursors, sorting, and where the next page begins."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from heapq import nlargest, nsmallest
from typing import Any, Generic, TypeVar

import msgspec
from fastapi.exceptions import RequestValidationError
from msgspec import Struct

Row = TypeVar("Row")
SCANNED_MAX = 20_000
"""So many lines are looked at for one page; a page of a rare filter may hold few rows and still have a next one."""


class Found(Struct, Generic[Row], frozen=True):
    """Rows of a page, the cursor of the next one, and how many there are in all where that is known."""

    rows: list[Row]
    next: str | None = None
    total: int | None = None


def invalid(parameter: str, message: str, received: object) -> RequestValidationError:
    """Return the error that tells a client which parameter of the query was wrong."""
    return RequestValidationError([{"loc": ("query", parameter), "msg": message, "input": received}])


def cursor(*parts: Any) -> str:
    """Return an opaque text for a place in a list.

    >>> place_in(cursor("A-1", 5), 2)
    ['A-1', 5]
    """
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(parts)).rstrip(b"=").decode()


def place_in(after: str, length: int) -> list[Any] | None:
    """Return the parts of a cursor, None for the beginning.

    Raises:
        RequestValidationError: it was not made by such a list.
    """
    if not after:
        return None
    try:
        content = base64.b64decode(after + "=" * (-len(after) % 4), altchars=b"-_", validate=True)
        parts = msgspec.msgpack.decode(content)
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise invalid("after", "expected the `next` of a page of this list", after) from error
    if not isinstance(parts, list) or len(parts) != length:
        raise invalid("after", "expected the `next` of a page of this list", after)
    return parts


class Order(Struct, Generic[Row], frozen=True):
    """How a list is sorted: by a value, rows without one at the end, then by a key that no two rows share."""

    value: Callable[[Row], Any]
    key: Callable[[Row], str]
    is_descending: bool = False

    def sort(self, rows: Iterable[Row]) -> list[Row]:
        """Return rows in this order."""
        found = sorted(rows, key=self.key)
        known = [row for row in found if self.value(row) is not None]
        known.sort(key=self.value, reverse=self.is_descending)
        return known + [row for row in found if self.value(row) is None]

    def first(self, rows: Sequence[Row], count: int) -> list[Row]:
        """Return so many of the first rows in this order, sorted; cheaper than to sort all of many."""
        if len(rows) > 4 * count:
            values = [value for value in map(self.value, rows) if value is not None]
            if len(values) >= count:
                last = (nlargest if self.is_descending else nsmallest)(count, values)[-1]
                rows = [row for row in rows if self._is_within(self.value(row), last)]
        return self.sort(rows)[:count]

    def _is_within(self, value: Any, last: Any) -> bool:
        if value is None:
            return False
        return bool(value >= last if self.is_descending else value <= last)

    def is_after(self, row: Row, value: Any, key: str) -> bool:
        """Return whether a row comes after another, of which value and key are given."""
        own = self.value(row)
        if own == value:
            return self.key(row) > key
        if own is None or value is None:
            return own is None
        return bool((own < value) if self.is_descending else (own > value))


def page_of(rows: Sequence[Row], order: Order[Row], after: str, limit: int) -> Found[Row]:
    """Return a page of rows in an order; the rows may have changed since the page before."""
    place = place_in(after, 2)
    left = rows
    if place is not None:
        try:
            left = [row for row in rows if order.is_after(row, *place)]
        except TypeError as error:
            raise invalid("after", "expected the `next` of a page of this list", after) from error
    found = order.first(left, limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    next_cursor = None if last is None else cursor(order.value(last), order.key(last))
    return Found(found[:limit], next_cursor, len(rows))


def page_of_scan(
    lines: Callable[[bytes], Iterable[tuple[bytes, Row]]], wanted: Callable[[Row], bool], after: str, limit: int
) -> Found[Row]:
    """Return a page of lines that are read in the order of their places, from a place on."""
    place = place_in(after, 1)
    if place is not None and not isinstance(place[0], bytes):
        raise invalid("after", "expected the `next` of a page of this list", after)
    rows: list[Row] = []
    at = b"" if place is None else place[0]
    for looked_at, (key, line) in enumerate(lines(at)):
        if len(rows) >= limit or looked_at >= SCANNED_MAX:
            return Found(rows, cursor(at))
        at = key
        if wanted(line):
            rows.append(line)
    return Found(rows)
