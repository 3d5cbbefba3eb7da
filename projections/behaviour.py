"""How an account pays and what it buys, from its own invoices: sums by month, so that every one can be taken back.

An item is an invoice, or one instalment of it. It counts once it is paid in full, weighed by what payments paid of it
and dated by the last of them; what credit notes, discounts and write-offs took says nothing about paying. An item that
opens again counts no longer, and when it is settled again counts by its new date. So the sums follow from the
documents alone, whatever the order in which facts about them arrived.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from operator import mul
from typing import cast

from projections.behaviour_rows import MONTHS, Behaviour
from projections.book import Book
from projections.recording import Recording
from projections.rows import Cash, Invoice, Part
from projections.standing import value
from schemas.money import HELD_MINOR_MAX, held

KIND = "behaviour"
DAYS_MAX = 1_000
"""An item paid earlier or later than that is as one paid so much off: a mistyped year must not outweigh the rest."""
WEIGHT_MAX = 10**12
"""What is paid beyond weighs no more, so that the sums fit 64 bits."""

_INDEX = (
    (-30, 100),
    (-20, 90),
    (0, 80),
    (15, 70),
    (22, 60),
    (30, 50),
    (60, 40),
    (90, 30),
    (120, 20),
    (180, 0),
)
_FAST = tuple(4096 >> age for age in range(MONTHS))
_SLOW = (1024, 861, 724, 609, 512, 431, 362, 304, 256, 215, 181, 152, 128)
"""Weights by age in months: halved every month, and every four; the oldest month still weighs something."""


def behaviour_of(book: Book, account_id: str) -> Behaviour | None:
    """Return how an account behaves, or None if it has no invoice yet; to be read, not changed."""
    return cast("Behaviour | None", book.sheet(KIND, account_id))


def fast_delay_centidays(behaviour: Behaviour) -> int | None:
    """Return how late the account paid lately: days beyond terms, weighed by value and halved with every month.

    In hundredths of a day, rounded down; negative if early; None if nothing was paid in thirteen months.
    """
    return _mean_centidays(behaviour, _FAST)


def slow_delay_centidays(behaviour: Behaviour) -> int | None:
    """Return the same over the long run, halved with every four months: what drift is measured against."""
    return _mean_centidays(behaviour, _SLOW)


def _mean_centidays(behaviour: Behaviour, weights: tuple[int, ...]) -> int | None:
    paid = sum(map(mul, behaviour.paid, weights))
    return sum(map(mul, behaviour.paid_days, weights)) * 100 // paid if paid else None


def index_points(days: int) -> int:
    """Return what one payment so many days after due is worth in the payment index: on terms 80, a month early 100.

    Between the points of the trade's table a straight line, rounded down; from half a year late on 0.

    Source: domain notes 2.10, the table that trade bureaus publish; that ends with 20 at 120 days.

    >>> [index_points(days) for days in (-45, -20, 0, 15, 18, 30, 90, 120, 400)]
    [100, 90, 80, 70, 65, 50, 30, 20, 0]
    """
    if days <= _INDEX[0][0]:
        return _INDEX[0][1]
    for (low, at_low), (high, at_high) in pairwise(_INDEX):
        if days <= high:
            return at_low + (at_high - at_low) * (days - low) // (high - low)
    return 0


def payment_index(behaviour: Behaviour) -> int | None:
    """Return how the account pays as trade bureaus say it, from 0 to 100: the mean of all payments by value.

    Rounded down, over thirteen months; None if nothing was paid in them.
    """
    paid = sum(behaviour.paid)
    return sum(behaviour.paid_index) // paid if paid else None


def settled_lately(behaviour: Behaviour) -> int:
    """Return how many items were settled in the months that the means are taken over."""
    return sum(behaviour.settled)


def sold_in(behaviour: Behaviour, months: int, until_on: str) -> int:
    """Return what was invoiced in so many months, at most 13, the last of them the one of a date."""
    first = behaviour.month - month_of(until_on)
    return sum(behaviour.sold[max(0, first) : max(0, first + months)])


def month_of(on: str) -> int:
    """Return the number of the month that an ISO date is in.

    >>> month_of("2025-01-31") - month_of("2024-12-01")
    1
    """
    return int(on[:4]) * 12 + int(on[5:7]) - 1


def note_sold(recording: Recording, invoice: Invoice) -> None:
    """Count an invoice among what was sold, at the rate in force, at face value where there is none."""
    behaviour = _own(recording)
    account = recording.account
    amount = value(invoice.amount, invoice.currency, account, recording.context)
    month = _reach(recording, behaviour, invoice.issued_on)
    invoice.sold = (month, invoice.amount if amount is None else amount)
    _add(behaviour.sold, behaviour.month - month, invoice.sold[1])


def forget_sold(recording: Recording, invoice: Invoice) -> None:
    """Count an invoice no longer among what was sold: it was cancelled, or is replaced."""
    if invoice.sold is not None:
        behaviour = _own(recording)
        month, amount = invoice.sold
        invoice.sold = None
        _add(behaviour.sold, behaviour.month - month, -amount)


def count_settled(recording: Recording) -> bool:
    """Bring the account's behaviour in line with the items that a fact closed or opened; return whether it changed."""
    changed = False
    for invoice, part in recording.settling:
        paid, paid_on = _paid(recording, invoice, part) if part.applied >= part.amount else (0, "")
        if not paid and part.settled is None:
            continue
        behaviour = _own(recording)
        if part.settled is not None:
            _count(behaviour, part.settled, -1)
        part.settled = _experience(recording, behaviour, part, paid, paid_on) if paid else None
        if part.settled is not None:
            _count(behaviour, part.settled, 1)
            behaviour.longest_delay_days = max(behaviour.longest_delay_days, part.settled[2])
            behaviour.last_settled_on = max(behaviour.last_settled_on, paid_on)
        recording.touch("invoice", invoice)
        changed = True
    return changed


