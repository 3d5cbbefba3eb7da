"""Orders, alerts and requests as the desk works them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from api.answers.alerts import AgreementRow, AlertRow, AlertState, ApprovalRow
from api.answers.documents import OrderApproval, OrderRow, OrderState, Suggestion
from api.showing.accounts import version_of
from projections.views.lines import AccountLine, AlertLine, ApprovalLine, OrderLine
from projections.views.partition_view import PartitionView

SUGGESTIONS: Mapping[str, Suggestion] = {
    "account_suspended": "reject",
    "account_in_legal": "reject",
    "grade_without_credit": "prepayment",
    "prepayment_required": "prepayment",
    "limit_is_zero": "prepayment",
    "limit_missing": "approval",
    "limit_expired": "approval",
    "terms_exceed_granted": "approval",
    "order_exceeds_maximum": "approval",
    "exposure_exceeds_limit": "approval",
    "scope_limit_exceeded": "approval",
    "headroom_fell_below_zero": "approval",
    "oldest_overdue_too_old": "collect",
    "overdue_share_too_high": "collect",
    "overdue_amount_too_high": "collect",
    "dunning_stage_too_high": "collect",
}
"""What the first reason of an order suggests; what is not listed wants to be looked at."""
_SMALL_EXCESS_PERCENT = 5
"""An order that is over its limit by no more than so much of it, and for no other reason, may well be let go."""


def suggestion_of(line: OrderLine) -> Suggestion | None:
    """Return what the reasons of a waiting order suggest to a person, None for one that does not wait."""
    if line.state != "waiting" or not line.reasons:
        return None
    if all(_is_small_excess(reason) for reason in line.reasons):
        return "release"
    return SUGGESTIONS.get(str(line.reasons[0].get("code")), "review")


def _is_small_excess(reason: Mapping[str, object]) -> bool:
    over, limit = reason.get("over_minor"), reason.get("limit_minor")
    if reason.get("code") != "exposure_exceeds_limit" or not isinstance(over, int) or not isinstance(limit, int):
        return False
    return over * 100 <= limit * _SMALL_EXCESS_PERCENT


def order_row(
    part: PartitionView, account: AccountLine, line: OrderLine, approval: ApprovalLine | None = None
) -> OrderRow:
    """Return an order with its last answer, and the open request about it."""
    waits_for = None
    if approval is not None:
        waits_for = OrderApproval(approval_id=approval.approval_id, needs=approval.needs)
    return OrderRow(
        account_id=line.account_id,
        account_name=account.name,
        order_id=line.order_id,
        document_no=line.document_no,
        seller_id=line.seller_id,
        ce_source=line.ce_source,
        customer_id=line.customer_id,
        revision=line.revision,
        decision_no=line.decision_no,
        amount_minor=line.amount_minor,
        currency=line.currency,
        account_currency=line.account_currency or account.currency,
        placed_on=line.placed_on or None,
        state=cast(OrderState, line.state),
        answer=line.answer or None,
        checkpoint=line.checkpoint or None,
        since_at_ms=line.since_ms,
        decided_at_ms=line.decided_ms or None,
        reasons=line.reasons,
        exposure_minor=line.exposure_minor,
        limit_minor=line.limit_minor,
        headroom_before_minor=line.headroom_before_minor,
        headroom_after_minor=line.headroom_after_minor,
        delivered_minor=line.delivered_minor,
        invoiced_minor=line.invoiced_minor,
        suggestion=suggestion_of(line),
        approval=waits_for,
        effect=line.effect,
        version=version_of(part, account.seq),
        ledger=line.place or None,
    )


def alert_row(of: tuple[PartitionView, AccountLine] | None, line: AlertLine) -> AlertRow:
    """Return an alert with all that happened to it; `of` is its account and where that is, None if it has none."""
    return AlertRow(
        alert_id=line.alert_id,
        account_id=line.account_id or None,
        account_name=None if of is None else of[1].name,
        cause=line.cause,
        subject=line.subject,
        level=line.level,
        state=cast(AlertState, line.state),
        found=line.found,
        line=line.line,
        measure=line.measure,
        owner_role=line.owner_role,
        assignee=line.assignee,
        due_on=line.due_on,
        snoozed_until=line.snoozed_until,
        acknowledged=line.acknowledged,
        handled_by=line.handled_by,
        raised_at_ms=line.raised_ms,
        changed_at_ms=line.since_ms,
        combined_level=line.combined_level,
        effect=line.effect,
        version="-".join(line.place.split("/")[1:3]) if of is None else version_of(of[0], of[1].seq),
        ledger=line.place,
    )


def approval_row(part: PartitionView, account: AccountLine, line: ApprovalLine) -> ApprovalRow:
    """Return a request as it stands."""
    return ApprovalRow(
        approval_id=line.approval_id,
        account_id=line.account_id,
        account_name=account.name,
        subject=line.subject,
        state=line.state,
        needs=line.needs,
        given=[AgreementRow(role=one.role, actor=one.actor, in_place_of=one.in_place_of) for one in line.given],
        maker=line.maker,
        in_order=line.in_order,
        amount_minor=line.amount_minor,
        currency=line.currency,
        unlimited=line.unlimited,
        order_id=line.order_id,
        invoice_id=line.invoice_id,
        checks=line.checks,
        valid_from=line.valid_from,
        valid_until=line.valid_until,
        remind_on=line.remind_on,
        expires_on=line.expires_on,
        because=line.because,
        opened_at_ms=line.opened_ms,
        changed_at_ms=line.since_ms,
        version=version_of(part, account.seq),
        ledger=line.place,
    )
