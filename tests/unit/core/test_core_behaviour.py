"""How an account pays and what it buys: from its own invoices, each counted once, whatever is corrected later."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from projections.behaviour import behaviour_of, fast_delay_centidays, settled_lately, slow_delay_centidays, sold_in
from projections.behaviour_rows import Behaviour
from schemas.decisions import GradeChanged
from tests import builders as b
from tests.scenario import Scenario

DUE = "2025-04-02"


def behaviour(scenario: Scenario) -> Behaviour:
    """Return the account's behaviour; it is known to have one."""
    found = behaviour_of(scenario.partition.book, b.ACCOUNT)
    assert found is not None
    return found


def paid(scenario: Scenario) -> tuple[int, int, int | None]:
    """Return how many items were settled, how many of them late, and the mean days late in hundredths."""
    found = behaviour(scenario)
    return found.settled_count, found.late_count, slow_delay_centidays(found)


@pytest.mark.parametrize(("received_on", "late"), [("2025-03-28", -5), (DUE, 0), ("2025-04-12", 10)])
def test_an_invoice_counts_by_the_day_it_was_paid_against_the_day_it_was_due(
    acme: Scenario, received_on: str, late: int
) -> None:
    acme.say(b.day_closed("2025-04-20"), b.invoice(100, due_on=DUE), b.payment(100, received_on=received_on))
    assert paid(acme) == (1, int(late > 0), late * 100)
    assert behaviour(acme).last_settled_on == received_on


