"""`obligor model`: what may be adopted, and by whom."""

from __future__ import annotations

import msgspec
import pytest
from typer.testing import CliRunner

from api.cli import app
from projections.lateness_model import LatenessModel
from schemas.codec import FACT_TYPES
from streams.models import adoption
from streams.snapshots import Snapshot, snapshots_of
from tests.late_payers import made_items, study_of


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    study, _ = study_of(made_items(accounts=4, invoices=20))
    return snapshots_of(study.learner, study.log, "2025-12-31", "lessons")[0]


def test_an_adoption_carries_the_model_whole_and_both_names(snapshot: Snapshot) -> None:
    said = adoption(snapshot, actor="j.doe", approved_by="m.keller", reason="minutes of 3 March", now_ms=7)
    fact = msgspec.json.decode(said.value or b"", type=FACT_TYPES["model_adopted"])
    assert (fact.actor, fact.approved_by) == ("j.doe", "m.keller")
    assert msgspec.convert(fact.model, LatenessModel) == snapshot.model


def test_nobody_adopts_a_model_alone() -> None:
    arguments = ["model", "adopt", "champion-100", "--actor", "j.doe", "--approved-by", "J.Doe ", "--reason", "alone"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    assert "expected a second person" in result.stderr
