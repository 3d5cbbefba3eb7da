"""A dossier follows from the dates inside the facts, not from the order in which they arrive."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from projections.dossier import dossier_of
from projections.score_values import Subject
from projections.scorecard import score_of
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
    book, context = scenario.partition.book, scenario.partition.context
    account, dossier = book.account(b.ACCOUNT), dossier_of(book, b.ACCOUNT)
    assert account is not None
    assert dossier is not None
    score = score_of(Subject(account, dossier, None, context, context.today(0)))
    # Which score was told last, and what moved it then, does depend on what was known when.
    return msgspec.to_builtins(msgspec.structs.replace(dossier, score=None)), score
