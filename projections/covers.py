"""What an invoice covers: orders by name, or deliveries and through them their orders; and deposits that pay it."""

from __future__ import annotations

from typing import cast

from projections.applying import mark_key, put_on
from projections.deliveries import add_invoiced
from projections.recording import Parked, Recording
from projections.releasing import keep_place, release_deposits
from projections.rows import Delivery, Invoice, Order
from projections.scope_balances import scopes_merged
from projections.shipments import note_left
from schemas.facts.invoices import InvoiceCover


def apply_covers(recording: Recording, invoice: Invoice, covers: tuple[InvoiceCover, ...]) -> None:
    """Pass an invoice on to the orders and deliveries it covers; those not known yet are waited for."""
    if not covers:
        note_left(recording, "invoice", invoice.invoice_id, None, invoice.amount, invoice.currency)
    invoice.covers = [("", "", cover.amount_minor) for cover in covers]
    invoice.covers_revision = invoice.versions.latest
    for position, cover in enumerate(covers):
        kind, document_id = ("delivery", cover.delivery_id) if cover.delivery_id else ("order", cover.order_id)
        if document_id is None:
            continue
        if recording.find(kind, document_id, invoice.seller_id) is None:
            revision = invoice.covers_revision
            recording.park(
                kind, document_id, Parked("cover", key=invoice.key, revision=revision, kind=kind, position=position)
            )
        else:
            apply_cover(recording, invoice, position, kind, document_id)
    recording.recount_invoice(invoice)


def take_up_cover(recording: Recording, parked: Parked, document_id: str) -> None:
    """Apply a cover that waited for its order or delivery, unless the invoice covers something else since."""
    invoice = recording.invoice(parked.key)
    if not invoice.cancelled and invoice.covers_revision == parked.revision:
        apply_cover(recording, invoice, parked.position, parked.kind, document_id)


def apply_cover(recording: Recording, invoice: Invoice, position: int, kind: str, document_id: str) -> None:
    """Count one cover as invoiced on the order or delivery it names."""
    found = recording.find(kind, document_id, invoice.seller_id)
    assert found is not None, f"{kind} {document_id!r} of invoice {invoice.key!r} is not known"
    amount = invoice.covers[position][2]
    if kind == "delivery":
        invoice.covers[position] = ("", found.key, amount)
        add_invoiced(recording, cast(Delivery, found), amount, int(invoice.final))
        orders = [recording.order(key) for key, _ in cast(Delivery, found).covers]
    else:
        invoice.covers[position] = (found.key, "", amount)
        _add_to_order(recording, cast(Order, found), amount, int(invoice.final))
        orders = [cast(Order, found)]
    for order in orders:
        if order.scopes and order.scopes != invoice.scopes:
            recording.change_scopes(invoice, scopes_merged(order.scopes, invoice.scopes))
        note_left(recording, "invoice", invoice.invoice_id, order, amount, invoice.currency)
        _pay_from_deposits(recording, invoice, order)
    recording.touch("invoice", invoice)


def undo_covers(recording: Recording, invoice: Invoice) -> None:
    """Take back what an invoice said of its orders and deliveries."""
    for order_key, delivery_key, amount in invoice.covers:
        if delivery_key:
            delivery = recording.delivery(delivery_key)
            add_invoiced(recording, delivery, -amount, -int(invoice.final))
        elif order_key:
            _add_to_order(recording, recording.order(order_key), -amount, -int(invoice.final))
    invoice.covers = []


def change_final(recording: Recording, invoice: Invoice, final: bool) -> None:
    """Say that what an invoice covers is invoiced in full with it, or that more is to come."""
    finals = int(final) - int(invoice.final)
    invoice.final = final
    for order_key, delivery_key, _ in invoice.covers if finals else ():
        if delivery_key:
            add_invoiced(recording, recording.delivery(delivery_key), 0, finals)
        elif order_key:
            _add_to_order(recording, recording.order(order_key), 0, finals)


def _add_to_order(recording: Recording, order: Order, amount: int, finals: int) -> None:
    order.invoiced += amount
    order.invoiced_finals += finals
    keep_place(recording, order)
    recording.recount_order(order)


def _pay_from_deposits(recording: Recording, invoice: Invoice, order: Order) -> None:
    for cash_key in list(order.deposits):
        kind, cash = recording.cash(cash_key)
        for part in invoice.parts:
            amount = min(order.deposits.get(cash_key, 0), part.open())
            if cash.currency != invoice.currency or amount <= 0 or not cash.cleared:
                continue
            order.deposits[cash_key] -= amount
            cash.order_held -= amount
            put_on(recording, invoice, part, amount, mark_key(kind, cash.key), provisional=True, allocation="")
        if not order.deposits[cash_key]:
            del order.deposits[cash_key]
    recording.recount_order(order)
    recording.recount_invoice(invoice)
    if not order.is_open:
        release_deposits(recording, order)
