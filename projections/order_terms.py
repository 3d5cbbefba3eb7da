"""What an order says of its payment, its dates and its delivery, and whether a change of that is another order."""

from __future__ import annotations

from datetime import date

from projections.recording import Recording
from projections.rows import Order
from schemas.facts.orders import OrderAmended, OrderPlaced

_DAY_MS = 86_400_000
_EPOCH = date(1970, 1, 1).toordinal()


def note_terms(recording: Recording, order: Order, fact: OrderPlaced | OrderAmended) -> bool:
    """Take over what a fact says beside the amount; return whether the order is to be judged as a new one for it."""
    before = order.kind, order.terms, order.net_days, order.schedule
    if fact.kind is not None:
        order.kind = fact.kind
    if fact.terms is not None:
        order.terms, order.net_days = fact.terms.kind, fact.terms.net_days
    elif isinstance(fact, OrderPlaced):
        order.terms, order.net_days = "", None
    if fact.schedule is not None and (fact.schedule or order.schedule):
        order.schedule = sorted((line.deliver_on.isoformat(), line.amount_minor) for line in fact.schedule)
    is_dated_anew = fact.placed_on is not None and _note_date(recording, order, fact.placed_on)
    return is_dated_anew or before != (order.kind, order.terms, order.net_days, order.schedule)


def _note_date(recording: Recording, order: Order, placed_on: date) -> bool:
    """A later revision that repeats the date is as much in time as the first was."""
    said = placed_on.isoformat()
    if said == order.placed_on:
        return False
    order.placed_on = said
    order.backdated_days = max(0, recording.at_ms // _DAY_MS - (placed_on.toordinal() - _EPOCH))
    return True


def judge_anew(order: Order) -> None:
    """Say that nothing of what was decided of an order holds for it as it is now."""
    order.let_go = 0
    order.released_by_desk = False
    order.asked, order.asked_at = 0, "order"
    order.passed = (0, 0)
    order.despite = []
