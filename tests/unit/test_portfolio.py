"""The book from published exposures: its total, who is large in it, and what accounts share."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from projections.context import BookTotal, Context, new_context
from schemas.facts.control import BookTotalled
from schemas.policy import default_policy
from streams.portfolio import Portfolio, day_to_total

TODAY = date(2025, 4, 1)


def exposure(account_id: str, net_minor: int, seq: int = 1, **more: Any) -> bytes:
    place = {"epoch": 0, "partition": 0, "seq": seq, "n": 1_000_000}
    row = {"account_id": account_id, "currency": "EUR", "net_exposure_minor": net_minor, "ledger": place}
    return msgspec.json.encode({**row, **more})


def totalled(*values: bytes | None, rates: dict[str, str] | None = None) -> BookTotalled:
    portfolio = Portfolio()
    for value in values:
        portfolio.take(value)
    return portfolio.total(TODAY, "EUR", rates or {}, default_policy().warnings)


def test_the_latest_exposure_of_each_account_counts() -> None:
    book = totalled(exposure("A", 500, seq=4), exposure("B", 100), exposure("A", 900, seq=2), exposure("A", 300, seq=5))
    assert (book.net_exposure_minor, book.accounts, book.unvalued) == (400, 2, 0)


def test_currencies_are_valued_and_what_cannot_be_is_counted() -> None:
    book = totalled(exposure("A", 500), exposure("B", 500, currency="USD"), exposure("C", 500, currency="CHF"))
    assert (book.net_exposure_minor, book.unvalued) == (500, 2)
    book = totalled(exposure("A", 500), exposure("B", 500, currency="USD"), rates={"USD": "2"})
    assert (book.net_exposure_minor, book.unvalued) == (750, 0)


def test_an_account_in_credit_makes_the_others_no_safer() -> None:
    assert totalled(exposure("A", 500), exposure("B", -400)).net_exposure_minor == 500


def test_accounts_are_large_from_where_an_alert_would_still_be_open() -> None:
    """The default policy warns at 5 % of the book and clears below 4 %."""
    rest = [exposure(f"X{n}", 1) for n in range(8_690)]
    book = totalled(exposure("A", 510), exposure("B", 400), exposure("C", 399), *rest, exposure("D", 1))
    assert (book.net_exposure_minor, book.large_account_ids) == (10_000, ("A", "B"))


@pytest.mark.parametrize(("owing", "large"), [(1, ()), (19, ()), (20, ("X00", "X01"))])
def test_a_book_of_a_few_accounts_has_no_concentration(owing: int, large: tuple[str, ...]) -> None:
    """The default policy asks for 20 accounts that owe something; those that owe nothing do not count."""
    rest = [exposure(f"X{n:02}", 10 if n < 2 else 0) for n in range(30)]
    rest[:owing] = [exposure(f"X{n:02}", 900 if n < 2 else 1) for n in range(owing)]
    found = totalled(*rest).large_account_ids
    assert found == large


def test_a_party_in_several_accounts_is_told_with_them() -> None:
    book = totalled(
        exposure("B", 1, parties=["vat/DE1", "lei/5"]), exposure("A", 1, parties=["vat/DE1"]), exposure("C", 1)
    )
    assert [(shared.id, shared.account_ids) for shared in book.shared_parties] == [("vat/DE1", ("A", "B"))]


def test_a_cover_is_told_if_its_accounts_claim_more_than_the_whole_of_it() -> None:
    split = [exposure("A", 1, covers=[("G-1", 6_000), ("G-2", 5_000)]), exposure("B", 1, covers=[("G-2", 5_000)])]
    assert totalled(*split).shared_covers == ()
    (shared,) = totalled(*split, exposure("C", 1, covers=[("G-1", 6_000)])).shared_covers
    assert (shared.id, shared.account_ids, shared.split_bp) == ("G-1", ("A", "C"), 12_000)


def test_what_is_no_exposure_is_passed_over() -> None:
    assert totalled(None, b"{", b'{"account_id": "A"}', exposure("B", 5)).accounts == 1


def test_a_book_of_nothing_has_nobody_large() -> None:
    assert totalled(exposure("A", 0)).large_account_ids == ()


def closed(on: str | None, told: str | None = None) -> Context:
    context = new_context(0, 1)
    context.business_date = on
    context.book = None if told is None else BookTotal(3, told, "EUR", 1)
    return context


def test_the_last_closed_day_is_totalled_once() -> None:
    assert day_to_total(closed(None), None) is None
    assert day_to_total(closed("2025-04-01"), None) == TODAY
    assert day_to_total(closed("2025-04-01"), "2025-04-01") is None
    assert day_to_total(closed("2025-04-01", told="2025-04-01"), None) is None
    assert day_to_total(closed("2025-04-01", told="2025-03-31"), "2025-03-31") == TODAY


def test_a_policy_that_asks_nothing_of_the_book_has_none_totalled() -> None:
    context = closed("2025-04-01")
    nothing = {"concentration": None, "shared_party": None, "cover_overcommitted": None}
    warnings = msgspec.structs.replace(context.policy.warnings, **nothing)
    context.policy = msgspec.structs.replace(context.policy, warnings=warnings)
    assert day_to_total(context, None) is None
