"""Alerts and requests for approval with all that happened to them: the open ones, and all others by state."""

from __future__ import annotations

from projections.rows import Account, OpenAlert
from projections.views.lines import AlertLine, ApprovalLine, place_of
from projections.views.shelf import Shelf, Worklist
from projections.views.told import Told
from schemas.decisions import Alert, AlertCleared, AlertHandled, ApprovalChanged

ACTIVE_ALERTS = frozenset({"open", "acknowledged", "snoozed"})
OPEN_APPROVALS = frozenset({"open"})


class AlertLines(Worklist[AlertLine]):
    """All alerts of a partition."""

    def __init__(self, shelf: Shelf) -> None:
        super().__init__(shelf, "alert", ACTIVE_ALERTS)

    def fold(self, told: Told, account: Account) -> None:
        """Take in what a record says of alerts."""
        for n, alert in enumerate(told.decisions):
            if isinstance(alert, Alert):
                self._fold_alert(told, account, n, alert)

    def _fold_alert(self, told: Told, account: Account, n: int, alert: Alert) -> None:
        place = place_of(account.account_id, alert.alert_id)
        line = self.get(place)
        before = None if line is None else (line.state, line.since_ms)
        if line is None:
            line = AlertLine(account.account_id, alert.alert_id, raised_ms=told.at_ms)
        line.cause, line.subject, line.level = alert.cause, alert.subject, alert.level
        line.found, line.line, line.measure = alert.found, alert.line, alert.measure
        line.owner_role, line.due_on, line.combined_level = alert.owner_role, alert.due_on, alert.combined_level
        line.since_ms, line.effect, line.place = told.at_ms, told.entry.effect, told.place(n)
        if isinstance(alert, AlertHandled):
            line.handled_by = alert.actor
        _note_state(line, alert, _open_alert(account, alert.alert_id))
        self.put(place, line, before)


def _open_alert(account: Account, alert_id: str) -> OpenAlert | None:
    return next((found for found in account.alerts.values() if found.alert_id == alert_id), None)


def _note_state(line: AlertLine, alert: Alert, kept: OpenAlert | None) -> None:
    """The account's own row knows how an open alert stands; what it has no more is over."""
    if isinstance(alert, AlertCleared):
        line.state = "cleared"
    elif kept is None or kept.closed:
        line.state = "closed"
    else:
        line.assignee, line.snoozed_until, line.acknowledged = kept.owner, kept.snoozed_until, kept.acknowledged
        line.state = "snoozed" if kept.snoozed_until else "acknowledged" if kept.acknowledged else "open"


class ApprovalLines(Worklist[ApprovalLine]):
    """All requests for approval of a partition."""

    def __init__(self, shelf: Shelf) -> None:
        super().__init__(shelf, "approval", OPEN_APPROVALS)

    def fold(self, told: Told, account: Account) -> None:
        """Take in what a record says of requests."""
        for n, found in enumerate(told.decisions):
            if isinstance(found, ApprovalChanged):
                self._fold_approval(told, account.account_id, n, found)

    def _fold_approval(self, told: Told, account_id: str, n: int, found: ApprovalChanged) -> None:
        place = place_of(account_id, found.approval_id)
        known = self.get(place)
        before = None if known is None else (known.state, known.since_ms)
        line = ApprovalLine(
            account_id,
            found.approval_id,
            found.subject,
            found.state,
            found.needs,
            found.given,
            found.maker,
            found.in_order,
            found.amount_minor,
            found.currency,
            found.unlimited,
            found.order_id,
            found.invoice_id,
            found.checks,
            found.valid_from,
            found.valid_until,
            found.remind_on,
            found.expires_on,
            list(found.because),
            told.at_ms if known is None else known.opened_ms,
            told.at_ms,
            told.place(n),
        )
        self.put(place, line, before)
