"""Where an api process keeps its views: a directory of its own, taken by a lock that ends with the process."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path

SLOTS_MAX = 64


class NoSlot(RuntimeError):
    """Every directory for views is in use."""


class Slot:
    """The first directory `<data>/views/<number>` that no other process uses; one view version in each below it.

    Raises:
        NoSlot: all are in use.
    """

    def __init__(self, data: Path) -> None:
        for number in range(SLOTS_MAX):
            path = data / "views" / str(number)
            path.mkdir(parents=True, exist_ok=True)
            handle = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
                continue
            self.name = str(number)
            self.path = path
            self._handle = handle
            return
        raise NoSlot(f"expected a free directory of {SLOTS_MAX} in {data / 'views'}, found none")

    def versions(self) -> list[str]:
        """Return the versions that are there."""
        return sorted(path.name for path in self.path.glob("v*") if path.is_dir())

    def remove(self, version: str) -> None:
        """Delete a version's directory."""
        shutil.rmtree(self.path / version, ignore_errors=True)

    def release(self) -> None:
        """Let another process take the directory."""
        os.close(self._handle)
