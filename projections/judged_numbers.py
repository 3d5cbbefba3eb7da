"""Numbers that warnings watch of how an account pays, orders, keeps its word, and what others say of it."""

from __future__ import annotations

from datetime import date

from projections.behaviour import behaviour_of, fast_delay_centidays, settled_lately, slow_delay_centidays
from projections.behaviour_rows import Behaviour
from projections.bureau import POINTS_MAX, bureau_score
from projections.cover_rows import FOREVER
from projections.dossier import dossier_of
from projections.order_pattern import week_against_usual_bp
from projections.past_reports import points_lost
from projections.promises import broken_promises
from projections.recording import Recording
from projections.standing import Standing


def payment_delay(recording: Recording, _: Standing) -> int | None:
    """Return how many days late the account paid lately, on average; None until enough is settled to tell."""
    behaviour = _judged_behaviour(recording)
    delay = None if behaviour is None else fast_delay_centidays(behaviour)
    return None if delay is None else delay // 100


def payment_drift(recording: Recording, _: Standing) -> int | None:
    """Return by how many days the account pays later than it used to; None until enough is settled to tell."""
    behaviour = _judged_behaviour(recording)
    if behaviour is None:
        return None
    fast, slow = fast_delay_centidays(behaviour), slow_delay_centidays(behaviour)
    return None if fast is None or slow is None else (fast - slow) // 100


def _judged_behaviour(recording: Recording) -> Behaviour | None:
    behaviour = behaviour_of(recording.book, recording.account.account_id)
    needed = recording.context.policy.grading.delay_needs_invoices
    return None if behaviour is None or settled_lately(behaviour) < needed else behaviour


def score_weakness(recording: Recording, _: Standing) -> int | None:
    """Return by how many points the score is below the best there is; None without a report that counts."""
    dossier = dossier_of(recording.book, recording.account.account_id)
    if dossier is None or not dossier.reports:
        return None
    score = bureau_score(dossier, recording.context.policy.bureau, recording.today())
    return None if score is None else POINTS_MAX - score.points


def score_fall(recording: Recording, _: Standing) -> int | None:
    """Return how many points a bureau's score has lost within the policy's days."""
    return points_lost(recording)


def order_volume(recording: Recording, _: Standing) -> int | None:
    """Return the orders of the last 7 days over the account's usual week in basis points."""
    return week_against_usual_bp(recording)


def promises_broken(recording: Recording, _: Standing) -> int | None:
    """Return how many promises to pay the account broke within a year."""
    return broken_promises(recording.book, recording.account.account_id, recording.today())


def cover_expiring(recording: Recording, now: Standing) -> int | None:
    """Return how many days of the notice are gone before the first cover ends that bears exposure now.

    With a notice of 60 days it is 0 until 60 days before the end, and 60 on the last day.
    """
    if not now.cover_minor:
        return None
    ends = min((found.valid_until for found in recording.account.covers if found.in_force), default=FOREVER)
    if ends == FOREVER:
        return None
    days_left = date.fromisoformat(ends).toordinal() - date.fromisoformat(recording.today()).toordinal()
    return max(0, recording.context.policy.warnings.cover_notice_days - days_left)
