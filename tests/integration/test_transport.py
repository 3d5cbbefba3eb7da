"""Whole batches over a real broker: everything arrives, in order, whatever is held back, sought or rebalanced."""

import asyncio
import contextlib
import subprocess
import sys
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import faust
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from faust.types import TP

from streams.settings import Settings
from streams.transport import CRASH_EXIT_CODE, Batch, batches_of, high_watermarks, make_app, quiet_loggers, seek

pytestmark = pytest.mark.kafka

TOPICS = ("orders", "invoices", "payments")
PARTITIONS = 4
DEADLINE_S = 60.0
Offsets = dict[TP, list[int]]

quiet_loggers()


@pytest.fixture
def settings(broker: Any) -> Settings:
    name = f"t{uuid.uuid4().hex[:8]}"
    return Settings(
        brokers=broker.bootstrap, group_id=name, topic_prefix=name, partitions=PARTITIONS, session_timeout_ms=6_000
    )


@pytest.fixture(autouse=True)
def current_loop() -> Iterator[None]:
    """Faust looks for a loop when an app is made, which a worker process has by then."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    loop.close()
    asyncio.set_event_loop(None)


def names(settings: Settings) -> list[str]:
    return [f"{settings.topic_prefix}.{topic}" for topic in TOPICS]


def partitions_of(settings: Settings) -> list[TP]:
    return [TP(topic, partition) for topic in names(settings) for partition in range(settings.partitions)]


async def until(is_met: Callable[[], bool], what: str, deadline_s: float = DEADLINE_S) -> None:
    end = asyncio.get_running_loop().time() + deadline_s
    while not is_met():
        assert asyncio.get_running_loop().time() < end, f"expected within {deadline_s} s: {what}"
        await asyncio.sleep(0.01)


async def create_topics(settings: Settings) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, settings.partitions, 1) for name in names(settings)])
    await admin.close()


async def produce(settings: Settings, per_partition: int, first: int = 0) -> None:
    """Values are the numbers `first` onwards, in each partition of each topic."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap, max_batch_size=256 * 1024)
    await producer.start()
    for tp in partitions_of(settings):
        batch = producer.create_batch()
        for number in range(first, first + per_partition):
            value = b"%d" % number
            if batch.append(key=b"account", value=value, timestamp=1_000 + number) is None:
                await producer.send_batch(batch, tp.topic, partition=tp.partition)
                batch = producer.create_batch()
                batch.append(key=b"account", value=value, timestamp=1_000 + number)
        await producer.send_batch(batch, tp.topic, partition=tp.partition)
    await producer.stop()


class Reader:
    """An app whose agent writes down what arrives, and how to run it."""

    def __init__(self, settings: Settings, directory: Path) -> None:
        self.app: faust.App = make_app(settings, names(settings), data=directory)
        self.seen: Offsets = defaultdict(list)
        self.passed: dict[TP, int] = defaultdict(int)
        self.deliveries = 0
        self.is_acking = True
        self.gate = asyncio.Event()
        self.gate.set()
        self.app.agent(batches_of(self.app))(self._read)

    async def _read(self, stream: Any) -> None:
        async for events in stream.noack_take(1000, within=0.002):
            await self.gate.wait()
            for event in events:
                self._note(event.message.tp, event.value)
                if self.is_acking:
                    event.ack()

    def _note(self, tp: TP, batch: Batch) -> None:
        self.deliveries += 1
        offsets = [record.offset for record in batch]
        assert [batch.from_offset, *offsets, batch.next_offset - 1] == sorted(
            [*offsets, batch.from_offset, batch.next_offset - 1]
        )
        assert all(record.value == b"%d" % record.offset for record in batch)
        self.passed[tp] = batch.next_offset
        self.seen[tp].extend(offsets)

    @property
    def count(self) -> int:
        return sum(map(len, self.seen.values()))

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Reader"]:
        await self.app.start()
        try:
            yield self
        finally:
            await self.app.stop()


def expected(settings: Settings, per_partition: int, first: int = 0) -> Offsets:
    return {tp: list(range(first, first + per_partition)) for tp in partitions_of(settings)}


def run(work: Awaitable[None]) -> None:
    asyncio.get_event_loop().run_until_complete(work)


