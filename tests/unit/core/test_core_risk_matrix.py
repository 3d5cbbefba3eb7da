"""The risk matrix: size by probability places every account, and some cells warn."""

import pytest

from schemas.publication import RiskCell
from tests import builders as b
from tests.scenario import Scenario, alerts, with_limit
from tests.unit.core.test_core_headroom import policy

SIZES = [10_000, 50_000]
GROUPS = [["A", "B"], ["C", "D", "E"]]
CALM = {"measure": "let be", "owner_role": "credit_analyst"}
CELLS = [
    [CALM, CALM],
    [CALM, {"measure": "ask for figures", "owner_role": "credit_analyst", "level": "notice"}],
    [CALM, {"measure": "to the board", "owner_role": "finance_director", "level": "critical"}],
]
MATRIX = {"sizes_minor": SIZES, "probabilities": GROUPS, "cells": CELLS, "lateness_from_bp": []}


@pytest.fixture
def placed() -> Scenario:
    """Return an account of grade A with a limit of 20,000: of middle size, and safe."""
    scenario = with_limit(20_000)
    scenario.say(policy(risk_matrix=MATRIX))
    scenario.say(b.grade_set("A"))
    return scenario


def cell(scenario: Scenario) -> tuple[int, int]:
    """Return the account's classes of size and probability."""
    found = scenario.stands().risk_cell
    assert isinstance(found, RiskCell)
    return found.size, found.probability


def of_cell(told: list[str]) -> list[str]:
    """Return the alerts about the matrix."""
    return [each for each in told if "risk_cell" in each]


def test_an_account_stands_where_its_size_meets_its_grade(placed: Scenario) -> None:
    assert cell(placed) == (2, 1)
    placed.say(b.grade_set("C"))
    assert cell(placed) == (2, 2)
    assert placed.stands().risk_cell.measure == "ask for figures"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("limit_minor", "invoiced", "size"),
    [(9_999, 0, 1), (10_000, 0, 2), (49_999, 0, 2), (50_000, 0, 3), (5_000, 60_000, 3)],
)
def test_size_is_the_larger_of_limit_and_net_exposure(limit_minor: int, invoiced: int, size: int) -> None:
    acme = with_limit(limit_minor)
    acme.say(policy(risk_matrix=MATRIX))
    if invoiced:
        acme.say(b.invoice(invoiced))
    assert cell(acme)[0] == size


def test_an_account_without_a_grade_is_among_the_unsafe() -> None:
    acme = with_limit(20_000)
    acme.say(policy(risk_matrix=MATRIX))
    assert cell(acme) == (2, 2)


def test_sizes_are_valued_into_the_currency_of_the_account(placed: Scenario) -> None:
    yen = "YEN"
    placed.say(b.rates_set(JPY="100"), b.account_opened(account_id=yen, currency="JPY"))
    placed.say(b.limit_set(20_000, account_id=yen, currency="JPY"))
    found = placed.stands(yen).risk_cell
    assert found is not None and found.size == 2, "20,000 yen are 200.00 euro: above 100.00, below 500.00"


def test_cells_with_a_level_warn_and_name_what_is_to_be_done(placed: Scenario) -> None:
    assert of_cell(alerts(placed.say(b.grade_set("C")))) == ["raised risk_cell notice"]
    assert of_cell(alerts(placed.say(b.limit_set(60_000)))) == ["escalated risk_cell critical"]
    assert of_cell(alerts(placed.say(b.grade_set("A")))) == ["cleared risk_cell critical"]
    placed.prove()


def test_an_account_at_the_edge_of_a_size_does_not_flicker(placed: Scenario) -> None:
    placed.say(b.grade_set("C"))
    assert of_cell(alerts(placed.say(b.limit_set(9_500)))) == []
    assert of_cell(alerts(placed.say(b.limit_set(9_000)))) == ["cleared risk_cell notice"]
