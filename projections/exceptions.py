"""Exceptions in force: which checks an order is spared because its approvers agreed to exactly that."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from projections.approval_rows import ApprovalFile, Sparing
from projections.context import day_before
from projections.limit_files import note_change_after
from projections.recording import Recording
from projections.rows import Order
from projections.standing import value

KIND = "approval_file"
_NOTHING: frozenset[str] = frozenset()


def spared(recording: Recording, order: Order) -> frozenset[str]:
    """Return the codes of the checks that an order is spared today by exceptions in force; mostly none.

    An exception for an order holds for that order up to the amount that was agreed to; one for the account holds until
    its last day, and with an amount for orders up to that. Costs one comparison where the account has none.
    """
    if not recording.account.approvals:
        return _NOTHING
    found = approval_file(recording).sparings
    return frozenset(code for sparing in found if _holds_for(recording, sparing, order) for code in sparing.checks)


def approval_file(recording: Recording) -> ApprovalFile:
    """Return what the account has open and was spared; to be touched by whoever changes it."""
    found = recording.book.sheet(KIND, recording.account.account_id)
    return ApprovalFile() if found is None else cast(ApprovalFile, found)


def keep_file(recording: Recording, file: ApprovalFile) -> None:
    """Keep a changed file, and count in the account's summary what is in it."""
    recording.account.approvals = len(file.open) + len(file.sparings)
    recording.keep(KIND, file)


def put_in_force(recording: Recording, sparing: Sparing) -> None:
    """Let an exception hold from now on."""
    file = approval_file(recording)
    file.sparings.append(sparing)
    keep_file(recording, file)
    if sparing.valid_until:
        note_change_after(recording, day_before(sparing.valid_until))


def end(recording: Recording, approval_id: str) -> None:
    """Let an exception hold no longer; what was released by it stays released until it is checked again."""
    _keep_those(recording, lambda sparing: sparing.approval_id != approval_id)


def end_for_order(recording: Recording, order: Order) -> None:
    """Let exceptions for an order end with it: one that is reopened is checked like any other."""
    _keep_those(recording, lambda sparing: sparing.order_key != order.key)


def drop_lapsed(recording: Recording) -> None:
    """Forget exceptions whose last day is over."""
    today = recording.today()
    _keep_those(recording, lambda sparing: not sparing.valid_until or sparing.valid_until >= today)


def _keep_those(recording: Recording, holds: Callable[[Sparing], bool]) -> None:
    file = approval_file(recording)
    kept = [sparing for sparing in file.sparings if holds(sparing)]
    if len(kept) < len(file.sparings):
        file.sparings = kept
        keep_file(recording, file)


def _holds_for(recording: Recording, sparing: Sparing, order: Order) -> bool:
    today = recording.today()
    if sparing.order_key and sparing.order_key != order.key:
        return False
    if today < sparing.valid_from or (sparing.valid_until and today > sparing.valid_until):
        return False
    return sparing.amount is None or _is_at_most(recording, order, sparing.amount, sparing.currency or order.currency)


def _is_at_most(recording: Recording, order: Order, amount: int, currency: str) -> bool:
    if order.currency == currency:
        return order.amount <= amount
    ours = value(order.amount, order.currency, recording.account, recording.context)
    agreed = value(amount, currency, recording.account, recording.context)
    return ours is not None and agreed is not None and ours <= agreed
