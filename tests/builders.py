"""Facts that name only what matters to a test; everything else has a plain default."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from schemas.codec import TOPIC_OF_TYPE

ACCOUNT = "ACME"
DAY = "2025-03-03"


@dataclass(frozen=True)
class Said:
    """A fact as somebody sends it: its value and, where a test cares, who sends it and under which id."""

    value: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)
    key: str = ACCOUNT

    @property
    def topic(self) -> str:
        """The topic that carries this type of fact."""
        return TOPIC_OF_TYPE[self.value["type"]]

    def bytes(self) -> bytes:
        """The record's value."""
        return msgspec.json.encode(self.value)

    def by(self, source: str, ce_id: str = "") -> Said:
        """The same, sent by a certain system."""
        return Said(self.value, {**self.headers, "ce_source": source, **({"ce_id": ce_id} if ce_id else {})}, self.key)

    def with_headers(self, **headers: str) -> Said:
        """The same, with more headers."""
        return Said(self.value, {**self.headers, **headers}, self.key)

    def but(self, **fields: Any) -> Said:
        """The same with other fields."""
        return Said({**self.value, **fields}, self.headers, fields.get("account_id", self.key))


def _said(kind: str, fields: dict[str, Any], **defaults: Any) -> Said:
    account_id = fields.pop("account_id", ACCOUNT)
    return Said({"type": kind, "account_id": account_id, **defaults, **fields}, {}, account_id)


def _by_desk(kind: str, fields: dict[str, Any], **defaults: Any) -> Said:
    """Desk facts are no documents, so each has an id of its own; a test that repeats one sends the same object."""
    _by_desk.count += 1  # type: ignore[attr-defined]
    said = _said(kind, fields, actor="kim", reason="asked", **defaults)
    return said.by("desk", f"d{_by_desk.count}")  # type: ignore[attr-defined]


_by_desk.count = 0  # type: ignore[attr-defined]


def account_opened(**fields: Any) -> Said:
    return _said("account_opened", fields, name="Acme", currency="EUR", opened_on=DAY)


def limit_set(limit_minor: int, **fields: Any) -> Said:
    return _by_desk("limit_set", fields, limit_minor=limit_minor, currency="EUR")


def suspended() -> Said:
    return _by_desk("account_suspended", {})


def reinstated() -> Said:
    return _by_desk("account_reinstated", {})


def prepayment_required() -> Said:
    return _by_desk("prepayment_required", {})


def handed_over() -> Said:
    return _by_desk("handed_over", {}, to="lawyers")


def held() -> Said:
    return _by_desk("account_held", {})


def hold_lifted() -> Said:
    return _by_desk("hold_lifted", {})


def terms_set(net_days: int | None = None, **fields: Any) -> Said:
    given = {} if net_days is None else {"net_days": net_days}
    return _by_desk("terms_set", fields, **given)


def written_off(amount: int, invoice_id: str = "I1", **fields: Any) -> Said:
    return _by_desk("written_off", fields, invoice_id=invoice_id, amount_minor=amount, currency="EUR")


def released(order_id: str = "O1", **fields: Any) -> Said:
    return _by_desk("order_release", fields, order_id=order_id)


def rejected(order_id: str = "O1", **fields: Any) -> Said:
    return _by_desk("order_reject", fields, order_id=order_id)


def requested(approval_id: str = "AP-1", subject: str = "limit", **fields: Any) -> Said:
    """A request of an analyst who may agree to nothing."""
    return _said("approval_requested", fields, approval_id=approval_id, subject=subject, actor="ana", reason="growing")


def agreed(actor: str, approval_id: str = "AP-1", **fields: Any) -> Said:
    return _by_desk("approval_given", {"actor": actor, **fields}, approval_id=approval_id)


def not_agreed(actor: str, approval_id: str = "AP-1", **fields: Any) -> Said:
    return _by_desk("approval_refused", {"actor": actor, **fields}, approval_id=approval_id)


def no_longer_asked(actor: str = "ana", approval_id: str = "AP-1", **fields: Any) -> Said:
    return _by_desk("approval_withdrawn", {"actor": actor, **fields}, approval_id=approval_id)


