"""What a granted request does: exactly what a person would have done without one, or an exception in force."""

from __future__ import annotations

from datetime import date

from projections import accounts
from projections.approval_rows import Approval, Sparing
from projections.exceptions import put_in_force
from projections.recording import Recording
from projections.write_offs import write_off
from schemas.facts.desk import LimitSet, Scope


def carry_out(recording: Recording, approval: Approval) -> None:
    """Put in force what was asked for, the same in life and in replay."""
    if approval.subject == "order_release":
        _release(recording, approval)
    elif approval.subject == "write_off":
        write_off(recording, approval)
    elif approval.subject == "exception":
        _spare(recording, approval)
    else:
        accounts.hold_limit(recording, _limit_set(recording, approval))


def _release(recording: Recording, approval: Approval) -> None:
    order = recording.order(approval.order_key)
    if not order.is_open:
        return
    order.released_by_desk = True
    order.approval_id = approval.key if approval.state == "granted" else ""
    recording.touch("order", order)
    recording.answered.append(order)


def _limit_set(recording: Recording, approval: Approval) -> LimitSet:
    customer_id, seller_id, segment = approval.scope or (None, None, None)
    return LimitSet(
        account_id=recording.account.account_id,
        limit_minor=approval.amount or 0,
        currency=approval.currency or recording.account.currency,
        unlimited=approval.unlimited,
        scope=None if approval.scope is None else Scope(customer_id=customer_id, seller_id=seller_id, segment=segment),
        valid_from=_day(approval.valid_from),
        valid_until=_day(approval.valid_until),
        approval_id=approval.key if approval.state == "granted" else None,
        actor=approval.maker,
        reason="",
    )


def _day(on: str) -> date | None:
    return date.fromisoformat(on) if on else None


def _spare(recording: Recording, approval: Approval) -> None:
    sparing = Sparing(
        approval.key,
        approval.checks,
        approval.order_key,
        approval.amount,
        approval.currency,
        approval.valid_from,
        approval.valid_until,
    )
    put_in_force(recording, sparing)
    if approval.order_key:
        order = recording.order(approval.order_key)
        if order.state == "waiting":
            recording.answered.append(order)
