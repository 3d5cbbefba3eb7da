"""Whether a policy of the right shape agrees with itself: what should rise rises, what is named exists.

Each function looks at the sections that `LOOKS_AT` names and yields every error in them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from schemas.decisions import LEVELS
from schemas.policy_approvals import Approvals
from schemas.policy_credit import Bureau, Condition, Grading, Limits, MeasureRule, RiskMatrix
from schemas.policy_errors import PolicyError, repeated
from schemas.policy_orders import Dunning, Exclusion, Orders, Override
from schemas.policy_overrides import changed, exclusion_errors, override_errors
from schemas.policy_scorecard import Scorecard, score_grade_errors, scorecard_errors
from schemas.policy_shape import fields_of, shape_errors, switched_off, unknown_name
from schemas.policy_warnings import MODEL_CAUSES, Indicator, Occurrence, Warnings

Errors = Iterator[PolicyError]


def dunning_errors(dunning: Dunning) -> Errors:
    """Yield stages that do not come later than the one before."""
    days = [stage.overdue_days for stage in dunning.stages]
    yield from _rising(days, "$.dunning.stages[{}].overdue_days", "days")


def order_errors(orders: Orders, dunning: Dunning) -> Errors:
    """Yield stages that count twice, and a stage of dunning that there is not."""
    yield from _once(orders.stages_that_count, "$.orders.stages_that_count[{}]")
    yield from _stage_errors(orders.dunning_stage, dunning, "$.orders.dunning_stage")


def override_stage_errors(overrides: Sequence[Override], orders: Orders, dunning: Dunning) -> Errors:
    """Yield a stage of dunning that an override names and that there is not."""
    for number, override in enumerate(overrides):
        path = f"$.overrides[{number}].orders"
        if not list(shape_errors(switched_off(override.orders, Orders), Orders)) and "dunning_stage" in override.orders:
            stage = changed(orders, override.orders).dunning_stage
            yield from _stage_errors(stage, dunning, f"{path}.dunning_stage")


def _stage_errors(stage: int | None, dunning: Dunning, path: str) -> Errors:
    count = len(dunning.stages)
    if stage is not None and count and stage > count:
        yield PolicyError(path, f"expected one of the {count} stages of dunning, was {stage}")


def bureau_errors(bureau: Bureau) -> Errors:
    """Yield providers with two scales, scores that do not rise, a preference without a provider."""
    providers = [scale.provider for scale in bureau.scales]
    yield from _once(providers, "$.bureau.scales[{}].provider")
    for number, scale in enumerate(bureau.scales):
        path = f"$.bureau.scales[{number}].points"
        if len(scale.points) == 1:
            yield PolicyError(path, "expected at least two pairs of score and points, there is one")
        yield from _rising([score for score, _ in scale.points], path + "[{}]", "scores")
    if bureau.combine == "preferred" and not bureau.preferred:
        yield PolicyError("$.bureau.preferred", "expected a provider for combine = 'preferred', there is none")


def grading_errors(grading: Grading, scorecard: Scorecard) -> Errors:
    """Yield grades in the table twice, rows that ask more than the one before, and a last row that asks something.

    With a scorecard its bands decide, and what rows ask counts for nothing.
    """
    rows = grading.table
    yield from _once([row.grade for row in rows], "$.grading.table[{}].grade")
    if scorecard.factors:
        return
    for number, (better, row) in enumerate(pairwise(rows), 1):
        path = f"$.grading.table[{number}]"
        if None not in (better.bureau_at_least, row.bureau_at_least):
            yield from _not_above(row.bureau_at_least, better.bureau_at_least, f"{path}.bureau_at_least")
        if None not in (better.delay_at_most_days, row.delay_at_most_days):
            yield from _not_above(better.delay_at_most_days, row.delay_at_most_days, f"{path}.delay_at_most_days")
        if better.bureau_at_least is None and better.delay_at_most_days is None:
            yield PolicyError(path, "expected no row below one that asks nothing")
    if rows and not (rows[-1].bureau_at_least is None and rows[-1].delay_at_most_days is None):
        path = f"$.grading.table[{len(rows) - 1}]"
        yield PolicyError(path, "expected a last row that asks nothing, so that every account has a grade")


def _not_above(low: Any, high: Any, path: str) -> Errors:
    if low > high:
        yield PolicyError(path, f"expected to ask no more than the row above ({high} against {low})")


def grade_name_errors(
    grading: Grading,
    overrides: Sequence[Override],
    exclusions: Sequence[Exclusion],
    limits: Limits,
    measures: Sequence[MeasureRule],
    risk_matrix: RiskMatrix,
) -> Errors:
    """Yield grades that are named anywhere and are not in the grading table, unless that is empty."""
    known = [row.grade for row in grading.table]
    named: list[tuple[str, str]] = []
    if grading.adverse_event_grade is not None:
        named.append(("$.grading.adverse_event_grade", grading.adverse_event_grade))
    for section, rules in (("overrides", overrides), ("exclusions", exclusions)):
        named += _placed([rule.grades for rule in rules], f"$.{section}[{{}}].grades[{{}}]")
    named += [(f"$.limits.grades[{number}].grade", row.grade) for number, row in enumerate(limits.grades)]
    named += _placed([rule.when.grades for rule in measures], "$.measures[{}].when.grades[{}]")
    named += _placed(risk_matrix.probabilities, "$.risk_matrix.probabilities[{}][{}]")
    for path, grade in named:
        if known and grade not in known:
            yield PolicyError(path, f"expected a grade of the grading table ({', '.join(known)}), was {grade!r}")


def _placed(rows: Sequence[Sequence[str]], path: str) -> list[tuple[str, str]]:
    return [(path.format(row, place), name) for row, names in enumerate(rows) for place, name in enumerate(names)]


def limit_errors(limits: Limits) -> Errors:
    """Yield grades that have two rows."""
    yield from _once([row.grade for row in limits.grades], "$.limits.grades[{}].grade")


def measure_errors(measures: Sequence[MeasureRule], dunning: Dunning) -> Errors:
    """Yield measures of one name, for no reason, or for a cause or stage that there is not."""
    yield from _once([rule.name for rule in measures], "$.measures[{}].name")
    causes = sorted(cause_names())
    for number, rule in enumerate(measures):
        path = f"$.measures[{number}].when"
        if rule.when == Condition():
            yield PolicyError(path, "expected at least one thing that must hold, there is none")
        for place, cause in enumerate(rule.when.causes):
            if cause not in causes:
                yield PolicyError(f"{path}.causes[{place}]", unknown_name(cause, causes))
        yield from _stage_errors(rule.when.dunning_stage, dunning, f"{path}.dunning_stage")


def cause_names() -> set[str]:
    """Return the causes that an account's alert can have: the indicators and occurrences of a policy."""
    kinds = (Indicator, Occurrence, Indicator | None, Occurrence | None)
    return {field.name for field in fields_of(Warnings) if field.type in kinds} - set(MODEL_CAUSES)


