"""Exposure by stage: each step of an order moves value on, and nothing counts twice."""

import pytest

from tests import builders as b
from tests.scenario import Scenario

STAGES = ("orders", "pending", "delivered", "invoiced", "unapplied", "uncleared", "deposits", "bills")


def stages(scenario: Scenario) -> dict[str, int]:
    """Return the stages that are not zero."""
    stands = scenario.stands()
    return {name: amount for name in STAGES if (amount := getattr(stands, f"{name}_minor"))}


def test_an_order_moves_through_every_stage(acme: Scenario) -> None:
    acme.say(b.order(amount=300))
    assert stages(acme) == {"orders": 300}
    acme.say(b.delivery(200))
    assert stages(acme) == {"orders": 100, "delivered": 200}
    acme.say(b.invoice(200, orders={"O1": 200}))
    assert stages(acme) == {"orders": 100, "invoiced": 200}
    acme.say(b.payment(150, pays={"I1": 150}))
    assert stages(acme) == {"orders": 100, "invoiced": 50}
    assert acme.stands().exposure_minor == 150
    assert acme.stands().headroom_minor == 850


def test_an_order_that_waits_is_pending_and_not_counted(acme: Scenario) -> None:
    acme.say(b.order(amount=1_500))
    assert stages(acme) == {"pending": 1_500}
    assert acme.stands().exposure_minor == 0


