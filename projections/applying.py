"""Cash on invoices: putting it on, taking it off, and oldest-due-first where nobody has said what it pays."""

from __future__ import annotations

from collections.abc import Callable

from projections.recording import Recording
from projections.rows import INDEX_CASH, INDEX_UNPAID, Application, Cash, Invoice, Part
from projections.scope_balances import scopes_merged


def mark_key(kind: str, key: str) -> str:
    """Return the key by which an invoice names its cash: `p:` a payment, `q:` a credit note, `b:` a bill."""
    return _MARKS[kind] + key


_MARKS = {"payment": "p:", "credit_note": "q:", "bill": "b:"}


def put_on(
    recording: Recording, invoice: Invoice, part: Part, amount: int, key: str, *, provisional: bool, allocation: str
) -> None:
    """Apply an amount to a part; the caller has made sure that both sides have so much."""
    assert 0 < amount <= part.open(), f"invoice {invoice.key!r} part {part.number}: {amount} over {part.open()}"
    invoice.applications.append(Application(key, part.number, amount, provisional, allocation))
    _move(recording, invoice, part, amount)
    if key:
        kind, cash = recording.cash(key)
        cash.applied[invoice.key] = cash.applied.get(invoice.key, 0) + amount
        if cash.due_on:
            _follow_invoice(recording, invoice, cash)
        recount_free(recording, kind, cash)


def _follow_invoice(recording: Recording, invoice: Invoice, bill: Cash) -> None:
    """What a bill pays is owed on the bill: by the same part of the account, since the invoice was issued."""
    bill.since_on = min(bill.since_on or invoice.issued_on, invoice.issued_on)
    recording.change_scopes(bill, scopes_merged(invoice.scopes, bill.scopes))


def take_off(
    recording: Recording, invoice: Invoice, amount: int, which: Callable[[Application], bool]
) -> dict[str, int]:
    """Take at most an amount off the invoice, from the youngest applications that fit; return it by cash key."""
    freed: dict[str, int] = {}
    for application in reversed(list(invoice.applications)):
        if amount <= 0:
            break
        if not which(application):
            continue
        taken = min(amount, application.amount)
        amount -= taken
        application.amount -= taken
        if not application.amount:
            invoice.applications.remove(application)
        _move(recording, invoice, _part(invoice, application.number), -taken)
        if application.cash_key:
            _give_back(recording, invoice, application.cash_key, taken)
            freed[application.cash_key] = freed.get(application.cash_key, 0) + taken
    return freed


def _give_back(recording: Recording, invoice: Invoice, cash_key: str, amount: int) -> None:
    kind, cash = recording.cash(cash_key)
    cash.applied[invoice.key] -= amount
    if not cash.applied[invoice.key]:
        del cash.applied[invoice.key]
    recount_free(recording, kind, cash)


def _move(recording: Recording, invoice: Invoice, part: Part, amount: int) -> None:
    was_open = part.open() > 0
    part.applied += amount
    if was_open != (part.open() > 0) and not invoice.cancelled:
        recording.index_unpaid(invoice, part.number, part.due_on, part.open() > 0)
        recording.settling.append((invoice, part))


def _part(invoice: Invoice, number: int) -> Part:
    return next(part for part in invoice.parts if part.number == number)


def recount_free(recording: Recording, kind: str, cash: Cash) -> None:
    """Bring balances and the list of cash that pays by itself in line with a payment or credit note."""
    recording.recount_cash(kind, cash)
    owner = recording.unpaid_owner(cash.currency)
    suffix = cash.number.to_bytes(8, "big") + mark_key(kind, cash.key).encode()
    if not cash.explicit and cash.free() > 0:
        recording.book.index_put(INDEX_CASH, owner, suffix)
    else:
        recording.book.index_delete(INDEX_CASH, owner, suffix)


def settle_provisionally(recording: Recording, kind: str, cash: Cash) -> None:
    """Let cash that nobody allocated pay what is due first in its currency."""
    if cash.explicit:
        return
    free = cash.free()
    if free <= 0:
        return
    cash_key = mark_key(kind, cash.key)
    for suffix, _ in recording.book.index(INDEX_UNPAID, recording.unpaid_owner(cash.currency)).items():
        _, key, number = suffix.split(b"\x00")
        invoice = recording.invoice(key.decode())
        part = _part(invoice, int(number))
        amount = min(free, part.open())
        put_on(recording, invoice, part, amount, cash_key, provisional=True, allocation="")
        recording.recount_invoice(invoice)
        free -= amount
        if not free:
            return


def pay_from_free_cash(recording: Recording, invoice: Invoice) -> None:
    """Let cash that waits for something to pay pay a new invoice, the oldest cash first."""
    stages = recording.account.stages.get(invoice.currency)
    if stages is None or stages.unapplied + stages.uncleared <= 0:
        return
    owner = recording.unpaid_owner(invoice.currency)
    for suffix, _ in recording.book.index(INDEX_CASH, owner).items():
        kind, cash = recording.cash(suffix[8:].decode())
        settle_provisionally(recording, kind, cash)
        if not any(part.open() for part in invoice.parts):
            return


def apply_named(
    recording: Recording, kind: str, cash: Cash, invoice: Invoice, number: int | None, amount: int, allocation: str
) -> int:
    """Apply cash to the invoice it was meant for, and return how much: provisional uses of both sides give way."""
    parts = [part for part in invoice.parts if number is None or part.number == number]
    if invoice.cancelled or not parts:
        return 0
    displaced = _make_room(recording, invoice, parts, _gather(recording, kind, cash, amount))
    left = amount = min(amount, max(0, cash.free()))
    for part in parts:
        take = min(left, part.open())
        if take > 0:
            key = mark_key(kind, cash.key)
            put_on(recording, invoice, part, take, key, provisional=False, allocation=allocation)
            left -= take
    recording.recount_invoice(invoice)
    for key in displaced:
        settle_provisionally(recording, *recording.cash(key))
    settle_provisionally(recording, kind, cash)
    return amount - left


def _gather(recording: Recording, kind: str, cash: Cash, amount: int) -> int:
    """Take this cash off what it only pays provisionally until so much is free; return what is free for it."""
    key = mark_key(kind, cash.key)
    for invoice_key in reversed(list(cash.applied)):
        short = amount - cash.free()
        if short <= 0:
            break
        invoice = recording.invoice(invoice_key)
        take_off(recording, invoice, short, lambda found: found.provisional and found.cash_key == key)
        recording.recount_invoice(invoice)
    return min(amount, max(0, cash.free()))


def _make_room(recording: Recording, invoice: Invoice, parts: list[Part], amount: int) -> dict[str, int]:
    short = amount - sum(part.open() for part in parts)
    numbers = {part.number for part in parts}
    if short <= 0:
        return {}
    return take_off(recording, invoice, short, lambda found: found.provisional and found.number in numbers)


def apply_discount(recording: Recording, invoice: Invoice, number: int | None, amount: int, allocation: str) -> None:
    """Let go of an amount of an invoice, or of one part of it; provisional uses give way to that too."""
    parts = [part for part in invoice.parts if number is None or part.number == number]
    if invoice.cancelled or not parts or not amount:
        return
    displaced = _make_room(recording, invoice, parts, amount)
    for part in parts:
        take = min(amount, part.open())
        if take > 0:
            put_on(recording, invoice, part, take, "", provisional=False, allocation=allocation)
            amount -= take
    recording.recount_invoice(invoice)
    for key in displaced:
        settle_provisionally(recording, *recording.cash(key))
