"""Orders: what each fact about one does to its row. Guards first; a refusal leaves everything as it was."""

from __future__ import annotations

from typing import cast

from projections.exceptions import end_for_order
from projections.order_pattern import note_order
from projections.order_terms import judge_anew, note_terms
from projections.recording import NOT_BINDING, Recording
from projections.releasing import forget_place, place_among_waiting, release_deposits
from projections.rows import Order
from projections.scope_balances import scopes_named
from projections.splitting import count_towards_split, forget_split
from projections.tolerance import is_within_tolerance
from projections.versions import mark, note_version
from schemas.facts.orders import (
    CheckRequested,
    OrderAmended,
    OrderCancelled,
    OrderClosed,
    OrderPlaced,
    OrderReopened,
)
from schemas.reasons import Refusal


def record_placed(recording: Recording, fact: OrderPlaced) -> Refusal | None:
    """Take in an order, or its replacement by a higher revision."""
    found = cast("Order | None", recording.find_own("order", fact.order_id, fact.seller_id))
    if found is not None:
        return _replace(recording, found, fact)
    account = recording.account
    account.order_no += 1
    order = Order(
        key=recording.new_key("order", fact.order_id, fact.seller_id),
        order_id=fact.order_id,
        ce_source=recording.envelope.ce_source,
        seller_id=fact.seller_id,
        versions=recording.first_version(fact),
        currency=fact.currency,
        amount=fact.amount_minor,
        kind=fact.kind,
        number=account.order_no,
        taken_on=recording.today(),
    )
    order.scopes = scopes_named(fact, account.account_id)
    note_terms(recording, order, fact)
    count_towards_split(recording, order)
    recording.recount_order(order)
    recording.answered.append(order)
    recording.arrived.append(("order", fact.order_id))
    note_order(recording, order)
    return None


def record_amended(recording: Recording, fact: OrderAmended) -> Refusal | None:
    """Change the fields given."""
    found = cast("Order | None", recording.find_or_wait("order", fact.order_id, fact.seller_id))
    if found is None:
        return None
    return _replace(recording, found, fact)


def _replace(recording: Recording, order: Order, fact: OrderPlaced | OrderAmended) -> Refusal | None:
    currency = fact.currency or order.currency
    moved = order.delivered or order.invoiced or order.deposits
    if currency != order.currency and moved:
        return "currency_differs_from_document"
    if currency != order.currency:
        _change_currency(recording, order, currency)
    note_version(order.versions, fact.revision, recording.digest(fact))
    recording.change_scopes(order, scopes_named(fact, recording.account.account_id))
    if fact.amount_minor is not None:
        is_more = fact.amount_minor > order.amount and not is_within_tolerance(recording, order, fact.amount_minor)
        order.released_by_desk = order.released_by_desk and not is_more
        order.amount = fact.amount_minor
    if note_terms(recording, order, fact):
        judge_anew(order)
    order.asked, order.asked_at = 0, "order"
    count_towards_split(recording, order)
    if order.kind in NOT_BINDING and order.state != "rejected":
        forget_place(recording, order)
        order.state = "new"
    recording.recount_order(order)
    recording.answered.append(order)
    return None


def _change_currency(recording: Recording, order: Order, currency: str) -> None:
    is_open, order.is_open = order.is_open, False
    recording.recount_order(order)
    forget_split(recording, order)
    order.is_open, order.currency = is_open, currency
    judge_anew(order)
    recording.recount_order(order)


def record_ended(recording: Recording, fact: OrderCancelled | OrderClosed) -> Refusal | None:
    """Let go of what of an order was still to come."""
    order = cast("Order | None", recording.find_or_wait("order", fact.order_id, fact.seller_id))
    if order is None:
        return None
    if not order.is_open:
        return "order_is_not_open"
    _note_revision(recording, order, fact)
    order.is_open = False
    forget_place(recording, order)
    if order.state == "waiting":
        order.state = "new"
    if recording.account.approvals:
        end_for_order(recording, order)
    count_towards_split(recording, order)
    recording.recount_order(order)
    release_deposits(recording, order)
    return None


def record_reopened(recording: Recording, fact: OrderReopened) -> Refusal | None:
    """Take an ended order up again; whatever was decided of it before, it is checked anew."""
    order = cast("Order | None", recording.find_or_wait("order", fact.order_id, fact.seller_id))
    if order is None:
        return None
    if order.is_open:
        return "order_is_open"
    _note_revision(recording, order, fact)
    order.is_open = True
    judge_anew(order)
    count_towards_split(recording, order)
    if order.state != "rejected":
        order.state = "new"
    recording.recount_order(order)
    recording.answered.append(order)
    return None


def _note_revision(recording: Recording, order: Order, fact: OrderCancelled | OrderClosed | OrderReopened) -> None:
    if fact.revision is not None:
        note_version(order.versions, fact.revision, recording.digest(fact))


def record_check(recording: Recording, fact: CheckRequested) -> Refusal | None:
    """Remember the request; the answer is a decision."""
    order = cast("Order | None", recording.find_or_wait("order", fact.order_id, fact.seller_id))
    if order is None:
        return None
    gone = {"order": 0, "delivery": order.delivered, "invoice": order.invoiced}[fact.checkpoint]
    order.asked, order.asked_at = gone + fact.amount_minor, fact.checkpoint
    recording.touch("order", order)
    recording.asked.append(order)
    mark(recording, fact)
    return None


def put_to_wait(recording: Recording, order: Order) -> None:
    """Let an order wait at its place: the older, the earlier."""
    if order.state == "waiting":
        return
    forget_place(recording, order)
    order.state = "waiting"
    order.releases_before = recording.account.release_no
    place_among_waiting(recording, order)
