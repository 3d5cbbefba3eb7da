"""Whatever a policy says, reading it ends in a policy or in errors; and whose rules hold is as a plain search finds."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.rules import rules_for
from schemas.policy import Policy, PolicyInvalid, default_policy, policy_id, read_policy
from schemas.policy_text import as_document
from tests import builders as b
from tests.scenario import Scenario

DEFAULT = msgspec.json.decode(msgspec.json.encode(as_document(default_policy())))
ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.sampled_from(["off", "A", "refer", "limit", "x" * 90]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from _places(value[key], (*path, key))


PLACES = [path for path in _places(DEFAULT) if path]


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """The default policy with anything in a few places, and fields that there are not."""
    document: dict[str, Any] = deepcopy(DEFAULT)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(PLACES))
        inside: Any = document
        for key in path[:-1]:
            inside = inside[key] if _has(inside, key) else None
        if _has(inside, path[-1]):
            inside[path[-1]] = draw(ANY_JSON)
            if isinstance(inside, dict) and draw(st.booleans()):
                inside["more"] = draw(ANY_JSON)
    return document


def _has(value: Any, key: Any) -> bool:
    return (isinstance(value, dict) and key in value) or (
        isinstance(value, list) and isinstance(key, int) and key < len(value)
    )


@given(documents())
@settings(max_examples=150, deadline=None)
def test_reading_ends_in_a_policy_or_in_errors_with_paths(document: dict[str, Any]) -> None:
    try:
        policy = read_policy(document)
    except PolicyInvalid as invalid:
        assert invalid.errors
        assert all(error.path.startswith("$") and error.message for error in invalid.errors)
        assert len(str(invalid)) < 8_000
    else:
        assert read_policy(as_document(policy)) == policy


@given(documents())
@settings(max_examples=25, deadline=None)
def test_a_broadcast_of_any_policy_is_put_in_force_or_refused(document: dict[str, Any]) -> None:
    scenario = Scenario()
    before = scenario.partition.context.policy_id
    said = scenario.say(b.account_opened(), b.limit_set(1_000), b.policy_adopted(document), b.order("O1", 100))
    refused = [one for one in said if getattr(one, "code", "") == "policy_invalid"]
    if refused:
        assert scenario.partition.context.policy_id == before
    scenario.prove()


SCOPES = st.fixed_dictionaries({"accounts": st.just(["A1"])}) | st.fixed_dictionaries(
    {"grades": st.sampled_from([[], ["A"], ["A", "B"]]), "segments": st.sampled_from([["s"], ["s", "t"]])}
)
ANSWERS = st.sampled_from(["pass", "warn", "refer", "block"])
CHANGES = st.dictionaries(st.sampled_from(["limit_missing", "orders_split", "bureau_stale"]), ANSWERS, min_size=1)
OVERRIDES = st.lists(st.tuples(SCOPES, CHANGES), max_size=4)


def _plain_search(policy: Policy, code: str, account_id: str, grade: str, segment: str) -> str:
    for override in policy.overrides:
        if account_id in override.accounts and code in override.checks:
            return str(override.checks[code])
    for override in policy.overrides:
        is_meant = not override.accounts and segment in override.segments
        if is_meant and (not override.grades or grade in override.grades) and code in override.checks:
            return str(override.checks[code])
    return str(getattr(policy.checks, code))


@given(OVERRIDES, st.sampled_from(["A1", "A2"]), st.sampled_from("ABC"), st.sampled_from("stu"))
@settings(max_examples=100, deadline=None)
def test_whose_rules_hold_is_as_a_plain_search_finds(
    overrides: list[tuple[dict[str, Any], dict[str, Any]]], account_id: str, grade: str, segment: str
) -> None:
    listed = [{"name": f"n{number}", **of, "checks": checks} for number, (of, checks) in enumerate(overrides)]
    policy = read_policy({**DEFAULT, "overrides": listed})
    rules = rules_for(policy, policy_id(policy), account_id, grade=grade, segment=segment)
    for code in ("limit_missing", "orders_split", "bureau_stale", "grade_missing"):
        assert getattr(rules.checks, code) == _plain_search(policy, code, account_id, grade, segment)
