"""The learner without its surroundings: a fold over lessons that ends in weights, measures and signs of drift.

An invoice is predicted when it is issued and learned when its label is known; the lesson carries the features and the
predictions of then, so that the same lessons give the same weights, measures and drifts, bit for bit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from math import log

from msgspec import Struct
from river.drift import ADWIN
from river.linear_model import LogisticRegression
from river.optim import SGD
from river.preprocessing import StandardScaler
from river.utils import VectorDict

from projections.lateness_features import FEATURES
from projections.lateness_model import LatenessModel, ModelRefused, Scorer, refusal_of, sigmoid
from streams.lateness_measures import Measures

CHAMPION, CHALLENGER = "champion", "challenger"
CHAMPION_FEATURES = (
    "late_rate",
    "days_beyond",
    "days_beyond_lately",
    "days_beyond_bounded",
    "history",
    "overdue_share",
    "amount_to_usual",
)
"""Few, so that some hundred lessons are enough for their weights: how late, how lately, how well known, how much."""
MODEL_FEATURES = {CHAMPION: CHAMPION_FEATURES, CHALLENGER: FEATURES}
WARM_UP_INVOICES = 500
RECENT, RECENT_EVERY = 500, 100
_LEARNING_RATE = 0.01
_CALIBRATION_RATE = 0.005
_SLOPE_MIN, _SLOPE_MAX = 0.2, 5.0
_DRIFT_CHANCE = 0.002
"""Chance of a false sign of drift, shared by all that is watched. Source: river's default for one ADWIN."""


class Lesson(Struct, frozen=True, kw_only=True):
    """One invoice whose label is known.

    Attributes:
        number: of the invoice in order of issue, from 1.
        segment: what figures are told apart by, such as the country; empty if unknown.
        values: all of `FEATURES` as they were at issue.
        predicted: probability at issue by name of the model or baseline.
        is_late: the label.
        known_day: the day on which it was known, as a proleptic ordinal.
    """

    number: int
    segment: str
    values: tuple[float, ...]
    predicted: dict[str, float]
    is_late: bool
    known_day: int


class Drift(Struct, frozen=True):
    """A sign that something is not as it was: at which lesson, the loss or which feature, its mean before and now."""

    lesson: int
    of: str
    before: float
    now: float


class Recent(Struct, frozen=True):
    """Figures of the last lessons at one of them: how the model does over time."""

    lesson: int
    known_day: int
    auc: float | None
    calibration_error: float | None
    late_rate: float


class OnlineModel:
    """river's scaler and regression with a calibration behind them, learning one lesson after the other."""

    def __init__(self, name: str, features: Sequence[str], grace_days: int) -> None:
        self._name, self._features, self._grace_days = name, tuple(features), grace_days
        self._places = [FEATURES.index(feature) for feature in features]
        self._scaler = StandardScaler()
        self._regression = LogisticRegression(optimizer=SGD(_LEARNING_RATE), intercept_lr=_LEARNING_RATE)
        self._regression._weights = VectorDict(dict.fromkeys(self._features, 0.0))
        self._learned, self._slope, self._offset = 0, 1.0, 0.0
        self._scorer: Scorer | None = None

    @classmethod
    def resumed(cls, model: LatenessModel) -> OnlineModel:
        """Go on from a sound snapshot as if there had been no break."""
        found = cls(model.name, model.features, model.grace_days)
        counts, means, variances = (
            dict(zip(model.features, numbers, strict=True)) for numbers in (model.counts, model.means, model.variances)
        )
        found._scaler = StandardScaler._from_state(counts, means, variances)
        found._regression._weights = VectorDict(dict(zip(model.features, model.weights, strict=True)))
        found._regression.intercept = model.intercept
        found._regression.optimizer.n_iterations = model.learned
        found._learned, found._slope, found._offset = model.learned, model.slope, model.offset
        return found

    @property
    def learned(self) -> int:
        """How many lessons it has learned."""
        return self._learned

    def probability(self, values: Sequence[float]) -> float:
        """What the snapshot of this moment says: calibrated probability of lateness."""
        if self._scorer is None:
            self._scorer = Scorer(self.snapshot())
        return self._scorer.probability(values)

    def river_probability(self, values: Sequence[float]) -> float:
        """What river itself says, before calibration."""
        scaled = self._scaler.transform_one(self._named(values))
        return float(self._regression.predict_proba_one(scaled)[True])

    def learn(self, values: Sequence[float], is_late: bool) -> None:
        """Learn one label: first the calibration, by what the weights say without it, then scaler and weights."""
        named = self._named(values)
        self._calibrate(self.river_probability(values), is_late)
        self._scaler.learn_one(named)
        self._regression.learn_one(self._scaler.transform_one(named), is_late)
        self._learned += 1
        self._scorer = None

    def snapshot(self) -> LatenessModel:
        """All that it knows."""
        scaler, weights = self._scaler, self._regression.weights
        return LatenessModel(
            name=self._name,
            grace_days=self._grace_days,
            learned=self._learned,
            features=self._features,
            counts=tuple(scaler.counts[feature] for feature in self._features),
            means=tuple(scaler.means[feature] for feature in self._features),
            variances=tuple(scaler.vars[feature] for feature in self._features),
            weights=tuple(weights[feature] for feature in self._features),
            intercept=float(self._regression.intercept),
            slope=self._slope,
            offset=self._offset,
        )

    def _named(self, values: Sequence[float]) -> dict[str, float]:
        return dict(zip(self._features, [values[place] for place in self._places], strict=True))

    def _calibrate(self, raw: float, is_late: bool) -> None:
        """One step of Platt's scaling on the log-odds. Source: Platt, Probabilistic outputs for SVMs, 1999."""
        bounded = min(1.0 - 1e-6, max(1e-6, raw))
        log_odds = log(bounded / (1.0 - bounded))
        apart = sigmoid(self._slope * log_odds + self._offset) - is_late
        slope = self._slope - _CALIBRATION_RATE * apart * log_odds
        self._slope = min(_SLOPE_MAX, max(_SLOPE_MIN, slope))
        self._offset -= _CALIBRATION_RATE * apart


