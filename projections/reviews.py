"""When an account is due for review, and until when its limit holds without one."""

from __future__ import annotations

from projections.alerts import is_over, occur
from projections.book import Book
from projections.context import day_before, days_after
from projections.dossier import dossier_of
from projections.limit_files import limit_file_of, note_change_after
from projections.limits import limit_row
from projections.recording import Recording
from projections.rows import Account
from schemas.decisions import AnyDecision
from schemas.facts.desk import AccountReviewed, LimitSet
from schemas.policy import Policy

_CAUSE = "review_due"
MAY_CHANGE_REVIEW = frozenset({AccountReviewed, LimitSet})
"""Facts that may change when a review is due; the calendar and the policy do too."""


def limit_expires_on(book: Book, account: Account, policy: Policy) -> str | None:
    """Return the last day that the lasting limit holds without a review, an ISO date; None if it always does."""
    if policy.limits.valid_days is None:
        return None
    looked_on = max(_set_on(book, account), _reviewed_on(book, account))
    return days_after(looked_on, policy.limits.valid_days) if looked_on else None


def review_due_on(book: Book, account: Account, policy: Policy) -> str | None:
    """Return the day on which the account is to be reviewed, an ISO date; None if it never is.

    The day a person named at the last review, else as often as its grade asks, counted from the last review or, before
    any, from the day the limit was set.
    """
    dossier = dossier_of(book, account.account_id)
    if dossier is not None and dossier.next_review_on is not None:
        return dossier.next_review_on
    row = limit_row(policy.limits, account.grade)
    if row is None:
        return None
    looked_on = _reviewed_on(book, account) or _set_on(book, account)
    return days_after(looked_on, row.review_days) if looked_on else None


def _set_on(book: Book, account: Account) -> str:
    file = limit_file_of(book, account.account_id)
    return "" if file is None else file.set_on


def _reviewed_on(book: Book, account: Account) -> str:
    dossier = dossier_of(book, account.account_id)
    return "" if dossier is None else dossier.reviewed_on


def follow_reviews(recording: Recording, decisions: list[AnyDecision]) -> None:
    """Add the alert that a review is due, or that none is any more, already in effect."""
    account, context = recording.account, recording.context
    due_on = review_due_on(recording.book, account, context.policy)
    is_due = due_on is not None and recording.today() >= due_on
    for key in [key for key in account.alerts if key.startswith(f"{_CAUSE}/")]:
        subject = key.partition("/")[2]
        if not is_due or subject != due_on:
            decisions.extend(is_over(recording, _CAUSE, subject))
    if is_due:
        decisions.extend(occur(recording, _CAUSE, str(due_on), context.policy.warnings.review_due))


def note_review_dates(recording: Recording) -> None:
    """Let the account be looked at on the day its review is due, and on the one after its limit expired."""
    policy = recording.context.policy
    for on in (
        review_due_on(recording.book, recording.account, policy),
        limit_expires_on(recording.book, recording.account, policy),
    ):
        if on is not None:
            note_change_after(recording, day_before(on, 2))
