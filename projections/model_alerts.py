"""Alerts about the model of late payment: they belong to no account, so the context keeps those that are open.

All partitions take the same broadcasts, so only the first one speaks. One alert of a cause is open at a time, however
often its cause shows again; they end when another model is adopted. People handle them by broadcasts, for there is no
account whose partition could take that in; one that a person closed is kept, so that its cause is not told again.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from projections.context import Context, ModelAlertHandling
from schemas.decisions import AlertCleared, AlertHandled, AlertRaised, AnyDecision, FactRejected
from schemas.facts.control import (
    LearnerReported,
    ModelAlertAcknowledged,
    ModelAlertAssigned,
    ModelAlertClosed,
    ModelAlertDeed,
    ModelFigures,
)
from schemas.policy_learning import Learning

SPEAKING_PARTITION = 0
_DID: dict[type[ModelAlertDeed], Literal["acknowledged", "assigned", "closed"]] = {
    ModelAlertAcknowledged: "acknowledged",
    ModelAlertAssigned: "assigned",
    ModelAlertClosed: "closed",
}


def follow_report(context: Context, report: LearnerReported, at_ms: int) -> list[AnyDecision]:
    """Return the alert that a report of the learner makes, already in effect."""
    if report.report == "drift":
        return raise_model_alert(context, "model_drift", at_ms, report.of, report.found, report.line)
    if report.report == "snapshot_refused":
        return raise_model_alert(context, "model_refused", at_ms, report.of)
    champion, challenger = report.champion, report.challenger
    if champion is None or challenger is None or not is_better(challenger, champion, context.policy.learning):
        return []
    found, line = challenger.auc_bp or 0, champion.auc_bp or 0
    return raise_model_alert(context, "challenger_better", at_ms, report.model_id, found, line)


def is_better(challenger: ModelFigures, champion: ModelFigures, learning: Learning) -> bool:
    """Return whether a challenger is better by the policy, also where the model could not confirm itself."""
    if challenger.labels < learning.challenger_labels:
        return False
    if challenger.auc_bp is None or champion.auc_bp is None:
        return False
    if challenger.log_loss_bp is None or champion.log_loss_bp is None:
        return False
    if challenger.auc_bp < champion.auc_bp + max(1, learning.challenger_auc_bp):
        return False
    if challenger.log_loss_bp + learning.challenger_log_loss_bp >= champion.log_loss_bp:
        return False
    return challenger.probing_labels < learning.probing_labels or _is_no_worse_probing(challenger, champion)


def _is_no_worse_probing(challenger: ModelFigures, champion: ModelFigures) -> bool:
    """What cannot be told, as the AUC of labels that are all the same, speaks neither for it nor against it."""
    auc = (challenger.probing_auc_bp, champion.probing_auc_bp)
    loss = (challenger.probing_log_loss_bp, champion.probing_log_loss_bp)
    worse_auc = auc[0] is not None and auc[1] is not None and auc[0] < auc[1]
    worse_loss = loss[0] is not None and loss[1] is not None and loss[0] > loss[1]
    return not worse_auc and not worse_loss


def raise_model_alert(
    context: Context, cause: str, at_ms: int, subject: str | None = None, found: int = 1, line: int = 1
) -> list[AnyDecision]:
    """Return a new alert about the model, already in effect; none where one of its cause is open or none is wanted."""
    rule = getattr(context.policy.warnings, cause)
    if rule is None or context.partition != SPEAKING_PARTITION or cause in context.model_alerts:
        return []
    alert = AlertRaised(
        alert_id=f"model/{context.model_alert_no + 1}",
        cause=cause,
        level=rule.level,
        found=found,
        line=line,
        measure=rule.measure,
        owner_role=rule.owner_role,
        subject=subject,
        due_on=_due_on(context.today(at_ms), rule.due_days),
    )
    apply_model_alerts(context, [alert])
    return [alert]


def clear_model_alerts(context: Context, causes: tuple[str, ...] | None = None) -> list[AnyDecision]:
    """Return the clearing of the open alerts about the model, already in effect: all, or those of some causes."""
    cleared: list[AnyDecision] = []
    for cause, alert in sorted(context.model_alerts.items()):
        if causes is None or cause in causes:
            fields = {name: getattr(alert, name) for name in AlertRaised.__struct_fields__}
            cleared.append(AlertCleared(**fields))
    apply_model_alerts(context, cleared)
    return cleared


def refuse_handling(context: Context, deed: ModelAlertDeed) -> list[AnyDecision]:
    """Return why an alert cannot be handled: it was never raised, or is closed or cleared; empty if it can be."""
    if context.partition != SPEAKING_PARTITION:
        return []
    found = _find(context, deed.alert_id)
    if found is not None and not _handling_of(context, found).closed:
        return []
    of, _, number = deed.alert_id.rpartition("/")
    was_raised = of == "model" and number.isdecimal() and 0 < int(number) <= context.model_alert_no
    message = f"expected an open alert about the model, received {deed.alert_id!r}"
    return [FactRejected(code="alert_is_closed" if was_raised else "alert_unknown", path="$.alert_id", message=message)]


def handle_model_alert(context: Context, deed: ModelAlertDeed) -> list[AnyDecision]:
    """Return what a person did with an open alert about the model, already in effect; only one partition says it."""
    if context.partition != SPEAKING_PARTITION:
        return []
    alert = _find(context, deed.alert_id)
    assert alert is not None, f"alert {deed.alert_id!r} was open when the deed was taken in"
    owner = deed.owner if isinstance(deed, ModelAlertAssigned) else _handling_of(context, alert).owner
    fields = {name: getattr(alert, name) for name in AlertRaised.__struct_fields__}
    decisions: list[AnyDecision] = [AlertHandled(**fields, did=_DID[type(deed)], actor=deed.actor, owner=owner)]
    apply_model_alerts(context, decisions)
    return decisions


def _find(context: Context, alert_id: str) -> AlertRaised | None:
    return next((alert for alert in context.model_alerts.values() if alert.alert_id == alert_id), None)


def _handling_of(context: Context, alert: AlertRaised) -> ModelAlertHandling:
    return context.model_handlings.get(alert.cause) or ModelAlertHandling()


def apply_model_alerts(context: Context, decisions: list[AnyDecision]) -> None:
    """Bring the open alerts about the model in line with decisions of a broadcast."""
    for decision in decisions:
        if isinstance(decision, AlertRaised):
            context.model_alerts[decision.cause] = decision
            context.model_alert_no += 1
        elif isinstance(decision, AlertCleared):
            del context.model_alerts[decision.cause]
            context.model_handlings.pop(decision.cause, None)
        elif isinstance(decision, AlertHandled):
            handling = context.model_handlings.setdefault(decision.cause, ModelAlertHandling())
            handling.owner = decision.owner
            handling.acknowledged |= decision.did == "acknowledged"
            handling.closed |= decision.did == "closed"


def _due_on(today: str, due_days: int | None) -> str | None:
    if due_days is None:
        return None
    return date.fromordinal(min(date.max.toordinal(), date.fromisoformat(today).toordinal() + due_days)).isoformat()
