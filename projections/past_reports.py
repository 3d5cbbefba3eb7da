"""What bureaus said before, so that a fall over months is seen although each report is only a little worse."""

from __future__ import annotations

from typing import cast

from projections.bureau import points_on_scale
from projections.context import day_before
from projections.recording import Recording
from projections.warning_rows import PastReport, PastReports
from schemas.facts.bureau import BureauReported

KIND = "past_reports"
KEPT = 60


def note_report(recording: Recording, fact: BureauReported) -> None:
    """Keep a report beside those before it; of too many the oldest by their own date go."""
    past = _past_of(recording) or PastReports()
    on = fact.reported_on.isoformat()
    report = PastReport(fact.provider, fact.party_id or "", fact.score, fact.scale_min, fact.scale_max, on)
    past.reports = sorted([*past.reports, report], key=lambda one: one.reported_on)[-KEPT:]
    recording.keep(KIND, past)


def _past_of(recording: Recording) -> PastReports | None:
    return cast("PastReports | None", recording.book.sheet(KIND, recording.account.account_id))


def points_lost(recording: Recording) -> int | None:
    """Return by how many points a bureau's newest score is below its best within the policy's days, the worst of all.

    Each bureau is compared with itself, for each party by itself. None if there is no report.
    """
    past = _past_of(recording)
    if past is None:
        return None
    policy = recording.context.policy
    since = day_before(recording.today(), policy.warnings.score_fall_days)
    best: dict[tuple[str, str], int] = {}
    newest: dict[tuple[str, str], int] = {}
    for one in past.reports:
        points = points_on_scale(one.provider, one.score, one.scale_min, one.scale_max, policy.bureau)
        if points is not None and one.reported_on >= since:
            key = (one.provider, one.party_id)
            best[key] = max(points, best.get(key, points))
            newest[key] = points
    return max((best[key] - points for key, points in newest.items()), default=0)