CASES: list[tuple[str, list[b.Said], dict[str, int]]] = [
    ("over-delivery counts what left", [b.order(amount=100), b.delivery(130)], {"delivered": 130}),
    ("under-delivery keeps the rest", [b.order(amount=100), b.delivery(70)], {"orders": 30, "delivered": 70}),
    ("a final delivery lets the rest go", [b.order(amount=100), b.delivery(70, final=True)], {"delivered": 70}),
    (
        "many deliveries of one order",
        [b.order(amount=100), b.delivery(30), b.delivery(20, delivery_id="D2")],
        {"orders": 50, "delivered": 50},
    ),
    (
        "one delivery of many orders",
        [b.order("O1", 100), b.order("O2", 100), b.delivery(covers={"O1": 60, "O2": 100})],
        {"orders": 40, "delivered": 160},
    ),
    (
        "one invoice over many orders",
        [b.order("O1", 100), b.order("O2", 50), b.delivery(covers={"O1": 100, "O2": 50})]
        + [b.invoice(150, orders={"O1": 100, "O2": 50})],
        {"invoiced": 150},
    ),
    (
        "many invoices over one order",
        [b.order(amount=100), b.delivery(100), b.invoice(40, orders={"O1": 40})]
        + [b.invoice(50, "I2", orders={"O1": 50})],
        {"delivered": 10, "invoiced": 90},
    ),
    (
        "a final invoice lets the rest go",
        [b.order(amount=100), b.delivery(100), b.invoice(90, orders={"O1": 90}, final=True)],
        {"invoiced": 90},
    ),
    ("invoice before delivery", [b.order(amount=100), b.invoice(100, orders={"O1": 100})], {"invoiced": 100}),
    (
        "invoice before delivery, then delivery",
        [b.order(amount=100), b.invoice(100, orders={"O1": 100}), b.delivery(100)],
        {"invoiced": 100},
    ),
    (
        "invoice naming a delivery",
        [b.order(amount=100), b.delivery(60), b.invoice(60, deliveries={"D1": 60})],
        {"orders": 40, "invoiced": 60},
    ),
    (
        "invoice naming a delivery of two orders fills the first",
        [b.order("O1", 100), b.order("O2", 100), b.delivery(covers={"O1": 60, "O2": 60})]
        + [b.invoice(80, deliveries={"D1": 80})],
        {"orders": 80, "delivered": 40, "invoiced": 80},
    ),
    (
        "a delivery that came back",
        [b.order(amount=100), b.delivery(60), b.delivery_reversed()],
        {"orders": 100},
    ),
    (
        "a corrected delivery",
        [b.order(amount=100), b.delivery(60), b.delivery(10, revision=2)],
        {"orders": 90, "delivered": 10},
    ),
    (
        "a cancelled invoice",
        [b.order(amount=100), b.delivery(60), b.invoice(60, orders={"O1": 60}), b.invoice_cancelled()],
        {"orders": 40, "delivered": 60},
    ),
    ("an invoice without an order", [b.invoice(70)], {"invoiced": 70}),
    ("cash before anything", [b.payment(70)], {"unapplied": 70}),
    (
        "cash only advised frees nothing",
        [b.invoice(100), b.payment(70, status="advised")],
        {"invoiced": 100, "uncleared": 70},
    ),
    (
        "advised, then cleared",
        [b.invoice(100), b.payment(70, status="advised"), b.payment_cleared()],
        {"invoiced": 30},
    ),
    ("cash above what is owed", [b.invoice(100), b.payment(120)], {"unapplied": 20}),
    ("a bounced payment", [b.invoice(100), b.payment(70), b.payment_reversed()], {"invoiced": 100}),
    ("a credit note on its invoice", [b.invoice(100), b.credit_note(30, "I1")], {"invoiced": 70}),
    ("a credit note at large", [b.credit_note(30), b.invoice(100)], {"invoiced": 70}),
    (
        "a deposit for its order",
        [b.order(amount=100), b.payment(40, for_order_id="O1")],
        {"orders": 100, "deposits": 40},
    ),
    (
        "a deposit above its order",
        [b.order(amount=100), b.payment(140, for_order_id="O1")],
        {"orders": 100, "deposits": 100},
    ),
    (
        "a deposit pays its order's invoice",
        [b.order(amount=100), b.payment(40, for_order_id="O1"), b.delivery(100), b.invoice(100, orders={"O1": 100})],
        {"invoiced": 60},
    ),
    (
        "a deposit of a cancelled order is cash again",
        [b.order(amount=100), b.payment(40, for_order_id="O1"), b.cancelled()],
        {"unapplied": 40},
    ),
    (
        "a deposit of a cancelled order pays the next invoice",
        [b.order(amount=100), b.payment(40, for_order_id="O1"), b.cancelled(), b.invoice(70)],
        {"invoiced": 30},
    ),
    (
        "an advised deposit cleared after its order ended is cash",
        [b.order(amount=100), b.payment(40, for_order_id="O1", status="advised"), b.cancelled(), b.payment_cleared()],
        {"unapplied": 40},
    ),
    (
        "a discount settles with the cash",
        [b.invoice(100), b.payment(97), b.allocated(97, discount_minor=3)],
        {},
    ),
    (
        "a discount goes with its allocation",
        [b.invoice(100), b.payment(97), b.allocated(97, discount_minor=3), b.allocation_reversed()],
        {"invoiced": 3},
    ),
    (
        "a discount goes with its bounced payment",
        [b.invoice(100), b.payment(97), b.allocated(97, discount_minor=3), b.payment_reversed()],
        {"invoiced": 100},
    ),
    ("a cancelled order", [b.order(amount=100), b.cancelled()], {}),
    ("a part delivered order that is closed", [b.order(amount=100), b.delivery(60), b.closed()], {"delivered": 60}),
    ("a reopened order", [b.order(amount=100), b.cancelled(), b.reopened()], {"orders": 100}),
    ("a quote is not counted", [b.order(amount=100, kind="quote")], {}),
    ("a contract is not counted", [b.order(amount=100, kind="contract")], {}),
    ("a quote that became an order", [b.order(amount=100, kind="quote"), b.amended(kind="order")], {"orders": 100}),
    ("an order that became a quote", [b.order(amount=100), b.amended(kind="quote")], {}),
    ("an order amended up", [b.order(amount=100), b.amended(amount_minor=150)], {"orders": 150}),
    ("an order amended down", [b.order(amount=100), b.amended(amount_minor=50)], {"orders": 50}),
    (
        "an order amended below what left",
        [b.order(amount=100), b.delivery(60), b.amended(amount_minor=50)],
        {"delivered": 60},
    ),
    ("a corrected invoice", [b.invoice(100), b.payment(40), b.invoice(70, revision=2)], {"invoiced": 30}),
    (
        "an invoice amended below what was paid",
        [b.invoice(100), b.payment(80), b.invoice_amended(amount_minor=70)],
        {"unapplied": 10},
    ),
    (
        "a payment that cleared stays so when it is corrected",
        [b.payment(70, status="advised"), b.payment_cleared(), b.payment(60, status="advised", revision=2)],
        {"unapplied": 60},
    ),
    ("a corrected payment", [b.invoice(100), b.payment(40), b.payment(70, revision=2)], {"invoiced": 30}),
]


