"""Behaviour follows from the documents: the sums kept by month are those of a naive count over all invoices."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from projections.behaviour import behaviour_of, index_points, month_of
from projections.behaviour_rows import MONTHS
from projections.rows import Cash, Invoice
from tests import builders as b
from tests.builders import Said
from tests.properties.test_core_sequences import Rows, facts, quick, started

DATED = {"payment_received": "received_on", "invoice_issued": "issued_on", "credit_note_issued": "issued_on"}
dates = st.sampled_from(["2024-11-20", "2025-01-15", "2025-02-20", "2025-04-10", "2025-06-30"])


@st.composite
def dated(draw: st.DrawFn) -> Said:
    """Return a fact with a date of its own, if it has one; all in euro, for a rate may change in between."""
    fact = draw(facts(all_kinds=False))
    if "currency" in fact.value:
        fact = fact.but(currency="EUR")
    name = DATED.get(fact.value["type"])
    return fact if name is None else fact.but(**{name: draw(dates)})


@quick
@given(st.lists(dated(), min_size=5, max_size=40))
def test_behaviour_is_a_naive_count_over_the_invoices(said: list[Said]) -> None:
    scenario = started(10**12)
    scenario.say(b.day_closed("2025-06-30"), *said)
    found = behaviour_of(scenario.partition.book, b.ACCOUNT)
    rows = Rows(scenario.partition)
    sold, items = _naive(rows.documents["invoice"], {cash.key: cash for cash in rows.documents["payment"]})
    if found is None:
        assert not sold and not items
        return
    for age in range(MONTHS):
        of_month = [item for item in items if item[0] == found.month - age]
        assert found.sold[age] == sold[found.month - age]
        assert found.settled[age] == len(of_month)
        assert found.paid[age] == sum(paid for _, paid, _ in of_month)
        assert found.paid_days[age] == sum(paid * days for _, paid, days in of_month)
        assert found.paid_index[age] == sum(paid * index_points(days) for _, paid, days in of_month)
    assert found.settled_count == len(items)
    assert found.late_count == sum(days > 0 for _, _, days in items)


def _naive(invoices: list[Invoice], payments: dict[str, Cash]) -> tuple[Any, list[tuple[int, int, int]]]:
    sold: dict[int, int] = defaultdict(int)
    items = []
    for invoice in invoices:
        if invoice.cancelled:
            continue
        sold[month_of(invoice.issued_on)] += sum(part.amount for part in invoice.parts)
        for part in invoice.parts:
            by_cash = [found for found in invoice.applications if found.number == part.number]
            payers = [payments[found.cash_key[2:]].dated_on for found in by_cash if found.cash_key[:2] == "p:"]
            if sum(found.amount for found in by_cash) == part.amount and payers:
                days = (date.fromisoformat(max(payers)) - date.fromisoformat(part.due_on)).days
                paid = sum(found.amount for found in by_cash if found.cash_key[:2] == "p:")
                items.append((month_of(max(payers)), paid, days))
    return sold, items
