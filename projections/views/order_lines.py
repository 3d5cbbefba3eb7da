"""Orders with their last answer: the queue of those that wait, and all others by state."""

from __future__ import annotations

from typing import cast

from projections.rows import Order
from projections.views.lines import OrderLine, place_of
from projections.views.shelf import Shelf, Worklist
from projections.views.told import Told, tag_of
from projections.watching import WatchedBook
from schemas.decisions import OrderAnswer

WAITING = frozenset({"waiting"})


class OrderLines(Worklist[OrderLine]):
    """All orders of a partition."""

    def __init__(self, shelf: Shelf) -> None:
        super().__init__(shelf, "order", WAITING)

    def fold(self, told: Told, book: WatchedBook) -> None:
        """Bring the lines in line with the orders that a record touched, and with its answers."""
        answers = {
            (found.order_id, found.ce_source, found.seller_id): (n, found)
            for n, found in enumerate(told.decisions)
            if isinstance(found, OrderAnswer)
        }
        for account_id, key in book.noted("order"):
            order = cast(Order, book.document("order", account_id, key))
            self._fold_order(told, account_id, order, answers.get((order.order_id, order.ce_source, order.seller_id)))

    def _fold_order(self, told: Told, account_id: str, order: Order, answer: tuple[int, OrderAnswer] | None) -> None:
        place = place_of(account_id, order.key)
        line = self.get(place)
        before = None if line is None else (line.state, line.since_ms)
        if line is None:
            line = OrderLine(account_id, order.key, order.order_id, order.seller_id, order.ce_source)
        line.amount_minor, line.currency, line.kind = order.amount, order.currency, order.kind
        line.placed_on, line.revision = order.placed_on, order.versions.latest
        line.delivered_minor, line.invoiced_minor = order.delivered, order.invoiced
        line.decision_no = order.decision_no
        if told.said.order_id == order.order_id:
            line.document_no = told.said.document_no or line.document_no
            line.customer_id = told.said.customer_id or line.customer_id
        state = order.state if order.is_open else "closed"
        if before is None or state != line.state:
            line.state, line.since_ms = state, told.at_ms
        if answer is not None:
            _note_answer(line, told, *answer)
        self.put(place, line, before)


def _note_answer(line: OrderLine, told: Told, n: int, answer: OrderAnswer) -> None:
    line.answer, line.checkpoint, line.decided_ms = tag_of(answer), answer.checkpoint, told.at_ms
    line.reasons = list(answer.reasons)
    line.account_currency = answer.account_currency or answer.currency
    line.exposure_minor, line.limit_minor = answer.exposure_minor, answer.limit_minor
    line.headroom_before_minor, line.headroom_after_minor = answer.headroom_before_minor, answer.headroom_after_minor
    line.effect, line.place = told.entry.effect, told.place(n)
