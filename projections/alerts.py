"""An alert's life: raised, escalated, cleared, handled by people; one open alert of a cause, or of a cause and subject.

An alert that a person closed while its cause holds stays on the account as closed: it speaks again only at a graver
level, and goes when the cause does. A snoozed one is quiet until a day: what happens to it meanwhile is recorded with
`snoozed_until`, a graver level ends the snooze, and so does the day, which tells that the cause still holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TypeVar, cast

import msgspec

from projections.context import day_before
from projections.recording import Recording
from projections.rows import OpenAlert
from projections.warning_rows import Quiet
from schemas.decisions import (
    LEVELS,
    Alert,
    AlertCleared,
    AlertEscalated,
    AlertHandled,
    AlertRaised,
    AlertResumed,
    AnyDecision,
    Level,
)
from schemas.policy_credit import MatrixCell
from schemas.policy_warnings import Combined, Line, Occurrence

AlertT = TypeVar("AlertT", AlertRaised, AlertEscalated, AlertCleared, AlertResumed)
Rule = Line | Occurrence

SUBJECTS_PER_CAUSE = 50
"""So many alerts of one cause an account has open at most; each names its own document."""
STANDING_SUBJECTS = frozenset(
    ["shared_party", "cover_overcommitted", "adverse_event", "approval_waiting", "measure_taken", "review_due"]
)
"""Causes with a subject that go on holding: closed by a person they are kept, so that they are not raised again."""
FALLS_AFTER_DAYS = {"order_volume": 7, "score_fall": 30, "broken_promises": 30}
"""Numbers that fall as days pass, and after how many days an account that has an alert of one is looked at again."""


def key_of(cause: str, subject: str | None) -> str:
    """Return what an account keeps an alert by."""
    return cause if subject is None else f"{cause}/{subject}"


def combined_level(alerts: Iterable[tuple[str, OpenAlert]], rule: Combined) -> Level | None:
    """Return what an account's open alerts come to; a cause counts once, with its gravest level. None for no alert."""
    gravest: dict[str, int] = {}
    for key, alert in alerts:
        if not alert.closed:
            cause = key.partition("/")[0]
            gravest[cause] = max(gravest.get(cause, 0), LEVELS[alert.level])
    counts = [0, 0, 0]
    for level in gravest.values():
        counts[level] += 1
    if counts[2] or counts[1] >= rule.warnings_are_critical:
        return "critical"
    if counts[1] or counts[0] >= rule.notices_are_warning:
        return "warning"
    return "notice" if counts[0] else None


def occur(recording: Recording, cause: str, subject: str, occurrence: Occurrence | None) -> list[AnyDecision]:
    """Return an alert about one document, unless one is open about it, too many of its cause are, or none is wanted."""
    key = f"{cause}/{subject}"
    alerts = recording.account.alerts
    if occurrence is None or key in alerts:
        return []
    if sum(other.startswith(cause) for other in alerts) >= SUBJECTS_PER_CAUSE:
        return []
    return [raise_alert(recording, key, occurrence, 1, 1, subject)]


def is_over(recording: Recording, cause: str, subject: str) -> list[AnyDecision]:
    """Return the clearing of an alert about one document, if one is open."""
    key = f"{cause}/{subject}"
    return [clear_alert(recording, key, 0)] if key in recording.account.alerts else []


def raise_alert(
    recording: Recording, key: str, rule: Rule | MatrixCell, found: int, line: int, subject: str | None = None
) -> AlertRaised:
    """Return a new alert, already in effect; quiet, if its cause was snoozed at this level and the snooze lasts."""
    account = recording.account
    alert_id = f"{account.account_id}/{account.alert_no + 1}"
    return _told(recording, AlertRaised, key, _opened(recording, alert_id, key, rule, line, subject), found)


def _opened(
    recording: Recording, alert_id: str, key: str, rule: Rule | MatrixCell, line: int, subject: str | None
) -> OpenAlert:
    level = cast(Level, rule.level)
    return OpenAlert(
        alert_id,
        level,
        line,
        subject,
        rule.measure,
        rule.owner_role,
        due_on=_due_on(recording.today(), getattr(rule, "due_days", None)),
        snoozed_until=_quiet_until(recording, key, level),
    )


def _due_on(today: str, due_days: int | None) -> str | None:
    if due_days is None:
        return None
    last = date.max.toordinal()
    return date.fromordinal(min(last, date.fromisoformat(today).toordinal() + due_days)).isoformat()


