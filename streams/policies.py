"""The policy in force in a running system, and putting another one in force."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from kafka import TopicPartition
from msgspec import Struct

from projections.adopting import is_by_two_people
from schemas.decisions import FactRejected
from schemas.facts.control import PolicyAdopted
from schemas.ledger import decode_decisions, decode_entry
from schemas.policy import Policy, PolicyInvalid, default_policy, policy_id, read_policy, recorded_policy
from schemas.policy_text import as_document
from streams.message import Message, Origin, message
from streams.producing import Producing
from streams.reading import bounds, consumer_of, partitions_of, read_partition
from streams.settings import Settings
from streams.topics import topic

SOURCE = "policy-command"
IN_FORCE = "in force"
_POLL_MS = 200
_BROADCAST_PARTITION = 0


class Adopted(Struct, frozen=True):
    """A policy and how it came into force: by which two people, why and when, all None for the default one.

    `in_ledger` is whether the newest decisions name it; it is not before a worker has taken it in.
    """

    policy: Policy
    policy_id: str
    actor: str | None = None
    reason: str | None = None
    at_ms: int | None = None
    in_ledger: bool = False
    approved_by: str | None = None


def policy_in_force(settings: Settings) -> Adopted:
    """Return the policy that a running system goes by, or is about to: the newest adopted one, else the default.

    Raises:
        TopicMissing: the topics were never created.
        KafkaError: the broker does not answer.
    """
    with consumer_of(settings) as consumer:
        named = _named_last(consumer, settings)
        found = _found(list(_read_control(consumer, settings)), named)
    return found or Adopted(default_policy(), policy_id(default_policy()), in_ledger=named is not None)


def _found(records: list[Any], named: str | None) -> Adopted | None:
    for record in reversed(records):
        adopted = _adopted(record, named)
        if adopted is not None:
            return adopted
    return None


def _adopted(record: Any, named: str | None) -> Adopted | None:
    """What a record of `control` puts in force: None for other facts and for what is refused."""
    try:
        fact = msgspec.json.decode(record.value or b"", type=PolicyAdopted)
        policy = recorded_policy(fact.policy)
        identity = policy_id(policy)
        if identity != named:
            read_policy(fact.policy)
            if not is_by_two_people(fact):
                return None
    except (msgspec.DecodeError, PolicyInvalid):
        return None
    return Adopted(policy, identity, fact.actor, fact.reason, record.timestamp, identity == named, fact.approved_by)


def _read_control(consumer: Any, settings: Settings) -> Iterator[Any]:
    control = topic(settings.topic_prefix, "control")
    partitions_of(consumer, control)
    start, end = bounds(consumer, control, [_BROADCAST_PARTITION])[_BROADCAST_PARTITION]
    for records in read_partition(consumer, control, _BROADCAST_PARTITION, start, end):
        yield from (record for record in records if b"policy_adopted" in (record.value or b""))


def _named_last(consumer: Any, settings: Settings) -> str | None:
    ledger = topic(settings.topic_prefix, "ledger")
    partitions_of(consumer, ledger)
    start, end = bounds(consumer, ledger, [_BROADCAST_PARTITION])[_BROADCAST_PARTITION]
    named = None
    for records in read_partition(consumer, ledger, _BROADCAST_PARTITION, max(start, end - 1), end):
        for record in records:
            named = _policy_named(record.value)
    return named


def _policy_named(value: bytes) -> str | None:
    try:
        return decode_entry(value).policy_id
    except msgspec.DecodeError:
        return None


def adoption(policy: Policy, actor: str, approved_by: str, reason: str, now_ms: int) -> Message:
    """Return the message that adopts a policy, with an id of its own by which the ledger shows it.

    Raises:
        msgspec.ValidationError: a name or the reason is empty, or longer than the contract allows.
    """
    people = {"actor": actor, "approved_by": approved_by}
    said = {"type": "policy_adopted", "policy": as_document(policy), **people, "reason": reason}
    return message(
        "control",
        msgspec.convert(said, PolicyAdopted),
        timestamp_ms=now_ms,
        origin=Origin(SOURCE),
        fact_id=f"{policy_id(policy)}-{now_ms}",
    )


def put_in_force(
    settings: Settings, adopting: Message, seconds: float, advance: Callable[[int, int], None]
) -> dict[int, str]:
    """Write a broadcast and wait until each ledger partition has it; return what became of it, by partition.

    That is `IN_FORCE`, the text of a refusal, or empty where no worker took it in within so many seconds. `advance`
    is told how many of how many have it.

    Raises:
        SendFailed: it could not be written; nothing is changed.
    """
    with consumer_of(settings) as consumer:
        ledger = topic(settings.topic_prefix, "ledger")
        numbers = partitions_of(consumer, ledger)
        ends = bounds(consumer, ledger, numbers)
        with Producing(settings) as producing:
            producing.send_all([adopting])
        consumer.assign([TopicPartition(ledger, number) for number in numbers])
        for number in numbers:
            consumer.seek(TopicPartition(ledger, number), ends[number][1])
        return _wait(consumer, adopting, dict.fromkeys(numbers, ""), time.monotonic() + seconds, advance)


def _wait(
    consumer: Any, adopting: Message, became: dict[int, str], until: float, advance: Callable[[int, int], None]
) -> dict[int, str]:
    headers = dict(adopting.headers)
    identity = (headers["ce_source"].decode(), headers["ce_id"].decode())
    while not all(became.values()) and time.monotonic() < until:
        for place, records in consumer.poll(timeout_ms=_POLL_MS).items():
            for record in records:
                became[place.partition] = became[place.partition] or _what_became(record.value, identity)
        advance(sum(bool(found) for found in became.values()), len(became))
    return became


def _what_became(value: bytes, identity: tuple[str, str]) -> str:
    try:
        entry = decode_entry(value)
    except msgspec.DecodeError:
        return ""
    if (entry.ce_source, entry.ce_id) != identity or entry.account_id is not None:
        return ""
    refused = [one for one in decode_decisions(entry.decisions) if isinstance(one, FactRejected)]
    return refused[0].message or refused[0].code if refused else IN_FORCE
