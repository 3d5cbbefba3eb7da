"""Accounts as lists and details show them. Amounts are minor units of the account's currency, `*_bp` basis points."""

from __future__ import annotations

from typing import Any

from msgspec import Raw, Struct

from api.answers.alerts import AlertRow
from api.answers.lists import AsOf, Page
from schemas.publication import Exposure, RiskCell


class AccountRow(Struct, frozen=True, kw_only=True):
    """One account: who it is, how it stands, what is open about it.

    `limit_minor`, `headroom_minor` and `utilisation_bp` are null where there is no such number: no limit set, unlimited
    or no credit. `manager` is the account manager. `version` is what a command names in `If-Match`.
    """

    account_id: str
    name: str | None
    currency: str
    status: str
    held: bool
    grade: str | None
    score: int | None
    lateness_probability_bp: int | None
    expected_loss_minor: int | None
    exposure_minor: int
    net_exposure_minor: int
    limit_minor: int | None
    unlimited: bool
    headroom_minor: int | None
    utilisation_bp: int | None
    overdue_minor: int
    combined_level: str | None
    open_alerts: int
    waiting_orders: int
    manager: str | None
    industry: str | None
    country: str | None
    risk_cell: RiskCell | None
    changed_at_ms: int
    version: str
    exposure: Exposure


class AccountPage(Page, frozen=True, kw_only=True):
    """A page of accounts."""

    accounts: list[AccountRow]


class AgeingBucket(Struct, frozen=True, kw_only=True):
    """What is open by how long it is past its due date, from so many days to so many; null is without end.

    `from_days` of 0 with `to_days` of 0 is what is not due yet.
    """

    from_days: int
    to_days: int | None
    amount_minor: int
    currency: str


class AccountAnswer(AccountRow, frozen=True, kw_only=True):
    """An account in detail: the row of the list, and what it follows from.

    `grade_because` are the reasons of the grade, ranked; `score_because` those of the score; `limit_set_by` is desk,
    approval, proposal or null; `alerts` are the open ones, gravest first; `decisions` the last, newest first, each as
    published.
    """

    as_of: AsOf
    identity: dict[str, Any]
    terms_net_days: int | None
    temporary_limits: list[dict[str, Any]]
    limit_set_by: str | None
    limit_set_on: str | None
    measures: list[dict[str, Any]]
    grade_because: list[dict[str, Any]]
    grade_changed_on: str | None
    score_because: list[dict[str, Any]]
    ageing: list[AgeingBucket]
    alerts: list[AlertRow]
    decisions: list[Raw]


class HistoryPoint(Struct, frozen=True, kw_only=True):
    """How an account stood at the end of an hour in which something happened to it."""

    at_ms: int
    exposure_minor: int
    net_exposure_minor: int
    limit_minor: int | None
    unlimited: bool
    overdue_minor: int
    orders_minor: int
    pending_minor: int
    delivered_minor: int
    invoiced_minor: int
    bills_minor: int
    unapplied_minor: int
    cover_minor: int


class HistoryEvent(Struct, frozen=True, kw_only=True):
    """Something worth a marker on the chart; `kind` is a decision type or `adverse_event_reported`.

    `value` says what it became: the grade, the status, the limit, the level.
    """

    at_ms: int
    kind: str
    value: str
    subject: str | None
    level: str | None
    ledger: str


class ExposureHistory(Struct, frozen=True, kw_only=True):
    """An account's exposure over time, oldest first, with markers; thinned to at most as many points as asked for."""

    account_id: str
    currency: str
    points: list[HistoryPoint]
    events: list[HistoryEvent]
    as_of: AsOf


class ScoreEntry(Struct, frozen=True, kw_only=True):
    """A grade or score that an account got, and why; `because` is ranked.

    `kind` is grade_changed, account_scored or limit_proposed. `before` is the grade before, `score_before` the score;
    `moved` says which factors moved the score since then, each with its points before and now.
    """

    at_ms: int
    kind: str
    grade: str | None
    before: str | None
    score: int | None
    score_before: int | None
    moved: list[dict[str, Any]]
    because: list[dict[str, Any]]
    ledger: str


class ScorePage(Page, frozen=True, kw_only=True):
    """How an account was judged over time, newest first."""

    scores: list[ScoreEntry]


class LimitRow(Struct, frozen=True, kw_only=True):
    """A limit in force: of a whole account, or of a part of it that `scope` names (customer, seller or segment)."""

    account_id: str
    name: str | None
    scope: str | None
    currency: str
    limit_minor: int | None
    unlimited: bool
    net_exposure_minor: int
    headroom_minor: int | None
    utilisation_bp: int | None
    set_by: str | None
    set_on: str | None
    proposed_minor: int | None
    temporary_until: str | None
    version: str


class LimitPage(Page, frozen=True, kw_only=True):
    """A page of limits, in order of account."""

    limits: list[LimitRow]
