"""Facts from credit bureaus: topic `bureau`."""

from __future__ import annotations

from datetime import date

from schemas.facts.shape import Fact, Id, Number, Text


class BureauReported(Fact, frozen=True, kw_only=True, tag="bureau_reported", gc=False, omit_defaults=True):
    """A bureau's score of a party on the bureau's own scale."""

    provider: Id
    score: Number
    scale_min: Number
    scale_max: Number
    reported_on: date
    party_id: Id | None = None


class AdverseEventReported(Fact, frozen=True, kw_only=True, tag="adverse_event_reported", gc=False, omit_defaults=True):
    """Insolvency, judgment, lien, default elsewhere or the like."""

    event: Id
    reported_on: date
    provider: Id | None = None
    party_id: Id | None = None
    detail: Text | None = None
    event_id: Id | None = None


class AdverseEventResolved(Fact, frozen=True, kw_only=True, tag="adverse_event_resolved", gc=False, omit_defaults=True):
    """An adverse event is over or was wrong: the one of this id, or all of this kind."""

    event: Id
    resolved_on: date
    event_id: Id | None = None
    provider: Id | None = None


BureauFact = BureauReported | AdverseEventReported | AdverseEventResolved
