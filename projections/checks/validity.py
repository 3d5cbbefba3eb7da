"""Checks of what holds until a day: the limit, the review, the contract."""

from __future__ import annotations

from projections.checks.case import Case
from projections.contracts import ContractInForce, contract_of
from projections.reviews import limit_expires_on, review_due_on
from schemas.decisions import Reason


def limit_expired(case: Case) -> Reason | None:
    """Nobody has set or reviewed the limit for longer than limits are valid; a temporary one ends by its own date."""
    limit = case.limit
    if limit.until is not None or (limit.limit_minor is None and not limit.unlimited):
        return None
    expired_on = limit_expires_on(case.recording.book, case.account, case.policy)
    if expired_on is None or expired_on >= case.on_date:
        return None
    return {"code": "limit_expired", "expired_on": expired_on}


def review_overdue(case: Case) -> Reason | None:
    """The account should have been reviewed by now."""
    due_on = review_due_on(case.recording.book, case.account, case.policy)
    if due_on is None or due_on >= case.on_date:
        return None
    return {"code": "review_overdue", "due_on": due_on}


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