class DriftWatch:
    """ADWIN on the champion's loss and features, each brought into the range from 0 to 1 that ADWIN stands on."""

    def __init__(self) -> None:
        # How well accounts are known only ever grows: no drift.
        features = [name for name in CHAMPION_FEATURES if name != "history"]
        watched = ("loss", *features)
        self._windows = {name: ADWIN(delta=_DRIFT_CHANCE / len(watched)) for name in watched}
        self._places = {name: FEATURES.index(name) for name in features}

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


class Scoreboard:
    """The figures of every model and baseline: over all, after the first invoices, by segment, and over time."""

    def __init__(self) -> None:
        self.overall: dict[str, Measures] = {}
        self.warm: dict[str, Measures] = {}
        self.by_segment: dict[str, Measures] = {}
        self.recent: list[Recent] = []
        self._window: deque[tuple[float, bool]] = deque(maxlen=RECENT)

    def add(self, lesson: Lesson, number: int) -> None:
        """Take the predictions of a lesson, the `number`-th learned."""
        for name, probability in lesson.predicted.items():
            self.overall.setdefault(name, Measures()).add(probability, lesson.is_late)
            if lesson.number > WARM_UP_INVOICES:
                self.warm.setdefault(name, Measures()).add(probability, lesson.is_late)
        champion = lesson.predicted[CHAMPION]
        self.by_segment.setdefault(lesson.segment, Measures()).add(champion, lesson.is_late)
        self._window.append((champion, lesson.is_late))
        if number % RECENT_EVERY == 0:
            self.recent.append(self._recent(number, lesson.known_day))

    def _recent(self, number: int, known_day: int) -> Recent:
        measures = Measures()
        for probability, is_late in self._window:
            measures.add(probability, is_late)
        found = measures.figures()
        return Recent(number, known_day, found.auc, found.calibration_error, found.late / found.count)


class Learner:
    """Champion and challenger over one log of lessons, with their scoreboard and the watch for drift."""

    def __init__(self, grace_days: int = 0) -> None:
        self.models = {name: OnlineModel(name, features, grace_days) for name, features in MODEL_FEATURES.items()}
        self.scoreboard = Scoreboard()
        self.drifts: list[Drift] = []
        self._watch = DriftWatch()
        self._lessons = 0

    @classmethod
    def resumed(cls, snapshots: Iterable[LatenessModel], lessons: Iterable[Lesson]) -> Learner | ModelRefused:
        """Go on from snapshots and the whole log: a lesson that a snapshot has learned is not learned twice.

        Returns:
            The learner as it would be without the break, or why a snapshot is not taken.
        """
        found = cls()
        for snapshot in snapshots:
            refusal = refusal_of(snapshot) or _refuse_name(snapshot)
            if refusal is not None:
                return refusal
            found.models[snapshot.name] = OnlineModel.resumed(snapshot)
        for lesson in lessons:
            found.learn(lesson)
        return found._refuse_ahead() or found

    def _refuse_ahead(self) -> ModelRefused | None:
        """Why this cannot go on: a model knows lessons that the log does not have."""
        for name, model in self.models.items():
            if model.learned > self._lessons:
                text = f"{name}: expected at most {self._lessons} lessons as in the log, received {model.learned}"
                return ModelRefused("model_ahead_of_lessons", text)
        return None

    def predict(self, values: Sequence[float]) -> dict[str, float]:
        """Calibrated probability of lateness by model."""
        return {name: model.probability(values) for name, model in self.models.items()}

    def learn(self, lesson: Lesson) -> None:
        """Measure what was predicted, look for drift, then learn."""
        self._lessons += 1
        self.scoreboard.add(lesson, self._lessons)
        self.drifts.extend(self._watch.look(lesson, self._lessons))
        for model in self.models.values():
            if model.learned < self._lessons:
                model.learn(lesson.values, lesson.is_late)


def _refuse_name(model: LatenessModel) -> ModelRefused | None:
    if model.name in MODEL_FEATURES:
        return None
    return ModelRefused("model_name_unknown", f"name: expected {' or '.join(MODEL_FEATURES)}, received {model.name!r}")
