"""The consumer thread's half of the transport: what is fetched leaves it as batches that know where they were read.

Everything in `BatchConsumerThread` runs in the loop of Faust's consumer thread, beside aiokafka. A `Flow` is counted in
the main loop only; the thread just hands out the current one and replaces it when a partition is sought.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from time import monotonic
from typing import Any, Protocol

from aiokafka.consumer.fetcher import FetchResult
from aiokafka.errors import ConsumerStoppedError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from msgspec import Struct

from streams.merge import BUFFER_BYTES_MAX, BUFFER_RECORDS_MAX, SourceRecord, size_in_bytes

__all__ = ["Batch", "BatchConsumerThread", "Fetched", "Flow", "Record"]

Fetched = Mapping[TP, list[SourceRecord]]

REBALANCE_POLL_S = 0.005
FETCH_MAX_WAIT_MS = 200  # a partition released or sought waits for the fetch under way, so that is kept short
FETCH_MAX_BYTES = 50 * 1024 * 1024


class Record(Struct, frozen=True, gc=False):
    """A fetched record: what is used of aiokafka's, which takes five times as long to make."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class Flow:
    """What was delivered of a partition since it was assigned or last sought, and is not acked yet."""

    __slots__ = ("is_full", "records", "size_bytes")

    def __init__(self) -> None:
        self.records = 0
        self.size_bytes = 0
        self.is_full = False

    def add(self, records: int, size_bytes: int) -> None:
        """Count a batch in (or out, when negative)."""
        self.records += records
        self.size_bytes += size_bytes
        share = 0.5 if self.is_full else 1.0
        self.is_full = self.records >= BUFFER_RECORDS_MAX * share or self.size_bytes >= BUFFER_BYTES_MAX * share


class Batch(list[SourceRecord]):
    """The records of one fetch from one partition, in offset order; empty if only markers were passed over.

    Attributes:
        from_offset: Where the reader stood before: nothing is stored between here and the first record.
        next_offset: Where it stands now, past any markers behind the last record.
        size_bytes: What the records are counted at.
    """

    __slots__ = ("flow", "from_offset", "next_offset", "size_bytes")

    def __init__(self, records: Iterable[SourceRecord], from_offset: int, next_offset: int, flow: Flow) -> None:
        super().__init__(records)
        self.from_offset = from_offset
        self.next_offset = next_offset
        self.flow = flow
        self.size_bytes = size_in_bytes(self)


class _Delivering(Protocol):
    """What the thread needs of the consumer it fetches for."""

    batched: frozenset[str]
    flow_active: bool

    def flow_of(self, tp: TP) -> Flow: ...
    def renew_flow(self, tp: TP) -> None: ...


class BatchConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """The thread that owns aiokafka's consumer; everything here runs in its loop."""

    consumer: _Delivering

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_MAX_WAIT_MS
        consumer._fetch_max_bytes = FETCH_MAX_BYTES
        return consumer

    async def _fetch_records(
        self, consumer: Any, active_partitions: set[TP], timeout: float = 0.0, max_records: int | None = None
    ) -> Fetched:
        fetcher, deadline = consumer._fetcher, monotonic() + timeout
        with fetcher._subscriptions.fetch_context():
            while self.consumer.flow_active:
                if consumer._closed or fetcher._closed:
                    raise ConsumerStoppedError()
                if fetcher._subscriptions.reassignment_in_progress:
                    await asyncio.sleep(REBALANCE_POLL_S)
                    return {}
                if fetched := await self._drain(fetcher, active_partitions, max_records):
                    return fetched
                if not await _wait_for_data(fetcher, deadline - monotonic()):
                    return {}
        return {}

    async def _drain(self, fetcher: Any, partitions: set[TP], max_records: int | None) -> Fetched:
        """Take what is buffered, without waiting, and note between which positions it was read."""
        state_of = fetcher._subscriptions.subscription.assignment.state_value
        before = {
            tp: state_of(tp).position for tp in fetcher._records if tp in partitions and _has_position(state_of(tp))
        }
        for tp in before:
            if tp.topic in self.consumer.batched:
                _make_plain(fetcher._records[tp])
        drained: dict[TP, list[SourceRecord]] = await fetcher.fetched_records(
            partitions, timeout=0, max_records=max_records
        )
        for tp, from_offset in before.items():
            next_offset = state_of(tp).position
            if tp.topic in self.consumer.batched and (tp in drained or next_offset > from_offset):
                drained[tp] = Batch(drained.get(tp, ()), from_offset, next_offset, self.consumer.flow_of(tp))
        return drained

    async def seek_now(self, tp: TP, offset: int) -> None:
        """Seek and, in the same step, make every batch of the partition that was fetched before a stale one."""
        self._ensure_consumer().seek(driver.ensure_aiokafka_TP(tp), offset)
        self.consumer.renew_flow(tp)


async def _wait_for_data(fetcher: Any, timeout: float) -> bool:
    if timeout <= 0:
        return False
    waiter = fetcher._create_fetch_waiter()
    done, _ = await asyncio.wait([waiter], timeout=timeout)
    if not done:
        waiter.cancel()
        return False
    waiter.result()  # raises what the group coordinator could not recover from, such as a refused authorization
    return True


def _make_plain(fetched: Any) -> None:
    if isinstance(fetched, FetchResult) and fetched._partition_records is not None:
        fetched._partition_records._consumer_record = _record_of


def _record_of(_: TP, record: Any) -> Record:
    return Record(record.offset, record.timestamp, record.key, record.value, tuple(record.headers))


def _has_position(state: Any) -> bool:
    return state is not None and state.has_valid_position
