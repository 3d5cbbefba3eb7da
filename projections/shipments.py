"""Deliveries and invoices that went out without having been checked, as far as the policy asks for a check."""

from __future__ import annotations

from projections.recording import Recording
from projections.rows import Order
from projections.rules import rules_of
from projections.tolerance import tolerance
from schemas.decisions import AnyDecision, Checkpoint, ShipmentUnchecked
from schemas.policy_orders import Orders


def note_left(
    recording: Recording, checkpoint: Checkpoint, document_id: str, order: Order | None, amount: int, currency: str
) -> None:
    """Note that goods, or an invoice, left; whether that was checked is said once the orders have their answers."""
    recording.left.append((checkpoint, document_id, order, amount, currency))


def unchecked_shipments(recording: Recording) -> list[AnyDecision]:
    """Return what is to be said of the goods and invoices that left: nothing where all of them were released."""
    numbers = rules_of(recording.account, recording.context, recording.book).orders
    return [
        ShipmentUnchecked(
            checkpoint="delivery" if checkpoint == "delivery" else "invoice",
            document_id=document_id,
            order_id="" if order is None else order.order_id,
            amount_minor=amount,
            currency=currency,
        )
        for checkpoint, document_id, order, amount, currency in recording.left
        if _is_unchecked(recording, checkpoint, order, numbers)
    ]


def _is_unchecked(recording: Recording, checkpoint: str, order: Order | None, numbers: Orders) -> bool:
    if order is None:
        return "invoice" in numbers.asked_before
    is_delivery = checkpoint == "delivery"
    gone = order.delivered if is_delivery else order.invoiced
    if order.state != "released" or (is_delivery and not order.is_open):
        return "order" in numbers.asked_before
    if "order" in numbers.asked_before and _is_beyond(recording, order, numbers, gone, order.let_go):
        return True
    passed = order.passed[0] if is_delivery else order.passed[1]
    return checkpoint in numbers.asked_before and _is_beyond(recording, order, numbers, gone, passed)


def _is_beyond(recording: Recording, order: Order, numbers: Orders, gone: int, released: int) -> bool:
    return gone > released and gone - released > tolerance(recording, order, numbers, order.let_go)
