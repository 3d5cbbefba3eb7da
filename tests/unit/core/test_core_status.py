"""What the desk says of an account: suspended, prepayment only, with a lawyer, active again; and a hold beside it."""

from typing import Any

import pytest

from tests import builders as b
from tests.scenario import Scenario, kinds


def told(decisions: list[Any]) -> list[tuple[str, bool, str]]:
    """Return the status changes among the decisions."""
    return [(found.status, found.held, found.cause) for found in decisions if kinds([found]) == ["status_changed"]]


@pytest.mark.parametrize(
    ("said", "status"),
    [(b.suspended, "suspended"), (b.prepayment_required, "prepayment"), (b.handed_over, "legal")],
)
def test_a_status_is_told_once_and_ends_with_reinstatement(acme: Scenario, said: Any, status: str) -> None:
    assert told(acme.say(said())) == [(status, False, "desk")]
    assert told(acme.say(said())) == [], "the same again changes nothing"
    assert acme.stands().status == status
    assert told(acme.say(b.reinstated())) == [("active", False, "desk")]


def test_only_lifting_ends_a_hold(acme: Scenario) -> None:
    assert told(acme.say(b.held())) == [("active", True, "desk")]
    assert told(acme.say(b.suspended(), b.reinstated())) == [("suspended", True, "desk"), ("active", True, "desk")]
    acme.say(b.invoice(500), b.payment(500), b.limit_set(9_000), b.day_closed("2025-03-03"))
    assert acme.stands().held
    assert told(acme.say(b.hold_lifted())) == [("active", False, "desk")]


def test_the_last_word_of_a_person_counts(acme: Scenario) -> None:
    acme.say(b.handed_over(), b.prepayment_required())
    assert acme.stands().status == "prepayment"


def test_a_waiting_order_is_checked_again_when_the_account_is_active_again(acme: Scenario) -> None:
    acme.say(b.suspended(), b.order())
    assert "order_released O1" in kinds(acme.say(b.reinstated()))
