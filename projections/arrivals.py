"""From a source record, or from the ledger's copy of it, to what the core takes."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, cast

import msgspec

from projections.book import Book
from projections.context import Context
from projections.step import Arrival
from schemas.codec import NOT_EMBEDDED, Unreadable, decode_fact, has_control_character
from schemas.decisions import AnyDecision, FactRejected
from schemas.envelope import DEFAULT, Effect, Envelope, HeaderInvalid, read_headers
from schemas.facts import Broadcast, Fact
from schemas.ledger import Entry, Source
from schemas.partitioning import partition_of

if TYPE_CHECKING:
    from projections.chain import Record
    from schemas.reasons import Refusal


def read_arrival(topic: str, record: Record, source: Source, doubt: Unreadable | None = None) -> Arrival:
    """Return a source record with what it says, or with why it says nothing; `doubt` is why it is not believed."""
    envelope, invalid = DEFAULT, None
    try:
        envelope = read_headers(record.headers)
    except HeaderInvalid as error:
        invalid = Unreadable("header_invalid", "headers", str(error))
    account_id = None if topic == "control" else _account_id(record.key)
    fact = decode_fact(topic, record.value)
    if not _is_no_json(fact):
        if invalid is not None:
            fact = invalid
        elif doubt is not None:
            fact = doubt
        elif topic != "control" and getattr(fact, "account_id", account_id) != account_id:
            fact = _check_key(fact, record.key, account_id)
    value = record.value or b""
    return Arrival(source, topic, account_id, value, envelope, record.timestamp, cast(Fact, fact))


def _is_no_json(fact: Fact | Broadcast | Unreadable) -> bool:
    """What cannot be embedded in the ledger is refused for that, whatever else is wrong with the record."""
    return isinstance(fact, Unreadable) and fact.code in NOT_EMBEDDED


@lru_cache(maxsize=65_536)
def _account_id(key: bytes | None) -> str | None:
    if not key or len(key) > 800:
        return None
    try:
        text = key.decode()
    except UnicodeDecodeError:
        return None
    return text if len(text) <= 200 and not has_control_character(text) else None


def _check_key(fact: Fact | Broadcast | Unreadable, key: bytes | None, account_id: str | None) -> Fact | Unreadable:
    if account_id is None:
        received = "none" if key is None else repr(key[:60])
        return Unreadable("key_missing", "key", f"expected the account_id as the record's key, received {received}")
    if isinstance(fact, Unreadable):
        return fact
    named = cast(Fact, fact).account_id
    if named != account_id:
        message = f"expected the record's key {account_id!r}, received {named!r}"
        return Unreadable("key_differs_from_account_id", "$.account_id", message)
    return cast(Fact, fact)


def wrong_partition(arrival: Arrival, book: Book, context: Context) -> Arrival:
    """Return the arrival, refused if its account is new and belongs to another partition.

    Two ways of partitioning would split one account's limit between two ledgers.
    """
    if arrival.account_id is None or book.account(arrival.account_id) is not None:
        return arrival
    expected = partition_of(arrival.account_id.encode(), context.partitions)
    if expected == context.partition:
        return arrival
    if _is_no_json(arrival.fact):
        return msgspec.structs.replace(arrival, account_id=None)
    message = f"expected partition {expected} by murmur2 of the key, received {context.partition}"
    unreadable = Unreadable("key_on_wrong_partition", "key", message)
    return msgspec.structs.replace(arrival, account_id=None, fact=unreadable)


def arrival_in(entry: Entry, topic: str, decisions: list[AnyDecision]) -> Arrival:
    """Return the arrival that a ledger record was made of; what was unreadable then is so now, for the same reason."""
    envelope = Envelope(
        ce_source=entry.ce_source,
        ce_id=entry.ce_id,
        effect=cast(Effect, entry.effect),
        redrives=entry.redrives,
        control_no=entry.control_no,
        signature=entry.signature,
    )
    rejected = decisions[0] if decisions and isinstance(decisions[0], FactRejected) else None
    value = bytes(entry.fact)
    fact = _unreadable_then(rejected) or decode_fact(topic, value)
    digest = rejected.digest if rejected else ""
    return Arrival(entry.source, topic, entry.account_id, value, envelope, entry.at_ms, cast(Fact, fact), digest)


def _unreadable_then(rejected: FactRejected | None) -> Unreadable | None:
    if rejected is None or rejected.code not in _OF_THE_RECORD:
        return None
    return Unreadable(cast("Refusal", rejected.code), rejected.path, rejected.message)


_OF_THE_RECORD = frozenset(
    {
        "value_missing",
        "value_too_large",
        "value_not_json",
        "header_invalid",
        "signature_missing",
        "signature_wrong",
        "key_missing",
        "key_differs_from_account_id",
        "key_on_wrong_partition",
        "control_copy_without_number",
    }
)
"""Refusals that the ledger's copy alone does not show again: they are taken from the record."""


def is_empty_copy(arrival: Arrival) -> bool:
    """Return whether this stands for a broadcast that was no fact: the dead letter of partition 0 is enough."""
    is_copy = arrival.source.partition != 0 and arrival.envelope.control_no is not None
    return arrival.topic == "control" and is_copy and not arrival.value


def control_number(arrival: Arrival) -> int | None:
    """Return a broadcast's number: its offset in partition 0, which its copies carry as a header."""
    return arrival.source.offset if arrival.source.partition == 0 else arrival.envelope.control_no


def without_number(arrival: Arrival) -> Arrival:
    """Return a control record that cannot be taken as what it is: unreadable."""
    if isinstance(arrival.fact, Unreadable):
        return arrival
    message = "expected header control_no, received none; broadcasts are written to partition 0"
    return msgspec.structs.replace(arrival, fact=Unreadable("control_copy_without_number", "$", message))
