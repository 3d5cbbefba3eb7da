"""Garbage collection for processes that hold many rows in memory for long."""

from __future__ import annotations

import gc


def collect_less_often() -> None:
    """Look through objects for cycles seldom.

    Rows in memory are many and live long; looking through them at every turn took a sixth of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
