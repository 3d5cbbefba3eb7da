"""Changes told: the limit and status in force, once each time that they are others, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from projections.approval_steps import granted_limit
from projections.limit_files import FOREVER
from projections.recording import Recording
from projections.rows import Account
from projections.standing import Limit, lasting_limit, limit_in_force
from schemas.decisions import AnyDecision, LimitChanged, Status, StatusChanged
from schemas.facts import Fact
from schemas.facts.desk import LimitSet


def tells(decisions: Iterable[AnyDecision], kind: type[Any] | tuple[type[Any], ...]) -> bool:
    """Return whether a decision of a kind, or of one of some kinds, is among those told."""
    # Asked several times of every fact, so this is a plain loop: a generator costs more than the loop itself.
    found = False
    for decision in decisions:
        found = found or isinstance(decision, kind)
    return found


def tell_limit(recording: Recording, cause: str, decisions: list[AnyDecision], approval_id: str | None = None) -> None:
    """Add that another limit is in force, if one is, already told.

    `cause` is one of desk, temporary, lapsed, proposal, measure, approval.
    """
    account = recording.account
    if not account.temporary and account.limit_told == (account.limit_minor, account.unlimited):
        return
    limit = limit_in_force(account, recording.today()) if account.temporary else lasting_limit(account)
    if limit[:2] == account.limit_told:
        return
    changed = LimitChanged(
        limit_minor=limit.limit_minor,
        currency=account.currency,
        unlimited=limit.unlimited,
        temporary_until=None if limit.until == FOREVER else limit.until,
        cause=cause or _cause_of_day(limit),
        approval_id=approval_id,
    )
    decisions.append(changed)
    apply_limit(account, changed)


def _cause_of_day(limit: Limit) -> str:
    if limit.until == FOREVER:
        return "desk"
    return "lapsed" if limit.until is None else "temporary"


def tell_changes(
    recording: Recording, fact: Fact | None, status_before: tuple[Status, bool], decisions: list[AnyDecision]
) -> None:
    """Add what a fact, or without one a day, changed of status and limit."""
    tell_status(recording, status_before, "desk", decisions)
    granted = granted_limit(decisions) if decisions else None
    if granted is not None:
        tell_limit(recording, "approval", decisions, granted)
    elif not isinstance(fact, LimitSet):
        tell_limit(recording, "", decisions)
    elif fact.approval_id is not None:
        tell_limit(recording, "approval", decisions, fact.approval_id)
    else:
        tell_limit(recording, "desk" if fact.valid_until is None else "temporary", decisions)


def tell_status(recording: Recording, before: tuple[Status, bool], cause: str, decisions: list[AnyDecision]) -> None:
    """Add that the account has another status, or is held or no longer, if that is so."""
    account = recording.account
    if (account.status, account.held) != before:
        decisions.append(StatusChanged(status=account.status, held=account.held, cause=cause))


def apply_limit(account: Account, changed: LimitChanged) -> None:
    """Remember which limit was told last."""
    account.limit_told = (changed.limit_minor, changed.unlimited)
