"""What a measure changes while it is in force, and what is as it was when it ends; the same in life and in replay."""

from __future__ import annotations

from projections.context import day_before
from projections.limit_files import (
    FOREVER,
    is_open_ended,
    lasting_without_measures,
    measure_file_of,
    note_change_after,
    open_measure_file,
)
from projections.limit_rows import KeptLimit, MeasureFile, MeasureInForce
from projections.recording import Recording
from projections.rows import TemporaryLimit
from schemas.decisions import MeasureTaken, Status

_STATUS: dict[str, Status] = {"require_prepayment": "prepayment", "suspend": "suspended"}
_GRAVITY: dict[Status, int] = {"active": 0, "prepayment": 1, "suspended": 2, "legal": 3}
_BEFORE_ANY_DAY = "0001-01-01"


def apply_measure(recording: Recording, decision: MeasureTaken) -> None:
    """Bring the account in line with a measure that was taken, recovers, is needed again, or ended."""
    file = open_measure_file(recording)
    found = next((measure for measure in file.in_force if measure.name == decision.measure), None)
    if found is None:
        _begin(recording, file, decision)
    elif decision.ended:
        file.in_force.remove(found)
    else:
        found.recovers_on = decision.recovers_on or ""
    put_limit_in_line(recording, file)
    recording.account.status = _status_with(file)
    note_measure_dates(recording)


def _begin(recording: Recording, file: MeasureFile, decision: MeasureTaken) -> None:
    measure = MeasureInForce(decision.measure, decision.does, recording.today())
    measure.limit_minor, measure.net_days = decision.limit_minor, decision.net_days
    file.in_force.append(measure)
    if measure.limit_minor is None:
        return
    account, today = recording.account, recording.today()
    file.limit_minor = lasting_without_measures(account, file, today)[0]
    file.set_aside += [
        KeptLimit(kept.valid_from, kept.valid_until, kept.limit_minor, kept.unlimited)
        for kept in account.temporary
        if not is_open_ended(kept, today)
    ]
    account.temporary = []


def put_limit_in_line(recording: Recording, file: MeasureFile) -> None:
    """Let the lasting limit be the least of what was decided and what cuts in force leave of it."""
    account = recording.account
    cuts = [
        measure.limit_minor for measure in file.in_force if measure.limit_minor is not None and not measure.overridden
    ]
    if file.limit_minor is None:
        return
    account.limit_minor = min([file.limit_minor, *cuts])
    if not cuts:
        file.limit_minor = None
        _put_back(recording, file)


def _put_back(recording: Recording, file: MeasureFile) -> None:
    """Let temporary limits go on that were set aside and are not over; those of meanwhile are younger and go before."""
    account, today = recording.account, recording.today()
    kept = [limit for limit in file.set_aside if limit.valid_until >= today]
    file.set_aside = []
    for limit in kept:
        if limit.valid_from:
            note_change_after(recording, day_before(limit.valid_from, 2))
        if limit.valid_until != FOREVER:
            note_change_after(recording, day_before(limit.valid_until))
    older = [TemporaryLimit(limit.valid_from, limit.valid_until, limit.limit_minor, limit.unlimited) for limit in kept]
    account.temporary = older + account.temporary


def _status_with(file: MeasureFile) -> Status:
    """Return the gravest of what a person said and what measures in force ask."""
    asked = [_STATUS[measure.does] for measure in file.in_force if measure.does in _STATUS and not measure.overridden]
    return max([file.status, *asked], key=_GRAVITY.__getitem__)


def note_measure_dates(recording: Recording) -> None:
    """Let an account with measures be looked at every day: what they wait for may end by any payment."""
    file = measure_file_of(recording.book, recording.account.account_id)
    if file is not None and file.in_force:
        recording.book.note_date(recording.account, recording.context.business_date or _BEFORE_ANY_DAY)
