"""Promises to pay: kept once so much cash booked since was received by their day, broken when that is over without it.

Cash of a day is often booked the next morning, so a promise is broken at the close of the day after its own. What was
kept or broken is judged again for a year: a payment that bounces, is corrected or is booked late still changes it.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, cast

from projections.book import Book
from projections.context import day_before, days_after
from projections.moves import PROMISES
from projections.recording import Recording
from projections.rows import Cash
from projections.warning_rows import Promise, Promises
from schemas.decisions import AnyDecision, PromiseSettled
from schemas.facts.desk import PromiseMade
from schemas.money import held
from schemas.reasons import Refusal

KIND = "promises"
REMEMBERED_DAYS = 365
BOOKING_DAYS = 1
"""So many days after the one it was received on, cash is booked at the latest."""


class Receipt(NamedTuple):
    """What a payment brought in: nothing while it is only advised, or once it is reversed."""

    currency: str
    amount: int
    on: str


def promises_of(book: Book, account_id: str) -> Promises | None:
    """Return an account's promises, or None if it never made one; to be read, not changed."""
    return cast("Promises | None", book.sheet(KIND, account_id))


def broken_promises(book: Book, account_id: str, today: str) -> int:
    """Return how many promises an account broke within a year."""
    promises = promises_of(book, account_id)
    if promises is None or not promises.broken_on:
        return 0
    return sum(on > day_before(today, REMEMBERED_DAYS) for on in promises.broken_on)


def record_promise(recording: Recording, fact: PromiseMade) -> Refusal | None:
    """Keep a promise, or in place of an open one of the same id what it is now; a settled one of this id stays so."""
    account = recording.account
    promises = promises_of(recording.book, account.account_id) or Promises()
    pay_by_on = fact.pay_by_on.isoformat()
    made = Promise(fact.promise_id, fact.amount_minor, fact.currency, pay_by_on, account.cash_no)
    for other in promises.open:
        if other.promise_id == made.promise_id and other.currency == made.currency:
            made.last_cash_no, made.came, made.cleared_since = other.last_cash_no, other.came, other.cleared_since
    promises.open = [*_without(promises.open, made.promise_id), made]
    promises.settled = _without(promises.settled, made.promise_id)
    recording.keep(KIND, promises)
    recording.note_future_date(day_before(last_booking_date(made)))
    recording.moved |= PROMISES
    return None


def _without(promises: list[Promise], promise_id: str) -> list[Promise]:
    return [other for other in promises if other.promise_id != promise_id]


def last_booking_date(promise: Promise) -> str:
    """Return the ISO date at whose close a promise is broken, unless it is kept."""
    return days_after(promise.pay_by_on, BOOKING_DAYS)


def receipt_of(cash: Cash | None) -> Receipt:
    """Return what a payment has brought in so far, and on which day."""
    if cash is None:
        return Receipt("", 0, "")
    return Receipt(cash.currency, cash.amount if cash.cleared and not cash.reversed else 0, cash.dated_on)


def note_receipt(recording: Recording, before: Receipt, cash: Cash) -> None:
    """Count what a payment brought in, or took back, towards every promise that it came after."""
    promises = promises_of(recording.book, recording.account.account_id)
    if promises is None:
        return
    now = receipt_of(cash)
    long_ago = day_before(recording.today(), REMEMBERED_DAYS)
    judged = [*promises.open, *(other for other in promises.settled if other.settled_on > long_ago)]
    noted = [_note(promise, before, now, cash) for promise in judged]
    if any(noted):
        recording.keep(KIND, promises)
        recording.moved |= PROMISES


def _note(promise: Promise, before: Receipt, now: Receipt, cash: Cash) -> bool:
    """Count a payment towards a promise, and return whether it does count."""
    changes = [(-before.amount, before), (now.amount, now)]
    changes = [(amount, found) for amount, found in changes if amount and _is_for(promise, found)]
    if not changes or not _came_since(promise, before, cash):
        return False
    for amount, found in changes:
        sum_of_day = held(promise.came.pop(found.on, 0) + amount)
        if sum_of_day:
            promise.came[found.on] = sum_of_day
    return True


def _is_for(promise: Promise, receipt: Receipt) -> bool:
    """An open promise may still be changed to one for a later day."""
    return receipt.currency == promise.currency and (promise.state == "open" or receipt.on <= promise.pay_by_on)


def _came_since(promise: Promise, before: Receipt, cash: Cash) -> bool:
    """Return whether a payment came in after a promise was made, or cleared after it."""
    if cash.number > promise.last_cash_no or cash.key in promise.cleared_since:
        return True
    if before.amount:
        return False
    promise.cleared_since.append(cash.key)
    return True


def settle_promises(recording: Recording, decisions: list[AnyDecision]) -> None:
    """Add which promises are kept or broken by now, or no longer so, already in effect."""
    promises = promises_of(recording.book, recording.account.account_id)
    if promises is None:
        return
    today = recording.today()
    for promise in (*promises.open, *promises.settled):
        state = _state(promise, today)
        if state != promise.state:
            settled = PromiseSettled(
                promise_id=promise.promise_id,
                outcome="reopened" if state == "open" else state,
                amount_minor=promise.amount,
                received_minor=promise.received(),
                currency=promise.currency,
                pay_by_on=promise.pay_by_on,
            )
            apply_settled(recording, settled)
            decisions.append(settled)


def _state(promise: Promise, today: str) -> Literal["open", "kept", "broken"]:
    if promise.received() >= promise.amount:
        return "kept"
    return "broken" if last_booking_date(promise) < today else "open"


def apply_settled(recording: Recording, settled: PromiseSettled) -> None:
    """Let a promise be kept, broken or open again, and remember for a year what is not open."""
    promises = promises_of(recording.book, recording.account.account_id)
    assert promises is not None, f"promise {settled.promise_id!r} is settled and was never made"
    today = recording.today()
    long_ago = day_before(today, REMEMBERED_DAYS)
    known = [*promises.settled, *promises.open]
    promise = next(other for other in known if other.promise_id == settled.promise_id)
    if promise.state == "broken" and promise.settled_on in promises.broken_on:
        promises.broken_on.remove(promise.settled_on)
    promise.state = "open" if settled.outcome == "reopened" else settled.outcome
    promise.settled_on = "" if promise.state == "open" else today
    if promise.state == "open":
        recording.note_future_date(day_before(last_booking_date(promise)))
    elif promise.state == "broken":
        promises.broken_on = [*(on for on in promises.broken_on if on > long_ago), today]
    promises.open = [other for other in known if other.state == "open"]
    promises.settled = [other for other in known if other.state != "open" and other.settled_on > long_ago]
    recording.keep(KIND, promises)
