"""When it is known whether an invoice was late, and whether it was: the label that a model of lateness learns."""

from __future__ import annotations

from msgspec import Struct


class LabelRules(Struct, frozen=True):
    """What late means.

    Attributes:
        grace_days: late is more than so many days past due.
        disputed_counts: an invoice open because of a dispute is late like any other; else the dispute is waited for.
    """

    grace_days: int = 0
    disputed_counts: bool = True


class InvoiceStanding(Struct, frozen=True, kw_only=True):
    """How an invoice stands on a day. Amounts are in minor units of its currency, days are proleptic ordinals.

    Attributes:
        due_day: contractual; of an invoice in instalments the last.
        open_minor: what is still owed.
        paid_minor: what was paid, by money, bill or set-off.
        written_off_minor: what was given up as lost.
        disputed_minor: the open part that is disputed now.
        settled_day: when `open_minor` became 0; None before.
        dispute_ended_day: when the last dispute ended; None if there was none or it goes on.
    """

    due_day: int
    open_minor: int
    paid_minor: int = 0
    written_off_minor: int = 0
    disputed_minor: int = 0
    settled_day: int | None = None
    dispute_ended_day: int | None = None


def label_of(standing: InvoiceStanding, rules: LabelRules, *, closed_day: int) -> bool | None:
    """Whether an invoice is late, None while that is not known and where it never will be.

    - Written off, as a whole or in part: late, whenever that was.
    - Settled: late if after the last day in time. Credited or cancelled without any payment it says nothing of how the
      customer pays, and there is no label; credited in part, the rest decides.
    - Open when the day after the last one in time is closed: late, also if only a part is open.
    - Disputed: as any other, unless the rules wait for disputes; then the undisputed part decides, and after a
      dispute the customer has the days of grace once more.

    Args:
        standing: with all facts of the days up to now.
        rules: what late means.
        closed_day: the last day that is over.
    """
    if standing.written_off_minor:
        return True
    last_day = last_day_in_time(standing, rules)
    if standing.settled_day is not None:
        return standing.settled_day > last_day if standing.paid_minor else None
    awaited_minor = 0 if rules.disputed_counts else standing.disputed_minor
    is_late = standing.open_minor > awaited_minor and closed_day > last_day
    return True if is_late else None


def last_day_in_time(standing: InvoiceStanding, rules: LabelRules) -> int:
    """The last day on which a payment is not late."""
    ended_day = standing.dispute_ended_day
    if rules.disputed_counts or ended_day is None:
        return standing.due_day + rules.grace_days
    return max(standing.due_day, ended_day) + rules.grace_days
