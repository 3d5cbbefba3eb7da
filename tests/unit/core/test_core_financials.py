"""Ratios and Altman's Z, worked by hand; what is missing is named and gives no number."""

from __future__ import annotations

import pytest

from projections.dossier_rows import Dossier, Statement
from projections.financials import (
    ITEMS,
    RATIOS,
    Analysis,
    Ratio,
    altman_of,
    analyse,
    ratios_of,
    z_private,
    z_private_any_trade,
)

WORKED = {
    "total_assets_minor": 1_000,
    "current_assets_minor": 400,
    "inventory_minor": 150,
    "receivables_minor": 180,
    "cash_minor": 70,
    "total_liabilities_minor": 500,
    "current_liabilities_minor": 200,
    "payables_minor": 90,
    "equity_minor": 500,
    "retained_earnings_minor": 300,
    "revenue_minor": 1_500,
    "cost_of_sales_minor": 900,
    "ebit_minor": 100,
    "interest_minor": 20,
    "net_income_minor": 60,
    "operating_cash_flow_minor": 110,
    "capital_expenditure_minor": 50,
}


def statement(manufacturing: bool | None = None, period_end_on: str = "2024-12-31", **changed: int | None) -> Statement:
    """Return the worked statement with some items changed, or left out where None."""
    items = {**WORKED, **{f"{name}_minor": value for name, value in changed.items()}}
    kept = {name: value for name, value in items.items() if value is not None}
    return Statement(period_end_on, "EUR", kept, manufacturing=manufacturing)


def ratio(found: list[Ratio], name: str) -> Ratio:
    """Return a ratio by its name."""
    return next(one for one in found if one.formula.name == name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("current_ratio", 20_000),
        ("quick_ratio", 12_500),
        ("cash_ratio", 3_500),
        ("equity_ratio", 5_000),
        ("debt_to_equity", 10_000),
        ("interest_cover", 50_000),
        ("gross_margin", 4_000),
        ("net_margin", 400),
        ("return_on_assets", 600),
        ("days_sales_outstanding", 43),
        ("days_payables_outstanding", 36),
        ("days_inventory", 60),
        ("operating_cash_flow_to_debt", 2_200),
        ("free_cash_flow_margin", 400),
    ],
)
def test_each_ratio_is_as_worked_by_hand(name: str, value: int) -> None:
    assert ratio(ratios_of(statement()), name).number.value == value


def test_all_ratios_are_worked_and_only_known_items_are_asked() -> None:
    asked = {name for formula in RATIOS for _, name in formula.above + formula.below}
    assert asked | {"retained_earnings_minor"} == ITEMS.keys(), "Z alone asks retained earnings"
    assert all(one.number.value is not None for one in ratios_of(statement()))


def test_a_missing_item_gives_no_number_and_is_named() -> None:
    found = ratio(ratios_of(statement(inventory=None, current_liabilities=None)), "quick_ratio")
    assert found.number.value is None
    assert found.number.missing == ("inventory_minor", "current_liabilities_minor")


@pytest.mark.parametrize("interest", [0, -5])
def test_what_would_divide_by_nothing_gives_no_number_and_says_so(interest: int) -> None:
    number = ratio(ratios_of(statement(interest=interest)), "interest_cover").number
    assert (number.value, number.missing, number.not_above_zero) == (None, (), "interest_minor")


def test_a_firm_that_owes_more_than_it_owns_has_no_debt_to_equity() -> None:
    found = ratios_of(statement(equity=-100, total_liabilities=1_100))
    assert ratio(found, "debt_to_equity").number.not_above_zero == "equity_minor"
    assert ratio(found, "equity_ratio").number.value == -1_000


@pytest.mark.parametrize("left_out", ["equity", "total_liabilities", "total_assets"])
def test_of_assets_liabilities_and_equity_two_tell_the_third(left_out: str) -> None:
    assert ratios_of(statement(**{left_out: None})) == ratios_of(statement())


def test_a_loss_is_below_zero_rounded_down() -> None:
    assert ratio(ratios_of(statement(net_income=-1, revenue=30_000)), "net_margin").number.value == -1


