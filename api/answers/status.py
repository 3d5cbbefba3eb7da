"""The state of the stream itself."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from api.answers.lists import AsOf, Page


class TopicStatus(Struct, frozen=True, kw_only=True):
    """A topic: records in it, how many came a second lately, and how many its readers have not taken yet.

    `lag_records` is against the ledger for sources, against this process for others.
    """

    topic: str
    kind: Literal["source", "ledger", "output"]
    partitions: int
    records: int
    rate_per_second: float
    lag_records: int
    last_at_ms: int | None


class PartitionStatus(Struct, frozen=True, kw_only=True):
    """A ledger partition as this process has read it; `trouble` says why it does not follow."""

    partition: int
    epoch: int
    seq: int
    lag_records: int
    accounts: int
    void_records: int
    business_date: str | None
    policy_id: str
    sweeps_open: int
    trouble: str | None


class PartStatus(Struct, frozen=True, kw_only=True):
    """A process: what it is, where it answers, and how it is."""

    part: str
    address: str
    state: Literal["ready", "not ready", "down", "unknown"]
    detail: str


class ViewStatus(Struct, frozen=True, kw_only=True):
    """The view that this process serves from, and the one it builds, if any."""

    slot: str
    version: str
    building: str | None
    building_lag_records: int | None
    accounts: int


class FeedStatus(Struct, frozen=True, kw_only=True):
    """The live feed of this process."""

    clients: int
    events: int
    closed_slow: int
    lag_records: int


class StatusAnswer(Struct, frozen=True, kw_only=True):
    """The whole topology as this api process sees it; `trouble` says why it is not ready."""

    trouble: str | None
    parts: list[PartStatus]
    topics: list[TopicStatus]
    partitions: list[PartitionStatus]
    view: ViewStatus | None
    feed: FeedStatus
    dead_letters: int
    learner: dict[str, Any] | None
    as_of: AsOf


LetterState = Literal["open", "sent again", "failed again", "dismissed"]


class DeadLetterRow(Struct, frozen=True, kw_only=True):
    """A record that could not be taken in.

    `id` is where it was read (topic/partition/offset); `partition` and `offset` are its place in the topic of dead
    letters, by which it is sent in again. `state` is open, sent again, failed again or dismissed. `value` is its bytes
    as text, at most 20,000 of them.
    """

    id: str
    partition: int
    offset: int
    state: LetterState
    account_id: str | None
    key: str | None
    code: str
    path: str
    message: str
    at_ms: int
    ledger: str
    redrives: str | None
    headers: dict[str, str]
    size_bytes: int | None
    value: str | None


class DeadLetterPage(Page, frozen=True, kw_only=True):
    """A page of dead letters, newest first."""

    dead_letters: list[DeadLetterRow]
