"""Financial statements: the vocabulary of their items, the ratios that matter, their trend, and Altman's Z.

All exact integers: ratios in basis points (10,000 is one to one) or days, Z in thousandths, each rounded down. What
misses an item, or divides by nothing, is no number and says why.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from projections.dossier_rows import Dossier, Statement

ITEMS: dict[str, str] = {
    "total_assets_minor": "everything owned",
    "current_assets_minor": "what becomes money within a year",
    "inventory_minor": "stock: materials, goods, work in progress",
    "receivables_minor": "owed by its customers",
    "cash_minor": "cash, bank balances and the like",
    "total_liabilities_minor": "everything owed, provisions included",
    "current_liabilities_minor": "what is to be paid within a year",
    "payables_minor": "owed to its suppliers",
    "equity_minor": "assets less liabilities, at book value",
    "retained_earnings_minor": "profits kept over all years; below zero for losses",
    "revenue_minor": "sales of the year",
    "cost_of_sales_minor": "what the goods and services sold did cost",
    "ebit_minor": "operating result before interest and tax",
    "interest_minor": "interest paid or owed for the year",
    "net_income_minor": "result of the year after everything",
    "operating_cash_flow_minor": "money from operations in the year",
    "capital_expenditure_minor": "money spent on plant, equipment and the like",
}
"""Names of items that are read; others are kept and shown. Those that flow are of a whole year."""

DAYS_OF_YEAR = 365
_BP = 10_000
Zone = Literal["safe", "grey", "distress"]
Sum = tuple[tuple[int, str], ...]


class Number(NamedTuple):
    """A number, or None with the items that are missing, or the one that would have to be above zero."""

    value: int | None
    missing: tuple[str, ...] = ()
    not_above_zero: str = ""


class Formula(NamedTuple):
    """A ratio of two sums of items; `unit` is bp or days, and more is better unless `lower_is_better`."""

    name: str
    unit: Literal["bp", "days"]
    above: Sum
    below: Sum
    lower_is_better: bool = False


class Ratio(NamedTuple):
    """A ratio of a period and of the period before. `change` is in its unit; `better` None where it did not change."""

    formula: Formula
    number: Number
    before: int | None = None
    change: int | None = None
    better: bool | None = None


class AltmanZ(NamedTuple):
    """A Z score in thousandths and what it says of the firm: distress is likely to end in default."""

    model: Literal["Z'", "Z''"]
    thousandths: Number
    zone: Zone | None


class Analysis(NamedTuple):
    """The newest statements of a dossier with what they say."""

    statement: Statement
    before: Statement | None
    ratios: list[Ratio]
    altman: AltmanZ


def _of(*names: str) -> Sum:
    """Return a sum of items by name; one that begins with a minus is taken off."""
    return tuple((-1 if name[0] == "-" else 1, f"{name.lstrip('-')}_minor") for name in names)


RATIOS: tuple[Formula, ...] = (
    Formula("current_ratio", "bp", _of("current_assets"), _of("current_liabilities")),
    Formula("quick_ratio", "bp", _of("current_assets", "-inventory"), _of("current_liabilities")),
    Formula("cash_ratio", "bp", _of("cash"), _of("current_liabilities")),
    Formula("equity_ratio", "bp", _of("equity"), _of("total_assets")),
    Formula("debt_to_equity", "bp", _of("total_liabilities"), _of("equity"), lower_is_better=True),
    Formula("interest_cover", "bp", _of("ebit"), _of("interest")),
    Formula("gross_margin", "bp", _of("revenue", "-cost_of_sales"), _of("revenue")),
    Formula("net_margin", "bp", _of("net_income"), _of("revenue")),
    Formula("return_on_assets", "bp", _of("net_income"), _of("total_assets")),
    Formula("days_sales_outstanding", "days", _of("receivables"), _of("revenue"), lower_is_better=True),
    Formula("days_payables_outstanding", "days", _of("payables"), _of("cost_of_sales"), lower_is_better=True),
    Formula("days_inventory", "days", _of("inventory"), _of("cost_of_sales"), lower_is_better=True),
    Formula("operating_cash_flow_to_debt", "bp", _of("operating_cash_flow"), _of("total_liabilities")),
    Formula("free_cash_flow_margin", "bp", _of("operating_cash_flow", "-capital_expenditure"), _of("revenue")),
)
"""Liquidity, solvency, profitability, activity, cash: how the customer itself could pay, earns, and is paid.

