"""How good predictions were, each made before its outcome was known: one fold over pairs of probability and outcome."""

from __future__ import annotations

from collections import Counter
from math import log

from msgspec import Struct

BINS = 10
_RANKS = 10_000
_PROBABILITY_MIN = 1e-6
"""A prediction of 0 or 1 that turns out wrong costs the log-loss of one in a million, not without end."""


class Bin(Struct, frozen=True):
    """Predictions of one tenth of the range: how many, their mean, and how many invoices of them were late."""

    count: int
    mean: float
    late_rate: float


class Figures(Struct, frozen=True):
    """The measures; None where there is nothing to measure, as the AUC of one kind of outcome only.

    Attributes:
        auc: chance that a late invoice was given more than one paid in time, equals counting half.
        log_loss, brier: mean loss, less is better.
        calibration_error: mean distance of predicted and found share over the bins, by their counts.
    """

    count: int
    late: int
    auc: float | None
    log_loss: float | None
    brier: float | None
    calibration_error: float | None


class Measures:
    """Adds up predictions and outcomes; constant work for each and constant memory.

    Ranks are kept to a basis point of probability.

    >>> measures = Measures()
    >>> for probability, is_late in ((0.8, True), (0.4, True), (0.4, False), (0.2, False)):
    ...     measures.add(probability, is_late)
    >>> measures.figures().auc, round(measures.figures().brier, 4)
    (0.875, 0.15)
    """

    def __init__(self) -> None:
        self._count = self._late = 0
        self._log_loss = self._brier = 0.0
        self._bins = [[0, 0.0, 0] for _ in range(BINS)]
        self._late_ranks: Counter[int] = Counter()
        self._other_ranks: Counter[int] = Counter()

    def add(self, probability: float, is_late: bool) -> None:
        """Take one prediction, from 0 to 1, and what came of it."""
        self._count += 1
        self._late += is_late
        self._log_loss += log_loss(probability, is_late)
        self._brier += (probability - is_late) ** 2
        found = self._bins[min(BINS - 1, int(probability * BINS))]
        found[0] += 1
        found[1] += probability
        found[2] += is_late
        ranks = self._late_ranks if is_late else self._other_ranks
        ranks[round(probability * _RANKS)] += 1

    def merge(self, other: Measures) -> None:
        """Take all predictions of another."""
        self._count += other._count
        self._late += other._late
        self._log_loss += other._log_loss
        self._brier += other._brier
        for mine, found in zip(self._bins, other._bins, strict=True):
            mine[:] = [one + another for one, another in zip(mine, found, strict=True)]
        self._late_ranks.update(other._late_ranks)
        self._other_ranks.update(other._other_ranks)

    def figures(self) -> Figures:
        """The measures of all that was added."""
        if not self._count:
            return Figures(0, 0, None, None, None, None)
        apart = sum(abs(total - late) for _, total, late in self._bins)
        count = self._count
        return Figures(count, self._late, self._auc(), self._log_loss / count, self._brier / count, apart / count)

    def bins(self) -> tuple[Bin, ...]:
        """The bins that hold predictions, from the lowest."""
        return tuple(Bin(int(count), total / count, late / count) for count, total, late in self._bins if count)

    def roc(self) -> list[tuple[float, float]]:
        """Points of the ROC curve, from (0, 0) to (1, 1): share of others and of late ones above each threshold."""
        others, lates = self._count - self._late, self._late
        points = [(0.0, 0.0)]
        above_other = above_late = 0
        if others and lates:
            for rank in sorted(self._late_ranks.keys() | self._other_ranks.keys(), reverse=True):
                above_other += self._other_ranks[rank]
                above_late += self._late_ranks[rank]
                points.append((above_other / others, above_late / lates))
        return points

    def _auc(self) -> float | None:
        others = self._count - self._late
        if not others or not self._late:
            return None
        below = halves = 0
        for rank in sorted(self._late_ranks.keys() | self._other_ranks.keys()):
            late, other = self._late_ranks[rank], self._other_ranks[rank]
            halves += late * (2 * below + other)
            below += other
        return halves / (2 * self._late * others)


def log_loss(probability: float, is_late: bool) -> float:
    """The log-loss of one prediction."""
    of_outcome = probability if is_late else 1.0 - probability
    return -log(max(_PROBABILITY_MIN, of_outcome))
