"""What cash pays: named, else what is due first until somebody says otherwise; and all of it undone again."""

from typing import Any, cast

from projections.rows import Cash, Invoice
from tests import builders as b
from tests.builders import ACCOUNT
from tests.scenario import Scenario, codes


def owes(scenario: Scenario, invoice_id: str) -> int:
    """Return what of an invoice is open."""
    found = cast(Invoice, scenario.partition.book.document("invoice", ACCOUNT, invoice_id))
    return sum(part.open() for part in found.parts)


def free(scenario: Scenario, payment_id: str = "P1", kind: str = "payment") -> int:
    """Return what of a payment pays nothing."""
    return cast(Cash, scenario.partition.book.document(kind, ACCOUNT, payment_id)).free()


def two_invoices(scenario: Scenario, **more: Any) -> Scenario:
    """Say two invoices of 100; the second one is due first."""
    scenario.say(b.invoice(100, "I1", due_on="2025-05-01"), b.invoice(100, "I2", due_on="2025-04-01", **more))
    return scenario


def test_cash_nobody_allocated_pays_what_is_due_first(acme: Scenario) -> None:
    two_invoices(acme).say(b.payment(130))
    assert (owes(acme, "I1"), owes(acme, "I2")) == (70, 0)


def test_cash_that_came_first_pays_the_next_invoice_oldest_cash_first(acme: Scenario) -> None:
    acme.say(b.payment(30, "P1"), b.payment(50, "P2"), b.invoice(60))
    assert (free(acme, "P1"), free(acme, "P2"), owes(acme, "I1")) == (0, 20, 0)


def test_named_cash_pays_what_it_names_and_the_rest_stays_unapplied(acme: Scenario) -> None:
    two_invoices(acme).say(b.payment(130, pays={"I1": 90}))
    assert (owes(acme, "I1"), owes(acme, "I2")) == (10, 100)
    assert acme.stands().unapplied_minor == 40


def test_an_allocation_displaces_provisional_use_of_the_same_cash(acme: Scenario) -> None:
    two_invoices(acme).say(b.payment(100))
    assert (owes(acme, "I1"), owes(acme, "I2")) == (100, 0)
    acme.say(b.allocated(60, "I1"))
    assert (owes(acme, "I1"), owes(acme, "I2")) == (40, 60)


def test_an_allocation_displaces_other_cash_which_pays_what_is_due_next(acme: Scenario) -> None:
    two_invoices(acme).say(b.payment(100, "P1"), b.payment(50, "P2"))
    assert (owes(acme, "I1"), owes(acme, "I2")) == (50, 0)
    acme.say(b.allocated(50, "I2", "P2"))
    assert (owes(acme, "I1"), owes(acme, "I2")) == (50, 0)
    acme.say(b.payment_reversed("P1"))
    assert (owes(acme, "I1"), owes(acme, "I2")) == (100, 50)


def test_a_named_payment_displaces_provisional_cash(acme: Scenario) -> None:
    two_invoices(acme).say(b.payment(100, "P1"), b.payment(100, "P2", pays={"I2": 100}))
    assert (owes(acme, "I1"), owes(acme, "I2")) == (0, 0)


def test_an_allocation_to_one_instalment(acme: Scenario) -> None:
    parts = [{"instalment_no": number, "amount_minor": 50, "due_on": f"2025-0{3 + number}-01"} for number in (1, 2)]
    acme.say(b.invoice(100, instalments=parts), b.payment(50), b.allocated(50, number=2))
    found = cast(Invoice, acme.partition.book.document("invoice", ACCOUNT, "I1"))
    assert [part.open() for part in found.parts] == [50, 0]


def test_a_reversed_payment_opens_what_it_paid_and_free_cash_steps_in(acme: Scenario) -> None:
    acme.say(b.invoice(100), b.payment(100, "P1"), b.payment(30, "P2"), b.payment_reversed("P1"))
    assert (owes(acme, "I1"), free(acme, "P2")) == (70, 0)


def test_a_reversed_allocation_frees_its_cash(acme: Scenario) -> None:
    two_invoices(acme).say(b.payment(100), b.allocated(100, "I1"), b.allocation_reversed())
    assert (owes(acme, "I1"), owes(acme, "I2")) == (100, 0)


