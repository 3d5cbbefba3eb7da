"""The learner without its surroundings: a fold over labels in the order of the lessons.

An invoice is predicted when it is asked about and learned when its label is known, with the features of then. The same
lessons give the same weights, figures and signs of drift, bit for bit, however often the fold is begun again.
"""

from __future__ import annotations

from collections import defaultdict

from msgspec import Struct

from projections.lateness_features import FEATURES, PRIOR_INVOICES, Invoice, Population, features_of, late_rate
from projections.lateness_model import LatenessModel
from schemas.decisions_lateness import LatenessAsked, LatenessKnown, LatenessSettled
from streams.lateness_drift import Drift, DriftWatch
from streams.lesson_order import Label
from streams.online_model import OnlineModel
from streams.scoreboard import (
    ACCOUNT_RATE,
    BASE_RATE,
    CHALLENGER,
    CHAMPION,
    IN_FORCE,
    SCORECARD,
    Lesson,
    Scoreboard,
)

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

About = tuple[str, str, str, str]
"""An invoice: account, id, source, seller."""


class Question(Struct, frozen=True):
    """An invoice whose label is not known yet: what was known and predicted when it was asked about."""

    number: int
    segment: str
    grade: str
    outcome: str
    values: tuple[float, ...]
    predicted: dict[str, float]


class Learner:
    """Champion and challenger over one log of lessons, with their scoreboard and the watch for drift.

    Attributes:
        models: by name.
        population: how all accounts paid so far.
        drifts: all signs of drift, oldest first.
        unasked: labels of invoices that were never asked about, and so could not be learned.
        grace_days: of the last label: late is more than so many days past due.
    """

    def __init__(self) -> None:
        self.models = {name: OnlineModel(name, features) for name, features in MODEL_FEATURES.items()}
        self.population = Population()
        self.scoreboard = Scoreboard()
        self.drifts: list[Drift] = []
        self.unasked = 0
        self.grace_days = 0
        self._watch = DriftWatch(CHAMPION_FEATURES)
        self._questions: dict[About, Question] = {}
        self._asked = 0
        self._grades: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])

    @property
    def learned(self) -> int:
        """How many lessons were learned."""
        return self.models[CHAMPION].learned

    @property
    def open_questions(self) -> int:
        """How many invoices were asked about whose label is not known."""
        return len(self._questions)

    def take(self, label: Label) -> Lesson | None:
        """Take the next label; return the lesson if it made one, already learned."""
        said, about = label.said, _about(label)
        if isinstance(said, LatenessAsked):
            self._ask(about, said)
        elif isinstance(said, LatenessSettled):
            self.population.settle(said.days_past_due)
        else:
            return self._know(about, said, label.effect)
        return None

    def predicted(self, label: Label) -> dict[str, float]:
        """Return what was predicted for an invoice that was asked about and whose label is not known."""
        return self._questions[_about(label)].predicted

    def _ask(self, about: About, asked: LatenessAsked) -> None:
        population = self.population
        values = features_of(asked.payments, population, Invoice.asked(asked))
        predicted = {name: model.probability(values) for name, model in self.models.items()}
        predicted[BASE_RATE] = population.late_rate
        predicted[ACCOUNT_RATE] = late_rate(asked.payments, population)
        if asked.grade:
            judged, late = self._grades[asked.grade]
            predicted[SCORECARD] = (late + PRIOR_INVOICES * population.late_rate) / (judged + PRIOR_INVOICES)
        if asked.probability is not None:
            predicted[IN_FORCE] = asked.probability
        self._asked += 1
        self._questions[about] = Question(
            self._asked, asked.country, asked.grade, asked.order_outcome, values, predicted
        )

    def _know(self, about: About, known: LatenessKnown, effect: str) -> Lesson | None:
        self.population.judge(is_late=known.is_late)
        self.grace_days = known.grace_days
        question = self._questions.pop(about, None)
        if question is None:
            self.unasked += 1
            return None
        if question.grade:
            counts = self._grades[question.grade]
            counts[0] += 1
            counts[1] += known.is_late
        lesson = Lesson(
            number=question.number,
            segment=question.segment,
            outcome=question.outcome,
            values=question.values,
            predicted=question.predicted,
            is_late=known.is_late,
            known_on=known.on,
            effect=effect,
        )
        self._learn(lesson)
        return lesson

    def _learn(self, lesson: Lesson) -> None:
        """Measure what was predicted, look for drift, then learn."""
        number = self.learned + 1
        self.scoreboard.add(lesson, number)
        self.drifts.extend(self._watch.look(lesson, number))
        for model in self.models.values():
            model.learn(lesson.values, lesson.is_late)

    def snapshots(self) -> dict[str, LatenessModel]:
        """Return what every model knows now."""
        return {name: model.snapshot(self.population, self.grace_days) for name, model in self.models.items()}


def _about(label: Label) -> About:
    said = label.said
    return label.account_id, said.invoice_id, said.ce_source, said.seller_id or ""