@pytest.mark.parametrize(("facts", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_stages(acme: Scenario, facts: list[b.Said], expected: dict[str, int]) -> None:
    decisions = acme.say(*facts)
    assert not [found for found in decisions if found.__struct_config__.tag == "fact_rejected"]
    assert stages(acme) == expected


def test_an_amendment_that_finalises_an_invoice(acme: Scenario) -> None:
    acme.say(b.order(amount=100), b.delivery(60), b.invoice(50, orders={"O1": 50}))
    assert stages(acme) == {"orders": 40, "delivered": 10, "invoiced": 50}
    acme.say(b.invoice_amended(final=True))
    assert stages(acme) == {"invoiced": 50}


def test_instalments_are_paid_in_order_of_their_due_dates(acme: Scenario) -> None:
    parts = [
        {"instalment_no": 1, "amount_minor": 60, "due_on": "2025-05-01"},
        {"instalment_no": 2, "amount_minor": 40, "due_on": "2025-04-01"},
    ]
    acme.say(b.invoice(100, instalments=parts), b.payment(50), b.day_closed("2025-04-15"))
    assert stages(acme) == {"invoiced": 50}
    assert acme.stands().overdue_minor == 0
    acme.say(b.day_closed("2025-05-02"))
    assert acme.stands().overdue_minor == 50


def test_an_invoice_of_one_instalment_can_be_amended(acme: Scenario) -> None:
    acme.say(b.invoice(100, instalments=[{"instalment_no": 3, "amount_minor": 100, "due_on": "2025-04-01"}]))
    acme.say(b.invoice_amended(amount_minor=80), b.day_closed("2025-04-02"))
    assert stages(acme) == {"invoiced": 80}
    assert acme.stands().overdue_minor == 80


def test_disputes_are_shown_apart_and_stay_exposure(acme: Scenario) -> None:
    acme.say(b.invoice(100), b.disputed(30))
    assert (acme.stands().invoiced_minor, acme.stands().disputed_minor) == (100, 30)
    acme.say(b.disputed(90, dispute_id="T2"))
    assert acme.stands().disputed_minor == 100
    acme.say(b.dispute_resolved("T2"), b.payment(80, pays={"I1": 80}))
    assert acme.stands().disputed_minor == 20


def test_a_deposit_frees_headroom_for_its_own_order_only(acme: Scenario) -> None:
    acme.say(b.order("O1", 900), b.payment(900, for_order_id="O1"))
    assert acme.stands().headroom_minor == 1_000
    acme.say(b.payment(500, "P2", for_order_id="O2"))
    assert acme.stands().headroom_minor == 1_000
    acme.say(b.order("O2", 1_400))
    assert stages(acme) == {"orders": 2_300, "deposits": 1_400}


def test_overdue_begins_on_the_day_after_the_due_date_is_closed(acme: Scenario) -> None:
    acme.say(b.invoice(100, due_on="2025-04-02"), b.day_closed("2025-04-02"))
    assert acme.stands().overdue_minor == 0
    acme.say(b.day_closed("2025-04-03"))
    assert acme.stands().overdue_minor == 100
    acme.say(b.payment(100))
    assert acme.stands().overdue_minor == 0


def test_an_invoice_that_arrives_overdue_is_so_at_once(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-05-01"), b.invoice(100, due_on="2025-04-02"))
    assert acme.stands().overdue_minor == 100
    acme.say(b.invoice_amended(due_on="2025-05-01"))
    assert acme.stands().overdue_minor == 0
    acme.say(b.day_closed("2025-05-02"))
    assert acme.stands().overdue_minor == 100


def test_a_part_overdue_before_the_last_recount_stays_overdue_when_reopened(acme: Scenario) -> None:
    acme.say(b.invoice(100, due_on="2025-04-02"), b.payment(100), b.day_closed("2025-04-10"))
    acme.say(b.payment_reversed())
    assert acme.stands().overdue_minor == 100


def test_a_reversed_delivery_is_not_corrected_back(acme: Scenario) -> None:
    acme.say(b.order(amount=100), b.delivery(60), b.delivery_reversed())
    refused = acme.say(b.delivery(50, revision=2))
    assert [found.code for found in refused] == ["delivery_already_reversed"]
    assert stages(acme) == {"orders": 100}


def test_a_reversed_delivery_keeps_its_invoice(acme: Scenario) -> None:
    """The goods may be delivered again and the invoice still stands until it is credited: both are at risk."""
    acme.say(b.order(amount=100), b.delivery(100), b.invoice(100, deliveries={"D1": 100}), b.delivery_reversed())
    assert stages(acme) == {"orders": 100, "invoiced": 100}


def test_balances_in_other_currencies_are_valued_at_the_rate_in_force(acme: Scenario) -> None:
    acme.say(b.rates_set(USD="1.25"), b.invoice(100), b.invoice(500, "I2", currency="USD"))
    assert acme.stands().exposure_minor == 500
    acme.say(b.payment(100, currency="USD"))
    assert acme.stands().exposure_minor == 420
    assert acme.stands().by_currency is not None
    assert acme.stands().by_currency["USD"].invoiced_minor == 400
    acme.say(b.rates_set(USD="1"))
    assert acme.stands().exposure_minor == 500


def test_an_invoice_in_the_wrong_currency_is_corrected_and_its_cash_is_free_again(acme: Scenario) -> None:
    acme.say(b.rates_set(USD="2"), b.invoice(100), b.payment(40, pays={"I1": 40}), b.invoice_amended(currency="USD"))
    assert acme.stands().by_currency is not None
    assert acme.stands().by_currency["USD"].invoiced_minor == 100
    assert acme.stands().by_currency["EUR"].unapplied_minor == 40
    assert acme.stands().exposure_minor == 10
