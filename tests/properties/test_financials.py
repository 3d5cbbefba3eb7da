"""Financial ratios have no size: a firm and one a thousand times as large, or in another currency, are alike."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from projections.dossier_rows import Statement
from projections.financials import ITEMS, ratios_of, z_private, z_private_any_trade

items = st.fixed_dictionaries({}, optional={name: st.integers(-(10**12), 10**12) for name in ITEMS})


def _statement(found: dict[str, int], factor: int = 1) -> Statement:
    return Statement("2024-12-31", "EUR", {name: value * factor for name, value in found.items()})


@given(items, st.integers(1, 10_000))
def test_scaling_a_statement_changes_no_ratio_and_no_z(found: dict[str, int], factor: int) -> None:
    one, other = _statement(found), _statement(found, factor)
    assert ratios_of(one) == ratios_of(other)
    assert (z_private(one), z_private_any_trade(one)) == (z_private(other), z_private_any_trade(other))


@given(items)
def test_a_ratio_is_a_number_or_says_why_not(found: dict[str, int]) -> None:
    numbers = [ratio.number for ratio in ratios_of(_statement(found))] + [z_private(_statement(found)).thousandths]
    for number in numbers:
        assert [number.value is not None, bool(number.missing), bool(number.not_above_zero)].count(True) == 1
        assert not set(number.missing) & found.keys()


@given(items, st.integers(0, 10**12))
def test_more_operating_profit_never_lowers_z(found: dict[str, int], more: int) -> None:
    richer = {**found, "ebit_minor": found.get("ebit_minor", 0) + more}
    poorer = {"ebit_minor": 0, **found}
    for model in (z_private, z_private_any_trade):
        low, high = model(_statement(poorer)).thousandths, model(_statement(richer)).thousandths
        assert low.value is None or (high.value is not None and low.value <= high.value)
