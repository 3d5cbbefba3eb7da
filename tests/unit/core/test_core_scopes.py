"""Parts of an account: what one customer, seller or segment owes, and what a limit for it leaves an order."""

from typing import cast

import pytest

from projections.dossier_view import view_of
from projections.recording import Recording
from projections.rows import Order
from projections.scopes import ScopeStanding, scopes_of
from schemas.envelope import DEFAULT
from schemas.ledger import Source
from tests import builders as b
from tests.scenario import START_MS, Scenario, codes, kinds
from tests.unit.core.test_core_headroom import answers


def standings(scenario: Scenario, order_id: str = "O1", own_minor: int = 0) -> list[ScopeStanding]:
    """Return where the scopes with limits stand that cover an order."""
    book, context = scenario.partition.book, scenario.partition.context
    account = book.account(b.ACCOUNT)
    assert account is not None
    recording = Recording(book, context, account, DEFAULT, "orders", b"", START_MS, Source("", 0, 0, 0))
    return scopes_of(recording, cast(Order, book.document("order", b.ACCOUNT, order_id)), own_minor)


def free(scenario: Scenario, order_id: str = "O1") -> dict[str, int]:
    """Return the headroom of each scope that covers an order, the order itself counted."""
    return {found.scope: found.headroom_minor for found in standings(scenario, order_id)}


def test_what_a_customer_owes_goes_through_all_stages_and_is_counted_once(acme: Scenario) -> None:
    acme.say(b.limit_set(500, scope={"customer_id": "C-1"}))
    acme.say(b.order("O1", 200, customer_id="C-1"))
    assert standings(acme) == [ScopeStanding("customer/C-1", 200, 500, 300)]
    assert standings(acme, own_minor=200) == [ScopeStanding("customer/C-1", 0, 500, 500)]
    acme.say(b.delivery(200), b.invoice(200, orders={"O1": 200}, customer_id="C-1"))
    assert free(acme) == {"customer/C-1": 300}
    acme.say(b.payment(150, customer_id="C-1"))
    assert free(acme) == {"customer/C-1": 450}


def test_cash_of_a_customer_that_pays_nothing_yet_counts_for_that_customer(acme: Scenario) -> None:
    acme.say(b.limit_set(500, scope={"customer_id": "C-1"}), b.order("O1", 200, customer_id="C-1"))
    acme.say(b.payment(150, customer_id="C-1"))
    assert free(acme) == {"customer/C-1": 450}
    acme.say(b.invoice(100, customer_id="C-2"))
    assert free(acme) == {"customer/C-1": 350}, "it pays what is due first, whoever bought it"


def test_an_order_has_to_pass_every_scope_that_covers_it(acme: Scenario) -> None:
    acme.say(b.limit_set(500, scope={"customer_id": "C-1"}), b.limit_set(300, scope={"seller_id": "DE"}))
    acme.say(b.limit_set(90, scope={"segment": "retail"}))
    answer = acme.say(b.order("O1", 100, customer_id="C-1", seller_id="DE", segment="retail"))[0]
    assert answer.reasons == [
        {
            "code": "scope_limit_exceeded",
            "scope": "segment/retail",
            "amount_minor": 100,
            "exposure_minor": 0,
            "limit_minor": 90,
            "over_minor": 10,
            "answer": "refer",
        }
    ]
    assert free(acme) == {"customer/C-1": 500, "seller/DE": 300, "segment/retail": 90}
    acme.say(b.order("O2", 50, seller_id="DE"))
    assert free(acme, "O2") == {"seller/DE": 250}
    assert codes(acme.say(b.order("O3", 251, seller_id="DE"))) == ["scope_limit_exceeded"]
    freed = acme.say(b.limit_set(400, scope={"segment": "retail"}), b.limit_set(400, scope={"seller_id": "DE"}))
    assert kinds(freed) == ["order_released O1"], "then O3 does not fit the seller's limit any more"


def test_a_scope_without_a_limit_says_nothing(acme: Scenario) -> None:
    acme.say(b.order("O1", 100, customer_id="C-1", segment="retail"))
    assert standings(acme) == []


def test_a_limit_set_later_finds_what_is_owed_already(acme: Scenario) -> None:
    acme.say(b.invoice(100, customer_id="C-1"), b.order("O1", 50, customer_id="C-1"))
    acme.say(b.limit_set(200, scope={"customer_id": "C-1"}))
    assert free(acme) == {"customer/C-1": 50}


def test_the_accounts_own_customer_is_no_scope_of_its_own(acme: Scenario) -> None:
    acme.say(b.limit_set(700, scope={"customer_id": b.ACCOUNT}), b.order("O1", 100, customer_id=b.ACCOUNT))
    assert standings(acme) == []
    assert acme.stands().limit_minor == 700


def test_an_invoice_that_names_no_customer_belongs_to_that_of_its_order(acme: Scenario) -> None:
    acme.say(b.limit_set(500, scope={"customer_id": "C-1"}), b.order("O1", 200, customer_id="C-1"))
    acme.say(b.invoice(200, orders={"O1": 200}))
    assert free(acme) == {"customer/C-1": 300}


