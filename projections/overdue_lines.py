"""When an open item crosses the lines on how long the oldest one is overdue: of warnings and of measures."""

from __future__ import annotations

from collections.abc import Iterator

from projections.context import Context, day_before
from schemas.policy import Policy

_POLICIES_KEPT = 64
_lines: dict[str, tuple[int, ...]] = {}


def overdue_lines(context: Context) -> tuple[int, ...]:
    """Return after how many days overdue a warning's line is crossed or a measure may be due, rising."""
    try:
        return _lines[context.policy_id]
    except KeyError:
        if len(_lines) >= _POLICIES_KEPT:
            _lines.clear()
        found = _lines[context.policy_id] = tuple(sorted({max(1, days) for days in _asked(context.policy)}))
        return found


def _asked(policy: Policy) -> Iterator[int]:
    if policy.warnings.oldest_overdue is not None:
        yield from (line.at_bp for line in policy.warnings.oldest_overdue.lines)
    stages = policy.dunning.stages
    for when in (rule.when for rule in policy.measures):
        if when.oldest_overdue_days is not None:
            yield when.oldest_overdue_days
        if when.dunning_stage is not None and when.dunning_stage <= len(stages):
            yield stages[when.dunning_stage - 1].overdue_days


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