@pytest.mark.parametrize(
    ("name", "change", "better"),
    [("current_ratio", 5_000, True), ("days_sales_outstanding", 13, False), ("net_margin", 0, None)],
)
def test_the_trend_says_whether_a_change_is_for_the_better(name: str, change: int, better: bool | None) -> None:
    before = statement(period_end_on="2023-12-31", current_assets=300, receivables=124)
    found = ratio(ratios_of(statement(), before), name)
    assert (found.change, found.better) == (change, better)


def test_z_of_a_manufacturer_is_as_worked_by_hand() -> None:
    # 0.717 x 0.2 + 0.847 x 0.3 + 3.107 x 0.1 + 0.420 x 1 + 0.998 x 1.5 = 2.6252
    found = z_private(statement())
    assert (found.model, found.thousandths.value, found.zone) == ("Z'", 2_625, "grey")


def test_z_of_any_other_firm_is_as_worked_by_hand() -> None:
    # 6.56 x 0.2 + 3.26 x 0.3 + 6.72 x 0.1 + 1.05 x 1 = 4.012
    found = z_private_any_trade(statement())
    assert (found.model, found.thousandths.value, found.zone) == ("Z''", 4_012, "safe")


@pytest.mark.parametrize(("manufacturing", "model"), [(True, "Z'"), (False, "Z''"), (None, "Z''")])
def test_the_trade_chooses_the_model(manufacturing: bool | None, model: str) -> None:
    assert altman_of(statement(manufacturing)).model == model


# With everything but equity at nothing, Z' is 0.420 x equity / liabilities and Z'' 1.05 x equity / liabilities.
NOTHING: dict[str, int | None] = dict.fromkeys(
    ["current_assets", "current_liabilities", "retained_earnings", "ebit", "revenue"], 0
)


@pytest.mark.parametrize(
    ("thousandths", "zone"), [(1_229, "distress"), (1_230, "grey"), (2_900, "grey"), (2_901, "safe")]
)
def test_the_zones_of_a_manufacturer_end_where_altman_says(thousandths: int, zone: str) -> None:
    parts = {"equity": thousandths, "total_liabilities": 420, "total_assets": thousandths + 420}
    found = z_private(statement(**{**NOTHING, **parts}))
    assert (found.thousandths.value, found.zone) == (thousandths, zone)


@pytest.mark.parametrize(
    ("thousandths", "zone"), [(1_099, "distress"), (1_100, "grey"), (2_600, "grey"), (2_601, "safe")]
)
def test_the_zones_of_any_other_firm_end_where_altman_says(thousandths: int, zone: str) -> None:
    parts = {"equity": thousandths, "total_liabilities": 1_050, "total_assets": thousandths + 1_050}
    found = z_private_any_trade(statement(**{**NOTHING, **parts}))
    assert (found.thousandths.value, found.zone) == (thousandths, zone)


def test_z_names_what_it_misses_and_turnover_only_where_it_is_asked() -> None:
    assert z_private(statement(revenue=None)).thousandths.missing == ("revenue_minor",)
    assert z_private(statement(revenue=None)).zone is None
    assert z_private_any_trade(statement(revenue=None)).zone == "safe"
    assert z_private(statement(retained_earnings=None, ebit=None)).thousandths.missing == (
        "retained_earnings_minor",
        "ebit_minor",
    )


def test_z_of_a_firm_without_debt_is_no_number() -> None:
    found = z_private(statement(total_liabilities=0, equity=1_000))
    assert (found.thousandths.value, found.thousandths.not_above_zero) == (None, "total_liabilities_minor")


def analysed(*statements: Statement) -> Analysis:
    """Return the analysis of a dossier with these statements."""
    found = analyse(Dossier(statements=list(statements)))
    assert found is not None
    return found


def test_the_newest_period_is_read_against_the_one_before_of_its_kind() -> None:
    group_before = Statement("2023-12-31", "EUR", WORKED, consolidated=True)
    group = Statement("2024-12-31", "EUR", WORKED, consolidated=True)
    found = analysed(group_before, statement(period_end_on="2023-12-31"), statement(), group)
    assert (found.statement, found.before) == (group, group_before)
    assert analysed(statement()).before is None
    assert analyse(Dossier()) is None