def limit_requested(limit_minor: int, **fields: Any) -> Said:
    return _by_desk("limit_requested", {"actor": "ana", **fields}, limit_minor=limit_minor, currency="EUR")


def limit_approved(actor: str, approval_id: str = "AP-1", **fields: Any) -> Said:
    return _by_desk("limit_approved", {"actor": actor, **fields}, approval_id=approval_id)


def limit_denied(actor: str, approval_id: str = "AP-1", **fields: Any) -> Said:
    return _by_desk("limit_denied", {"actor": actor, **fields}, approval_id=approval_id)


def dismissed(dead_letter: str) -> Said:
    return _by_desk("dead_letter_dismissed", {}, dead_letter=dead_letter)


def order(order_id: str = "O1", amount: int = 100, **fields: Any) -> Said:
    return _said("order_placed", fields, order_id=order_id, amount_minor=amount, currency="EUR", placed_on=DAY)


def amended(order_id: str = "O1", revision: int = 2, **fields: Any) -> Said:
    return _said("order_amended", fields, order_id=order_id, revision=revision)


def cancelled(order_id: str = "O1", **fields: Any) -> Said:
    return _said("order_cancelled", fields, order_id=order_id, revision=fields.pop("revision", 1001))


def closed(order_id: str = "O1", **fields: Any) -> Said:
    return _said("order_closed", fields, order_id=order_id, revision=fields.pop("revision", 1002))


def reopened(order_id: str = "O1", **fields: Any) -> Said:
    return _said("order_reopened", fields, order_id=order_id, revision=fields.pop("revision", 1003))


def check(order_id: str = "O1", checkpoint: str = "delivery", check_id: str = "K1", **fields: Any) -> Said:
    return _said(
        "check_requested", fields, order_id=order_id, checkpoint=checkpoint, check_id=check_id, amount_minor=100
    )


def delivery(amount: int = 100, order_id: str = "O1", delivery_id: str = "D1", **fields: Any) -> Said:
    covers = fields.pop("covers", {order_id: amount})
    lines = [{"order_id": of, "amount_minor": so_much} for of, so_much in covers.items()]
    return _said("order_delivered", fields, delivery_id=delivery_id, covers=lines, delivered_on=DAY)


def delivery_reversed(delivery_id: str = "D1", **fields: Any) -> Said:
    return _said("delivery_reversed", fields, delivery_id=delivery_id)


def invoice(
    amount: int = 100,
    invoice_id: str = "I1",
    *,
    orders: dict[str, int] | None = None,
    deliveries: dict[str, int] | None = None,
    **fields: Any,
) -> Said:
    covers = [{"order_id": of, "amount_minor": so_much} for of, so_much in (orders or {}).items()]
    covers += [{"delivery_id": of, "amount_minor": so_much} for of, so_much in (deliveries or {}).items()]
    due = {} if "instalments" in fields else {"due_on": fields.pop("due_on", "2025-04-02")}
    return _said(
        "invoice_issued",
        fields,
        invoice_id=invoice_id,
        amount_minor=amount,
        currency="EUR",
        issued_on=DAY,
        covers=covers,
        **due,
    )


def invoice_amended(invoice_id: str = "I1", revision: int = 2, **fields: Any) -> Said:
    return _said("invoice_amended", fields, invoice_id=invoice_id, revision=revision)


def invoice_cancelled(invoice_id: str = "I1", **fields: Any) -> Said:
    return _said("invoice_cancelled", fields, invoice_id=invoice_id)


def credit_note(amount: int, invoice_id: str | None = None, credit_note_id: str = "C1", **fields: Any) -> Said:
    named = {} if invoice_id is None else {"invoice_id": invoice_id}
    return _said(
        "credit_note_issued",
        fields,
        credit_note_id=credit_note_id,
        amount_minor=amount,
        currency="EUR",
        issued_on=DAY,
        **named,
    )


def disputed(amount: int, invoice_id: str = "I1", dispute_id: str = "T1", **fields: Any) -> Said:
    return _said(
        "invoice_disputed",
        fields,
        dispute_id=dispute_id,
        invoice_id=invoice_id,
        disputed_minor=amount,
        reason_code="damaged",
        disputed_on=DAY,
    )


