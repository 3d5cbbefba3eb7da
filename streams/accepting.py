"""Accepting that records were lost: finding out what disagrees, and the ledger record that opens a new epoch."""

from __future__ import annotations

import time

from msgspec import Struct

from projections.partition import Partition
from projections.store import MemoryRows
from schemas.ledger import LossAccepted
from streams.access import Access, read_topic_ids
from streams.chain import ChainWalk
from streams.ledger import LedgerWriter
from streams.opening import examine
from streams.reader import Reader
from streams.settings import Settings
from streams.states import RocksStates
from streams.topics import LEDGER, SOURCES, topic


class Loss(Struct, frozen=True):
    """What disagrees with a partition's ledger, and from which offsets its sources would go on."""

    findings: list[str]
    positions: dict[str, int]


class NothingLost(Exception):
    """Nothing disagrees with the ledger, so there is nothing to accept."""


def positions_after_loss(positions: dict[str, int], beginnings: dict[str, int], ends: dict[str, int]) -> dict[str, int]:
    """Return the last offset to count as taken of each source: no further than it goes, no earlier than it begins.

    >>> positions_after_loss({"orders": 9}, {"orders": 0, "desk": 4}, {"orders": 7, "desk": 8})
    {'orders': 6, 'desk': 3}
    """
    return {
        name: max(min(positions.get(name, -1), ends[name] - 1), beginnings[name] - 1)
        for name in ends
        if name in positions or beginnings[name] > 0
    }


async def accept_loss(settings: Settings, number: int, actor: str, reason: str, found: list[str]) -> Loss:
    """Append the record that opens a new epoch of a partition and return what it says.

    Workers see a second writer and open the partition afresh, on the new epoch.

    Args:
        found: what a worker found that only it can know, such as a topic that was created anew.

    Raises:
        NothingLost: nothing disagrees and nothing was named.
        LedgerForked: somebody else appended at the same moment; try again.
    """
    reader = Reader(settings)
    await reader.start()
    try:
        access = Access(settings, reader, read_topic_ids(settings), RocksStates(settings))
        partition, end = await _replayed(access, number)
        loss = await _assess(access, partition, found)
    finally:
        await reader.stop()
    if not loss.findings:
        raise NothingLost(f"partition {number}: sources and outputs agree with the ledger, there is no loss to accept")
    accepted = LossAccepted(actor=actor, reason=reason, positions=loss.positions, found=loss.findings)
    outcome = partition.accept_loss(accepted, time.time_ns() // 1_000_000)
    writer = LedgerWriter(settings, topic(settings.topic_prefix, LEDGER))
    await writer.start()
    try:
        await writer.append(number, [(outcome.key, outcome.value)], end)
    finally:
        await writer.stop()
    return loss


async def _replayed(access: Access, number: int) -> tuple[Partition, int]:
    """The partition as its ledger alone makes it: local state may be of what was lost."""
    settings, at = access.settings, access.at(LEDGER, number)
    partition, walk = Partition(MemoryRows(), number, settings.partitions, settings.topic_prefix), ChainWalk()
    start, end = (await access.reader.beginnings([at]))[at], (await access.reader.ends([at]))[at]
    async for records in access.reader.read(at, start, end):
        for record in records:
            entry = walk.take(record.offset, record.value)
            if entry is not None:
                partition.replay(entry, record.value)
        partition.touched.clear()
        partition.commit()
    return partition, end


async def _assess(access: Access, partition: Partition, found: list[str]) -> Loss:
    findings = [*(await examine(access, partition))[0], *found]
    places = {name: access.at(name, partition.context.partition) for name in SOURCES}
    beginnings = await access.reader.beginnings(list(places.values()))
    ends = await access.reader.ends(list(places.values()))
    positions = positions_after_loss(
        partition.chain.positions,
        {name: beginnings[at] for name, at in places.items()},
        {name: ends[at] for name, at in places.items()},
    )
    return Loss(findings, positions)
