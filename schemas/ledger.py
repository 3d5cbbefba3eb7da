"""The ledger record: a fact as it was received, where it came from, what followed from it, and the chain."""

from __future__ import annotations

import hashlib

import msgspec
from msgspec import Raw, Struct

from schemas.decisions import AnyDecision

GENESIS = "0" * 64
"""`prev` of the first record of a partition."""

CORE = "1.1.0"
"""Version of the rules. Re-deriving is byte-identical within one version; raise it with any change of a rule."""

NOTHING = Raw(b"null")


class Source(Struct, frozen=True, gc=False):
    """Where a record was read. `index` is 0 for the record itself and 1.. for the sweep records it caused."""

    topic: str
    partition: int
    offset: int
    index: int


def written_at(topic: str, partition: int, offset: int) -> str:
    """Return what a record of a source topic is called by its place.

    >>> written_at("credit.orders.v1", 3, 17)
    'credit.orders.v1/3/17'
    """
    return f"{topic}/{partition}/{offset}"


class Entry(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One ledger record.

    `at_ms` is the fact's own time (its record timestamp), `recorded_at_ms` the writer's clock: shown, never used.
    `fact` is null for a record that is not JSON. `published` is the seq up to which its writer held
    acknowledgements for all outputs; -1 before any. `signature` is the fact's own, so that it can be checked again.
    """

    epoch: int
    seq: int
    at_ms: int
    recorded_at_ms: int
    effect: str
    source: Source
    account_id: str | None
    fact: Raw
    fact_id: str
    decisions: Raw
    policy_id: str
    model_id: str | None
    core: str
    published: int
    prev: str
    ce_source: str = ""
    ce_id: str = ""
    redrives: str = ""
    control_no: int | None = None
    signature: str = ""


class AccountSwept(Struct, frozen=True, kw_only=True, tag="account_swept", tag_field="type", gc=False):
    """The fact of a sweep record: an account is taken through a broadcast, or through the rest of its decisions."""

    account_id: str
    sweep: str
    of_seq: int


class LossAccepted(Struct, frozen=True, kw_only=True, tag="loss_accepted", tag_field="type", gc=False):
    """The fact of an epoch record: a person accepted that records were lost, and from where sources go on."""

    actor: str
    reason: str
    positions: dict[str, int]
    found: list[str]


_encoder = msgspec.json.Encoder()
_entry_decoder = msgspec.json.Decoder(Entry)
_decisions_decoder = msgspec.json.Decoder(list[AnyDecision])
_internal_decoder: msgspec.json.Decoder[AccountSwept | LossAccepted] = msgspec.json.Decoder(AccountSwept | LossAccepted)


def encode_entry(entry: Entry) -> bytes:
    """Return the value bytes of a ledger record; its hash is over exactly these."""
    return _encoder.encode(entry)


def decode_entry(value: bytes) -> Entry:
    """Return the record.

    Raises:
        msgspec.DecodeError: the bytes are not a ledger record.
    """
    return _entry_decoder.decode(value)


def encode_decisions(decisions: list[AnyDecision]) -> Raw:
    """Return the bytes of a record's decisions."""
    return Raw(_encoder.encode(decisions)) if decisions else _NO_DECISIONS


def decode_decisions(decisions: Raw) -> list[AnyDecision]:
    """Return a record's decisions.

    Raises:
        msgspec.DecodeError: a decision is of a later version or damaged.
    """
    return _decisions_decoder.decode(decisions) if decisions != _NO_DECISIONS else []


def is_refusal(decisions: Raw) -> bool:
    """Return whether the first of a record's decisions says that it was refused, without reading them."""
    return bytes(decisions).startswith(_REFUSED)


def encode_internal(fact: AccountSwept | LossAccepted) -> Raw:
    """Return the bytes of a fact that Obligor itself puts into the ledger."""
    return Raw(_encoder.encode(fact))


def decode_internal(fact: Raw) -> AccountSwept | LossAccepted:
    """Return a fact that Obligor itself put into the ledger.

    Raises:
        msgspec.DecodeError: the fact came from a source topic.
    """
    return _internal_decoder.decode(fact)


def digest(value: bytes) -> str:
    """Return the SHA-256 of the bytes, 64 hexadecimal digits."""
    return hashlib.sha256(value).hexdigest()


_NO_DECISIONS = Raw(b"[]")
_REFUSED = b'[{"type":"fact_rejected"'
