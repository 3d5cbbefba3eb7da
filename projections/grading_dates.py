"""When score and grade of an account may change by themselves: with the calendar alone, without any fact."""

from __future__ import annotations

from projections.behaviour import behaviour_of
from projections.behaviour_rows import Behaviour
from projections.context import Context, day_before, days_after
from projections.dossier import dossier_of
from projections.dossier_rows import Dossier
from projections.recording import Recording
from projections.score_values import next_anniversary, since_on
from projections.scorecard import ageing


def note_next_grading(recording: Recording) -> None:
    """Let the account be looked at on the next day on which its score or grade may change by itself."""
    dossier = dossier_of(recording.book, recording.account.account_id)
    if dossier is None:
        return
    policy, today = recording.context.policy, recording.today()
    dates = []
    if dossier.grade_set is not None and dossier.grade_set.valid_until is not None:
        dates.append(days_after(dossier.grade_set.valid_until, 1))
    if policy.grading.table:
        if dossier.grade_changed_on:
            dates.append(days_after(dossier.grade_changed_on, policy.grading.improve_after_days))
        ignored = policy.bureau.ignored_after_days + 1
        dates += [days_after(report.reported_on, ignored) for report in dossier.reports.values()]
    if policy.scorecard.factors:
        behaviour = behaviour_of(recording.book, recording.account.account_id)
        dates += _score_dates(dossier, behaviour, recording.context, today)
    coming = min((on for on in dates if on > today), default=None)
    if coming is not None:
        recording.note_future_date(day_before(coming, 2))


def _score_dates(dossier: Dossier, behaviour: Behaviour | None, context: Context, today: str) -> list[str]:
    dates = [
        days_after(on, valid_days + 1)
        for source, valid_days in ageing(context)
        for on in _dated_on(source, dossier, behaviour)
    ]
    since = since_on(dossier)
    return dates if since is None else [*dates, next_anniversary(since, today)]


def _dated_on(source: str, dossier: Dossier, behaviour: Behaviour | None) -> list[str]:
    """Return the dates from which what a source says grows old."""
    if source == "settled":
        return [behaviour.last_settled_on] if behaviour is not None and behaviour.last_settled_on else []
    if source == "reports":
        return [report.reported_on for report in dossier.reports.values()]
    if source == "references":
        return [one.reported_on for one in dossier.references]
    if source == "assessments":
        return [one.recorded_on for one in dossier.assessments]
    return [dossier.statements[-1].period_end_on] if source == "statements" and dossier.statements else []