def matrix_errors(risk_matrix: RiskMatrix, grading: Grading) -> Errors:
    """Yield sizes that do not rise, a table of other dimensions than its edges, grades in no group or in two."""
    yield from _rising(risk_matrix.sizes_minor, "$.risk_matrix.sizes_minor[{}]", "sizes")
    if not risk_matrix.probabilities and not risk_matrix.cells and not risk_matrix.sizes_minor:
        return
    rows, columns = len(risk_matrix.sizes_minor) + 1, len(risk_matrix.probabilities)
    yield from _rising(risk_matrix.lateness_from_bp, "$.risk_matrix.lateness_from_bp[{}]", "probabilities")
    if len(risk_matrix.lateness_from_bp) >= max(1, columns):
        found = f"expected fewer than there are probabilities, was {len(risk_matrix.lateness_from_bp)}"
        yield PolicyError("$.risk_matrix.lateness_from_bp", found)
    if len(risk_matrix.cells) != rows:
        found = f"expected {rows} rows, one more than sizes_minor has numbers, was {len(risk_matrix.cells)}"
        yield PolicyError("$.risk_matrix.cells", found)
    for number, row in enumerate(risk_matrix.cells):
        if len(row) != columns:
            found = f"expected {columns} cells, one for each group of probabilities, was {len(row)}"
            yield PolicyError(f"$.risk_matrix.cells[{number}]", found)
    placed = _placed(risk_matrix.probabilities, "$.risk_matrix.probabilities[{}][{}]")
    names = [grade for _, grade in placed]
    yield from repeated(names, [path for path, _ in placed], "expected each grade in one group")
    for missing in [row.grade for row in grading.table if row.grade not in set(names)]:
        yield PolicyError("$.risk_matrix.probabilities", f"expected grade {missing!r} in one of the groups")


