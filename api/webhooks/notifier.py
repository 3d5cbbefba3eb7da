"""Delivering to every hook what is published, each with a consumer group of its own, so that none waits for another.

The group shares the partitions among the api processes. In a partition, events go one after the other, so what an
account is told about keeps its order; a partition's place is stored after its events were taken or given up.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from msgspec import Raw

from api.acting.sending import NotWritten, Sending
from api.events import Record, read_event
from api.webhooks.addresses import Addresses
from api.webhooks.delivery import Deliveries, Event, Patience, Persistence
from api.webhooks.hook import DeadDelivery, Hook, dead_key, dead_row
from api.webhooks.log import HookLog, Row

_POLL_MS = 500
_POLL_RECORDS = 50
_RETRY_SECONDS = 5.0
_LOOK_SECONDS = 1.0
_LONGEST_BATCH_MS = 3_600_000
_SESSION_MS = 10_000


class Notifier:
    """Runs a task for each hook that there is.

    Args:
        connection: keyword arguments that connect a Kafka client.
        prefix: the topic prefix of this deployment.
        sending: writes what is kept of hooks.
        addresses: where deliveries may go.
        patience: how long one event is tried.
    """

    def __init__(
        self,
        connection: Mapping[str, Any],
        prefix: str,
        sending: Sending,
        addresses: Addresses,
        patience: Patience = Patience(),
    ) -> None:
        self.log = HookLog(connection, prefix, sending)
        self.addresses = addresses
        self.deliveries = Deliveries(addresses)
        self.persistence: dict[str, Persistence] = {}
        self._connection = dict(connection)
        self._prefix = prefix
        self._patience = patience
        self._tasks: dict[str, tuple[Hook, asyncio.Task[None]]] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Deliver meanwhile."""
        async with self.deliveries.running():
            tasks = [asyncio.create_task(self.log.run()), asyncio.create_task(self._keep_up())]
            try:
                yield
            finally:
                await _end([*tasks, *(task for _, task in self._tasks.values())])

    def group(self, hook_id: str) -> str:
        """Return the consumer group of a hook."""
        return f"{self._prefix}-webhook-{hook_id}"

    def topic(self, name: str) -> str:
        """Return the full name of a topic."""
        return f"{self._prefix}.{name}.v1"

    async def starts(self, topics: Iterable[str]) -> dict[str, dict[int, int]]:
        """Return where the topics end now: a hook is told of what comes after it was made.

        Raises:
            KafkaError: the brokers do not answer.
        """
        names = {self.topic(name): name for name in topics}
        consumer = AIOKafkaConsumer(*names, **self._connection, group_id=None, enable_auto_commit=False)
        found: dict[str, dict[int, int]] = {name: {} for name in names.values()}
        try:
            await consumer.start()
            ends = await consumer.end_offsets(list(consumer.assignment()))
        finally:
            await consumer.stop()
        for partition, end in ends.items():
            found[names[partition.topic]][partition.partition] = end
        return found

    async def resend(self, hook: Hook, dead: DeadDelivery) -> str | None:
        """Make one more attempt at what was given up; forget it if it is taken, else return why not.

        Raises:
            NotWritten: it was taken, and that could not be written down.
        """
        event = Event(dead.event_id, dead.topic, *dead.place, _type_of(bytes(dead.event)), bytes(dead.event))
        error = await self.deliveries.send(hook, event)
        if error is None:
            await self.log.write([(dead_key(hook.id, dead.event_id), None)])
            kept = self.persistence.get(hook.id)
            if kept is not None:
                kept.is_failing = False
        return error

    async def _keep_up(self) -> None:
        """One task for each hook that is there; one that was deleted ends."""
        while True:
            if self.log.is_read:
                wanted = self.log.known.hooks
                gone = [name for name, (hook, _) in self._tasks.items() if wanted.get(name) != hook]
                await _end([self._tasks.pop(name)[1] for name in gone])
                for name in wanted.keys() - self._tasks.keys():
                    self._begin(wanted[name])
            await asyncio.sleep(_LOOK_SECONDS)

    def _begin(self, hook: Hook) -> None:
        persistence = self.persistence[hook.id] = Persistence(self.deliveries.send, self._patience)
        self._tasks[hook.id] = (hook, asyncio.create_task(self._tell(hook, persistence)))

    async def _tell(self, hook: Hook, persistence: Persistence) -> None:
        while True:
            try:
                await self._follow(hook, persistence)
            except (KafkaError, NotWritten, OSError, TimeoutError) as error:
                persistence.last_error = str(error) or type(error).__name__
            await asyncio.sleep(_RETRY_SECONDS)

    async def _follow(self, hook: Hook, persistence: Persistence) -> None:
        consumer = AIOKafkaConsumer(
            **self._connection,
            group_id=self.group(hook.id),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=_POLL_RECORDS,
            max_poll_interval_ms=_LONGEST_BATCH_MS,
            session_timeout_ms=_SESSION_MS,
            heartbeat_interval_ms=_SESSION_MS // 3,
        )
        names = {self.topic(name): name for name in hook.topics}
        consumer.subscribe(list(names), listener=_FromStart(consumer, hook, names))
        seen: dict[TopicPartition, tuple[int, int, int]] = {}
        try:
            await consumer.start()
            while True:
                polled = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_POLL_RECORDS)
                await _together(
                    self._tell_all(hook, persistence, seen, partition, names[partition.topic], records)
                    for partition, records in polled.items()
                )
                await _store(consumer, {place: records[-1].offset + 1 for place, records in polled.items()})
        finally:
            await consumer.stop()

    async def _tell_all(
        self,
        hook: Hook,
        persistence: Persistence,
        seen: dict[TopicPartition, tuple[int, int, int]],
        partition: TopicPartition,
        topic: str,
        records: list[Any],
    ) -> None:
        for record in records:
            found = read_event(Record(topic, partition.partition, record.offset, record.value))
            if found is None or found.place <= seen.get(partition, (-1, -1, -1)):
                continue
            seen[partition] = found.place
            if hook.types and found.event_type not in hook.types:
                continue
            event = Event(
                _id_of(found.value, found.place), topic, found.partition, found.offset, found.event_type, found.value
            )
            given = await persistence.deliver(hook, event)
            if given.error is not None:
                await self.log.write([_given_up(hook, event, given.attempts, given.error)])


