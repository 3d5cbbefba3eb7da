"""When a measure is called for: what is known of an account, against what a policy's condition asks."""

from __future__ import annotations

from typing import NamedTuple

from schemas.decisions import LEVELS, Level, Reason
from schemas.policy_credit import Condition


class Situation(NamedTuple):
    """How an account is doing. `causes` are those of its open alerts, `level` what they come to, None for none."""

    grade: str
    level: Level | None
    causes: frozenset[str]
    overdue_days: int
    broken_promises: int
    dunning_stage: int


def reasons_for(when: Condition, now: Situation) -> list[Reason] | None:
    """Return why a condition holds, one reason for each thing it asks; None if it does not hold.

    >>> calm = Situation("B", None, frozenset(), 0, 0, 0)
    >>> reasons_for(Condition(oldest_overdue_days=60), calm)
    >>> reasons_for(Condition(oldest_overdue_days=60), calm._replace(overdue_days=61))
    [{'code': 'oldest_overdue', 'overdue_days': 61, 'line': 60}]
    """
    found: list[Reason] = []
    for asked, met, reason in _asked(when, now):
        if asked and not met:
            return None
        if asked:
            found.append(reason)
    return found or None


def _asked(when: Condition, now: Situation) -> list[tuple[bool, bool, Reason]]:
    """Return for each thing that a condition may ask whether it does, whether that is so, and the numbers."""
    days, promises, stage = when.oldest_overdue_days, when.broken_promises, when.dunning_stage
    hits = [cause for cause in when.causes if cause in now.causes]
    level = -1 if now.level is None else LEVELS[now.level]
    return [
        (bool(when.grades), now.grade in when.grades, {"code": "grade", "grade": now.grade}),
        (
            when.combined_level is not None,
            when.combined_level is not None and level >= LEVELS[when.combined_level],
            {"code": "alerts_together", "level": str(now.level)},
        ),
        (bool(when.causes), bool(hits), {"code": "alert_open", "cause": hits[0] if hits else ""}),
        (
            days is not None,
            days is not None and now.overdue_days >= max(1, days),
            {"code": "oldest_overdue", "overdue_days": now.overdue_days, "line": days or 0},
        ),
        (
            promises is not None,
            promises is not None and now.broken_promises >= promises,
            {"code": "promises_broken", "count": now.broken_promises, "line": promises or 0},
        ),
        (
            stage is not None,
            stage is not None and now.dunning_stage >= stage,
            {"code": "dunned", "stage": now.dunning_stage, "line": stage or 0},
        ),
    ]
