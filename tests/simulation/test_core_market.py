"""A simulated market over several partitions: the ledgers replay and re-derive, and broadcasts reach them alike."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import pytest

from projections import checking
from projections.chain import Outcome
from projections.partition import Partition
from projections.store import MemoryRows
from schemas.ledger import decode_entry
from schemas.partitioning import partition_of
from streams.message import Message
from streams.simulator import facts
from tests.scenario import rows_of

PARTITIONS = 3


class Market:
    """Partitions that take a market's messages, broadcasts copied to each with their number."""

    def __init__(self, sweeps_a_record: int, commit_every: int) -> None:
        self.partitions = [Partition(MemoryRows(), number, PARTITIONS, "credit") for number in range(PARTITIONS)]
        self.ledgers: list[list[Outcome]] = [[] for _ in range(PARTITIONS)]
        self.sweeps_a_record, self.commit_every = sweeps_a_record, commit_every
        self._offsets: Counter[tuple[str, int]] = Counter()

    def take(self, message: Message) -> None:
        """Take a message where it belongs."""
        if message.key is not None:
            self._take(partition_of(message.key.encode(), PARTITIONS), message, [])
            return
        number = str(self._offsets[message.topic_name, 0]).encode()
        for partition in range(PARTITIONS):
            self._take(partition, message, [("control_no", number)] if partition else [])

    def _take(self, number: int, message: Message, more: list[tuple[str, bytes]]) -> None:
        offset = self._offsets[message.topic_name, number]
        self._offsets[message.topic_name, number] += 1
        key = None if message.key is None else message.key.encode()
        headers = [*message.headers, *more]
        record = SimpleNamespace(
            offset=offset, timestamp=message.timestamp_ms, key=key, value=message.value, headers=headers
        )
        partition = self.partitions[number]
        self.ledgers[number] += partition.take(message.topic_name, record, 0)
        self.ledgers[number] += partition.sweep(self.sweeps_a_record, 0)
        if offset % self.commit_every == 0:
            partition.commit()


@pytest.mark.parametrize("seed", [1, 7])
def test_a_market_replays_and_rederives(seed: int) -> None:
    market = Market(sweeps_a_record=2, commit_every=50)
    for message in facts(2_500, seed):
        market.take(message)
    for number, live in enumerate(market.partitions):
        replayed, derived = (Partition(MemoryRows(), number, PARTITIONS, "credit") for _ in range(2))
        for outcome in market.ledgers[number]:
            entry = decode_entry(outcome.value)
            replayed.replay(entry, outcome.value)
            assert derived.rederive(entry, outcome.value) is None
        for partition in (live, replayed, derived):
            partition.commit()
        assert rows_of(live) == rows_of(replayed) == rows_of(derived)
        assert live.chain.prev == replayed.chain.prev


def test_checks_that_an_order_does_not_need_have_nothing_to_say_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    market = Market(sweeps_a_record=50, commit_every=50)
    for message in facts(4_000, 5):
        market.take(message)
    monkeypatch.setattr(checking, "_signs", lambda _: -1)
    for number, ledger in enumerate(market.ledgers):
        derived = Partition(MemoryRows(), number, PARTITIONS, "credit")
        for outcome in ledger:
            assert derived.rederive(decode_entry(outcome.value), outcome.value) is None


def test_when_sweeps_run_does_not_change_what_is_decided() -> None:
    """Sweep records come in another place then, so only where accounts end is the same."""
    hasty, lazy = Market(sweeps_a_record=1_000, commit_every=1), Market(sweeps_a_record=0, commit_every=400)
    for message in facts(2_000, 3):
        hasty.take(message)
        lazy.take(message)
    for one, other in zip(hasty.partitions, lazy.partitions, strict=True):
        while other.context.sweeps:
            other.sweep(1_000, 0)
        for account_id in sorted(one.book.account_ids()):
            ours, theirs = one.book.account(account_id), other.book.account(account_id)
            assert ours is not None and theirs is not None
            assert (ours.stages, ours.alerts.keys(), ours.waiting_count) == (
                theirs.stages,
                theirs.alerts.keys(),
                theirs.waiting_count,
            )
