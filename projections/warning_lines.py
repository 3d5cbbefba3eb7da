"""Warnings: one alert when a number crosses a line, its escalation, and one clearing, with hysteresis."""

from __future__ import annotations

from projections.alerts import clear_alert, escalate, raise_alert, resume
from projections.indicators import watched
from projections.moves import EVERYTHING, JUDGED, OVERDUE
from projections.recording import Recording
from projections.standing import Standing, note_highest, standing
from schemas.decisions import LEVELS, AnyDecision
from schemas.policy_warnings import Indicator, Line


def watch_now(recording: Recording) -> list[AnyDecision]:
    """Return the alerts that follow from where the account stands now, already in effect."""
    decisions: list[AnyDecision] = []
    now = standing(recording.account, recording.context, recording.at_ms)
    note_highest(recording.account, recording.today, now)
    watch(recording, now, decisions)
    return decisions


def watch(recording: Recording, now: Standing, decisions: list[AnyDecision]) -> None:
    """Add the alerts that follow from where the account stands now, already in effect.

    Only numbers are looked at that may have moved with this fact or, in a sweep, with the day.
    """
    account, moved = recording.account, recording.moved
    if recording.regrades:
        moved |= JUDGED
    if account.alerts:
        moved |= OVERDUE
    else:
        for stages in account.stages.values():
            if stages.overdue:
                moved |= OVERDUE
    for cause, lowest, indicator, number in watched(recording.context, moved):
        found = number(recording, now)
        if cause in account.alerts:
            _follow(recording, cause, indicator, found, decisions)
        elif found is not None and found >= lowest:
            line = _highest(indicator, found)
            decisions.append(raise_alert(recording, cause, line, found, line.at_bp))
    if account.alerts or account.unreadable_count:
        _watch_unreadable(recording, decisions)
        if recording.moved == EVERYTHING:
            resume(recording, decisions)


def _follow(
    recording: Recording, cause: str, indicator: Indicator, found: int | None, decisions: list[AnyDecision]
) -> None:
    lowest = indicator.lines[0].at_bp
    if found is None or found < max(1, lowest - indicator.clear_below_bp):
        decisions.append(clear_alert(recording, cause, found or 0))
    elif found >= lowest:
        line = _highest(indicator, found)
        if LEVELS[line.level] > LEVELS[recording.account.alerts[cause].level]:
            decisions.append(escalate(recording, cause, line, found, line.at_bp))


def _highest(indicator: Indicator, found: int) -> Line:
    return next(line for line in reversed(indicator.lines) if found >= line.at_bp)


def _watch_unreadable(recording: Recording, decisions: list[AnyDecision]) -> None:
    count = recording.account.unreadable_count
    is_open = "fact_unreadable" in recording.account.alerts
    occurrence = recording.context.policy.warnings.fact_unreadable
    if count and not is_open:
        decisions.append(raise_alert(recording, "fact_unreadable", occurrence, count, 1))
    elif is_open and not count:
        decisions.append(clear_alert(recording, "fact_unreadable", 0))