def test_an_order_that_turns_out_to_be_another_customers_moves(acme: Scenario) -> None:
    acme.say(b.limit_set(500, scope={"customer_id": "C-1"}), b.limit_set(600, scope={"customer_id": "C-2"}))
    acme.say(b.order("O1", 200, customer_id="C-1"), b.amended(customer_id="C-2"))
    assert free(acme) == {"customer/C-2": 400}
    acme.say(b.order("O2", 10, customer_id="C-1"))
    assert free(acme, "O2") == {"customer/C-1": 490}


def test_a_temporary_limit_of_a_scope_begins_and_lapses_with_the_days(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-03-03"), b.limit_set(500, scope={"seller_id": "DE"}))
    acme.say(b.limit_set(900, scope={"seller_id": "DE"}, valid_from="2025-03-05", valid_until="2025-03-06"))
    acme.say(b.order("O1", 100, seller_id="DE"))
    assert free(acme) == {"seller/DE": 400}
    acme.say(b.day_closed("2025-03-04"))
    assert free(acme) == {"seller/DE": 800}
    acme.say(b.day_closed("2025-03-06"))
    assert free(acme) == {"seller/DE": 400}


def test_an_unlimited_scope_leaves_the_account_to_decide(acme: Scenario) -> None:
    acme.say(b.limit_set(0, unlimited=True, scope={"seller_id": "DE"}), b.order("O1", 100, seller_id="DE"))
    assert standings(acme) == []


def test_several_currencies_are_valued_in_the_accounts(acme: Scenario) -> None:
    acme.say(b.rates_set(USD="1.25"), b.limit_set(500, scope={"segment": "retail"}))
    acme.say(b.invoice(125, currency="USD", segment="retail"), b.order("O1", 100, segment="retail"))
    assert free(acme) == {"segment/retail": 300}


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        (b.limit_set(5, scope={"customer_id": "C-1", "segment": "retail"}), "limit_scope_names_several"),
        (b.limit_set(5, currency="USD", scope={"customer_id": "C-1"}), "limit_currency_differs_from_account"),
    ],
)
def test_a_limit_of_a_scope_that_cannot_be_kept_is_refused(acme: Scenario, limit: b.Said, code: str) -> None:
    assert codes(acme.say(limit)) == [code]


def test_a_request_for_a_limit_of_several_parts_is_refused_when_it_is_made(acme: Scenario) -> None:
    scope = {"customer_id": "C-1", "segment": "retail"}
    assert codes(acme.say(b.limit_requested(5, scope=scope))) == ["limit_scope_names_several"]


def test_an_order_over_the_limit_of_its_customer_waits_and_goes_when_that_customer_has_paid(acme: Scenario) -> None:
    acme.say(b.limit_set(300, scope={"customer_id": "C-1"}))
    acme.say(b.invoice(250, "I1", customer_id="C-1", due_on="2025-05-01"), b.invoice(100, "I2", customer_id="C-2"))
    over = acme.say(b.order("O1", 100, customer_id="C-1"))[0].reasons[0]
    assert (over["code"], over["scope"], over["over_minor"]) == ("scope_limit_exceeded", "customer/C-1", 50)
    assert answers(acme.say(b.payment(100, "P1", pays={"I2": 100}))) == [], "another customer's payment frees nothing"
    assert answers(acme.say(b.payment(50, "P2", pays={"I1": 50}))) == ["order_released O1"]


def test_an_order_over_the_limit_of_its_seller_goes_when_that_is_raised_for_some_days(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-03-03"), b.limit_set(50, scope={"seller_id": "DE"}))
    assert codes(acme.say(b.order("O1", 100, seller_id="DE"))) == ["scope_limit_exceeded"]
    raised = b.limit_set(100, scope={"seller_id": "DE"}, valid_from="2025-03-06", valid_until="2025-03-07")
    assert answers(acme.say(raised)) == []
    assert answers(acme.say(b.day_closed("2025-03-04"))) == []
    assert answers(acme.say(b.day_closed("2025-03-05"))) == ["order_released O1"]
    assert codes(acme.say(b.order("O2", 10, seller_id="DE"))) == ["scope_limit_exceeded"]


def test_a_member_does_not_escape_its_limit_by_ordering_twice(acme: Scenario) -> None:
    acme.say(b.limit_set(100, scope={"customer_id": "C-1"}))
    assert answers(acme.say(b.order("O1", 60, customer_id="C-1"))) == ["order_released O1"]
    assert codes(acme.say(b.order("O2", 60, customer_id="C-1"))) == ["scope_limit_exceeded"]
    assert answers(acme.say(b.cancelled("O1"))) == ["order_released O2"]


def test_the_dossier_shows_what_a_part_with_a_limit_owes(acme: Scenario) -> None:
    acme.say(b.limit_set(300, scope={"customer_id": "C-1"}), b.invoice(250, customer_id="C-1"))
    view = view_of(acme.partition, b.ACCOUNT, START_MS)
    assert view is not None
    assert [(part["key"], part["exposure"]) for part in view["parts"]] == [("customer/C-1", {"EUR": 250})]