def dispute_resolved(dispute_id: str = "T1", **fields: Any) -> Said:
    return _said("dispute_resolved", fields, dispute_id=dispute_id, resolved_on=DAY)


def payment(amount: int, payment_id: str = "P1", *, pays: dict[str, int] | None = None, **fields: Any) -> Said:
    named = [{"invoice_id": of, "amount_minor": so_much} for of, so_much in (pays or {}).items()]
    return _said(
        "payment_received",
        fields,
        payment_id=payment_id,
        amount_minor=amount,
        currency="EUR",
        received_on=DAY,
        allocations=named,
    )


def payment_cleared(payment_id: str = "P1", **fields: Any) -> Said:
    return _said("payment_cleared", fields, payment_id=payment_id)


def payment_reversed(payment_id: str = "P1", **fields: Any) -> Said:
    return _said("payment_reversed", fields, payment_id=payment_id, reversed_on=DAY)


def allocated(
    amount: int, invoice_id: str = "I1", payment_id: str = "P1", allocation_id: str = "A1", **fields: Any
) -> Said:
    source = fields.pop("source", {"payment_id": payment_id})
    to = {"invoice_id": invoice_id, **({"instalment_no": fields.pop("number")} if "number" in fields else {})}
    return _said("allocated", fields, allocation_id=allocation_id, to=to, amount_minor=amount, **{"from": source})


def allocation_reversed(allocation_id: str = "A1", **fields: Any) -> Said:
    return _said("allocation_reversed", fields, allocation_id=allocation_id)


def bill(amount: int, bill_id: str = "B1", *, pays: dict[str, int] | None = None, **fields: Any) -> Said:
    named = [{"invoice_id": of, "amount_minor": so_much} for of, so_much in (pays or {}).items()]
    fields = {"received_on": DAY, "due_on": "2025-05-02", **fields}
    return _said("bill_received", fields, bill_id=bill_id, amount_minor=amount, currency="EUR", allocations=named)


def bill_honoured(bill_id: str = "B1", **fields: Any) -> Said:
    return _said("bill_honoured", fields, bill_id=bill_id, honoured_on=DAY)


def bill_dishonoured(bill_id: str = "B1", **fields: Any) -> Said:
    return _said("bill_dishonoured", fields, bill_id=bill_id, dishonoured_on=DAY)


def contract(contract_id: str = "CT1", signed_on: str = DAY, **fields: Any) -> Said:
    return _said("contract_signed", fields, contract_id=contract_id, signed_on=signed_on)


def cover(value: int, cover_id: str = "G1", **fields: Any) -> Said:
    fields = {"kind": "guarantee", "value_minor": value, "currency": "EUR", **fields}
    return _said("cover_pledged", fields, cover_id=cover_id)


def cover_withdrawn(on: str, cover_id: str = "G1", **fields: Any) -> Said:
    return _said("cover_withdrawn", fields, cover_id=cover_id, withdrawn_on=on)


def cover_released(on: str = DAY, cover_id: str = "G1", **fields: Any) -> Said:
    return _said("cover_released", fields, cover_id=cover_id, released_on=on)


def day_closed(on: str) -> Said:
    return Said({"type": "day_closed", "business_date": on}, {}, "")


def rates_set(base: str = "EUR", **rates: str) -> Said:
    return Said({"type": "rates_set", "base": base, "rates": rates, "valid_on": DAY}, {}, "")


def delegation_set(delegator: str, delegate: str, valid_from: str, valid_until: str, **fields: Any) -> Said:
    both = {"delegator": delegator, "delegate": delegate, "valid_from": valid_from, "valid_until": valid_until}
    return Said({"type": "delegation_set", **both, "actor": delegator, "reason": "away", **fields}, {}, "")


def policy_adopted(policy: dict[str, Any], **fields: Any) -> Said:
    by = {"actor": "kim", "approved_by": "lee"}
    return Said({"type": "policy_adopted", "policy": policy, **by, **fields}, {}, "")


def model_adopted(model: dict[str, Any] | None, **fields: Any) -> Said:
    by = {"actor": "kim", "approved_by": "lee"}
    return Said({"type": "model_adopted", "model": model, **by, **fields}, {}, "")


