"""A policy that is wrong is refused with all that is wrong, each with its path."""

from __future__ import annotations

import re
import tomllib
from copy import deepcopy
from importlib import resources
from typing import Any, get_args

import msgspec
import pytest

from schemas.policy import Policy, PolicyInvalid, default_policy, policy_id, read_policy, recorded_policy
from schemas.policy_shape import fields_of

ABC = [{"grade": "A", "bureau_at_least": 700}, {"grade": "B", "bureau_at_least": 400}, {"grade": "C"}]
CELL = {"measure": "watch", "owner_role": "credit_analyst"}
LINE = {"at_bp": 8_000, "level": "notice", "measure": "watch", "owner_role": "credit_analyst"}
OVERRIDE = {"name": "export", "segments": ["export"], "checks": {"limit_missing": "block"}}
EXCLUSION = {
    "reason": "seasonal",
    "checks": ["orders_split"],
    "valid_from": "2025-03-01",
    "valid_until": "2025-03-31",
    "accounts": ["ACME"],
}
FACTOR = {"factor": "bureau_score", "weight": 1_000, "missing": 40, "scale": [[0, 0], [900, 100]]}
BANDS = [{"grade": "A", "points_at_least": 700}, {"grade": "C", "points_at_least": 0}]
INDUSTRY = {"factor": "industry", "weight": 1_000, "missing": 40}


