"""A number that no row could hold is refused; it never stops a worker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin

import msgspec
import pytest

from schemas.codec import FACT_TYPES, TOPIC_OF_TYPE
from schemas.policy import Policy
from schemas.publishing import examples
from tests.scenario import Scenario, codes

HUGE = 10**40


def _unbounded(kind: Any, path: str) -> Iterator[str]:
    """The places of integers without both ends."""
    if kind is int:
        yield path
    elif get_origin(kind) is Annotated:
        inner, *metas = get_args(kind)
        is_bounded = any(meta.ge is not None and meta.le is not None for meta in metas)
        yield from () if inner is int and is_bounded else _unbounded(inner, path)
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        for field in msgspec.structs.fields(kind):
            yield from _unbounded(field.type, f"{path}.{field.name}")
    else:
        for of in get_args(kind):
            yield from _unbounded(of, path)


@pytest.mark.parametrize("kind", [*FACT_TYPES.values(), Policy], ids=lambda kind: kind.__name__)
def test_every_number_in_a_fact_or_a_policy_has_ends(kind: type[msgspec.Struct]) -> None:
    judged_by_the_field_it_changes = {"Policy.overrides.checks"}
    assert set(_unbounded(kind, kind.__name__)) <= judged_by_the_field_it_changes


@pytest.mark.parametrize("number", [HUGE, -HUGE])
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("bureau_reported", "score"),
        ("bureau_reported", "scale_max"),
        ("assessment_recorded", "rating"),
        ("order_placed", "priority"),
        ("invoice_issued", "tax_minor"),
        ("account_opened", "revision"),
    ],
)
def test_a_huge_number_is_refused_and_everything_goes_on(kind: str, name: str, number: int) -> None:
    scenario = Scenario()
    fact = {**examples()["facts"][kind], name: number}
    key = fact["account_id"]
    said = scenario.take(TOPIC_OF_TYPE[kind], key, msgspec.json.encode(fact), {"ce_source": "erp", "ce_id": "1"})
    assert codes(said) == ["field_invalid"]
    scenario.prove()
