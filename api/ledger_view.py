"""The view of a whole ledger in one RocksDB directory: every partition's lines and the core's rows beside them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct

from api.answers.lists import AsOf
from projections.store import MemoryRows, PartRows, RocksRows
from projections.views.lines import AccountLine
from projections.views.partition_view import PartitionView, view_layout
from schemas.partitioning import partition_of

_META_KEY = b"\xfe\xffview"


class Meta(Struct, frozen=True):
    """Which ledger a view is of, and what its rows look like."""

    topic_id: str
    partitions: int
    prefix: str
    layout: str


class LedgerView:
    """All partitions of one ledger as people look at them; `lag` is how many records it lacks.

    `source_lag` is how many records of each source topic the ledger lacks, as far as that was asked lately.

    Args:
        rows: where the rows are.
        meta: which ledger it is of.
    """

    def __init__(self, rows: RocksRows | MemoryRows, meta: Meta) -> None:
        self.rows = rows
        self.meta = meta
        self.lag = 0
        self.source_lag: dict[str, int] = {}
        parts = [PartRows(rows, number.to_bytes(2, "big")) for number in range(meta.partitions)]
        self.parts = [PartitionView(part, number, meta.partitions, meta.prefix) for number, part in enumerate(parts)]
        self._prefixes = parts
        self._dirty: set[int] = set()

    def take(self, number: int, offset: int, value: bytes | None) -> bool:
        """Take the next record of a partition; return whether it was valid."""
        self._dirty.add(number)
        return self.parts[number].take(offset, value)

    def commit(self) -> None:
        """Write all that was taken in one batch."""
        if not self._dirty:
            return
        self.rows.write(
            change
            for number in sorted(self._dirty)
            for change in self._prefixes[number].prefixed(self.parts[number].changes())
        )
        for number in self._dirty:
            self.parts[number].written()
        self._dirty.clear()

    def of_account(self, account_id: str) -> PartitionView:
        """Return the part that an account is in."""
        return self.parts[partition_of(account_id.encode(), self.meta.partitions)]

    def line(self, account_id: str) -> AccountLine | None:
        """Return an account's line, or None if no fact named it."""
        return self.of_account(account_id).accounts.lines.get(account_id)

    def as_of(self) -> AsOf:
        """Return how fresh this is."""
        days = [part.partition.context.business_date or "" for part in self.parts]
        return AsOf(
            at_ms=max((part.state.at_ms for part in self.parts), default=0),
            lag_records=self.lag,
            business_date=max(days, default="") or None,
        )

    def close(self) -> None:
        """Let go of the directory."""
        if isinstance(self.rows, RocksRows):
            self.rows.close()


def in_memory(partitions: int = 1, prefix: str = "credit") -> LedgerView:
    """Return an empty view that is kept nowhere: for tests and demonstrations."""
    return LedgerView(MemoryRows(), Meta("", partitions, prefix, view_layout()))


def open_view(path: Path, meta: Meta) -> LedgerView:
    """Return the view in a directory; what is there and is of another ledger or layout is deleted first."""
    rows = RocksRows(path)
    stored = rows.get(_META_KEY)
    if stored != msgspec.msgpack.encode(meta):
        if stored is not None or any(True for _ in rows.scan(b"", b"\xff")):
            rows.close()
            shutil.rmtree(path)
            rows = RocksRows(path)
        rows.write([(_META_KEY, msgspec.msgpack.encode(meta))])
    return LedgerView(rows, meta)


def is_readable(path: Path, meta: Meta) -> bool:
    """Return whether a directory holds a view of the same ledger whose rows this version can read and go on with."""
    if not path.is_dir():
        return False
    rows = RocksRows(path)
    try:
        return rows.get(_META_KEY) == msgspec.msgpack.encode(meta)
    finally:
        rows.close()


def records_in(parts: Iterable[PartitionView]) -> int:
    """Return how many ledger records parts have taken."""
    return sum(part.partition.chain.seq for part in parts)
