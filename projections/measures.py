"""Measures that the policy takes by itself when an account gets worse, each once while its condition holds.

A measure only ever tightens. When its condition has not held for as long as the policy says it ends, and what it had
changed is as it was, unless a person decided otherwise meanwhile.
"""

from __future__ import annotations

from datetime import date, timedelta

from projections.alerts import is_over, occur
from projections.conditions import Situation, reasons_for
from projections.limit_files import lasting_without_measures, measure_file_of
from projections.limit_rows import MeasureFile, MeasureInForce
from projections.measure_effects import apply_measure
from projections.recording import Recording
from projections.situations import situation_of
from schemas.decisions import AnyDecision, MeasureTaken, Reason
from schemas.policy_credit import MeasureRule


def follow_measures(recording: Recording, decisions: list[AnyDecision]) -> None:
    """Add which measures are taken, recover or end now, already in effect."""
    rules = recording.context.policy.measures
    file = measure_file_of(recording.book, recording.account.account_id)
    in_force = {} if file is None else {measure.name: measure for measure in file.in_force}
    if not rules and not in_force:
        return
    now = situation_of(recording)
    found = [_followed(recording, rule, in_force.pop(rule.name, None), file, now) for rule in rules]
    # What the policy knows no more ends with it.
    found += [_ended(measure) for measure in in_force.values()]
    for decision in found:
        if decision is not None:
            decisions.append(decision)
            apply_measure(recording, decision)
            decisions.extend(_alerts(recording, decision))


def _followed(
    recording: Recording,
    rule: MeasureRule,
    measure: MeasureInForce | None,
    file: MeasureFile | None,
    now: Situation,
) -> MeasureTaken | None:
    reasons = reasons_for(rule.when, now)
    if measure is None:
        return None if reasons is None else _taken(recording, rule, file, reasons)
    if measure.does != rule.does:
        return _ended(measure)
    if reasons is not None:
        return _told(measure, reasons) if measure.recovers_on else None
    return _recovering(recording, rule, measure)


def _taken(recording: Recording, rule: MeasureRule, file: MeasureFile | None, reasons: list[Reason]) -> MeasureTaken:
    limit_minor = net_days = None
    if rule.does == "cut_limit":
        whole, unlimited = lasting_without_measures(recording.account, file, recording.today())
        if whole and not unlimited:
            limit_minor = whole * rule.to_bp // 10_000
    elif rule.does == "shorten_terms":
        net_days = rule.net_days
    return MeasureTaken(measure=rule.name, does=rule.does, limit_minor=limit_minor, net_days=net_days, because=reasons)


def _recovering(recording: Recording, rule: MeasureRule, measure: MeasureInForce) -> MeasureTaken | None:
    """A measure that a person overrode has nothing left to restore, so it waits for nothing."""
    today = recording.today()
    if measure.overridden or (measure.recovers_on and today >= measure.recovers_on):
        return _ended(measure)
    if rule.recovers_after_days is None or measure.recovers_on:
        return None
    if not rule.recovers_after_days:
        return _ended(measure)
    recovers_on = date.fromisoformat(today) + timedelta(days=rule.recovers_after_days)
    return _told(measure, [], recovers_on.isoformat())


def _told(measure: MeasureInForce, reasons: list[Reason], recovers_on: str | None = None) -> MeasureTaken:
    return MeasureTaken(
        measure=measure.name,
        does=measure.does,
        recovers_on=recovers_on,
        limit_minor=measure.limit_minor,
        net_days=measure.net_days,
        because=reasons,
    )


def _ended(measure: MeasureInForce) -> MeasureTaken:
    return MeasureTaken(measure=measure.name, does=measure.does, ended=True)


def _alerts(recording: Recording, decision: MeasureTaken) -> list[AnyDecision]:
    rule = recording.context.policy.warnings.measure_taken
    if decision.ended:
        return is_over(recording, "measure_taken", decision.measure)
    return [] if decision.recovers_on else occur(recording, "measure_taken", decision.measure, rule)
