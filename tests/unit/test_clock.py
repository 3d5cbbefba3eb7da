"""Which days the clock closes, and the moment each closing is stamped with."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from streams.clock import CATCH_UP_DAYS, days_to_close, end_of_day_ms


@pytest.mark.parametrize(
    ("closed", "today", "days"),
    [
        ("2024-05-01", "2024-05-02", []),
        ("2024-05-01", "2024-05-01", []),
        ("2024-05-09", "2024-05-01", []),
        ("2024-02-28", "2024-03-02", ["2024-02-29", "2024-03-01"]),
        ("2023-12-30", "2024-01-01", ["2023-12-31"]),
        (None, "2024-05-01", []),
    ],
)
def test_days_that_are_over_are_closed_oldest_first(closed: str | None, today: str, days: list[str]) -> None:
    assert [day.isoformat() for day in days_to_close(closed, date.fromisoformat(today))] == days


def test_a_business_that_stood_still_is_caught_up_with_and_history_is_not() -> None:
    last = date(2024, 1, 1).toordinal()
    still, history = (date.fromordinal(last + behind + 1) for behind in (CATCH_UP_DAYS, CATCH_UP_DAYS + 1))
    assert len(days_to_close("2024-01-01", still)) == CATCH_UP_DAYS
    assert days_to_close("2024-01-01", history) == []


def test_a_closing_is_stamped_with_the_last_millisecond_of_its_day() -> None:
    stamped = datetime.fromtimestamp(end_of_day_ms(date(2024, 2, 29)) / 1000, UTC)
    assert stamped.isoformat(timespec="milliseconds") == "2024-02-29T23:59:59.999+00:00"