def test_everything_arrives_once_and_in_order_while_partitions_are_held_back(
    settings: Settings, tmp_path: Path
) -> None:
    per_partition = 200_000 // (len(TOPICS) * PARTITIONS) + 1

    async def scenario() -> None:
        await create_topics(settings)
        await produce(settings, per_partition)
        reader = Reader(settings, tmp_path)
        # Each call moves on, so every partition is held back now and then, and all of them together too.
        calls = iter(range(10**9))
        reader.app.transport.held_back = lambda tp: (
            (next(calls) // 40 + tp.partition) % 3 == 0 or next(calls) % 997 < 60
        )
        total = per_partition * len(TOPICS) * PARTITIONS
        async with reader.running():
            await until(lambda: reader.count >= total, f"{total} records, {reader.count} arrived")
        assert reader.seen == expected(settings, per_partition)
        assert reader.deliveries < total / 50

    run(scenario())


def test_a_slow_agent_is_not_flooded(settings: Settings, tmp_path: Path) -> None:
    async def scenario() -> None:
        await create_topics(settings)
        await produce(settings, 30_000)
        reader = Reader(settings, tmp_path)
        reader.gate.clear()
        async with reader.running():
            consumer = reader.app.consumer
            flows = consumer._flows
            await until(
                lambda: len(flows) == len(TOPICS) * PARTITIONS and all(flow.is_full for flow in flows.values()),
                "every partition held back",
            )
            assert all(flow.records < 10_000 + 5_000 for flow in flows.values())
            reader.gate.set()
            await until(lambda: reader.count == 30_000 * len(TOPICS) * PARTITIONS, "everything after all")
        assert reader.seen == expected(settings, 30_000)

    run(scenario())


def test_after_a_seek_the_next_batch_starts_there(settings: Settings, tmp_path: Path) -> None:
    async def scenario() -> None:
        await create_topics(settings)
        await produce(settings, 5_000)
        reader = Reader(settings, tmp_path)
        target = TP(names(settings)[0], 1)
        async with reader.running():
            await until(lambda: reader.count == 5_000 * 12, "the first reading")
            for offset in (1_234, 0, 4_999):
                reader.seen[target].clear()
                assert await seek(reader.app.consumer, target, offset)
                await until(lambda start=offset: len(reader.seen[target]) >= 5_000 - start, f"reading from {offset}")
                assert reader.seen.pop(target) == list(range(offset, 5_000))
            assert high_watermarks(reader.app.consumer)(target) == 5_000
            assert high_watermarks(reader.app.consumer)(TP("unknown", 0)) is None
            assert not await seek(reader.app.consumer, TP("unknown", 0), 1)

    run(scenario())


def test_a_seek_lets_no_batch_through_that_was_fetched_before_it(settings: Settings, tmp_path: Path) -> None:
    async def scenario() -> None:
        await create_topics(settings)
        await produce(settings, 100)
        reader = Reader(settings, tmp_path)
        consumer, blocked, released = reader.app.consumer, asyncio.Event(), asyncio.Event()
        deliver, delivering = consumer.callback, []

        async def blocking_deliver(message: Any) -> None:
            delivering.append(message.tp)
            blocked.set()
            await released.wait()
            await deliver(message)

        consumer.callback = blocking_deliver
        async with reader.running():
            await asyncio.wait_for(blocked.wait(), DEADLINE_S)
            assert len(consumer._flows) > 1, "expected batches of several partitions in the first fetch"
            others = [tp for tp in partitions_of(settings) if tp not in delivering]
            for tp in others:
                assert await seek(consumer, tp, 50)
            released.set()
            await until(lambda: reader.count == 100 + 50 * len(others), "everything from there on")
        assert {tp: reader.seen[tp] for tp in others} == {tp: list(range(50, 100)) for tp in others}

    run(scenario())


def test_a_restart_goes_on_from_what_was_committed(settings: Settings, tmp_path: Path) -> None:
    async def scenario() -> None:
        await create_topics(settings)
        await produce(settings, 1_000)
        first = Reader(settings, tmp_path / "first")
        async with first.running():
            await until(lambda: first.count == 12_000, "the first thousand of each")
        await produce(settings, 500, first=1_000)
        second = Reader(settings, tmp_path / "second")
        async with second.running():
            await until(lambda: second.count >= 6_000, "the next five hundred of each")
        assert second.seen == expected(settings, 500, first=1_000)

    run(scenario())


def test_what_is_not_acked_is_not_committed(settings: Settings, tmp_path: Path) -> None:
    async def scenario() -> None:
        await create_topics(settings)
        await produce(settings, 100)
        first = Reader(settings, tmp_path / "first")
        first.is_acking = False
        async with first.running():
            await until(lambda: first.count == 1_200, "everything once")
        second = Reader(settings, tmp_path / "second")
        async with second.running():
            await until(lambda: second.count >= 1_200, "everything again")
        assert second.seen == expected(settings, 100)

    run(scenario())


def test_transaction_markers_are_passed_over_and_reported(settings: Settings, tmp_path: Path) -> None:
    async def scenario() -> None:
        await create_topics(settings)
        target = TP(names(settings)[0], 0)
        producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap, transactional_id=settings.group_id)
        await producer.start()
        reader = Reader(settings, tmp_path)
        async with reader.running():
            for offset in (0, 2, 4):
                async with producer.transaction():
                    await producer.send_and_wait(target.topic, b"%d" % offset, partition=target.partition)
                    # The marker comes in a fetch of its own then, without any record.
                    await until(lambda seen=offset: reader.seen[target][-1:] == [seen], "the record before its marker")
            await until(lambda: reader.passed[target] == 6, "the reader past the last marker")
            assert high_watermarks(reader.app.consumer)(target) == 6
            assert reader.seen[target] == [0, 2, 4]
        await producer.stop()

    run(scenario())


