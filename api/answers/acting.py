"""What is answered to those who tell or ask something."""

from __future__ import annotations

from typing import Literal

from msgspec import Raw, Struct


class LedgerPlace(Struct, frozen=True):
    """A ledger record's place."""

    partition: int
    seq: int


class CommandAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a fact, as the ledger says.

    `outcome` is accepted or refused, with the reason code in `refusal`, or pending while the ledger does not have the
    fact yet: ask again by `fact_id`. `waits_for` names the document (`kind`, `id`) that an accepted fact waits for.
    `decisions` followed from it, as published, at `ledger`; `version` is the account's version with it.
    """

    outcome: Literal["accepted", "refused", "pending"]
    fact_id: str
    account_id: str | None = None
    refusal: str | None = None
    message: str | None = None
    waits_for: dict[str, str] | None = None
    ledger: LedgerPlace | None = None
    version: str | None = None
    at_ms: int | None = None
    decisions: list[Raw] = []


class WrittenFact(Struct, frozen=True, kw_only=True):
    """Where a fact stands; `fact_id` is null for one that its document tells apart."""

    topic: str
    partition: int
    offset: int
    account_id: str | None
    fact_id: str | None


class FactsAnswer(Struct, frozen=True, kw_only=True):
    """Where the facts of a request stand, in their order."""

    facts: list[WrittenFact]


class CheckAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to an order system.

    `released` is true, false, or null while there is no answer: then nothing may leave. `outcome` is answered (with the
    `decision`, as published), pending (the ledger does not have the question yet), waits (for the document that
    `waits_for` names), refused (with the reason code in `refusal`) or silent (nothing followed, as for a quotation).
    """

    outcome: Literal["answered", "pending", "waits", "refused", "silent"]
    fact_id: str
    account_id: str
    order_id: str
    released: bool | None = None
    decision: Raw | None = None
    refusal: str | None = None
    message: str | None = None
    waits_for: dict[str, str] | None = None
    ledger: LedgerPlace | None = None


class WebhookRow(Struct, frozen=True, kw_only=True):
    """One webhook; `given_up` counts the events that it did not take.

    `is_failing`: the last event was given up, so that the next ones get one attempt each. `last_error` is null once an
    event was taken. Both as the answering process knows them, which may not be the one that delivers.
    """

    id: str
    url: str
    topics: list[str]
    types: list[str]
    created_by: str
    created_at_ms: int
    given_up: int
    is_failing: bool
    last_error: str | None


class WebhookPage(Struct, frozen=True, kw_only=True):
    """All webhooks."""

    webhooks: list[WebhookRow]


class WebhookAnswer(Struct, frozen=True, kw_only=True):
    """A new webhook with the secret that its deliveries are signed with: kept by the receiver, not told again."""

    webhook: WebhookRow
    secret: str


class DeadDeliveryRow(Struct, frozen=True, kw_only=True):
    """An event that a webhook did not take; `event` as published."""

    event_id: str
    topic: str
    attempts: int
    error: str
    given_up_at_ms: int
    event: Raw


class DeadDeliveryPage(Struct, frozen=True, kw_only=True):
    """A page of what a webhook did not take, the oldest first; `total` counts from here to the end."""

    dead_letters: list[DeadDeliveryRow]
    next: str | None
    total: int


class ResentAnswer(Struct, frozen=True, kw_only=True):
    """How many events were taken now, how many are left, and why the last attempt failed."""

    taken: int
    left: int
    error: str | None


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem detail (RFC 9457); `code` and `path` say to a program what `detail` says to a person.

    `errors` has the `path` and a `message` of each parameter or field that was wrong.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str | None = None
    path: str | None = None
    errors: list[dict[str, str | int]] = []


ACTING_ANSWERS = (
    CommandAnswer,
    FactsAnswer,
    CheckAnswer,
    WebhookPage,
    WebhookAnswer,
    DeadDeliveryPage,
    ResentAnswer,
    Problem,
)