def model_alert_handled(did: str, alert_id: str = "model/1", **fields: Any) -> Said:
    """Say that a person acknowledged, assigned or closed an alert about the model."""
    return Said(
        {"type": f"model_alert_{did}", "alert_id": alert_id, "actor": "kim", "reason": "seen", **fields}, {}, ""
    )


def _noted(kind: str, fields: dict[str, Any], **defaults: Any) -> Said:
    """Facts that are no documents, told by the system that keeps the dossiers."""
    _noted.count += 1  # type: ignore[attr-defined]
    return _said(kind, fields, **defaults).by("crm", f"n{_noted.count}")  # type: ignore[attr-defined]


_noted.count = 0  # type: ignore[attr-defined]


def dossier_updated(**fields: Any) -> Said:
    return _noted("dossier_updated", fields)


def joined(customer_id: str, **fields: Any) -> Said:
    return _noted("member_joined", fields, customer_id=customer_id)


def left(customer_id: str, **fields: Any) -> Said:
    return _noted("member_left", fields, customer_id=customer_id)


def manager_assigned(manager_id: str, **fields: Any) -> Said:
    return _noted("manager_assigned", fields, manager_id=manager_id)


def financials(period_end_on: str, items: dict[str, int], **fields: Any) -> Said:
    return _noted("financials_filed", fields, period_end_on=period_end_on, currency="EUR", items=items)


def reference(referee: str = "First Bank", reported_on: str = DAY, **fields: Any) -> Said:
    return _noted("reference_reported", fields, referee=referee, reported_on=reported_on)


def assessment(subject: str, rating: int, recorded_on: str = DAY, **fields: Any) -> Said:
    return _noted("assessment_recorded", fields, subject=subject, rating=rating, recorded_on=recorded_on)


def bureau(score: int, reported_on: str = DAY, provider: str = "north", **fields: Any) -> Said:
    scale = {"scale_min": 0, "scale_max": 1_000}
    return _noted("bureau_reported", fields, provider=provider, score=score, reported_on=reported_on, **scale)


def adverse_event(event: str = "judgment", reported_on: str = DAY, **fields: Any) -> Said:
    return _noted("adverse_event_reported", fields, event=event, reported_on=reported_on)


def adverse_event_resolved(event: str = "judgment", resolved_on: str = DAY, **fields: Any) -> Said:
    return _noted("adverse_event_resolved", fields, event=event, resolved_on=resolved_on)


def grade_set(grade: str | None, **fields: Any) -> Said:
    return _by_desk("grade_set", fields, grade=grade)


def reviewed(reviewed_on: str = DAY, **fields: Any) -> Said:
    return _by_desk("account_reviewed", fields, reviewed_on=reviewed_on)


def acknowledged(alert_id: str = f"{ACCOUNT}/1", **fields: Any) -> Said:
    return _by_desk("alert_acknowledged", fields, alert_id=alert_id)


def assigned(owner: str, alert_id: str = f"{ACCOUNT}/1", **fields: Any) -> Said:
    return _by_desk("alert_assigned", fields, alert_id=alert_id, owner=owner)


def snoozed(until_on: str, alert_id: str = f"{ACCOUNT}/1", **fields: Any) -> Said:
    return _by_desk("alert_snoozed", fields, alert_id=alert_id, until_on=until_on)


def alert_closed(alert_id: str = f"{ACCOUNT}/1", **fields: Any) -> Said:
    return _by_desk("alert_closed", fields, alert_id=alert_id)


def promised(amount: int, pay_by_on: str, promise_id: str = "R1", **fields: Any) -> Said:
    by_on = {"promised_on": DAY, "pay_by_on": pay_by_on}
    return _by_desk("promise_made", fields, promise_id=promise_id, amount_minor=amount, currency="EUR", **by_on)


def book_totalled(on: str, net_exposure: int, **fields: Any) -> Said:
    book = {"business_date": on, "currency": "EUR", "net_exposure_minor": net_exposure, "accounts": 10}
    return Said({"type": "book_totalled", **book, **fields}, {}, "")


def learner_reported(report: str, **fields: Any) -> Said:
    return Said(
        {"type": "learner_reported", "report": report, "model_id": "champion-700", "lessons": 700, **fields}, {}, ""
    )
