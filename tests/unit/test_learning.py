"""The learner: equal to river, without foresight, better than the baselines, and aware of a change of the times."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from random import Random

import msgspec
import pytest
from river.linear_model import LogisticRegression
from river.optim import SGD
from river.preprocessing import StandardScaler

from projections.lateness_features import FEATURES
from projections.lateness_model import Scorer, encode_model
from schemas.decisions_lateness import LatenessAsked
from streams.known_at_issue import require_known_at_issue
from streams.lateness_measures import Measures
from streams.learning import MODEL_FEATURES, Learner
from streams.online_model import OnlineModel
from streams.receivables import Item
from streams.receivables_map import MapInvalid, load_map
from streams.scoreboard import ACCOUNT_RATE, BASE_RATE, CHALLENGER, CHAMPION
from tests.late_payers import item, lessons_of, made_items, needs_public_set, public_items
from tests.plain_lateness import History, days_of


def weights_of(learner: Learner) -> dict[str, bytes]:
    return {name: encode_model(model) for name, model in learner.snapshots().items()}


@pytest.mark.parametrize("name", [CHAMPION, CHALLENGER])
def test_a_snapshot_predicts_what_river_s_own_pipeline_does_to_the_last_bit(name: str) -> None:
    _, lessons = lessons_of(made_items())
    pipeline = StandardScaler() | LogisticRegression(optimizer=SGD(0.01), intercept_lr=0.01)
    model = OnlineModel(name, MODEL_FEATURES[name])
    for lesson in lessons:
        named = {feature: lesson.values[FEATURES.index(feature)] for feature in MODEL_FEATURES[name]}
        scorer = Scorer(model.snapshot())
        assert scorer.raw(lesson.values) == pipeline.predict_proba_one(named)[True]
        assert scorer.raw(lesson.values) == scorer.predict(lesson.values).raw
        pipeline.learn_one(named, lesson.is_late)
        model.learn(lesson.values, lesson.is_late)


def test_a_label_is_learned_when_it_is_known_and_not_before() -> None:
    start = date(2026, 1, 1)
    due = start + timedelta(days=30)
    prompt = item("A", "1", start, due, start + timedelta(days=10))
    late = item("B", "1", start, due, start + timedelta(days=90))
    in_grace = item("C", "1", start, due, due + timedelta(days=3))
    never = item("D", "1", start, due, None)
    _, strict = lessons_of([prompt, late, in_grace, never])
    days = [(lesson.is_late, date.fromisoformat(lesson.known_on)) for lesson in strict]
    the_day_after = due + timedelta(days=1)
    assert days == [(False, start + timedelta(days=10)), *((True, the_day_after),) * 3]
    _, lenient = lessons_of([prompt, late, in_grace, never], grace_days=5)
    days = [(lesson.is_late, date.fromisoformat(lesson.known_on)) for lesson in lenient]
    assert days[1:] == [(False, due + timedelta(days=3)), *((True, due + timedelta(days=6)),) * 2]


def test_an_open_invoice_that_is_not_late_yet_is_no_lesson() -> None:
    start = date(2026, 1, 1)
    open_items = [item("A", "1", start, start + timedelta(days=30), None)]
    _, lessons = lessons_of([*open_items, item("B", "1", start, start, start)])
    assert [lesson.number for lesson in lessons] == [2]


def test_an_invoice_due_before_it_was_issued_is_late() -> None:
    start = date(2026, 1, 10)
    _, lessons = lessons_of([item("A", "1", start, date(2026, 1, 5), start), item("B", "1", start, start, start)])
    assert [lesson.is_late for lesson in lessons] == [True, False]


def with_other_endings(items: list[Item], cut: date, seed: int) -> list[Item]:
    """The same world up to the end of a day: what is settled after it is settled otherwise, or never."""
    random = Random(seed)
    changed = []
    for each in items:
        assert each.issued_on is not None
        settled_on: date | None = each.settled_on
        if settled_on is not None and settled_on > cut:
            first = max(cut + timedelta(days=1), each.issued_on)
            settled_on = first + timedelta(days=random.randrange(120)) if random.random() < 0.9 else None
        changed.append(msgspec.structs.replace(each, settled_on=settled_on))
    return changed


def predictions(items: list[Item], until: date) -> dict[tuple[str, str], dict[str, float]]:
    """What was predicted for invoices issued up to a day."""
    learner, found = Learner(), {}
    for day in days_of(History(items).labels()):
        for label in day.labels:
            learner.take(label)
            if isinstance(label.said, LatenessAsked) and label.said.issued_on <= until.isoformat():
                found[label.account_id, label.said.invoice_id] = learner.predicted(label)
    return found


@pytest.mark.parametrize("cut", [date(2024, 6, 1), date(2025, 3, 1)])
def test_nothing_of_the_future_reaches_a_prediction(cut: date) -> None:
    items = made_items()
    expected = predictions(items, cut)
    assert len(expected) > 50
    for seed in range(3):
        assert predictions(with_other_endings(items, cut, seed), cut) == expected


def test_knowing_how_each_account_pays_beats_the_baselines() -> None:
    learner, _ = lessons_of(made_items(accounts=40, invoices=60))
    auc = {name: measures.figures().auc or 0 for name, measures in learner.scoreboard.warm.items()}
    assert auc[CHAMPION] > auc[ACCOUNT_RATE] > auc[BASE_RATE]


def test_a_change_of_the_times_is_told_within_500_lessons_and_calibration_recovers() -> None:
    turn = date(2025, 1, 1)
    learner, lessons = lessons_of(made_items(3, accounts=60, invoices=60, worse_from=turn))
    changed_at = next(
        number for number, each in enumerate(lessons, 1) if each.known_on > (turn + timedelta(days=30)).isoformat()
    )
    told = [drift.lesson for drift in learner.drifts if drift.lesson >= changed_at]
    assert told and told[0] - changed_at < 500
    last = learner.scoreboard.recent[-1]
    assert last.calibration_error is not None and last.calibration_error < 0.1


def test_without_a_change_there_is_hardly_a_sign_of_one() -> None:
    learner, lessons = lessons_of(made_items(3, accounts=60, invoices=60))
    assert len(lessons) > 3_000
    assert len(learner.drifts) <= 3


def test_figures_are_those_of_the_definitions() -> None:
    random = Random(5)
    pairs = [(round(random.random(), 4), random.random() < 0.4) for _ in range(300)]
    measures = Measures()
    for probability, is_late in pairs:
        measures.add(probability, is_late)
    found = measures.figures()
    late, others = ([p for p, is_late in pairs if is_late is wanted] for wanted in (True, False))
    naive = sum((a > b) + (a == b) / 2 for a in late for b in others) / (len(late) * len(others))
    assert found.auc == pytest.approx(naive, abs=1e-12)
    assert found.brier == pytest.approx(sum((p - is_late) ** 2 for p, is_late in pairs) / 300)
    roc = measures.roc()
    area = sum((x2 - x1) * (y1 + y2) / 2 for (x1, y1), (x2, y2) in pairwise(roc))
    assert area == pytest.approx(naive)
    assert sum(each.count for each in measures.bins()) == 300
    assert Measures().figures().auc is None and Measures().roc() == [(0.0, 0.0)]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"country": "Disputed"}, r"'Disputed' \(country\) to be known at issue, found it under later"),
        ({"name": "PaperlessDate"}, r"'PaperlessDate' \(name\) to be known at issue, found it under later"),
        ({"country": "SettledDate"}, r"'SettledDate' \(country\) to be known at issue, found it under settlement"),
        ({"name": "Nickname"}, r"'Nickname' \(name\) to be known at issue, found it under no time at all"),
    ],
)
def test_a_column_that_is_not_known_at_issue_is_refused(columns: dict[str, str], expected: str) -> None:
    rules = load_map("ibm-late-payment")
    require_known_at_issue(rules)
    with pytest.raises(MapInvalid, match=expected):
        require_known_at_issue(msgspec.structs.replace(rules, columns={**rules.columns, **columns}))


def test_a_list_of_open_items_has_no_lessons() -> None:
    with pytest.raises(MapInvalid, match="expected a map of shape history to learn from, received open_items"):
        require_known_at_issue(load_map("open-items"))


@needs_public_set
def test_on_the_public_set_it_does_what_it_must() -> None:
    """Late: settled after the due date; every invoice predicted when issued, learned when its label is known."""
    learner, lessons = lessons_of(public_items())
    assert len(lessons) == 2_466
    warm = {name: measures.figures() for name, measures in learner.scoreboard.warm.items()}
    overall = {name: measures.figures() for name, measures in learner.scoreboard.overall.items()}
    assert (warm[CHAMPION].auc or 0) >= 0.875
    assert (warm[CHAMPION].calibration_error or 1) < 0.05
    assert (overall[CHAMPION].calibration_error or 1) < 0.05
    for figures in (warm, overall):
        assert (figures[CHAMPION].auc or 0) > (figures[ACCOUNT_RATE].auc or 0) + 0.01
        assert (figures[CHAMPION].log_loss or 9) < (figures[ACCOUNT_RATE].log_loss or 0)


@needs_public_set
@pytest.mark.parametrize("cut", [date(2012, 9, 1), date(2013, 6, 1)])
def test_on_the_public_set_nothing_of_the_future_reaches_a_prediction(cut: date) -> None:
    items = public_items()
    assert predictions(with_other_endings(items, cut, 1), cut) == predictions(items, cut)
