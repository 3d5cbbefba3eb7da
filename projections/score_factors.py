"""What a factor of the scorecard is found in, and in which unit its value is."""

from __future__ import annotations

from projections.financials import RATIOS
from schemas.policy_scorecard import ASSESSMENT, COMPANY_FACTORS, RATIO_NAMES, TO_PEERS, TREND


def source_of(factor: str) -> str:
    """Return what a factor is found in, so that where there is nothing of it no factor is looked for.

    >>> source_of("payment_index"), source_of("assessment.board"), source_of("equity_ratio_trend")
    ('settled', 'assessments', 'statements')
    """
    return "assessments" if factor.startswith(ASSESSMENT) else _SOURCES.get(factor, "statements")


_SOURCES = {
    **dict.fromkeys(("payment_index", "days_beyond_terms", "payment_drift"), "settled"),
    **dict.fromkeys(("overdue_share", "disputed_share"), "open"),
    **dict.fromkeys(("references", "reputation"), "references"),
    **dict.fromkeys(COMPANY_FACTORS, "company"),
    "bureau_score": "reports",
}


def unit_of(factor: str) -> str:
    """Return the unit of a factor's value: bp, times_bp (10,000 is once), days, thousandths, minor and so on.

    >>> unit_of("equity_ratio_trend"), unit_of("current_ratio"), unit_of("days_inventory"), unit_of("altman_z")
    ('bp', 'times_bp', 'days', 'thousandths')
    """
    if factor in _UNITS:
        return _UNITS[factor]
    if factor.startswith(ASSESSMENT):
        return "rating"
    ratio = factor.removesuffix(TREND).removesuffix(TO_PEERS)
    if ratio in _TIMES:
        return "times_bp"
    return RATIOS[RATIO_NAMES.index(ratio)].unit


_TIMES = ("current_ratio", "quick_ratio", "cash_ratio", "interest_cover", "debt_to_equity")
_UNITS = {
    "payment_index": "of_100",
    "days_beyond_terms": "days",
    "payment_drift": "days",
    "overdue_share": "bp",
    "disputed_share": "bp",
    "bureau_score": "of_1000",
    "references": "of_100",
    "reputation": "of_100",
    "altman_z": "thousandths",
    "industry": "name",
    "revenue": "minor",
    "employees": "count",
    "years_of_relationship": "years",
}
