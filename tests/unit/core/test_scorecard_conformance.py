"""What every scorecard keeps to, whatever is said of an account: missing, outdated, extreme and contradictory."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.behaviour import index_points, payment_index
from projections.behaviour_rows import MONTHS, Behaviour
from projections.context import Context, new_context
from projections.dossier_rows import Assessment, Dossier, Reference, Report, Statement
from projections.financials import RATIOS
from projections.rows import Account, Stages
from projections.score_factors import unit_of
from projections.score_values import Subject
from projections.scorecard import REASONS_MAX, FactorScore, Scored, reasons_of, score_of, total_of
from schemas.factor_words import FACTOR_WORDS, factor_in_words
from schemas.policy import default_policy, read_policy
from schemas.policy_scorecard import FACTORS, RATIO_NAMES
from tests.unit.core.test_core_financials import WORKED

TODAY = "2025-06-15"
DEFAULT = new_context(0, 1)
GRADES = [{"grade": "A"}, {"grade": "B"}]
BANDS = [{"grade": "A", "points_at_least": 500}, {"grade": "B", "points_at_least": 0}]


def with_factors(*factors: dict[str, Any], **scorecard: Any) -> Context:
    """Return a context whose policy scores by these factors alone, each with an equal part of the 1000 points."""
    weight = 1_000 // len(factors)
    named = ("limits", "measures", "risk_matrix")
    document = {name: value for name, value in msgspec.to_builtins(default_policy()).items() if name not in named}
    scored = [{"weight": weight, "missing": 40, **factor} for factor in factors]
    document["grading"] = {"table": GRADES, "delay_needs_invoices": 2}
    document["scorecard"] = {"factors": scored, "bands": BANDS, **scorecard}
    context = new_context(0, 1)
    context.adopt(read_policy(document))
    return context


def subject(
    dossier: Dossier | None = None,
    behaviour: Behaviour | None = None,
    context: Context = DEFAULT,
    stages: Stages | None = None,
    today: str = TODAY,
) -> Subject:
    """Return an account to be scored."""
    account = Account("A-1", "EUR", stages={} if stages is None else {"EUR": stages})
    return Subject(account, dossier, behaviour, context, today)


def settled(*days_late: int, paid: int = 1_000, on: str = "2025-06-01") -> Behaviour:
    """Return the behaviour of an account that paid items of equal value so many days late, all this month."""
    rest = [0] * (MONTHS - 1)
    return Behaviour(
        month=2025 * 12 + 5,
        settled=[len(days_late), *rest],
        paid=[paid * len(days_late), *rest],
        paid_days=[paid * sum(days_late), *rest],
        paid_index=[paid * sum(map(index_points, days_late)), *rest],
        last_settled_on=on,
    )


def factor(scored: Scored | None, name: str) -> FactorScore:
    """Return one factor of a score."""
    assert scored is not None
    return next(one for one in scored.factors if one.factor == name)


def rated(ratings: list[int], scale: list[tuple[int, int]], better: str | None = None) -> list[int]:
    """Return the points of assessments of so much on a scale that has all 1000 points."""
    context = with_factors({"factor": "assessment.x", "scale": scale, "better": better})
    found = []
    for rating in ratings:
        total = total_of(subject(Dossier(assessments=[Assessment("x", rating, TODAY)]), context=context))
        assert total is not None
        found.append(total.points)
    return found


AMOUNTS = st.integers(-4 * 10**18, 4 * 10**18)
DATES = st.sampled_from(["1970-01-01", "2020-02-29", "2023-06-15", "2024-12-31", TODAY, "9999-12-31"])
STATEMENTS = st.builds(
    Statement,
    period_end_on=DATES,
    currency=st.just("EUR"),
    items=st.dictionaries(st.sampled_from(sorted(WORKED)), st.integers(-9, 9) | AMOUNTS),
    manufacturing=st.sampled_from([None, True, False]),
)
DOSSIERS = st.builds(
    Dossier,
    industry=st.sampled_from([None, "", "foods", "FOODS", "unheard of"]),
    revenue_minor=st.none() | st.integers(0, 10**15),
    employees=st.none() | st.integers(0, 2**53),
    opened_on=st.none() | DATES,
    relationship_since_on=st.none() | DATES,
    references=st.lists(
        st.builds(
            Reference,
            referee=st.just("x"),
            kind=st.sampled_from(["trade", "bank", "reputation"]),
            reported_on=DATES,
            points=st.none() | st.integers(0, 100),
        ),
        max_size=3,
    ),
    assessments=st.lists(
        st.builds(
            Assessment,
            subject=st.sampled_from(["management", "site_visit", "complaints"]),
            rating=st.integers(-(10**9), 10**9),
            recorded_on=DATES,
        ),
        max_size=3,
    ),
    reports=st.dictionaries(
        st.sampled_from(["north", "south"]),
        st.builds(
            Report,
            provider=st.sampled_from(["north", "south", "creditreform"]),
            party_id=st.none(),
            score=st.integers(-(10**9), 10**9),
            scale_min=st.integers(-9, 9),
            scale_max=st.integers(-9, 9),
            reported_on=DATES,
        ),
    ),
    statements=st.lists(STATEMENTS, max_size=3),
)
BEHAVIOURS = st.builds(
    settled,
    st.integers(-1_000, 1_000),
    st.integers(-1_000, 1_000),
    *[st.integers(-60, 60)] * 3,
    paid=st.integers(0, 10**12),
    on=DATES,
)
STAGES = st.builds(Stages, invoiced=AMOUNTS, overdue=AMOUNTS, disputed=AMOUNTS, overdue_disputed=AMOUNTS)
CONTEXTS = [DEFAULT, with_factors({"factor": "payment_index", "scale": [[0, 0], [100, 100]]})]


@given(st.none() | DOSSIERS, st.none() | BEHAVIOURS, st.none() | STAGES, st.sampled_from(CONTEXTS), DATES)
@settings(max_examples=120, deadline=None)
def test_a_score_is_the_sum_of_what_explains_it(
    dossier: Dossier | None, behaviour: Behaviour | None, stages: Stages | None, context: Context, today: str
) -> None:
    given_of = (dossier, behaviour, context, stages, today)
    scored = score_of(subject(*given_of))
    assert total_of(subject(*given_of)) == (None if scored is None else scored.total)
    if scored is None:
        return
    assert scored.total.points == sum(one.points for one in scored.factors)
    assert all(0 <= one.points <= one.weight for one in scored.factors)
    assert sum(one.weight for one in scored.factors) == 1_000
    assert [one.factor for one in scored.factors] == [one.factor for one in context.policy.scorecard.factors]
    msgspec.json.decode(msgspec.json.encode(scored.factors)), msgspec.msgpack.encode(scored.factors)


@given(DOSSIERS, st.none() | BEHAVIOURS)
@settings(max_examples=60, deadline=None)
def test_there_are_at_most_four_reasons_ranked_by_the_points_lost(
    dossier: Dossier, behaviour: Behaviour | None
) -> None:
    scored = score_of(subject(dossier, behaviour))
    if scored is None:
        return
    lost: list[Any] = [reason["points_lost"] for reason in reasons_of(scored)]
    most = sorted((one.weight - one.points for one in scored.factors if one.points < one.weight), reverse=True)
    assert lost == most[:REASONS_MAX]


@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=2, max_size=6, unique=True).map(sorted),
    st.lists(st.integers(0, 100), min_size=6, max_size=6).map(sorted),
    st.lists(st.integers(-(10**9), 10**9) | st.integers(-9, 9), min_size=2, max_size=12).map(sorted),
)
@settings(max_examples=30, deadline=None)
def test_what_the_policy_calls_better_never_costs_points(
    values: list[int], percents: list[int], ratings: list[int]
) -> None:
    rising = rated(ratings, list(zip(values, percents, strict=False)), "more")
    assert rising == sorted(rising)
    falling = rated(ratings, list(zip(values, reversed(percents), strict=False)), "less")
    assert falling == sorted(falling, reverse=True)


@pytest.mark.parametrize(
    ("rating", "points"),
    [(-(10**9), 100), (0, 100), (1, 180), (5, 500), (7, 680), (10, 950), (11, 950), (10**9, 950)],
)
def test_between_two_pairs_a_scale_is_straight_and_beyond_its_ends_level(rating: int, points: int) -> None:
    assert rated([rating], [(0, 10), (5, 50), (10, 95)]) == [points]


def test_every_factor_of_the_default_policy_says_which_way_it_goes() -> None:
    assert [one.factor for one in default_policy().scorecard.factors if one.better is None] == ["industry"]


SAFE = {**WORKED, "cash_minor": 200}
POOR = {**WORKED, "equity_minor": 100, "total_liabilities_minor": 900, "current_liabilities_minor": 500}
POOR |= {"ebit_minor": -50, "net_income_minor": -80, "operating_cash_flow_minor": -20, "retained_earnings_minor": -200}


def filed(*items: dict[str, int], industry: str = "foods") -> Dossier:
    """Return a dossier with statements of as many years, the last of 2024."""
    ends = [f"{2025 - len(items) + number}-12-31" for number in range(len(items))]
    return Dossier(
        industry=industry, statements=[Statement(on, "EUR", one) for on, one in zip(ends, items, strict=True)]
    )


def report(score: int, on: str = "2025-06-01", provider: str = "north") -> dict[str, Report]:
    """Return a report on a scale from 0 to 1000."""
    return {provider: Report(provider, None, score, 0, 1_000, on)}


def referenced(points: int, kind: str = "trade") -> Dossier:
    """Return a dossier with one reference."""
    return Dossier(references=[Reference("x", kind, "2025-06-01", None, points)])


def assessed(name: str, rating: int) -> Dossier:
    """Return a dossier with one assessment."""
    return Dossier(assessments=[Assessment(name, rating, "2025-06-01")])


WORSE_AND_BETTER: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "payment_index": ({"behaviour": settled(*[20] * 5)}, {"behaviour": settled(*[2] * 5)}),
    "days_beyond_terms": ({"behaviour": settled(*[20] * 5)}, {"behaviour": settled(*[2] * 5)}),
    "overdue_share": (
        {"behaviour": settled(0), "stages": Stages(invoiced=100, overdue=60)},
        {"behaviour": settled(0), "stages": Stages(invoiced=100, overdue=60, overdue_disputed=50)},
    ),
    "disputed_share": (
        {"behaviour": settled(0), "stages": Stages(invoiced=100, disputed=60)},
        {"behaviour": settled(0), "stages": Stages(invoiced=100)},
    ),
    "bureau_score": ({"dossier": Dossier(reports=report(400))}, {"dossier": Dossier(reports=report(700))}),
    "references": ({"dossier": referenced(20)}, {"dossier": referenced(90)}),
    "reputation": ({"dossier": referenced(20, "reputation")}, {"dossier": referenced(90, "reputation")}),
    "revenue": ({"dossier": Dossier(revenue_minor=10**7)}, {"dossier": Dossier(revenue_minor=10**10)}),
    "employees": ({"dossier": Dossier(employees=3)}, {"dossier": Dossier(employees=300)}),
    "years_of_relationship": (
        {"dossier": Dossier(opened_on="2025-01-01")},
        {"dossier": Dossier(opened_on="2025-01-01", relationship_since_on="2010-01-01")},
    ),
    "industry": ({"dossier": Dossier(industry="construction")}, {"dossier": Dossier(industry="Chemicals")}),
    "assessment.management": ({"dossier": assessed("management", 2)}, {"dossier": assessed("management", 9)}),
    "assessment.site_visit": ({"dossier": assessed("site_visit", 2)}, {"dossier": assessed("site_visit", 9)}),
    "assessment.complaints": ({"dossier": assessed("complaints", 7)}, {"dossier": assessed("complaints", 0)}),
    **{
        name: ({"dossier": filed(SAFE, POOR)}, {"dossier": filed(POOR, SAFE)})
        for name in (
            *("altman_z", "equity_ratio", "equity_ratio_to_peers", "equity_ratio_trend", "current_ratio"),
            *("interest_cover", "operating_cash_flow_to_debt", "return_on_assets_trend", "net_margin"),
            "net_margin_to_peers",
        )
    },
}


def drifting(lately: int) -> Behaviour:
    """Return the behaviour of an account that paid in time a year ago, and so many days late this month."""
    rest = [0] * (MONTHS - 2)
    return Behaviour(
        settled=[5, *rest, 5], paid=[100, *rest, 100], paid_days=[100 * lately, *rest, 0], last_settled_on="2025-06-01"
    )


WORSE_AND_BETTER["payment_drift"] = ({"behaviour": drifting(30)}, {"behaviour": drifting(2)})


@pytest.mark.parametrize("name", [one.factor for one in default_policy().scorecard.factors])
def test_a_better_account_gets_more_points_by_every_factor(name: str) -> None:
    known = Dossier(reports=report(600))
    found = []
    for case in WORSE_AND_BETTER[name]:
        dossier = case.get("dossier", known)
        if not dossier.reports:
            dossier = msgspec.structs.replace(dossier, reports=known.reports)
        of = subject(dossier, case.get("behaviour"), stages=case.get("stages"))
        found.append(factor(score_of(of), name))
    worse, better = found
    assert worse.value is not None
    assert better.value is not None
    assert worse.points < better.points


def test_what_is_not_known_gives_its_own_points_and_says_so() -> None:
    scored = score_of(subject(Dossier(reports=report(600))))
    assert scored is not None
    missing = {one.factor: one.points for one in scored.factors if one.value is None}
    by_policy = {one.factor: one.weight * one.missing // 100 for one in default_policy().scorecard.factors}
    assert missing == {name: points for name, points in by_policy.items() if name != "bureau_score"}
    assert {reason["code"] for reason in reasons_of(scored)} == {"score_factor", "score_factor_missing"}


def test_an_account_of_which_nothing_decisive_is_known_has_no_score() -> None:
    said = Dossier(industry="foods", revenue_minor=10**9, opened_on="2010-01-01", references=referenced(90).references)
    assert score_of(subject(said)) is None
    assert score_of(subject()) is None
    assert score_of(subject(filed(WORKED))) is not None
    assert score_of(subject(behaviour=settled(*[0] * 5))) is not None
    assert score_of(subject(behaviour=settled(*[0] * 4))) is None, "four items are too few to tell"


def test_without_a_list_of_what_is_needed_everybody_has_a_score() -> None:
    context = with_factors({"factor": "employees", "scale": [[0, 0], [10, 100]]})
    assert total_of(subject(context=context)) == (400, "B", 0, 500)


@pytest.mark.parametrize(
    ("on", "points", "code"), [("2024-06-15", 700, "score_factor"), ("2024-06-14", 400, "outdated")]
)
def test_what_is_older_than_its_validity_counts_as_missing(on: str, points: int, code: str) -> None:
    scale = {"scale": [[0, 0], [10, 100]], "valid_days": 365}
    context = with_factors({"factor": "assessment.management", **scale})
    scored = score_of(subject(Dossier(assessments=[Assessment("management", 7, on)]), context=context))
    assert scored is not None
    (reason,) = reasons_of(scored)
    assert (scored.total.points, reason["on"]) == (points, on)
    assert code in str(reason["code"])


def test_of_several_references_only_those_that_are_valid_count() -> None:
    context = with_factors({"factor": "references", "scale": [[0, 0], [100, 100]], "valid_days": 365})
    points = {"2025-01-01": 80, "2025-02-01": 61, "2023-01-01": 0, "2025-03-01": None}
    said = [Reference(on, "trade", on, None, given_points) for on, given_points in points.items()]
    assert factor(score_of(subject(Dossier(references=said), context=context)), "references").value == 70


def test_a_factor_may_let_bureau_reports_age_faster_than_the_rest_of_the_policy() -> None:
    scale = {"factor": "bureau_score", "scale": [[0, 0], [1_000, 100]]}
    dossier = Dossier(reports=report(900, "2024-12-01"))
    for days, points in ((None, 900), (200, 900), (195, 400)):
        total = total_of(subject(dossier, context=with_factors({**scale, "valid_days": days})))
        assert total is not None
        assert total.points == points, days


def test_bureaus_that_contradict_each_other_are_combined_as_the_policy_says() -> None:
    dossier = Dossier(reports={**report(900), **report(300, provider="south")})
    assert factor(score_of(subject(dossier)), "bureau_score").value == 300


def test_statements_that_contradict_themselves_give_numbers_or_none_and_never_an_error() -> None:
    items = {**WORKED, "equity_minor": 10**18, "total_assets_minor": 1, "total_liabilities_minor": 0}
    scored = score_of(subject(msgspec.structs.replace(filed(items), reports=report(600))))
    assert factor(scored, "altman_z").value is None, "nothing is owed, so equity over debt is no number"
    assert factor(scored, "equity_ratio").value == 10**15, "as much as a policy may name"


def test_a_ratio_is_compared_with_its_own_industry_else_with_all_others_else_not_at_all() -> None:
    ratio = {"factor": "equity_ratio_to_peers", "scale": [[-5_000, 0], [0, 50], [5_000, 100]]}
    context = with_factors(ratio, peers={"Foods": {"equity_ratio": 4_000}, "other": {"equity_ratio": 1_000}})
    alone = with_factors(ratio, peers={"foods": {"equity_ratio": 4_000}, "steel": {"net_margin": 100}})
    for industry, within, value in (
        ("foods", context, 1_000),
        ("FOODS", context, 1_000),
        ("steel", context, 4_000),
        ("", context, 4_000),
        ("foods", alone, 1_000),
        ("steel", alone, None),
        ("paper", alone, None),
    ):
        found = factor(score_of(subject(filed(WORKED, industry=industry), context=within)), "equity_ratio_to_peers")
        assert found.value == value, industry


def test_revenue_is_valued_in_the_currency_of_the_policy_and_at_face_value_without_a_rate() -> None:
    context = with_factors({"factor": "revenue", "scale": [[0, 0], [1_000_000, 100]]})
    of = Subject(Account("A-1", "USD"), Dossier(revenue_minor=500_000), None, context, TODAY)
    assert total_of(of) == (500, "A", 500, None)
    context.set_rates("EUR", {"USD": "2"})
    assert total_of(of) == (250, "B", 0, 500)


@pytest.mark.parametrize(
    ("since", "today", "years"),
    [("2020-02-29", "2025-02-28", 4), ("2020-02-29", "2025-03-01", 5), (TODAY, TODAY, 0), ("2031-01-01", TODAY, 0)],
)
def test_years_with_us_are_full_years(since: str, today: str, years: int) -> None:
    context = with_factors({"factor": "years_of_relationship", "scale": [[0, 0], [10, 100]]})
    scored = score_of(subject(Dossier(opened_on=since), context=context, today=today))
    assert factor(scored, "years_of_relationship").value == years


@pytest.mark.parametrize(("days", "points"), [(-30, 100), (-10, 85), (0, 80), (15, 70), (45, 45), (120, 20), (999, 0)])
def test_the_payment_index_is_that_of_the_trade(days: int, points: int) -> None:
    assert payment_index(settled(days)) == points


def test_the_payment_index_weighs_by_value() -> None:
    behaviour = settled(0, 0)
    behaviour.paid[0] += 8_000
    behaviour.paid_index[0] += 8_000 * index_points(30)
    assert payment_index(behaviour) == (2 * 80 + 8 * 50) // 10


def test_every_factor_can_be_scored_and_has_a_unit_and_a_name_in_both_languages() -> None:
    assert tuple(ratio.name for ratio in RATIOS) == RATIO_NAMES
    assert set(FACTOR_WORDS["en"]) == set(FACTOR_WORDS["zh"])
    known = msgspec.structs.replace(
        filed(POOR, SAFE),
        reports=report(500),
        references=[*referenced(90).references, *referenced(80, "reputation").references],
        revenue_minor=10**9,
        employees=40,
        opened_on="2020-01-01",
    )
    peers = {"other": dict.fromkeys(RATIO_NAMES, 100)}
    for name in FACTORS:
        scale: dict[str, Any] = {} if name == "industry" else {"scale": [[-10_000, 0], [10_000, 100]]}
        scored = score_of(subject(known, settled(1, 2), with_factors({"factor": name, **scale}, peers=peers)))
        assert factor(scored, name).value is not None
        assert unit_of(name)
        for language in ("en", "zh"):
            assert "_" not in factor_in_words(name, language)
