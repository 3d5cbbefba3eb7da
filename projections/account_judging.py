"""What the policy does by itself to an account that got worse or better: reviews, measures, proposals."""

from __future__ import annotations

from projections.measure_effects import note_measure_dates
from projections.measures import follow_measures
from projections.proposals import follow_proposal, note_proposal_date
from projections.recording import Recording
from projections.reviews import MAY_CHANGE_REVIEW, follow_reviews, note_review_dates
from projections.telling import tell_limit, tell_status, tells
from projections.terms import note_terms_date, tell_terms
from schemas.decisions import Alert, AnyDecision
from schemas.facts import Fact


def judge_account(recording: Recording, fact: Fact | None, grade_before: str, decisions: list[AnyDecision]) -> bool:
    """Add what follows by itself, already in effect, and return whether anything does.

    Looked at when a day or policy goes over the account, and when its alerts or its grade changed; else nothing is.
    """
    count = len(decisions)
    if fact is None or type(fact) in MAY_CHANGE_REVIEW:
        follow_reviews(recording, decisions)
    is_another = fact is None or recording.account.grade != grade_before
    if is_another or tells(decisions, Alert):
        _measure(recording, decisions)
    if is_another:
        follow_proposal(recording, decisions)
        tell_limit(recording, "proposal", decisions)
    return len(decisions) > count


def _measure(recording: Recording, decisions: list[AnyDecision]) -> None:
    account = recording.account
    count, status = len(decisions), (account.status, account.held)
    follow_measures(recording, decisions)
    if len(decisions) > count:
        tell_limit(recording, "measure", decisions)
        tell_status(recording, status, "measure", decisions)
        tell_terms(recording, decisions)


def note_judging_dates(recording: Recording) -> None:
    """See to it that the account is looked at again on the days on which something may follow by itself."""
    note_measure_dates(recording)
    note_proposal_date(recording)
    note_review_dates(recording)
    note_terms_date(recording)
