"""Places in an account's two queues: orders that wait, oldest first, and releases nothing has left of, newest first."""

from __future__ import annotations

from collections.abc import Iterator

from projections.applying import recount_free, settle_provisionally
from projections.recording import Recording
from projections.rows import INDEX_RELEASED, INDEX_WAITING, Order

_LARGEST = 2**63 - 1


def place_among_waiting(recording: Recording, order: Order) -> None:
    """List an order among the waiting ones."""
    recording.account.waiting_count += 1
    recording.book.index_put(INDEX_WAITING, recording.account.account_id, _waiting_suffix(order))


def place_among_released(recording: Recording, order: Order) -> None:
    """List an order among those that may be withdrawn."""
    recording.account.release_no += 1
    order.release_no = recording.account.release_no
    recording.book.index_put(INDEX_RELEASED, recording.account.account_id, _released_suffix(order))


def forget_place(recording: Recording, order: Order) -> None:
    """Take an order out of the queue it is in, if it is in one."""
    if order.state == "waiting":
        recording.account.waiting_count -= 1
        recording.book.index_delete(INDEX_WAITING, recording.account.account_id, _waiting_suffix(order))
    if order.release_no:
        recording.book.index_delete(INDEX_RELEASED, recording.account.account_id, _released_suffix(order))
        order.release_no = 0


def keep_place(recording: Recording, order: Order) -> None:
    """List a released order among those that may be withdrawn as long as nothing of it has left or is invoiced.

    What left without a release and came back is an order like any other that waits.
    """
    if order.state == "new":
        recording.stranded.append(order)
    if order.state != "released" or not order.is_open:
        return
    may_be_withdrawn = not order.released_by_desk and not order.delivered and not order.invoiced
    if not may_be_withdrawn:
        forget_place(recording, order)
    elif not order.release_no:
        place_among_released(recording, order)


def enter_horizon(recording: Recording, order: Order) -> None:
    """Count what of an order has come within the horizon; those that counted before are withdrawn after it."""
    if order.release_no:
        forget_place(recording, order)
        place_among_released(recording, order)
    recording.recount_order(order)


def waiting(recording: Recording) -> Iterator[Order]:
    """Yield waiting orders, oldest first; the queue may change while it runs."""
    for suffix, _ in recording.book.index(INDEX_WAITING, recording.account.account_id).items():
        yield recording.order(suffix[8:].decode())


def withdrawable(recording: Recording) -> Iterator[Order]:
    """Yield machine-released orders of which nothing has left, newest first; the queue may change while it runs."""
    for suffix, _ in recording.book.index(INDEX_RELEASED, recording.account.account_id).items():
        yield recording.order(suffix[8:].decode())


def _waiting_suffix(order: Order) -> bytes:
    return order.number.to_bytes(8, "big") + order.key.encode()


def _released_suffix(order: Order) -> bytes:
    return (_LARGEST - order.release_no).to_bytes(8, "big") + order.key.encode()


def release_deposits(recording: Recording, order: Order) -> None:
    """Give deposits of an ended order back to the account's cash, as far as nothing of it waits for its invoice."""
    if not order.deposits or order.delivered > order.invoiced:
        return
    deposits, order.deposits = order.deposits, {}
    recording.recount_order(order)
    for cash_key in deposits:
        kind, cash = recording.cash(cash_key)
        cash.order_held = 0
        cash.order_key = None
        recount_free(recording, kind, cash)
        settle_provisionally(recording, kind, cash)
