"""The simulated market is the same for the same seed, says only valid facts, and its money adds up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from typing import get_args

import msgspec
import pytest

from schemas.codec import Unreadable, decode_fact
from schemas.facts import FACTS_BY_TOPIC
from schemas.facts.control import DayClosed
from schemas.facts.invoices import CreditNoteIssued, InvoiceAmended, InvoiceCancelled, InvoiceIssued
from schemas.facts.payments import Allocated, PaymentReceived, PaymentReversed
from streams.message import Message, at_ms
from streams.simulator import Market, facts

COUNT = 30_000


@pytest.fixture(scope="module")
def market_facts() -> list[Message]:
    return facts(COUNT, 11)


def decoded(messages: Iterable[Message]) -> list[object]:
    return [decode_fact(each.topic_name, each.value) for each in messages]


def test_the_same_seed_says_the_same(market_facts: list[Message]) -> None:
    assert facts(COUNT, 11) == market_facts
    assert facts(1_000, 12) != market_facts[:1_000]


def test_every_fact_is_readable_and_keyed_by_its_account(market_facts: list[Message]) -> None:
    for each, fact in zip(market_facts, decoded(market_facts), strict=True):
        assert not isinstance(fact, Unreadable), (fact, each)
        assert each.key == getattr(fact, "account_id", None)


def test_time_never_goes_back_and_each_day_is_closed_last(market_facts: list[Message]) -> None:
    stamps = [each.timestamp_ms for each in market_facts]
    assert stamps == sorted(stamps)
    closed = [fact.business_date for fact in decoded(market_facts) if isinstance(fact, DayClosed)]
    assert closed == sorted(set(closed))
    for each, fact in zip(market_facts, decoded(market_facts), strict=True):
        if isinstance(fact, DayClosed):
            assert each.timestamp_ms == at_ms(fact.business_date, 86_399_999)


def test_fact_ids_are_unique(market_facts: list[Message]) -> None:
    ids = Counter(dict(each.headers)["ce_id"] for each in market_facts)
    assert ids.most_common(1)[0][1] == 1


DONE_BY_ITS_DESK = {"LimitSet", "OrderRelease", "OrderReject", "AccountSuspended", "AccountReinstated"}


def test_goods_and_money_flow_by_every_kind_of_fact_that_has_an_effect(market_facts: list[Message]) -> None:
    said = {type(fact).__name__ for fact in decoded(market_facts)}
    flow = [kind for topic in ("orders", "invoices", "payments") for kind in get_args(FACTS_BY_TOPIC[topic])]
    assert {kind.__name__ for kind in flow if kind.acted_on} - said == {"AllocationReversed"}
    assert DONE_BY_ITS_DESK | {"AccountOpened", "DayClosed", "RatesSet"} <= said


def test_nothing_is_paid_beyond_its_invoice_and_no_cash_is_spent_twice(market_facts: list[Message]) -> None:
    """By document: what is allocated to an invoice never exceeds it, nor what is taken from a payment its amount."""
    open_minor: dict[str, int] = defaultdict(int)
    cash_minor: dict[str, int] = defaultdict(int)
    payments: dict[str, PaymentReceived] = {}
    for fact in decoded(market_facts):
        match fact:
            case InvoiceIssued():
                open_minor[fact.invoice_id] = fact.amount_minor
            case InvoiceAmended():
                assert fact.amount_minor is not None
                open_minor[fact.invoice_id] = fact.amount_minor
            case InvoiceCancelled():
                assert open_minor[fact.invoice_id] > 0
            case CreditNoteIssued():
                cash_minor[fact.credit_note_id] = fact.amount_minor
                if fact.invoice_id:
                    open_minor[fact.invoice_id] -= fact.amount_minor
            case PaymentReceived():
                payments[fact.payment_id] = fact
                cash_minor[fact.payment_id] = fact.amount_minor - sum(part.amount_minor for part in fact.allocations)
                for part in fact.allocations:
                    open_minor[part.invoice_id] -= part.amount_minor
            case PaymentReversed():
                for part in payments[fact.payment_id].allocations:
                    open_minor[part.invoice_id] += part.amount_minor
            case Allocated():
                cash_minor[fact.source.payment_id or fact.source.credit_note_id or ""] -= fact.amount_minor
                open_minor[fact.to.invoice_id] -= fact.amount_minor + fact.discount_minor
        if msgspec.structs.asdict(fact).get("invoice_id"):
            assert open_minor[fact.invoice_id] >= 0
    assert min(open_minor.values()) >= 0
    assert min(cash_minor.values()) >= 0


def test_invoices_add_up(market_facts: list[Message]) -> None:
    invoices = [fact for fact in decoded(market_facts) if isinstance(fact, InvoiceIssued)]
    assert any(len(invoice.covers) > 1 for invoice in invoices)
    assert any(invoice.instalments for invoice in invoices)
    for invoice in invoices:
        assert (invoice.due_on is None) == bool(invoice.instalments)
        if invoice.instalments:
            assert sum(part.amount_minor for part in invoice.instalments) == invoice.amount_minor


def test_a_few_accounts_make_much_of_the_volume(market_facts: list[Message]) -> None:
    volume: Counter[str] = Counter()
    for fact in decoded(market_facts):
        if isinstance(fact, InvoiceIssued):
            volume[fact.account_id] += fact.amount_minor
    amounts = sorted(volume.values(), reverse=True)
    assert sum(amounts[: len(amounts) // 10]) > sum(amounts) * 0.35


def shipped(messages: Iterable[Message]) -> set[str]:
    return {
        part["order_id"]
        for each in messages
        if (fact := msgspec.json.decode(each.value))["type"] == "order_delivered"
        for part in fact["covers"]
    }


def test_only_what_was_released_leaves() -> None:
    market = Market(5, 40)
    days = list(market.days(40, lambda order_id: order_id.endswith("1")))
    left = shipped(each for day in days for each in day)
    assert left
    assert all(order_id.endswith("1") for order_id in left)


def test_an_order_that_waits_too_long_is_cancelled() -> None:
    days = list(Market(5, 40).days(40, lambda order_id: False))
    said = Counter(msgspec.json.decode(each.value)["type"] for day in days for each in day)
    assert said["order_delivered"] == 0
    assert said["order_cancelled"] > 10
    assert said["order_release"] > 0


@pytest.mark.parametrize("own_book_days", [0, 30, 60])
def test_a_market_is_played_again_from_its_first_deliveries(own_book_days: int) -> None:
    """Resuming needs the dates of first deliveries and nothing else that was decided, by its own book or by others."""
    first_on: dict[str, date] = {}
    market, played = Market(9, 60), []
    for number in range(60):
        today = market.next_date
        released = None if number < own_book_days else lambda order_id, n=number: (hash_of(order_id) + n) % 3 == 0
        played.append(market.day(today, released))
        for order_id in shipped(played[-1]):
            first_on.setdefault(order_id, today)
    again = Market(9, 60)
    for messages in played:
        today = again.next_date
        assert again.day(today, lambda order_id, on=today: first_on.get(order_id, date.max) <= on) == messages


def hash_of(order_id: str) -> int:
    return sum(order_id.encode())


def test_days_are_played_in_order() -> None:
    market = Market(1, 5, date(2025, 3, 1))
    with pytest.raises(ValueError, match="expected day 2025-03-01, received 2025-03-02"):
        market.day(date(2025, 3, 2))


def test_an_account_does_not_depend_on_how_many_there_are() -> None:
    few = [each.value for day in Market(4, 3).days(60) for each in day if each.key == "A-10002"]
    many = [each.value for day in Market(4, 30).days(60) for each in day if each.key == "A-10002"]
    assert few == many
