"""How an account came to its limit, and what measures stand on: reading both rows, and a lasting limit put in force."""

from __future__ import annotations

from typing import cast

from projections.book import Book
from projections.limit_rows import LimitFile, MeasureFile
from projections.recording import Recording
from projections.rows import Account, TemporaryLimit

LIMITS, MEASURES = "limits", "measures"
FOREVER = "9999-12-31"


def limit_file_of(book: Book, account_id: str) -> LimitFile | None:
    """Return how an account came to its limit and terms, or None if nothing was ever decided; to be read."""
    return cast("LimitFile | None", book.sheet(LIMITS, account_id))


def measure_file_of(book: Book, account_id: str) -> MeasureFile | None:
    """Return an account's measures, or None if none was ever taken; to be read."""
    return cast("MeasureFile | None", book.sheet(MEASURES, account_id))


def open_limit_file(recording: Recording) -> LimitFile:
    """Return the row about limit and terms, to be changed in this step."""
    found = limit_file_of(recording.book, recording.account.account_id) or LimitFile()
    recording.keep(LIMITS, found)
    return found


def open_measure_file(recording: Recording) -> MeasureFile:
    """Return the row about measures, to be changed in this step."""
    found = measure_file_of(recording.book, recording.account.account_id)
    if found is None:
        found = MeasureFile(status=recording.account.status)
    recording.keep(MEASURES, found)
    return found


def put_limit(recording: Recording, limit_minor: int, unlimited: bool, by: str) -> None:
    """Put a lasting limit in force that somebody decided: `by` is `desk` or `approval`.

    A limit decided by a person ends what measures had cut; temporary limits go on beside it.
    """
    account = recording.account
    account.limit_minor, account.unlimited = limit_minor, unlimited
    account.temporary = [limit for limit in account.temporary if not is_open_ended(limit, recording.today())]
    file = open_limit_file(recording)
    file.set_by, file.set_on = by, recording.today()
    override(recording, "cut_limit")


def is_open_ended(limit: TemporaryLimit, today: str) -> bool:
    """Return whether a dated limit is the lasting one: it has begun and has no end until the next is set."""
    return limit.valid_until == FOREVER and limit.valid_from <= today


def lasting_without_measures(account: Account, file: MeasureFile | None, today: str) -> tuple[int | None, bool]:
    """Return the lasting limit, and whether there is no end to it, as it would be if no measure had cut it.

    A dated limit without end that has begun is the lasting one.
    """
    begun = [limit for limit in account.temporary if is_open_ended(limit, today)]
    if begun:
        return begun[-1].limit_minor, begun[-1].unlimited
    if file is not None and file.limit_minor is not None:
        return file.limit_minor, False
    return account.limit_minor, account.unlimited


def override(recording: Recording, *kinds: str) -> None:
    """A person decided what measures of these kinds had changed: they change it no more, and restore nothing."""
    file = measure_file_of(recording.book, recording.account.account_id)
    if file is None:
        return
    recording.keep(MEASURES, file)
    for measure in file.in_force:
        measure.overridden = measure.overridden or measure.does in kinds
    if "cut_limit" in kinds:
        file.limit_minor, file.set_aside = None, []


def note_change_after(recording: Recording, on: str) -> None:
    """Let the account be looked at once the day after an ISO date is closed, unless that is over already."""
    recording.note_future_date(on)


def set_by_a_person(file: LimitFile | None, account: Account, today: str) -> bool:
    """Return whether the lasting limit is what a person decided; one from before such rows were kept is."""
    if any(is_open_ended(limit, today) for limit in account.temporary):
        return True
    has_limit = account.limit_minor is not None or account.unlimited
    return has_limit and (file is None or file.set_by != "proposal")
