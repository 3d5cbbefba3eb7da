"""Bureau reports on one scale: each provider's scores as points from 0 (worst) to 1000 (best), several as one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from projections.dossier_rows import Dossier, Report
from schemas.policy_credit import Bureau, Scale

POINTS_MAX = 1_000


class BureauScore(NamedTuple):
    """What the reports that still count come to. `provider` is the one that decided it, empty for a mean of several.

    `age_days` is the age of that report, for a mean of the oldest in it.
    """

    points: int
    provider: str
    age_days: int
    reports: int


def points_of(report: Report, bureau: Bureau) -> int | None:
    """Return the points of a report; None if its scale has no width and the policy gives the provider no points."""
    return points_on_scale(report.provider, report.score, report.scale_min, report.scale_max, bureau)


def points_before(report: Report, bureau: Bureau) -> int | None:
    """Return the points of the report before, None if there was none: what a change is measured against."""
    if report.before is None:
        return None
    score, scale_min, scale_max, _ = report.before
    return points_on_scale(report.provider, score, scale_min, scale_max, bureau)


def points_on_scale(provider: str, score: int, scale_min: int, scale_max: int, bureau: Bureau) -> int | None:
    """Return a score in points; beyond the ends of its scale it counts as the end. Fractions are rounded down.

    >>> points_on_scale("any", 650, 300, 850, Bureau())
    636
    >>> points_on_scale("index", 2, 1, 6, Bureau(scales=(Scale(provider="index", low_is_good=True),)))
    800
    >>> graded = Scale(provider="grade", points=((100, 1000), (200, 600)))
    >>> points_on_scale("grade", 150, 100, 600, Bureau(scales=(graded,)))
    800
    """
    scale = _by_provider(bureau.scales).get(provider)
    if scale is not None and scale.points:
        return _between(tuple(sorted(scale.points)), score)
    low, high = min(scale_min, scale_max), max(scale_min, scale_max)
    if low == high:
        return None
    within = min(high, max(low, score))
    good = high - within if scale is not None and scale.low_is_good else within - low
    return good * POINTS_MAX // (high - low)


@lru_cache(maxsize=64)
def _by_provider(scales: tuple[Scale, ...]) -> dict[str, Scale]:
    return {scale.provider: scale for scale in scales}


def _between(points: tuple[tuple[int, int], ...], score: int) -> int:
    if score <= points[0][0]:
        return points[0][1]
    for (low, at_low), (high, at_high) in pairwise(points):
        if score <= high and high > low:
            return at_low + (at_high - at_low) * (score - low) // (high - low)
    return points[-1][1]


def age_days(on: str, today: str) -> int:
    """Return how many days ago an ISO date was; what lies ahead is of today."""
    return max(0, date.fromisoformat(today).toordinal() - date.fromisoformat(on).toordinal())


def newest_age_days(dossier: Dossier, today: str) -> int | None:
    """Return the age of the newest report of all, None if there never was one: what makes a dossier stale."""
    newest = max((report.reported_on for report in dossier.reports.values()), default=None)
    return None if newest is None else age_days(newest, today)


def bureau_score(dossier: Dossier, bureau: Bureau, today: str) -> BureauScore | None:
    """Return what all reports together say by the policy; None if there is none that still counts.

    Of one provider's reports about several parties the worst counts. `preferred` is the first provider listed that
    reports; where none of them does, the worst.
    """
    found = list(_scored(dossier, bureau, today))
    if not found:
        return None
    if bureau.combine == "newest":
        return min(found, key=lambda one: (one.age_days, one.points))._replace(reports=len(found))
    worst: dict[str, BureauScore] = {}
    for one in found:
        worst[one.provider] = min(one, worst.get(one.provider, one))
    if bureau.combine == "mean" and len(worst) > 1:
        mean = sum(one.points for one in worst.values()) // len(worst)
        return BureauScore(mean, "", max(one.age_days for one in worst.values()), len(found))
    if bureau.combine == "preferred":
        first = next((worst[provider] for provider in bureau.preferred if provider in worst), None)
        if first is not None:
            return first._replace(reports=len(found))
    return min(worst.values())._replace(reports=len(found))


def _scored(dossier: Dossier, bureau: Bureau, today: str) -> Iterable[BureauScore]:
    for report in dossier.reports.values():
        age, points = age_days(report.reported_on, today), points_of(report, bureau)
        if points is not None and age <= bureau.ignored_after_days:
            yield BureauScore(points, report.provider, age, 1)
