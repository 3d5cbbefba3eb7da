"""The owner of the model in the market that is played: adopts the first one that has learned enough."""

from __future__ import annotations

import msgspec

from projections.lateness_model import ModelRefused
from streams.market.model_owner import LEARNED_ENOUGH, first_worth_adopting
from streams.models import Published
from streams.scoreboard import CHALLENGER, CHAMPION
from streams.snapshots import Snapshot, snapshots_of
from tests.late_payers import made_items, study_of


def _published(name: str, learned: int) -> Published:
    study, _ = study_of(made_items(accounts=2, invoices=8))
    made = snapshots_of(study.learner, study.log, "2025-12-31", "lessons")
    found: Snapshot = next(one for one in made if one.model.name == name)
    model = msgspec.structs.replace(found.model, learned=learned)
    return Published(f"{name}-{learned}", msgspec.structs.replace(found, model=model, model_id=f"{name}-{learned}"))


def test_the_newest_champion_is_adopted_once_it_has_learned_enough() -> None:
    early, late, later = (_published(CHAMPION, LEARNED_ENOUGH + more) for more in (-1, 0, 100))
    assert first_worth_adopting([early]) is None
    assert first_worth_adopting([early, late, later]) == later.found


def test_a_challenger_or_a_refused_snapshot_is_not() -> None:
    refused = Published("champion-900", ModelRefused("model_unreadable", "expected a snapshot"))
    assert first_worth_adopting([_published(CHALLENGER, 900), refused]) is None
