"""The part of a policy that scores accounts: factors with their weights and scales, grades by points, lateness."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.policy_credit import Grade, Grading, Points
from schemas.policy_errors import PolicyError, repeated
from schemas.policy_orders import Days, Words
from schemas.policy_shape import unknown_name

POINTS_MAX = 1_000
"""What the weights of all factors come to: the best score there is."""
PERCENT = 100

Percent = Annotated[int, Meta(ge=0, le=PERCENT)]
FactorValue = Annotated[int, Meta(ge=-(10**15), le=10**15)]
Weight = Annotated[int, Meta(ge=1, le=POINTS_MAX)]

RATIO_NAMES = (
    "current_ratio",
    "quick_ratio",
    "cash_ratio",
    "equity_ratio",
    "debt_to_equity",
    "interest_cover",
    "gross_margin",
    "net_margin",
    "return_on_assets",
    "days_sales_outstanding",
    "days_payables_outstanding",
    "days_inventory",
    "operating_cash_flow_to_debt",
    "free_cash_flow_margin",
)
TREND, TO_PEERS = "_trend", "_to_peers"
RATIO_FACTORS = tuple(name + how for name in RATIO_NAMES for how in ("", TREND, TO_PEERS))
"""A ratio of the newest statements, its change since the period before, and how far it is above its industry's."""
BEHAVIOUR_FACTORS = ("payment_index", "days_beyond_terms", "payment_drift", "overdue_share", "disputed_share")
COMPANY_FACTORS = ("industry", "revenue", "employees", "years_of_relationship")
SAID_FACTORS = ("bureau_score", "references", "reputation")
ASSESSMENT = "assessment."
"""What a person assesses: the word before the subject, as in `assessment.site_visit`."""
FACTORS = (*BEHAVIOUR_FACTORS, *SAID_FACTORS, "altman_z", *RATIO_FACTORS, *COMPANY_FACTORS)
NAMED_FACTORS = ("industry",)
"""Factors that are a name and no number."""


class Factor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that counts, up to `weight` of the 1000 points.

    `scale` joins (value, percent of the weight) pairs by straight lines and is level beyond its ends; for a name,
    `named` has the percent of each and `otherwise` that of all others. `missing` is the percent where the value is not
    known, or older than `valid_days`. `better`: the more, or the less, the more points, which the scale must agree to.
    """

    factor: Words
    weight: Weight
    missing: Percent
    scale: tuple[tuple[FactorValue, Percent], ...] = ()
    named: dict[Words, Percent] = {}
    otherwise: Percent = 50
    better: Literal["more", "less"] | None = None
    valid_days: Days | None = None


class ScoreBand(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The grade of an account with so many points or more."""

    grade: Grade
    points_at_least: Points


