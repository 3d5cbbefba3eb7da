"""Checkpoints: copies of a partition's state by hard links, from which a worker without state starts."""

from __future__ import annotations

import shutil
from pathlib import Path

from projections.store import RocksRows
from streams.settings import Settings

KEPT = 2


def checkpoint_directory(settings: Settings, number: int) -> Path:
    """Return where a partition's checkpoints are."""
    root = settings.checkpoint_path or settings.data / "checkpoints"
    return root / settings.topic_prefix / f"p{number:03d}"


def newest_checkpoints(settings: Settings, number: int) -> list[Path]:
    """Return the partition's whole checkpoints, the one of the highest seq first."""
    directory = checkpoint_directory(settings, number)
    found = [path for path in directory.glob("*") if path.name.isdigit()] if directory.is_dir() else []
    return sorted(found, key=lambda path: int(path.name), reverse=True)


def make_checkpoint(settings: Settings, number: int, rows: RocksRows, seq: int) -> Path:
    """Copy the state as it is; it appears under its name only when it is whole. Older ones but the last two go."""
    directory = checkpoint_directory(settings, number)
    unfinished = directory / f"{seq}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    rows.checkpoint(unfinished)
    finished = directory / str(seq)
    shutil.rmtree(finished, ignore_errors=True)
    unfinished.rename(finished)
    for old in newest_checkpoints(settings, number)[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
    return finished
