"""A dossier follows from the dates inside the facts, not from the order in which they arrive."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from projections.dossier import dossier_of
from tests import builders as b
from tests.builders import Said
from tests.properties.test_core_sequences import quick
from tests.scenario import Scenario


def _facts(day: int) -> list[Said]:
    """Return one fact of each kind that is said on a day of its own."""
    on = f"2025-01-{day:02}"
    return [
        b.dossier_updated(updated_on=on, industry=f"i{day}", fields={"f": day}),
        b.manager_assigned(f"m{day}", assigned_on=on),
        b.joined("C2", joined_on=on) if day % 2 else b.left("C2", left_on=on),
        b.reference("Bank", on, points=day),
        b.assessment("site", day, on),
        b.bureau(day, on),
        b.reviewed(on),
    ]


@quick
@given(st.permutations(range(1, 7)), st.permutations(range(1, 7)))
def test_any_order_of_arrival_ends_in_the_same_dossier(one: list[int], other: list[int]) -> None:
    assert _dossier_after(one) == _dossier_after(other)


def _dossier_after(days: list[int]) -> Any:
    scenario = Scenario()
    scenario.say(b.day_closed("2025-02-01"), b.account_opened(opened_on="2024-12-01"))
    scenario.say(*(fact for day in days for fact in _facts(day)))
    return msgspec.to_builtins(dossier_of(scenario.partition.book, b.ACCOUNT))
