"""Bills and notes: they pay invoices when they are taken, and stay exposure until they are honoured."""

from __future__ import annotations

from typing import cast

from projections.applying import recount_free
from projections.cash import correct, new_cash, settle, undo
from projections.recording import Recording
from projections.rows import Cash, Named
from projections.versions import mark
from schemas.facts.payments import BillDishonoured, BillHonoured, BillReceived
from schemas.reasons import Refusal

BILL = "bill"


def record_received(recording: Recording, fact: BillReceived) -> Refusal | None:
    """Take in a bill, or its correction by a higher revision: what it pays is owed on the bill from now on."""
    named = [Named(part.invoice_id, part.instalment_no, part.amount_minor, "") for part in fact.allocations]
    if sum(part.amount for part in named) > fact.amount_minor:
        return "allocations_exceed_amount"
    found = cast("Cash | None", recording.find_own(BILL, fact.bill_id, fact.seller_id))
    if found is not None and found.reversed:
        return "bill_already_dishonoured"
    if found is None:
        bill = new_cash(recording, BILL, fact.bill_id, fact)
        bill.outstanding = True
        recording.arrived.append((BILL, fact.bill_id))
    else:
        bill = found
        correct(recording, BILL, bill, fact)
    bill.due_on = fact.due_on.isoformat()
    bill.named, bill.explicit = named + bill.named, bool(named)
    settle(recording, BILL, bill)
    return None


def record_honoured(recording: Recording, fact: BillHonoured) -> Refusal | None:
    """Let a bill be money: what it paid is owed no longer."""
    bill = cast("Cash | None", recording.find_or_wait(BILL, fact.bill_id, None))
    if bill is None:
        return None
    if bill.reversed:
        return "bill_already_dishonoured"
    if not bill.outstanding:
        return "bill_already_honoured"
    bill.outstanding = False
    recount_free(recording, BILL, bill)
    mark(recording, fact)
    return None


def record_dishonoured(recording: Recording, fact: BillDishonoured) -> Refusal | None:
    """Undo a bill, honoured before or not; what it paid is open again, and other free cash may pay it."""
    bill = cast("Cash | None", recording.find_or_wait(BILL, fact.bill_id, None))
    if bill is None:
        return None
    if bill.reversed:
        return "bill_already_dishonoured"
    bill.outstanding = False
    undo(recording, BILL, bill)
    mark(recording, fact)
    return None
