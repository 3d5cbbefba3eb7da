"""What the learner tells of itself as Prometheus metrics: how far it is, what it waits for, how good the models are."""

from __future__ import annotations

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from streams.label_intake import LabelIntake
from streams.lateness_measures import Figures
from streams.learning import Learner
from streams.scoreboard import PROBING, merged

_MEASURES = ("auc", "log_loss", "brier", "calibration_error")


class LearnerMetrics:
    """Numbers of one learner process."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self.log = structlog.get_logger("obligor.learner")
        self.labels = Counter("obligor_learner_labels", "labels taken in", ["partition"], registry=registry)
        self.unreadable = Counter("obligor_learner_unreadable", "records of labels that are none", registry=registry)
        self.void = Gauge("obligor_learner_void_lessons", "records of the log that do not count", registry=registry)
        self.lessons = Gauge("obligor_learner_lessons", "records of the log that count", registry=registry)
        self.learned = Gauge("obligor_learner_learned", "invoices learned", registry=registry)
        self.unasked = Gauge("obligor_learner_unasked", "labels of invoices nobody asked about", registry=registry)
        self.questions = Gauge("obligor_learner_questions", "invoices whose label is awaited", registry=registry)
        self.drifts = Gauge("obligor_learner_drifts", "signs of drift so far", registry=registry)
        self.held = Gauge("obligor_learner_held", "labels that wait for their day", ["partition"], registry=registry)
        self.waits_for = Gauge(
            "obligor_learner_waits_for", "1: this partition holds others up", ["partition"], registry=registry
        )
        self.snapshots = Counter("obligor_learner_snapshots", "snapshots published", ["model"], registry=registry)
        self.invoices = Gauge("obligor_model_invoices", "invoices measured", ["model", "orders"], registry=registry)
        self.measures = {
            name: Gauge(f"obligor_model_{name}", f"{name} so far", ["model", "orders"], registry=registry)
            for name in _MEASURES
        }

    def stands(self, learner: Learner, intake: LabelIntake) -> None:
        """Tell how far the learner is and what it waits for."""
        self.learned.set(learner.learned)
        self.unasked.set(learner.unasked)
        self.questions.set(learner.open_questions)
        self.drifts.set(len(learner.drifts))
        waits_for = set(intake.waits_for())
        for partition, count in intake.held().items():
            self.held.labels(partition).set(count)
            self.waits_for.labels(partition).set(partition in waits_for)

    def measured(self, learner: Learner) -> None:
        """Tell how good the models are: over all orders, and over those where they cannot prove themselves right."""
        board = learner.scoreboard
        for name, measures in board.overall.items():
            self._show(name, "all", measures.figures())
            probing = merged([board.by_outcome.get(outcome, {}) for outcome in PROBING], name)
            if probing is not None:
                self._show(name, "probing", probing)

    def _show(self, model: str, orders: str, figures: Figures) -> None:
        self.invoices.labels(model, orders).set(figures.count)
        for name, gauge in self.measures.items():
            found = getattr(figures, name)
            if found is not None:
                gauge.labels(model, orders).set(found)
