"""The score of an account by the policy's scorecard: points from 0 to 1000 that are the sum of what explains them.

Pure integer arithmetic. A factor gives its weight times the percent that its scale has for the value, rounded down.

Source: domain notes 2.5, scorecards of credit suites: weight times points of a range, summed, and a grade by bands.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from projections.context import Context
from projections.score_factors import source_of, unit_of
from projections.score_values import UNKNOWN, Find, Found, Subject, days_before, find_of, is_there
from schemas.decisions import Reason
from schemas.policy import Policy
from schemas.policy_scorecard import NAMED_FACTORS, PERCENT, Factor

REASONS_MAX = 4


class FactorScore(NamedTuple):
    """What one factor gave: `points` of `weight`. Without a value it is not known, with a date outdated since then."""

    factor: str
    points: int
    weight: int
    value: int | str | None
    on: str


class Total(NamedTuple):
    """The points of a score and the band that they are in; `better_from` is where the next better one begins."""

    points: int
    grade: str
    points_at_least: int
    better_from: int | None


class Scored(NamedTuple):
    """A score: its points are the sum of its factors' points, its grade is that of the band they are in."""

    total: Total
    factors: tuple[FactorScore, ...]


class _Entry(NamedTuple):
    name: str
    weight: int
    find: Find
    values: tuple[int, ...]
    percents: tuple[int, ...]
    named: dict[str, int] | None
    otherwise: int
    missing: int
    valid_days: int | None
    is_needed: bool


class _Group(NamedTuple):
    source: str
    entries: tuple[_Entry, ...]
    missing: int


class _Plan(NamedTuple):
    entries: tuple[_Entry, ...]
    groups: tuple[_Group, ...]
    needs: bool
    names: frozenset[str]
    ageing: tuple[tuple[str, int], ...]


_POLICIES_KEPT = 64
_plans: dict[str, _Plan] = {}


def total_of(subject: Subject) -> Total | None:
    """Return the points of an account today, or None where the policy has no scorecard or asks for more than is known.

    What is missing or outdated gives its own points. Nothing is kept of the factors, for most times nobody asks.
    """
    plan = _plan(subject.context)
    if not plan.entries:
        return None
    points, is_known = 0, not plan.needs
    for source, entries, missing in plan.groups:
        if not is_there(source, subject):
            points += missing
            continue
        for entry in entries:
            value = _valid(entry, entry.find(subject), subject.on_date).value
            points += _points(entry, value)
            if entry.is_needed and value is not None:
                is_known = True
    return _total(subject.context.policy, points) if is_known else None


def score_of(subject: Subject) -> Scored | None:
    """Return the score of an account today with every factor, in the order of the policy; None as `total_of`."""
    plan = _plan(subject.context)
    found = [_valid(entry, entry.find(subject), subject.on_date) for entry in plan.entries]
    pairs = list(zip(plan.entries, found, strict=True))
    if not pairs or (plan.needs and all(one.value is None for entry, one in pairs if entry.is_needed)):
        return None
    factors = tuple(
        FactorScore(entry.name, _points(entry, one.value), entry.weight, one.value, one.on) for entry, one in pairs
    )
    return Scored(_total(subject.context.policy, sum(one.points for one in factors)), factors)


def factor_names(context: Context) -> frozenset[str]:
    """Return the factors that the policy in force counts."""
    return _plan(context).names


def ageing(context: Context) -> tuple[tuple[str, int], ...]:
    """Return what grows old by the policy in force: the source of factors, and the days that it is valid."""
    return _plan(context).ageing


def _plan(context: Context) -> _Plan:
    try:
        return _plans[context.policy_id]
    except KeyError:
        if len(_plans) >= _POLICIES_KEPT:
            _plans.clear()
        found = _plans[context.policy_id] = _planned(context.policy)
        return found


def _planned(policy: Policy) -> _Plan:
    scorecard = policy.scorecard
    entries = tuple(_entry(factor, policy) for factor in scorecard.factors)
    by_source: dict[str, list[_Entry]] = {}
    for entry in entries:
        by_source.setdefault(source_of(entry.name), []).append(entry)
    groups = (_Group(source, tuple(of), sum(entry.missing for entry in of)) for source, of in by_source.items())
    dated = ((source_of(entry.name), entry.valid_days) for entry in entries if entry.valid_days is not None)
    return _Plan(
        entries,
        tuple(groups),
        any(entry.is_needed for entry in entries),
        frozenset(entry.name for entry in entries),
        tuple(dict.fromkeys(dated)),
    )


def _entry(factor: Factor, policy: Policy) -> _Entry:
    shares = {name.casefold(): factor.weight * percent // PERCENT for name, percent in factor.named.items()}
    return _Entry(
        name=factor.factor,
        weight=factor.weight,
        find=find_of(factor, policy.scorecard, policy.bureau),
        values=tuple(value for value, _ in factor.scale),
        percents=tuple(percent for _, percent in factor.scale),
        named=shares if factor.factor in NAMED_FACTORS else None,
        otherwise=factor.weight * factor.otherwise // PERCENT,
        missing=factor.weight * factor.missing // PERCENT,
        valid_days=factor.valid_days,
        is_needed=factor.factor in policy.scorecard.needs_one_of,
    )


def _valid(entry: _Entry, found: Found, today: str) -> Found:
    """Return a value that is too old as not known, with its date."""
    if found is UNKNOWN or entry.valid_days is None or not found.on or found.value is None:
        return found
    return found if found.on >= days_before(today, entry.valid_days) else Found(None, found.on)


def _points(entry: _Entry, value: int | str | None) -> int:
    if value is None:
        return entry.missing
    if entry.named is not None:
        return entry.named.get(str(value).casefold(), entry.otherwise)
    assert isinstance(value, int), f"{entry.name} is a number, was {value!r}"
    values, percents = entry.values, entry.percents
    place = bisect_right(values, value)
    if place == 0 or place == len(values):
        return entry.weight * percents[max(0, place - 1)] // PERCENT
    low, high = values[place - 1], values[place]
    rise = percents[place] - percents[place - 1]
    return entry.weight * (percents[place - 1] * (high - low) + rise * (value - low)) // (PERCENT * (high - low))


def _total(policy: Policy, points: int) -> Total:
    better_from = None
    for band in policy.scorecard.bands:
        if points >= band.points_at_least:
            return Total(points, band.grade, band.points_at_least, better_from)
        better_from = band.points_at_least
    raise AssertionError(f"no band for a score of {points}: the last one asks for more than 0")


def reasons_of(scored: Scored) -> list[Reason]:
    """Return why the score is not the best there is: at most four factors, those that lost most points first."""
    lost = sorted((one for one in scored.factors if one.points < one.weight), key=lambda one: one.points - one.weight)
    return [_reason(one) for one in lost[:REASONS_MAX]]


def _reason(one: FactorScore) -> Reason:
    code = "score_factor" if one.value is not None else "score_factor_outdated" if one.on else "score_factor_missing"
    reason: Reason = {
        "code": code,
        "factor": one.factor,
        "points_lost": one.weight - one.points,
        "points": one.points,
        "points_most": one.weight,
    }
    if one.value is not None:
        reason["value"], reason["unit"] = one.value, unit_of(one.factor)
    if one.on:
        reason["on"] = one.on
    return reason