Source: CFA Institute, Financial Analysis Techniques (liquidity, solvency, profitability and activity ratios); cash flow
to total debt: Beaver, Financial Ratios as Predictors of Failure, 1966.
"""


def analyse(dossier: Dossier) -> Analysis | None:
    """Return what the newest statements say, beside those of the period before; None if none were ever filed.

    Of one period the consolidated statements are read; those before are of the same kind.
    """
    if not dossier.statements:
        return None
    newest = dossier.statements[-1]
    before = [one for one in dossier.statements if _precedes(one, newest)]
    previous = before[-1] if before else None
    return Analysis(newest, previous, ratios_of(newest, previous), altman_of(newest))


def _precedes(one: Statement, other: Statement) -> bool:
    return one.period_end_on < other.period_end_on and one.consolidated == other.consolidated


def ratios_of(statement: Statement, before: Statement | None = None) -> list[Ratio]:
    """Return all ratios of a period, in the order of `RATIOS`, with their trend against the period before."""
    items = with_derived(statement.items)
    earlier = {} if before is None else with_derived(before.items)
    return [_ratio(formula, items, earlier) for formula in RATIOS]


def _ratio(formula: Formula, items: dict[str, int], earlier: dict[str, int]) -> Ratio:
    number, before = _quotient(formula, items), _quotient(formula, earlier).value
    if number.value is None or before is None:
        return Ratio(formula, number, before)
    change = number.value - before
    return Ratio(formula, number, before, change, (change < 0) is formula.lower_is_better if change else None)


def _quotient(formula: Formula, items: dict[str, int]) -> Number:
    missing = _missing(items, *(name for _, name in formula.above + formula.below))
    if missing:
        return Number(None, missing)
    above, below = _sum(formula.above, items), _sum(formula.below, items)
    if below <= 0:
        return Number(None, (), formula.below[0][1])
    return Number(above * (_BP if formula.unit == "bp" else DAYS_OF_YEAR) // below)


def _sum(names: Sum, items: dict[str, int]) -> int:
    return sum(sign * items[name] for sign, name in names)


def _missing(items: dict[str, int], *names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name not in items))


def with_derived(items: dict[str, int]) -> dict[str, int]:
    """Return the items with those that follow from others: assets are liabilities and equity.

    >>> with_derived({"total_assets_minor": 10, "total_liabilities_minor": 7})["equity_minor"]
    3
    """
    found = dict(items)
    assets, liabilities, equity = (
        items.get(f"{name}_minor") for name in ("total_assets", "total_liabilities", "equity")
    )
    if equity is None and assets is not None and liabilities is not None:
        found["equity_minor"] = assets - liabilities
    elif liabilities is None and assets is not None and equity is not None:
        found["total_liabilities_minor"] = assets - equity
    elif assets is None and liabilities is not None and equity is not None:
        found["total_assets_minor"] = liabilities + equity
    return found


def altman_of(statement: Statement) -> AltmanZ:
    """Return Z' for a manufacturer, else Z'', which leaves out turnover because that differs by trade."""
    return z_private(statement) if statement.manufacturing else z_private_any_trade(statement)


def z_private(statement: Statement) -> AltmanZ:
    """Return Altman's Z' of a private manufacturing firm: below 1.23 distress, above 2.90 safe.

    0.717 WC/TA + 0.847 RE/TA + 3.107 EBIT/TA + 0.420 BVE/TL + 0.998 S/TA.

    Source: Altman, Corporate Financial Distress, 1983; Altman, Predicting Financial Distress of Companies, 2000.
    """
    weights = {"working_capital": 717, "retained_earnings_minor": 847, "ebit_minor": 3_107, "revenue_minor": 998}
    thousandths = _z(statement, weights, equity_weight=420)
    return AltmanZ("Z'", thousandths, _zone(thousandths, 1_230, 2_900))


def z_private_any_trade(statement: Statement) -> AltmanZ:
    """Return Altman's Z'' of a private firm that does not manufacture: below 1.1 distress, above 2.6 safe.

    6.56 WC/TA + 3.26 RE/TA + 6.72 EBIT/TA + 1.05 BVE/TL. The form with a constant of 3.25 is for emerging markets and
    has other zones; a form with 6.5 and the zones of Z', found on popular pages, is a misprint.

    Source: Altman, Predicting Financial Distress of Companies, 2000; Altman, Hartzell, Peck, 1995.
    """
    weights = {"working_capital": 6_560, "retained_earnings_minor": 3_260, "ebit_minor": 6_720}
    thousandths = _z(statement, weights, equity_weight=1_050)
    return AltmanZ("Z''", thousandths, _zone(thousandths, 1_100, 2_600))


def _z(statement: Statement, weights: dict[str, int], equity_weight: int) -> Number:
    """Return the weighted sum in thousandths: `weights` are over total assets, equity is over total liabilities."""
    items = with_derived(statement.items)
    needed = ["total_assets_minor", "total_liabilities_minor", "equity_minor", "current_assets_minor"]
    needed += ["current_liabilities_minor", *(name for name in weights if name != "working_capital")]
    missing = _missing(items, *needed)
    if missing:
        return Number(None, missing)
    items["working_capital"] = items["current_assets_minor"] - items["current_liabilities_minor"]
    assets, liabilities = items["total_assets_minor"], items["total_liabilities_minor"]
    for name in ("total_assets_minor", "total_liabilities_minor"):
        if items[name] <= 0:
            return Number(None, (), name)
    over_assets = sum(weight * items[name] for name, weight in weights.items())
    return Number(
        (over_assets * liabilities + equity_weight * items["equity_minor"] * assets) // (assets * liabilities)
    )


def _zone(thousandths: Number, distress_below: int, safe_above: int) -> Zone | None:
    if thousandths.value is None:
        return None
    if thousandths.value < distress_below:
        return "distress"
    return "safe" if thousandths.value > safe_above else "grey"
