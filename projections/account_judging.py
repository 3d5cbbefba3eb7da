"""What the policy does by itself to an account that got worse or better: measures, then proposals of a limit."""

from __future__ import annotations

from projections.measure_effects import note_measure_dates
from projections.measures import follow_measures
from projections.recording import Recording
from projections.telling import tell_limit, tell_status
from projections.terms import tell_terms
from schemas.decisions import Alert, AnyDecision
from schemas.facts import Fact


def judge_account(recording: Recording, fact: Fact | None, grade_before: str, decisions: list[AnyDecision]) -> bool:
    """Add what follows by itself, already in effect, and return whether anything does.

    Looked at when a day or policy goes over the account, and when its alerts or its grade changed; else nothing is.
    """
    account = recording.account
    if fact is not None and account.grade == grade_before and not any(isinstance(found, Alert) for found in decisions):
        return False
    count, status = len(decisions), (account.status, account.held)
    follow_measures(recording, decisions)
    if len(decisions) > count:
        tell_limit(recording, "measure", decisions)
        tell_status(recording, status, "measure", decisions)
        tell_terms(recording, decisions)
    return len(decisions) > count


def note_judging_dates(recording: Recording) -> None:
    """See to it that the account is looked at again on the days on which something may follow by itself."""
    note_measure_dates(recording)
