"""What each document adds to the sums of covers with conditions: those for one order, and those up to certain terms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from projections.cover_rows import Covering
from projections.credit_cover import is_longer
from projections.rows import Account, Cash, Delivery, Invoice, Order

FindDelivery = Callable[[str], Delivery]


def has_conditions(covering: Covering) -> bool:
    """Return whether it matters to a cover which documents make up the exposure."""
    return bool(covering.order_key) or covering.max_net_days is not None


def count_order(account: Account, order: Order) -> None:
    """Bring the sums of covers in line with what an order adds to exposure now."""
    released, _, delivered, deposits = order.counted
    amount = max(0, released - order.beyond + delivered - deposits)

    def adds(covering: Covering) -> int:
        is_too_long = is_longer(covering, order.net_days)
        if covering.order_key:
            return amount if covering.order_key == order.key and not is_too_long else 0
        return amount if is_too_long else 0

    order.cover_counts = _count(account, order.cover_counts, order.currency, adds)


def count_invoice(account: Account, invoice: Invoice, find_delivery: FindDelivery) -> None:
    """Bring the sums of covers in line with what is open of an invoice."""

    def adds(covering: Covering) -> int:
        if invoice.cancelled:
            return 0
        too_long, within = _open_by_terms(covering, invoice)
        if not covering.order_key:
            return too_long
        return min(within, _of_order(invoice, covering.order_key, find_delivery)) if within else 0

    invoice.cover_counts = _count(account, invoice.cover_counts, invoice.currency, adds)


def count_bill(account: Account, bill: Cash) -> None:
    """Bring the sums of covers in line with a bill: its terms run from the invoice it pays, and no order is its own."""
    net_days = days_between(bill.since_on, bill.due_on) if bill.since_on else None

    def adds(covering: Covering) -> int:
        return bill.counted[2] if not covering.order_key and is_longer(covering, net_days) else 0

    bill.cover_counts = _count(account, bill.cover_counts, bill.currency, adds)


def _count(account: Account, counted: dict[str, int], currency: str, adds: Callable[[Covering], int]) -> dict[str, int]:
    counts = {}
    for covering in account.covers:
        if not has_conditions(covering):
            continue
        amount = adds(covering)
        change = amount - counted.get(covering.mark, 0)
        if change:
            covering.sums[currency] = covering.sums.get(currency, 0) + change
        if amount:
            counts[covering.mark] = amount
    return counts


def _open_by_terms(covering: Covering, invoice: Invoice) -> tuple[int, int]:
    """Return what is open of an invoice on longer terms than a cover covers, and on others."""
    too_long = within = 0
    for part in invoice.parts:
        if covering.max_net_days is not None and is_longer(covering, days_between(invoice.issued_on, part.due_on)):
            too_long += part.open()
        else:
            within += part.open()
    return too_long, within


def days_between(first_on: str, last_on: str) -> int:
    """Return the days from one ISO date to another.

    >>> days_between("2025-02-28", "2025-03-30")
    30
    """
    return (date.fromisoformat(last_on) - date.fromisoformat(first_on)).days


def _of_order(invoice: Invoice, order_key: str, find_delivery: FindDelivery) -> int:
    """Return what of an invoice is for an order, named or through a delivery."""
    amount = 0
    for of_order, of_delivery, covered in invoice.covers:
        if of_delivery:
            delivered = sum(part for key, part in find_delivery(of_delivery).covers if key == order_key)
            amount += min(covered, delivered)
        elif of_order == order_key:
            amount += covered
    return amount