def test_the_owners_position_wins_over_the_committed_offset(settings: Settings, tmp_path: Path) -> None:
    async def scenario() -> None:
        await create_topics(settings)
        await produce(settings, 1_000)
        first = Reader(settings, tmp_path / "first")
        async with first.running():
            await until(lambda: first.count == 12_000, "everything once")
        second = Reader(settings, tmp_path / "second")
        second.app.transport.resume_at = lambda tp: 900 if tp.partition == 0 else None
        async with second.running():
            await until(lambda: second.count >= 300, "the last hundred of partition 0")
        assert second.seen == {TP(topic, 0): list(range(900, 1_000)) for topic in names(settings)}

    run(scenario())


def test_two_workers_share_the_partition_numbers_and_one_takes_over_from_the_other(
    settings: Settings, tmp_path: Path
) -> None:
    settings = settings.model_copy(update={"partitions": 3})  # round robin would mix the numbers of three

    async def scenario() -> None:
        await create_topics(settings)
        await produce(settings, 2_000)
        first, second = Reader(settings, tmp_path / "first"), Reader(settings, tmp_path / "second")
        async with first.running():
            await until(lambda: first.count == 18_000, "the first worker has read everything")
            async with second.running():
                await until(lambda: shared(first, second), "the workers share the partitions")
                assert numbers(first) | numbers(second) == {0, 1, 2}
                await produce(settings, 1_000, first=2_000)
                await until(lambda: covered(first, second) == expected(settings, 3_000), "both together have it all")
                assert {tp.partition for tp in second.seen} == numbers(second)
            await until(lambda: len(first.app.consumer.assignment()) == 9, "the first worker owns everything again")
            await produce(settings, 500, first=3_000)
            await until(lambda: covered(first, second) == expected(settings, 3_500), "it reads on")

    run(scenario())


FAILING_WORKER = """
import asyncio, sys
from pathlib import Path
from streams.settings import Settings
from streams.transport import batches_of, crash_on_error, make_app, quiet_loggers

asyncio.set_event_loop(asyncio.new_event_loop())
app = make_app(Settings.model_validate_json(sys.argv[1]), [sys.argv[2]], data=Path(sys.argv[3]))

async def read(stream):
    async for events in stream.noack_take(1000, within=0.002):
        for event in events:
            event.ack()
        if any(b"7" in [record.value for record in event.value] for event in events):
            raise RuntimeError("expected no seven")

async def facts(stream):
    await crash_on_error(app, read(stream))

app.agent(batches_of(app))(facts)
quiet_loggers()
app.Worker(loglevel="WARN").execute_from_commandline()
"""


def test_an_exception_in_the_agent_ends_the_process(settings: Settings, tmp_path: Path) -> None:
    async def prepare() -> None:
        await create_topics(settings)
        await produce(settings, 10)

    run(prepare())
    arguments = [settings.model_dump_json(exclude_none=True), names(settings)[0], str(tmp_path / "data")]
    worker = subprocess.run(
        [sys.executable, "-c", FAILING_WORKER, *arguments], capture_output=True, text=True, timeout=60, cwd=tmp_path
    )
    assert worker.returncode == CRASH_EXIT_CODE, worker.stderr
    assert "expected no seven" in worker.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def shared(*readers: Reader) -> bool:
    owned = [len(reader.app.consumer.assignment()) for reader in readers]
    return sum(owned) == 9 and all(owned) and not any(reader.app.rebalancing for reader in readers)


def numbers(reader: Reader) -> set[int]:
    owned: dict[str, set[int]] = defaultdict(set)
    for tp in reader.app.consumer.assignment():
        owned[tp.topic].add(tp.partition)
    one_of_them, *others = owned.values()
    assert all(other == one_of_them for other in others), f"expected the same numbers of each topic, got {owned}"
    return one_of_them


def covered(*readers: Reader) -> Offsets:
    """All offsets read by anyone; around a rebalance some are read twice."""
    offsets: dict[TP, set[int]] = defaultdict(set)
    for reader in readers:
        for tp, seen in reader.seen.items():
            offsets[tp].update(seen)
    return {tp: sorted(seen) for tp, seen in offsets.items()}
