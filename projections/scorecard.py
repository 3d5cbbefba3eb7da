"""The score of an account by the policy's scorecard: points from 0 to 1000 that are the sum of what explains them.

Pure integer arithmetic. A factor gives its weight times the percent that its scale has for the value, rounded down.

Source: domain notes 2.5, scorecards of credit suites: weight times points of a range, summed, and a grade by bands.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from typing import NamedTuple

from projections.context import Context, day_before
from projections.score_values import UNKNOWN, Find, Found, Subject, find_of
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


class Scored(NamedTuple):
    """A score: its points are the sum of its factors' points, its grade is that of the band they are in.

    `better_from` is where the next better band begins, None in the best.
    """

    points: int
    grade: str
    points_at_least: int
    better_from: int | None
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


class _Plan(NamedTuple):
    entries: tuple[_Entry, ...]
    needed: tuple[int, ...]
    ageing: tuple[tuple[str, int], ...]


_POLICIES_KEPT = 64
_plans: dict[str, _Plan] = {}


def score_of(subject: Subject) -> Scored | None:
    """Return the score of an account today, or None where the policy has no scorecard or asks for more than is known.

    What is missing or outdated gives its own points, and any value there can be gives some.
    """
    plan = _plan(subject.context)
    found = [_valid(entry, entry.find(subject), subject.on_date) for entry in plan.entries]
    if not plan.entries or (plan.needed and all(found[number].value is None for number in plan.needed)):
        return None
    points = [_points(entry, one.value) for entry, one in zip(plan.entries, found, strict=True)]
    total = sum(points)
    grade, at_least, better_from = _band(subject.context.policy, total)
    return Scored(
        total,
        grade,
        at_least,
        better_from,
        tuple(
            FactorScore(entry.name, given, entry.weight, one.value, one.on)
            for entry, given, one in zip(plan.entries, points, found, strict=True)
        ),
    )


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
    entries = tuple(_entry(factor, find_of(factor, scorecard, policy.bureau)) for factor in scorecard.factors)
    needed = tuple(number for number, entry in enumerate(entries) if entry.name in scorecard.needs_one_of)
    ageing = tuple((entry.name, entry.valid_days) for entry in entries if entry.valid_days is not None)
    return _Plan(entries, needed, ageing)


def ageing(context: Context) -> tuple[tuple[str, int], ...]:
    """Return the factors of the policy in force that grow old, each with the days that it is valid."""
    return _plan(context).ageing


def _entry(factor: Factor, find: Find) -> _Entry:
    is_name = factor.factor in NAMED_FACTORS
    return _Entry(
        factor.factor,
        factor.weight,
        find,
        tuple(value for value, _ in factor.scale),
        tuple(percent for _, percent in factor.scale),
        {name.casefold(): factor.weight * percent // PERCENT for name, percent in factor.named.items()}
        if is_name
        else None,
        factor.weight * factor.otherwise // PERCENT,
        factor.weight * factor.missing // PERCENT,
        factor.valid_days,
    )


def _valid(entry: _Entry, found: Found, today: str) -> Found:
    """Return a value that is too old as not known, with its date."""
    if found is UNKNOWN or entry.valid_days is None or not found.on or found.value is None:
        return found
    return found if found.on >= _since(today, entry.valid_days) else Found(None, found.on)


@lru_cache(maxsize=1_024)
def _since(today: str, valid_days: int) -> str:
    return day_before(today, valid_days)


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


def _band(policy: Policy, points: int) -> tuple[str, int, int | None]:
    better_from = None
    for band in policy.scorecard.bands:
        if points >= band.points_at_least:
            return band.grade, band.points_at_least, better_from
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
        reason["value"] = one.value
    if one.on:
        reason["on"] = one.on
    return reason
