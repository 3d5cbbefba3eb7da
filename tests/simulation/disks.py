"""The virtual disks: a partition's rows outlive the process that wrote them, and one process holds them at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from projections.store import Changes, MemoryRows, StoreLocked
from tests.simulation.loop import Crash, Process, running_process

Rows = dict[bytes, bytes]
KEPT = 2


class DiskRows:
    """A directory held open by one process. Used after it was closed, it raises as RocksDB does."""

    def __init__(self, memory: MemoryRows, name: tuple[int, int]) -> None:
        self.memory = memory
        self.name = name
        self.owner: Process | None = running_process()

    def _check(self) -> None:
        if self.owner is None:
            raise RuntimeError(f"the state of partition {self.name} is closed")
        if not self.owner.is_alive:
            raise Crash

    def get(self, key: bytes) -> bytes | None:
        """Return a row's value."""
        self._check()
        return self.memory.get(key)

    def scan(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield rows in order."""
        self._check()
        return self.memory.scan(start, end)

    def write(self, changes: Changes) -> None:
        """Write all changes at once."""
        whole = list(changes)
        self._check()
        self.memory.write(whole)

    def close(self) -> None:
        """Let another process open it."""
        self.owner = None


class Disk:
    """One host's state directories."""

    def __init__(self) -> None:
        self.directories: dict[tuple[int, int], MemoryRows] = {}
        self.open: dict[tuple[int, int], DiskRows] = {}

    def is_held(self, name: tuple[int, int]) -> bool:
        """Return whether a living process holds a directory."""
        rows = self.open.get(name)
        return rows is not None and rows.owner is not None and rows.owner.is_alive

    def lose(self) -> None:
        """Lose everything that nobody holds."""
        for name in [name for name in self.directories if not self.is_held(name)]:
            del self.directories[name]


class VirtualStates:
    """The states that a worker can reach: its host's directories and the cluster's checkpoints."""

    def __init__(self, disk: Disk, checkpoints: dict[int, dict[int, Rows]]) -> None:
        self._disk = disk
        self._checkpoints = checkpoints

    def open(self, number: int) -> DiskRows:
        """Return a partition's state as it was left, or another directory if it is held."""
        for attempt in range(100):
            name = (number, attempt)
            if not self._disk.is_held(name):
                memory = self._disk.directories.setdefault(name, MemoryRows())
                self._disk.open[name] = DiskRows(memory, name)
                return self._disk.open[name]
        raise StoreLocked(f"every directory of partition {number} is held")

    def renew(self, number: int, rows: DiskRows, checkpoint: int | None) -> DiskRows:
        """Return the state put back to a checkpoint, or to nothing."""
        rows._check()
        rows.close()
        memory = self._disk.directories[rows.name] = MemoryRows()
        if checkpoint is not None:
            memory.write(self._checkpoints[number][checkpoint].items())
        self._disk.open[rows.name] = DiskRows(memory, rows.name)
        return self._disk.open[rows.name]

    def checkpoints(self, number: int) -> list[int]:
        """Return the partition's checkpoints, the newest first."""
        return sorted(self._checkpoints[number], reverse=True)

    def make_checkpoint(self, number: int, rows: DiskRows, seq: int) -> None:
        """Keep a copy of the state as it is now."""
        rows._check()
        self._checkpoints[number][seq] = rows_of(rows.memory)
        for old in self.checkpoints(number)[KEPT:]:
            del self._checkpoints[number][old]


def rows_of(memory: MemoryRows) -> Rows:
    """Return a copy of all rows."""
    return dict(memory.scan(b"", b"\xff" * 8))


def no_checkpoints() -> dict[int, dict[int, Rows]]:
    """Return where checkpoints will be."""
    return defaultdict(dict)
