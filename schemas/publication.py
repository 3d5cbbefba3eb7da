"""What is published of the ledger: decisions and alerts with their place in it, exposures, dead letters.

The value of a published decision is the decision as it stands in the ledger with its identity added: `decision_id`
(made from the ledger record's hash and the decision's number in it), `account_id`, `ledger` (epoch, partition, seq, n),
`effect`, `policy_id`, `at_ms`; what order systems act on names the `model_id` too, where a model is in force.
Per output partition, (epoch, seq, n) only rises: what is not above the highest seen is a repetition.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

import msgspec
from msgspec import Struct

from schemas.decisions import (
    ACTED_ON_BY_ORDER_SYSTEMS,
    WATCHED_BY_THE_DESK,
    AnyDecision,
    FactRejected,
)
from schemas.decisions_lateness import FOR_THE_LEARNER
from schemas.ledger import CORE, Source

PLACE_HEADER = "obligor_ledger"
"""`epoch/partition/seq/n` of a published record."""

_encode = msgspec.json.Encoder().encode

WAITED = "waited"
"""`path` of the refusal of a fact that had waited for its document: it has been in the ledger since it came."""

SOURCE_HEADER = ("ce_source", b"obligor")
_SPECVERSION_HEADER = ("ce_specversion", b"1.0")
EXPOSURE_NUMBER = 1_000_000
"""`n` of an exposure: above every decision of its record."""


class Place(Struct, frozen=True, gc=False):
    """A place in the ledger. `n` counts the decisions of a record from 0."""

    epoch: int
    partition: int
    seq: int
    n: int

    def above(self, other: tuple[int, int, int]) -> bool:
        """Return whether this is later than (epoch, seq, n) of the same partition."""
        return (self.epoch, self.seq, self.n) > other


class CurrencyBalances(Struct, frozen=True, kw_only=True, gc=False):
    """One currency's part of an exposure, in minor units of that currency."""

    orders_minor: int
    pending_minor: int
    delivered_minor: int
    invoiced_minor: int
    overdue_minor: int
    disputed_minor: int
    unapplied_minor: int
    uncleared_minor: int
    deposits_minor: int
    bills_minor: int = 0


class RiskCell(Struct, frozen=True, kw_only=True, gc=False):
    """Where an account stands in the policy's risk matrix: classes of size and of probability, both counted from 1."""

    size: int
    probability: int
    measure: str


