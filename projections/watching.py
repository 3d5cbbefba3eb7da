"""A book that notes what one record touches, for those who look at the same state the core evolves."""

from __future__ import annotations

from projections.book import Book
from projections.rows import Document, Sheet
from projections.store import Rows

CACHED_DOCUMENTS = 20_000
"""Whoever looks at all partitions keeps fewer rows of each in memory than a worker does."""


class WatchedBook(Book):
    """A book whose touched documents can be asked for, since the last record and since the last write."""

    def __init__(self, rows: Rows) -> None:
        super().__init__(rows)
        self._noted: dict[tuple[str, str, str], None] = {}
        self._noted_in_all: dict[tuple[str, str, str], None] = {}

    def touch(self, kind: str, account_id: str, document: Document | Sheet) -> None:
        """Note that a document is new or changed."""
        super().touch(kind, account_id, document)  # type: ignore[arg-type]
        self._noted[kind, account_id, document.key] = None

    def noted(self, kind: str) -> list[tuple[str, str]]:
        """Return the (account, key) of each document of a kind that was touched since `next_record`."""
        return [(account_id, key) for found, account_id, key in self._noted if found == kind]

    def noted_in_all(self, kind: str) -> list[tuple[str, str]]:
        """Return the (account, key) of each document of a kind that was touched since `written`."""
        return [(account_id, key) for found, account_id, key in self._noted_in_all if found == kind]

    def next_record(self) -> None:
        """Begin to note what the next record touches."""
        self._noted_in_all.update(self._noted)
        self._noted.clear()

    def written(self) -> None:
        """Say that all changes are stored."""
        super().written()
        self._noted.clear()
        self._noted_in_all.clear()
        if len(self._documents) > CACHED_DOCUMENTS:
            self._documents.clear()
