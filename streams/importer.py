"""From items of receivables to facts in the order in which they happened, each day closed after its facts."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from schemas.codec import TOPIC_OF_TYPE
from schemas.facts import Broadcast, Fact
from schemas.facts.control import DayClosed, RatesSet
from schemas.facts.dossiers import AccountOpened
from schemas.facts.invoices import CreditNoteIssued, InvoiceIssued
from schemas.facts.payments import Allocation, PaymentReceived
from streams.message import END_OF_DAY_MS, Message, Origin, at_ms, message
from streams.receivables import PAID_SUFFIX, Item
from streams.receivables_map import ReceivablesMap

_HOUR_MS = 3_600_000
_OPENING, _ISSUE, _SETTLEMENT = 0, 1, 2
_MOMENT_MS = {_OPENING: 6 * _HOUR_MS, _ISSUE: 8 * _HOUR_MS, _SETTLEMENT: 16 * _HOUR_MS}
_FACT_ID_MAX_BYTES = 300
_PHASE_BITS, _PLACE_BITS = 2, 40
_PLACE_MASK, _PHASE_MASK = (1 << _PLACE_BITS) - 1, (1 << _PHASE_BITS) - 1


class AsOfMissing(ValueError):
    """Nothing says on which day a list of open items was taken."""


class Import:
    """The facts of a list of items; the same items in whatever order are the same facts in the same order.

    Ten years of history fit into memory: what is kept for a fact before it is said is one integer.

    Args:
        items: as `read_receivables` returns them.
        rules: the map they were read by.
        as_of: the day a list of open items was taken; else the map's.
        through: close days up to this one, where that is after the last fact.

    Raises:
        AsOfMissing: open items without a day.
    """

    def __init__(
        self, items: Sequence[Item], rules: ReceivablesMap, *, as_of: date | None = None, through: date | None = None
    ) -> None:
        taken_on = (as_of or rules.as_of) if rules.shape == "open_items" else None
        if rules.shape == "open_items" and taken_on is None:
            raise AsOfMissing(
                "expected the day the open items were taken, found none; give --as-of or as_of in the map"
            )
        self._rules, self._taken_on = rules, taken_on
        self._origin = Origin(rules.source, "historical")
        self._items = sorted(items, key=_identity)
        self._currencies = _account_currencies(self._items, rules.account_currency)
        self._events = sorted(self._all_events())
        self._dates = self._all_dates(through)

    @property
    def count(self) -> int:
        """How many messages there are."""
        return len(self._events) + len(self._dates) + (1 if self._dates and self._rules.rates else 0)

    @property
    def dates(self) -> range:
        """The ordinals of the days closed, from the first fact's to the last's."""
        return self._dates

    def messages(self) -> Iterator[Message]:
        """The facts, made one by one, and `day_closed` for every calendar date among them."""
        place = 0
        for ordinal in self._dates:
            today = date.fromordinal(ordinal)
            if ordinal == self._dates[0] and self._rules.rates is not None:
                yield self._say(self._rates_set(today), today, 0, f"rates_set-{today}")
            while place < len(self._events) and self._events[place] >> (_PLACE_BITS + _PHASE_BITS) == ordinal:
                yield self._event_message(self._events[place], today)
                place += 1
            yield self._say(DayClosed(business_date=today), today, END_OF_DAY_MS, f"day_closed-{today}")

    def _all_events(self) -> Iterator[int]:
        """Each event as one integer that sorts by day, phase of the day and item."""
        for place in self._openers().values():
            yield _event(self._issue_day(self._items[place]), _OPENING, place)
        for place, item in enumerate(self._items):
            if item.kind == "invoice" or item.open_minor:
                yield _event(self._issue_day(item), _ISSUE, place)
            settled_on = self._settlement_day(item)
            if settled_on is not None:
                yield _event(settled_on, _SETTLEMENT, place)

    def _openers(self) -> dict[str, int]:
        """The place of each account's first item."""
        openers: dict[str, int] = {}
        for place, item in enumerate(self._items):
            known = openers.setdefault(item.account_id, place)
            if (item.issued_on or date.max) < (self._items[known].issued_on or date.max):
                openers[item.account_id] = place
        return openers

    def _issue_day(self, item: Item) -> date:
        day = self._taken_on or item.issued_on
        assert day is not None, "a history has a day of issue for every item"
        return day

    def _settlement_day(self, item: Item) -> date | None:
        if self._taken_on is None:
            return item.settled_on if item.amount_minor > 0 else None
        is_part_paid = item.kind == "invoice" and item.open_minor is not None and item.open_minor < item.amount_minor
        return self._taken_on if is_part_paid else None

    def _all_dates(self, through: date | None) -> range:
        if not self._events:
            return range(0)
        shift = _PLACE_BITS + _PHASE_BITS
        last = max(self._events[-1] >> shift, through.toordinal() if through else 0)
        return range(self._events[0] >> shift, last + 1)

    def _event_message(self, event: int, today: date) -> Message:
        item, phase = self._items[event & _PLACE_MASK], event >> _PLACE_BITS & _PHASE_MASK
        if phase == _OPENING:
            return self._say(self._account_opened(item), today, _MOMENT_MS[phase], f"account_opened-{item.account_id}")
        fact = _issued(item, today) if phase == _ISSUE else _settled(item, today)
        return self._say(fact, today, _MOMENT_MS[phase], _fact_id(item, is_settlement=phase == _SETTLEMENT))

    def _account_opened(self, item: Item) -> AccountOpened:
        return AccountOpened(
            account_id=item.account_id,
            name=item.name or item.account_id,
            currency=self._currencies[item.account_id],
            opened_on=item.issued_on or self._issue_day(item),
            country=item.country or None,
        )

    def _rates_set(self, today: date) -> RatesSet:
        rates = self._rules.rates
        assert rates is not None
        return RatesSet(base=rates.base, rates=rates.rates, valid_on=today)

    def _say(self, fact: Fact | Broadcast, today: date, moment_ms: int, fact_id: str) -> Message:
        topic_name = TOPIC_OF_TYPE[str(fact.__struct_config__.tag)]
        stamp = at_ms(today, moment_ms)
        return message(topic_name, fact, timestamp_ms=stamp, origin=self._origin, fact_id=fact_id)


