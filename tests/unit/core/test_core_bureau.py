"""Bureau scores of several providers on one scale."""

from __future__ import annotations

import pytest

from projections.bureau import bureau_score, newest_age_days, points_before, points_of
from projections.dossier_rows import Dossier, Report
from schemas.policy_credit import Bureau, Scale

TODAY = "2025-04-01"
INDEX = Scale(provider="index", points=((600, 0), (100, 1_000), (300, 500)))


def report(provider: str, score: int, reported_on: str = "2025-03-01", party_id: str | None = None) -> Report:
    """Return a report on a scale from 0 to 100."""
    return Report(provider, party_id, score, 0, 100, reported_on)


def dossier(*reports: Report) -> Dossier:
    """Return a dossier with these reports."""
    return Dossier(reports={f"{one.provider}\x1f{one.party_id or ''}": one for one in reports})


@pytest.mark.parametrize(("score", "points"), [(0, 0), (50, 500), (100, 1_000), (-5, 0), (140, 1_000), (33, 330)])
def test_a_scale_is_mapped_in_a_straight_line_and_counts_to_its_ends(score: int, points: int) -> None:
    assert points_of(report("any", score), Bureau()) == points


def test_a_scale_on_which_low_is_good_is_turned_round() -> None:
    bureau = Bureau(scales=(Scale(provider="turned", low_is_good=True),))
    assert [points_of(report("turned", score), bureau) for score in (0, 20, 100)] == [1_000, 800, 0]


@pytest.mark.parametrize(("score", "points"), [(50, 1_000), (100, 1_000), (200, 750), (300, 500), (450, 250), (900, 0)])
def test_points_of_the_policy_are_joined_by_straight_lines_in_whatever_order_they_stand(
    score: int, points: int
) -> None:
    assert points_of(report("index", score), Bureau(scales=(INDEX,))) == points


def test_a_scale_without_width_gives_no_points() -> None:
    flat = Report("any", None, 5, 5, 5, TODAY)
    assert points_of(flat, Bureau()) is None
    assert bureau_score(dossier(flat), Bureau(), TODAY) is None


def test_a_scale_told_the_wrong_way_round_is_the_same_scale() -> None:
    assert points_of(Report("any", None, 25, 100, 0, TODAY), Bureau()) == 250


def test_the_report_before_is_mapped_like_the_newest() -> None:
    assert points_before(report("any", 50), Bureau()) is None
    changed = Report("any", None, 50, 0, 100, TODAY, (7, 0, 10, "2025-01-01"))
    assert points_before(changed, Bureau()) == 700


SEVERAL = dossier(
    report("north", 80, "2025-01-01"), report("south", 61, "2025-03-01"), report("west", 40, "2024-09-01")
)


@pytest.mark.parametrize(
    ("bureau", "points", "provider", "age_days"),
    [
        (Bureau(combine="worst"), 400, "west", 212),
        (Bureau(combine="mean"), 603, "", 212),
        (Bureau(combine="newest"), 610, "south", 31),
        (Bureau(combine="preferred", preferred=("east", "north", "south")), 800, "north", 90),
        (Bureau(combine="preferred", preferred=("east",)), 400, "west", 212),
        (Bureau(combine="worst", ignored_after_days=100), 610, "south", 31),
    ],
)
def test_several_providers_make_one_score(bureau: Bureau, points: int, provider: str, age_days: int) -> None:
    score = bureau_score(SEVERAL, bureau, TODAY)
    assert score is not None
    assert (score.points, score.provider, score.age_days) == (points, provider, age_days)


def test_of_one_provider_the_party_that_stands_worst_counts_and_once_in_a_mean() -> None:
    found = dossier(report("north", 80), report("north", 20, party_id="L2"), report("south", 60))
    score = bureau_score(found, Bureau(combine="mean"), TODAY)
    assert score is not None and score.points == 400


def test_a_report_counts_on_its_last_day_and_not_on_the_next() -> None:
    found, bureau = dossier(report("north", 80, "2025-03-01")), Bureau(ignored_after_days=31)
    assert bureau_score(found, bureau, "2025-04-01") is not None
    assert bureau_score(found, bureau, "2025-04-02") is None


def test_the_age_of_a_dossier_is_that_of_its_newest_report() -> None:
    assert newest_age_days(SEVERAL, TODAY) == 31
    assert newest_age_days(Dossier(), TODAY) is None
    assert newest_age_days(dossier(report("north", 1, "2026-01-01")), TODAY) == 0
