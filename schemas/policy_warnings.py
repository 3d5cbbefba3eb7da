"""The part of a policy that warns: lines on numbers, occurrences, their measures, owners and due times."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from schemas.decisions import Level
from schemas.policy_orders import Days, Words

Threshold = Annotated[int, Meta(ge=0, le=1_000_000_000)]


class Line(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A warning line: from `at_bp` on an alert of this level is open, with its measure, for its owner.

    `at_bp` is in the indicator's unit: basis points, days, points, or a count.
    """

    at_bp: Threshold
    level: Level
    measure: Words
    owner_role: Words
    due_days: Days | None = None


class Indicator(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lines on one number, from low to high; the alert clears below the lowest line less `clear_below_bp`."""

    clear_below_bp: Threshold
    lines: Annotated[tuple[Line, ...], Meta(min_length=1)]


class Occurrence(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something that warns by happening."""

    level: Level
    measure: Words
    owner_role: Words
    due_days: Days | None = None


class Combined(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How open alerts of an account add up to one level: so many warnings are critical, so many notices a warning."""

    warnings_are_critical: Annotated[int, Meta(ge=2, le=100)] = 3
    notices_are_warning: Annotated[int, Meta(ge=2, le=100)] = 3


IN_BASIS_POINTS = frozenset({"utilisation", "overdue_share", "concentration", "order_volume"})
IN_DAYS = frozenset({"oldest_overdue", "payment_delay", "payment_drift", "cover_expiring"})
"""Indicators by the unit of their lines; all others are counts or points."""
MODEL_CAUSES = ("model_drift", "model_refused", "challenger_better")
"""What warns the owner of the model, and is about no account."""


class Warnings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Indicators with lines, and occurrences; what is None is not watched.

    Units: `utilisation`, `overdue_share`, `concentration`, `order_volume` (against the account's usual week) in basis
    points; `oldest_overdue`, `payment_delay`, `payment_drift` in days; `score_weakness` in points below 1000,
    `score_fall` in points lost within `score_fall_days`; `broken_promises` a count; `cover_expiring` in days of the
    notice that is left below `cover_notice_days`. In a book of which fewer accounts than `concentration_from_accounts`
    owe something there is no concentration: each share is large.
    """

    utilisation: Indicator
    overdue_share: Indicator
    fact_unreadable: Occurrence
    fact_contradicts: Occurrence
    delivered_without_release: Occurrence
    oldest_overdue: Indicator | None = None
    payment_delay: Indicator | None = None
    payment_drift: Indicator | None = None
    score_weakness: Indicator | None = None
    score_fall: Indicator | None = None
    score_fall_days: Days = 180
    order_volume: Indicator | None = None
    concentration: Indicator | None = None
    concentration_from_accounts: Annotated[int, Meta(ge=0, le=1_000_000)] = 20
    broken_promises: Indicator | None = None
    cover_expiring: Indicator | None = None
    cover_notice_days: Days = 60
    adverse_event: Occurrence | None = None
    shared_party: Occurrence | None = None
    cover_overcommitted: Occurrence | None = None
    review_due: Occurrence | None = None
    approval_waiting: Occurrence | None = None
    unchecked_shipment: Occurrence | None = None
    measure_taken: Occurrence | None = None
    model_drift: Occurrence | None = None
    model_refused: Occurrence | None = None
    challenger_better: Occurrence | None = None
    combined: Combined = Combined()
