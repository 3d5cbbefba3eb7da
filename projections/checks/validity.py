"""Checks of what holds until a day: the limit, the review, the contract."""

from __future__ import annotations

from datetime import date, timedelta

from projections.checks.case import Case
from projections.contracts import ContractInForce, contract_of
from projections.limit_files import limit_file_of
from schemas.decisions import Reason


def limit_expired(case: Case) -> Reason | None:
    """Nobody has set or reviewed the limit for longer than limits are valid; a temporary one ends by its own date."""
    valid_days = case.policy.limits.valid_days
    if valid_days is None or case.limit.until is not None:
        return None
    file = limit_file_of(case.recording.book, case.account.account_id)
    if file is None or not file.set_on:
        return None
    reviewed_on = "" if case.dossier is None else case.dossier.reviewed_on
    expired_on = _after(max(file.set_on, reviewed_on), valid_days)
    return {"code": "limit_expired", "expired_on": expired_on} if expired_on < case.on_date else None


def review_overdue(case: Case) -> Reason | None:
    """The review is overdue: by the date that was set, else so many days after the last as the grade asks for."""
    dossier = case.dossier
    if dossier is None or not (dossier.next_review_on or dossier.reviewed_on):
        return None
    due_on = dossier.next_review_on or _review_due_on(case, dossier.reviewed_on)
    if due_on is None or due_on >= case.on_date:
        return None
    return {"code": "review_overdue", "due_on": due_on}


def _review_due_on(case: Case, reviewed_on: str) -> str | None:
    row = next((row for row in case.policy.limits.grades if row.grade == case.account.grade), None)
    return None if row is None else _after(reviewed_on, row.review_days)


def _after(on: str, days: int) -> str:
    return (min(date.fromisoformat(on), _LATEST - timedelta(days)) + timedelta(days)).isoformat()


_LATEST = date.max


def contract_missing(case: Case) -> Reason | None:
    """There is no contract with the account, or it begins later."""
    found = _contract(case)
    is_there = found is not None and (found.is_in_force or found.valid_until < case.on_date)
    return None if is_there else {"code": "contract_missing"}


def contract_expired(case: Case) -> Reason | None:
    """The last contract has ended."""
    found = _contract(case)
    if found is None or found.is_in_force or found.valid_until >= case.on_date:
        return None
    return {"code": "contract_expired", "expired_on": found.valid_until}


def _contract(case: Case) -> ContractInForce | None:
    return contract_of(case.recording.book, case.account.account_id, case.order.seller_id, case.on_date)
