"""The days on which a warning follows from nothing but the calendar: an account is swept then, and not every day."""

from __future__ import annotations

from collections.abc import Iterator

from projections.ageing import first_bill_due_on
from projections.alerts import dates_of
from projections.context import day_before
from projections.cover_rows import FOREVER
from projections.overdue_lines import crossing_date, overdue_lines
from projections.promises import last_booking_date, promises_of
from projections.recording import Recording
from projections.rows import INDEX_UNPAID


def note_warning_dates(recording: Recording) -> None:
    """See to it that the account is swept again on the first day that a warning may follow from the calendar."""
    business_date = str(recording.context.business_date)
    first = min((on for on in _dates(recording) if on >= business_date), default=None)
    if first is not None:
        recording.book.note_date(recording.account, first)


def _dates(recording: Recording) -> Iterator[str]:
    today = recording.today()
    for key, alert in recording.account.alerts.items():
        yield from dates_of(key, alert, today)
    promises = promises_of(recording.book, recording.account.account_id)
    if promises is not None:
        yield from (day_before(last_booking_date(promise)) for promise in promises.open)
    if recording.account.covers:
        yield from _cover_dates(recording)
    days = overdue_lines(recording.context)
    if days:
        for currency in recording.account.stages:
            yield from _overdue_dates(recording, currency, days)


def _cover_dates(recording: Recording) -> Iterator[str]:
    warnings = recording.context.policy.warnings
    if warnings.cover_expiring is None:
        return
    for covering in recording.account.covers:
        if covering.in_force and covering.valid_until < FOREVER:
            for line in warnings.cover_expiring.lines:
                yield day_before(covering.valid_until, warnings.cover_notice_days - line.at_bp + 2)


def _overdue_dates(recording: Recording, currency: str, days: tuple[int, ...]) -> Iterator[str]:
    """For each line the oldest item that is still below it crosses first; disputed ones count, they may be settled."""
    index = recording.book.index(INDEX_UNPAID, recording.unpaid_owner(currency))
    for line in days:
        below = day_before(str(recording.context.business_date), line - 1)
        first = next(index.items(below.encode()), None)
        if first is not None:
            yield crossing_date(first[0][:10].decode(), line)
        if recording.account.stages[currency].bills and (due_on := first_bill_due_on(recording, currency, below)):
            yield crossing_date(due_on, line)