def test_a_corrected_allocation_replaces_the_first(acme: Scenario) -> None:
    two_invoices(acme).say(b.payment(100), b.allocated(100, "I1"), b.allocated(40, "I1", revision=2))
    assert (owes(acme, "I1"), owes(acme, "I2")) == (60, 40)


def test_an_allocation_corrected_to_another_invoice(acme: Scenario) -> None:
    acme.say(b.invoice(100, "I1"), b.invoice(100, "I2"), b.payment(100, pays={"I1": 1}))
    acme.say(b.allocated(60, "I1"), b.allocated(60, "I2", revision=2))
    assert (owes(acme, "I1"), owes(acme, "I2")) == (99, 40)
    acme.say(b.allocation_reversed())
    assert (owes(acme, "I1"), owes(acme, "I2")) == (99, 100)


def test_a_reversed_allocation_made_again(acme: Scenario) -> None:
    acme.say(b.invoice(100), b.payment(60, pays={"I9": 1}), b.allocated(50), b.allocation_reversed())
    assert owes(acme, "I1") == 100
    acme.say(b.allocated(40, revision=2))
    assert owes(acme, "I1") == 60


def test_an_allocation_before_its_cash_cleared_takes_effect_when_it_does(acme: Scenario) -> None:
    two_invoices(acme).say(b.payment(100, status="advised"), b.allocated(100, "I1"))
    assert acme.stands().exposure_minor == 200
    acme.say(b.payment_cleared())
    assert (owes(acme, "I1"), owes(acme, "I2")) == (0, 100)


def test_a_credit_note_is_allocated_like_cash(acme: Scenario) -> None:
    two_invoices(acme).say(b.credit_note(50), b.allocated(50, "I1", source={"credit_note_id": "C1"}))
    assert (owes(acme, "I1"), owes(acme, "I2")) == (50, 100)


def test_a_credit_note_corrected_to_be_at_large(acme: Scenario) -> None:
    two_invoices(acme).say(b.credit_note(50, "I1"), b.credit_note(50, revision=2))
    assert (owes(acme, "I1"), owes(acme, "I2")) == (100, 50)


def test_a_corrected_payment_keeps_what_was_allocated(acme: Scenario) -> None:
    two_invoices(acme).say(b.payment(100), b.allocated(100, "I1"), b.payment(100, revision=2, method="sepa"))
    assert (owes(acme, "I1"), owes(acme, "I2")) == (0, 100)


def test_a_corrected_payment_allocated_and_then_cut(acme: Scenario) -> None:
    two_invoices(acme).say(b.payment(100), b.allocated(100, "I1"), b.payment(60, revision=2))
    assert (owes(acme, "I1"), owes(acme, "I2")) == (40, 100)
    acme.say(b.allocation_reversed())
    assert (owes(acme, "I1"), owes(acme, "I2")) == (100, 40)


def test_a_corrected_invoice_keeps_its_cash_and_frees_what_is_too_much(acme: Scenario) -> None:
    two_invoices(acme).say(b.payment(100), b.invoice(40, "I2", revision=2, due_on="2025-04-01"))
    assert (owes(acme, "I1"), owes(acme, "I2")) == (40, 0)


def test_cash_of_a_cancelled_invoice_pays_the_next(acme: Scenario) -> None:
    two_invoices(acme).say(b.payment(100), b.invoice_cancelled("I2"))
    assert owes(acme, "I1") == 0
    assert acme.stands().exposure_minor == 0


def test_a_cancelled_invoice_cannot_be_paid(acme: Scenario) -> None:
    acme.say(b.invoice(100), b.invoice_cancelled(), b.payment(100, pays={"I1": 100}))
    assert acme.stands().unapplied_minor == 100


def test_cash_pays_only_its_own_currency(acme: Scenario) -> None:
    acme.say(b.rates_set(USD="1"), b.invoice(100), b.payment(100, currency="USD"))
    assert owes(acme, "I1") == 100
    assert codes(acme.say(b.allocated(100))) == ["currency_differs_from_document"]


def test_an_allocation_takes_no_more_than_the_cash_has(acme: Scenario) -> None:
    two_invoices(acme).say(b.payment(50, pays={"I1": 50}), b.allocated(100, "I2"))
    assert (owes(acme, "I1"), owes(acme, "I2")) == (50, 100)
