"""Proving the learner: every snapshot in `models` is the fold of the lessons up to where it says that it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from projections.lateness_model import ModelRefused, encode_model
from streams.audit import Finding, LearnerReport
from streams.lessons import LessonsBroken
from streams.reading import TopicMissing, bounds, consumer_of, partitions_of, read_partition
from streams.settings import Settings
from streams.snapshots import Snapshot, read_snapshot
from streams.study import Study
from streams.topics import topic

_WHAT = "models"


def audit_learner(settings: Settings) -> LearnerReport:
    """Learn the log of lessons again and compare each snapshot on the way.

    Raises:
        KafkaError: the cluster does not answer.
    """
    with consumer_of(settings) as consumer:
        try:
            # Snapshots first: what they stand on is in the log then.
            models = [(record.offset, record.value) for record in _records(consumer, settings, "models")]
            return check_snapshots(models, (record.value for record in _records(consumer, settings, "lessons")))
        except TopicMissing:
            return LearnerReport()


def _records(consumer: Any, settings: Settings, name: str) -> Iterable[Any]:
    full_name = topic(settings.topic_prefix, name)
    partitions_of(consumer, full_name)
    for records in read_partition(consumer, full_name, 0, *bounds(consumer, full_name, [0])[0]):
        yield from records


def check_snapshots(models: Iterable[tuple[int, bytes | None]], lessons: Iterable[bytes | None]) -> LearnerReport:
    """Compare snapshots, each with its offset, with a log of lessons."""
    report, study = LearnerReport(), Study()
    due: defaultdict[int, list[tuple[int, Snapshot]]] = defaultdict(list)
    for offset, value in models:
        if value is None:
            continue
        report.snapshots += 1
        read = read_snapshot(value)
        if isinstance(read, ModelRefused):
            report.findings.append(_finding(offset, f"{read.code}: {read.text}"))
        else:
            due[read.lessons].append((offset, read))
    try:
        for lesson in lessons:
            if study.reread(lesson):
                for offset, snapshot in due.pop(study.log.number, ()):
                    report.findings += _differences(offset, snapshot, study)
    except LessonsBroken as broken:
        report.findings.append(Finding(0, "lessons", str(broken)))
    for later in due.values():
        for offset, snapshot in later:
            text = f"{snapshot.model_id} stands on {snapshot.lessons} lessons, the log has {study.log.number}"
            report.findings.append(_finding(offset, text))
    report.lessons, report.void, report.learned = study.log.number, study.log.void, study.learner.learned
    return report


def _differences(offset: int, snapshot: Snapshot, study: Study) -> Iterable[Finding]:
    if snapshot.chain != study.log.prev:
        text = f"{snapshot.model_id} stands on lesson {snapshot.lessons - 1} with another hash than the log has"
        yield _finding(offset, text, snapshot.chain, study.log.prev)
    derived = study.learner.snapshots()[snapshot.model.name]
    if derived != snapshot.model:
        text = f"{snapshot.model_id} is not what its lessons teach"
        yield _finding(offset, text, encode_model(snapshot.model).decode(), encode_model(derived).decode())


def _finding(offset: int, text: str, recorded: str = "", derived: str = "") -> Finding:
    return Finding(0, _WHAT, text, source=f"models/0/{offset}", recorded=recorded, derived=derived)
