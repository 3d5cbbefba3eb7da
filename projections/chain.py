"""Where a partition's ledger is, and what taking a record, or looking at one again, comes to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from msgspec import Struct, field

from schemas.decisions import AnyDecision
from schemas.ledger import GENESIS, Source

CHAIN_KEY = b"Pchain"


class Record(Protocol):
    """What is read from a source topic."""

    @property
    def offset(self) -> int:
        """Its place in the topic partition."""

    @property
    def timestamp(self) -> int:
        """Milliseconds since 1970 UTC, as the producer set it."""

    @property
    def key(self) -> bytes | None:
        """The account id."""

    @property
    def value(self) -> bytes | None:
        """One JSON object."""

    @property
    def headers(self) -> Iterable[tuple[str, bytes | None]]:
        """CloudEvents headers and Obligor's own."""


class Chain(Struct):
    """Where a partition is: the next ledger record's `seq` and `prev`, the last offset taken of each source.

    `next_offset` is the ledger offset after the last valid record; `published` the seq up to which all outputs are
    acknowledged, `published_offset` the ledger offset after it. `topic_ids` are those of the topics that
    the positions belong to.
    """

    epoch: int = 0
    seq: int = 0
    prev: str = GENESIS
    next_offset: int = 0
    published: int = -1
    published_offset: int = 0
    positions: dict[str, int] = field(default_factory=dict)
    topic_ids: dict[str, str] = field(default_factory=dict)


class Outcome(Struct, frozen=True, gc=False):
    """A new ledger record: its key and value bytes, its hash, and what publishing it needs."""

    seq: int
    key: bytes | None
    value: bytes
    record_hash: str
    account_id: str | None
    effect: str
    at_ms: int
    policy_id: str
    epoch: int
    decisions: list[AnyDecision]
    source: Source
    model_id: str | None = None


class Divergence(Struct, frozen=True):
    """A ledger record that is not what the same core concludes from the same facts."""

    seq: int
    what: str
    recorded: str
    derived: str
