"""The horizon of a dynamic limit: what of a released order is delivered so late that it does not count yet.

A part of an order counts from the day on that its delivery comes within the horizon; days advance by `day_closed`.
Source: SAP, dynamic credit check with credit horizon.
"""

from __future__ import annotations

from datetime import date

from projections.book import Book
from projections.context import Context, day_before
from projections.rows import INDEX_SCHEDULED, Account, Order
from projections.rules import rules_of

_NEVER = "9999-12-31"


def horizon_on(book: Book, account: Account, context: Context, at_ms: int) -> str:
    """Return the last date within the horizon; without a horizon every date is."""
    days = rules_of(account, context, book).orders.horizon_days
    if days is None:
        return _NEVER
    return date.fromordinal(min(date.max.toordinal(), _ordinal(context.today(at_ms)) + days)).isoformat()


def _ordinal(on: str) -> int:
    return date.fromisoformat(on).toordinal()


def beyond(order: Order, rest: int, horizon: str) -> int:
    """Return what of the rest of an order is delivered after the horizon: what is delivered, came from its start."""
    return min(rest, sum(amount for on, amount in order.schedule if on > horizon))


def recount_beyond(book: Book, account: Account, context: Context, order: Order, released: int, at_ms: int) -> int:
    """Return by how much more of a scheduled order is beyond the horizon now, and note when the next part enters."""
    horizon = horizon_on(book, account, context, at_ms) if released else _NEVER
    before, order.beyond = order.beyond, beyond(order, released, horizon)
    enters_on = next((on for on, _ in order.schedule if on > horizon), "") if order.beyond else ""
    if enters_on != order.enters_on:
        _list(book, account, context, order, enters_on, at_ms)
    return order.beyond - before


def _list(book: Book, account: Account, context: Context, order: Order, enters_on: str, at_ms: int) -> None:
    if order.enters_on:
        book.index_delete(INDEX_SCHEDULED, account.account_id, _suffix(order))
    order.enters_on = enters_on
    if enters_on:
        book.index_put(INDEX_SCHEDULED, account.account_id, _suffix(order))
        book.note_date(account, _noted_for(book, account, context, enters_on, at_ms))


def _noted_for(book: Book, account: Account, context: Context, enters_on: str, at_ms: int) -> str:
    """A date is swept once the day after it is closed, and from then on it is the day after that."""
    days = rules_of(account, context, book).orders.horizon_days or 0
    return max(day_before(enters_on, days + 2), day_before(context.today(at_ms)))


def _suffix(order: Order) -> bytes:
    return b"%s\x00%s" % (order.enters_on.encode(), order.key.encode())


def entering(book: Book, account: Account, context: Context, at_ms: int) -> list[str]:
    """Return the keys of orders of which a part has come within the horizon since it was counted, by date."""
    index = book.index(INDEX_SCHEDULED, account.account_id)
    first = next(index.items(), None)
    if first is None:
        return []
    horizon, found = horizon_on(book, account, context, at_ms), []
    for suffix, _ in index.items():
        if suffix[:10].decode() > horizon:
            break
        found.append(suffix[11:].decode())
    return found


def next_entry_on(book: Book, account: Account, context: Context, at_ms: int) -> str | None:
    """Return the date after whose close the next part of an order comes within the horizon."""
    first = next(book.index(INDEX_SCHEDULED, account.account_id).items(), None)
    return None if first is None else _noted_for(book, account, context, first[0][:10].decode(), at_ms)