def _quiet_until(recording: Recording, key: str, level: Level) -> str | None:
    """Only an alert that is raised asks for this, so nothing is read for accounts without any."""
    quiet = cast("Quiet | None", recording.book.sheet("quiet", recording.account.account_id, key))
    if quiet is None or quiet.until <= recording.today() or LEVELS[level] > LEVELS[quiet.level]:
        return None
    return quiet.until


def escalate(recording: Recording, key: str, rule: Rule | MatrixCell, found: int, line: int) -> AlertEscalated:
    """Return an open alert at a graver level, already in effect; a snooze, and having been closed, end with that."""
    before = recording.account.alerts[key]
    opened = _opened(recording, before.alert_id, key, rule, line, before.subject)
    return _told(recording, AlertEscalated, key, msgspec.structs.replace(opened, owner=before.owner), found)


def clear_alert(recording: Recording, key: str, found: int) -> AlertCleared:
    """Return the clearing of an open alert, already in effect; it names what the alert had come to."""
    return _told(recording, AlertCleared, key, recording.account.alerts[key], found)


def resume(recording: Recording, decisions: list[AnyDecision]) -> None:
    """Let alerts speak again whose snooze is over while their cause holds."""
    today = recording.today()
    for key, alert in list(recording.account.alerts.items()):
        if alert.snoozed_until is not None and alert.snoozed_until <= today:
            resumed = msgspec.structs.replace(alert, snoozed_until=None)
            decisions.append(_told(recording, AlertResumed, key, resumed, alert.found))


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
        due_on=opened.due_on,
        snoozed_until=opened.snoozed_until,
        combined_level=combined_with(recording, key, None if kind is AlertCleared else opened),
    )
    apply_alert(recording, alert)
    return alert


def combined_with(recording: Recording, key: str, opened: OpenAlert | None) -> Level | None:
    """Return the account's combined level once an alert is as given, or gone."""
    alerts = {**recording.account.alerts, key: opened}
    return combined_level(
        ((other, alert) for other, alert in alerts.items() if alert is not None),
        recording.context.policy.warnings.combined,
    )


def apply_alert(recording: Recording, alert: Alert) -> None:
    """Bring the account's open alerts in line with a decision about one."""
    account = recording.account
    key = key_of(alert.cause, alert.subject)
    if isinstance(alert, AlertCleared):
        del account.alerts[key]
    elif isinstance(alert, AlertHandled):
        _apply_handled(recording, key, alert)
    elif isinstance(alert, AlertResumed):
        account.alerts[key].snoozed_until = None
    else:
        _apply_opened(recording, key, alert)


def _apply_opened(recording: Recording, key: str, alert: Alert) -> None:
    account = recording.account
    before = account.alerts.get(key)
    account.alerts[key] = OpenAlert(
        alert.alert_id,
        alert.level,
        alert.line,
        alert.subject,
        alert.measure,
        alert.owner_role,
        due_on=alert.due_on,
        owner=None if before is None else before.owner,
        snoozed_until=alert.snoozed_until,
        found=alert.found,
    )
    account.alert_no += isinstance(alert, AlertRaised)
    _note_dates(recording, key, account.alerts[key])


def _apply_handled(recording: Recording, key: str, handled: AlertHandled) -> None:
    account = recording.account
    alert = account.alerts[key]
    alert.owner, alert.snoozed_until = handled.owner, handled.snoozed_until
    alert.acknowledged |= handled.did == "acknowledged"
    if handled.did == "closed" and alert.subject is not None and handled.cause not in STANDING_SUBJECTS:
        del account.alerts[key]
    elif handled.did == "closed":
        alert.closed = True
    elif handled.did == "snoozed" and handled.snoozed_until is not None:
        recording.keep("quiet", Quiet(key, handled.snoozed_until, alert.level))
        _note_dates(recording, key, alert)


def _note_dates(recording: Recording, key: str, alert: OpenAlert) -> None:
    for on in dates_of(key, alert, recording.today()):
        recording.note_future_date(on)


def _end_of_round(today: str, days: int) -> str:
    """All sweeps within a round of so many days name the same day, so that one sweep does not bring forth two."""
    number = date.fromisoformat(today).toordinal() // days + 1
    return date.fromordinal(min(number * days, date.max.toordinal())).isoformat()


def dates_of(key: str, alert: OpenAlert, today: str) -> list[str]:
    """Return the days after whose close an open alert changes by itself."""
    dates = [] if alert.snoozed_until is None else [day_before(alert.snoozed_until, 2)]
    falls_after = FALLS_AFTER_DAYS.get(key)
    if falls_after is not None:
        dates.append(_end_of_round(today, falls_after))
    return dates
