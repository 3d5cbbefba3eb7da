"""How late an account pays: the oldest open item, how long it is overdue, which stage of dunning that is.

All of it follows from the first entries of the indexes of unpaid parts and of bills, whatever the number of open items.
"""

from __future__ import annotations

from datetime import date

from projections.recording import Recording
from projections.rows import INDEX_BILLS, INDEX_UNPAID
from schemas.policy_orders import Dunning

DISPUTED_PASSED_OVER = 200
"""So many disputed items are looked past for the oldest undisputed one; the next counts, disputed or not."""


def oldest_overdue_on(recording: Recording, *, disputed_counts: bool) -> str | None:
    """Return the due date of the oldest item that is overdue, or None if none is."""
    business_date = recording.context.business_date
    if business_date is None:
        return None
    found = None
    for currency, stages in recording.account.stages.items():
        if stages.overdue > (0 if disputed_counts else stages.overdue_disputed):
            skips = 0 if disputed_counts or not stages.overdue_disputed else DISPUTED_PASSED_OVER
            due_on = _first_due_on(recording, currency, skips)
            if stages.bills:
                due_on = min(filter(None, (due_on, first_bill_due_on(recording, currency))), default=None)
            if due_on is not None and due_on < business_date and (found is None or due_on < found):
                found = due_on
    return found


def _first_due_on(recording: Recording, currency: str, skips: int) -> str | None:
    for suffix, _ in recording.book.index(INDEX_UNPAID, recording.unpaid_owner(currency)).items():
        due_on, key, _ = suffix.split(b"\x00")
        if not skips or not _is_disputed(recording, key.decode()):
            return due_on.decode()
        skips -= 1
    return None


def first_bill_due_on(recording: Recording, currency: str, start: str = "") -> str | None:
    """Return the first due date of a bill that is owed, from a date on; None if there is none."""
    items = recording.book.index(INDEX_BILLS, recording.unpaid_owner(currency)).items(start.encode())
    return next((suffix[:10].decode() for suffix, _ in items), None)


def _is_disputed(recording: Recording, invoice_key: str) -> bool:
    invoiced, _, disputed, _ = recording.invoice(invoice_key).counted
    return disputed >= invoiced


def overdue_days(recording: Recording, *, disputed_counts: bool) -> int:
    """Return for how many days the oldest item has been overdue, 0 if none is; the day after the due date is day 1."""
    due_on = oldest_overdue_on(recording, disputed_counts=disputed_counts)
    if due_on is None:
        return 0
    business_date = date.fromisoformat(str(recording.context.business_date))
    return (business_date - date.fromisoformat(due_on)).days


def dunning_stage(dunning: Dunning, days: int) -> int:
    """Return the stage of dunning that so many days overdue are, 0 before the first.

    >>> from schemas.policy_orders import DunningStage
    >>> stages = tuple(DunningStage(overdue_days=days, channel="e-mail", owner_role="collector") for days in (3, 14))
    >>> [dunning_stage(Dunning(stages=stages), days) for days in (0, 3, 13, 40)]
    [0, 1, 1, 2]
    """
    return sum(days >= stage.overdue_days for stage in dunning.stages) if days else 0
