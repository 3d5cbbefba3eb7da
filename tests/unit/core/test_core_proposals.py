"""What the policy offers an account of its grade and size, and which offers take effect by themselves."""

from typing import Any

import pytest

from tests import builders as b
from tests.scenario import Scenario, kinds
from tests.unit.core.test_core_headroom import answers, policy
from tests.unit.core.test_core_temporary_limits import told as limit_told
from tests.unit.core.test_core_terms import told as terms_told

GRADES = [
    {"grade": "A", "cap_minor": 90_000, "revenue_share_bp": 1_000, "sales_months_bp": 20_000, "base_minor": 5_000},
    {"grade": "C", "cap_minor": 20_000, "revenue_share_bp": 500, "sales_months_bp": 10_000, "base_minor": 1_000},
    {"grade": "E", "cap_minor": 0, "revenue_share_bp": 0, "sales_months_bp": 0, "base_minor": 0, "net_days": 0},
]


def offers(automatic: str = "none", **limits: Any) -> b.Said:
    """Return a policy that offers these limits by grade."""
    given = {"automatic": automatic, "round_to_minor": 100, "grades": GRADES, "valid_days": None, **limits}
    return _without_measures(policy(limits=given))


def _without_measures(said: b.Said) -> b.Said:
    return said.but(policy={**said.value["policy"], "measures": []})


def told(decisions: list[Any]) -> list[tuple[int, str, str, bool]]:
    """Return the proposals: limit, grade, what bounded it, and whether it is adopted."""
    found = [decision for decision in decisions if kinds([decision]) == ["limit_proposed"]]
    return [(one.limit_minor, one.grade, str(one.because[0]["code"]), one.adopted) for one in found]


@pytest.fixture
def firm(nobody: Scenario) -> Scenario:
    """An account of a firm with a revenue of 500,000 a year, on the first of March."""
    nobody.say(offers(), b.account_opened(revenue_minor=500_000), b.day_closed("2025-02-28"))
    return nobody


def sold(amount: int, number: int, on: str) -> list[b.Said]:
    """An invoice issued on a day and paid on the next."""
    name = f"I{number}"
    issued = b.invoice(amount, name, issued_on=on, due_on=on)
    return [issued, b.payment(amount, f"P{number}", pays={name: amount}, received_on=on)]


def test_a_new_customer_is_offered_what_its_grade_starts_with(firm: Scenario) -> None:
    assert told(firm.say(b.grade_set("A"))) == [(5_000, "A", "base_of_grade", False)]


def test_sales_of_the_last_full_months_raise_the_offer_up_to_the_share_of_revenue(firm: Scenario) -> None:
    firm.say(b.grade_set("A"), *sold(45_000, 1, "2025-03-05"))
    april = firm.say(b.day_closed("2025-03-31"))
    assert told(april) == [(30_000, "A", "recent_sales", False)], "two months at a third of 45,000"
    firm.say(*sold(60_000, 2, "2025-04-05"))
    assert told(firm.say(b.day_closed("2025-04-30"))) == [(50_000, "A", "revenue_share", False)]


def test_the_cap_of_the_grade_bounds_all(firm: Scenario) -> None:
    firm.say(b.grade_set("C"), b.dossier_updated(revenue_minor=9_000_000), *sold(900_000, 1, "2025-03-05"))
    assert told(firm.say(b.day_closed("2025-03-31"))) == [(20_000, "C", "grade_cap", False)]


def test_a_grade_without_credit_is_offered_nothing(firm: Scenario) -> None:
    assert told(firm.say(b.grade_set("E"))) == [(0, "E", "grade_cap", False)]


def test_an_unknown_revenue_bounds_nothing(nobody: Scenario) -> None:
    nobody.say(offers(), b.account_opened(), b.day_closed("2025-02-28"))
    assert told(nobody.say(b.grade_set("C"))) == [(1_000, "C", "base_of_grade", False)]


def test_cover_raises_no_offer(firm: Scenario) -> None:
    before = told(firm.say(b.grade_set("A")))
    firm.say(b.cover(40_000))
    assert told(firm.say(b.grade_set("C"), b.grade_set("A")))[-1] == before[0]


def test_amounts_of_the_policy_are_valued_in_the_currency_of_the_account(nobody: Scenario) -> None:
    nobody.say(offers(), b.account_opened(currency="USD"), b.rates_set(USD="2"), b.day_closed("2025-02-28"))
    assert told(nobody.say(b.grade_set("C"))) == [(2_000, "C", "base_of_grade", False)]


def test_a_proposal_is_told_once_and_not_with_every_payment(firm: Scenario) -> None:
    firm.say(b.grade_set("A"))
    assert told(firm.say(*sold(300, 1, "2025-03-03"), *sold(300, 2, "2025-03-05"), b.day_closed("2025-03-31"))) == []


def test_the_better_grade_brings_terms_too(firm: Scenario) -> None:
    assert terms_told(firm.say(b.grade_set("A"))) == [(30, "grade")]
    assert terms_told(firm.say(b.grade_set("E"))) == [(0, "grade")]


