"""The figures of every model and baseline over the lessons: over all, by segment and by order, and over time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from msgspec import Struct

from schemas.facts.control import ModelFigures
from streams.lateness_measures import Figures, Measures

CHAMPION, CHALLENGER = "champion", "challenger"
IN_FORCE = "model in force"
SCORECARD = "scorecard alone"
ACCOUNT_RATE, BASE_RATE = "account's late rate", "base rate"
ROWS = (CHAMPION, CHALLENGER, IN_FORCE, SCORECARD, ACCOUNT_RATE, BASE_RATE)
"""Who predicts, in the order in which they are shown."""
PROBING = ("overridden", "exploratory")
"""Orders that a person let go over a stop or in order to learn: there a model cannot prove itself right."""
WARM_UP_INVOICES = 500
RECENT, RECENT_EVERY = 500, 100
COMPARED = 2_000
"""Models are compared over so many lessons back, and over as many of probing orders."""


class Lesson(Struct, frozen=True, kw_only=True):
    """One invoice whose label is known.

    Attributes:
        number: of the invoice in the order in which they were asked about, from 1.
        segment: what figures are told apart by, such as the country; empty if unknown.
        outcome: how the order behind it was let go.
        values: all of `FEATURES` as they were at issue.
        predicted: probability at issue by name of the model or baseline.
        is_late: the label.
        known_on: the day of the books on which it was known.
        effect: how the label was meant; `historical` for imported ones.
    """

    number: int
    segment: str = ""
    outcome: str = "none"
    values: tuple[float, ...]
    predicted: dict[str, float]
    is_late: bool
    known_on: str
    effect: str = "binding"


class Recent(Struct, frozen=True):
    """Figures of the last lessons at one of them: how the champion does over time."""

    lesson: int
    known_on: str
    auc: float | None
    calibration_error: float | None
    late_rate: float


class Scoreboard:
    """Adds up every lesson's predictions."""

    def __init__(self) -> None:
        self.overall: dict[str, Measures] = {}
        self.warm: dict[str, Measures] = {}
        self.by_segment: dict[str, dict[str, Measures]] = {}
        self.by_outcome: dict[str, dict[str, Measures]] = {}
        self.recent: list[Recent] = []
        self._window: deque[Lesson] = deque(maxlen=COMPARED)
        self._probing: deque[Lesson] = deque(maxlen=COMPARED)

    def add(self, lesson: Lesson, number: int) -> None:
        """Take the predictions of a lesson, the `number`-th learned."""
        boards = [
            self.overall,
            self.by_segment.setdefault(lesson.segment, {}),
            self.by_outcome.setdefault(lesson.outcome, {}),
        ]
        if lesson.number > WARM_UP_INVOICES:
            boards.append(self.warm)
        for name, probability in lesson.predicted.items():
            for board in boards:
                board.setdefault(name, Measures()).add(probability, lesson.is_late)
        self._window.append(lesson)
        if lesson.outcome in PROBING:
            self._probing.append(lesson)
        if number % RECENT_EVERY == 0:
            self.recent.append(self._recent(number, lesson.known_on))

    def _recent(self, number: int, known_on: str) -> Recent:
        found = _measured(list(self._window)[-RECENT:], CHAMPION).figures()
        return Recent(number, known_on, found.auc, found.calibration_error, found.late / found.count)

    def incumbent(self) -> str:
        """Return who decides: the adopted model, or before any is adopted, and has labels, the champion."""
        return IN_FORCE if any(IN_FORCE in lesson.predicted for lesson in self._window) else CHAMPION

    def compared(self, candidate: str) -> tuple[ModelFigures, ModelFigures]:
        """Return the figures of who decides and of a candidate, over the same lessons."""
        incumbent = self.incumbent()
        both = {incumbent, candidate}
        window = [lesson for lesson in self._window if both <= lesson.predicted.keys()]
        probing = [lesson for lesson in self._probing if both <= lesson.predicted.keys()]
        return _model_figures(window, probing, incumbent), _model_figures(window, probing, candidate)


def _measured(lessons: Iterable[Lesson], name: str) -> Measures:
    measures = Measures()
    for lesson in lessons:
        measures.add(lesson.predicted[name], lesson.is_late)
    return measures


def _model_figures(window: list[Lesson], probing: list[Lesson], name: str) -> ModelFigures:
    over_all, over_probing = _measured(window, name).figures(), _measured(probing, name).figures()
    return ModelFigures(
        labels=over_all.count,
        late=over_all.late,
        auc_bp=_ten_thousandths(over_all.auc),
        log_loss_bp=_ten_thousandths(over_all.log_loss),
        probing_labels=over_probing.count,
        probing_auc_bp=_ten_thousandths(over_probing.auc),
        probing_log_loss_bp=_ten_thousandths(over_probing.log_loss),
    )


def _ten_thousandths(number: float | None) -> int | None:
    return None if number is None else round(number * 10_000)


def merged(boards: Iterable[dict[str, Measures]], name: str) -> Figures | None:
    """Return one model's figures over several groups together; None where it predicted in none of them."""
    found = [board[name] for board in boards if name in board]
    if not found:
        return None
    together = Measures()
    for measures in found:
        together.merge(measures)
    return together.figures()
