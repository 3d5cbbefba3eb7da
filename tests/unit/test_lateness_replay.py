"""What the core says to a learner is what plain bookkeeping says; and a market whose times change is learned anew."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import msgspec
import pytest

from schemas.decisions_lateness import LatenessAsked
from streams.commands.learn_sources import from_market
from streams.importer import Import
from streams.lateness_replay import CoreInMemory, learned, said_by
from streams.lesson_order import Label
from streams.models import adoption
from streams.receivables import Item
from streams.receivables_map import ReceivablesMap, load_map
from streams.scoreboard import ACCOUNT_RATE, BASE_RATE, CHAMPION, IN_FORCE, SCORECARD
from streams.simulator import DEFAULT_START
from streams.snapshots import snapshots_of
from tests.late_payers import item, made_items, needs_public_set, public_items
from tests.plain_lateness import History


def plain(label: Label) -> str:
    """A label without what only a core knows: who sent the invoice, and the grade of the account."""
    said = msgspec.structs.replace(label.said, ce_source="")
    if isinstance(said, LatenessAsked):
        said = msgspec.structs.replace(said, grade="")
    return f"{label.account_id} {said}"


def by_core(items: list[Item], rules: ReceivablesMap, grace_days: int = 0) -> Counter[str]:
    """What a core in memory says of an import."""
    messages = Import(items, rules).messages()
    return Counter(plain(label) for _, label in said_by(CoreInMemory(grace_days), messages) if isinstance(label, Label))


def by_hand(items: list[Item], grace_days: int = 0) -> Counter[str]:
    """What plain bookkeeping says."""
    return Counter(plain(label) for label in History(items, grace_days).labels())


@pytest.mark.parametrize("grace_days", [0, 5])
def test_of_a_table_the_core_says_what_plain_bookkeeping_says(grace_days: int) -> None:
    start = date(2024, 2, 1)
    odd = [
        item("A1", "never", start, start + timedelta(days=30), None),
        item("A2", "at once", start, start, start),
    ]
    items = [*made_items(accounts=5, invoices=12), *odd]
    assert by_core(items, load_map("ibm-late-payment"), grace_days) == by_hand(items, grace_days)


@needs_public_set
def test_of_the_public_set_the_core_says_what_plain_bookkeeping_says() -> None:
    items = public_items()
    assert by_core(items, load_map("ibm-late-payment")) == by_hand(items)


def test_a_model_that_two_people_adopt_predicts_in_the_core_and_is_measured_as_the_one_in_force() -> None:
    messages = list(Import(made_items(accounts=6, invoices=25), load_map("ibm-late-payment")).messages())
    half = len(messages) // 2
    core = CoreInMemory()
    before = list(said_by(core, messages[:half]))
    study = learned(before, all_over=False)
    snapshot = snapshots_of(study.learner, study.log, study.on, "lessons")[0]
    adopted = adoption(snapshot, actor="a", approved_by="b", reason="first", now_ms=messages[half].timestamp_ms)
    core.tell(adopted)
    after = list(said_by(core, messages[half:]))
    asked = [label.said for _, label in after if isinstance(label, Label) and isinstance(label.said, LatenessAsked)]
    assert {question.model_id for question in asked} == {snapshot.model_id}
    board = learned([*before, *after]).learner.scoreboard
    assert board.overall[IN_FORCE].figures().count == sum(question.probability is not None for question in asked) > 50
    assert board.incumbent() == IN_FORCE
    incumbent, candidate = board.compared(CHAMPION)
    assert incumbent.labels == candidate.labels > 50


def test_when_the_times_change_drift_is_told_within_500_labels_and_calibration_recovers() -> None:
    """Half-way everybody begins to pay ten days later; what the scorecard alone would say is in the same table."""
    learner = from_market(300, 50, seed=7, worse_after=130, late_after=5, quiet=True)
    board = learner.scoreboard
    turned_on = (DEFAULT_START + timedelta(days=130)).isoformat()
    before = sum(point.known_on < turned_on for point in board.recent) * 100
    told = [drift.lesson for drift in learner.drifts if drift.of == "loss" and drift.lesson > before]
    assert told and told[0] - before < 500
    worst = max(point.calibration_error or 0 for point in board.recent if point.known_on > turned_on)
    assert worst > 0.2
    assert (board.recent[-1].calibration_error or 1) < 0.1
    loss = {name: measures.figures().log_loss or 9 for name, measures in board.warm.items()}
    assert loss.keys() >= {CHAMPION, SCORECARD, ACCOUNT_RATE, BASE_RATE}
    assert loss[CHAMPION] < min(loss[SCORECARD], loss[ACCOUNT_RATE])
    assert {"released", "overridden", "exploratory"} <= board.by_outcome.keys()
