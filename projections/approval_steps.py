"""What follows from requests and what was said of them: opened, advanced, granted, refused, ended, reminded of.

The row follows from decisions by `apply_approval`, in life and in replay; so does what a granted request does.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, cast

import msgspec
from msgspec.structs import replace

from projections import exceptions
from projections.alerts import is_over, occur
from projections.approval_effects import carry_out
from projections.approval_rows import Approval, Deed, Word
from projections.approval_rules import amount_in_policy_currency, band_for
from projections.approvals import KIND, amount_at_stake, outgrows, record_given, record_refused, record_withdrawn
from projections.context import day_before
from projections.exceptions import approval_file, keep_file
from projections.limit_files import note_change_after
from projections.recording import NOT_BINDING, Parked, Recording
from projections.rows import Invoice, Order
from schemas.codec import decode_fact
from schemas.decisions import Agreement, AnyDecision, ApprovalChanged, FactRejected, Reason
from schemas.facts.desk import ApprovalGiven, ApprovalRefused, ApprovalWithdrawn, LimitApproved, LimitDenied
from schemas.policy_approvals import Band
from schemas.publication import WAITED
from schemas.reasons import Refusal

_LAST_DAY = date.max
_WORDS: dict[type, Callable[[Recording, Any], Refusal | None]] = {
    ApprovalGiven: record_given,
    LimitApproved: record_given,
    ApprovalRefused: record_refused,
    LimitDenied: record_refused,
    ApprovalWithdrawn: record_withdrawn,
}


def decide_approvals(recording: Recording, decisions: list[AnyDecision]) -> None:
    """Add what follows from what was asked and said in this fact, already in effect."""
    while recording.approving:
        said = recording.approving.pop(0)
        if isinstance(said, Word):
            _hear(recording, said, decisions)
        elif isinstance(said, Deed):
            _do_or_ask(recording, said.approval, decisions)
        else:
            _open(recording, said, _band(recording, said), decisions)


def follow_deeds(recording: Recording, decisions: list[AnyDecision]) -> None:
    """Do in a replay what a person did at once, but for what became a request, as the ledger says."""
    opened = {found.approval_id for found in decisions if isinstance(found, ApprovalChanged)}
    for said in recording.approving:
        if not isinstance(said, Deed):
            continue
        if said.approval.key in opened:
            recording.touch(KIND, said.approval)
        else:
            carry_out(recording, said.approval)


def review_approvals(recording: Recording, decisions: list[AnyDecision]) -> None:
    """Add the end of requests that are over or about nothing any more, and reminders that are due."""
    today = recording.today()
    for key in list(approval_file(recording).open):
        approval = cast(Approval, recording.find_key(KIND, key))
        because = _why_over(recording, approval)
        if because is not None:
            _tell(recording, approval, decisions, "withdrawn", because)
        elif today > approval.expires_on:
            _tell(recording, approval, decisions, "expired", {"code": "expired"})
        elif approval.remind_on and today >= approval.remind_on:
            _remind(recording, approval, decisions)


def apply_approval(recording: Recording, decision: ApprovalChanged) -> None:
    """Bring a request in line with a decision about it, and do what was granted."""
    approval = cast(Approval, recording.find_key(KIND, decision.approval_id))
    was = approval.state
    approval.state = decision.state
    approval.needs, approval.given, approval.in_order = list(decision.needs), list(decision.given), decision.in_order
    approval.remind_on, approval.expires_on = decision.remind_on or "", decision.expires_on or ""
    recording.touch(KIND, approval)
    if was == "new":
        _begin(recording, approval)
    _list(recording, approval)
    if decision.state == "granted":
        carry_out(recording, approval)
    elif was == "granted":
        exceptions.end(recording, approval.key)


def next_dates(recording: Recording) -> list[str]:
    """Return the dates after whose close a request or an exception of the account changes by itself."""
    file, today = approval_file(recording), recording.today()
    found = [day_before(sparing.valid_until) for sparing in file.sparings if sparing.valid_until]
    for key in file.open:
        approval = cast(Approval, recording.find_key(KIND, key))
        if approval.remind_on > today:
            found.append(day_before(approval.remind_on, 2))
        if approval.expires_on >= today:
            found.append(day_before(approval.expires_on))
    return found


def granted_limit(decisions: list[AnyDecision]) -> str | None:
    """Return the id of the request whose granting set a limit, if one did."""
    granted = [found for found in decisions if isinstance(found, ApprovalChanged) and found.state == "granted"]
    return next((found.approval_id for found in granted if found.subject in ("limit", "temporary_limit")), None)


def spares_account(decisions: list[AnyDecision]) -> bool:
    """Return whether an exception for the whole account was granted, so that what waits is checked again."""
    return any(
        isinstance(found, ApprovalChanged)
        and found.state == "granted"
        and found.subject == "exception"
        and found.order_id is None
        for found in decisions
    )


def _band(recording: Recording, approval: Approval) -> Band | None:
    """An exception without a bound, and no limit at all, go to the highest band."""
    if approval.amount is None or approval.unlimited:
        return band_for(recording.context, approval.subject, None)
    amount = amount_in_policy_currency(recording.context, approval.amount, approval.currency or "")
    return band_for(recording.context, approval.subject, amount)


def _do_or_ask(recording: Recording, approval: Approval, decisions: list[AnyDecision]) -> None:
    band = _band(recording, approval)
    if approval.state == "granted" or band is None or not band.roles or _is_a_cut(recording, approval):
        carry_out(recording, approval)
    else:
        recording.touch(KIND, approval)
        _open(recording, approval, band, decisions)


def _is_a_cut(recording: Recording, approval: Approval) -> bool:
    """A lower limit protects, so it never waits."""
    account = recording.account
    if approval.subject not in ("limit", "temporary_limit") or approval.unlimited or approval.scope is not None:
        return False
    return account.unlimited or (account.limit_minor is not None and (approval.amount or 0) <= account.limit_minor)


def _open(recording: Recording, approval: Approval, band: Band | None, decisions: list[AnyDecision]) -> None:
    late = recording.unpark(KIND, approval.key)
    asked: Reason = {"code": "asked", "actor": approval.maker}
    if band is None or not band.roles:
        _tell(recording, approval, decisions, "granted", asked)
    else:
        today = date.fromisoformat(recording.today())
        expires_on = _later(today, band.expires_after_days)
        if approval.valid_until:
            expires_on = min(expires_on, approval.valid_until)
        asked["band_from_minor"] = band.from_minor
        _tell(
            recording,
            approval,
            decisions,
            "open",
            asked,
            needs=list(band.roles),
            in_order=band.in_order,
            remind_on=_later(today, band.remind_after_days),
            expires_on=expires_on,
        )
    for parked in late:
        _take_up(recording, parked, decisions)


def _later(today: date, days: int) -> str:
    return (today + timedelta(days=min(days, (_LAST_DAY - today).days))).isoformat()


def _hear(recording: Recording, word: Word, decisions: list[AnyDecision]) -> None:
    approval = word.approval
    over = _why_over(recording, approval) if approval.state == "open" else None
    if over is not None:
        _tell(recording, approval, decisions, "withdrawn", over)
        return
    because: Reason = {"code": word.said, "actor": word.actor}
    if word.role:
        because["role"] = word.role
    if word.in_place_of is not None:
        because["in_place_of"] = word.in_place_of
    if word.said != "agreed":
        _tell(recording, approval, decisions, word.said, because)
        return
    needs = list(approval.needs)
    needs.remove(word.role)
    given = [*approval.given, Agreement(role=word.role, actor=word.actor, in_place_of=word.in_place_of)]
    _tell(recording, approval, decisions, "open" if needs else "granted", because, needs=needs, given=given)


def _remind(recording: Recording, approval: Approval, decisions: list[AnyDecision]) -> None:
    _tell(recording, approval, decisions, "open", {"code": "reminded"}, remind_on=None)
    rule = recording.context.policy.warnings.approval_waiting
    decisions.extend(occur(recording, "approval_waiting", approval.key, rule))


def _tell(
    recording: Recording,
    approval: Approval,
    decisions: list[AnyDecision],
    state: Any,
    because: Reason,
    **changes: Any,
) -> None:
    """Add a decision that says what a request asks for and how it stands now, already in effect."""
    invoice = cast(Invoice, recording.find_key("invoice", approval.invoice_key)) if approval.invoice_key else None
    order = recording.order(approval.order_key) if approval.order_key else None
    told = ApprovalChanged(
        approval_id=approval.key,
        subject=approval.subject,
        state=state,
        needs=approval.needs,
        given=approval.given,
        maker=approval.maker,
        in_order=approval.in_order,
        amount_minor=approval.amount,
        currency=approval.currency,
        unlimited=approval.unlimited,
        order_id=None if order is None else order.order_id,
        invoice_id=None if invoice is None else invoice.invoice_id,
        checks=approval.checks,
        valid_from=approval.valid_from or None,
        valid_until=approval.valid_until or None,
        remind_on=approval.remind_on or None,
        expires_on=approval.expires_on or None,
        because=[because],
    )
    decision = msgspec.structs.replace(told, **changes)
    decisions.append(decision)
    apply_approval(recording, decision)
    if state != "open":
        decisions.extend(is_over(recording, "approval_waiting", approval.key))


def _take_up(recording: Recording, parked: Parked, decisions: list[AnyDecision]) -> None:
    """Hear what was said of a request before it came."""
    fact = cast(Any, decode_fact(parked.topic, parked.value))
    envelope = msgspec.structs.replace(recording.envelope, ce_source=parked.ce_source, ce_id=parked.ce_id)
    late = replace(recording, envelope=envelope, topic=parked.topic, value=parked.value, approving=[])
    refusal = _WORDS[type(fact)](late, fact)
    if refusal is None:
        _hear(recording, cast(Word, late.approving.pop()), decisions)
        return
    identity = f"{parked.ce_source}/{parked.ce_id}"
    decisions.append(FactRejected(code=refusal, path=WAITED, message=f"{identity} waited for its document"))
    rule = recording.context.policy.warnings.fact_contradicts
    decisions.extend(occur(recording, "fact_contradicts", identity, rule))


def _begin(recording: Recording, approval: Approval) -> None:
    account = recording.account
    approval.limit_before, approval.status_before = (account.limit_minor, account.unlimited), account.status
    recording.unpark(KIND, approval.key)
    if approval.state == "open":
        note_change_after(recording, day_before(approval.remind_on, 2))
        note_change_after(recording, day_before(approval.expires_on))


def _list(recording: Recording, approval: Approval) -> None:
    file = approval_file(recording)
    if approval.state == "open" and approval.key not in file.open:
        file.open.append(approval.key)
    elif approval.state != "open" and approval.key in file.open:
        file.open.remove(approval.key)
    keep_file(recording, file)


def _why_over(recording: Recording, approval: Approval) -> Reason | None:
    """Return what has changed since, so that what approvers were asked is no longer the question."""
    account = recording.account
    if approval.subject == "write_off":
        return _why_invoice_over(cast(Invoice, recording.find_key("invoice", approval.invoice_key)))
    if account.status not in ("active", approval.status_before):
        return {"code": "status_changed", "status": account.status}
    if approval.order_key:
        return _why_order_over(recording, approval, recording.order(approval.order_key))
    if approval.subject == "exception" or approval.scope is not None:
        return None
    if account.opened and approval.currency != account.currency:
        return {"code": "currency_changed", "currency": account.currency}
    if (account.limit_minor, account.unlimited) != approval.limit_before:
        return {"code": "limit_changed", "limit_minor": account.limit_minor or 0}
    return None


def _why_order_over(recording: Recording, approval: Approval, order: Order) -> Reason | None:
    if not order.is_open or order.kind in NOT_BINDING:
        return {"code": "order_ended"}
    if order.state == "rejected":
        return {"code": "order_rejected"}
    is_release = approval.subject == "order_release"
    if order.currency != approval.currency:
        return {"code": "currency_changed", "currency": order.currency} if is_release else None
    if outgrows(recording, order, approval) if is_release else order.amount > (approval.amount or 0):
        return {"code": "order_amount_rose", "amount_minor": amount_at_stake(order)}
    is_settled = order.state == "released" and not order.asked
    return {"code": "order_released"} if is_release and is_settled else None


def _why_invoice_over(invoice: Invoice) -> Reason | None:
    is_settled = invoice.cancelled or not any(part.open() for part in invoice.parts)
    return {"code": "invoice_settled"} if is_settled else None
