"""What a live market knows of the past: closed days, first deliveries, and the answers in force at a moment."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from streams.market.live import Pace
from streams.market.past import Answers, Past

FIRST, SECOND, THIRD = date(2025, 1, 1), date(2025, 1, 2), date(2025, 1, 3)


def test_a_new_market_begins_where_it_is_wanted_or_after_what_others_closed() -> None:
    past = Past()
    assert past.market_start(SECOND) == SECOND
    past.close(SECOND, is_own=False)
    assert past.market_start(FIRST) == THIRD
    past.close(THIRD, is_own=True)
    past.close(date(2025, 1, 4), is_own=True)
    assert past.market_start(FIRST) == THIRD


def test_what_left_first_decides_and_only_the_unfinished_day_is_remembered_apart() -> None:
    past = Past()
    past.close(SECOND, is_own=True)
    for order_id, left_on in (("O-1", THIRD), ("O-1", SECOND), ("O-2", THIRD)):
        past.leave(order_id, left_on)
    assert past.left_until(SECOND)("O-1")
    assert not past.left_until(SECOND)("O-2")
    assert past.left_on(THIRD) == {"O-2"}
    assert past.left_on(SECOND) == frozenset()


def test_the_answer_in_force_is_the_last_one_caused_before_the_moment() -> None:
    answers = Answers()
    answers.take("O-1", decision_no=1, at_ms=100, is_release=False)
    answers.take("O-1", decision_no=2, at_ms=200, is_release=True)
    answers.take("O-1", decision_no=3, at_ms=300, is_release=False)
    asked = [answers.released("O-1", before_ms) for before_ms in (100, 101, 200, 201, 300, 301)]
    assert asked == [False, False, False, True, True, False]
    assert not answers.released("O-2", 1_000)


@given(st.permutations([(1, 100, True), (2, 200, False), (3, 300, True)]), st.integers(0, 2))
def test_answers_may_come_late_and_more_than_once(order: list[tuple[int, int, bool]], again: int) -> None:
    answers = Answers()
    for number, at_ms, is_release in [*order, order[again]]:
        answers.take("O-1", decision_no=number, at_ms=at_ms, is_release=is_release)
    assert [answers.released("O-1", before_ms) for before_ms in (150, 250, 350)] == [True, False, True]
    assert len(answers.by_order["O-1"]) == 3


def test_full_speed_waits_for_nothing_and_a_pace_that_fell_behind_catches_up() -> None:
    assert Pace(speed=0, began_ms=0, began_seconds=0).wait_seconds(10**9, 1.0) == 0
    assert Pace(speed=86_400, began_ms=0, began_seconds=10).wait_seconds(86_400_000, 10.25) == 0.75
    assert Pace(speed=86_400, began_ms=0, began_seconds=10).wait_seconds(86_400_000, 99) < 0
