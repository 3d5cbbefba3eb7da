"""What others say of an account: references, bureau reports, adverse events. The newest by its own date holds."""

from __future__ import annotations

from projections.dossier import own_dossier
from projections.dossier_rows import AdverseEvent, Dossier, Reference, Report
from projections.past_reports import note_report
from projections.recording import Recording
from schemas.facts.bureau import AdverseEventReported, AdverseEventResolved, BureauReported
from schemas.facts.dossiers import ReferenceReported
from schemas.reasons import Refusal

REFERENCES_MAX = 20
REPORTS_MAX = 40
EVENTS_MAX = 50


def record_reference(recording: Recording, fact: ReferenceReported) -> Refusal | None:
    """Keep the newest of each kind by each referee; of too many, those reported last."""
    dossier = own_dossier(recording)
    said = Reference(
        fact.referee,
        fact.kind,
        fact.reported_on.isoformat(),
        fact.rating,
        fact.points,
        fact.high_credit_minor,
        fact.currency,
    )
    same = [one for one in dossier.references if (one.referee, one.kind) == (said.referee, said.kind)]
    if any(one.reported_on > said.reported_on for one in same):
        return None
    kept = [one for one in dossier.references if one not in same]
    dossier.references = sorted([*kept, said], key=lambda one: one.reported_on)[-REFERENCES_MAX:]
    recording.regrades = True
    return None


def record_report(recording: Recording, fact: BureauReported) -> Refusal | None:
    """Keep the newest report of a provider about a party, and what the one before said."""
    dossier, on = own_dossier(recording), fact.reported_on.isoformat()
    key = f"{fact.provider}\x1f{fact.party_id or ''}"
    kept = dossier.reports.get(key)
    report = Report(fact.provider, fact.party_id, fact.score, fact.scale_min, fact.scale_max, on)
    if kept is None:
        dossier.reports[key] = report
        _drop_oldest(dossier)
    elif on >= kept.reported_on:
        report.before = kept.before if on == kept.reported_on else _as_before(kept)
        dossier.reports[key] = report
    elif kept.before is None or on >= kept.before[3]:
        kept.before = _as_before(report)
    recording.regrades = True
    note_report(recording, fact)
    return None


def _as_before(report: Report) -> tuple[int, int, int, str]:
    return report.score, report.scale_min, report.scale_max, report.reported_on


def _drop_oldest(dossier: Dossier) -> None:
    if len(dossier.reports) > REPORTS_MAX:
        del dossier.reports[min(dossier.reports, key=lambda key: dossier.reports[key].reported_on)]


def record_adverse_event(recording: Recording, fact: AdverseEventReported) -> Refusal | None:
    """Keep an adverse event, open unless its resolution came first."""
    dossier = own_dossier(recording)
    said = AdverseEvent(fact.event, fact.reported_on.isoformat(), fact.event_id, fact.provider, fact.party_id)
    same = next((kept for kept in dossier.adverse_events if _is_the_same(kept, said)), None)
    if same is None:
        dossier.adverse_events.append(said)
        _drop_least(dossier)
    elif not same.reported_on or (same.event_id is not None and said.reported_on > same.reported_on):
        # What is reported anew after it was resolved is open again.
        said.resolved_on = same.resolved_on if same.resolved_on >= said.reported_on else ""
        dossier.adverse_events[dossier.adverse_events.index(same)] = said
    recording.regrades = True
    return None


def _is_the_same(kept: AdverseEvent, said: AdverseEvent) -> bool:
    if said.event_id is not None or kept.event_id is not None:
        return kept.event_id == said.event_id and kept.event == said.event
    return (kept.event, kept.reported_on, kept.provider, kept.party_id) == (
        said.event,
        said.reported_on,
        said.provider,
        said.party_id,
    )


def _drop_least(dossier: Dossier) -> None:
    """Let go of what is over before what is open, and of the oldest first."""
    if len(dossier.adverse_events) > EVENTS_MAX:
        dossier.adverse_events.remove(min(dossier.adverse_events, key=lambda one: (one.is_open(), one.reported_on)))


def record_resolved(recording: Recording, fact: AdverseEventResolved) -> Refusal | None:
    """End the event of an id, or all events of a kind that were reported until then."""
    dossier, on = own_dossier(recording), fact.resolved_on.isoformat()
    found = [one for one in dossier.adverse_events if _is_meant(one, fact)]
    for event in found:
        if event.reported_on <= on:
            event.resolved_on = max(event.resolved_on, on)
    if not found and fact.event_id is not None:
        dossier.adverse_events.append(AdverseEvent(fact.event, "", fact.event_id, fact.provider, None, on))
        _drop_least(dossier)
    recording.regrades = True
    return None


def _is_meant(event: AdverseEvent, fact: AdverseEventResolved) -> bool:
    if event.event != fact.event or (fact.provider is not None and event.provider != fact.provider):
        return False
    return event.event_id == fact.event_id if fact.event_id is not None else event.is_open()
