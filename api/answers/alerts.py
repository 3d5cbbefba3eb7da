"""Alerts and approvals as the desk works them."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from api.answers.lists import Page

AlertState = Literal["open", "acknowledged", "snoozed", "closed", "cleared"]


class AlertRow(Struct, frozen=True, kw_only=True):
    """One alert with all that happened to it; `found` and `line` are in the unit that its cause has.

    `state` is one of open, acknowledged, snoozed (until a day), closed (by a person) and cleared (its cause is gone).
    `owner_role` should take the `measure` by `due_on`; `assignee` is whose it is. `handled_by` did the last thing.
    One about the model of late payment has no account.
    """

    alert_id: str
    account_id: str | None
    account_name: str | None
    cause: str
    subject: str | None
    level: str
    state: AlertState
    found: int
    line: int
    measure: str
    owner_role: str
    assignee: str | None
    due_on: str | None
    snoozed_until: str | None
    acknowledged: bool
    handled_by: str | None
    raised_at_ms: int
    changed_at_ms: int
    combined_level: str | None
    effect: str
    version: str
    ledger: str


class AlertPage(Page, frozen=True, kw_only=True):
    """A page of alerts: open ones gravest and newest first, others newest first."""

    alerts: list[AlertRow]


class AgreementRow(Struct, frozen=True, kw_only=True):
    """Who agreed in which role."""

    role: str
    actor: str
    in_place_of: str | None


class ApprovalRow(Struct, frozen=True, kw_only=True):
    """A request for approval; `needs` are the roles still to agree, `because` what led to its state."""

    approval_id: str
    account_id: str
    account_name: str | None
    subject: str
    state: str
    needs: list[str]
    given: list[AgreementRow]
    maker: str
    in_order: bool
    amount_minor: int | None
    currency: str | None
    unlimited: bool
    order_id: str | None
    invoice_id: str | None
    checks: list[str]
    valid_from: str | None
    valid_until: str | None
    remind_on: str | None
    expires_on: str | None
    because: list[dict[str, Any]]
    opened_at_ms: int
    changed_at_ms: int
    version: str
    ledger: str


class ApprovalPage(Page, frozen=True, kw_only=True):
    """A page of requests: open ones the next to expire first, others newest first."""

    approvals: list[ApprovalRow]