class LatenessBand(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From this probability of late payment on, an account has no better grade than `best_grade`."""

    from_bp: Annotated[int, Meta(ge=1, le=10_000)]
    best_grade: Grade


class Scorecard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How points from 0 to 1000, and a grade by them, follow from what is known of an account.

    Without factors there is no score, and the table of `grading` decides. An account of which none of `needs_one_of`
    is known has no score. A new score is told once it moved by `tell_from_points` or into another band. `peers` has an
    industry's usual ratios, by industry; those of `other` hold for industries that are not listed.
    """

    factors: tuple[Factor, ...] = ()
    bands: tuple[ScoreBand, ...] = ()
    needs_one_of: tuple[Words, ...] = ()
    tell_from_points: Annotated[int, Meta(ge=1, le=POINTS_MAX)] = 20
    lateness: tuple[LatenessBand, ...] = ()
    peers: dict[Words, dict[Words, FactorValue]] = {}


Errors = Iterator[PolicyError]


def scorecard_errors(scorecard: Scorecard) -> Errors:
    """Yield factors that do not exist, count twice or contradict themselves, and weights that are not 1000 together."""
    factors = scorecard.factors
    names = [factor.factor for factor in factors]
    yield from repeated(names, [f"$.scorecard.factors[{number}].factor" for number in range(len(names))])
    for number, factor in enumerate(factors):
        yield from _factor_errors(factor, f"$.scorecard.factors[{number}]")
    total = sum(factor.weight for factor in factors)
    if factors and total != POINTS_MAX:
        yield PolicyError("$.scorecard.factors", f"expected weights of {POINTS_MAX} together, was {total}")
    for number, name in enumerate(scorecard.needs_one_of):
        if name not in names:
            yield PolicyError(f"$.scorecard.needs_one_of[{number}]", unknown_name(name, names))
    yield from _peer_errors(scorecard)


def _factor_errors(factor: Factor, path: str) -> Errors:
    if factor.factor not in FACTORS and not _is_assessment(factor.factor):
        yield PolicyError(f"{path}.factor", unknown_name(factor.factor, [*FACTORS, f"{ASSESSMENT}site_visit"]))
        return
    if factor.factor in NAMED_FACTORS:
        if factor.scale:
            yield PolicyError(f"{path}.scale", f"expected none for {factor.factor}, which is a name")
        return
    if factor.named:
        yield PolicyError(f"{path}.named", f"expected none for {factor.factor}, which is a number")
    if len(factor.scale) < 2:
        yield PolicyError(f"{path}.scale", f"expected at least two pairs of value and percent, was {len(factor.scale)}")
    for place, ((low, at_low), (high, at_high)) in enumerate(pairwise(factor.scale), 1):
        if high <= low:
            yield PolicyError(f"{path}.scale[{place}]", f"expected values to rise, was {high} after {low}")
        if (factor.better == "more" and at_high < at_low) or (factor.better == "less" and at_high > at_low):
            found = f"expected better = {factor.better!r} to hold, was {at_high} after {at_low}"
            yield PolicyError(f"{path}.scale[{place}]", found)


def _is_assessment(name: str) -> bool:
    return name.startswith(ASSESSMENT) and len(name) > len(ASSESSMENT)


def _peer_errors(scorecard: Scorecard) -> Errors:
    for industry, ratios in scorecard.peers.items():
        for name in ratios:
            if name not in RATIO_NAMES:
                yield PolicyError(f"$.scorecard.peers.{industry}.{name}", unknown_name(name, list(RATIO_NAMES)))


def score_grade_errors(scorecard: Scorecard, grading: Grading) -> Errors:
    """Yield bands and lateness that name grades out of their order, or that do not say what all accounts get."""
    grades = [row.grade for row in grading.table]
    bands = scorecard.bands
    if scorecard.factors and not bands:
        yield PolicyError("$.scorecard.bands", "expected a grade for every score, there is none")
    if bands and bands[-1].points_at_least:
        path = f"$.scorecard.bands[{len(bands) - 1}].points_at_least"
        yield PolicyError(path, "expected 0 in the last band, so that every score has a grade")
    yield from _in_order([band.grade for band in bands], grades, "$.scorecard.bands[{}].grade")
    yield from _in_order(
        [band.best_grade for band in scorecard.lateness], grades, "$.scorecard.lateness[{}].best_grade"
    )
    for number, (better, band) in enumerate(pairwise(bands), 1):
        if band.points_at_least >= better.points_at_least:
            found = f"expected less than the band above ({better.points_at_least}), was {band.points_at_least}"
            yield PolicyError(f"$.scorecard.bands[{number}].points_at_least", found)
    for number, (lower, line) in enumerate(pairwise(scorecard.lateness), 1):
        if line.from_bp <= lower.from_bp:
            found = f"expected lines to rise, was {line.from_bp} after {lower.from_bp}"
            yield PolicyError(f"$.scorecard.lateness[{number}].from_bp", found)


def _in_order(named: Sequence[str], grades: Sequence[str], path: str) -> Errors:
    """Yield grades that the grading table does not have, or has in another order."""
    last = -1
    for number, grade in enumerate(named):
        if grade not in grades:
            known = ", ".join(grades) or "empty"
            yield PolicyError(path.format(number), f"expected a grade of the grading table ({known}), was {grade!r}")
        elif grades.index(grade) <= last:
            yield PolicyError(path.format(number), f"expected a worse grade than {grades[last]!r}, was {grade!r}")
        else:
            last = grades.index(grade)
