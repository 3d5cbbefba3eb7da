"""Labels from a table of receivables: every invoice is asked about on its day, and its label told when it is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby

from projections.lateness_features import (
    Invoice,
    Payments,
    fall_overdue,
    issue,
    judge,
    leave_overdue,
    leave_waiting,
    settle,
)
from projections.lateness_labels import InvoiceStanding, LabelRules, label_of
from schemas.decisions_lateness import LatenessAsked, LatenessKnown, LatenessSettled
from schemas.publication import Origin, Place, publish_decision
from streams.label_intake import Day
from streams.lesson_order import AnyLabel, Label, in_order
from streams.receivables import Item

_ISSUE, _SETTLEMENT, _CLOSE_DUE, _CLOSE_GRACE = range(4)
"""What happens on a day, in this order, as an import tells it; the closes come after all facts of the day."""

_NO_HASH = "0" * 24


class History:
    """Tells what a table of invoices has to say to a learner, day by day, as a ledger of one partition would.

    Args:
        items: of a history; those of no amount owe nothing and are left out.
        grace_days: an invoice is late if it is open at the end of so many days after it was due.
    """

    def __init__(self, items: Sequence[Item], grace_days: int = 0) -> None:
        self._rules = LabelRules(grace_days)
        owed = [item for item in items if item.amount_minor > 0]
        self._items = sorted(owed, key=lambda item: (item.account_id, item.document_id))
        self._invoices = [_invoice(item) for item in self._items]
        self._payments: defaultdict[str, Payments] = defaultdict(Payments)
        self._overdue: set[int] = set()
        self._judged: set[int] = set()
        self._said = 0

    @property
    def count(self) -> int:
        """How many invoices there are."""
        return len(self._items)

    def labels(self) -> Iterator[Label]:
        """Each label, in the order in which it becomes known."""
        for day, phase, place in sorted(self._events()):
            payments, invoice = self._payments[self._items[place].account_id], self._invoices[place]
            if phase == _ISSUE:
                yield self._say(place, self._ask(place, payments, day))
                issue(payments, invoice)
                continue
            if phase == _CLOSE_DUE:
                self._overdue.add(place)
                fall_overdue(payments, invoice)
            elif phase == _SETTLEMENT:
                yield self._say(place, self._settle(place, payments, day))
            is_late = None if place in self._judged else self._label(place, day, phase)
            if is_late is not None:
                self._judged.add(place)
                judge(payments, is_late=is_late, day=day)
                yield self._say(place, self._know(place, day, is_late=is_late, is_settled=phase == _SETTLEMENT))

    def payments(self) -> dict[str, Payments]:
        """How each account has paid so far."""
        return dict(self._payments)

    def _ask(self, place: int, payments: Payments, day: int) -> LatenessAsked:
        item = self._items[place]
        assert item.issued_on is not None, "a history has a day of issue for every item"
        return LatenessAsked(
            invoice_id=item.document_id,
            on=_iso(day),
            issued_on=item.issued_on.isoformat(),
            due_on=item.due_on.isoformat(),
            amount_minor=item.amount_minor,
            payments=payments.said(),
            country=item.country,
        )

    def _settle(self, place: int, payments: Payments, day: int) -> LatenessSettled:
        item, invoice = self._items[place], self._invoices[place]
        leave = leave_overdue if place in self._overdue else leave_waiting
        leave(payments, invoice)
        past_due = day - invoice.due_day
        settle(payments, past_due)
        return LatenessSettled(invoice_id=item.document_id, on=_iso(day), settled_on=_iso(day), days_past_due=past_due)

    def _know(self, place: int, day: int, *, is_late: bool, is_settled: bool) -> LatenessKnown:
        return LatenessKnown(
            invoice_id=self._items[place].document_id,
            on=_iso(day),
            is_late=is_late,
            why="settled" if is_settled else "past_due",
            grace_days=self._rules.grace_days,
        )

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

    def _say(self, place: int, said: AnyLabel) -> Label:
        """Return it as it would be published."""
        account_id = self._items[place].account_id
        origin = Origin(0, 0, self._said, _NO_HASH, account_id, "historical", "", 0)
        self._said += 1
        value = publish_decision(said, origin, 0, "labels").value
        assert value is not None, "a decision is published with a value"
        return Label(said, account_id, Place(0, 0, origin.seq, 0), origin.effect, value)

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


def days_of(labels: Iterable[Label]) -> Iterator[Day]:
    """Labels that come in the order of days, as the days that are learned."""
    for on, found in groupby(labels, key=lambda label: label.said.on):
        yield Day(on, in_order(found), {}, [])


def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()


def _invoice(item: Item) -> Invoice:
    assert item.issued_on is not None, "a history has a day of issue for every item"
    return Invoice(item.issued_on.toordinal(), item.due_on.toordinal(), item.due_on.day, item.amount_minor)
