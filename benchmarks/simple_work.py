"""The simple work that all engines do: exposure by account, one alert when it first goes over the line.

The facts are laid out so that the set of alerts does not depend on how an engine interleaves the two topics: an account
either goes over the line whatever the order, or never does. Each topic partition ends with a fact that raises an alert;
a rate counts from the first call of `step` to the broker's time of the last of those alerts.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random

import msgspec
from msgspec import Struct

from schemas.partitioning import partition_of

LINE_MINOR = 1_000_000
PARTITIONS = 12
ACCOUNTS = 5_000
TOPICS = ("orders", "payments")
BEGAN_FILE = "OBLIGOR_BENCH_BEGAN"
"""Environment variable: where a process writes when it began the work."""
_QUIET_MAX_MINOR = 5_000
_LOUD_EVERY = 10

State = tuple[int, bool]
"""Exposure in minor units, and whether the alert was raised."""


class Fact(Struct):
    """What the work reads of a fact."""

    type: str
    account_id: str
    amount_minor: int


class Input(Struct, frozen=True):
    """One record of the input."""

    topic: str
    partition: int
    key: bytes
    value: bytes


_began = False
_decode = msgspec.json.Decoder(Fact).decode


def step(state: State | None, value: bytes) -> tuple[State, bool]:
    """Return the account's state after a fact, and whether it has just gone over the line: the work itself.

    >>> step((999_000, False), b'{"type":"order_placed","account_id":"A","amount_minor":2000}')
    ((1001000, True), True)
    """
    exposure_minor, is_over = state or _first_sight()
    fact = _decode(value)
    if fact.type == "payment_received":
        exposure_minor -= fact.amount_minor
    else:
        exposure_minor += fact.amount_minor
    if exposure_minor > LINE_MINOR and not is_over:
        return (exposure_minor, True), True
    return (exposure_minor, is_over), False


def _first_sight() -> State:
    """The very first time, leave a file that says when: engines that read ahead raise their first alert too late."""
    global _began
    if not _began:
        _began = True
        if path := os.environ.get(BEGAN_FILE):
            Path(path).write_text(str(time.time()))
    return 0, False


def inputs(total: int, seed: int = 7) -> Iterator[Input]:
    """Yield so many facts, orders and payments in turn, and the marks at the end."""
    rng = Random(seed)
    numbers = count(1)
    accounts = [f"A-{number:05d}" for number in range(ACCOUNTS)]
    keyed = [(account.encode(), account, partition_of(account.encode(), PARTITIONS)) for account in accounts]
    for number in range(total - len(TOPICS) * PARTITIONS):
        index = rng.randrange(ACCOUNTS)
        key, account, partition = keyed[index]
        topic = TOPICS[number % 2]
        # A quiet account's orders stay under the line by their number; a loud one's first order passes it for good.
        amount = rng.randint(100, _QUIET_MAX_MINOR)
        if topic == "orders" and index % _LOUD_EVERY == 0:
            amount *= 2_000
        yield Input(topic, partition, key, _value(topic, account, next(numbers), amount))
    yield from (_mark(topic, partition, numbers) for topic in TOPICS for partition in range(PARTITIONS))


def mark_account(topic: str, partition: int) -> str:
    """Return the account that marks the end of a topic partition."""
    names = (f"end-{topic}-{partition}-{number}" for number in count())
    return next(name for name in names if partition_of(name.encode(), PARTITIONS) == partition)


def end_accounts() -> set[str]:
    """Return the accounts whose alerts say that everything was read."""
    return {mark_account(topic, partition) for topic in TOPICS for partition in range(PARTITIONS)}


def _mark(topic: str, partition: int, numbers: Iterator[int]) -> Input:
    account = mark_account(topic, partition)
    amount = 2 * LINE_MINOR if topic == "orders" else -2 * LINE_MINOR
    return Input(topic, partition, account.encode(), _value(topic, account, next(numbers), amount))


def _value(topic: str, account: str, number: int, amount_minor: int) -> bytes:
    if topic == "orders":
        fields = ("order_placed", account, f'"order_id":"O-{number}"', amount_minor, "placed_on")
    else:
        fields = ("payment_received", account, f'"payment_id":"P-{number}"', amount_minor, "received_on")
    kind, account, identity, amount_minor, dated = fields
    return (
        f'{{"type":"{kind}","account_id":"{account}",{identity},"amount_minor":{amount_minor},'
        f'"currency":"EUR","{dated}":"2026-01-05"}}'
    ).encode()


def expected_alerts(facts: list[Input]) -> set[str]:
    """Return the accounts that raise an alert; checks that no interleaving of the topics could change them."""
    exposures: dict[bytes, tuple[int, int]] = {}
    states: dict[bytes, State] = {}
    alerts = set()
    for fact in facts:
        states[fact.key], crossed = step(states.get(fact.key), fact.value)
        if crossed:
            alerts.add(fact.key.decode())
        added, paid = exposures.get(fact.key, (0, 0))
        amount = _decode(fact.value).amount_minor if fact.topic == "orders" else -_decode(fact.value).amount_minor
        exposures[fact.key] = (added + max(0, amount), paid + min(0, amount))
    for key, (added, paid) in exposures.items():
        possible, certain = added > LINE_MINOR, added + paid > LINE_MINOR
        assert possible == certain == (key.decode() in alerts), f"{key!r} depends on the order of its facts"
    return alerts
