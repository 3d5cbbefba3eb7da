"""A customer deteriorates over a quarter and recovers: payments drift, the bureau falls, and the policy follows."""

from typing import Any

import msgspec
import pytest

from schemas.policy import default_policy
from tests import builders as b
from tests.scenario import Scenario, codes
from tests.unit.core.test_core_headroom import answers
from tests.unit.core.test_core_measures import rule, taken
from tests.unit.core.test_core_status import told as status_told
from tests.unit.core.test_core_temporary_limits import told as limit_told
from tests.unit.core.test_core_terms import told as terms_told

GRADES = [("A", 750, 5), ("B", 600, 15), ("C", 450, 30), ("D", None, None)]
POLICY: dict[str, Any] = {
    **msgspec.to_builtins(default_policy()),
    "grading": {
        "delay_needs_invoices": 3,
        "improve_after_days": 30,
        "table": [
            {"grade": grade, "bureau_at_least": score, "delay_at_most_days": days} for grade, score, days in GRADES
        ],
    },
    "limits": {
        "round_to_minor": 100,
        "grades": [{"grade": "B", "cap_minor": 50_000, "net_days": 45}, {"grade": "C", "cap_minor": 20_000}],
    },
    "measures": [
        rule("shorten_terms", {"grades": ["C", "D"]}, name="shorter terms", net_days=14, recovers_after_days=0),
        rule("cut_limit", {"grades": ["D"]}, name="half the limit", to_bp=5_000, recovers_after_days=30),
        rule("require_prepayment", {"oldest_overdue_days": 45}, name="prepayment", recovers_after_days=30),
        rule("suspend", {"oldest_overdue_days": 60}, name="suspension", recovers_after_days=14),
    ],
    "risk_matrix": {},
    "scorecard": {},
}


def pay(trader: Scenario, number: int, issued_on: str, due_on: str, paid_on: str) -> list[Any]:
    """Tell an invoice over 1,000 on its day and its payment on its day; return what follows from both."""
    name = f"I{number}"
    found = trader.say(b.day_closed(issued_on), b.invoice(1_000, name, issued_on=issued_on, due_on=due_on))
    payment = b.payment(1_000, f"P{number}", pays={name: 1_000}, received_on=paid_on)
    return found + trader.say(b.day_closed(paid_on), payment)


@pytest.fixture
def trader(nobody: Scenario) -> Scenario:
    """A trader of grade B with a limit of 30,000 that pays a week late, which is nothing new."""
    nobody.say(b.policy_adopted(POLICY), b.account_opened(), b.limit_set(30_000), b.bureau(700, "2025-02-15"))
    for number, month in enumerate(("03", "04", "05"), 1):
        pay(nobody, number, f"2025-{month}-01", f"2025-{month}-20", f"2025-{month}-27")
    assert (grade(nobody), nobody.stands().net_days, nobody.stands().status) == ("B", 45, "active")
    return nobody


def grade(trader: Scenario) -> str:
    """Return the account's grade."""
    account = trader.partition.book.account(b.ACCOUNT)
    assert account is not None
    return account.grade


def test_a_customer_deteriorates_over_a_quarter_and_recovers(trader: Scenario) -> None:
    # July: it pays a month late, so its grade falls and its terms are shortened; its limit is the desk's.
    july = pay(trader, 4, "2025-06-01", "2025-06-15", "2025-07-16")
    assert grade(trader) == "C"
    assert (taken(july), terms_told(july)[-1]) == (["+shorter terms"], (14, "measure"))
    assert limit_told(july) == []
    trader.say(b.invoice(9_000, "LATE", issued_on="2025-07-17", due_on="2025-07-31"))
    assert answers(trader.say(b.order("O1", 12_000))) == ["order_released O1"]

    # August: the bureau sees it too. The limit is halved, and what was released and has not left must wait.
    august = trader.say(b.day_closed("2025-08-11"), b.bureau(380, "2025-08-12"))
    assert (grade(trader), taken(august), limit_told(august)) == ("D", ["+half the limit"], [(15_000, None, "measure")])
    assert answers(august) == ["order_release_withdrawn O1"]

    # September: the large invoice is 45 days late, then 60.
    prepaid = trader.say(b.day_closed("2025-09-14"))
    assert (taken(prepaid), status_told(prepaid)) == (["+prepayment"], [("prepayment", False, "measure")])
    assert "prepayment_required" in codes(trader.say(b.order("O2", 500)))
    suspended = trader.say(b.day_closed("2025-09-29"))
    assert (taken(suspended), status_told(suspended)) == (["+suspension"], [("suspended", False, "measure")])
    assert codes(trader.say(b.order("O3", 500)))[0] == "account_suspended"

    # October: it pays. Suspension ends after two weeks, prepayment after a month.
    trader.say(b.payment(9_000, "BIG", pays={"LATE": 9_000}, received_on="2025-10-01"), b.day_closed("2025-10-01"))
    assert trader.stands().status == "suspended", "it has to last"
    assert status_told(trader.say(b.day_closed("2025-10-20"))) == [("prepayment", False, "measure")]
    november = trader.say(b.day_closed("2025-11-05"))
    assert status_told(november) == [("active", False, "measure")]
    assert answers(november) == ["order_released O1", "order_released O2", "order_released O3"]
    assert trader.stands().limit_minor == 15_000, "the bureau still says the same"

    # December: it has paid in time for weeks and the bureau sees it; the limit is what the desk had set.
    for number in range(10, 16):
        pay(trader, number, f"2025-11-{number:02}", f"2025-12-{number:02}", f"2025-12-{number:02}")
    better = trader.say(b.bureau(640, "2025-12-16"))
    assert taken(better) == ["~half the limit"]
    recovered = trader.say(b.day_closed("2026-01-16"))
    assert (taken(recovered), limit_told(recovered)) == (["-half the limit"], [(30_000, None, "measure")])
    assert trader.stands().status == "active"
