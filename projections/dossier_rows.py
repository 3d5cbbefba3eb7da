"""The row of an account's dossier: who it is, who belongs to it, and what was said of it. Dates are ISO dates."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field


class PartyRow(Struct, array_like=True, gc=False):
    """A legal entity behind the account, with its identifiers as (scheme, value)."""

    party_id: str
    identifiers: list[tuple[str, str]] = field(default_factory=list)


class Member(Struct, array_like=True, gc=False):
    """A customer that buys, or once bought, under the account's limit; empty dates are not known."""

    customer_id: str
    name: str | None = None
    party_id: str | None = None
    joined_on: str = ""
    left_on: str = ""

    def belongs_on(self, on: str) -> bool:
        """Return whether the customer belongs to the account on a date; on the day it leaves, no longer."""
        return self.joined_on <= on and (not self.left_on or on < self.left_on)


class Reference(Struct, array_like=True, gc=False):
    """What somebody said of the account; `points` from 0 (bad) to 100."""

    referee: str
    kind: str
    reported_on: str
    rating: str | None = None
    points: int | None = None
    high_credit_minor: int | None = None
    currency: str | None = None


class Assessment(Struct, array_like=True, gc=False):
    """A person's assessment of one subject."""

    subject: str
    rating: int
    recorded_on: str


class Report(Struct, array_like=True, gc=False):
    """The newest report of a provider about a party; `before` is the one before as (score, min, max, reported_on)."""

    provider: str
    party_id: str | None
    score: int
    scale_min: int
    scale_max: int
    reported_on: str
    before: tuple[int, int, int, str] | None = None


class AdverseEvent(Struct, array_like=True, gc=False):
    """An adverse event, open while `resolved_on` is empty; without `reported_on` only its resolution is known yet."""

    event: str
    reported_on: str
    event_id: str | None = None
    provider: str | None = None
    party_id: str | None = None
    resolved_on: str = ""

    def is_open(self) -> bool:
        """Return whether it was reported and is not over."""
        return bool(self.reported_on) and not self.resolved_on


class Statement(Struct, array_like=True, gc=False):
    """Financial statements of one period: items by name in minor units of `currency`."""

    period_end_on: str
    currency: str
    items: dict[str, int]
    period_start_on: str | None = None
    audited: bool = False
    consolidated: bool = False
    manufacturing: bool | None = None


class GradeByDesk(Struct, array_like=True, gc=False):
    """A grade that a person set; without `valid_until` it holds until another is set or it is withdrawn."""

    grade: str
    valid_until: str | None
    actor: str


class ScoreRow(Struct, array_like=True, gc=False):
    """The score told last: its points of 1000, the grade of its band, when, and the points of each factor.

    `before` is the score before it; `moved` has the factors that moved since then as (factor, before, now), the
    largest first, None where the factor did not or does not count.
    """

    points: int
    grade: str
    scored_on: str
    before: int | None
    factors: dict[str, int]
    moved: list[tuple[str, int | None, int | None]]


class Dossier(Struct, array_like=True, gc=False):
    """An account's dossier, one for each account, under the empty key.

    `said_on` tells for each field of identity on which date it was said, so that what is older and arrives later does
    not replace it. `revenue_minor` is in the account's currency. `reports` are by provider and party, `statements` by
    period, the newest last. `grade_changed_on` is when the account last got another grade, empty before the first.
    """

    key: str = ""
    name: str | None = None
    industry: str | None = None
    country: str | None = None
    segment: str | None = None
    revenue_minor: int | None = None
    employees: int | None = None
    opened_on: str | None = None
    relationship_since_on: str | None = None
    calendar: str | None = None
    manager_id: str | None = None
    net_days: int | None = None
    parties: list[PartyRow] = field(default_factory=list)
    members: dict[str, Member] = field(default_factory=dict)
    references: list[Reference] = field(default_factory=list)
    assessments: list[Assessment] = field(default_factory=list)
    reports: dict[str, Report] = field(default_factory=dict)
    adverse_events: list[AdverseEvent] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    grade_set: GradeByDesk | None = None
    reviewed_on: str = ""
    next_review_on: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    said_on: dict[str, str] = field(default_factory=dict)
    grade_changed_on: str = ""
    score: ScoreRow | None = None
