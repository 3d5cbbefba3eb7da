"""Alerts and requests for approval with all that happened to them: the open ones, and all others by state."""

from __future__ import annotations

from projections.context import Context, ModelAlertHandling
from projections.rows import Account, OpenAlert
from projections.views.lines import AlertLine, ApprovalLine, place_of
from projections.views.shelf import Shelf, Worklist
from projections.views.told import Told
from schemas.decisions import Alert, AlertCleared, AlertHandled, ApprovalChanged

ACTIVE_ALERTS = frozenset({"open", "acknowledged", "snoozed"})
NO_ACCOUNT = ""
"""In place of the account of a line that is about none."""
OPEN_APPROVALS = frozenset({"open"})


class AlertLines(Worklist[AlertLine]):
    """All alerts of a partition."""

    def __init__(self, shelf: Shelf) -> None:
        super().__init__(shelf, "alert", ACTIVE_ALERTS)

    def fold(self, told: Told, account: Account) -> None:
        """Take in what a record says of alerts."""
        for n, alert in enumerate(told.decisions):
            if isinstance(alert, Alert):
                self._fold_alert(told, account.account_id, n, alert, _open_alert(account, alert.alert_id))

    def fold_of_model(self, told: Told, context: Context) -> None:
        """Take in what a record of no account says of alerts about the model; their lines have no account."""
        for n, alert in enumerate(told.decisions):
            if isinstance(alert, Alert) and alert.alert_id.startswith("model/"):
                kept = context.model_handlings.get(alert.cause, ModelAlertHandling())
                self._fold_alert(told, NO_ACCOUNT, n, alert, kept)

    def _fold_alert(
        self, told: Told, account_id: str, n: int, alert: Alert, kept: OpenAlert | ModelAlertHandling | None
    ) -> None:
        place = place_of(account_id, alert.alert_id)
        line = self.get(place)
        before = None if line is None else (line.state, line.since_ms)
        if line is None:
            line = AlertLine(account_id, alert.alert_id, raised_ms=told.at_ms)
        line.cause, line.subject, line.level = alert.cause, alert.subject, alert.level
        line.found, line.line, line.measure = alert.found, alert.line, alert.measure
        line.owner_role, line.due_on, line.combined_level = alert.owner_role, alert.due_on, alert.combined_level
        line.since_ms, line.effect, line.place = told.at_ms, told.entry.effect, told.place(n)
        if isinstance(alert, AlertHandled):
            line.handled_by = alert.actor
        _note_state(line, alert, kept)
        self.put(place, line, before)


def _open_alert(account: Account, alert_id: str) -> OpenAlert | None:
    return next((found for found in account.alerts.values() if found.alert_id == alert_id), None)


def _note_state(line: AlertLine, alert: Alert, kept: OpenAlert | ModelAlertHandling | None) -> None:
    """The core's own rows know how an open alert stands; what they have no more is over."""
    if isinstance(alert, AlertCleared):
        line.state = "cleared"
    elif kept is None or kept.closed:
        line.state = "closed"
    else:
        line.assignee, line.acknowledged = kept.owner, kept.acknowledged
        line.snoozed_until = kept.snoozed_until if isinstance(kept, OpenAlert) else None
        line.state = "snoozed" if line.snoozed_until else "acknowledged" if kept.acknowledged else "open"


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