def _identity(item: Item) -> tuple[str, str, str]:
    return item.account_id, item.kind, item.document_id


def _fact_id(item: Item, *, is_settlement: bool) -> str:
    """An id that follows from what the row is, not from where it stands."""
    fact_id = f"{item.kind}-{item.account_id}/{item.document_id}{PAID_SUFFIX if is_settlement else ''}"
    too_long = len(fact_id.encode()) > _FACT_ID_MAX_BYTES
    return hashlib.sha256(fact_id.encode()).hexdigest() if too_long else fact_id


def _event(day: date, phase: int, place: int) -> int:
    return (day.toordinal() << _PHASE_BITS | phase) << _PLACE_BITS | place


def _account_currencies(items: Sequence[Item], declared: str | None) -> dict[str, str]:
    """The currency of each account: the declared one, else that of most of its items, the first by name of equals."""
    if declared is not None:
        return dict.fromkeys((item.account_id for item in items), declared)
    counts: dict[str, Counter[str]] = {}
    for item in items:
        counts.setdefault(item.account_id, Counter())[item.currency] += 1
    return {account: min(found, key=lambda code: (-found[code], code)) for account, found in counts.items()}


def _issued(item: Item, today: date) -> Fact:
    """The document itself; of a credit or unapplied payment only what is left of it."""
    if item.kind == "payment":
        return _payment(item, today, item.document_id, item.open_minor or 0, named=False)
    if item.kind == "credit":
        return CreditNoteIssued(
            account_id=item.account_id,
            credit_note_id=item.document_id,
            amount_minor=item.open_minor or 0,
            currency=item.currency,
            issued_on=item.issued_on or today,
            customer_id=item.customer_id,
        )
    return InvoiceIssued(
        account_id=item.account_id,
        invoice_id=item.document_id,
        amount_minor=item.amount_minor,
        currency=item.currency,
        issued_on=item.issued_on or today,
        due_on=item.due_on,
        customer_id=item.customer_id,
    )


def _settled(item: Item, today: date) -> Fact:
    """The payment of an invoice, whole or as far as it is not open any more."""
    paid_minor = item.amount_minor - (item.open_minor or 0)
    return _payment(item, today, f"{item.document_id}{PAID_SUFFIX}", paid_minor, named=True)


def _payment(item: Item, today: date, payment_id: str, amount_minor: int, *, named: bool) -> PaymentReceived:
    return PaymentReceived(
        account_id=item.account_id,
        payment_id=payment_id,
        amount_minor=amount_minor,
        currency=item.currency,
        received_on=today if named else item.issued_on or today,
        allocations=(Allocation(invoice_id=item.document_id, amount_minor=amount_minor),) if named else (),
        customer_id=item.customer_id,
    )