def scorecard(*factors: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The sections of a policy with three grades and a scorecard."""
    return {"grading": {"table": ABC}, "scorecard": {"factors": list(factors), "bands": BANDS, **fields}}


BAND = {"subject": "limit", "from_minor": 0, "roles": ["credit_manager"]}


def plain(**sections: Any) -> dict[str, Any]:
    """A policy that says only what it must, and the sections given."""
    warnings = msgspec.to_builtins(default_policy().warnings)
    kept = {"utilisation", "overdue_share", "fact_unreadable", "fact_contradicts", "delivered_without_release"}
    required = {name: rule for name, rule in warnings.items() if name in kept}
    return {"name": "test", "warnings": required | sections.pop("warnings", {}), **sections}


def errors(document: dict[str, Any]) -> dict[str, str]:
    """What is wrong with a policy, by path."""
    with pytest.raises(PolicyInvalid) as refused:
        read_policy(document)
    return {error.path: error.message for error in refused.value.errors}


SHAPE: list[tuple[dict[str, Any], str, str]] = [
    ({"checks": {"limit_missing": "maybe"}}, "$.checks.limit_missing", "expected one of pass, warn, refer, block, was"),
    ({"checks": {"limit_mising": "warn"}}, "$.checks.limit_mising", "expected a name that exists, was 'limit_mising'"),
    ({"checks": {"limit_mising": "warn"}}, "$.checks.limit_mising", "limit_missing?"),
    ({"orders": {"grace_days": {"order": -1}}}, "$.orders.grace_days.order", "expected `int` >= 0"),
    ({"orders": {"tolerance_bp": "1 %"}}, "$.orders.tolerance_bp", "expected `int`, was `str`"),
    ({"limits": {"grades": [{"grade": "A"}]}}, "$.limits.grades[0].cap_minor", "expected a value, there is none"),
    (
        {"bureau": {"scales": [{"provider": "p", "points": [[1, 2], [2, "x"]]}]}},
        "$.bureau.scales[0].points[1][1]",
        "int",
    ),
    (
        {"bureau": {"scales": [{"provider": "p", "points": [[1, 2], [10**30, 3]]}]}},
        "$.bureau.scales[0].points[1][0]",
        "<= 1000000000",
    ),
    ({"approvals": {"people": {"cfo": ["kim", 7]}}}, "$.approvals.people.cfo[1]", "expected `str`, was `int`"),
    ({"exclusions": [{**EXCLUSION, "checks": []}]}, "$.exclusions[0].checks", "length >= 1"),
    ({"exclusions": [{**EXCLUSION, "valid_from": "March"}]}, "$.exclusions[0].valid_from", "invalid RFC3339"),
    ({"currency": "EURO"}, "$.currency", "expected `str`"),
]

CONSISTENCY: list[tuple[dict[str, Any], str, str]] = [
    ({"overrides": [OVERRIDE, {**OVERRIDE, "name": "x", "checks": {"limit_mising": "warn"}}]},
     "$.overrides[1].checks.limit_mising", "limit_missing?"),
    ({"overrides": [{**OVERRIDE, "checks": {"limit_missing": 5}}]},
     "$.overrides[0].checks.limit_missing", "expected one of pass, warn, refer, block, was 5"),
    ({"overrides": [{**OVERRIDE, "checks": {"block_above_utilisation_bp": "warn"}}]},
     "$.overrides[0].checks.block_above_utilisation_bp", "expected `int`, was `str`"),
    ({"overrides": [{**OVERRIDE, "orders": {"grace_days": {"order": "long"}}}]},
     "$.overrides[0].orders.grace_days.order", "expected `int`, was `str`"),
    ({"overrides": [{**OVERRIDE, "orders": {"stages_that_count": ["invoiced"]}}]},
     "$.overrides[0].orders.stages_that_count", "for all accounts"),
    ({"overrides": [OVERRIDE, OVERRIDE]}, "$.overrides[1].name", "was 'export' again"),
    ({"overrides": [{**OVERRIDE, "segments": []}]}, "$.overrides[0]", "accounts, grades or segments"),
    ({"overrides": [{**OVERRIDE, "accounts": ["ACME"]}]}, "$.overrides[0].accounts", "there are both"),
    ({"overrides": [{"name": "x", "accounts": ["ACME"]}]}, "$.overrides[0]", "expected checks or orders"),
    ({"overrides": [{**OVERRIDE, "grades": ["Z"]}], "grading": {"table": ABC}},
     "$.overrides[0].grades[0]", "expected a grade of the grading table (A, B, C), was 'Z'"),
    ({"overrides": [{**OVERRIDE, "orders": {"dunning_stage": 2}}],
      "orders": {"dunning_stage": 1},
      "dunning": {"stages": [{"overdue_days": 5, "channel": "email", "owner_role": "collector"}]}},
     "$.overrides[0].orders.dunning_stage", "expected one of the 1 stages of dunning, was 2"),
    ({"exclusions": [{**EXCLUSION, "checks": ["orders_splitt"]}]}, "$.exclusions[0].checks[0]", "orders_split?"),
    ({"exclusions": [{**EXCLUSION, "checks": ["block_above_utilisation_bp"]}]},
     "$.exclusions[0].checks[0]", "expected a name that exists"),
    ({"exclusions": [{**EXCLUSION, "valid_until": "2025-02-28"}]},
     "$.exclusions[0].valid_until", "expected 2025-03-01 or later, was 2025-02-28"),
    ({"exclusions": [{**EXCLUSION, "accounts": []}]}, "$.exclusions[0]", "accounts, grades or segments"),
    ({"exclusions": [{**EXCLUSION, "accounts": [], "grades": ["Z"]}], "grading": {"table": ABC}},
     "$.exclusions[0].grades[0]", "was 'Z'"),
    ({"orders": {"stages_that_count": ["orders", "bills", "orders"]}},
     "$.orders.stages_that_count[2]", "was 'orders' again"),
    ({"dunning": {"stages": [{"overdue_days": day, "channel": "email", "owner_role": "collector"} for day in (9, 5)]},
      "orders": {"dunning_stage": 2}}, "$.dunning.stages[1].overdue_days", "expected days to rise, was 5 after 9"),
    ({"dunning": {"stages": [{"overdue_days": 9, "channel": "email", "owner_role": "collector"}]},
      "orders": {"dunning_stage": 3}}, "$.orders.dunning_stage", "expected one of the 1 stages of dunning, was 3"),
    ({"bureau": {"scales": [{"provider": "p"}, {"provider": "p"}]}}, "$.bureau.scales[1].provider", "'p' again"),
    ({"bureau": {"scales": [{"provider": "p", "points": [[5, 0], [5, 9]]}]}},
     "$.bureau.scales[0].points[1]", "was 5 after 5"),
    ({"bureau": {"scales": [{"provider": "p", "points": [[5, 0]]}]}}, "$.bureau.scales[0].points", "at least two"),
    ({"bureau": {"combine": "preferred"}}, "$.bureau.preferred", "expected a provider"),
    ({"grading": {"table": [*ABC, {"grade": "D"}]}}, "$.grading.table[3]", "expected no row below"),
    ({"grading": {"table": ABC[:2]}}, "$.grading.table[1]", "expected a last row that asks nothing"),
    ({"grading": {"table": [ABC[1], ABC[0], ABC[2]]}},
     "$.grading.table[1].bureau_at_least", "expected to ask no more than the row above (400 against 700)"),
    ({"grading": {"table": [{"grade": "A", "delay_at_most_days": 9}, {"grade": "B", "delay_at_most_days": 5},
                            {"grade": "C"}]}}, "$.grading.table[1].delay_at_most_days", "expected to ask no more"),
    ({"grading": {"table": [ABC[0], ABC[0], ABC[2]]}}, "$.grading.table[1].grade", "was 'A' again"),
    ({"grading": {"table": ABC, "adverse_event_grade": "E"}}, "$.grading.adverse_event_grade", "was 'E'"),
    ({"grading": {"table": ABC}, "limits": {"grades": [{"grade": "E", "cap_minor": 5}]}},
     "$.limits.grades[0].grade", "was 'E'"),
    ({"limits": {"grades": [{"grade": "A", "cap_minor": 5}, {"grade": "A", "cap_minor": 6}]}},
     "$.limits.grades[1].grade", "was 'A' again"),
    ({"measures": [{"name": "cut", "when": {}, "does": "cut_limit"}]}, "$.measures[0].when", "at least one thing"),
    ({"measures": [{"name": "cut", "when": {"causes": ["utilization"]}, "does": "cut_limit"}]},
     "$.measures[0].when.causes[0]", "utilisation?"),
    ({"measures": [{"name": "cut", "when": {"grades": ["E"]}, "does": "cut_limit"}], "grading": {"table": ABC}},
     "$.measures[0].when.grades[0]", "was 'E'"),
    ({"measures": [{"name": "cut", "when": {"grades": ["E"]}, "does": "suspend"}] * 2},
     "$.measures[1].name", "was 'cut' again"),
    ({"measures": [{"name": "cut", "when": {"dunning_stage": 2}, "does": "suspend"}],
      "orders": {"dunning_stage": 1},
      "dunning": {"stages": [{"overdue_days": 9, "channel": "email", "owner_role": "collector"}]}},
     "$.measures[0].when.dunning_stage", "expected one of the 1 stages"),
    ({"risk_matrix": {"sizes_minor": [500, 400], "probabilities": [["A"]], "cells": [[CELL]] * 3}},
     "$.risk_matrix.sizes_minor[1]", "expected sizes to rise"),
    ({"risk_matrix": {"sizes_minor": [500], "probabilities": [["A"]], "cells": [[CELL]]}},
     "$.risk_matrix.cells", "expected 2 rows"),
    ({"risk_matrix": {"probabilities": [["A"], ["B"]], "cells": [[CELL]]}},
     "$.risk_matrix.cells[0]", "expected 2 cells"),
    ({"risk_matrix": {"probabilities": [["A"], ["A"]], "cells": [[CELL, CELL]]}},
     "$.risk_matrix.probabilities[1][0]", "expected each grade in one group, was 'A' again"),
    ({"risk_matrix": {"probabilities": [["A", "B", "Z", "C"]], "cells": [[CELL]]}, "grading": {"table": ABC}},
     "$.risk_matrix.probabilities[0][2]", "was 'Z'"),
    ({"risk_matrix": {"probabilities": [["A", "B"]], "cells": [[CELL]]}, "grading": {"table": ABC}},
     "$.risk_matrix.probabilities", "expected grade 'C' in one of the groups"),
    ({"approvals": {"bands": [{**BAND, "from_minor": 9}, BAND]}},
     "$.approvals.bands[1].from_minor", "expected bands of limit to rise, was 0 after 9"),
    ({"approvals": {"bands": [{**BAND, "remind_after_days": 9, "expires_after_days": 9}]}},
     "$.approvals.bands[0].remind_after_days", "expected less than expires_after_days (9), was 9"),
    ({"approvals": {"bands": [{**BAND, "roles": ["cfo", "cfo"]}], "people": {"cfo": ["kim"]}}},
     "$.approvals.bands[0].roles", "expected 2 people with role 'cfo', found kim"),
    (scorecard({**FACTOR, "weight": 999}), "$.scorecard.factors", "expected weights of 1000 together, was 999"),
    (scorecard({**FACTOR, "factor": "bureau"}), "$.scorecard.factors[0].factor", "expected a name that exists"),
    (scorecard({**FACTOR, "factor": "equity_ratio_to_peer"}), "$.scorecard.factors[0].factor", "_to_peers?"),
    (scorecard({**FACTOR, "factor": "assessment."}), "$.scorecard.factors[0].factor", "expected a name that exists"),
    (scorecard({**FACTOR, "weight": 500}, {**FACTOR, "weight": 500}),
     "$.scorecard.factors[1].factor", "was 'bureau_score' again"),
    (scorecard({**FACTOR, "scale": [[0, 5]]}), "$.scorecard.factors[0].scale", "at least two pairs"),
    (scorecard({**FACTOR, "scale": [[0, 5], [0, 9]]}), "$.scorecard.factors[0].scale[1]", "rise, was 0 after 0"),
    (scorecard({**FACTOR, "scale": [[0, 5], [9, 4]], "better": "more"}),
     "$.scorecard.factors[0].scale[1]", "expected better = 'more' to hold, was 4 after 5"),
    (scorecard({**FACTOR, "better": "less"}), "$.scorecard.factors[0].scale[1]", "expected better = 'less' to hold"),
    (scorecard({**FACTOR, "named": {"x": 5}}), "$.scorecard.factors[0].named", "which is a number"),
    (scorecard({**INDUSTRY, "scale": [[0, 5], [9, 4]]}), "$.scorecard.factors[0].scale", "which is a name"),
    (scorecard(FACTOR, needs_one_of=["industry"]), "$.scorecard.needs_one_of[0]", "expected a name that exists"),
    (scorecard(FACTOR, peers={"foods": {"equity": 5}}), "$.scorecard.peers.foods.equity", "equity_ratio?"),
    (scorecard(FACTOR, bands=[]), "$.scorecard.bands", "expected a grade for every score"),
    (scorecard(FACTOR, bands=BANDS[:1]), "$.scorecard.bands[0].points_at_least", "expected 0 in the last band"),
    (scorecard(FACTOR, bands=[{"grade": "B", "points_at_least": 700}, {"grade": "A", "points_at_least": 0}]),
     "$.scorecard.bands[1].grade", "expected a worse grade than 'B', was 'A'"),
    (scorecard(FACTOR, bands=[BANDS[0], {"grade": "Z", "points_at_least": 0}]),
     "$.scorecard.bands[1].grade", "expected a grade of the grading table (A, B, C), was 'Z'"),
    (scorecard(FACTOR, bands=[{"grade": "A", "points_at_least": 0}, BANDS[1]]),
     "$.scorecard.bands[1].points_at_least", "expected less than the band above (0), was 0"),
    (scorecard(FACTOR, lateness=[{"from_bp": 900, "best_grade": "B"}, {"from_bp": 900, "best_grade": "C"}]),
     "$.scorecard.lateness[1].from_bp", "expected lines to rise, was 900 after 900"),
    (scorecard(FACTOR, lateness=[{"from_bp": 900, "best_grade": "B"}, {"from_bp": 950, "best_grade": "A"}]),
     "$.scorecard.lateness[1].best_grade", "expected a worse grade than 'B'"),
    ({"warnings": {"concentration": {"clear_below_bp": 9_000, "lines": [LINE]}}},
     "$.warnings.concentration.clear_below_bp", "expected at most the lowest line's at_bp, was 9000"),
    ({"warnings": {"score_fall": {"clear_below_bp": 0, "lines": [LINE, LINE]}}},
     "$.warnings.score_fall.lines", "expected lines rising in at_bp and level"),
]  # fmt: skip


@pytest.mark.parametrize(("sections", "path", "message"), SHAPE + CONSISTENCY)
def test_an_error_names_its_path_and_what_was_expected(sections: dict[str, Any], path: str, message: str) -> None:
    found = errors(plain(**deepcopy(sections)))
    assert list(found) == [path]
    assert message in found[path]


def test_every_error_is_told_at_once() -> None:
    sections = [sections for sections, _, _ in SHAPE[:5]]
    document = plain(
        checks=sections[0]["checks"] | sections[1]["checks"],
        orders=sections[3]["orders"] | sections[4]["orders"],
        exclusions=[{**EXCLUSION, "valid_until": "2025-02-28"}],
        grading={"table": ABC[:2]},
        salt=1,
    )
    assert set(errors(document)) == {
        "$.checks.limit_missing",
        "$.checks.limit_mising",
        "$.orders.grace_days.order",
        "$.orders.tolerance_bp",
        "$.exclusions[0].valid_until",
        "$.grading.table[1]",
        "$.salt",
    }


def test_what_is_missing_is_told() -> None:
    assert errors({"checks": {}}) == {
        "$.name": "expected a value, there is none",
        "$.warnings": "expected a value, there is none",
    }


def test_the_text_of_many_errors_stays_short() -> None:
    with pytest.raises(PolicyInvalid) as refused:
        read_policy(plain(checks={f"check_{number}": "warn" for number in range(700)}))
    assert str(refused.value).endswith("; and 480 more")


def test_off_switches_off_what_may_be_left_out() -> None:
    policy = read_policy(plain(orders={"oldest_overdue_days": "off"}, warnings={"concentration": "off"}))
    assert policy.orders.oldest_overdue_days is None
    assert policy.warnings.concentration is None
    assert "$.orders.tolerance_bp" in errors(plain(orders={"tolerance_bp": "off"}))


def test_a_policy_reads_back_as_what_it_is() -> None:
    for policy in (default_policy(), read_policy(plain(overrides=[OVERRIDE], exclusions=[EXCLUSION]))):
        assert policy_id(read_policy(msgspec.to_builtins(policy))) == policy_id(policy)


def test_what_was_adopted_once_still_reads_though_the_rules_for_policies_grew() -> None:
    contradictory = plain(grading={"table": ABC[:2]})
    assert [row.grade for row in recorded_policy(contradictory).grading.table] == ["A", "B"]


def _kinds(kind: Any) -> set[type[msgspec.Struct]]:
    """The struct types that a policy is made of."""
    found = {kind}
    for field in fields_of(kind):
        for of in _structs_in(field.type):
            found |= _kinds(of)
    return found


def _structs_in(kind: Any) -> set[type[msgspec.Struct]]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return {kind}
    return {found for of in get_args(kind) for found in _structs_in(of)}


DEFAULT_TEXT = resources.files("schemas").joinpath("policies/default.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", sorted(_kinds(Policy), key=lambda kind: kind.__name__))
def test_the_default_policy_states_or_explains_every_field(kind: type[msgspec.Struct]) -> None:
    silent = [field.name for field in fields_of(kind) if not re.search(rf"\b{field.name}\b", DEFAULT_TEXT)]
    assert not silent


def test_the_default_policy_leaves_no_section_to_what_the_shape_says() -> None:
    document = tomllib.loads(DEFAULT_TEXT)
    shown_as_examples = {"overrides", "exclusions"}
    assert set(document) == set(Policy.__struct_fields__) - shown_as_examples
    for field in fields_of(Policy):
        stated = document.get(field.name)
        if isinstance(stated, dict):
            assert set(stated) == set(field.type.__struct_fields__), field.name


def test_the_examples_in_the_default_policy_are_good_once_they_are_no_comments() -> None:
    lines = DEFAULT_TEXT.splitlines()
    examples = "\n".join(line[4:] for line in lines if line.startswith("#   ") and "obligor policy" not in line)
    document = tomllib.loads(DEFAULT_TEXT + examples[examples.index("[[") :])
    assert read_policy(document).overrides[0].name == "brick makers order in bulk"
    assert len(read_policy(document).exclusions) == 1
