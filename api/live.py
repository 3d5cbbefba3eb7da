"""The running parts of an api process: reads the topics into the hub, and knows whether it keeps up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError as ConsumerError
from aiokafka.errors import OffsetOutOfRangeError
from kafka.errors import KafkaError as AdminError

from api.cursor import CursorUnknown, Layout
from api.events import Event
from api.hub import Hub, Limits, Progress, Session
from api.reader import FeedUnavailable, Topics

KAFKA_ERRORS = (ConsumerError, AdminError, OSError, TimeoutError)
_ONLY_GROW = "expected topics that only grow"
_RETRY_SECONDS = 1.0
_WATCH_SECONDS = 2.0
_ANSWER_SECONDS = 10.0
_AHEAD_POLL_SECONDS = 0.01
_HISTORY_READERS = 8
_LAG_MAX = 10_000
"""Records behind the topics' ends from which on this process is not ready."""
_ROOM_SECONDS = 30.0
_ROOM_POLL_SECONDS = 0.01


class Live:
    """Everything that HTTP and websocket serve from.

    `run` has to be kept running; until the topics have been read to where they ended when it started, `hub` is not to
    be joined (`trouble` says why).
    """

    def __init__(self, topics: Topics, limits: Limits = Limits(), heartbeat_seconds: float = 5.0) -> None:
        self.hub: Hub | None = None
        self.trouble: str | None = "the topics have not been reached yet"
        self.lag = 0
        self._topics = topics
        self._limits = limits
        self._heartbeat_seconds = heartbeat_seconds
        self._caught_up = False
        self._target: dict[int, int] = {}
        self._consumer: AIOKafkaConsumer | None = None
        self._history_readers = asyncio.Semaphore(_HISTORY_READERS)

    async def run(self) -> None:
        """Read for ever.

        Raises:
            FeedUnavailable: the topics are no longer those that were read; the process has to start again.
        """
        layout = await self._reach_topics()
        async with self._topics.reading(layout, range(layout.streams)) as consumer:
            await self._begin(consumer, layout)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read(consumer, layout))
                tasks.create_task(self._watch(consumer, layout))
                tasks.create_task(self._beat())

    @property
    def joinable(self) -> Hub | None:
        """The hub, once what it sends is live."""
        return self.hub if self._caught_up else None

    async def check(self, offsets: Sequence[int]) -> None:
        """Check that a cursor's place exists.

        Raises:
            CursorUnknown: it lies beyond the end of the topics: they have lost records since.
        """
        assert self.hub is not None and self._consumer is not None, "clients are served once the feed runs"
        ahead = [s for s in range(self.hub.layout.streams) if offsets[s] > self.hub.positions[s]]
        if ahead:
            ends = await self._topics.end(self._consumer, self.hub.layout, ahead)
            if any(offsets[stream] > ends[stream] for stream in ahead):
                raise CursorUnknown("the cursor lies beyond the end of the topics")

    async def catch_up(self, session: Session) -> None:
        """Give a resuming session all that it lacks, at its own pace, until it has joined.

        Raises:
            CursorUnknown: some of it is no longer there.
        """
        hub = self.hub
        assert hub is not None, "clients are served once the feed runs"
        while not session.closed and (progress := hub.catch_up(session)) is not Progress.LIVE:
            match progress:
                case Progress.BEHIND:
                    async with self._history_readers:
                        await self._replay(hub, session)
                case Progress.FULL:
                    await self._room(session)
                case Progress.AHEAD:
                    await asyncio.sleep(_AHEAD_POLL_SECONDS)

    async def _replay(self, hub: Hub, session: Session) -> None:
        assert session.positions is not None, "only a resuming session is given the past"
        until = hub.positions.offsets
        streams = hub.layout.streams_of(session.topics)
        async for records in self._topics.past(hub.layout, streams, session.positions.offsets, until):
            for event in hub.past_events(records):
                await self._room(session)
                if session.closed:
                    return
                hub.replay(session, [event])
        hub.replayed(session, until)

    async def _room(self, session: Session) -> None:
        end = time.monotonic() + _ROOM_SECONDS
        while not session.has_room and not session.closed:
            if time.monotonic() > end:
                session.close()
                return
            await asyncio.sleep(_ROOM_POLL_SECONDS)

    async def _reach_topics(self) -> Layout:
        while True:
            try:
                return await self._topics.layout()
            except (FeedUnavailable, *KAFKA_ERRORS) as error:
                self.trouble = str(error) or type(error).__name__
                await asyncio.sleep(_RETRY_SECONDS)

    async def _begin(self, consumer: AIOKafkaConsumer, layout: Layout) -> None:
        streams = range(layout.streams)
        first = await self._topics.beginning(consumer, layout, streams)
        for stream in streams:
            consumer.seek(self._topics.partition(layout, stream), first[stream])
        self._target = await self._topics.end(consumer, layout, streams)
        self.hub = Hub(layout, [first[stream] for stream in streams], self._limits)
        self._consumer = consumer
        self.trouble = "the topics are still being read"

    async def _read(self, consumer: AIOKafkaConsumer, layout: Layout) -> None:
        hub = self.hub
        assert hub is not None, "reading begins with a hub"
        while True:
            try:
                records, reached = await self._topics.poll(consumer, layout)
            except OffsetOutOfRangeError as error:
                raise FeedUnavailable(f"{_ONLY_GROW}, found no more of {error}") from error
            await self._publish(hub, hub.new_events(records))
            for stream, offset in reached.items():
                hub.advance(stream, offset)
            await asyncio.sleep(0)  # what was queued goes out before more is read

    async def _publish(self, hub: Hub, events: Sequence[Event]) -> None:
        """A poll may hold more than one client's queue: what was queued goes out in between."""
        size = 0
        for event in events:
            hub.publish(event)
            size += len(event.value)
            if size > self._limits.queue_bytes // 8:
                size = 0
                await asyncio.sleep(0)

    async def _watch(self, consumer: AIOKafkaConsumer, layout: Layout) -> None:
        assert self.hub is not None, "watching begins with a hub"
        while True:
            read = self.hub.positions.offsets
            try:
                async with asyncio.timeout(_ANSWER_SECONDS):
                    ends = await self._topics.end(consumer, layout, range(layout.streams))
                    if self._caught_up and self.trouble:
                        await self._same_topics(layout)
            except KAFKA_ERRORS as error:
                self.trouble = f"the brokers do not answer: {str(error) or type(error).__name__}"
            else:
                self._compare(self.hub, read, ends)
            await asyncio.sleep(_WATCH_SECONDS if self._caught_up else _WATCH_SECONDS / 10)

    def _compare(self, hub: Hub, read: Sequence[int], ends: dict[int, int]) -> None:
        if any(end < read[stream] for stream, end in ends.items()):
            raise FeedUnavailable(f"{_ONLY_GROW}, found one that ends before what was read of it")
        self.lag = sum(max(0, end - hub.positions[stream]) for stream, end in ends.items())
        if all(hub.positions[stream] >= offset for stream, offset in self._target.items()):
            self._caught_up = True
        behind = not self._caught_up or self.lag > _LAG_MAX
        self.trouble = f"the topics are still being read: {self.lag} records to go" if behind else None

    async def _same_topics(self, layout: Layout) -> None:
        if (await self._topics.layout()).epoch != layout.epoch:
            raise FeedUnavailable("expected the topics that were read, found topics that were created anew")

    async def _beat(self) -> None:
        assert self.hub is not None, "heartbeats begin with a hub"
        while True:
            await asyncio.sleep(self._heartbeat_seconds)
            self.hub.heartbeat(time.time_ns() // 1_000_000)
