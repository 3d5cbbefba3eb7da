"""Lessons from a table of receivables: every invoice is predicted on its day and learned when its label is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from projections.lateness_features import (
    Invoice,
    Payments,
    Population,
    fall_overdue,
    features_of,
    issue,
    judge,
    late_rate,
    leave_overdue,
    leave_waiting,
    settle,
)
from projections.lateness_labels import InvoiceStanding, LabelRules, label_of
from streams.learning import Learner, Lesson
from streams.receivables import Item
from streams.receivables_map import MapInvalid, ReceivablesMap, alternatives

BASE_RATE, ACCOUNT_RATE = "base rate", "account's late rate"
_ISSUE, _SETTLEMENT, _CLOSE_DUE, _CLOSE_GRACE = range(4)
"""What happens on a day, in this order, as an import tells it; the closes come after all facts of the day."""


def require_known_at_issue(rules: ReceivablesMap) -> None:
    """Refuse a map unless it says of all columns but the day of settlement that they are known at issue.

    Raises:
        MapInvalid: it is no history, or names the column and when it becomes known.
    """
    if rules.shape != "history":
        raise MapInvalid(f"expected a map of shape history to learn from, received {rules.shape}")
    known = {header: when for when, headers in rules.known.items() for header in headers}
    for field in sorted(rules.columns.keys() - {"settled_on"}):
        for header in alternatives(rules, field):
            when = known.get(header, "no time at all")
            if when not in ("opening", "issue"):
                raise MapInvalid(f"expected {header!r} ({field}) to be known at issue, found it under {when}")


class History:
    """Plays invoices through a learner in the order of their days.

    Args:
        items: of a history; those of no amount owe nothing and are left out.
        learner: learns from them.
        grace_days: an invoice is late if it is open more than so many days after it was due.
    """

    def __init__(self, items: Sequence[Item], learner: Learner, grace_days: int = 0) -> None:
        self._learner, self._rules = learner, LabelRules(grace_days)
        owed = [item for item in items if item.amount_minor > 0]
        self._items = sorted(owed, key=lambda item: (item.account_id, item.document_id))
        self._invoices = [_invoice(item) for item in self._items]
        self._payments: defaultdict[str, Payments] = defaultdict(Payments)
        self._population = Population()
        self._issued: dict[int, tuple[int, tuple[float, ...], dict[str, float]]] = {}
        self._overdue: set[int] = set()
        self._judged: set[int] = set()

    @property
    def count(self) -> int:
        """How many invoices there are."""
        return len(self._items)

    def play(self) -> Iterator[Lesson]:
        """Each lesson, right after it was learned."""
        for day, phase, place in sorted(self._events()):
            payments = self._payments[self._items[place].account_id]
            invoice = self._invoices[place]
            if phase == _ISSUE:
                self._predict(place, payments, invoice)
            elif phase == _CLOSE_DUE:
                self._overdue.add(place)
                fall_overdue(payments, invoice)
            elif phase == _SETTLEMENT:
                leave = leave_overdue if place in self._overdue else leave_waiting
                leave(payments, invoice)
                settle(payments, day - invoice.due_day)
                self._population.settle(day - invoice.due_day)
            is_late = None if place in self._judged or phase == _ISSUE else self._label(place, day, phase)
            if is_late is not None:
                self._judged.add(place)
                yield self._learn(place, payments, day, is_late=is_late)

    def payments(self) -> dict[str, Payments]:
        """How each account has paid so far."""
        return dict(self._payments)

    def predicted(self) -> dict[tuple[str, str, date], dict[str, float]]:
        """What was predicted so far, by account, document and day of issue."""
        found = {}
        for place, (_, _, predicted) in self._issued.items():
            item = self._items[place]
            found[item.account_id, item.document_id, date.fromordinal(self._invoices[place].issued_day)] = predicted
        return found

    def _label(self, place: int, day: int, phase: int) -> bool | None:
        item, invoice = self._items[place], self._invoices[place]
        is_settled = phase == _SETTLEMENT
        standing = InvoiceStanding(
            due_day=invoice.due_day,
            open_minor=0 if is_settled else item.amount_minor,
            paid_minor=item.amount_minor if is_settled else 0,
            settled_day=day if is_settled else None,
        )
        return label_of(standing, self._rules, closed_day=day - 1 if is_settled else day)

    def _events(self) -> Iterator[tuple[int, int, int]]:
        last = self._last_day()
        for place, item in enumerate(self._items):
            invoice = self._invoices[place]
            yield invoice.issued_day, _ISSUE, place
            settled_day = item.settled_on.toordinal() if item.settled_on else last + 1
            if item.settled_on:
                yield settled_day, _SETTLEMENT, place
            # It is past due from the close of the next day on; due before it was issued, from the close of that day.
            for phase, days in ((_CLOSE_DUE, 1), (_CLOSE_GRACE, self._rules.grace_days + 1)):
                day = max(invoice.due_day + days, invoice.issued_day)
                if day < settled_day and day <= last:
                    yield day, phase, place

    def _last_day(self) -> int:
        """Nothing is known after the last day on which anything happened."""
        settled = (item.settled_on.toordinal() for item in self._items if item.settled_on)
        return max(max((invoice.issued_day for invoice in self._invoices), default=0), max(settled, default=0))

    def _predict(self, place: int, payments: Payments, invoice: Invoice) -> None:
        values = features_of(payments, self._population, invoice)
        predicted = self._learner.predict(values)
        predicted[BASE_RATE] = self._population.late_rate
        predicted[ACCOUNT_RATE] = late_rate(payments, self._population)
        self._issued[place] = (len(self._issued) + 1, values, predicted)
        issue(payments, invoice)

    def _learn(self, place: int, payments: Payments, day: int, *, is_late: bool) -> Lesson:
        judge(payments, is_late=is_late, day=day)
        self._population.judge(is_late=is_late)
        number, values, predicted = self._issued[place]
        lesson = Lesson(
            number=number,
            segment=self._items[place].country,
            values=values,
            predicted=predicted,
            is_late=is_late,
            known_day=day,
        )
        self._learner.learn(lesson)
        return lesson


def _invoice(item: Item) -> Invoice:
    assert item.issued_on is not None, "a history has a day of issue for every item"
    return Invoice(item.issued_on.toordinal(), item.due_on.toordinal(), item.due_on.day, item.amount_minor)
