"""What a customer pays late stops new orders: from which day on, how much of it, and what does not count."""

from collections.abc import Callable
from typing import Any

import pytest

from tests import builders as b
from tests.scenario import Scenario, codes
from tests.unit.core.test_core_headroom import answers, policy

Given = Callable[[int], Scenario]
OFF = {"oldest_overdue_days": None, "overdue_share_bp": None, "overdue_amount_minor": None, "dunning_stage": None}
DUE = "2025-03-10"


@pytest.fixture
def late(given: Given) -> Callable[..., Scenario]:
    """A function that returns an account with 60 due on 10 March and 40 in June, under one check of overdue."""

    def make(**numbers: Any) -> Scenario:
        acme = given(1_000)
        acme.say(policy(orders={**OFF, "overdue_share_from_minor": 0, **numbers}))
        acme.say(b.invoice(60, "I1", due_on=DUE), b.invoice(40, "I2", due_on="2025-06-10"))
        return acme

    return make


def test_the_oldest_item_may_be_so_old_and_not_a_day_older(late: Callable[..., Scenario]) -> None:
    acme = late(oldest_overdue_days=30)
    acme.say(b.day_closed("2025-04-09"))
    assert answers(acme.say(b.order("O1", 10))) == ["order_released O1"]
    acme.say(b.day_closed("2025-04-10"))
    told = acme.say(b.order("O2", 10))
    assert told[0].reasons == [
        {"code": "oldest_overdue_too_old", "oldest_overdue_days": 31, "allowed_days": 30, "answer": "refer"}
    ]


def test_within_the_days_of_grace_nothing_is_asked(late: Callable[..., Scenario]) -> None:
    acme = late(overdue_share_bp=1_000, overdue_amount_minor=1, oldest_overdue_days=0, overdue_grace_days=5)
    acme.say(b.day_closed("2025-03-15"))
    assert answers(acme.say(b.order("O1", 10))) == ["order_released O1"]
    acme.say(b.day_closed("2025-03-16"))
    told = ["oldest_overdue_too_old", "overdue_share_too_high", "overdue_amount_too_high"]
    assert codes(acme.say(b.order("O2", 10))) == told


def test_a_trifle_is_not_asked_about_whatever_its_share(late: Callable[..., Scenario]) -> None:
    acme = late(overdue_share_bp=1_000, overdue_share_from_minor=61)
    acme.say(b.day_closed("2025-04-20"))
    assert answers(acme.say(b.order("O1", 10))) == ["order_released O1"]


def test_payment_of_the_oldest_item_lets_the_waiting_order_go(late: Callable[..., Scenario]) -> None:
    acme = late(oldest_overdue_days=30)
    acme.say(b.day_closed("2025-04-20"), b.order("O1", 10))
    assert answers(acme.say(b.payment(60, pays={"I1": 60}))) == ["order_released O1"]


def test_a_later_due_date_does_so_too(late: Callable[..., Scenario]) -> None:
    acme = late(oldest_overdue_days=30)
    acme.say(b.day_closed("2025-04-20"), b.order("O1", 10))
    assert answers(acme.say(b.invoice_amended("I1", due_on="2025-05-10"))) == ["order_released O1"]


def test_a_disputed_item_counts_only_where_the_policy_says_so(late: Callable[..., Scenario]) -> None:
    acme = late(oldest_overdue_days=30)
    acme.say(b.day_closed("2025-04-20"), b.order("O1", 10))
    assert answers(acme.say(b.disputed(60, "I1"))) == ["order_released O1"]
    assert codes(acme.say(b.dispute_resolved(), b.order("O2", 10))) == ["oldest_overdue_too_old"]
    strict = late(oldest_overdue_days=30, disputed_counts_as_overdue=True)
    strict.say(b.day_closed("2025-04-20"), b.disputed(60, "I1"))
    assert codes(strict.say(b.order("O1", 10))) == ["oldest_overdue_too_old"]


def test_what_of_an_item_is_not_disputed_still_counts(late: Callable[..., Scenario]) -> None:
    acme = late(overdue_amount_minor=19)
    acme.say(b.day_closed("2025-04-20"), b.disputed(40, "I1"))
    assert acme.say(b.order("O1", 10))[0].reasons[0]["overdue_minor"] == 20
    acme.say(b.dispute_resolved(), b.disputed(41, "I1", dispute_id="S2"))
    assert answers(acme.say(b.order("O2", 10))) == ["order_released O2"]


def test_dunning_goes_by_the_oldest_item_that_is_not_disputed(late: Callable[..., Scenario]) -> None:
    acme = late(dunning_stage=2, disputed_counts_as_overdue=True)
    acme.say(b.invoice(30, "I0", due_on="2025-03-20"), b.day_closed("2025-03-24"))
    assert answers(acme.say(b.order("O1", 10))) == ["order_released O1"]
    acme.say(b.day_closed("2025-03-25"))
    assert acme.say(b.order("O2", 10))[0].reasons[0]["stage"] == 2
    assert answers(acme.say(b.disputed(60, "I1"))) == ["order_released O2"]


def test_overdue_in_another_currency_is_found_and_valued(given: Given) -> None:
    acme = given(1_000)
    acme.say(policy(orders={**OFF, "overdue_amount_minor": 99}), b.rates_set(USD="2"))
    acme.say(b.invoice(190, "I1", currency="USD", due_on=DUE), b.day_closed("2025-04-20"))
    assert answers(acme.say(b.order("O1", 10))) == ["order_released O1"]
    acme.say(b.invoice(10, "I2", currency="USD", due_on="2025-04-18"), b.day_closed("2025-04-21"))
    assert acme.say(b.order("O2", 10))[0].reasons[0]["overdue_minor"] == 100


def test_what_comes_of_age_stops_new_orders_and_what_asks_and_takes_nothing_back(late: Callable[..., Scenario]) -> None:
    acme = late(oldest_overdue_days=30)
    acme.say(b.order("O1", 100))
    assert answers(acme.say(b.day_closed("2025-04-20"))) == []
    assert answers(acme.say(b.check("O1", amount_minor=100))) == ["order_referred O1"]
