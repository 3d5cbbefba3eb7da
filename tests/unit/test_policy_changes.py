"""A comparison of policies as a table: units, what is off, what only one of them has."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from api.showing.policy_changes import change_row
from schemas.policy_diff import ABSENT, Difference


@pytest.mark.parametrize(
    ("path", "value", "unit", "shown"),
    [
        ("limits.grades[A].cap_minor", 2_500_000, "EUR", Decimal("25000.00")),
        ("orders.tolerance_bp", 150, "percent", Decimal("1.50")),
        ("fact_ids_kept_days", 30, "days", 30),
        ("warnings.utilisation.lines[notice].at_bp", 8_000, "percent", Decimal("80.00")),
        ("warnings.oldest_overdue.lines[notice].at_bp", 10, "days", 10),
        ("warnings.oldest_overdue.clear_below_bp", 5, "days", 5),
        ("warnings.score_fall.lines[notice].at_bp", 60, "", 60),
        ("orders.maximum_minor", None, "EUR", "off"),
        ("checks.limit_missing", "block", "", "block"),
        ("orders.partial", True, "", True),
        ("overrides[export]", ABSENT, "", None),
        ("risk_matrix.sizes_minor", [2_500_000, 10_000_000], "EUR", "25000.00; 100000.00"),
        ("scorecard.factors[age].steps_bp", [[0, 100], [500, 200]], "percent", "0.00 → 1.00; 5.00 → 2.00"),
        (
            "limits.grades[F]",
            {"grade": "F", "cap_minor": 100, "base_minor": None, "net_days": 7},
            "",
            "grade F, cap 1.00, net_days 7",
        ),
    ],
)
def test_each_value_is_in_the_unit_that_its_name_says(path: str, value: Any, unit: str, shown: Any) -> None:
    row = change_row(Difference(path, ABSENT, value), "EUR", "EUR")
    assert (row.path, row.unit, row.old, row.new) == (path, unit, None, shown)
    assert type(row.new) is type(shown)


def test_amounts_of_policies_in_two_currencies_are_each_in_their_own() -> None:
    row = change_row(Difference("orders.maximum_minor", 500_000, 500_000), "EUR", "JPY")
    assert (row.unit, row.old, row.new) == ("EUR / JPY", Decimal("5000.00"), Decimal(500_000))
