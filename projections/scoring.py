"""Following the score: told in the ledger when it moved enough, with what moved it, and kept in the dossier."""

from __future__ import annotations

from projections.dossier import dossier_of, own_dossier
from projections.dossier_rows import ScoreRow
from projections.grading_dates import note_next_grading
from projections.recording import Recording
from projections.scorecard import Scored, reasons_of
from schemas.decisions import AccountScored, AnyDecision, ScoreMoved
from schemas.policy import Policy


def follow_score(recording: Recording, scored: Scored | None, decisions: list[AnyDecision]) -> None:
    """Add that the account has another score, if it moved enough, already in effect."""
    dossier = dossier_of(recording.book, recording.account.account_id)
    kept = None if dossier is None else dossier.score
    if not _is_worth_telling(scored, kept, recording.context.policy):
        return
    told = AccountScored(
        points=None if scored is None else scored.points,
        grade="" if scored is None else scored.grade,
        before=None if kept is None else kept.points,
        grade_before="" if kept is None else kept.grade,
        reasons=[] if scored is None else reasons_of(scored),
        moved=[] if scored is None else _moved(scored, {} if kept is None else kept.factors),
    )
    decisions.append(told)
    apply_score(recording, told)


def _is_worth_telling(scored: Scored | None, kept: ScoreRow | None, policy: Policy) -> bool:
    if scored is None or kept is None:
        return not (scored is None and kept is None)
    if abs(scored.points - kept.points) >= policy.scorecard.tell_from_points or scored.grade != kept.grade:
        return True
    return len(scored.factors) != len(kept.factors) or any(one.factor not in kept.factors for one in scored.factors)


def _moved(scored: Scored, before: dict[str, int]) -> list[ScoreMoved]:
    """Return the factors whose points moved, the largest first, of equal ones in the order of the policy."""
    moved = [
        ScoreMoved(factor=one.factor, before=before.get(one.factor), points=one.points, value=one.value)
        for one in scored.factors
        if before.get(one.factor) != one.points
    ]
    now = {one.factor for one in scored.factors}
    moved += [ScoreMoved(factor=name, before=points, points=None) for name, points in before.items() if name not in now]
    return sorted(moved, key=lambda one: -abs((one.points or 0) - (one.before or 0)))


def apply_score(recording: Recording, told: AccountScored) -> None:
    """Keep the score in the dossier; what moved tells its factors' points."""
    dossier = own_dossier(recording)
    kept, dossier.score = dossier.score, None
    if told.points is not None:
        dossier.score = _row(told, told.points, {} if kept is None else dict(kept.factors), recording.today())
    note_next_grading(recording)


def _row(told: AccountScored, points: int, factors: dict[str, int], today: str) -> ScoreRow:
    for one in told.moved:
        if one.points is None:
            factors.pop(one.factor, None)
        else:
            factors[one.factor] = one.points
    moved = [(one.factor, one.before, one.points) for one in told.moved]
    return ScoreRow(points, told.grade, today, told.before, factors, moved)