def _paid(recording: Recording, invoice: Invoice, part: Part) -> tuple[int, str]:
    """Return what payments paid of an item, in the account's currency, and the date of the last of them."""
    paid, paid_on = 0, ""
    for application in invoice.applications:
        if application.number == part.number and application.cash_key.startswith("p:"):
            cash = cast(Cash, recording.find_key("payment", application.cash_key[2:]))
            paid += application.amount
            paid_on = max(paid_on, cash.dated_on)
    amount = value(paid, invoice.currency, recording.account, recording.context)
    return paid if amount is None else amount, paid_on or recording.today()


def _experience(
    recording: Recording, behaviour: Behaviour, part: Part, paid: int, paid_on: str
) -> tuple[int, int, int]:
    days = date.fromisoformat(paid_on).toordinal() - date.fromisoformat(part.due_on).toordinal()
    month = _reach(recording, behaviour, paid_on)
    return month, min(paid, WEIGHT_MAX), max(-DAYS_MAX, min(DAYS_MAX, days))


def _count(behaviour: Behaviour, experience: tuple[int, int, int], sign: int) -> None:
    month, paid, days = experience
    age = behaviour.month - month
    _add(behaviour.settled, age, sign)
    _add(behaviour.paid, age, sign * paid)
    _add(behaviour.paid_days, age, sign * paid * days)
    _add(behaviour.paid_index, age, sign * paid * index_points(days))
    behaviour.settled_count += sign
    if days > 0:
        behaviour.late_count += sign


def _add(by_month: list[int], age: int, amount: int) -> None:
    if age < MONTHS:
        total = by_month[age] + amount
        by_month[age] = total if abs(total) <= HELD_MINOR_MAX else held(total)


def _reach(recording: Recording, behaviour: Behaviour, on: str) -> int:
    """Return the month of a date, and see to it that the lists reach up to it; what lies ahead is of this month."""
    month = month_of(on)
    if month > behaviour.month:
        month = min(month, month_of(recording.today()))
        ahead = min(MONTHS, month - behaviour.month)
        if ahead > 0:
            for by_month in (
                behaviour.sold,
                behaviour.settled,
                behaviour.paid,
                behaviour.paid_days,
                behaviour.paid_index,
            ):
                by_month[:] = [0] * ahead + by_month[: MONTHS - ahead]
            behaviour.month = month
    return month


def _own(recording: Recording) -> Behaviour:
    behaviour = behaviour_of(recording.book, recording.account.account_id) or Behaviour()
    recording.keep(KIND, behaviour)
    return behaviour