class Exposure(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """An account's balances by stage, valued in its own currency, and what they mean against its limit.

    `limit_minor`, `headroom_minor` and `utilisation_bp` are null where there is no such number (no limit set,
    unlimited, no credit). `parked_count` is how many facts wait for a document, `unreadable_count` how many dead
    letters park the account, `waiting_count` how many orders wait. `held`: every new order waits for a person;
    `net_days` are the longest terms granted. `parties` are registrations
    and `covers` (with the share in basis points that this account has of each) what other accounts may name too.
    `combined_level` is what its open alerts come to together. `lateness_bp` is how probably its next invoice is late,
    `expected_loss_minor` net exposure times that times the policy's loss given default; both null without a model.
    """

    account_id: str
    currency: str
    orders_minor: int
    pending_minor: int
    delivered_minor: int
    invoiced_minor: int
    overdue_minor: int
    disputed_minor: int
    bills_minor: int
    fees_minor: int
    unapplied_minor: int
    uncleared_minor: int
    deposits_minor: int
    exposure_minor: int
    cover_minor: int
    net_exposure_minor: int
    limit_minor: int | None
    headroom_minor: int | None
    utilisation_bp: int | None
    status: str
    ledger: Place
    at_ms: int
    business_date: str | None = None
    unlimited: bool = False
    name: str | None = None
    opened: bool = True
    waiting_count: int = 0
    parked_count: int = 0
    unreadable_count: int = 0
    unvalued: tuple[str, ...] = ()
    combined_level: str | None = None
    risk_cell: RiskCell | None = None
    parties: tuple[str, ...] = ()
    covers: tuple[tuple[str, int], ...] = ()
    grade: str = ""
    held: bool = False
    net_days: int | None = None
    lateness_bp: int | None = None
    expected_loss_minor: int | None = None
    by_currency: dict[str, CurrencyBalances] | None = None


class Published(Struct, frozen=True, gc=False):
    """One record for an output topic: its name without prefix and version, key, value, headers."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


class SourceRecord(Protocol):
    """What a dead letter keeps of the record that was refused."""

    key: bytes | None
    value: bytes | None
    headers: Iterable[tuple[str, bytes | None]]


class Origin(Struct, frozen=True, gc=False):
    """What all decisions of a ledger record share when they are published."""

    epoch: int
    partition: int
    seq: int
    record_hash: str
    account_id: str | None
    effect: str
    policy_id: str
    at_ms: int
    model_id: str | None = None


def topic_of(decision: AnyDecision, effect: str) -> str | None:
    """Return the output topic that a decision goes to, or None if it stays in the ledger.

    Of history nothing is published but what could not be read and what a model learns from.
    """
    if type(decision) is FactRejected:
        return None if decision.path == WAITED else "deadletters"
    topic = _TOPICS.get(type(decision))
    return None if effect == "historical" and topic != "labels" else topic


_TOPICS: dict[type, str] = {
    **dict.fromkeys(ACTED_ON_BY_ORDER_SYSTEMS, "decisions"),
    **dict.fromkeys(WATCHED_BY_THE_DESK, "alerts"),
    **dict.fromkeys(FOR_THE_LEARNER, "labels"),
}


def publish_decision(decision: AnyDecision, origin: Origin, n: int, topic: str) -> Published:
    """Return the record that tells the world of a decision."""
    identity = f"{origin.record_hash[:24]}-{n}"
    place = (
        f',"decision_id":"{identity}","account_id":{_encode(origin.account_id).decode()}'
        f',"ledger":{{"epoch":{origin.epoch},"partition":{origin.partition},"seq":{origin.seq},"n":{n}}}'
        f',"effect":"{origin.effect}","policy_id":"{origin.policy_id}","at_ms":{origin.at_ms}}}'
    )
    if origin.model_id is not None and topic == "decisions":
        place = f',"model_id":{_encode(origin.model_id).decode()}{place}'
    value = _encode(decision)[:-1] + place.encode()
    key = None if origin.account_id is None else origin.account_id.encode()
    headers = event_headers(
        identity, decision.__struct_config__.tag, f"{origin.epoch}/{origin.partition}/{origin.seq}/{n}"
    )
    return Published(topic, key, value, headers)


def event_headers(identity: str, event_type: object, place: str) -> list[tuple[str, bytes | None]]:
    """Return the CloudEvents headers of a published record, and its place in the ledger."""
    return [
        _SPECVERSION_HEADER,
        ("ce_id", identity.encode()),
        ("ce_type", str(event_type).encode()),
        SOURCE_HEADER,
        (PLACE_HEADER, place.encode()),
    ]


def publish_dead_letter(
    rejected: FactRejected, origin: Origin, n: int, source: Source, record: SourceRecord
) -> Published:
    """Return the record that keeps what was refused: its bytes, key and headers untouched, and why."""
    headers = [
        *((name, value) for name, value in record.headers if not name.startswith("obligor_")),
        ("obligor_dead_letter", f"{source.topic}/{source.partition}/{source.offset}".encode()),
        ("obligor_code", rejected.code.encode()),
        ("obligor_path", rejected.path.encode()),
        ("obligor_message", rejected.message.encode()),
        ("obligor_at_ms", str(origin.at_ms).encode()),
        ("obligor_core", CORE.encode()),
        (PLACE_HEADER, f"{origin.epoch}/{origin.partition}/{origin.seq}/{n}".encode()),
    ]
    return Published("deadletters", record.key, record.value, headers)


def read_place(headers: Iterable[tuple[str, bytes | None]]) -> Place | None:
    """Return the place in the ledger that a published record names, or None if it names none.

    >>> read_place([(PLACE_HEADER, b"0/3/17/1")])
    Place(epoch=0, partition=3, seq=17, n=1)
    """
    for name, value in headers:
        if name == PLACE_HEADER and value is not None and re.fullmatch(rb"\d+/\d+/\d+/\d+", value):
            return Place(*(int(number) for number in value.split(b"/")))
    return None


def publish_exposure(exposure: Exposure) -> Published:
    """Return the record that replaces an account's last exposure."""
    place = exposure.ledger
    identity = f"{place.partition}-{place.epoch}-{place.seq}-exposure"
    at = f"{place.epoch}/{place.partition}/{place.seq}/{place.n}"
    headers = event_headers(identity, "exposure_changed", at)
    return Published("exposures", exposure.account_id.encode(), _encode(exposure), headers)
