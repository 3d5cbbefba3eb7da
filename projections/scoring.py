"""Following the score: told in the ledger when it moved enough, with what moved it, and kept in the dossier."""

from __future__ import annotations

from projections.context import Context
from projections.dossier import own_dossier
from projections.dossier_rows import ScoreRow
from projections.grading_dates import note_next_grading
from projections.recording import Recording
from projections.score_values import Subject
from projections.scorecard import Scored, Total, factor_names, reasons_of, score_of
from schemas.decisions import AccountScored, AnyDecision, ScoreMoved


def follow_score(recording: Recording, subject: Subject, total: Total | None, decisions: list[AnyDecision]) -> None:
    """Add that the account has another score, if it moved enough, already in effect."""
    kept = None if subject.dossier is None else subject.dossier.score
    if not _is_worth_telling(total, kept, recording.context):
        return
    scored = score_of(subject)
    told = AccountScored(
        points=None if scored is None else scored.total.points,
        grade="" if scored is None else scored.total.grade,
        before=None if kept is None else kept.points,
        grade_before="" if kept is None else kept.grade,
        reasons=[] if scored is None else reasons_of(scored),
        moved=[] if scored is None else moved(scored, {} if kept is None else kept.factors),
    )
    decisions.append(told)
    apply_score(recording, told)


def _is_worth_telling(total: Total | None, kept: ScoreRow | None, context: Context) -> bool:
    if total is None or kept is None:
        return not (total is None and kept is None)
    if abs(total.points - kept.points) >= context.policy.scorecard.tell_from_points or total.grade != kept.grade:
        return True
    return kept.factors.keys() != factor_names(context)


def moved(scored: Scored, before: dict[str, int]) -> list[ScoreMoved]:
    """Return the factors whose points moved, the largest first, of equal ones in the order of the policy."""
    found = [
        ScoreMoved(factor=one.factor, before=before.get(one.factor), points=one.points, value=one.value)
        for one in scored.factors
        if before.get(one.factor) != one.points
    ]
    now = {one.factor for one in scored.factors}
    found += [ScoreMoved(factor=name, before=points, points=None) for name, points in before.items() if name not in now]
    return sorted(found, key=lambda one: -abs((one.points or 0) - (one.before or 0)))


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