def test_a_part_payment_settles_nothing_and_the_last_one_dates_it(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-04-20"), b.invoice(100, due_on=DUE), b.payment(60, "P1", received_on="2025-03-20"))
    assert paid(acme) == (0, 0, None)
    acme.say(b.payment(40, "P2", received_on="2025-04-08"))
    assert paid(acme) == (1, 1, 600)


def test_a_large_invoice_weighs_more_than_a_small_one(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-04-20"), b.invoice(900, "I1", due_on=DUE), b.invoice(100, "I2", due_on=DUE))
    acme.say(b.payment(900, "P1", pays={"I1": 900}, received_on="2025-04-12"))
    acme.say(b.payment(100, "P2", pays={"I2": 100}, received_on=DUE))
    assert paid(acme) == (2, 1, 900)


def test_credit_says_nothing_about_paying(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-05-20"), b.invoice(100, due_on=DUE))
    acme.say(b.credit_note(100, "I1", issued_on="2025-05-10"))
    assert paid(acme) == (0, 0, None)


def test_a_late_credit_for_the_rest_makes_no_late_payment(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-05-20"), b.invoice(100, due_on=DUE), b.payment(90, received_on="2025-04-01"))
    acme.say(b.credit_note(10, "I1", issued_on="2025-05-10"))
    assert paid(acme) == (1, 0, -100)


def test_a_bounced_payment_counts_no_longer_and_its_invoice_by_the_next_one(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-05-20"), b.invoice(100, due_on=DUE), b.payment(100, "P1", received_on="2025-04-01"))
    acme.say(b.payment_reversed("P1"))
    assert paid(acme) == (0, 0, None)
    acme.say(b.payment(100, "P2", received_on="2025-05-02"))
    assert paid(acme) == (1, 1, 3_000)


def test_what_was_paid_provisionally_gives_way_to_what_the_customer_meant(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-05-20"), b.invoice(100, "I1", due_on=DUE), b.invoice(100, "I2", due_on="2025-05-02"))
    acme.say(b.payment(100, "P1", received_on="2025-05-02"))
    assert paid(acme) == (1, 1, 3_000)
    acme.say(b.allocated(100, "I2", "P1"))
    assert paid(acme) == (1, 0, 0)


def test_a_corrected_due_date_corrects_the_delay(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-05-20"), b.invoice(100, due_on=DUE), b.payment(100, received_on="2025-05-02"))
    acme.say(b.invoice_amended(due_on="2025-05-01"))
    assert paid(acme) == (1, 1, 100)


def test_a_cancelled_invoice_was_neither_sold_nor_paid(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-05-20"), b.invoice(100, due_on=DUE), b.payment(100, received_on="2025-05-02"))
    acme.say(b.invoice_cancelled())
    assert paid(acme) == (0, 0, None)
    assert sold_in(behaviour(acme), 13, "2025-05-20") == 0


def test_each_instalment_is_an_item_of_its_own(acme: Scenario) -> None:
    parts = [{"instalment_no": 1, "amount_minor": 50, "due_on": DUE}]
    parts += [{"instalment_no": 2, "amount_minor": 50, "due_on": "2025-05-02"}]
    acme.say(b.day_closed("2025-05-20"), b.invoice(100, instalments=parts), b.payment(100, received_on="2025-04-22"))
    assert paid(acme) == (2, 1, 500)


def test_lately_and_in_the_long_run_differ_when_payment_drifts(acme: Scenario) -> None:
    for month in range(1, 13):
        late = 0 if month < 11 else 24
        acme.say(b.day_closed(f"2025-{month:02}-28"))
        acme.say(b.invoice(100, f"I{month}", issued_on=f"2025-{month:02}-01", due_on=f"2025-{month:02}-02"))
        acme.say(b.payment(100, f"P{month}", received_on=f"2025-{month:02}-{2 + late:02}"))
    found = behaviour(acme)
    assert (fast_delay_centidays(found), slow_delay_centidays(found)) == (1_800, 803)
    assert (settled_lately(found), found.longest_delay_days) == (12, 24)


def test_what_was_paid_a_year_ago_still_counts_where_nothing_was_since(acme: Scenario) -> None:
    for number in range(5):
        acme.say(b.invoice(100, f"I{number}", due_on="2025-03-05"))
        acme.say(b.payment(100, f"P{number}", pays={f"I{number}": 100}, received_on="2025-03-15"))
    acme.say(b.day_closed("2026-03-10"), b.invoice(100, "J", issued_on="2026-03-10", due_on="2026-04-10"))
    found = behaviour(acme)
    assert (fast_delay_centidays(found), slow_delay_centidays(found), settled_lately(found)) == (1_000, 1_000, 5)
    decisions = acme.say(b.bureau(900, "2026-03-10"))
    assert [one.grade for one in decisions if isinstance(one, GradeChanged)] == []
    acme.say(b.day_closed("2026-04-10"), b.invoice(100, "K", issued_on="2026-04-10", due_on="2026-05-10"))
    assert (fast_delay_centidays(behaviour(acme)), settled_lately(behaviour(acme))) == (None, 0)


def test_sales_are_kept_by_month_for_a_year_and_the_present_month(acme: Scenario) -> None:
    for month in range(1, 13):
        acme.say(b.day_closed(f"2025-{month:02}-28"))
        acme.say(b.invoice(month, f"I{month}", issued_on=f"2025-{month:02}-10", due_on="2026-06-01"))
    found = behaviour(acme)
    assert (sold_in(found, 1, "2025-12-31"), sold_in(found, 3, "2025-12-31")) == (12, 33)
    assert sold_in(found, 3, "2026-02-01") == 12
    acme.say(b.day_closed("2026-02-10"), b.invoice(100, "J", issued_on="2026-02-10", due_on="2026-06-01"))
    assert sold_in(behaviour(acme), 13, "2026-02-10") == 100 + sum(range(2, 13))


def test_an_amended_amount_is_what_was_sold(acme: Scenario) -> None:
    acme.say(b.invoice(100), b.invoice_amended(amount_minor=70))
    assert sold_in(behaviour(acme), 1, b.DAY) == 70


def test_a_date_far_ahead_is_of_this_month_and_wipes_nothing(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-03-10"), b.invoice(100, "I1"), b.invoice(50, "I2", issued_on="2205-03-03"))
    assert sold_in(behaviour(acme), 1, b.DAY) == 150


def test_foreign_sales_count_at_the_rate_in_force(acme: Scenario) -> None:
    acme.say(b.rates_set(USD="2"), b.invoice(100, currency="USD"))
    assert sold_in(behaviour(acme), 1, b.DAY) == 50


def test_the_highest_exposure_is_remembered_with_its_day(given: Callable[[int], Scenario]) -> None:
    scenario = given(1_000)
    scenario.say(b.day_closed("2025-03-10"), b.order("O1", 700), b.order("O2", 200), b.day_closed("2025-03-20"))
    scenario.say(b.cancelled("O1"), b.order("O3", 600))
    account = scenario.partition.book.account(b.ACCOUNT)
    assert account is not None
    assert (account.highest_minor, account.highest_on) == (900, "2025-03-11")
