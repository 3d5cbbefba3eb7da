"""An open amount that is given up frees headroom as a discount does, and is never more than is open."""

from tests import builders as b
from tests.scenario import Scenario, codes, kinds
from tests.unit.core.test_core_exposure import stages


def test_a_write_off_closes_what_is_open_and_is_told(acme: Scenario) -> None:
    acme.say(b.invoice(500), b.payment(380, pays={"I1": 380}))
    (told,) = acme.say(b.written_off(120))
    assert (told.invoice_id, told.amount_minor, told.open_minor, told.actor) == ("I1", 120, 0, "kim")
    assert stages(acme) == {}


def test_a_part_given_up_leaves_the_rest_open(acme: Scenario) -> None:
    (told,) = acme.say(b.invoice(500), b.written_off(200))
    assert told.open_minor == 300
    assert stages(acme) == {"invoiced": 300}


def test_no_more_than_is_open_can_be_given_up(acme: Scenario) -> None:
    acme.say(b.invoice(500), b.payment(380, pays={"I1": 380}))
    assert codes(acme.say(b.written_off(121))) == ["write_off_exceeds_open"]
    assert codes(acme.say(b.written_off(120), b.written_off(1))) == ["write_off_exceeds_open"]


def test_another_currency_or_a_cancelled_invoice_is_refused(acme: Scenario) -> None:
    acme.say(b.invoice(500))
    assert codes(acme.say(b.written_off(5, currency="USD"))) == ["currency_differs_from_document"]
    acme.say(b.invoice_cancelled())
    assert codes(acme.say(b.written_off(5))) == ["invoice_already_cancelled"]


def test_it_waits_for_its_invoice_and_takes_effect_with_it(acme: Scenario) -> None:
    assert kinds(acme.say(b.written_off(100))) == ["fact_waits"]
    assert "amount_written_off" in kinds(acme.say(b.invoice(500)))
    assert stages(acme) == {"invoiced": 400}


def test_the_same_write_off_sent_twice_counts_once(acme: Scenario) -> None:
    given_up = b.written_off(100)
    acme.say(b.invoice(500), given_up, given_up)
    assert stages(acme) == {"invoiced": 400}


def test_a_payment_that_bounces_does_not_bring_back_what_was_given_up(acme: Scenario) -> None:
    acme.say(b.invoice(500), b.payment(300, pays={"I1": 300}), b.written_off(200), b.payment_reversed())
    assert stages(acme) == {"invoiced": 300}


def test_an_order_that_waited_for_headroom_goes(acme: Scenario) -> None:
    acme.say(b.invoice(1_000), b.order(amount=100))
    assert "order_released O1" in kinds(acme.say(b.written_off(100)))
