"""The feed over a real broker: every event once and in order, whoever reconnects, lags, or asks another process."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
import uvloop
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from api.app import create_app
from api.connection import FeedProtocol
from api.cursor import Positions
from api.hub import Limits
from api.live import Live
from api.reader import FeedUnavailable, Topics
from api.server import Server, make_server
from schemas.decisions import AlertCleared, AlertRaised, AnyDecision, Level, OrderReleased
from schemas.publication import EXPOSURE_NUMBER, Exposure, Origin, Place, Published, publish_decision, publish_exposure

pytestmark = pytest.mark.kafka

PARTITIONS = 3
ACCOUNTS_A_PARTITION = 4
DEADLINE_S = 60.0
ALL = ["alerts", "decisions", "exposures"]
Message = dict[str, Any]


def run(test: Coroutine[Any, Any, None], new_loop: Callable[[], asyncio.AbstractEventLoop] | None = None) -> None:
    async def with_deadline() -> None:
        async with asyncio.timeout(DEADLINE_S):
            await test

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(with_deadline())


async def until(is_met: Callable[[], bool | Awaitable[bool]]) -> None:
    while True:
        met = is_met()
        if await met if isinstance(met, Awaitable) else met:
            return
        await asyncio.sleep(0.01)


class World:
    """Publishes as workers do: per partition, seq only rises."""

    def __init__(self, producer: AIOKafkaProducer, prefix: str, broker: str) -> None:
        self.producer, self.prefix, self.broker = producer, prefix, broker
        self.seqs = [0] * PARTITIONS
        self.published = 0

    async def step(self, partition: int, *, padding: str = "") -> None:
        """One ledger record: a decision, an alert, an exposure."""
        seq = self.seqs[partition]
        self.seqs[partition] += 1
        for record in records_of(partition, seq, padding):
            await self.publish(record, partition)
        self.published += 3

    async def publish(self, record: Published, partition: int) -> None:
        topic = f"{self.prefix}.{record.topic}.v1"
        await self.producer.send(topic, value=record.value, key=record.key, partition=partition, headers=record.headers)

    async def repeat(self, partition: int, seqs: range) -> None:
        """What a worker does that takes a partition over: publish again what may not have been."""
        for seq in seqs:
            for record in records_of(partition, seq, ""):
                await self.publish(record, partition)


def records_of(partition: int, seq: int, padding: str) -> list[Published]:
    account_id = f"A{partition}-{seq % ACCOUNTS_A_PARTITION}"
    origin = Origin(0, partition, seq, f"{partition:02x}{seq:030x}", account_id, "binding", "p1", 1_700_000_000_000)
    no_money: Any = dict.fromkeys((name for name in Exposure.__struct_fields__ if name.endswith("_minor")), 0)
    exposure = Exposure(
        **no_money,
        account_id=account_id,
        currency="EUR",
        utilisation_bp=0,
        status="active",
        ledger=Place(0, partition, seq, EXPOSURE_NUMBER),
        at_ms=1_700_000_000_000,
        name=f"Company {account_id}",
    )
    return [
        publish_decision(released(seq, padding), origin, 0, "decisions"),
        publish_decision(alert(seq), origin, 1, "alerts"),
        publish_exposure(exposure),
    ]


def released(seq: int, padding: str = "") -> OrderReleased:
    return OrderReleased(
        decision_no=1,
        order_id=f"O-{seq}{padding}",
        order_revision=1,
        checkpoint="order",
        answers="f1",
        amount_minor=100,
        currency="EUR",
        reasons=[],
        exposure_minor=0,
        limit_minor=1000,
        headroom_before_minor=900,
        headroom_after_minor=800,
    )


def alert(seq: int) -> AnyDecision:
    kind = AlertRaised if seq % (2 * ACCOUNTS_A_PARTITION) < ACCOUNTS_A_PARTITION else AlertCleared
    level: Level = "critical" if seq % 3 == 0 else "notice"
    return kind(
        alert_id=f"U-{seq % ACCOUNTS_A_PARTITION}",
        cause="utilisation",
        level=level,
        found=9500,
        line=9000,
        measure="call",
        owner_role="credit_analyst",
    )


@asynccontextmanager
async def administering(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


@asynccontextmanager
async def world(broker: Any) -> AsyncIterator[World]:
    prefix = f"t{uuid.uuid4().hex[:8]}"
    async with administering(broker.bootstrap) as admin:
        await admin.create_topics([NewTopic(f"{prefix}.{name}.v1", PARTITIONS, 1) for name in ALL])
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap, linger_ms=1) as producer:
        yield World(producer, prefix, broker.bootstrap)


@dataclass
class Api:
    url: str
    live: Live
    server: Server
    failures: list[BaseException]

    @property
    def connections(self) -> list[FeedProtocol]:
        return [each for each in self.server.server_state.connections if isinstance(each, FeedProtocol)]

    @property
    def feed(self) -> str:
        return self.url.replace("http", "ws") + "/v1/feed"


@asynccontextmanager
async def api(world: World, limits: Limits = Limits(), heartbeat_seconds: float = 0.2) -> AsyncIterator[Api]:
    live = Live(Topics({"bootstrap_servers": [world.broker]}, world.prefix), limits, heartbeat_seconds)
    urls: list[str] = []
    failures: list[BaseException] = []
    app = create_app(live, "127.0.0.1", on_failure=failures.append)
    server = make_server(app, "127.0.0.1", 0, urls.append)
    serving = asyncio.create_task(server.serve())
    try:
        await until(lambda: bool(urls) and live.trouble is None)
        yield Api(urls[0], live, server, failures)
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def client(
    api: Api, topics: list[str], after: str | None = None, **chosen: Any
) -> AsyncIterator[ClientConnection]:
    first: Message = {"subscribe": topics, "filter": chosen}
    if after is not None:
        first["after"] = after
    async with connect(api.feed, max_size=None, max_queue=None, compression=None) as connection:
        await connection.send(msgspec.json.encode(first).decode())
        yield connection


async def message(connection: ClientConnection) -> Message:
    received: Message = msgspec.json.decode(await connection.recv())
    return received


async def past_heartbeats(connection: ClientConnection) -> Message:
    while (received := await message(connection))["type"] == "heartbeat":
        pass
    return received


async def events(connection: ClientConnection, count: int) -> list[Message]:
    found: list[Message] = []
    while len(found) < count:
        received = await message(connection)
        assert received["type"] in ("hello", "event", "heartbeat"), received
        if received["type"] == "event":
            found.append(received)
    return found


def place(received: Message) -> tuple[str, int, int]:
    ledger = received["event"]["ledger"]
    return received["topic"], ledger["partition"], ledger["seq"]


def assert_each_once_in_order(received: list[Message], world: World, topics: list[str]) -> None:
    for topic in topics:
        for partition in range(PARTITIONS):
            seqs = [seq for t, p, seq in map(place, received) if (t, p) == (topic, partition)]
            assert seqs == list(range(world.seqs[partition])), (topic, partition)


def test_ten_random_reconnects_lose_and_repeat_nothing(broker: Any) -> None:
    async def test() -> None:
        chance = random.Random(7)
        # A small memory of recent events, so that some reconnects are served from it and some from the topics.
        async with world(broker) as w, api(w, Limits(recent_messages=50)) as server:
            publishing = asyncio.create_task(publish_for_a_while(w, chance, steps=600))
            received: list[Message] = []
            cursor = ""
            async with client(server, ALL) as connection:
                cursor = (await message(connection))["head"]
            for _ in range(10):
                async with client(server, ALL, after=cursor) as connection:
                    received += await events(connection, chance.randrange(1, 120))
                    cursor = received[-1]["cursor"]
                await until(has_published(w, w.published + chance.randrange(100), publishing))
            await publishing
            async with client(server, ALL, after=cursor) as connection:
                received += await events(connection, w.published - len(received))
                assert (await message(connection))["type"] == "heartbeat"
            assert_each_once_in_order(received, w, ALL)

    run(test())


def has_published(w: World, published: int, publishing: asyncio.Task[None]) -> Callable[[], bool]:
    return lambda: w.published >= published or publishing.done()


async def publish_for_a_while(w: World, chance: random.Random, steps: int) -> None:
    for step in range(steps):
        partition = chance.randrange(PARTITIONS)
        await w.step(partition)
        if step % 50 == 49:
            await w.repeat(partition, range(max(0, w.seqs[partition] - 5), w.seqs[partition]))
        await asyncio.sleep(0.002)
    await w.producer.flush()


def test_a_cursor_is_good_on_another_process_and_after_a_restart(broker: Any) -> None:
    async def test() -> None:
        async with world(broker) as w:
            async with api(w) as first, client(first, ALL) as connection:
                await message(connection)
                for step in range(30):
                    await w.step(step % PARTITIONS)
                received = await events(connection, 40)
            async with api(w, Limits(recent_messages=10)) as second, api(w) as third:
                async with client(second, ALL, after=received[19]["cursor"]) as connection:
                    from_second = await events(connection, 70)
                async with client(third, ALL, after=from_second[29]["cursor"]) as connection:
                    from_third = await events(connection, 40)
            assert_each_once_in_order(received[:20] + from_second, w, ALL)
            assert_each_once_in_order(received[:20] + from_second[:30] + from_third, w, ALL)

    run(test())


def test_a_filtered_client_resumes_from_any_of_its_events(broker: Any) -> None:
    async def test() -> None:
        async with world(broker) as w, api(w, Limits(recent_messages=20)) as server:
            chosen: Any = {"account_ids": ["A1-2"], "levels": ["critical"]}
            async with client(server, ["alerts"], **chosen) as connection:
                await message(connection)
                for _ in range(96):
                    await w.step(1)
                received = await events(connection, 8)
            assert [e["event"]["ledger"]["seq"] for e in received] == [6, 18, 30, 42, 54, 66, 78, 90]
            for index, event in enumerate(received[:-1]):
                async with client(server, ["alerts"], after=event["cursor"], **chosen) as connection:
                    rest = await events(connection, 7 - index)
                assert [e["event"] for e in rest] == [e["event"] for e in received[index + 1 :]]

    run(test())


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_client_that_stops_reading_is_closed_and_nobody_else_notices(
    broker: Any, monkeypatch: pytest.MonkeyPatch, new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    monkeypatch.setattr("api.connection.CLOSE_SECONDS", 0.2)

    async def test() -> None:
        limits = Limits(queue_messages=300, queue_bytes=1_000_000, recent_messages=10)
        async with world(broker) as w, api(w, limits) as server:
            hub = server.live.hub
            assert hub is not None
            stalled = await stalled_client(server)
            async with client(server, ["decisions"]) as healthy:
                await message(healthy)
                await until(lambda: len(hub.sessions) == 2)
                received: list[Message] = []
                reading = asyncio.create_task(read_while_open(healthy, received))
                while hub.closed_slow == 0:
                    await w.step(0, padding="x" * 20_000)
                    await until(lambda: len(received) > w.seqs[0] - 10)
                    assert max(session.waiting for session in hub.sessions) <= limits.queue_messages
                    assert max(each.transport.get_write_buffer_size() for each in server.connections) < 300_000
                await w.producer.flush()
                await until(lambda: len(received) >= w.seqs[0])
                # Cut off although it never answered the close, so nothing of it is kept.
                await until(lambda: len(server.connections) == 1 and len(hub.sessions) == 1)
            await reading
            assert [place(e)[2] for e in received] == list(range(w.seqs[0]))
            stalled.close()

    run(test(), new_loop)


async def read_while_open(connection: ClientConnection, received: list[Message]) -> None:
    with contextlib.suppress(ConnectionClosed):
        async for text in connection:
            found = msgspec.json.decode(text)
            if found["type"] == "event":
                received.append(found)


async def stalled_client(server: Api) -> socket.socket:
    """A bare socket that subscribes and then never reads again."""
    host, port = server.url.removeprefix("http://").split(":")
    bare = socket.socket()
    bare.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    bare.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(bare, (host, int(port)))
    await loop.sock_sendall(
        bare,
        f"GET /v1/feed HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode(),
    )
    await loop.sock_recv(bare, 1024)
    text = b'{"subscribe":["decisions"]}'
    await loop.sock_sendall(bare, bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text)
    return bare


@pytest.mark.parametrize(
    ("cursor", "why"), [("nonsense!", "not one of this feed"), ("AQAAAAAAAAAAAA", "another epoch")]
)
def test_an_unknown_cursor_is_a_reset_and_then_live(broker: Any, cursor: str, why: str) -> None:
    async def test() -> None:
        async with world(broker) as w, api(w) as server:
            await w.step(0)
            await until(lambda: server.live.hub is not None and server.live.hub.events == 3)
            async with client(server, ALL, after=cursor) as connection:
                assert (await message(connection))["type"] == "hello"
                reset = await past_heartbeats(connection)
                assert reset["type"] == "reset" and why in reset["reason"]
                await w.step(1)
                assert {place(e)[1:] for e in await events(connection, 3)} == {(1, 0)}

    run(test())


def test_a_cursor_beyond_the_end_is_a_reset(broker: Any) -> None:
    async def test() -> None:
        async with world(broker) as w, api(w) as server:
            hub = server.live.hub
            assert hub is not None
            beyond = Positions(hub.layout, [5] * hub.layout.streams).cursor
            async with client(server, ALL, after=beyond) as connection:
                assert (await message(connection))["type"] == "hello"
                assert "beyond the end" in (await past_heartbeats(connection))["reason"]

    run(test())


@pytest.mark.parametrize(
    ("first", "why"),
    [
        ('{"subscribe": ["alerts"], "filter": {"colour": ["red"]}}', "colour"),
        ('{"subscribe": ["gossip"]}', "gossip"),
        ('{"subscribe": []}', "length >= 1"),
        ("{", "truncated"),
    ],
)
def test_a_bad_first_message_is_explained_and_closed(broker: Any, first: str, why: str) -> None:
    async def test() -> None:
        async with world(broker) as w, api(w) as server, connect(server.feed) as connection:
            await connection.send(first)
            answer = await message(connection)
            assert answer["type"] == "error" and why in answer["message"]
            with pytest.raises(ConnectionClosed):
                await connection.recv()
            assert connection.close_code == 4400

    run(test())


def test_a_page_of_another_origin_and_a_second_message_are_refused(broker: Any) -> None:
    async def test() -> None:
        async with world(broker) as w, api(w) as server:
            async with connect(server.feed, origin="http://elsewhere.example") as connection:  # type: ignore[arg-type]
                with pytest.raises(ConnectionClosed):
                    await connection.recv()
                assert connection.close_code == 4403
            async with client(server, ["alerts"]) as connection:
                await message(connection)
                await connection.send('{"subscribe": ["alerts"]}')
                await until(lambda: connection.close_code is not None)
                assert connection.close_code == 4400

    run(test())


def test_a_thousand_events_at_once_close_no_client_that_reads(broker: Any) -> None:
    async def test() -> None:
        async with world(broker) as w, api(w, Limits(queue_messages=250)) as server:
            async with client(server, ALL) as connection:
                await message(connection)
                for step in range(1000):
                    await w.step(step % PARTITIONS)
                received = await events(connection, 3000)
            assert_each_once_in_order(received, w, ALL)

    run(test())


@pytest.mark.slow
def test_topics_that_were_made_anew_end_the_process(broker: Any) -> None:
    async def test() -> None:
        async with world(broker) as w, api(w) as server:
            for partition in range(PARTITIONS):
                await w.step(partition)
            await until(lambda: server.live.hub is not None and server.live.hub.events == 9)
            async with administering(w.broker) as admin:
                name = f"{w.prefix}.alerts.v1"
                await admin.delete_topics([name])
                await until(lambda: _is_made(admin, name))
            await until(lambda: bool(server.failures))
            assert isinstance(server.failures[0], FeedUnavailable)

    run(test())


async def _is_made(admin: AIOKafkaAdminClient, name: str) -> bool:
    answer = await admin.create_topics([NewTopic(name, PARTITIONS, 1)])
    return bool(answer.topic_errors[0][1] == 0)


def test_a_client_comes_back_over_more_than_its_queue_holds(broker: Any) -> None:
    async def test() -> None:
        limits = Limits(queue_messages=100, queue_bytes=200_000, recent_messages=5)
        async with world(broker) as w, api(w, limits) as server:
            async with client(server, ["decisions"]) as connection:
                start = (await message(connection))["head"]
            for _ in range(150):
                await w.step(0, padding="x" * 20_000)
            await until(lambda: server.live.hub is not None and server.live.hub.events == 450)
            async with client(server, ["decisions"], after=start) as connection:
                received = await events(connection, 150)
            assert_each_once_in_order(received, w, ["decisions"])

    run(test())
