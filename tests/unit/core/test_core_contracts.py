"""Contracts: which one holds for a seller on a day, and the terms that it grants."""

from projections.contracts import ContractInForce, contract_of
from tests import builders as b
from tests.scenario import Scenario, codes, kinds


def holds(scenario: Scenario, seller_id: str | None = None) -> ContractInForce | None:
    """Return the account's contract with a seller today."""
    context = scenario.partition.context
    return contract_of(scenario.partition.book, b.ACCOUNT, seller_id, context.today(0))


def holds_for(scenario: Scenario, seller_id: str | None = None) -> tuple[str, bool]:
    """Return the id of the contract with a seller, and whether it is in force."""
    found = holds(scenario, seller_id)
    assert found is not None
    return found.contract_id, found.is_in_force


def test_without_a_contract_there_is_none(acme: Scenario) -> None:
    assert holds(acme) is None


def test_a_contract_with_every_seller_holds_where_a_seller_has_none(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-03-03"), b.contract("ALL"), b.contract("DE", seller_id="DE"))
    assert (holds_for(acme), holds_for(acme, "DE"), holds_for(acme, "FR")) == (
        ("ALL", True),
        ("DE", True),
        ("ALL", True),
    )


def test_a_contract_of_one_seller_is_none_for_another(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-03-03"), b.contract("DE", seller_id="DE"))
    assert holds(acme, "FR") is None
    assert holds(acme) is None


def test_a_contract_begins_and_ends_with_the_days(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-03-03"), b.contract(valid_from="2025-03-05", valid_until="2025-03-06"))
    assert holds_for(acme) == ("CT1", False)
    acme.say(b.day_closed("2025-03-04"))
    assert holds_for(acme) == ("CT1", True)
    acme.say(b.day_closed("2025-03-06"))
    assert holds(acme) == ContractInForce("CT1", False, "2025-03-05", "2025-03-06", None)


def test_of_two_in_force_the_one_signed_last_holds(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-03-03"), b.contract("NEW", "2025-03-02"), b.contract("OLD", "2025-01-02"))
    assert holds_for(acme) == ("NEW", True)


def test_a_correction_replaces_what_was_agreed(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-03-03"), b.contract(net_days=30), b.contract(net_days=45, revision=2))
    found = holds(acme)
    assert found is not None
    assert found.net_days == 45
    assert codes(acme.say(b.contract(net_days=60, revision=2))) == ["exists_with_different_content"]


def test_its_terms_are_granted_while_it_is_in_force(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-03-03"))
    granted = acme.say(b.contract(net_days=45, valid_until="2025-03-06"))[0]
    assert (kinds([granted]), granted.net_days, granted.cause) == (["terms_changed"], 45, "contract")
    acme.say(b.day_closed("2025-03-04"))
    lapsed = [found for found in acme.say(b.day_closed("2025-03-06")) if kinds([found]) == ["terms_changed"]]
    assert [found.net_days for found in lapsed] == [None]
