"""Payments, credit notes and their allocation: what each fact does to the rows."""

from __future__ import annotations

from typing import cast

from projections.applying import (
    apply_discount,
    apply_named,
    mark_key,
    recount_free,
    settle_provisionally,
    take_off,
)
from projections.promises import note_receipt, receipt_of
from projections.recording import Parked, Recording, order_rest
from projections.rows import Cash, Invoice, Mark, Named, Order
from projections.scope_balances import scopes_named
from projections.versions import mark, note_version
from schemas.facts.invoices import CreditNoteIssued
from schemas.facts.payments import (
    Allocated,
    AllocationReversed,
    BillReceived,
    PaymentCleared,
    PaymentReceived,
    PaymentReversed,
)
from schemas.reasons import Refusal

Incoming = PaymentReceived | CreditNoteIssued | BillReceived
"""What brings money, a credit or a promise of money."""


def record_received(recording: Recording, fact: PaymentReceived) -> Refusal | None:
    """Take in a payment, or its correction by a higher revision."""
    named = [Named(part.invoice_id, part.instalment_no, part.amount_minor, "") for part in fact.allocations]
    if sum(part.amount for part in named) > fact.amount_minor:
        return "allocations_exceed_amount"
    found = cast("Cash | None", recording.find_own("payment", fact.payment_id, fact.seller_id))
    before = receipt_of(found)
    if found is not None:
        refusal = correct(recording, "payment", found, fact)
        if refusal is not None:
            return refusal
        cash = found
    else:
        cash = new_cash(recording, "payment", fact.payment_id, fact)
    cash.cleared = fact.status == "cleared" or _was_cleared(recording, cash, fact)
    cash.named, cash.explicit = named + cash.named, bool(named)
    if fact.for_order_id is not None:
        _hold_for_order(recording, cash, fact.for_order_id)
    if found is None:
        recording.arrived.append(("payment", fact.payment_id))
    note_receipt(recording, before, cash)
    settle(recording, "payment", cash)
    return None


def _was_cleared(recording: Recording, cash: Cash, fact: PaymentReceived) -> bool:
    """A correction that repeats what was first advised does not take back that the payment has arrived."""
    clearing = cast("Mark | None", recording.find("payment_clearing", fact.payment_id, fact.seller_id))
    return clearing is not None and cash.key in clearing.about


def record_credit_note(recording: Recording, fact: CreditNoteIssued) -> Refusal | None:
    """Take in a credit note: on its invoice, else on what is due first."""
    found = cast("Cash | None", recording.find_own("credit_note", fact.credit_note_id, fact.seller_id))
    if found is not None:
        refusal = correct(recording, "credit_note", found, fact)
        if refusal is not None:
            return refusal
        cash = found
    else:
        cash = new_cash(recording, "credit_note", fact.credit_note_id, fact)
    cash.explicit = fact.invoice_id is not None
    if fact.invoice_id is not None:
        cash.named.insert(0, Named(fact.invoice_id, fact.instalment_no, fact.amount_minor, ""))
    if found is None:
        recording.arrived.append(("credit_note", fact.credit_note_id))
    settle(recording, "credit_note", cash)
    return None


def new_cash(recording: Recording, kind: str, document_id: str, fact: Incoming) -> Cash:
    """Return the row of a payment, credit note or bill that is new."""
    account = recording.account
    account.cash_no += 1
    return Cash(
        key=recording.new_key(kind, document_id, fact.seller_id),
        ce_source=recording.envelope.ce_source,
        seller_id=fact.seller_id,
        versions=recording.first_version(fact),
        currency=fact.currency,
        amount=fact.amount_minor,
        number=account.cash_no,
        cleared=True,
        dated_on=_date_of(fact),
        scopes=scopes_named(fact, account.account_id),
    )


def _date_of(fact: Incoming) -> str:
    on = fact.issued_on if isinstance(fact, CreditNoteIssued) else fact.received_on
    return on.isoformat()


def correct(recording: Recording, kind: str, cash: Cash, fact: Incoming) -> Refusal | None:
    """Let cash be what a higher revision says, free of all that it paid but for what `allocated` facts said."""
    if cash.reversed:
        return "payment_already_reversed"
    allocated = _allocated_of(recording, kind, cash)
    withdraw(recording, kind, cash)
    note_version(cash.versions, fact.revision, recording.digest(fact))
    cash.reversed = True
    recount_free(recording, kind, cash)
    recording.change_scopes(cash, scopes_named(fact, recording.account.account_id))
    cash.currency, cash.amount, cash.reversed = fact.currency, fact.amount_minor, False
    cash.dated_on = _date_of(fact)
    cash.named = allocated
    return None


