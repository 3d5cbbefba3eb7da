"""Rows of early warning: causes that are to be quiet, promises to pay, usual orders, past scores."""

from __future__ import annotations

from msgspec import Struct, field

from schemas.money import held

DAYS = 7


def _no_days() -> list[int]:
    return [0] * DAYS


class Quiet(Struct, array_like=True, gc=False):
    """A cause that was snoozed: alerts of it up to this level are quiet until a day; it outlives the alert."""

    key: str
    until: str
    level: str


class Promise(Struct, array_like=True, gc=False):
    """A promise to pay. `came` is the cleared cash booked since it was made, by the day it was received on.

    Cash up to `last_cash_no` was there before; of that, `cleared_since` are the payments that were only advised then.
    """

    promise_id: str
    amount: int
    currency: str
    pay_by_on: str
    last_cash_no: int
    came: dict[str, int] = field(default_factory=dict)
    cleared_since: list[str] = field(default_factory=list)
    state: str = "open"
    settled_on: str = ""

    def received(self) -> int:
        """Return what came in by the day it was promised for."""
        return held(sum(amount for on, amount in self.came.items() if on <= self.pay_by_on))


class Promises(Struct, array_like=True, gc=False):
    """What an account promised to pay; of the last year what was kept or broken, and the days of what is broken."""

    key: str = ""
    open: list[Promise] = field(default_factory=list)
    broken_on: list[str] = field(default_factory=list)
    settled: list[Promise] = field(default_factory=list)


class OrderPattern(Struct, array_like=True, gc=False):
    """What an account orders, in its own currency. Days are numbered as by `date.toordinal`.

    `days` are the sums of the 7 days up to `newest_day`, newest first. `usual_week` is the smoothed sum of the weeks
    in which it ordered, `weeks` how many there were; the week that is not over yet began on `week_began`.
    """

    key: str = ""
    newest_day: int = 0
    days: list[int] = field(default_factory=_no_days)
    usual_week: int = 0
    weeks: int = 0
    week_began: int = 0
    week: int = 0


class PastReport(Struct, array_like=True, gc=False):
    """A bureau report as it was received."""

    provider: str
    party_id: str
    score: int
    scale_min: int
    scale_max: int
    reported_on: str


class PastReports(Struct, array_like=True, gc=False):
    """The last bureau reports of an account, oldest first: what a fall is measured from."""

    key: str = ""
    reports: list[PastReport] = field(default_factory=list)


class BookPlace(Struct, array_like=True, gc=False):
    """What the last totals of the whole book say of an account: `covers` with what is claimed of each in all."""

    key: str = ""
    is_large: bool = False
    parties: list[str] = field(default_factory=list)
    covers: list[tuple[str, int]] = field(default_factory=list)


WarningSheet = Quiet | Promises | OrderPattern | PastReports | BookPlace
"""What early warning keeps of an account."""
