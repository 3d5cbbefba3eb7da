"""Opening a partition: local state, else a checkpoint, then the ledger's tail over it; and what must agree before.

Deleting the local state is always safe. State that is ahead of the ledger, or not of it, or that another version
wrote, is dropped. If sources or outputs disagree with the ledger, the partition stays closed until somebody accepts
the loss.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from projections.layout import is_of_this_version
from projections.partition import Partition
from schemas.decisions import FactRejected
from schemas.ledger import Entry, decode_decisions, decode_entry, digest
from schemas.publication import (
    Origin,
    Published,
    publish_dead_letter,
    publish_decision,
    publish_exposure,
    read_place,
    topic_of,
)
from streams.access import PUBLISHED_TO, Access
from streams.failpoints import reach
from streams.states import StateRows
from streams.topics import SOURCES

COMMIT_EVERY = 4_000


class PartitionClosed(RuntimeError):
    """Sources or outputs disagree with the ledger; `findings` says where."""

    def __init__(self, number: int, findings: list[str]) -> None:
        super().__init__(f"partition {number} stays closed: " + "; ".join(findings))
        self.findings = findings


class Opened(Struct):
    """An open partition: its state, where the ledger ends, what is to be published again, what was void."""

    partition: Partition
    rows: StateRows
    ledger_end: int
    again: list[Published]
    void_count: int


class _Tail(Struct):
    """Ledger records whose outputs may not have been published, with the offsets after them."""

    entries: deque[tuple[Entry, bytes, int]]
    void_count: int = 0


async def open_partition(access: Access, number: int) -> Opened:
    """Return the partition with the whole ledger applied.

    Raises:
        PartitionClosed: sources or outputs disagree with the ledger.
    """
    end = (await access.reader.ends([access.at("ledger", number)]))[access.at("ledger", number)]
    partition, rows = await _state(access, number, end)
    reach("in_open")
    try:
        tail = await _replay(access, partition, end)
        findings, highest = await examine(access, partition)
        if findings:
            raise PartitionClosed(number, findings)
        if not partition.chain.topic_ids:
            partition.chain.topic_ids = dict(access.topic_ids)
        again = await _publish_again(access, partition, tail, highest)
        partition.commit()
    except BaseException:
        rows.close()
        raise
    return Opened(partition, rows, end, again, tail.void_count)


async def _state(access: Access, number: int, end: int) -> tuple[Partition, StateRows]:
    settings = access.settings
    rows = access.states.open(number)
    if is_of_this_version(rows):
        partition = Partition(rows, number, settings.partitions, settings.topic_prefix)
        if partition.chain.seq and await _belongs(access, partition, end):
            return partition, rows
    for checkpoint in [*access.states.checkpoints(number), None]:
        rows = access.states.renew(number, rows, checkpoint)
        if checkpoint is not None and not is_of_this_version(rows):
            continue
        partition = Partition(rows, number, settings.partitions, settings.topic_prefix)
        if checkpoint is None or await _belongs(access, partition, end):
            break
    return partition, rows


async def _belongs(access: Access, partition: Partition, end: int) -> bool:
    """Return whether the state is of this ledger and not ahead of it."""
    chain = partition.chain
    if chain.topic_ids.get("ledger") != access.topic_ids.get("ledger") or not 0 < chain.next_offset <= end:
        return False
    at = access.at("ledger", partition.context.partition)
    last = [
        record
        async for records in access.reader.read(at, chain.next_offset - 1, chain.next_offset)
        for record in records
    ]
    return len(last) == 1 and digest(last[0].value or b"") == chain.prev


async def _replay(access: Access, partition: Partition, end: int) -> _Tail:
    tail = _Tail(deque(await _unpublished(access, partition)))
    chain, since_commit = partition.chain, 0
    at = access.at("ledger", partition.context.partition)
    async for records in access.reader.read(at, chain.next_offset, end):
        for record in records:
            if not _apply(partition, record, tail):
                tail.void_count += 1
            since_commit += 1
        if since_commit >= COMMIT_EVERY:
            partition.commit()
            since_commit = 0
        await asyncio.sleep(0)
    while tail.entries and tail.entries[0][0].seq <= chain.published:
        tail.entries.popleft()
    return tail


def _apply(partition: Partition, record: Any, tail: _Tail) -> bool:
    """Apply a ledger record if it is the next of the chain; return whether it was."""
    chain = partition.chain
    try:
        entry = decode_entry(record.value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    if entry.seq != chain.seq or entry.prev != chain.prev:
        return False
    partition.replay(entry, record.value)
    chain.next_offset = record.offset + 1
    tail.entries.append((entry, record.value, record.offset + 1))
    while tail.entries and tail.entries[0][0].seq <= chain.published:
        chain.published_offset = tail.entries.popleft()[2]
    return True


async def _unpublished(access: Access, partition: Partition) -> list[tuple[Entry, bytes, int]]:
    """Return the records that the state holds already and whose outputs are not known to be acknowledged."""
    chain = partition.chain
    if chain.published + 1 >= chain.seq:
        return []
    at = access.at("ledger", partition.context.partition)
    read = access.reader.read(at, chain.published_offset, chain.next_offset)
    found = [record async for records in read for record in records]
    valid, wanted = [], chain.prev
    for record in reversed(found):
        if hashlib.sha256(record.value or b"").hexdigest() == wanted:
            entry = decode_entry(record.value)
            valid.append((entry, record.value, record.offset + 1))
            wanted = entry.prev
    return [found for found in reversed(valid) if found[0].seq > chain.published]


async def examine(access: Access, partition: Partition) -> tuple[list[str], dict[str, tuple[int, int, int]]]:
    """Return what disagrees with the ledger, and the highest place that each output topic has."""
    findings = await _examine_sources(access, partition)
    highest: dict[str, tuple[int, int, int]] = {}
    chain = partition.chain
    for name in PUBLISHED_TO:
        for record in await access.reader.last(access.at(name, partition.context.partition)):
            place = read_place(record.headers)
            if place is None:
                continue
            highest[name] = (place.epoch, place.seq, place.n)
            if (place.epoch, place.seq) > (chain.epoch, chain.seq - 1):
                findings.append(
                    f"{name} has epoch {place.epoch} seq {place.seq}, the ledger ends at epoch {chain.epoch} "
                    f"seq {chain.seq - 1}"
                )
    return findings, highest


async def _examine_sources(access: Access, partition: Partition) -> list[str]:
    number, chain = partition.context.partition, partition.chain
    places = {name: access.at(name, number) for name in SOURCES}
    ends = await access.reader.ends(list(places.values()))
    beginnings = await access.reader.beginnings(list(places.values()))
    findings = []
    for name, at in places.items():
        wanted = chain.positions.get(name, -1) + 1
        if chain.topic_ids.get(name, access.topic_ids[name]) != access.topic_ids[name]:
            findings.append(f"{name} was created anew since the ledger read it")
        elif wanted > ends[at]:
            findings.append(f"{name} ends at offset {ends[at]}, the ledger has read up to {wanted}")
        elif wanted < beginnings[at]:
            findings.append(f"{name} begins at offset {beginnings[at]}, the ledger wants {wanted}")
    return findings


async def _publish_again(
    access: Access, partition: Partition, tail: _Tail, highest: dict[str, tuple[int, int, int]]
) -> list[Published]:
    again: list[Published] = []
    for entry, value, _ in tail.entries:
        origin = Origin(
            entry.epoch,
            partition.context.partition,
            entry.seq,
            digest(value),
            entry.account_id,
            entry.effect,
            entry.policy_id,
            entry.at_ms,
            entry.model_id,
        )
        for n, decision in enumerate(decode_decisions(entry.decisions)):
            name = topic_of(decision, entry.effect)
            if name is None or (entry.epoch, entry.seq, n) <= highest.get(name, (-1, -1, -1)):
                continue
            if isinstance(decision, FactRejected):
                record = await _source_record(access, entry)
                if record is not None:
                    again.append(publish_dead_letter(decision, origin, n, entry.source, record))
            else:
                again.append(publish_decision(decision, origin, n, name))
    _keep_touched(partition, (entry.account_id for entry, _, _ in tail.entries))
    at_ms = tail.entries[-1][0].at_ms if tail.entries else 0
    floor = highest.get("exposures", (-1, -1, -1))
    exposures = partition.exposures(at_ms)
    again.extend(publish_exposure(found) for found in exposures if found.ledger.above(floor))
    return again


def _keep_touched(partition: Partition, account_ids: Iterable[str | None]) -> None:
    partition.touched.clear()
    found = {name: partition.book.account(name) for name in account_ids if name is not None}
    accounts = [account for account in found.values() if account is not None]
    for account in sorted(accounts, key=lambda account: account.seq):
        partition.touched[account.account_id] = account.seq


async def _source_record(access: Access, entry: Entry) -> Any | None:
    short = entry.source.topic[len(access.settings.topic_prefix) + 1 : -3]
    at = access.at(short, entry.source.partition)
    async for records in access.reader.read(at, entry.source.offset, entry.source.offset + 1):
        return records[0]
    return None
