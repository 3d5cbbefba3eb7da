"""The numbers that warning lines are drawn on: plain functions of one signature in one tuple.

Adding an indicator = one function, one entry, one field of the policy's `warnings`, one cause for people. A number that
is None says that there is none, and no alert. Each entry names what moves its number, so that a fact only asks for
those that it may have moved; sweeps ask for all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from projections import judged_numbers as judged
from projections.ageing import overdue_days
from projections.book_totals import concentration
from projections.context import Context
from projections.moves import BALANCES, DAYS, JUDGED, ORDERED, OVERDUE, PROMISES
from projections.recording import Recording
from projections.rows import Stages
from projections.standing import Standing, total, utilisation_bp
from schemas.policy_warnings import Indicator

Number = Callable[[Recording, Standing], "int | None"]


class Watched(NamedTuple):
    """An indicator of the policy in force, with its number."""

    cause: str
    lowest: int
    indicator: Indicator
    number: Number


def utilisation(recording: Recording, now: Standing) -> int | None:
    """Return exposure over the effective limit in basis points."""
    return utilisation_bp(now.net_exposure_minor(), now.limit)


def overdue_share(recording: Recording, _: Standing) -> int | None:
    """Return what is overdue of all open invoices and bills in basis points."""
    overdue, _unvalued = total(recording.account, recording.context, _overdue)
    if not overdue:
        return 0
    receivable, _unvalued = total(recording.account, recording.context, Stages.receivable)
    return overdue * 10_000 // receivable if receivable else 0


def _overdue(stages: Stages) -> int:
    return stages.overdue


def oldest_overdue(recording: Recording, _: Standing) -> int | None:
    """Return for how many days the oldest open item that is not disputed is overdue."""
    return overdue_days(recording, disputed_counts=False)


INDICATORS: tuple[tuple[str, int, Number], ...] = (
    ("utilisation", BALANCES, utilisation),
    ("overdue_share", OVERDUE, overdue_share),
    ("oldest_overdue", OVERDUE, oldest_overdue),
    ("payment_delay", JUDGED, judged.payment_delay),
    ("payment_drift", JUDGED, judged.payment_drift),
    ("score_weakness", JUDGED, judged.score_weakness),
    ("score_fall", JUDGED, judged.score_fall),
    ("order_volume", ORDERED, judged.order_volume),
    ("concentration", DAYS, concentration),
    ("broken_promises", PROMISES, judged.promises_broken),
    ("cover_expiring", DAYS, judged.cover_expiring),
)
"""Cause, what moves it, and how it is found; in the order in which their alerts are told."""

_POLICIES_KEPT = 64
_watched: dict[tuple[str, int], tuple[Watched, ...]] = {}


def watched(context: Context, moved: int) -> tuple[Watched, ...]:
    """Return the indicators of the policy in force whose numbers may have moved; found once for each policy."""
    try:
        return _watched[context.policy_id, moved]
    except KeyError:
        if len(_watched) >= _POLICIES_KEPT:
            _watched.clear()
        found = _watched[context.policy_id, moved] = tuple(_active(context, moved))
        return found


def _active(context: Context, moved: int) -> list[Watched]:
    found = []
    for cause, moves_with, number in INDICATORS:
        indicator: Indicator | None = getattr(context.policy.warnings, cause)
        if indicator is not None and moves_with & moved:
            found.append(Watched(cause, max(1, indicator.lines[0].at_bp), indicator, number))
    return found
