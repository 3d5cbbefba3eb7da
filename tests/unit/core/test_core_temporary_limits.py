"""Temporary limits hold from one day to another, both included, and lapse by themselves."""

from collections.abc import Callable
from typing import Any

from tests import builders as b
from tests.scenario import Scenario, kinds

Given = Callable[[int], Scenario]
FRIDAY, SATURDAY, SUNDAY, MONDAY = "2025-03-07", "2025-03-08", "2025-03-09", "2025-03-10"


def told(decisions: list[Any]) -> list[tuple[int | None, str | None, str]]:
    """Return the limits told: amount, until when, and why."""
    found = [decision for decision in decisions if kinds([decision]) == ["limit_changed"]]
    return [(limit.limit_minor, limit.temporary_until, limit.cause) for limit in found]


def test_a_friday_evening_limit_lapses_on_monday(given: Given) -> None:
    acme = given(1_000)
    acme.say(b.day_closed("2025-03-06"), b.invoice(900))
    raised = acme.say(b.limit_set(3_000, valid_from=FRIDAY, valid_until=SUNDAY))
    assert told(raised) == [(3_000, SUNDAY, "temporary")]
    assert "order_released O1" in kinds(acme.say(b.order("O1", 800))), "the weekend's order goes"
    assert told(acme.say(b.day_closed(FRIDAY))) == []
    assert told(acme.say(b.day_closed(SATURDAY))) == []
    monday = acme.say(b.day_closed(SUNDAY))
    assert told(monday) == [(1_000, None, "lapsed")]
    assert "order_release_withdrawn O1" in kinds(monday), "what has not left by then waits"
    assert acme.say(b.order("O2", 150))[0].reasons[0]["code"] == "exposure_exceeds_limit"


def test_where_only_working_days_are_closed_it_lapses_with_the_next_of_them(given: Given) -> None:
    acme = given(1_000)
    acme.say(b.day_closed("2025-03-06"), b.limit_set(3_000, valid_until=SUNDAY), b.day_closed(FRIDAY))
    assert told(acme.say(b.day_closed(MONDAY))) == [(1_000, None, "lapsed")]


def test_goods_that_left_over_the_weekend_are_not_called_back(given: Given) -> None:
    acme = given(1_000)
    acme.say(
        b.day_closed("2025-03-06"), b.limit_set(3_000, valid_until=SUNDAY), b.order("O1", 2_000), b.delivery(2_000)
    )
    lapsed = acme.say(b.day_closed(SUNDAY))
    assert "order_release_withdrawn O1" not in kinds(lapsed)
    assert acme.stands().headroom_minor == -1_000


def test_of_several_the_one_decided_last_holds_while_it_lasts(given: Given) -> None:
    acme = given(1_000)
    acme.say(b.day_closed("2025-03-02"))
    acme.say(b.limit_set(3_000, valid_from="2025-03-03", valid_until="2025-03-20"))
    assert told(acme.say(b.limit_set(2_000, valid_from="2025-03-05", valid_until="2025-03-07"))) == []
    assert told(acme.say(b.day_closed("2025-03-04"))) == [(2_000, "2025-03-07", "temporary")]
    assert told(acme.say(b.day_closed("2025-03-07"))) == [(3_000, "2025-03-20", "temporary")]
    assert told(acme.say(b.day_closed("2025-03-20"))) == [(1_000, None, "lapsed")]


def test_no_end_to_the_limit_for_some_days(given: Given) -> None:
    acme = given(1_000)
    acme.say(b.day_closed("2025-03-06"), b.limit_set(0, unlimited=True, valid_until=SUNDAY))
    assert "order_released O1" in kinds(acme.say(b.order("O1", 1_000_000)))
    assert acme.stands().utilisation_bp is None
    assert told(acme.say(b.day_closed(SUNDAY))) == [(1_000, None, "lapsed")]


def test_no_credit_for_some_days(given: Given) -> None:
    acme = given(1_000)
    acme.say(b.day_closed("2025-03-06"), b.limit_set(0, valid_until=SUNDAY))
    assert acme.say(b.order("O1", 10))[0].reasons[0]["code"] == "limit_is_zero"
    assert "order_released O1" in kinds(acme.say(b.day_closed(SUNDAY)))


def test_a_lasting_limit_may_begin_on_a_day(given: Given) -> None:
    acme = given(1_000)
    acme.say(b.day_closed("2025-03-02"))
    assert told(acme.say(b.limit_set(5_000, valid_from="2025-04-01"))) == []
    assert told(acme.say(b.day_closed("2025-03-31"))) == [(5_000, None, "desk")]
    assert told(acme.say(b.limit_set(4_000))) == [(4_000, None, "desk")], "the next one takes its place"


def test_one_that_ends_before_it_begins_is_refused_and_says_what_was_expected(given: Given) -> None:
    acme = given(1_000)
    (refused,) = acme.say(b.limit_set(3_000, valid_from=MONDAY, valid_until=FRIDAY))
    assert refused.code == "period_ends_before_it_begins"
    assert refused.message == "expected $.valid_until to be 2025-03-10 or later, received 2025-03-07"
    assert not refused.parks
    assert told(acme.say(b.limit_set(3_000, valid_from=FRIDAY, valid_until=FRIDAY), b.day_closed("2025-03-06"))) == [
        (3_000, FRIDAY, "temporary")
    ]
    acme.prove()
