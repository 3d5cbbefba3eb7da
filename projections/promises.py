"""Promises to pay: kept once so much cash has come in since, broken when the day they were for is over without it."""

from __future__ import annotations

from typing import cast

from projections.book import Book
from projections.context import day_before
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
    """Keep a promise, or in place of an open one of the same id what it is now."""
    promises = promises_of(recording.book, recording.account.account_id) or Promises()
    made = Promise(fact.promise_id, fact.amount_minor, fact.currency, fact.pay_by_on.isoformat())
    for other in promises.open:
        if other.promise_id == made.promise_id and other.currency == made.currency:
            made.received = other.received
    promises.open = [*(other for other in promises.open if other.promise_id != made.promise_id), made]
    recording.keep(KIND, promises)
    recording.note_future_date(day_before(made.pay_by_on))
    recording.moved |= PROMISES
    return None


def receipt_of(cash: Cash | None) -> tuple[str, int]:
    """Return the currency and the amount that a payment has brought in so far."""
    if cash is None:
        return "", 0
    return cash.currency, cash.amount if cash.cleared and not cash.reversed else 0


def note_receipt(recording: Recording, before: tuple[str, int], cash: Cash) -> None:
    """Count what a payment brought in, or took back, towards every open promise in its currency."""
    promises = promises_of(recording.book, recording.account.account_id)
    if promises is None or not promises.open:
        return
    for sign, (currency, amount) in ((-1, before), (1, receipt_of(cash))):
        for promise in promises.open:
            if promise.currency == currency:
                promise.received = held(promise.received + sign * amount)
    recording.keep(KIND, promises)
    recording.moved |= PROMISES


def settle_promises(recording: Recording, decisions: list[AnyDecision]) -> None:
    """Add which promises are kept or broken by now, already in effect."""
    promises = promises_of(recording.book, recording.account.account_id)
    if promises is None:
        return
    today = recording.today()
    for promise in list(promises.open):
        is_kept = promise.received >= promise.amount
        if is_kept or promise.pay_by_on < today:
            settled = PromiseSettled(
                promise_id=promise.promise_id,
                outcome="kept" if is_kept else "broken",
                amount_minor=promise.amount,
                received_minor=promise.received,
                currency=promise.currency,
                pay_by_on=promise.pay_by_on,
            )
            apply_settled(recording, settled)
            decisions.append(settled)


def apply_settled(recording: Recording, settled: PromiseSettled) -> None:
    """Take a promise off the open ones, and remember it for a year if it was broken."""
    promises = promises_of(recording.book, recording.account.account_id)
    assert promises is not None, f"promise {settled.promise_id!r} is settled and was never made"
    today = recording.today()
    promises.open = [other for other in promises.open if other.promise_id != settled.promise_id]
    if settled.outcome == "broken":
        recent = [on for on in promises.broken_on if on > day_before(today, REMEMBERED_DAYS)]
        promises.broken_on = [*recent, today]
    recording.keep(KIND, promises)
