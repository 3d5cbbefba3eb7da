"""The learner over its log: what is appended for a day, what is learned from it, and what is told of it.

No input and no output. Live, the records of a day are appended first and learned only then; after a restart the same
records are read and learned the same way, so that nothing is learned that the log does not hold, and nothing twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from msgspec import Struct, field

from projections.lateness_model import model_id, refusal_of
from schemas.facts.control import LearnerReported
from streams.label_intake import Day, LabelIntake
from streams.lateness_drift import Drift
from streams.learning import Learner
from streams.lesson_order import Label, Triple
from streams.lessons import Learned, LessonEntry, LessonLog, label_of
from streams.scoreboard import CHAMPION
from streams.snapshots import Snapshot, snapshots_of

SNAPSHOT_EVERY = 100
"""Lessons between two snapshots; they are made at the end of a day, and of each day that shows drift."""


class Findings(Struct):
    """What is to be told after a day: snapshots for `models`, and facts for `control` with how they are meant."""

    snapshots: list[Snapshot] = field(default_factory=list)
    reports: list[LearnerReported] = field(default_factory=list)
    effect: str = "binding"


class Study:
    """Everything that the learner knows, and where its log stands."""

    def __init__(self) -> None:
        self.log = LessonLog()
        self.learner = Learner()
        self.on = ""
        self._learned: Learned = {}
        self._also: defaultdict[int, set[Triple]] = defaultdict(set)
        self._snapshot_at = 0
        self._drifts_told = 0
        self._effect = "binding"

    def restore(self, values: Iterable[bytes | None]) -> Findings:
        """Learn a stored log again; return what was to be told after its last day, for it may not have been told.

        Raises:
            LessonsBroken: a record that counts cannot be read.
        """
        ended: LessonEntry | None = None
        for value in values:
            entry = self.log.read(value)
            if entry is None:
                continue
            if ended is not None:
                self._end_day(ended.on, ended.learned or {}, tells=False)
            ended = entry if entry.learned is not None else None
            if ended is None:
                self._relearn(entry)
        return Findings() if ended is None else self._end_day(ended.on, ended.learned or {})

    def reread(self, value: bytes | None) -> bool:
        """Learn one stored record again, telling nothing; False for one that does not count.

        Raises:
            LessonsBroken: it counts and cannot be read.
        """
        entry = self.log.read(value)
        if entry is None:
            return False
        if entry.learned is None:
            self._relearn(entry)
        else:
            self._end_day(entry.on, entry.learned, tells=False)
        return True

    def _relearn(self, entry: LessonEntry) -> None:
        label = label_of(entry)
        self._take(label)
        self._also[label.place.partition].add(label.triple)

    def intake(self, partitions: int) -> LabelIntake:
        """Return an intake that drops what the log holds already."""
        return LabelIntake(partitions, self._learned, self._also)

    def write(self, day: Day) -> list[bytes]:
        """Return the records to append for a day; they must be in the log before the day is learned."""
        records = [self.log.write(day.on, label=label) for label in day.labels]
        return [*records, self.log.write(day.on, learned=day.learned)]

    def learn(self, day: Day) -> Findings:
        """Learn a day whose records are in the log, and return what is to be told."""
        for label in day.labels:
            self._take(label)
        return self._end_day(day.on, day.learned)

    def _take(self, label: Label) -> None:
        lesson = self.learner.take(label)
        if lesson is not None:
            self._effect = lesson.effect

    def _end_day(self, on: str, learned: Learned, *, tells: bool = True) -> Findings:
        self.on, self._learned = on, learned
        self._also.clear()
        learner = self.learner
        drifts = learner.drifts[self._drifts_told :]
        self._drifts_told = len(learner.drifts)
        is_due = learner.learned // SNAPSHOT_EVERY > self._snapshot_at // SNAPSHOT_EVERY
        if not drifts and not is_due:
            return Findings()
        self._snapshot_at = learner.learned
        if not tells:
            return Findings()
        found = Findings(reports=[self._drift(drift) for drift in drifts[:1]], effect=self._effect)
        for snapshot in snapshots_of(learner, self.log, on, "drift" if drifts else "lessons"):
            refusal = refusal_of(snapshot.model)
            if refusal is None:
                found.snapshots.append(snapshot)
            else:
                found.reports.append(self._refused(snapshot.model_id, refusal.code, refusal.text))
        return self._compare(found)

    def _drift(self, drift: Drift) -> LearnerReported:
        return LearnerReported(
            report="drift",
            model_id=model_id(self.learner.snapshots()[CHAMPION]),
            lessons=drift.lesson,
            of=drift.of,
            found=round(drift.now * 10_000),
            line=round(drift.before * 10_000),
        )

    def _refused(self, refused_id: str, code: str, text: str) -> LearnerReported:
        return LearnerReported(
            report="snapshot_refused", model_id=refused_id, lessons=self.learner.learned, of=code, text=text[:1000]
        )

    def _compare(self, found: Findings) -> Findings:
        """Tell of models that do better than the one that decides; whether by enough, the policy judges."""
        board = self.learner.scoreboard
        for snapshot in found.snapshots:
            if snapshot.model.name == board.incumbent():
                continue
            incumbent, candidate = board.compared(snapshot.model.name)
            if _is_higher(candidate.auc_bp, incumbent.auc_bp):
                report = LearnerReported(
                    report="figures",
                    model_id=snapshot.model_id,
                    lessons=self.learner.learned,
                    champion=incumbent,
                    challenger=candidate,
                )
                found.reports.append(report)
        return found


def _is_higher(auc: int | None, other: int | None) -> bool:
    return auc is not None and other is not None and auc > other
