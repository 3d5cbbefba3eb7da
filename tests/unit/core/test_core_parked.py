"""Facts that name a document not seen yet wait on the account, visibly, and take effect when it arrives."""

import pytest

from tests import builders as b
from tests.scenario import Scenario, alerts, codes, kinds
from tests.unit.core.test_core_exposure import stages

DUE = {"due_on": "2025-04-02"}
WAITING: list[tuple[str, list[b.Said], list[b.Said]]] = [
    ("delivery before its order", [b.delivery(60)], [b.order(amount=100)]),
    ("delivery of two orders", [b.delivery(covers={"O1": 60, "O2": 10})], [b.order("O1", 100), b.order("O2", 100)]),
    ("amended before placed", [b.amended(amount_minor=70)], [b.order(amount=100)]),
    ("cancelled before placed", [b.cancelled()], [b.order(amount=100)]),
    ("desk release before placed", [b.released()], [b.order(amount=2_000)]),
    ("desk rejection before placed", [b.rejected()], [b.order(amount=100)]),
    ("a check before its order", [b.check()], [b.order(amount=100)]),
    ("a reversal before its delivery", [b.delivery_reversed()], [b.order(amount=100), b.delivery(60)]),
    ("payment naming an unseen invoice", [b.payment(60, pays={"I1": 60})], [b.invoice(100)]),
    ("credit note on an unseen invoice", [b.credit_note(60, "I1")], [b.invoice(100)]),
    ("allocation before payment and invoice", [b.allocated(60)], [b.payment(60), b.invoice(100)]),
    ("allocation before invoice and payment", [b.allocated(60)], [b.invoice(100), b.payment(60)]),
    ("reversal of an unseen allocation", [b.allocation_reversed()], [b.payment(60), b.invoice(100), b.allocated(60)]),
    ("cover of an unseen order", [b.invoice(60, orders={"O1": 60})], [b.order(amount=100)]),
    ("cover of an unseen delivery", [b.invoice(60, deliveries={"D1": 60})], [b.order(amount=100), b.delivery(60)]),
    ("deposit for an unseen order", [b.payment(60, for_order_id="O1")], [b.order(amount=100)]),
    ("reversal of an unseen payment", [b.payment_reversed()], [b.invoice(100), b.payment(60)]),
    ("clearing of an unseen payment", [b.payment_cleared()], [b.invoice(100), b.payment(60, status="advised")]),
    ("amendment of an unseen invoice", [b.invoice_amended(amount_minor=70)], [b.invoice(100)]),
    ("cancellation of an unseen invoice", [b.invoice_cancelled()], [b.invoice(100)]),
    ("dispute of an unseen invoice", [b.disputed(60)], [b.invoice(100)]),
    ("resolution of an unseen dispute", [b.dispute_resolved()], [b.invoice(100), b.disputed(60)]),
]


@pytest.mark.parametrize(("early", "late"), [case[1:] for case in WAITING], ids=[case[0] for case in WAITING])
def test_waits_and_then_is_as_if_in_order(acme: Scenario, early: list[b.Said], late: list[b.Said]) -> None:
    assert "fact_waits" in kinds(acme.say(*early))
    assert acme.stands().parked_count == 1
    acme.say(*late)
    assert acme.stands().parked_count == 0

    ordered = Scenario()
    ordered.say(b.account_opened(), b.limit_set(1_000), *late, *early)
    assert stages(acme) == stages(ordered)
    assert acme.stands().disputed_minor == ordered.stands().disputed_minor


@pytest.mark.parametrize("early", [case[1] for case in WAITING], ids=[case[0] for case in WAITING])
def test_what_waits_is_known_when_it_is_sent_again(acme: Scenario, early: list[b.Said]) -> None:
    acme.say(*early)
    ledger = len(acme.ledger)
    acme.say(*early)
    assert len(acme.ledger) == ledger
    assert acme.stands().parked_count == 1


def test_revisions_that_waited_in_the_wrong_order_end_with_the_highest(acme: Scenario) -> None:
    acme.say(b.amended(revision=3, amount_minor=30), b.amended(revision=2, amount_minor=20))
    decisions = acme.say(b.order(amount=100))
    assert "revision_is_superseded" in codes(decisions)
    assert stages(acme) == {"orders": 30}
    assert alerts(decisions) == []


def test_what_waited_and_is_refused_in_the_end_says_so(acme: Scenario) -> None:
    acme.say(b.payment_cleared())
    decisions = acme.say(b.payment(100))
    assert codes(decisions) == ["payment_already_cleared"]
    assert acme.stands().unapplied_minor == 100


def test_a_contradiction_to_what_waits_is_not_lost(acme: Scenario) -> None:
    acme.say(b.delivery(60), b.delivery(70))
    assert "exists_with_different_content" in codes(acme.say(b.order(amount=100)))
    assert stages(acme) == {"orders": 40, "delivered": 60}


def test_an_amended_invoice_still_covers_the_order_it_waits_for(acme: Scenario) -> None:
    acme.say(b.invoice(60, orders={"O1": 60}), b.invoice_amended(due_on="2025-06-01"), b.order(amount=100))
    assert stages(acme) == {"orders": 40, "invoiced": 60}


def test_a_replaced_invoice_covers_only_what_it_says_now(acme: Scenario) -> None:
    acme.say(b.invoice(60, orders={"O1": 60}), b.invoice(60, orders={"O2": 60}, revision=2))
    acme.say(b.order("O1", 100), b.order("O2", 100))
    assert stages(acme) == {"orders": 140, "invoiced": 60}
    assert acme.stands().parked_count == 0


def test_a_reversed_payment_waits_for_no_invoice_any_more(acme: Scenario) -> None:
    acme.say(b.payment(60, pays={"I1": 60}), b.payment_reversed(), b.invoice(100))
    assert stages(acme) == {"invoiced": 100}


def test_one_payment_over_seen_and_unseen_invoices(acme: Scenario) -> None:
    acme.say(b.invoice(50, "I1"), b.payment(100, pays={"I1": 50, "I2": 50}))
    assert stages(acme) == {"unapplied": 50}
    acme.say(b.invoice(80, "I3"), b.invoice(50, "I2"))
    assert stages(acme) == {"invoiced": 80}
