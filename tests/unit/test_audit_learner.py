"""The audit of the learner: a snapshot that its lessons do not teach is found, whoever wrote it."""

from __future__ import annotations

import msgspec
import pytest

from streams.audit_learner import check_snapshots
from streams.snapshots import Snapshot, encode_snapshot, snapshots_of
from tests.late_payers import made_items, study_of


@pytest.fixture(scope="module")
def taught() -> tuple[list[Snapshot], list[bytes]]:
    """Both models at the end of a log, and the log."""
    study, written = study_of(made_items(accounts=4, invoices=20))
    return snapshots_of(study.learner, study.log, "2025-12-31", "lessons"), written


def found(snapshots: list[Snapshot], lessons: list[bytes]) -> list[str]:
    """What the audit finds."""
    models = [(offset, encode_snapshot(snapshot)) for offset, snapshot in enumerate(snapshots)]
    return [finding.message for finding in check_snapshots(models, lessons).findings]


def test_what_the_lessons_teach_is_clean(taught: tuple[list[Snapshot], list[bytes]]) -> None:
    snapshots, written = taught
    report = check_snapshots([(0, encode_snapshot(snapshots[0])), (1, None)], [*written, *written])
    assert report.findings == [] and report.learned == 80
    assert (report.lessons, report.void, report.snapshots) == (len(written), len(written), 1)


def test_a_weight_that_was_changed_is_found(taught: tuple[list[Snapshot], list[bytes]]) -> None:
    snapshots, written = taught
    model = snapshots[0].model
    changed = msgspec.structs.replace(model, weights=(model.weights[0] + 1e-12, *model.weights[1:]))
    forged = msgspec.structs.replace(snapshots[0], model=changed)
    (message,) = found([forged, snapshots[1]], written)
    assert "is not what its lessons teach" in message


def test_a_snapshot_of_other_lessons_is_found(taught: tuple[list[Snapshot], list[bytes]]) -> None:
    snapshots, written = taught
    other = msgspec.structs.replace(snapshots[0], chain="f" * 64)
    assert "with another hash" in found([other], written)[0]
    assert "the log has" in found([snapshots[0]], written[:-1])[0]


def test_what_is_no_snapshot_is_found() -> None:
    (finding,) = check_snapshots([(3, b"{")], []).findings
    assert finding.source == "models/0/3" and "model_unreadable" in finding.message
