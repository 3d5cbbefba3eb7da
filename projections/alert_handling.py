"""What people do with an open alert: they have seen it, it is somebody's, it is to be quiet, it needs nothing more."""

from __future__ import annotations

from typing import Literal, cast

from projections.alerts import apply_alert, combined_with
from projections.recording import Recording
from projections.rows import OpenAlert
from schemas.decisions import LEVELS, AlertHandled, Level
from schemas.facts.desk import AlertAcknowledged, AlertAssigned, AlertClosed, AlertSnoozed
from schemas.reasons import Refusal

Handling = AlertAcknowledged | AlertAssigned | AlertSnoozed | AlertClosed
_DID: dict[type[Handling], Literal["acknowledged", "assigned", "snoozed", "closed"]] = {
    AlertAcknowledged: "acknowledged",
    AlertAssigned: "assigned",
    AlertSnoozed: "snoozed",
    AlertClosed: "closed",
}


def record_handling(recording: Recording, fact: Handling) -> Refusal | None:
    """Refuse an alert that was never raised, or is closed or cleared; what was done takes effect as a decision."""
    found = _find(recording, fact.alert_id)
    if found is not None:
        return "alert_is_closed" if found[1].closed else _graver_than_seen(found[1], fact)
    account_id, _, number = fact.alert_id.rpartition("/")
    was_raised = account_id == recording.account.account_id and number.isdecimal()
    return "alert_is_closed" if was_raised and 0 < int(number) <= recording.account.alert_no else "alert_unknown"


def _graver_than_seen(alert: OpenAlert, fact: Handling) -> Refusal | None:
    seen = None if isinstance(fact, AlertAssigned) else fact.seen_level
    return "moved_on" if seen is not None and LEVELS[alert.level] > LEVELS[seen] else None


def _find(recording: Recording, alert_id: str) -> tuple[str, OpenAlert] | None:
    for key, alert in recording.account.alerts.items():
        if alert.alert_id == alert_id:
            return key, alert
    return None


def handle(recording: Recording, fact: Handling) -> AlertHandled:
    """Return what a person did with an alert, already in effect.

    Snoozed until a day means quiet before that day; a day that has come already makes it no quieter.
    """
    found = _find(recording, fact.alert_id)
    assert found is not None, f"alert {fact.alert_id!r} was open when the fact was recorded"
    key, alert = found
    handled = AlertHandled(
        alert_id=alert.alert_id,
        cause=key.partition("/")[0],
        level=cast(Level, alert.level),
        found=alert.found,
        line=alert.line,
        measure=alert.measure,
        owner_role=alert.owner_role,
        subject=alert.subject,
        due_on=alert.due_on,
        snoozed_until=_snoozed_until(recording, alert, fact),
        combined_level=combined_with(recording, key, None if isinstance(fact, AlertClosed) else alert),
        did=_DID[type(fact)],
        actor=fact.actor,
        owner=fact.owner if isinstance(fact, AlertAssigned) else alert.owner,
    )
    apply_alert(recording, handled)
    return handled


def _snoozed_until(recording: Recording, alert: OpenAlert, fact: Handling) -> str | None:
    if isinstance(fact, AlertClosed):
        return None
    if not isinstance(fact, AlertSnoozed):
        return alert.snoozed_until
    until = fact.until_on.isoformat()
    return until if until > recording.today() else None
