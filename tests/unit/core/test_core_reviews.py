"""An account is reviewed as often as its grade asks, or on the day a person named; until then a limit may expire."""

from typing import Any

import pytest

from projections.reviews import limit_expires_on, review_due_on
from tests import builders as b
from tests.scenario import Scenario, alerts, codes, kinds
from tests.unit.core.test_core_proposals import offers

REVIEW = {"level": "notice", "measure": "review it", "owner_role": "credit_analyst"}
C = {"grade": "C", "cap_minor": 20_000, "base_minor": 1_000, "review_days": 91}


def reviews(**limits: Any) -> b.Said:
    """Return a policy that reviews accounts of grade C after 91 days."""
    said = offers(grades=[C], **limits)
    document = said.value["policy"]
    return said.but(policy={**document, "warnings": {**document["warnings"], "review_due": REVIEW}})


@pytest.fixture
def graded(nobody: Scenario) -> Scenario:
    """An account of grade C whose limit was set on the second of March."""
    nobody.say(b.account_opened(), reviews(valid_days=182), b.day_closed("2025-03-01"))
    nobody.say(b.limit_set(1_000), b.grade_set("C"))
    return nobody


def due(scenario: Scenario) -> tuple[str | None, str | None]:
    """Return on which day the review is due, and on which the limit expires."""
    book, account = scenario.partition.book, scenario.partition.book.account(b.ACCOUNT)
    assert account is not None
    policy = scenario.partition.context.policy
    return review_due_on(book, account, policy), limit_expires_on(book, account, policy)


def test_a_review_is_due_so_many_days_after_the_limit_was_set(graded: Scenario) -> None:
    assert due(graded) == ("2025-06-01", "2025-08-31")
    assert "raised review_due notice" not in alerts(graded.say(b.day_closed("2025-05-30")))
    assert "raised review_due notice" in alerts(graded.say(b.day_closed("2025-05-31")))


def test_a_review_ends_the_alert_and_counts_anew(graded: Scenario) -> None:
    graded.say(b.day_closed("2025-06-10"))
    assert alerts(graded.say(b.reviewed("2025-06-11"))) == ["cleared review_due notice"]
    assert due(graded) == ("2025-09-10", "2025-12-10")
    assert alerts(graded.say(b.day_closed("2025-09-09"))) == ["raised review_due notice"]


def test_the_day_that_a_person_names_goes_before_the_grade(graded: Scenario) -> None:
    graded.say(b.reviewed("2025-03-02", next_review_on="2025-04-01"))
    assert alerts(graded.say(b.day_closed("2025-03-31"))) == ["raised review_due notice"]


def test_an_old_review_told_late_does_not_put_the_next_one_off(graded: Scenario) -> None:
    graded.say(b.day_closed("2025-06-10"), b.reviewed("2025-06-11"), b.reviewed("2025-01-01"))
    assert due(graded)[0] == "2025-09-10"


def test_another_limit_is_no_review_once_there_was_one(graded: Scenario) -> None:
    graded.say(b.reviewed("2025-03-02"), b.day_closed("2025-04-30"), b.limit_set(2_000))
    assert due(graded) == ("2025-06-01", "2025-10-30"), "but the limit counts anew"


def test_without_a_grade_or_a_limit_nothing_is_due(nobody: Scenario) -> None:
    nobody.say(b.account_opened(), reviews(valid_days=182), b.day_closed("2025-03-01"))
    assert due(nobody) == (None, None)
    nobody.say(b.limit_set(1_000))
    assert due(nobody) == (None, "2025-08-31")


def test_orders_are_told_of_a_review_that_is_overdue_and_stopped_by_a_limit_that_expired(graded: Scenario) -> None:
    assert codes(graded.say(b.order("O1"))) == []
    graded.say(b.day_closed("2025-05-31"))
    assert codes(graded.say(b.order("O2"))) == [], "due today is not overdue"
    graded.say(b.day_closed("2025-06-01"))
    assert codes(graded.say(b.order("O3"))) == ["review_overdue"]
    graded.say(b.day_closed("2025-08-31"))
    assert codes(graded.say(b.order("O4"))) == ["limit_expired", "review_overdue"]
    assert "order_released O4" in kinds(graded.say(b.reviewed("2025-09-01")))
