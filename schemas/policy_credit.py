"""The part of a policy that judges accounts: bureau scales, grades, limits and terms, measures, reviews, the matrix."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.decisions import Level
from schemas.money import AmountMinor, PositiveMinor
from schemas.policy_orders import BasisPoints, Days, Words

Grade = Annotated[str, Meta(min_length=1, max_length=20)]
Points = Annotated[int, Meta(ge=0, le=1000)]
Score = Annotated[int, Meta(ge=-1_000_000_000, le=1_000_000_000)]


class Scale(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a provider's scores become points from 0 (worst) to 1000 (best).

    Without `points` the report's own ends are mapped in a straight line, `low_is_good` the other way round; with
    them, (score, points) pairs are joined by straight lines.
    """

    provider: Words
    low_is_good: bool = False
    points: tuple[tuple[Score, Points], ...] = ()


class Bureau(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How reports of several providers become one score, and when one is too old to count for that."""

    combine: Literal["worst", "mean", "newest", "preferred"] = "worst"
    preferred: tuple[Words, ...] = ()
    ignored_after_days: Days = 730
    scales: tuple[Scale, ...] = ()


class GradeRow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A grade and what it asks for at least; the first row that an account meets is its grade. None asks nothing.

    What is not known of an account is not asked either; where nothing is known there is no grade.
    """

    grade: Grade
    bureau_at_least: Points | None = None
    delay_at_most_days: Annotated[int, Meta(ge=-365, le=3650)] | None = None
    credit: bool = True


class Grading(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table from bureau score and payment behaviour to a grade, best first; the last row should ask nothing.

    `delay_needs_invoices`: the days an account pays late count once so many of its invoices are settled. A better
    grade than before is given only after `improve_after_days` since the last change.
    """

    table: tuple[GradeRow, ...] = ()
    delay_needs_invoices: Annotated[int, Meta(ge=1, le=1000)] = 5
    adverse_event_grade: Grade | None = None
    improve_after_days: Days = 30


class LimitRow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an account of a grade is offered, and how often it is reviewed.

    The least of `revenue_share_bp` of a year's revenue, `cap_minor`, and `sales_months_bp` of a month's sales (10000
    is one month) but at least `base_minor`; `net_days` are the terms where nothing else grants any.
    """

    grade: Grade
    cap_minor: AmountMinor
    revenue_share_bp: BasisPoints = 1_000
    sales_months_bp: BasisPoints = 20_000
    base_minor: AmountMinor = 0
    net_days: Days = 30
    review_days: Annotated[int, Meta(ge=1, le=3650)] = 182


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How limits are proposed and which proposals take effect by themselves.

    A proposal takes effect only where it differs by at least `change_at_least_bp` from the lasting limit, and, to
    raise it, not before `raise_after_days` since the last change; `over_desk` is how far it may move what a person
    set. Sales are those of the last `sales_over_months` full months. `round_to_minor` rounds down. `valid_days` is how
    long a limit holds without review; None: for ever.
    """

    automatic: Literal["none", "lower", "raise_and_lower"] = "none"
    change_at_least_bp: BasisPoints = 1_000
    over_desk: Literal["none", "lower", "raise_and_lower"] = "none"
    raise_after_days: Days = 90
    sales_over_months: Annotated[int, Meta(ge=1, le=12)] = 3
    round_to_minor: PositiveMinor = 100_000
    valid_days: Annotated[int, Meta(ge=1, le=3650)] | None = None
    grades: tuple[LimitRow, ...] = ()


class Condition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must hold for a measure; all that is given must hold, and at least one thing must be given.

    `causes`: an alert of one of them is open; `oldest_overdue_days` is without disputed items.
    """

    grades: tuple[Grade, ...] = ()
    combined_level: Level | None = None
    causes: tuple[Words, ...] = ()
    oldest_overdue_days: Days | None = None
    broken_promises: Annotated[int, Meta(ge=1, le=1000)] | None = None
    dunning_stage: Annotated[int, Meta(ge=1, le=20)] | None = None


class MeasureRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A measure that is taken by itself when its condition holds, and ended `recovers_after_days` after it last did.

    `cut_limit` lowers the lasting limit to `to_bp` of what it was and sets temporary limits aside, `shorten_terms`
    grants at most `net_days`. What it changed is restored when it ends, unless a person decided otherwise meanwhile;
    without `recovers_after_days` only a person ends it.
    """

    name: Words
    when: Condition
    does: Literal["cut_limit", "shorten_terms", "require_prepayment", "suspend"]
    to_bp: Annotated[int, Meta(ge=0, le=10_000)] = 5_000
    net_days: Days = 14
    recovers_after_days: Days | None = 30


class MatrixCell(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be done with the accounts of one cell."""

    measure: Words
    owner_role: Words
    level: Level | None = None


class ExpectedLoss(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Expected loss is net exposure times the probability of late payment times this, where a model is in force.

    `loss_given_default_bp`: what of a claim is lost where no cover bears it. Source of the default: Basel framework,
    CRE32, unsecured claims on corporates under the foundation approach, 45 % until 2022 and 40 % from then on.
    """

    loss_given_default_bp: Annotated[int, Meta(ge=0, le=10_000)] = 4_500


class RiskMatrix(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Size by probability. `sizes_minor` are the lower ends of the size classes above the smallest, in the policy's
    currency, of net exposure or limit, whichever is larger; `probabilities` are groups of grades, from safe to unsafe,
    where the last also takes accounts without a grade. `lateness_from_bp` are the lower ends of the same groups above
    the safest by the probability of late payment, where a model is in force: the less safe one counts. `cells` has a
    row for each size from small to large.
    """

    sizes_minor: tuple[AmountMinor, ...] = ()
    probabilities: tuple[tuple[Grade, ...], ...] = ()
    lateness_from_bp: tuple[Annotated[int, Meta(ge=0, le=10_000)], ...] = ()
    cells: tuple[tuple[MatrixCell, ...], ...] = ()
