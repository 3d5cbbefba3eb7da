"""A policy as text: it reads back as itself, its places are found, and two of them are told apart."""

from __future__ import annotations

import tomllib
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.policy import Policy, default_policy, policy_id, read_policy
from schemas.policy_diff import ABSENT, differences
from schemas.policy_text import as_document, as_toml
from schemas.toml_lines import line_of
from tests.unit.test_policy import DEFAULT_TEXT, EXCLUSION, OVERRIDE


def policy(**sections: Any) -> Policy:
    """The default policy with other sections."""
    return read_policy({**msgspec.to_builtins(default_policy()), **sections})


RICH = policy(
    overrides=[{**OVERRIDE, "orders": {"grace_days": {"order": 2}, "maximum_minor": "off"}}],
    exclusions=[EXCLUSION],
    approvals={"people": {"credit manager": ["kim", "李明"], "cfo": ["ada"]}},
)


@pytest.mark.parametrize("whole", [default_policy(), RICH])
def test_a_policy_reads_back_from_its_text(whole: Policy) -> None:
    again = read_policy(tomllib.loads(as_toml(whole)))
    assert again == whole
    assert policy_id(again) == policy_id(whole)


def test_its_text_states_every_field() -> None:
    text = as_toml(RICH)
    assert 'maximum_minor = "off"' in text
    assert set(as_document(RICH)) == set(tomllib.loads(text))
    assert set(as_document(default_policy())) - {"overrides", "exclusions"} == set(
        tomllib.loads(as_toml(default_policy()))
    )


def test_whoever_edits_it_can_add_what_there_was_none_of() -> None:
    bare = policy(
        overrides=[],
        measures=[],
        grading={},
        scorecard={},
        limits={},
        risk_matrix={},
        approvals={},
        dunning={},
        bureau={},
    )
    text = as_toml(bare)
    assert "# no [[grading.table]]" in text
    assert "# no [[scorecard.factors]]" in text
    assert read_policy(tomllib.loads(text)) == bare
    more = text + '[[overrides]]\nname = "x"\naccounts = ["A"]\nchecks = {limit_missing = "warn"}\n'
    assert read_policy(tomllib.loads(more)).overrides[0].name == "x"


@given(st.text(min_size=1, max_size=40), st.dictionaries(st.text(min_size=1), st.just(["kim"]), max_size=2))
@settings(deadline=None)
def test_any_words_survive(name: str, people: dict[str, list[str]]) -> None:
    whole = policy(name=name, approvals={"people": people})
    assert read_policy(tomllib.loads(as_toml(whole))) == whole


TEXT = '''name = "x"   # [checks]
[checks]
limit_missing = "warn"
"limit_expired" = "warn"
[orders.grace_days]
order = 1

[[overrides]]
name = """
long"""
[[overrides]]
name = 'second'
checks = {limit_missing = "warn", orders_split = "maybe"}
[overrides.orders]
grace_days.order = 1
[risk_matrix]
sizes_minor = [1,
  2,  # a size
  3]
cells = [
  [{measure = "a, b", owner_role = "x"}],
  [{measure = "c",
    }]]
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("$.name", 1),
        ("$.checks", 2),
        ("$.checks.limit_missing", 3),
        ("$.checks.limit_expired", 4),
        ("$.checks.not_stated", 2),
        ("$.orders.grace_days.order", 6),
        ("$.overrides", 8),
        ("$.overrides[0].name", 9),
        ("$.overrides[1].name", 12),
        ("$.overrides[1].checks.orders_split", 13),
        ("$.overrides[1].orders.grace_days.order", 15),
        ("$.risk_matrix.sizes_minor[1]", 18),
        ("$.risk_matrix.cells[0][0].measure", 21),
        ("$.risk_matrix.cells[1][0].measure", 22),
        ("$.risk_matrix.cells[1][0].owner_role", 22),
        ("$.warnings", None),
    ],
)
def test_the_line_of_a_path_is_found(path: str, line: int | None) -> None:
    assert line_of(TEXT, path) == line


def test_the_lines_of_the_default_policy_are_found() -> None:
    lines = DEFAULT_TEXT.splitlines()
    for path, stated in (
        ("$.warnings.concentration.lines[2].owner_role", 'owner_role = "finance_director"'),
        ("$.risk_matrix.cells[3][2].level", 'level = "warning"'),
        ("$.approvals.bands[4].from_minor", "from_minor = 2_500_000"),
        ("$.measures[1].when.grades[0]", 'grades = ["D"]'),
    ):
        number = line_of(DEFAULT_TEXT, path)
        assert number is not None
        assert stated in lines[number - 1]


def test_equal_policies_do_not_differ() -> None:
    assert differences(RICH, RICH) == []


def test_a_changed_field_is_told_by_its_path() -> None:
    document = as_document(default_policy())
    document["checks"]["limit_missing"] = "block"
    document["grading"]["table"][1]["bureau_at_least"] = 650
    document["warnings"]["utilisation"]["lines"][1]["at_bp"] = 9_500
    document["approvals"]["bands"][1]["roles"] = []
    document["orders"]["maximum_minor"] = 5
    assert differences(default_policy(), read_policy(document)) == [
        ("checks.limit_missing", "refer", "block"),
        ("orders.maximum_minor", None, 5),
        ("grading.table[B].bureau_at_least", 600, 650),
        ("approvals.bands[limit from 2500000].roles", ["credit_manager"], []),
        ("warnings.utilisation.lines[warning].at_bp", 9_000, 9_500),
    ]


def test_what_only_one_has_and_another_order_are_told() -> None:
    first, second = {**OVERRIDE, "name": "first"}, {**OVERRIDE, "name": "second"}
    added = differences(policy(overrides=[first]), policy(overrides=[second, first]))
    assert [(found.path, found.before) for found in added] == [("overrides[second]", ABSENT)]
    turned = differences(policy(overrides=[first, second]), policy(overrides=[second, first]))
    assert turned == [("overrides (order)", ["first", "second"], ["second", "first"])]
    assert differences(policy(overrides=[first]), policy(overrides=[]))[0].after is ABSENT
