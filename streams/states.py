"""Where partitions keep their state on this machine: a directory each, and checkpoints to start one from."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Protocol

from projections.store import RocksRows, Rows, StoreLocked
from streams.checkpoints import make_checkpoint, newest_checkpoints
from streams.settings import Settings


class StateRows(Rows, Protocol):
    """The stored state of one partition, held open by one worker."""

    def close(self) -> None:
        """Let another worker open it."""


class States(Protocol):
    """The stored states that a worker can reach; checkpoints go by the seq at which they were made."""

    def open(self, number: int) -> StateRows:
        """Return a partition's state as it was left, empty if there is none."""

    def renew(self, number: int, rows: StateRows, checkpoint: int | None) -> StateRows:
        """Return the state put back to a checkpoint, or to nothing; `rows` is no longer usable."""

    def checkpoints(self, number: int) -> list[int]:
        """Return the partition's checkpoints, the newest first."""

    def make_checkpoint(self, number: int, rows: StateRows, seq: int) -> None:
        """Keep a copy of the state as it is now."""


class RocksStates:
    """States as RocksDB directories."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._directory = settings.data / "state"

    def open(self, number: int) -> RocksRows:
        """Return a partition's state as it was left, empty if there is none.

        Another process of this host may hold the directory while it is dying: then a fresh one is used.
        """
        for attempt in range(100):
            name = f"p{number:03d}" if not attempt else f"p{number:03d}-{attempt}"
            try:
                return RocksRows(self._directory / name)
            except StoreLocked:
                continue
        raise StoreLocked(f"expected a free state directory for partition {number} in {self._directory}, found none")

    def renew(self, number: int, rows: StateRows, checkpoint: int | None) -> RocksRows:
        """Return the state put back to a checkpoint, or to nothing."""
        assert isinstance(rows, RocksRows), "the state is of another kind"
        rows.close()
        shutil.rmtree(rows.path, ignore_errors=True)
        if checkpoint is not None:
            shutil.copytree(self._checkpoint_path(number, checkpoint), rows.path)
        return RocksRows(rows.path)

    def checkpoints(self, number: int) -> list[int]:
        """Return the partition's checkpoints, the newest first."""
        return [int(path.name) for path in newest_checkpoints(self._settings, number)]

    def _checkpoint_path(self, number: int, seq: int) -> Path:
        return next(path for path in newest_checkpoints(self._settings, number) if path.name == str(seq))

    def make_checkpoint(self, number: int, rows: StateRows, seq: int) -> None:
        """Keep a copy of the state as it is now."""
        assert isinstance(rows, RocksRows), "the state is of another kind"
        make_checkpoint(self._settings, number, rows, seq)
