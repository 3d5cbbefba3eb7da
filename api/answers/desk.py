"""The desk's strip, the dossier and the policy."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from api.answers.lists import AsOf, Page


class AlertCounts(Struct, frozen=True, kw_only=True):
    """Open alerts by level; snoozed and closed ones are not counted."""

    critical: int
    warning: int
    notice: int


class Waiting(Struct, frozen=True, kw_only=True):
    """Orders that wait, in one currency."""

    currency: str
    orders: int
    amount_minor: int


class SourceFreshness(Struct, frozen=True, kw_only=True):
    """A source topic: the time of its newest fact in the ledger, null before any, and the records not taken yet."""

    source: str
    last_at_ms: int | None
    lag_records: int


class SummaryAnswer(Struct, frozen=True, kw_only=True):
    """What the desk's strip shows. `oldest_waiting_at_ms` is since when the oldest waiting order waits."""

    alerts: AlertCounts
    waiting_orders: int
    waiting: list[Waiting]
    oldest_waiting_at_ms: int | None
    open_approvals: int
    accounts: int
    sources: list[SourceFreshness]
    as_of: AsOf


class DossierAnswer(Struct, frozen=True, kw_only=True):
    """Everything that is known of an account today, section by section, with names as in the facts."""

    account_id: str
    on: str
    identity: dict[str, Any]
    standing: dict[str, Any]
    grade: dict[str, Any]
    limit: dict[str, Any]
    measures: list[dict[str, Any]]
    members: list[dict[str, Any]]
    bureau: dict[str, Any]
    adverse_events: list[dict[str, Any]]
    references: list[dict[str, Any]]
    assessments: list[dict[str, Any]]
    financials: dict[str, Any]
    behaviour: dict[str, Any] | None
    parts: list[dict[str, Any]]
    reviews: dict[str, Any]
    covers: list[dict[str, Any]]
    contracts: list[dict[str, Any]]
    bills: list[dict[str, Any]]
    promises: list[dict[str, Any]]
    approvals: list[dict[str, Any]]
    version: str
    as_of: AsOf


class PolicyRow(Struct, frozen=True, kw_only=True):
    """A policy that was adopted: when, by which two people, and why; the built-in one was never adopted."""

    policy_id: str
    adopted_at_ms: int | None
    actor: str | None
    approved_by: str | None
    reason: str | None
    in_force: bool


class PolicyAnswer(PolicyRow, frozen=True, kw_only=True):
    """A policy whole, every field stated, those that are null too."""

    policy: dict[str, Any]


class PolicyPage(Page, frozen=True, kw_only=True):
    """All policies that were adopted, newest first."""

    policies: list[PolicyRow]


class PolicyChange(Struct, frozen=True, kw_only=True):
    """One place in which two policies differ; null where one has nothing there."""

    path: str
    old: str | None
    new: str | None


class PolicyDiff(Struct, frozen=True, kw_only=True):
    """What changed from one policy to another."""

    from_id: str
    to_id: str
    changes: list[PolicyChange]
