"""Deliveries: goods that left, and what invoices that name a delivery mean for its orders."""

from __future__ import annotations

from typing import cast

from projections.recording import Recording, order_rest
from projections.releasing import forget_place, keep_place
from projections.rows import Delivery, Order
from projections.shipments import note_left
from projections.versions import mark, note_version
from schemas.facts.orders import DeliveryReversed, OrderDelivered
from schemas.reasons import Refusal


def record_delivered(recording: Recording, fact: OrderDelivered) -> Refusal | None:
    """Move what was delivered from ordered to delivered; waits until all its orders are known."""
    found = cast("Delivery | None", recording.find_own("delivery", fact.delivery_id, fact.seller_id))
    if found is not None and found.reversed:
        return "delivery_already_reversed"
    orders = [recording.find("order", cover.order_id, fact.seller_id) for cover in fact.covers]
    for cover, order in zip(fact.covers, orders, strict=True):
        if order is None:
            recording.park("order", cover.order_id)
            return None
    covers = [(order.key, cover.amount_minor) for cover, order in zip(fact.covers, orders, strict=True) if order]
    if found is not None:
        _undo(recording, found)
        found.covers, found.final = covers, fact.final
        note_version(found.versions, fact.revision, recording.digest(fact))
        _apply(recording, found, fact.delivery_id)
        return None
    key = recording.new_key("delivery", fact.delivery_id, fact.seller_id)
    source = recording.envelope.ce_source
    delivery = Delivery(key, source, fact.seller_id, recording.first_version(fact), covers, fact.final)
    _apply(recording, delivery, fact.delivery_id)
    recording.arrived.append(("delivery", fact.delivery_id))
    return None


def record_reversed(recording: Recording, fact: DeliveryReversed) -> Refusal | None:
    """Move what was delivered back."""
    found = cast("Delivery | None", recording.find_or_wait("delivery", fact.delivery_id, fact.seller_id))
    if found is None:
        return None
    if found.reversed:
        return "delivery_already_reversed"
    _undo(recording, found)
    found.reversed = True
    recording.touch("delivery", found)
    mark(recording, fact)
    return None


def _apply(recording: Recording, delivery: Delivery, delivery_id: str) -> None:
    for key, amount in delivery.covers:
        order = recording.order(key)
        order.delivered += amount
        order.delivered_finals += delivery.final
        if order.state != "released":
            recording.shipped.append(order)
        note_left(recording, "delivery", delivery_id, order, amount, order.currency)
        _leave_queue(recording, order)
        recording.recount_order(order)
    add_invoiced(recording, delivery, 0, 0)


def _leave_queue(recording: Recording, order: Order) -> None:
    """What has left is neither withdrawn nor, when nothing is still to come, waited for."""
    if order.state == "released":
        keep_place(recording, order)
    elif order.state == "waiting" and not order_rest(order):
        forget_place(recording, order)
        order.state = "new"


def _undo(recording: Recording, delivery: Delivery) -> None:
    if delivery.reversed:
        return
    invoiced, finals = delivery.invoiced, delivery.invoiced_finals
    add_invoiced(recording, delivery, -invoiced, -finals)
    delivery.invoiced, delivery.invoiced_finals = invoiced, finals
    for key, amount in delivery.covers:
        order = recording.order(key)
        order.delivered -= amount
        order.delivered_finals -= delivery.final
        keep_place(recording, order)
        recording.recount_order(order)


def add_invoiced(recording: Recording, delivery: Delivery, amount: int, finals: int) -> None:
    """Count an amount as invoiced by naming the delivery, and pass it on to the orders it covers."""
    before = [0] * len(delivery.covers) if (amount, finals) == (0, 0) else _lines(delivery)
    delivery.invoiced += amount
    delivery.invoiced_finals += finals
    recording.touch("delivery", delivery)
    if delivery.reversed:
        return
    for (key, _), old, new in zip(delivery.covers, before, _lines(delivery), strict=True):
        if old != new:
            order = recording.order(key)
            order.invoiced += new - old
            keep_place(recording, order)
            recording.recount_order(order)


def _lines(delivery: Delivery) -> list[int]:
    """Return how much of each cover is invoiced: filled from the first on, any excess on the last.

    It follows from the sum alone, so invoices may come in any order. After a final invoice nothing is left over.
    """
    total = sum(amount for _, amount in delivery.covers)
    left = max(delivery.invoiced, total) if delivery.invoiced_finals else delivery.invoiced
    lines = []
    for _, amount in delivery.covers:
        lines.append(min(amount, left))
        left -= lines[-1]
    lines[-1] += left
    return lines
