"""Labels of several partitions on their way to lessons, with restarts at any moment: nothing lost, nothing twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.lateness_model import ModelRefused, encode_model
from schemas.partitioning import partition_of
from schemas.publication import Place
from streams.lesson_order import DayComplete, Label, LabelUnreadable, in_order, read_label
from streams.lessons import LessonLog, LessonsBroken
from streams.online_model import OnlineModel
from streams.scoreboard import CHAMPION
from streams.snapshots import encode_snapshot, read_snapshot, refuse_ahead
from streams.study import Findings, Study
from tests.late_payers import made_items, study_of
from tests.plain_lateness import History

PARTITIONS = 3
Record = Label | DayComplete


def published(items: Any) -> list[list[Record]]:
    """What each partition of the topic holds: its labels day by day, each day closed everywhere."""
    topic: list[list[Record]] = [[] for _ in range(PARTITIONS)]
    days: defaultdict[str, list[Label]] = defaultdict(list)
    for label in History(items).labels():
        days[label.said.on].append(label)
    for on in sorted(days):
        for label in days[on]:
            number = partition_of(label.account_id.encode(), PARTITIONS)
            topic[number].append(placed(label, number, len(topic[number])))
        for number in range(PARTITIONS):
            topic[number].append(DayComplete(on, Place(0, number, len(topic[number]), 0)))
    for number in range(PARTITIONS):
        topic[number].append(DayComplete("2099-01-01", Place(0, number, len(topic[number]), 0)))
    return topic


def placed(label: Label, partition: int, seq: int) -> Label:
    """The same label as another partition would publish it."""
    value = {**msgspec.json.decode(label.value), "ledger": Place(0, partition, seq, 0)}
    moved = read_label(msgspec.json.encode(value))
    assert isinstance(moved, Label)
    return moved


@dataclass
class Life:
    """A learner that reads the topic and may die between any two steps; what is stored outlives it."""

    topic: list[list[Record]]
    random: Random
    stored: list[bytes] = field(default_factory=list)
    committed: list[int] = field(default_factory=lambda: [0] * PARTITIONS)

    def live(self) -> Iterator[None]:
        """Run until everything is read, yielding wherever it may die."""
        study = Study()
        study.restore(self.stored)
        self.study, intake = study, study.intake(PARTITIONS)
        positions, acked = list(self.committed), [set[int]() for _ in range(PARTITIONS)]
        while any(position < len(self.topic[number]) for number, position in enumerate(positions)):
            number = self.random.randrange(PARTITIONS)
            if positions[number] == len(self.topic[number]):
                continue
            offset, positions[number] = positions[number], positions[number] + 1
            self.ack(acked, intake.take(number, self.topic[number][offset], (number, offset)))
            yield
            while (day := intake.next_day()) is not None:
                for value in study.write(day):
                    self.stored.append(value)
                    yield
                study.learn(day)
                yield
                self.ack(acked, day.tickets)

    def ack(self, acked: list[set[int]], tickets: list[tuple[int, int]]) -> None:
        """As a consumer group does: what is committed has no gap."""
        for number, offset in tickets:
            acked[number].add(offset)
        for number in range(PARTITIONS):
            while self.committed[number] in acked[number]:
                self.committed[number] += 1


def weights(study: Study) -> list[bytes]:
    return [encode_model(model) for model in study.learner.snapshots().values()]


def labels_in(stored: list[bytes]) -> list[tuple[str, str, str]]:
    """What the log holds, without where it came from."""
    log, found = LessonLog(), []
    for value in stored:
        entry = log.read(value)
        assert entry is not None
        if entry.learned is None:
            said = read_label(bytes(entry.label))
            assert isinstance(said, Label)
            found.append((type(said.said).__name__, said.account_id, said.said.invoice_id))
    return found


ITEMS = made_items(accounts=6, invoices=9)
WHOLE, LOG = study_of(ITEMS)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.integers(0, 3_000), max_size=4))
def test_killed_at_any_moments_it_learns_everything_once_and_the_same(seed: int, lives: list[int]) -> None:
    life = Life(published(ITEMS), Random(seed))
    for steps in lives:
        for _, _ in zip(range(steps), life.live(), strict=False):
            pass
    for _ in life.live():
        pass
    assert weights(life.study) == weights(WHOLE)
    assert labels_in(life.stored) == labels_in(LOG)
    assert life.committed == [len(partition) - 1 for partition in life.topic], "the last close stays to be read again"


def test_the_log_learned_twice_gives_identical_weights_figures_and_drifts() -> None:
    again = Study()
    again.restore(LOG)
    assert weights(again) == weights(WHOLE)
    assert again.learner.drifts == WHOLE.learner.drifts
    for name, measures in WHOLE.learner.scoreboard.overall.items():
        assert again.learner.scoreboard.overall[name].figures() == measures.figures()
    assert (again.log.number, again.log.prev) == (WHOLE.log.number, WHOLE.log.prev)


def test_what_a_second_learner_wrote_in_between_does_not_count() -> None:
    doubled = [value for each in LOG for value in (each, each)]
    again = Study()
    again.restore([*doubled[:100], b"garbage", None, *doubled[100:]])
    assert weights(again) == weights(WHOLE)
    assert again.log.void == len(LOG) + 2


def test_a_day_is_learned_when_every_partition_has_gone_beyond_it() -> None:
    topic = published(ITEMS)
    intake = Study().intake(PARTITIONS)
    for number in (0, 1):
        for record in topic[number]:
            intake.take(number, record)
    assert intake.next_day() is None
    assert intake.waits_for() == [2]
    assert intake.held()[0] == sum(isinstance(record, Label) for record in topic[0])
    for record in topic[2]:
        intake.take(2, record)
    days = []
    while (day := intake.next_day()) is not None:
        days.append(day.on)
    assert days == sorted(days) and len(days) > 50
    assert intake.waits_for() == [] and sum(intake.held().values()) == 0


def test_a_repeat_is_dropped_whether_learned_or_waiting() -> None:
    topic = published(ITEMS)
    once, twice = Study(), Study()
    one, two = once.intake(1), twice.intake(1)
    flat = [msgspec.structs.replace(record, place=Place(0, 0, seq, 0)) for seq, record in enumerate(topic[0])]
    for record in flat:
        one.take(0, record)
    for record in [*flat[:50], *flat[20:50], *flat, *flat[:10]]:
        two.take(0, record)
    for study, intake in ((once, one), (twice, two)):
        while (day := intake.next_day()) is not None:
            study.write(day)
            study.learn(day)
    assert once.log.prev == twice.log.prev


def test_within_a_day_invoices_are_asked_about_before_anything_is_learned() -> None:
    days = defaultdict(list)
    for label in History(made_items()).labels():
        days[label.said.on].append(label)
    day = max(days.values(), key=lambda labels: (len({type(label.said) for label in labels}), len(labels)))
    kinds = [type(label.said).__name__ for label in in_order(day)]
    assert kinds == sorted(kinds, key=["LatenessAsked", "LatenessSettled", "LatenessKnown"].index)
    assert len(set(kinds)) == 3
    assert in_order(day[::-1]) == in_order(day)


def told(study: Study, items: Any) -> list[Findings]:
    """What a study tells of days."""
    intake, found = study.intake(1), []
    for seq, label in enumerate(History(items).labels()):
        intake.take(0, msgspec.structs.replace(label, place=Place(0, 0, seq, 0)))
    intake.finish()
    while (day := intake.next_day()) is not None:
        study.write(day)
        found.append(study.learn(day))
    return found


def test_a_snapshot_is_made_every_hundred_lessons_and_stands_in_the_log() -> None:
    study = Study()
    snapshots = [snapshot for found in told(study, made_items()) for snapshot in found.snapshots]
    learned = [snapshot.model.learned for snapshot in snapshots if snapshot.model.name == CHAMPION]
    assert [count // 100 for count in learned] == [1, 2, 3]
    read = read_snapshot(encode_snapshot(snapshots[0]))
    assert read == snapshots[0]
    assert not isinstance(read, ModelRefused)
    assert refuse_ahead(read, read.lessons) is None
    refused = refuse_ahead(read, read.lessons - 1)
    assert refused is not None and refused.code == "model_ahead_of_lessons"


def test_a_change_of_the_times_is_reported_with_its_numbers() -> None:
    study = Study()
    reports = [
        report
        for found in told(study, made_items(3, accounts=60, invoices=60, worse_from=date(2025, 1, 1)))
        for report in found.reports
        if report.report == "drift"
    ]
    assert reports and reports[0].found != reports[0].line
    assert reports[0].lessons == study.learner.drifts[0].lesson


def test_what_was_to_be_told_of_the_last_day_is_told_again_after_a_restart() -> None:
    study = Study()
    found, written = Findings(), []
    intake = study.intake(1)
    for seq, label in enumerate(History(made_items()).labels()):
        intake.take(0, msgspec.structs.replace(label, place=Place(0, 0, seq, 0)))
    intake.finish()
    while not found.snapshots:
        day = intake.next_day()
        assert day is not None
        written += study.write(day)
        found = study.learn(day)
    assert Study().restore(written) == found
    assert Study().restore(written[:-1]) == Findings()


def test_an_absurd_snapshot_is_reported_and_not_published(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = OnlineModel.snapshot

    def absurd(self: OnlineModel, *args: Any) -> Any:
        return msgspec.structs.replace(sound(self, *args), intercept=1e9)

    monkeypatch.setattr(OnlineModel, "snapshot", absurd)
    found = [each for each in told(Study(), made_items()) if each.reports]
    assert found and not any(each.snapshots for each in found)
    assert {report.of for each in found for report in each.reports} >= {"model_number_absurd"}


@pytest.mark.parametrize(
    ("value", "code"),
    [(b"{", "model_unreadable"), (b'{"model_id":"x"}', "model_unreadable")],
)
def test_what_is_no_snapshot_is_refused(value: bytes, code: str) -> None:
    refused = read_snapshot(value)
    assert isinstance(refused, ModelRefused) and refused.code == code


def test_a_snapshot_of_an_unknown_name_is_refused() -> None:
    study = Study()
    snapshot = next(found.snapshots[0] for found in told(study, made_items()) if found.snapshots)
    other = msgspec.structs.replace(snapshot, model=msgspec.structs.replace(snapshot.model, name="favourite"))
    refused = read_snapshot(encode_snapshot(other))
    assert isinstance(refused, ModelRefused) and refused.code == "model_name_unknown"


@pytest.mark.parametrize("value", [b"", b"{}", b'{"type":"lateness_known"}', b"\xff"])
def test_a_record_that_is_no_label_is_named(value: bytes) -> None:
    with pytest.raises(LabelUnreadable):
        read_label(value)


def test_a_log_with_a_label_that_nobody_can_read_is_broken() -> None:
    log = LessonLog()
    value = log.write("2025-01-01")
    with pytest.raises(LessonsBroken, match="lessons/0"):
        Study().restore([value])
