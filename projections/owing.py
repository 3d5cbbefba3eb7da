"""What invoices, cash and bills add to the balances: what is owed, what of it is overdue, what is left of cash."""

from __future__ import annotations

from projections.rows import Cash, Invoice


def invoice_counts(invoice: Invoice, business_date: str | None) -> tuple[int, int, int, int]:
    """Return what an invoice adds to (invoiced, overdue, disputed, overdue_disputed)."""
    if invoice.cancelled:
        return 0, 0, 0, 0
    invoiced = overdue = 0
    for part in invoice.parts:
        still_open = part.amount - part.applied
        invoiced += still_open
        if business_date is not None and part.due_on < business_date:
            overdue += still_open
    disputed = min(invoiced, sum(invoice.disputes.values())) if invoice.disputes else 0
    return invoiced, overdue, disputed, min(overdue, disputed)


def cash_counts(cash: Cash, business_date: str | None) -> tuple[int, int, int, int]:
    """Return what a payment, credit note or bill adds to (unapplied, uncleared, bills, overdue)."""
    if cash.reversed:
        return 0, 0, 0, 0
    if not cash.cleared:
        return 0, cash.amount, 0, 0
    applied = sum(cash.applied.values())
    if cash.outstanding:
        is_overdue = business_date is not None and "" < cash.due_on < business_date
        return 0, cash.amount - applied, applied, applied if is_overdue else 0
    return cash.amount - applied - cash.order_held, 0, 0, 0