def test_without_a_policy_to_adopt_by_itself_no_limit_moves(firm: Scenario) -> None:
    assert limit_told(firm.say(b.grade_set("A"), b.grade_set("E"))) == []


def test_a_limit_that_follows_proposals_rises_at_most_once_in_so_many_days_and_falls_at_once(firm: Scenario) -> None:
    firm.say(offers("raise_and_lower", raise_after_days=60))
    assert limit_told(firm.say(b.grade_set("A"))) == [(5_000, None, "proposal")]
    firm.say(*sold(45_000, 1, "2025-03-05"))
    assert limit_told(firm.say(b.day_closed("2025-03-31"))) == [], "30,000 is offered, and it is too early"
    assert limit_told(firm.say(b.day_closed("2025-04-30"))) == [(30_000, None, "proposal")]
    fell = firm.say(b.grade_set("C"))
    assert (told(fell), limit_told(fell)) == (
        [(15_000, "C", "recent_sales", True)],
        [(15_000, None, "proposal")],
    )


def test_hysteresis_keeps_a_small_difference_from_moving_the_limit(firm: Scenario) -> None:
    firm.say(offers("raise_and_lower", raise_after_days=0, change_at_least_bp=2_000), b.grade_set("A"))
    firm.say(*sold(8_900, 1, "2025-03-05"))
    assert limit_told(firm.say(b.day_closed("2025-03-31"))) == [], "5,900 is less than a fifth more than 5,000"
    firm.say(*sold(200, 2, "2025-04-05"))
    assert limit_told(firm.say(b.day_closed("2025-04-30"))) == [(6_000, None, "proposal")]


@pytest.mark.parametrize(("over_desk", "falls_to"), [("none", None), ("lower", 1_000), ("raise_and_lower", 1_000)])
def test_what_a_person_set_falls_only_where_the_policy_says_so(
    firm: Scenario, over_desk: str, falls_to: int | None
) -> None:
    firm.say(offers("raise_and_lower", raise_after_days=0, over_desk=over_desk), b.limit_set(8_000))
    expected = [] if falls_to is None else [(falls_to, None, "proposal")]
    assert limit_told(firm.say(b.grade_set("C"))) == expected


@pytest.mark.parametrize(("over_desk", "rises"), [("none", False), ("lower", False), ("raise_and_lower", True)])
def test_what_a_person_set_rises_only_where_the_policy_says_so(firm: Scenario, over_desk: str, rises: bool) -> None:
    firm.say(offers("raise_and_lower", raise_after_days=0, over_desk=over_desk), b.limit_set(2_000))
    assert bool(limit_told(firm.say(b.grade_set("A")))) == rises


def test_a_person_may_set_another_limit_than_the_one_adopted(firm: Scenario) -> None:
    firm.say(offers("raise_and_lower", raise_after_days=0), b.grade_set("A"))
    assert limit_told(firm.say(b.limit_set(3_000))) == [(3_000, None, "desk")]
    assert limit_told(firm.say(b.day_closed("2025-03-31"), b.day_closed("2025-04-30"))) == []


def test_an_unlimited_account_is_left_alone(firm: Scenario) -> None:
    firm.say(offers("raise_and_lower", raise_after_days=0, over_desk="raise_and_lower"))
    firm.say(b.limit_set(0, unlimited=True))
    assert limit_told(firm.say(b.grade_set("C"))) == []


@pytest.mark.parametrize(
    "grave", [b.held(), b.suspended(), b.prepayment_required()], ids=lambda said: str(said.value["type"])
)
def test_nothing_rises_by_itself_while_something_is_grave(firm: Scenario, grave: b.Said) -> None:
    firm.say(offers("raise_and_lower", raise_after_days=0), b.grade_set("C"), grave)
    assert limit_told(firm.say(b.grade_set("A"))) == []
    assert limit_told(firm.say(b.grade_set("E"))) == [(0, None, "proposal")], "lower it may be"


def test_a_raise_lets_waiting_orders_go_and_a_fall_takes_releases_back(firm: Scenario) -> None:
    firm.say(offers("raise_and_lower", raise_after_days=0), b.grade_set("C"), b.order("O1", 4_000))
    assert answers(firm.say(b.grade_set("A"))) == ["order_released O1"]
    assert answers(firm.say(b.grade_set("C"))) == ["order_release_withdrawn O1"]


def test_a_temporary_limit_goes_on_beside_an_adopted_one(firm: Scenario) -> None:
    firm.say(offers("raise_and_lower", raise_after_days=0), b.limit_set(50_000, valid_until="2025-03-31"))
    assert limit_told(firm.say(b.grade_set("A"))) == []
    assert limit_told(firm.say(b.day_closed("2025-03-31"))) == [(5_000, None, "lapsed")]


def test_a_changed_policy_offers_anew(firm: Scenario) -> None:
    firm.say(b.grade_set("C"))
    better = [{**row, "base_minor": row["base_minor"] * 3} for row in GRADES]
    assert told(firm.say(offers(grades=better))) == [(3_000, "C", "base_of_grade", False)]
