"""An ordered index that remembers its front, so that walking it does not read what earlier steps removed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator

from projections.store import Rows

REFILL = 128


class OrderedIndex:
    """The entries under one prefix, by suffix, over stored rows and what is not written yet.

    Everything below `_known` is in `_front`, whose keys are sorted in `_order`; None says that everything is.
    """

    __slots__ = ("_beyond", "_front", "_known", "_order", "_prefix", "_rows")

    def __init__(self, prefix: bytes, rows: Rows) -> None:
        self._prefix = prefix
        self._rows = rows
        self._front: dict[bytes, bytes] = {}
        self._order: list[bytes] = []
        self._known: bytes | None = b""
        self._beyond: dict[bytes, bytes | None] = {}

    def put(self, suffix: bytes, value: bytes) -> None:
        """Add or replace an entry."""
        if self._known is None or suffix < self._known:
            if suffix not in self._front:
                insort(self._order, suffix)
            self._front[suffix] = value
        else:
            self._beyond[suffix] = value

    def delete(self, suffix: bytes) -> None:
        """Remove an entry, if it is there."""
        if self._known is None or suffix < self._known:
            if self._front.pop(suffix, None) is not None:
                del self._order[bisect_left(self._order, suffix)]
        else:
            self._beyond[suffix] = None

    def items(self, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield entries in order from `start` on; entries may be removed and added while it runs."""
        position, inclusive = start, True
        while True:
            at = (bisect_left if inclusive else bisect_right)(self._order, position)
            if at < len(self._order):
                found = self._order[at]
                yield found, self._front[found]
                position, inclusive = found, False
            elif self._known is None:
                return
            else:
                self._refill()

    def forget_written(self) -> None:
        """Say that all changes so far are in the stored rows now."""
        self._beyond.clear()

    def _refill(self) -> None:
        known = self._known or b""
        added: dict[bytes, bytes] = {}
        self._known = None
        for key, value in self._rows.scan(self._prefix + known, self._prefix + b"\xff"):
            suffix = key[len(self._prefix) :]
            if len(added) >= REFILL:
                self._known = suffix
                break
            added[suffix] = value
        for suffix, change in list(self._beyond.items()):
            if self._known is None or suffix < self._known:
                del self._beyond[suffix]
                if change is None:
                    added.pop(suffix, None)
                else:
                    added[suffix] = change
        self._front.update(added)
        self._order = sorted(self._front)
