"""The watch for drift: whether the loss, or what the champion looks at, is still as it was."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from river.drift import ADWIN

from projections.lateness_features import FEATURES
from streams.scoreboard import CHAMPION, Lesson

_DRIFT_CHANCE = 0.002
"""Chance of a false sign of drift, shared by all that is watched. Source: river's default for one ADWIN."""


class Drift(Struct, frozen=True):
    """A sign that something is not as it was: at which lesson, the loss or which feature, its mean before and now."""

    lesson: int
    of: str
    before: float
    now: float


class DriftWatch:
    """ADWIN on the champion's loss and features, each brought into the range from 0 to 1 that ADWIN stands on."""

    def __init__(self, features: Sequence[str]) -> None:
        # How well accounts are known only ever grows: no drift.
        watched_features = [name for name in features if name != "history"]
        watched = ("loss", *watched_features)
        self._windows = {name: ADWIN(delta=_DRIFT_CHANCE / len(watched)) for name in watched}
        self._places = {name: FEATURES.index(name) for name in watched_features}

    def look(self, lesson: Lesson, number: int) -> list[Drift]:
        """The drifts that a lesson shows; a window that shows one forgets what was before it."""
        found = []
        for name, window in self._windows.items():
            before = window.estimation
            window.update(self._level(name, lesson))
            if window.drift_detected:
                found.append(Drift(number, name, before, window.estimation))
        return found

    def _level(self, name: str, lesson: Lesson) -> float:
        if name == "loss":
            return float((lesson.predicted[CHAMPION] - lesson.is_late) ** 2)
        value = lesson.values[self._places[name]]
        return 0.5 + 0.5 * value / (1.0 + abs(value))