class _FromStart(ConsumerRebalanceListener):  # type: ignore[misc]
    """A partition that nothing is stored of begins where it ended when the hook was made."""

    def __init__(self, consumer: AIOKafkaConsumer, hook: Hook, names: Mapping[str, str]) -> None:
        self._consumer = consumer
        self._hook = hook
        self._names = names

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        return

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        for partition in assigned:
            if await self._consumer.committed(partition) is None:
                start = self._hook.starts.get(self._names[partition.topic], {}).get(partition.partition, 0)
                self._consumer.seek(partition, start)


async def _store(consumer: AIOKafkaConsumer, places: dict[TopicPartition, int]) -> None:
    """What was taken from this process meanwhile is delivered again by another, which a receiver recognises by id."""
    if places:
        try:
            await consumer.commit(places)
        except (CommitFailedError, IllegalStateError):
            return


def _given_up(hook: Hook, event: Event, attempts: int, error: str) -> Row:
    return dead_row(
        DeadDelivery(
            hook_id=hook.id,
            event_id=event.id,
            topic=event.topic,
            place=(event.partition, event.offset),
            attempts=attempts,
            error=error[:500],
            given_up_at_ms=time.time_ns() // 1_000_000,
            event=Raw(event.value),
        )
    )


class _Identity(msgspec.Struct):
    decision_id: str = ""
    type: str = ""


def _id_of(value: bytes, place: tuple[int, int, int]) -> str:
    """The same in every repetition."""
    return msgspec.json.decode(value, type=_Identity).decision_id or "-".join(str(part) for part in place)


def _type_of(value: bytes) -> str:
    return msgspec.json.decode(value, type=_Identity).type


async def _together(coroutines: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run all; if one fails, end the others and fail as it did."""
    try:
        async with asyncio.TaskGroup() as tasks:
            for coroutine in coroutines:
                tasks.create_task(coroutine)
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from group


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    ended = list(tasks)
    for task in ended:
        task.cancel()
    await asyncio.gather(*ended, return_exceptions=True)
