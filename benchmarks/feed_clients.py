"""`python -m benchmarks.feed_clients`: a crowd on the feed of one api process.

First 1,000 websocket clients at 50 alerts/s, from the moment an alert was published to the moment a client read it.
Then 200 clients that each lose their connection ten times, and an api that is killed and started again meanwhile: all
must have seen the same sequence. Figures are printed; another sequence ends it with 1.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import psutil
from kafka import KafkaProducer
from websockets.frames import Frame, Opcode

from api.feed_client import FeedClient
from benchmarks.desk_page import alert
from streams.broker import Broker
from streams.settings import Settings
from streams.topics import create_and_check
from tests.api_process import ApiProcess
from tests.browser.killable_api import KillableApi

PARTITIONS = 3
RECONNECTS = 10
_AT_MS = re.compile(rb'"at_ms": (\d{13})')
"""Alerts are written with the blank; heartbeats, which tell their time too, without."""
_SUBSCRIBE = b'{"subscribe": ["alerts"]}'


class _Reader(asyncio.Protocol):
    """A client that only reads: so many in one process could not each take messages apart."""

    def __init__(self, host: str, took_ms: list[int]) -> None:
        self._host = host
        self._took_ms = took_ms
        self._is_open = False
        self.is_lost = False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.write(
            b"GET /v1/feed HTTP/1.1\r\nHost: %b\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n" % self._host.encode()
        )

    def data_received(self, data: bytes) -> None:
        if not self._is_open:
            self._is_open = True
            assert b" 101 " in data[:40], data[:200]
            self._transport.write(Frame(Opcode.TEXT, _SUBSCRIBE).serialize(mask=True))
        now_ms = time.time_ns() // 1_000_000
        self._took_ms.extend(now_ms - int(found) for found in _AT_MS.findall(data))

    def connection_lost(self, error: Exception | None) -> None:
        self.is_lost = True


async def read_along(url: str, count: int, seconds: float) -> None:
    """Connect so many clients, say so, and print how long what they read took."""
    place = urlsplit(url)
    loop = asyncio.get_running_loop()
    took_ms: list[int] = []
    readers = []
    for _ in range(count):
        _, reader = await loop.create_connection(
            lambda: _Reader(place.netloc, took_ms), place.hostname or "", place.port or 0
        )
        readers.append(reader)
    await asyncio.sleep(2)
    took_ms.clear()
    print("connected", flush=True)
    await asyncio.sleep(seconds)
    took_ms.sort()
    lost = sum(reader.is_lost for reader in readers)

    def at(thousandths: int) -> int:
        return took_ms[min(len(took_ms) - 1, len(took_ms) * thousandths // 1_000)]

    print(
        f"{len(took_ms):,} read, {lost} connections lost; p50 {at(500)}, p99 {at(990)}, p99.9 {at(999)} ms", flush=True
    )


def publish(producer: Any, topic: str, numbers: range, rate: float) -> None:
    """Publish alerts at a rate."""
    began = time.monotonic()
    for number in numbers:
        wait = began + (number - numbers.start) / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        partition, key, value = alert(number)
        producer.send(topic, value, key, partition=partition)
    producer.flush()


def crowd(settings: Settings, api: ApiProcess, clients: int, seconds: int, rate: int) -> int:
    """Have a crowd read along; return how many alerts were published."""
    command = [sys.executable, "-m", "benchmarks.feed_clients", "--read", api.url, str(clients), str(seconds + 3)]
    reading = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert reading.stdout is not None
    assert reading.stdout.readline() == "connected\n"
    producer = KafkaProducer(bootstrap_servers=settings.brokers, acks=1, linger_ms=0)
    serving = psutil.Process(api.pid)
    before = serving.cpu_times()
    publish(producer, f"{settings.topic_prefix}.alerts.v1", range(seconds * rate), rate)
    after = serving.cpu_times()
    busy = (after.user + after.system - before.user - before.system) / seconds
    print(f"{clients} clients, {rate} alerts/s for {seconds} s, load average {os.getloadavg()[0]:.1f}: ", end="")
    print(reading.stdout.read().strip())
    print(f"the api's process: {busy * 100:.0f} % of a processor, {serving.memory_info().rss / 1e6:.0f} MB", flush=True)
    reading.wait(30)
    return seconds * rate


async def follow(url: str, cursor: str | None, last: int, chance: random.Random) -> list[tuple[int, int]]:
    """Follow the feed to the last alert of every partition, losing the connection on the way; return what was seen."""
    seen: list[tuple[int, int]] = []
    left = {number % PARTITIONS: number for number in range(last - PARTITIONS + 1, last + 1)}
    client = FeedClient(url, {"subscribe": ["alerts"]}, cursor)
    for _ in range(RECONNECTS):
        with suppress(TimeoutError):
            async with asyncio.timeout(chance.uniform(0.2, 2.5)):
                await _take(client, seen, left)
        client = FeedClient(url, {"subscribe": ["alerts"]}, client.cursor)
        client._was_connected = True  # the api may be away when this one begins
    await _take(client, seen, left)
    return seen


async def _take(client: FeedClient, seen: list[tuple[int, int]], left: dict[int, int]) -> None:
    if not left:
        return
    async for message in client.follow():
        assert message["type"] == "event", message
        place = message["event"]["ledger"]
        seen.append((place["partition"], place["seq"]))
        if left.get(place["partition"]) == place["seq"]:
            del left[place["partition"]]
            if not left:
                return


async def reconnecting(settings: Settings, api: KillableApi, first: int, clients: int) -> bool:
    """Return whether all clients saw what was published, each once and in order, over cuts and a killed api."""
    rate, seconds = 50, 20
    numbers = range(first, first + rate * seconds)
    producer = KafkaProducer(bootstrap_servers=settings.brokers, acks=1, linger_ms=0)
    topic = f"{settings.topic_prefix}.alerts.v1"
    cursor = await _head(api.url)
    tasks = [
        asyncio.create_task(follow(api.url, cursor, numbers[-1], random.Random(number))) for number in range(clients)
    ]
    publishing = asyncio.create_task(asyncio.to_thread(publish, producer, topic, numbers, rate))
    await asyncio.sleep(seconds / 2)
    await asyncio.to_thread(api.kill)
    await asyncio.to_thread(api.start_again)
    await publishing
    async with asyncio.timeout(120):
        found = await asyncio.gather(*tasks)
    expected = {part: [seq for seq in numbers if seq % PARTITIONS == part] for part in range(PARTITIONS)}
    wrong = sum(
        {part: [seq for one, seq in seen if one == part] for part in range(PARTITIONS)} != expected for seen in found
    )
    told = f"{clients} clients, {RECONNECTS} cuts each, the api killed once: {len(numbers)} alerts"
    print(f"{told}, {wrong} saw another sequence", flush=True)
    return not wrong


async def _head(url: str) -> str:
    client = FeedClient(url, {"subscribe": ["alerts"]})
    with suppress(TimeoutError):
        async with asyncio.timeout(1):
            async for _ in client.follow():
                pass
    assert client.cursor is not None
    return client.cursor


def main() -> int:
    """Measure on a broker of its own."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.feed_clients", description=__doc__)
    parser.add_argument("--clients", type=int, default=1_000)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--followers", type=int, default=200)
    parser.add_argument("--read", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.read:
        url, count, seconds = arguments.read
        asyncio.run(read_along(url, int(count), float(seconds)))
        return 0
    with TemporaryDirectory(prefix="obligor-feed-") as directory, Broker(Path(directory)) as broker:
        data = Path(directory) / "api"
        data.mkdir()
        settings = Settings(brokers=broker.bootstrap, topic_prefix="feed", partitions=PARTITIONS, data=data)
        create_and_check(settings)
        with KillableApi(settings, Path(directory) / "api.log") as api:
            published = crowd(settings, api, arguments.clients, arguments.seconds, arguments.rate)
            is_same = asyncio.run(reconnecting(settings, api, published, arguments.followers))
    return 0 if is_same else 1


if __name__ == "__main__":
    sys.exit(main())
