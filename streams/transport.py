"""Faust's aiokafka driver, feeding agents whole fetched batches instead of single records.

One message is one fetched batch of one partition: its value is the `Batch`, its offset the last record's. What Faust
spends per record (tasks, an interval tree of offsets, sensors) it spends per batch then. The rules:

* A batch that was fetched is delivered, unless its partition was sought or revoked meanwhile; then what was in it is
  fetched again. Pausing never drops one.
* A partition with much delivered and not acked is not asked for until less than half is left. Ack every message, also
  one whose records were repeats or that was dropped for a seek.
* A batch knows where it was read, so a merge is offered
  `merge.offer(topic, batch, now_ms, from_offset=batch.from_offset, next_offset=batch.next_offset,
  size_bytes=batch.size_bytes)`; an empty one says that only transaction markers were passed over.
* Batches of a partition are acked in order; the highest acked offset + 1 is committed. Commits are a hint.

Threads: aiokafka lives in the loop of Faust's consumer thread, all else in the main loop. Only `BatchConsumerThread`
and what it calls (`flow_of`, `renew_flow`) runs in that thread; a read or a replaced entry of `_flows` is one atomic
dict operation. This stands on private parts of faust-streaming 0.15.3 and aiokafka 0.14.0 (`test_transport_surface`).
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import faust
from aiokafka.errors import IllegalStateError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from streams.batches import Batch, BatchConsumerThread, Fetched, Flow
from streams.settings import Settings, faust_broker_urls, faust_credentials

__all__ = [
    "Batch",
    "BatchConsumer",
    "BatchTransport",
    "CRASH_EXIT_CODE",
    "batches_of",
    "crash_on_error",
    "high_watermarks",
    "make_app",
    "quiet_loggers",
    "seek",
]

POLL_TIMEOUT_S = 1.0
HELD_BACK_POLL_S = 0.005
FETCH_PARTITION_BYTES = 1024 * 1024
FETCH_RECORDS_MAX = 5_000
CRASH_EXIT_CODE = 1  # what Faust's Worker ends with, too
CRASH_STOP_TIMEOUT_S = 10.0


class BatchConsumer(driver.Consumer):  # type: ignore[misc]
    """Faust's consumer, delivering batches for the transport's batched topics and records for all others."""

    _thread: BatchConsumerThread

    def __init__(self, transport: BatchTransport, *args: Any, **kwargs: Any) -> None:
        self.batched = transport.batched
        self._flows: dict[TP, Flow] = {}
        super().__init__(transport, *args, **kwargs)

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def flow_of(self, tp: TP) -> Flow:
        """The partition's present flow."""
        return self._flows.setdefault(tp, Flow())

    def renew_flow(self, tp: TP) -> None:
        """Begin a new flow: batches of the old one are stale."""
        self._flows[tp] = Flow()

    def is_stale(self, tp: TP, batch: Batch) -> bool:
        """Whether the partition was sought or revoked after this batch was fetched."""
        return self._flows.get(tp) is not batch.flow

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, ConsumerMessage]]:
        """Fetch once; one message per batch, or per record for topics that are not batched."""
        fetched, active = await self._wait_next_records(timeout)
        for tp, records in (fetched or {}).items():
            if isinstance(records, Batch):
                yield tp, self._batch_message(tp, records)
            elif tp in active:
                for record in records:
                    yield tp, self._to_message(tp, record)

    async def _wait_next_records(self, timeout: float) -> tuple[Fetched | None, set[TP]]:
        if not self.flow_active:
            await self.wait(self.can_resume_flow)
        active = self._get_active_partitions()
        asked = {tp for tp in active if not self._is_held_back(tp)}
        if self.should_stop or not asked:
            # To aiokafka an empty set means every partition.
            await asyncio.sleep(HELD_BACK_POLL_S)
            return None, asked
        wait_s = timeout if len(asked) == len(active) else min(timeout, HELD_BACK_POLL_S)
        return await self._getmany(active_partitions=asked, timeout=wait_s), asked

    def _is_held_back(self, tp: TP) -> bool:
        flow, held_back = self._flows.get(tp), self.transport.held_back
        return (flow is not None and flow.is_full) or (
            held_back is not None and tp.topic in self.batched and held_back(tp)
        )

    def _batch_message(self, tp: TP, batch: Batch) -> ConsumerMessage:
        message = ConsumerMessage(
            tp.topic, tp.partition, batch.next_offset - 1, 0.0, 0, (), None, None, None, tp=tp,
            generation_id=self.app.consumer_generation_id,
        )  # fmt: skip
        message.value = batch
        return message

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self.should_stop or fetcher.should_stop):
                async for tp, message in self.getmany(timeout=POLL_TIMEOUT_S):
                    await self._deliver(tp, message)
                await asyncio.sleep(0)
        except (*self.consumer_stopped_errors, asyncio.CancelledError):
            if not self.transport.app.should_stop:
                raise

    async def _deliver(self, tp: TP, message: ConsumerMessage) -> None:
        if not isinstance(message.value, Batch):
            await self._deliver_record(tp, message)
            return
        while not self.flow_active and not self.should_stop:
            await self.wait(self.can_resume_flow)
        batch = message.value
        if not self.is_stale(tp, batch):
            batch.flow.add(len(batch), batch.size_bytes)
            await self.callback(message)

    async def _deliver_record(self, tp: TP, message: ConsumerMessage) -> None:
        """What Faust does for each record of an ordinary topic."""
        read = self._read_offset[tp]
        if read is not None and message.offset < read:
            return
        if read and message.offset - read > 1 and self.app.topics.acks_enabled_for(message.topic):
            await self._add_gap(tp, read + 1, message.offset)
        await self.wait_first(self.callback(message), self.suspend_flow.wait())
        self._read_offset[tp] = message.offset

    def ack(self, message: ConsumerMessage) -> bool:
        """Count the batch out and mark its offset to be committed.

        A batch from before a revocation does not count for the next owner: its offset is committed only if whoever
        owns the partition now (`resume_at`) has taken in what lies before it.
        """
        batch = message.value
        if isinstance(batch, Batch) and not message.acked:
            batch.flow.add(-len(batch), -batch.size_bytes)
            if self.is_stale(message.tp, batch) and not self._is_taken_in(message):
                message.acked = True
                return False
        return bool(super().ack(message))

    def _is_taken_in(self, message: ConsumerMessage) -> bool:
        wanted = self.transport.resume_at(message.tp) if self.transport.resume_at else None
        return wanted is not None and message.offset < wanted

    def on_buffer_full(self, tp: TP) -> None:
        """Faust would pause the partition for a whole poll; batched topics are bounded by their flow."""
        if tp.topic not in self.batched:
            super().on_buffer_full(tp)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Make what was fetched from these partitions stale, then do as Faust does."""
        for tp in revoked:
            self._flows.pop(tp, None)
        await super().on_partitions_revoked(revoked)

    async def perform_seek(self) -> None:
        """After a rebalance: go to the committed offsets, and to the owner's where it holds a partition open."""
        await super().perform_seek()
        self._flows.clear()
        if self.transport.resume_at is None:
            return
        for tp in self.assignment():
            offset = self.transport.resume_at(tp) if tp.topic in self.batched else None
            if offset is not None:
                await self.seek(tp, offset)

    async def _seek(self, partition: TP, offset: int) -> None:
        # Not through the thread's method queue: its two workers may be busy with a poll and a commit.
        seeking = asyncio.run_coroutine_threadsafe(self._thread.seek_now(partition, offset), self._thread.thread_loop)
        await asyncio.wrap_future(seeking)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        if tp.topic not in self.batched:
            await super()._add_gap(tp, offset_from, offset_to)

    def _new_offset(self, tp: TP) -> int | None:
        if tp.topic not in self.batched:
            offset: int | None = super()._new_offset(tp)
            return offset
        acked = self._acked[tp]
        last = max(acked, default=None)
        acked.clear()
        self._acked_index[tp].clear()
        return None if last is None else last + 1

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:
        assigned = self.assignment()
        ours = {tp: offset for tp, offset in offsets.items() if tp in assigned}
        if not ours:
            return False
        await self.app.producer.flush()
        if await self._commit(ours):
            self._committed_offset.update(ours)
            return True
        # Refused because the group rebalances: what is still ours afterwards is offered again with the next commit.
        for tp in ours.keys() & self.assignment():
            self._acked[tp].append(ours[tp] - 1)
        return False

    async def verify_all_partitions_active(self) -> None:
        """Nothing: Faust's watch counts records and takes a partition held back for one that hangs."""


