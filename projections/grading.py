"""The grade of an account: set by the desk, else by the policy's scorecard and the probability of late payment.

`grade_of` is the one place that knows how a grade comes about. A policy without a scorecard, as those before it were,
has a table from bureau score and days late instead.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from projections.behaviour import behaviour_of, fast_delay_centidays, settled_lately, slow_delay_centidays
from projections.behaviour_rows import Behaviour
from projections.bureau import BureauScore, bureau_score
from projections.context import Context, days_after
from projections.dossier import dossier_of, own_dossier
from projections.dossier_rows import Dossier
from projections.grading_dates import note_next_grading
from projections.recording import Recording
from projections.rows import Account
from projections.score_values import Subject
from projections.scorecard import Total, total_of
from projections.scoring import follow_score
from schemas.decisions import AnyDecision, GradeChanged, Reason
from schemas.facts import Fact
from schemas.facts.desk import GradeSet
from schemas.policy import Policy
from schemas.policy_credit import GradeRow, Grading


class Graded(NamedTuple):
    """A grade, empty for none, and what it follows from with the numbers compared."""

    grade: str
    because: list[Reason]


class Known(NamedTuple):
    """What the table asks about; None is not known, or not enough to count."""

    score: BureauScore | None
    delay_centidays: int | None
    settled: int


def grade_of(
    account: Account,
    dossier: Dossier | None,
    behaviour: Behaviour | None,
    context: Context,
    today: str,
    *,
    lateness_bp: int | None = None,
    improves_at_once: bool = False,
    explained: bool = True,
) -> Graded:
    """Return the grade that an account should have today.

    What a person set holds while it is valid. Else the band that the score is in; a probability of late payment, in
    basis points, leaves no better grade than the policy says, and without one the scorecard alone decides. With a
    policy that has no scorecard, the first row of the table that the account meets; what is not known is not asked.
    Where nothing is known there is no grade. An open adverse event leaves no better one than the policy says. A better
    grade than the present one waits until the last change is old enough, unless `improves_at_once`. Reasons of the
    score or the table are left out where they need not be `explained`.
    """
    subject = Subject(account, dossier, behaviour, context, today)
    probability = account.lateness_bp if lateness_bp is None else lateness_bp
    return _grade_of(subject, total_of(subject), probability, improves_at_once, explained)


def _grade_of(
    subject: Subject, total: Total | None, lateness_bp: int | None, improves_at_once: bool, explained: bool
) -> Graded:
    account, dossier, context, today = subject.account, subject.dossier, subject.context, subject.on_date
    by_desk = _by_desk(dossier, today)
    if by_desk is not None:
        return by_desk
    grading = context.policy.grading
    if not grading.table:
        return Graded("", [])
    if context.policy.scorecard.factors:
        graded = _by_score(context.policy, total, lateness_bp)
    else:
        graded = _by_table(grading, _known(dossier, subject.behaviour, context, today), explained)
    graded = _after_adverse_events(grading, dossier, graded)
    if improves_at_once or dossier is None:
        return graded
    return _held_back(grading, account.grade, dossier.grade_changed_on, today, graded)


def _by_score(policy: Policy, total: Total | None, lateness_bp: int | None) -> Graded:
    if total is None:
        return Graded("", [])
    reason: Reason = {"code": "scorecard", "points": total.points, "at_least_points": total.points_at_least}
    if total.better_from is not None:
        reason["better_at_least_points"] = total.better_from
    if not policy.scorecard.lateness:
        return Graded(total.grade, [reason])
    if lateness_bp is None:
        return Graded(total.grade, [reason, {"code": "score_without_model"}])
    return _after_lateness(policy, Graded(total.grade, [reason]), lateness_bp)


def _after_lateness(policy: Policy, graded: Graded, lateness_bp: int) -> Graded:
    band = next((one for one in reversed(policy.scorecard.lateness) if lateness_bp >= one.from_bp), None)
    if band is None:
        return Graded(graded.grade, [*graded.because, {"code": "lateness_probability", "probability_bp": lateness_bp}])
    reason: Reason = {
        "code": "lateness_probability",
        "probability_bp": lateness_bp,
        "from_bp": band.from_bp,
        "best_grade": band.best_grade,
    }
    if rank_of(policy.grading, graded.grade) >= rank_of(policy.grading, band.best_grade):
        return Graded(graded.grade, [*graded.because, reason])
    return Graded(band.best_grade, [reason, *graded.because])


def _by_desk(dossier: Dossier | None, today: str) -> Graded | None:
    found = None if dossier is None else dossier.grade_set
    if found is None or (found.valid_until is not None and found.valid_until < today):
        return None
    reason: Reason = {"code": "grade_set_by_desk", "actor": found.actor}
    if found.valid_until is not None:
        reason["valid_until"] = found.valid_until
    return Graded(found.grade, [reason])


def _known(dossier: Dossier | None, behaviour: Behaviour | None, context: Context, today: str) -> Known:
    score = bureau_score(dossier, context.policy.bureau, today) if dossier is not None and dossier.reports else None
    settled = 0 if behaviour is None else settled_lately(behaviour)
    if behaviour is None or settled < context.policy.grading.delay_needs_invoices:
        return Known(score, None, settled)
    lately, in_the_long_run = fast_delay_centidays(behaviour), slow_delay_centidays(behaviour)
    assert lately is not None and in_the_long_run is not None, f"{settled} items are settled and nothing was paid"
    # Bad news counts as soon as it is seen, good news once it lasts.
    return Known(score, max(lately, in_the_long_run), settled)


def _by_table(grading: Grading, known: Known, explained: bool) -> Graded:
    if known.score is None and known.delay_centidays is None:
        return Graded("", [])
    above: GradeRow | None = None
    for row in grading.table:
        if _meets(row, known):
            return Graded(row.grade, _reasons(row, above, known) if explained else [])
        above = row
    return Graded("", [])


def _meets(row: GradeRow, known: Known) -> bool:
    return _meets_score(row, known) and _meets_delay(row, known)


def _meets_score(row: GradeRow, known: Known) -> bool:
    return row.bureau_at_least is None or known.score is None or known.score.points >= row.bureau_at_least


def _meets_delay(row: GradeRow, known: Known) -> bool:
    asked, delay = row.delay_at_most_days, known.delay_centidays
    return asked is None or delay is None or delay <= asked * 100


def _reasons(row: GradeRow, above: GradeRow | None, known: Known) -> list[Reason]:
    """Return what is known with what the row asks, what kept the account from the row above first."""
    reasons: list[tuple[bool, Reason]] = []
    if known.score is not None:
        reason: Reason = {"code": "bureau_score", "points": known.score.points, "age_days": known.score.age_days}
        if known.score.provider:
            reason["provider"] = known.score.provider
        kept = above is not None and not _meets_score(above, known)
        _compare(reason, "at_least_points", row.bureau_at_least, above.bureau_at_least if above and kept else None)
        reasons.append((kept, reason))
    if known.delay_centidays is not None:
        days = -(-known.delay_centidays // 100)
        reason = {"code": "payment_delay", "delay_days": days, "settled_count": known.settled}
        kept = above is not None and not _meets_delay(above, known)
        _compare(reason, "at_most_days", row.delay_at_most_days, above.delay_at_most_days if above and kept else None)
        reasons.append((kept, reason))
    return [reason for _, reason in sorted(reasons, key=lambda one: not one[0])]


def _compare(reason: Reason, name: str, asked: int | None, better: int | None) -> None:
    if asked is not None:
        reason[name] = asked
    if better is not None:
        reason[f"better_{name}"] = better


def _after_adverse_events(grading: Grading, dossier: Dossier | None, graded: Graded) -> Graded:
    worst = grading.adverse_event_grade
    event = None if dossier is None else next((one for one in dossier.adverse_events if one.is_open()), None)
    if worst is None or event is None:
        return graded
    reason: Reason = {"code": "adverse_event", "event": event.event, "reported_on": event.reported_on}
    if graded.grade and rank_of(grading, graded.grade) >= rank_of(grading, worst):
        return Graded(graded.grade, [*graded.because, reason])
    return Graded(worst, [reason, *graded.because])


def _held_back(grading: Grading, present: str, changed_on: str, today: str, graded: Graded) -> Graded:
    if not present or not graded.grade or not changed_on:
        return graded
    ranks = _ranks(grading.table)
    if present not in ranks or rank_of(grading, graded.grade) >= ranks[present]:
        return graded
    improves_on = days_after(changed_on, grading.improve_after_days)
    if today >= improves_on:
        return graded
    return Graded(present, [{"code": "grade_improves_later", "grade": graded.grade, "from": improves_on}])


def rank_of(grading: Grading, grade: str) -> int:
    """Return the place of a grade in the table, 0 the best; one that is not in it is after all others."""
    return _ranks(grading.table).get(grade, len(grading.table))


@lru_cache(maxsize=64)
def _ranks(table: tuple[GradeRow, ...]) -> dict[str, int]:
    ranks: dict[str, int] = {}
    for rank, row in enumerate(table):
        ranks.setdefault(row.grade, rank)
    return ranks


def follow_grade(recording: Recording, fact: Fact | None, decisions: list[AnyDecision]) -> None:
    """Add that the account has another score or grade, if it has, already in effect.

    Asked only where something it follows from has changed: by this fact, or without one by a day or a policy.
    """
    account, context, today = recording.account, recording.context, recording.today()
    dossier = dossier_of(recording.book, account.account_id)
    behaviour = behaviour_of(recording.book, account.account_id)
    at_once = isinstance(fact, GradeSet)
    subject = Subject(account, dossier, behaviour, context, today)
    total = total_of(subject)
    follow_score(recording, subject, total, decisions)
    graded = _grade_of(subject, total, account.lateness_bp, at_once, False)
    if graded.grade != account.grade:
        graded = _grade_of(subject, total, account.lateness_bp, at_once, True)
        changed = GradeChanged(grade=graded.grade, before=account.grade, because=graded.because)
        decisions.append(changed)
        apply_grade(recording, changed)


def apply_grade(recording: Recording, changed: GradeChanged) -> None:
    """Give the account a grade and look at it again once a better one may be given."""
    dossier = own_dossier(recording)
    recording.account.grade = changed.grade
    dossier.grade_changed_on = recording.today()
    note_next_grading(recording)
