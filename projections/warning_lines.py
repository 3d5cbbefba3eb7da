"""Warnings: one alert when a line is crossed, its escalation, and one clearing, with hysteresis."""

from __future__ import annotations

from typing import TypeVar, cast

from projections.recording import Recording
from projections.rows import OpenAlert, Stages
from projections.standing import Standing, note_highest, standing, total, utilisation_bp
from schemas.decisions import LEVELS, Alert, AlertCleared, AlertEscalated, AlertRaised, AnyDecision, Level
from schemas.policy_warnings import Indicator, Line, Occurrence

AlertT = TypeVar("AlertT", AlertRaised, AlertEscalated, AlertCleared)

SUBJECTS_PER_CAUSE = 50
"""So many alerts of one cause an account has open at most; each names its own document."""


def watch_now(recording: Recording) -> list[AnyDecision]:
    """Return the alerts that follow from where the account stands now, already in effect."""
    decisions: list[AnyDecision] = []
    now = standing(recording.account, recording.context, recording.at_ms)
    note_highest(recording.account, recording.today, now)
    watch(recording, now, decisions)
    return decisions


def watch(recording: Recording, now: Standing, decisions: list[AnyDecision]) -> None:
    """Add the alerts that follow from where the account stands now, already in effect."""
    account, warnings = recording.account, recording.context.policy.warnings
    used = utilisation_bp(now.net_exposure_minor(), now.limit)
    if account.alerts or (used is not None and used >= warnings.utilisation.lines[0].at_bp):
        _watch_line(recording, "utilisation", warnings.utilisation, used, decisions)
    overdue = _overdue_bp(recording)
    if account.alerts or overdue:
        _watch_line(recording, "overdue_share", warnings.overdue_share, overdue, decisions)
    if account.alerts or account.unreadable_count:
        _watch_unreadable(recording, decisions)


def _overdue_bp(recording: Recording) -> int | None:
    for stages in recording.account.stages.values():
        if stages.overdue:
            break
    else:
        return 0
    overdue, _ = total(recording.account, recording.context, _overdue)
    if not overdue:
        return 0
    invoiced, _ = total(recording.account, recording.context, _invoiced)
    return overdue * 10_000 // invoiced if invoiced else 0


def _overdue(stages: Stages) -> int:
    return stages.overdue


def _invoiced(stages: Stages) -> int:
    return stages.invoiced


def _watch_line(
    recording: Recording, cause: str, indicator: Indicator, found: int | None, decisions: list[AnyDecision]
) -> None:
    lowest = indicator.lines[0].at_bp
    opened = recording.account.alerts.get(cause)
    if opened is None:
        if found is not None and found >= lowest:
            line = _highest(indicator, found)
            decisions.append(raise_alert(recording, cause, line, found, line.at_bp))
    elif found is None or found < lowest - indicator.clear_below_bp:
        decisions.append(clear_alert(recording, cause, found or 0))
    elif found >= lowest:
        line = _highest(indicator, found)
        if LEVELS[line.level] > LEVELS[opened.level]:
            decisions.append(_escalate(recording, cause, line, found))


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


def occur(recording: Recording, cause: str, subject: str, occurrence: Occurrence) -> list[AnyDecision]:
    """Return an alert about one document, unless one is open about it or too many of its cause are."""
    key = f"{cause}/{subject}"
    alerts = recording.account.alerts
    if key in alerts or sum(other.startswith(cause) for other in alerts) >= SUBJECTS_PER_CAUSE:
        return []
    return [raise_alert(recording, key, occurrence, 1, 1, subject)]


def is_over(recording: Recording, cause: str, subject: str) -> list[AnyDecision]:
    """Return the clearing of an alert about one document, if one is open."""
    key = f"{cause}/{subject}"
    return [clear_alert(recording, key, 0)] if key in recording.account.alerts else []


def raise_alert(
    recording: Recording, key: str, rule: Line | Occurrence, found: int, line: int, subject: str | None = None
) -> AlertRaised:
    """Return a new alert, already in effect."""
    account = recording.account
    alert_id = f"{account.account_id}/{account.alert_no + 1}"
    opened = OpenAlert(alert_id, rule.level, line, subject, rule.measure, rule.owner_role)
    return _told(recording, AlertRaised, key, opened, found)


def _escalate(recording: Recording, key: str, line: Line, found: int) -> AlertEscalated:
    before = recording.account.alerts[key]
    opened = OpenAlert(before.alert_id, line.level, line.at_bp, before.subject, line.measure, line.owner_role)
    return _told(recording, AlertEscalated, key, opened, found)


def clear_alert(recording: Recording, key: str, found: int) -> AlertCleared:
    """Return the clearing of an open alert, already in effect; it names what the alert had come to."""
    return _told(recording, AlertCleared, key, recording.account.alerts[key], found)


def _told(recording: Recording, kind: type[AlertT], key: str, opened: OpenAlert, found: int) -> AlertT:
    alert = kind(
        alert_id=opened.alert_id,
        cause=key.partition("/")[0],
        level=cast(Level, opened.level),
        found=found,
        line=opened.line,
        measure=opened.measure,
        owner_role=opened.owner_role,
        subject=opened.subject,
    )
    apply_alert(recording, alert)
    return alert


def apply_alert(recording: Recording, alert: Alert) -> None:
    """Bring the account's open alerts in line with a decision about one."""
    account = recording.account
    key = alert.cause if alert.subject is None else f"{alert.cause}/{alert.subject}"
    if isinstance(alert, AlertCleared):
        del account.alerts[key]
    else:
        account.alerts[key] = OpenAlert(
            alert.alert_id, alert.level, alert.line, alert.subject, alert.measure, alert.owner_role
        )
        account.alert_no += isinstance(alert, AlertRaised)
