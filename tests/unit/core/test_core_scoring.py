"""The score in the ledger: told when it moved enough, with what moved it; grade, limit and terms follow."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.dossier import dossier_of
from projections.dossier_rows import Assessment, Dossier
from projections.grading import Graded, grade_of
from projections.rows import Account
from schemas.decisions import AccountScored, GradeChanged, LimitProposed, TermsChanged
from schemas.policy import default_policy
from tests import builders as b
from tests.builders import Said
from tests.scenario import Scenario
from tests.unit.core.test_scorecard_conformance import TODAY, with_factors

RATED = {"factor": "assessment.management", "weight": 400, "scale": [[0, 0], [100, 100]], "missing": 25}
VISITED = {"factor": "assessment.site_visit", "weight": 200, "scale": [[0, 0], [100, 100]], "missing": 50}
BUREAU = {"factor": "bureau_score", "weight": 200, "scale": [[0, 0], [1_000, 100]], "missing": 0}
LATE = {"factor": "overdue_share", "weight": 100, "scale": [[0, 100], [10_000, 0]], "missing": 50}
DISPUTED = {"factor": "disputed_share", "weight": 100, "scale": [[0, 100], [10_000, 0]], "missing": 50}
BANDS = [{"grade": grade, "points_at_least": points} for grade, points in (("A", 700), ("B", 400), ("C", 0))]


def policy(**scorecard: Any) -> Said:
    """Return the adoption of the default policy with three grades and a scorecard of five factors."""
    document = {**msgspec.to_builtins(default_policy()), "measures": [], "risk_matrix": {}}
    document["limits"] = {
        "grades": [{"grade": grade, "cap_minor": cap, "base_minor": cap, "net_days": days, "review_days": review}
                   for grade, cap, days, review in (("A", 500_000, 60, 182), ("B", 200_000, 30, 91), ("C", 0, 0, 30))]
    }  # fmt: skip
    table = [{"grade": "A", "bureau_at_least": 750}, {"grade": "B", "bureau_at_least": 500}, {"grade": "C"}]
    document["grading"] = {"table": table, "delay_needs_invoices": 1, "adverse_event_grade": "C"}
    factors = [RATED, VISITED, BUREAU, LATE, DISPUTED]
    document["scorecard"] = {"factors": factors, "bands": BANDS, "tell_from_points": 20, **scorecard}
    return b.policy_adopted(document)


@pytest.fixture
def scored(acme: Scenario) -> Scenario:
    """An account under that policy, on 2 April 2025."""
    acme.say(b.day_closed("2025-04-01"), policy())
    return acme


def told(decisions: list[Any]) -> list[tuple[int | None, int | None, str]]:
    """Return the scores told, each with the one before it and its grade."""
    return [(one.before, one.points, one.grade) for one in decisions if isinstance(one, AccountScored)]


def moved(decisions: list[Any]) -> list[tuple[str, int | None, int | None]]:
    """Return what moved the last score that was told."""
    last = [one for one in decisions if isinstance(one, AccountScored)][-1]
    return [(one.factor.removeprefix("assessment."), one.before, one.points) for one in last.moved]


def grades(decisions: list[Any]) -> list[str]:
    """Return the changes of grade."""
    return [f"{one.before or '-'} to {one.grade or '-'}" for one in decisions if isinstance(one, GradeChanged)]


def kept(scenario: Scenario) -> Dossier:
    """Return the dossier of the account."""
    dossier = dossier_of(scenario.partition.book, b.ACCOUNT)
    assert dossier is not None
    return dossier


def test_a_policy_with_a_scorecard_scores_every_account_and_tells_what_it_is_made_of(acme: Scenario) -> None:
    decisions = acme.say(policy())
    assert told(decisions) == [(None, 300, "C")]
    assert moved(decisions) == [
        ("management", None, 100),
        ("site_visit", None, 100),
        ("overdue_share", None, 50),
        ("disputed_share", None, 50),
        ("bureau_score", None, 0),
    ]


def test_its_reasons_are_the_factors_that_lost_most(scored: Scenario) -> None:
    (score,) = (one for one in scored.say(b.bureau(900, b.DAY)) if isinstance(one, AccountScored))
    assert [(one["code"], one["factor"], one["points_lost"]) for one in score.reasons] == [
        ("score_factor_missing", "assessment.management", 300),
        ("score_factor_missing", "assessment.site_visit", 100),
        ("score_factor_missing", "overdue_share", 50),
        ("score_factor_missing", "disputed_share", 50),
    ]


def test_what_moved_it_comes_largest_first_and_adds_up(scored: Scenario) -> None:
    scored.say(b.assessment("management", 10), b.assessment("site_visit", 45))
    decisions = scored.say(b.bureau(250))
    assert told(decisions) == [(240, 280, "C")], "the visit took 10 points, which was too little to be told"
    assert moved(decisions) == [("bureau_score", 0, 50), ("site_visit", 100, 90)]


def test_a_small_move_is_not_told_unless_it_crosses_into_another_band(scored: Scenario) -> None:
    assert told(scored.say(b.assessment("management", 49))) == [(300, 396, "C")]
    assert told(scored.say(b.assessment("site_visit", 49))) == []
    decisions = scored.say(b.assessment("site_visit", 54))
    assert told(decisions) == [(396, 404, "B")]
    assert grades(decisions) == [], "a better grade waits for its time"
    assert grades(scored.say(b.day_closed("2025-05-01"))) == ["C to B"]


def test_grade_terms_and_proposed_limit_follow_the_score(scored: Scenario) -> None:
    scored.say(b.day_closed("2025-06-30"), b.bureau(1_000), b.day_closed("2025-07-31"))
    decisions = scored.say(b.assessment("management", 100))
    assert grades(decisions) == ["B to A"]
    assert [one.net_days for one in decisions if isinstance(one, TermsChanged)] == [60]
    assert [(one.grade, one.limit_minor) for one in decisions if isinstance(one, LimitProposed)][-1] == ("A", 500_000)


def test_the_grade_names_the_score_and_what_the_next_better_band_asks(scored: Scenario) -> None:
    scored.say(b.day_closed("2025-06-30"))
    changed = next(one for one in scored.say(b.assessment("management", 90)) if isinstance(one, GradeChanged))
    assert changed.because == [
        {"code": "scorecard", "points": 560, "at_least_points": 400, "better_at_least_points": 700}
    ]


@pytest.mark.parametrize(
    ("fact", "points"),
    [
        (b.dossier_updated(country="DE"), None),
        (b.joined("C2"), None),
        (b.assessment("board", 3), None),
        (b.assessment("management", 75), 500),
        (b.order(amount=10), None),
    ],
)
def test_only_what_the_scorecard_asks_about_moves_it(scored: Scenario, fact: Said, points: int | None) -> None:
    assert told(scored.say(fact)) == ([] if points is None else [(300, points, "B")])


def test_an_overdue_invoice_costs_points_as_its_day_closes_and_its_payment_gives_them_back(scored: Scenario) -> None:
    scored.say(b.invoice(100, "PAID", due_on="2025-05-01"), b.payment(100, "P0", pays={"PAID": 100}))
    scored.say(b.invoice(300, "I1", due_on="2025-04-10"), b.invoice(100, "I2", due_on="2025-07-10"))
    assert told(scored.say(b.day_closed("2025-04-10"))) == []
    overdue = scored.say(b.day_closed("2025-04-11"))
    assert moved(overdue) == [("overdue_share", 100, 25)]
    part = scored.say(b.payment(200, "P1", pays={"I1": 200}))
    assert moved(part) == [("overdue_share", 25, 50)], "half of what is still open"
    assert moved(scored.say(b.payment(100, "P2", pays={"I1": 100}))) == [("overdue_share", 50, 100)]


def test_a_dispute_costs_points_until_it_is_resolved(scored: Scenario) -> None:
    scored.say(b.invoice(300, "I1", due_on="2025-07-10"))
    scored.say(b.invoice(100, "PAID", due_on="2025-05-01"), b.payment(100, "P0", pays={"PAID": 100}))
    assert moved(scored.say(b.disputed(150))) == [("disputed_share", 100, 50)]
    assert moved(scored.say(b.dispute_resolved())) == [("disputed_share", 50, 100)]


def test_a_dispute_that_came_before_its_invoice_counts_with_it(scored: Scenario) -> None:
    scored.say(b.invoice(100, "PAID", due_on="2025-05-01"), b.payment(100, "P0", pays={"PAID": 100}))
    assert told(scored.say(b.disputed(150))) == []
    assert moved(scored.say(b.invoice(300, "I1", due_on="2025-07-10"))) == [("disputed_share", 100, 50)]


def test_an_assessment_that_is_outdated_is_missing_from_the_day_after(acme: Scenario) -> None:
    aged = [{**RATED, "valid_days": 30}, VISITED, BUREAU, LATE, DISPUTED]
    acme.say(b.day_closed("2025-04-01"), policy(factors=aged))
    acme.say(b.assessment("management", 100, "2025-04-01"))
    assert told(acme.say(b.day_closed("2025-04-29"), b.day_closed("2025-04-30"))) == []
    decisions = acme.say(b.day_closed("2025-05-01"))
    assert moved(decisions) == [("management", 400, 100)]
    (score,) = (one for one in decisions if isinstance(one, AccountScored))
    assert score.reasons[0]["code"] == "score_factor_outdated"
    assert score.reasons[0]["on"] == "2025-04-01"


def test_another_year_with_us_is_seen_on_its_day(acme: Scenario) -> None:
    years = {"factor": "years_of_relationship", "weight": 400, "scale": [[0, 0], [4, 100]], "missing": 25}
    acme.say(b.day_closed("2026-02-28"), policy(factors=[years, VISITED, BUREAU, LATE, DISPUTED]))
    assert told(acme.say(b.day_closed("2026-03-01"))) == []
    assert moved(acme.say(b.day_closed("2026-03-02"))) == [("years_of_relationship", 0, 100)], f"opened on {b.DAY}"


def test_another_policy_scores_every_account_anew_and_says_which_factors_came_and_went(scored: Scenario) -> None:
    others = [{**RATED, "weight": 600}, {**BUREAU, "factor": "references"}, VISITED]
    decisions = scored.say(policy(factors=others))
    assert told(decisions) == [(300, 250, "C")]
    assert moved(decisions) == [
        ("management", 100, 150),
        ("overdue_share", 50, None),
        ("disputed_share", 50, None),
        ("references", None, 0),
        ("bureau_score", 0, None),
    ]


def test_a_policy_without_a_scorecard_ends_the_score(scored: Scenario) -> None:
    scored.say(b.bureau(600))
    decisions = scored.say(policy(factors=[], bands=[]))
    assert (told(decisions), grades(decisions)) == ([(420, None, "")], [])
    assert kept(scored).score is None


def test_what_nothing_is_known_of_any_more_has_no_score_any_more(acme: Scenario) -> None:
    aged = [RATED, VISITED, {**BUREAU, "valid_days": 30}, LATE, DISPUTED]
    acme.say(b.day_closed("2025-04-01"), policy(factors=aged, needs_one_of=["bureau_score"]))
    assert told(acme.say(b.assessment("management", 80))) == []
    assert told(acme.say(b.bureau(500, "2025-04-02"))) == [(None, 620, "B")]
    decisions = acme.say(b.day_closed("2025-05-05"))
    assert (told(decisions), grades(decisions)) == ([(620, None, "")], ["B to -"])


def test_what_the_desk_sets_holds_while_the_score_goes_on(scored: Scenario) -> None:
    scored.say(b.grade_set("A"))
    decisions = scored.say(b.bureau(500))
    assert (told(decisions), grades(decisions)) == ([(300, 400, "B")], [])
    assert grades(scored.say(b.grade_set(None))) == ["A to B"]


def test_an_adverse_event_caps_the_grade_and_leaves_the_score(scored: Scenario) -> None:
    scored.say(b.day_closed("2025-06-30"), b.assessment("management", 90))
    decisions = scored.say(b.adverse_event("lien", "2025-06-30"))
    assert (told(decisions), grades(decisions)) == ([], ["B to C"])


def test_reviews_fall_due_by_the_grade_of_the_score(scored: Scenario) -> None:
    scored.say(b.day_closed("2025-06-30"), b.assessment("management", 90), b.reviewed("2025-07-01"))
    due = [one for one in scored.say(b.day_closed("2025-09-29")) if getattr(one, "cause", "") == "review_due"]
    assert [(one.subject, one.owner_role) for one in due] == [("2025-09-30", "credit_analyst")]


def test_the_factors_that_are_kept_always_add_up_to_the_score(scored: Scenario) -> None:
    for said in (
        b.assessment("management", 33),
        b.bureau(777),
        b.assessment("site_visit", 1),
        b.day_closed("2025-08-01"),
    ):
        scored.say(said)
        score = kept(scored).score
        assert score is not None
        assert sum(score.factors.values()) == score.points


LINES = [{"from_bp": 5_000, "best_grade": "A"}, {"from_bp": 6_000, "best_grade": "B"}]
LINES_CONTEXT = with_factors({"factor": "assessment.x", "scale": [[0, 0], [1_000, 100]]}, lateness=LINES)


def graded(points: int, lateness_bp: int | None) -> Graded:
    """Return the grade of an account with so many points and such a probability of late payment."""
    dossier = Dossier(assessments=[Assessment("x", points, TODAY)])
    return grade_of(Account("A-1", "EUR"), dossier, None, LINES_CONTEXT, TODAY, lateness_bp=lateness_bp)


def test_without_a_model_the_scorecard_alone_decides_and_says_so() -> None:
    assert [reason["code"] for reason in graded(600, None).because] == ["scorecard", "score_without_model"]
    assert graded(600, None).grade == "A"


@pytest.mark.parametrize(
    ("points", "lateness_bp", "grade", "codes"),
    [
        (600, 0, "A", ["scorecard", "lateness_probability"]),
        (600, 5_999, "A", ["scorecard", "lateness_probability"]),
        (600, 6_000, "B", ["lateness_probability", "scorecard"]),
        (600, 10_000, "B", ["lateness_probability", "scorecard"]),
        (400, 7_000, "B", ["scorecard", "lateness_probability"]),
    ],
)
def test_a_probability_of_late_payment_makes_a_grade_worse_and_never_better(
    points: int, lateness_bp: int, grade: str, codes: list[str]
) -> None:
    found = graded(points, lateness_bp)
    assert (found.grade, [reason["code"] for reason in found.because]) == (grade, codes)


@given(st.integers(0, 1_000), st.integers(0, 10_000), st.integers(0, 10_000))
@settings(max_examples=50, deadline=None)
def test_the_more_likely_late_the_worse_or_the_same(points: int, one: int, other: int) -> None:
    assert graded(points, min(one, other)).grade <= graded(points, max(one, other)).grade
