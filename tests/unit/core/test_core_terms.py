"""The longest terms an account is granted: the desk's while they last, else the dossier's, else its grade's."""

from typing import Any

from tests import builders as b
from tests.scenario import Scenario, kinds


def told(decisions: list[Any]) -> list[tuple[int | None, str]]:
    """Return the changes of terms among the decisions."""
    return [(found.net_days, found.cause) for found in decisions if kinds([found]) == ["terms_changed"]]


def test_the_desk_grants_terms_and_takes_them_back(acme: Scenario) -> None:
    assert told(acme.say(b.terms_set(60))) == [(60, "desk")]
    assert acme.stands().net_days == 60
    assert told(acme.say(b.terms_set(60))) == [], "the same again changes nothing"
    assert told(acme.say(b.terms_set())) == [(None, "lapsed")]


def test_terms_for_some_days_lapse_by_themselves(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-03-03"), b.terms_set(90, valid_until="2025-03-05"))
    assert told(acme.say(b.day_closed("2025-03-04"))) == []
    assert told(acme.say(b.day_closed("2025-03-05"))) == [(None, "lapsed")]


def test_terms_that_are_over_when_they_are_set_grant_nothing(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-03-31"))
    assert told(acme.say(b.terms_set(90, valid_until="2025-03-05"))) == []


def test_days_of_cash_on_delivery_are_terms_too(acme: Scenario) -> None:
    assert told(acme.say(b.terms_set(0))) == [(0, "desk")]


def test_the_desk_goes_before_a_contract_and_a_contract_before_the_dossier(acme: Scenario) -> None:
    assert told(acme.say(b.account_opened(net_days=30, revision=2))) == [(30, "dossier")]
    assert told(acme.say(b.contract(net_days=45, valid_until="2025-03-31"))) == [(45, "contract")]
    assert told(acme.say(b.terms_set(60))) == [(60, "desk")]
    assert told(acme.say(b.terms_set())) == [(45, "contract")]
    assert told(acme.say(b.day_closed("2025-03-31"))) == [(30, "dossier")]


def test_a_contract_with_one_seller_grants_the_account_nothing(acme: Scenario) -> None:
    assert told(acme.say(b.contract(net_days=45, seller_id="S1"))) == []


def test_orders_of_a_seller_go_by_its_own_contract(acme: Scenario) -> None:
    acme.say(b.contract(net_days=30), b.contract("K2", net_days=60, seller_id="S1"))
    sixty = {"kind": "open", "net_days": 60}
    assert kinds(acme.say(b.order("O1", terms=sixty, seller_id="S1"))) == ["order_released O1"]
    assert kinds(acme.say(b.order("O2", terms=sixty, seller_id="S2"))) == ["order_referred O2"]
    assert kinds(acme.say(b.order("O3", terms=sixty))) == ["order_referred O3"]
    acme.say(b.terms_set(45))
    assert kinds(acme.say(b.order("O4", terms=sixty, seller_id="S1"))) == ["order_referred O4"], "the desk goes first"


def test_longer_terms_let_an_order_go_that_waited_for_them(acme: Scenario) -> None:
    acme.say(b.terms_set(30))
    assert kinds(acme.say(b.order(terms={"kind": "open", "net_days": 60}))) == ["order_referred O1"]
    assert kinds(acme.say(b.terms_set(60))) == ["terms_changed", "order_released O1"]