def _allocated_of(recording: Recording, kind: str, cash: Cash) -> list[Named]:
    """Return what `allocated` facts said of cash: a correction of the cash does not take it back."""
    allocated = [part for part in cash.named if part.allocation_key]
    for invoice_key in cash.applied:
        invoice = recording.invoice(invoice_key)
        allocated += [
            Named(invoice.invoice_id, found.number, found.amount, found.allocation_key)
            for found in invoice.applications
            if found.cash_key == mark_key(kind, cash.key) and found.allocation_key
        ]
    return allocated


def _hold_for_order(recording: Recording, cash: Cash, order_id: str) -> None:
    cash.order_held = cash.amount
    cash.explicit = False
    order = cast("Order | None", recording.find("order", order_id, cash.seller_id))
    if order is None:
        recording.park("order", order_id, Parked("deposit", key=cash.key, revision=cash.versions.latest))
    elif order.currency != cash.currency or not order.is_open:
        cash.order_held = 0
    else:
        _tie(recording, cash, order)


def _tie(recording: Recording, cash: Cash, order: Order) -> None:
    cash.order_key = order.key
    at_risk = order_rest(order) + max(0, order.delivered - order.invoiced)
    cash.order_held -= min(max(0, cash.order_held - at_risk), order.invoiced)  # what is invoiced is paid like any
    if cash.cleared:
        order.deposits[mark_key("payment", cash.key)] = cash.order_held
        recording.recount_order(order)


def take_up_deposit(recording: Recording, parked: Parked, order_id: str) -> None:
    """Tie a deposit to the order it waited for, unless it changed or went since."""
    cash = cast(Cash, recording.find_key("payment", parked.key))
    if cash.reversed or cash.versions.latest != parked.revision or cash.order_key is not None:
        return
    order = cast(Order, recording.find("order", order_id, cash.seller_id))
    if order.currency == cash.currency:
        _tie(recording, cash, order)
    else:
        cash.order_held = 0
    settle(recording, "payment", cash)


def settle(recording: Recording, kind: str, cash: Cash) -> None:
    """Apply cleared cash to what it was meant for, then, if nobody has said, to what is due first."""
    recount_free(recording, kind, cash)
    if not cash.cleared:
        return
    for part in list(cash.named):
        _apply_or_wait(recording, kind, cash, part)
    recount_free(recording, kind, cash)
    settle_provisionally(recording, kind, cash)


def _apply_or_wait(recording: Recording, kind: str, cash: Cash, part: Named) -> None:
    invoice = cast("Invoice | None", recording.find("invoice", part.invoice_id, cash.seller_id))
    if invoice is None:
        recording.park("invoice", part.invoice_id, Parked("named", key=mark_key(kind, cash.key)))
        return
    cash.named.remove(part)
    if invoice.currency == cash.currency:
        apply_named(recording, kind, cash, invoice, part.number, part.amount, part.allocation_key)


def take_up_named(recording: Recording, parked: Parked, invoice_id: str) -> None:
    """Apply cash to the invoice it waited for."""
    kind, cash = recording.cash(parked.key)
    if not cash.cleared or cash.reversed:
        return
    for part in [part for part in cash.named if part.invoice_id == invoice_id]:
        _apply_or_wait(recording, kind, cash, part)
    recount_free(recording, kind, cash)


def record_cleared(recording: Recording, fact: PaymentCleared) -> Refusal | None:
    """Let an advised payment count."""
    cash = cast("Cash | None", recording.find_or_wait("payment", fact.payment_id, fact.seller_id))
    if cash is None:
        return None
    if cash.reversed:
        return "payment_already_reversed"
    if cash.cleared:
        return "payment_already_cleared"
    before = receipt_of(cash)
    cash.cleared = True
    note_receipt(recording, before, cash)
    mark(recording, fact, [cash.key])
    order = None if cash.order_key is None else recording.order(cash.order_key)
    if order is not None and order.is_open:
        _tie(recording, cash, order)
    elif order is not None:
        cash.order_key, cash.order_held = None, 0
    settle(recording, "payment", cash)
    return None


def record_reversed(recording: Recording, fact: PaymentReversed) -> Refusal | None:
    """Undo a payment; what it paid is open again, and other free cash may pay it."""
    cash = cast("Cash | None", recording.find_or_wait("payment", fact.payment_id, fact.seller_id))
    if cash is None:
        return None
    if cash.reversed:
        return "payment_already_reversed"
    before = receipt_of(cash)
    undo(recording, "payment", cash)
    note_receipt(recording, before, cash)
    mark(recording, fact)
    return None


