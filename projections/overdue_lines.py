"""When an open item crosses the lines on how long the oldest one is overdue."""

from __future__ import annotations

from projections.context import Context, day_before


def overdue_lines(context: Context) -> tuple[int, ...]:
    """Return after how many days overdue a line is crossed, rising; none where that is not watched."""
    indicator = context.policy.warnings.oldest_overdue
    return () if indicator is None else tuple(max(1, line.at_bp) for line in indicator.lines)


def crossing_date(due_on: str, line: int) -> str:
    """Return the day after whose close an item due on a date is so many days overdue.

    >>> crossing_date("2025-03-10", 1), crossing_date("2025-03-10", 30)
    ('2025-03-10', '2025-04-08')
    """
    return day_before(due_on, 1 - line)


def next_crossing(context: Context, due_on: str) -> str | None:
    """Return the first day not closed before after whose close an item crosses a line, or None."""
    crossings = (crossing_date(due_on, line) for line in overdue_lines(context))
    return next((on for on in crossings if on >= str(context.business_date)), None)
