"""Where invoices stand in how an account pays: what is open and past due, disputed, and what a label is made of.

All of it follows from the documents, so it is brought in line after a fact, whatever the fact was. What is concluded
from it, predictions and labels, is in `lateness_deciding.py`.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import cast

from projections.context import day_number
from projections.lateness_features import Invoice as Shape
from projections.lateness_features import (
    Payments,
    dispute,
    join_overdue,
    join_waiting,
    leave_overdue,
    leave_waiting,
)
from projections.lateness_labels import InvoiceStanding, LabelRules, last_day_in_time
from projections.lateness_rows import Followed, Paying
from projections.recording import Recording
from projections.rows import INDEX_LABELS, Invoice
from schemas.policy_learning import Learning

KIND = "paying"
AMOUNT_MAX = 10**12
"""A larger invoice counts as one of so much, so that sums fit 64 bits."""
NOT_OPEN, WAITING, OVERDUE = range(3)
"""Among which of the account's open invoices one counts."""
_WRITTEN_OFF = "w\x1f"
_MONEY = ("p:", "b:")
_LAST_DAY = date.max.toordinal()


def paying_of(recording: Recording) -> Paying:
    """Return how the account has paid, a new row if nothing is known; to be kept by whoever changes it."""
    found = cast("Paying | None", recording.book.sheet(KIND, recording.account.account_id))
    return found or Paying()


def label_rules(learning: Learning) -> LabelRules:
    """Return what late means by a policy."""
    return _rules(learning.late_after_days, learning.disputed_counts)


_rules = lru_cache(maxsize=64)(LabelRules)


def shape_of(invoice: Invoice) -> Shape:
    """Return what an invoice says when it is issued; the amount in the account's currency."""
    due_on = invoice.parts[-1].due_on
    amount = invoice.amount if invoice.sold is None else invoice.sold[1]
    return Shape(day_number(invoice.issued_on), day_number(due_on), int(due_on[8:]), min(amount, AMOUNT_MAX))


def recount(recording: Recording, paying: Paying, invoice: Invoice) -> None:
    """Bring what is open of the account in line with an invoice that is followed."""
    followed = invoice.lateness
    assert followed is not None, f"invoice {invoice.key!r} is counted and not followed"
    shape = (
        Shape(followed.issued_day, followed.due_day, 1, followed.amount_minor)
        if invoice.cancelled
        else shape_of(invoice)
    )
    place = NOT_OPEN
    if invoice.counted[0]:
        place = OVERDUE if _is_past_due(recording, shape.due_day) else WAITING
        followed.is_settled = False
    if place != followed.counted or not _counts_as(followed, shape):
        _count(paying.payments, followed, shape, place)
    if invoice.disputes and not followed.was_disputed:
        followed.was_disputed = True
        dispute(paying.payments)
    recording.touch("invoice", invoice)


def _is_past_due(recording: Recording, due_day: int) -> bool:
    business_date = recording.context.business_date
    return business_date is not None and due_day < day_number(business_date)


def _counts_as(followed: Followed, shape: Shape) -> bool:
    return (followed.issued_day, followed.due_day, followed.amount_minor) == (
        shape.issued_day,
        shape.due_day,
        shape.amount_minor,
    )


def _count(payments: Payments, followed: Followed, shape: Shape, place: int) -> None:
    """Count an invoice no longer as what it was counted as, and from now on as what it is."""
    if followed.counted:
        before = Shape(followed.issued_day, followed.due_day, 1, followed.amount_minor)
        (leave_overdue if followed.counted == OVERDUE else leave_waiting)(payments, before)
    if place:
        (join_overdue if place == OVERDUE else join_waiting)(payments, shape)
    followed.issued_day, followed.due_day, followed.amount_minor = shape.issued_day, shape.due_day, shape.amount_minor
    followed.counted = place


def note_dispute_ended(recording: Recording, invoice: Invoice) -> None:
    """Note that the last dispute about an invoice has ended today."""
    if invoice.lateness is not None and not invoice.disputes:
        invoice.lateness.dispute_ended_day = day_number(recording.today())


def standing_of(recording: Recording, invoice: Invoice) -> InvoiceStanding:
    """Return how an invoice that is followed stands now, for its label."""
    followed = invoice.lateness
    assert followed is not None, f"invoice {invoice.key!r} is judged and not followed"
    open_minor = invoice.counted[0]
    paid = written_off = 0
    paid_on = ""
    for application in invoice.applications:
        if application.cash_key[:2] in _MONEY:
            paid += application.amount
            if not open_minor:
                paid_on = max(paid_on, recording.cash(application.cash_key)[1].dated_on)
        elif application.allocation_key.startswith(_WRITTEN_OFF):
            written_off += application.amount
    return InvoiceStanding(
        due_day=followed.due_day,
        open_minor=open_minor,
        paid_minor=paid,
        written_off_minor=written_off,
        disputed_minor=invoice.counted[2],
        settled_day=None if open_minor else day_number(paid_on or recording.today()),
        dispute_ended_day=followed.dispute_ended_day,
    )


def list_label(recording: Recording, paying: Paying, invoice: Invoice, standing: InvoiceStanding) -> None:
    """See to it that an invoice is looked at when its label may be known, where no due date does that already.

    An item that is past due is looked at anyway; from then on only days of grace, instalments and disputes are later.
    """
    followed = invoice.lateness
    assert followed is not None, f"invoice {invoice.key!r} is listed and not followed"
    on = _label_day(recording, invoice, standing)
    if on == followed.listed_on:
        return
    owner = recording.account.account_id
    if followed.listed_on:
        recording.book.index_delete(INDEX_LABELS, owner, _suffix(followed.listed_on, invoice.key))
        paying.listed -= 1
    if on:
        recording.book.index_put(INDEX_LABELS, owner, _suffix(on, invoice.key))
        recording.note_future_date(on)
        paying.listed += 1
    followed.listed_on = on
    recording.touch("invoice", invoice)


def _label_day(recording: Recording, invoice: Invoice, standing: InvoiceStanding) -> str:
    followed = invoice.lateness
    if followed is None or followed.is_judged or not invoice.counted[1]:
        return ""
    last_day = last_day_in_time(standing, label_rules(recording.context.policy.learning))
    on = date.fromordinal(min(last_day, _LAST_DAY)).isoformat()
    business_date = recording.context.business_date
    return on if business_date is None or on >= business_date else ""


def _suffix(on: str, key: str) -> bytes:
    return b"%s\x00%s" % (on.encode(), key.encode())


def touch_listed(recording: Recording) -> None:
    """Look again at the invoices whose label may be known since the last closed day."""
    if not paying_of(recording).listed:
        return
    end = str(recording.context.business_date).encode()
    for suffix, _ in recording.book.index(INDEX_LABELS, recording.account.account_id).items():
        if suffix >= end:
            return
        recording.invoices_changed.append(recording.invoice(suffix[11:].decode()))


def next_label_on(recording: Recording) -> list[str]:
    """Return the next day after whose close a label may be known, if any is listed."""
    if not paying_of(recording).listed:
        return []
    start = str(recording.context.business_date).encode()
    items = recording.book.index(INDEX_LABELS, recording.account.account_id).items(start)
    return [suffix[:10].decode() for suffix, _ in items][:1]