class BatchTransport(driver.Transport):  # type: ignore[misc]
    """The transport of an app whose `batched` topics arrive in batches.

    Args:
        url: Broker addresses.
        app: The app.
        batched: Names of those topics.

    Attributes:
        held_back: Asked in the main loop before each fetch; True leaves the partition out of it.
        resume_at: Asked in the main loop after a rebalance: the offset a partition that is held open goes on from,
            None where the committed offset is to be used.
    """

    Consumer = BatchConsumer

    def __init__(self, url: Any, app: faust.App, batched: Iterable[str], **kwargs: Any) -> None:
        super().__init__(url, app, **kwargs)
        self.batched = frozenset(batched)
        self.held_back: Callable[[TP], bool] | None = None
        self.resume_at: Callable[[TP], int | None] | None = None


async def seek(consumer: BatchConsumer, tp: TP, offset: int) -> bool:
    """Read on from this offset: no batch fetched before is delivered any more.

    Batches already in the agent's queue still arrive. False if the partition is not assigned (any more).
    """
    try:
        await consumer.seek(tp, offset)
    except IllegalStateError:
        return False
    return True


def high_watermarks(consumer: BatchConsumer) -> Callable[[TP], int | None]:
    """A function that tells the end offset seen in the partition's last fetch; None before one, or if not assigned."""

    def high_watermark(tp: TP) -> int | None:
        fetching = consumer._thread._consumer
        subscription = fetching._subscription.subscription if fetching is not None else None
        assignment = subscription.assignment if subscription is not None else None
        state = assignment.state_value(tp) if assignment is not None else None
        return None if state is None else state.highwater

    return high_watermark


