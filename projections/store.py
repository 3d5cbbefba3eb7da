"""The only I/O of this package: ordered rows, in memory or in RocksDB, read one by one and written in one batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from rocksdict import AccessType, BlockBasedOptions, Checkpoint, Options, Rdict, WriteBatch
from sortedcontainers import SortedDict

Changes = Iterable[tuple[bytes, bytes | None]]


class Rows(Protocol):
    """Rows in the order of their keys' bytes."""

    def get(self, key: bytes) -> bytes | None:
        """Return a row's value, or None."""

    def scan(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield rows from `start` up to, not including, `end`; do not write while it runs."""

    def write(self, changes: Changes) -> None:
        """Write all changes or none; None as a value deletes."""


class MemoryRows:
    """Rows in memory: for audits, tests and views that are rebuilt at every start."""

    def __init__(self) -> None:
        self._rows: SortedDict = SortedDict()

    def get(self, key: bytes) -> bytes | None:
        """Return a row's value, or None."""
        value: bytes | None = self._rows.get(key)
        return value

    def scan(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield rows from `start` up to, not including, `end`."""
        for key in self._rows.irange(start, end, inclusive=(True, False)):
            yield key, self._rows[key]

    def write(self, changes: Changes) -> None:
        """Write all changes."""
        for key, value in changes:
            if value is None:
                self._rows.pop(key, None)
            else:
                self._rows[key] = value


class PartRows:
    """Some of the rows of a store: those whose keys begin with a prefix, which they do without here."""

    def __init__(self, rows: Rows, prefix: bytes) -> None:
        self._rows = rows
        self._prefix = prefix

    def get(self, key: bytes) -> bytes | None:
        """Return a row's value, or None."""
        return self._rows.get(self._prefix + key)

    def scan(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield rows from `start` up to, not including, `end`."""
        length = len(self._prefix)
        for key, value in self._rows.scan(self._prefix + start, self._prefix + end):
            yield key[length:], value

    def write(self, changes: Changes) -> None:
        """Write all changes or none."""
        self._rows.write(self.prefixed(changes))

    def prefixed(self, changes: Changes) -> list[tuple[bytes, bytes | None]]:
        """Return changes as they are for the whole store, so that several parts can be written together."""
        return [(self._prefix + key, value) for key, value in changes]


class RocksRows:
    """Rows in a RocksDB directory; one process at a time may hold it open.

    Raises:
        StoreLocked: another process holds the directory.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._database = Rdict(str(path), _options())
        except Exception as error:
            if "lock" in str(error).lower():
                raise StoreLocked(f"state directory {path} is open in another process") from error
            raise
        self.path = path

    def get(self, key: bytes) -> bytes | None:
        """Return a row's value, or None."""
        value: bytes | None = self._database.get(key)
        return value

    def scan(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield rows from `start` up to, not including, `end`."""
        iterator = self._database.iter()
        iterator.seek(start)
        while iterator.valid():
            key = iterator.key()
            if key >= end:
                return
            yield key, iterator.value()
            iterator.next()

    def write(self, changes: Changes) -> None:
        """Write all changes in one batch; it survives the death of the process, not a power cut."""
        batch = WriteBatch(raw_mode=True)
        for key, value in changes:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        self._database.write(batch)

    def checkpoint(self, path: Path) -> None:
        """Make a copy by hard links at a path that must not exist yet."""
        path.parent.mkdir(parents=True, exist_ok=True)
        Checkpoint(self._database).create_checkpoint(str(path))

    def close(self) -> None:
        """Let another process open the directory."""
        self._database.close()


class StoreLocked(RuntimeError):
    """A state directory is open in another process."""


def read_only_rows(path: Path) -> RocksRows:
    """Return a fixed view of a RocksDB directory beside its writer."""
    rows = RocksRows.__new__(RocksRows)
    rows._database = Rdict(str(path), _options(), access_type=AccessType.read_only())
    rows.path = path
    return rows


def _options() -> Options:
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_write_buffer_size(16 << 20)
    options.set_max_write_buffer_number(3)
    options.set_max_background_jobs(2)
    options.set_max_open_files(128)
    options.set_keep_log_file_num(2)
    options.set_max_total_wal_size(64 << 20)
    # Most documents that are asked for are new: a filter says that they are not there without looking.
    table = BlockBasedOptions()
    table.set_bloom_filter(10, False)
    options.set_block_based_table_factory(table)
    return options