def approval_errors(approvals: Approvals) -> Errors:
    """Yield bands of a subject that do not rise by amount, that expire unreminded, or that nobody can fill."""
    last: dict[str, int] = {}
    for number, band in enumerate(approvals.bands):
        path = f"$.approvals.bands[{number}]"
        before = last.get(band.subject)
        if before is not None and band.from_minor <= before:
            found = f"expected bands of {band.subject} to rise, was {band.from_minor} after {before}"
            yield PolicyError(f"{path}.from_minor", found)
        last[band.subject] = band.from_minor
        if band.remind_after_days >= band.expires_after_days:
            found = f"expected less than expires_after_days ({band.expires_after_days}), was {band.remind_after_days}"
            yield PolicyError(f"{path}.remind_after_days", found)
        for role, count in Counter(band.roles).items():
            people = set(approvals.people.get(role, ()))
            if people and len(people) < count:
                found = f"expected {count} people with role {role!r}, found {', '.join(sorted(people))}"
                yield PolicyError(f"{path}.roles", found)


def warning_errors(warnings: Warnings) -> Errors:
    """Yield indicators whose lines do not rise, or that could never clear."""
    for field in fields_of(Warnings):
        indicator = getattr(warnings, field.name)
        if not isinstance(indicator, Indicator):
            continue
        places = [(line.at_bp, LEVELS[line.level]) for line in indicator.lines]
        if not all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(places)):
            yield PolicyError(f"$.warnings.{field.name}.lines", "expected lines rising in at_bp and level")
        if indicator.clear_below_bp > indicator.lines[0].at_bp:
            path = f"$.warnings.{field.name}.clear_below_bp"
            yield PolicyError(path, f"expected at most the lowest line's at_bp, was {indicator.clear_below_bp}")


def _rising(numbers: Sequence[int], path: str, what: str) -> Errors:
    for number, (before, this) in enumerate(pairwise(numbers), 1):
        if this <= before:
            yield PolicyError(path.format(number), f"expected {what} to rise, was {this} after {before}")


def _once(names: Sequence[str], path: str) -> Errors:
    return repeated(names, [path.format(number) for number in range(len(names))])


LOOKS_AT: tuple[tuple[Callable[..., Errors], tuple[str, ...]], ...] = (
    (override_errors, ("overrides",)),
    (override_stage_errors, ("overrides", "orders", "dunning")),
    (exclusion_errors, ("exclusions",)),
    (order_errors, ("orders", "dunning")),
    (dunning_errors, ("dunning",)),
    (bureau_errors, ("bureau",)),
    (grading_errors, ("grading", "scorecard")),
    (scorecard_errors, ("scorecard",)),
    (score_grade_errors, ("scorecard", "grading")),
    (grade_name_errors, ("grading", "overrides", "exclusions", "limits", "measures", "risk_matrix")),
    (limit_errors, ("limits",)),
    (measure_errors, ("measures", "dunning")),
    (matrix_errors, ("risk_matrix", "grading")),
    (approval_errors, ("approvals",)),
    (warning_errors, ("warnings",)),
)


def consistency_errors(sections: dict[str, Any]) -> Errors:
    """Yield everything in which the sections of a policy contradict themselves or each other.

    A look at a section that is not given, because its shape is wrong, is left out.
    """
    for look, names in LOOKS_AT:
        if all(name in sections for name in names):
            yield from look(*(sections[name] for name in names))