def make_app(
    settings: Settings, topics: Iterable[str], *, group_id: str | None = None, data: Path | None = None
) -> faust.App:
    """A Faust app whose `topics` arrive in batches; subscribe to them with `batches_of`.

    Args:
        settings: Where the cluster is and how to log in.
        topics: Full names of the batched topics; they must exist.
        group_id: The consumer group; `settings.group_id` by default.
        data: A directory of this process's own for what Faust wants to write (nothing so far); created.
    """
    name = group_id or settings.group_id
    directory = (data or settings.data / "faust" / name).absolute()
    directory.mkdir(parents=True, exist_ok=True)
    session_timeout_s = settings.session_timeout_ms / 1000
    app = faust.App(
        name,
        broker=faust_broker_urls(settings),
        broker_credentials=faust_credentials(settings),
        datadir=directory,
        store="memory://",
        autodiscover=False,
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        topic_partitions=settings.partitions,
        topic_replication_factor=settings.replication_factor,
        # With no standby Faust falls back to round robin, and a worker would get other numbers of each topic.
        table_standby_replicas=1,
        stream_wait_empty=False,
        stream_buffer_maxsize=1_000_000,  # in batches; the flow of a partition is what bounds it
        stream_recovery_delay=0.0,
        broker_session_timeout=session_timeout_s,
        broker_heartbeat_interval=min(3.0, session_timeout_s / 3),
        broker_rebalance_timeout=3 * session_timeout_s,
        broker_max_poll_records=FETCH_RECORDS_MAX,
        broker_commit_interval=1.0,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=FETCH_PARTITION_BYTES,
        worker_redirect_stdouts=False,
    )
    app.transport = BatchTransport(app.conf.broker_consumer, app, topics)
    return app


def batches_of(app: faust.App) -> Any:
    """The channel of all batched topics of an app made by `make_app`: raw keys, values are `Batch`."""
    topics = sorted(app.transport.batched)
    return app.topic(*topics, key_type=bytes, key_serializer="raw", value_type=bytes, value_serializer="raw")


async def crash_on_error(app: faust.App, work: Awaitable[None]) -> None:
    """Run an agent's body; should it fail, end the process with `CRASH_EXIT_CODE`, acking nothing more.

    Faust itself would log the error, restart the agent and commit past what it held. The app is crashed, so that its
    Worker stops what can be stopped, and after `CRASH_STOP_TIMEOUT_S` the process ends whether that worked or not.
    """
    try:
        await work
    except Exception as error:
        logging.getLogger(__name__).critical("the agent failed, the process ends: %r", error, exc_info=error)
        deadline = threading.Timer(CRASH_STOP_TIMEOUT_S, os._exit, (CRASH_EXIT_CODE,))
        deadline.daemon = True
        deadline.start()
        await app.crash(error)
        await asyncio.Event().wait()  # returning would ack the current message and restart the agent


def quiet_loggers() -> None:
    """Raise the loggers of aiokafka, faust and mode to WARNING: at DEBUG they cost a tenth of the CPU."""
    for name in ("aiokafka", "faust", "mode"):
        logging.getLogger(name).setLevel(logging.WARNING)