def undo(recording: Recording, kind: str, cash: Cash) -> None:
    """Let cash never have come."""
    _withdraw_discounts(recording, kind, cash)
    withdraw(recording, kind, cash)
    cash.reversed = True
    cash.named = []
    recount_free(recording, kind, cash)


def _withdraw_discounts(recording: Recording, kind: str, cash: Cash) -> None:
    """What was granted for paying goes with the payment."""
    key = mark_key(kind, cash.key)
    for invoice_key in cash.applied:
        invoice = recording.invoice(invoice_key)
        granted_with = {found.allocation_key for found in invoice.applications if found.cash_key == key} - {""}
        discount = [
            found for found in invoice.applications if not found.cash_key and found.allocation_key in granted_with
        ]
        take_off(recording, invoice, sum(found.amount for found in discount), discount.__contains__)


def withdraw(recording: Recording, kind: str, cash: Cash) -> None:
    """Take cash off everything it pays and off the order it is held for."""
    key = mark_key(kind, cash.key)
    for invoice_key in list(cash.applied):
        invoice = recording.invoice(invoice_key)
        take_off(recording, invoice, cash.applied[invoice_key], lambda found: found.cash_key == key)
        recording.recount_invoice(invoice)
        recording.unpaid.append(invoice)
    if cash.order_key is not None:
        order = recording.order(cash.order_key)
        order.deposits.pop(key, None)
        recording.recount_order(order)
    cash.order_key, cash.order_held = None, 0


def record_allocated(recording: Recording, fact: Allocated) -> Refusal | None:
    """Apply cash as somebody said; waits until the cash and the invoice are known."""
    source = fact.source
    given = (("payment", source.payment_id), ("credit_note", source.credit_note_id), ("bill", source.bill_id))
    named = [(kind, found) for kind, found in given if found is not None]
    if len(named) != 1:
        return "allocation_source_missing"
    kind, cash_id = named[0]
    cash = cast("Cash | None", recording.find(kind, cash_id, fact.seller_id))
    invoice = cast("Invoice | None", recording.find("invoice", fact.to.invoice_id, fact.seller_id))
    if cash is None or invoice is None:
        recording.park(*((kind, cash_id) if cash is None else ("invoice", fact.to.invoice_id)))
        return None
    if cash.reversed:
        return "bill_already_dishonoured" if kind == "bill" else "payment_already_reversed"
    if cash.currency != invoice.currency:
        return "currency_differs_from_document"
    _allocate(recording, fact, kind, cash, invoice)
    return None


def _allocate(recording: Recording, fact: Allocated, kind: str, cash: Cash, invoice: Invoice) -> None:
    allocation = mark(recording, fact, [mark_key(kind, cash.key), invoice.key])
    key, number = allocation.key, fact.to.instalment_no
    _undo_allocation(recording, allocation)
    allocation.about, allocation.done = [mark_key(kind, cash.key), invoice.key], False
    recording.arrived.append(("allocation", fact.allocation_id))
    apply_discount(recording, invoice, number, fact.discount_minor, key)
    if cash.cleared:
        apply_named(recording, kind, cash, invoice, number, fact.amount_minor, key)
    else:
        cash.named.append(Named(fact.to.invoice_id, number, fact.amount_minor, key))
    recount_free(recording, kind, cash)


def _undo_allocation(recording: Recording, allocation: Mark) -> None:
    cash_key, invoice_key = allocation.about
    invoice = recording.invoice(invoice_key)
    applied = sum(found.amount for found in invoice.applications if found.allocation_key == allocation.key)
    take_off(recording, invoice, applied, lambda found: found.allocation_key == allocation.key)
    recording.recount_invoice(invoice)
    recording.unpaid.append(invoice)
    kind, cash = recording.cash(cash_key)
    cash.named = [part for part in cash.named if part.allocation_key != allocation.key]
    recount_free(recording, kind, cash)
    recording.freed.append(cash_key)


def record_allocation_reversed(recording: Recording, fact: AllocationReversed) -> Refusal | None:
    """Undo an allocation; its cash is free again."""
    allocation = cast("Mark | None", recording.find_or_wait("allocation", fact.allocation_id, fact.seller_id))
    if allocation is None:
        return None
    if allocation.done:
        return "allocation_already_reversed"
    _undo_allocation(recording, allocation)
    allocation.done = True
    recording.touch("allocation", allocation)
    mark(recording, fact)
    return None
