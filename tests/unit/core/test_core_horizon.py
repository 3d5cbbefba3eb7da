"""A limit with a horizon: an order takes up headroom when its delivery comes near, and not before."""

from collections.abc import Callable

import pytest

from tests import builders as b
from tests.scenario import Scenario
from tests.unit.core.test_core_headroom import answers, policy

Given = Callable[[int], Scenario]


def line(on: str, amount: int) -> dict[str, object]:
    """Return a part of an order that is to be delivered on a day."""
    return {"deliver_on": on, "amount_minor": amount}


@pytest.fixture
def near(acme: Scenario) -> Scenario:
    """An account with a limit of 1,000 that counts orders of the next ten days; it is 4 March."""
    acme.say(policy(orders={"horizon_days": 10}), b.day_closed("2025-03-03"))
    return acme


def test_an_order_for_later_is_let_go_and_not_counted(near: Scenario) -> None:
    assert answers(near.say(b.order("O1", 5_000, schedule=[line("2025-03-15", 5_000)]))) == ["order_released O1"]
    assert (near.stands().exposure_minor, near.stands().orders_minor) == (0, 5_000)
    assert answers(near.say(b.order("O2", 1_000))) == ["order_released O2"], "one without a schedule counts at once"


def test_the_last_day_of_the_horizon_counts(near: Scenario) -> None:
    assert answers(near.say(b.order("O1", 5_000, schedule=[line("2025-03-14", 5_000)]))) == ["order_blocked O1"]


def test_only_the_parts_that_are_near_need_headroom(near: Scenario) -> None:
    parts = [line("2025-03-20", 700), line("2025-03-05", 600), line("2025-03-30", 500)]
    near.say(b.order("O1", 1_800, schedule=parts))
    assert near.stands().exposure_minor == 600
    near.say(b.delivery(600))
    assert (near.stands().exposure_minor, near.stands().delivered_minor) == (600, 600)


def test_days_bring_them_in_one_by_one(near: Scenario) -> None:
    near.say(b.order("O1", 900, schedule=[line("2025-03-16", 400), line("2025-03-20", 500)]))
    for closed, counted in (("2025-03-04", 0), ("2025-03-05", 400), ("2025-03-08", 400), ("2025-03-09", 900)):
        assert answers(near.say(b.day_closed(closed))) == []
        assert near.stands().exposure_minor == counted, closed


def test_days_that_are_closed_together_miss_nothing(near: Scenario) -> None:
    near.say(b.order("O1", 900, schedule=[line("2025-03-16", 400), line("2025-03-20", 500)]))
    near.say(b.day_closed("2025-04-30"))
    assert near.stands().exposure_minor == 900


def test_what_comes_near_and_does_not_fit_is_taken_back_before_what_counted_already(near: Scenario) -> None:
    near.say(b.order("EARLY", 600, schedule=[line("2025-03-16", 600)]), b.order("O2", 700))
    assert answers(near.say(b.day_closed("2025-03-05"))) == ["order_release_withdrawn EARLY"]
    assert answers(near.say(b.cancelled("O2"))) == ["order_released EARLY"]


def test_an_order_that_is_put_off_frees_its_headroom(near: Scenario) -> None:
    near.say(b.order("O1", 900, schedule=[line("2025-03-05", 900)]), b.order("O2", 500))
    freed = answers(near.say(b.amended("O1", schedule=[line("2025-05-05", 900)])))
    assert freed == ["order_released O1", "order_released O2"]


def test_an_ended_order_leaves_nothing_behind(near: Scenario) -> None:
    near.say(b.order("O1", 900, schedule=[line("2025-03-20", 900)]), b.cancelled("O1"))
    near.say(b.day_closed("2025-03-30"))
    assert (near.stands().exposure_minor, near.stands().orders_minor) == (0, 0)


def test_a_policy_without_a_horizon_counts_everything_from_then_on(near: Scenario) -> None:
    near.say(b.order("O1", 600, schedule=[line("2025-03-20", 600)]), b.order("O2", 700))
    assert answers(near.say(policy())) == ["order_release_withdrawn O1"]
    assert near.stands().exposure_minor == 700


def test_before_any_day_is_closed_a_facts_own_day_counts(acme: Scenario) -> None:
    acme.say(policy(orders={"horizon_days": 10}))
    assert answers(acme.say(b.order("O1", 5_000, schedule=[line("2025-03-14", 5_000)]))) == ["order_released O1"]
    assert acme.stands().exposure_minor == 0
    acme.say(b.day_closed("2025-03-03"))
    assert acme.stands().waiting_count == 1
