"""Alerts about single things that happened: adverse events, and what other decisions call for."""

from __future__ import annotations

from typing import cast

from projections.alerts import clear_alert, occur
from projections.book_totals import follow_shared
from projections.dossier import dossier_of
from projections.dossier_rows import AdverseEvent, Dossier
from projections.moves import DAYS
from projections.recording import Recording
from projections.risk_matrix import follow_cell
from projections.standing import Standing
from projections.telling import tells
from schemas.decisions import AnyDecision, GradeChanged, LimitChanged, ShipmentUnchecked
from schemas.facts import Fact
from schemas.facts.bureau import AdverseEventReported, AdverseEventResolved


def warn_of_events(recording: Recording, fact: Fact | None, decisions: list[AnyDecision]) -> None:
    """Add the alerts about what was reported of the account, already in effect."""
    if type(fact) in _OF_EVENTS:
        _follow_adverse_events(recording, decisions)
    if recording.moved & DAYS:
        follow_shared(recording, decisions)


def _follow_adverse_events(recording: Recording, decisions: list[AnyDecision]) -> None:
    dossier = cast(Dossier, dossier_of(recording.book, recording.account.account_id))
    open_events = {subject_of(event) for event in dossier.adverse_events if event.is_open()}
    rule = recording.context.policy.warnings.adverse_event
    for key in [key for key in recording.account.alerts if key.startswith("adverse_event/")]:
        if key.removeprefix("adverse_event/") not in open_events:
            decisions.append(clear_alert(recording, key, 0))
    for subject in sorted(open_events):
        decisions.extend(occur(recording, "adverse_event", subject, rule))


def subject_of(event: AdverseEvent) -> str:
    """Return what an alert about an adverse event names: its id, else what it was and when it was reported."""
    return event.event_id or f"{event.event} {event.reported_on}"


def warn_of_decisions(recording: Recording, now: Standing, decisions: list[AnyDecision]) -> None:
    """Add the alerts that other decisions call for, already in effect.

    An account moves within the risk matrix by its grade and limit; by its exposure alone it does when a day is closed.
    """
    if recording.moved & DAYS or tells(decisions, _MOVE_CELLS):
        follow_cell(recording, now, decisions)
    if recording.left:
        for decision in list(decisions):
            if type(decision) is ShipmentUnchecked:
                decisions.extend(_follow_unchecked(recording, decision))


def _follow_unchecked(recording: Recording, unchecked: ShipmentUnchecked) -> list[AnyDecision]:
    """One alert a checkpoint: a system that never asks does so with every shipment, and the decisions name each."""
    rule = recording.context.policy.warnings.unchecked_shipment
    return occur(recording, "unchecked_shipment", unchecked.checkpoint, rule)


_MOVE_CELLS = (GradeChanged, LimitChanged)
_OF_EVENTS = frozenset({AdverseEventReported, AdverseEventResolved})
