"""`obligor serve` and `obligor tail` as processes: events arrive, a restart loses none, signals end both cleanly."""

from __future__ import annotations

import contextlib
import json
import queue
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kafka import KafkaProducer

from schemas.decisions import AlertRaised
from schemas.publication import Origin, publish_decision
from streams.settings import Settings
from streams.topics import create_and_check, topic

pytestmark = pytest.mark.kafka

DEADLINE_S = 30.0
_SERVE = """
import sys
from api.commands.serve import serve_api
sys.exit(serve_api({"bootstrap_servers": [sys.argv[1]]}, sys.argv[2], "127.0.0.1", int(sys.argv[3])))
"""
_TAIL = "import typer; from api.commands.tail import tail; typer.run(tail)"


class Process:
    """A child whose lines can be waited for."""

    def __init__(self, program: str, *arguments: str) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-u", "-c", program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.child.stdout is not None
        for line in self.child.stdout:
            self._lines.put(line.decode().rstrip())

    def line(self, wanted: Callable[[str], bool]) -> str:
        """The next line that is wanted; those before it are dropped."""
        end = time.monotonic() + DEADLINE_S
        while not wanted(line := self._lines.get(timeout=max(0.01, end - time.monotonic()))):
            pass
        return line

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.child.send_signal(how)
        return self.child.wait(DEADLINE_S)


@contextlib.contextmanager
def process(program: str, *arguments: str) -> Iterator[Process]:
    started = Process(program, *arguments)
    try:
        yield started
    finally:
        if started.child.poll() is None:
            started.child.kill()
            started.child.wait()


def publish(producer: KafkaProducer, settings: Settings, seq: int) -> None:
    origin = Origin(0, 0, seq, f"{seq:032x}", "A-1", "binding", "p", 1_772_719_320_000)
    alert = AlertRaised(
        alert_id=f"A-1/{seq}",
        cause="utilisation",
        level="critical",
        found=10_100,
        line=10_000,
        measure="stop new orders",
        owner_role="credit_manager",
    )
    record = publish_decision(alert, origin, 0, "alerts")
    name = topic(settings.topic_prefix, record.topic)
    producer.send(name, value=record.value, key=record.key, partition=0).get(DEADLINE_S)


@pytest.fixture
def producer(broker_settings: Settings) -> Iterator[KafkaProducer]:
    create_and_check(broker_settings)
    started = KafkaProducer(bootstrap_servers=broker_settings.brokers)
    yield started
    started.close()


def test_a_tail_outlives_its_api_and_misses_nothing(
    broker_settings: Settings, producer: KafkaProducer, free_port: Callable[[], int]
) -> None:
    port = str(free_port())
    url = f"http://127.0.0.1:{port}"
    arguments = (broker_settings.brokers, broker_settings.topic_prefix, port)
    with process(_SERVE, *arguments) as api:
        api.line(lambda line: line == url)
        wait_ready(url)
        with process(_TAIL, "--url", url, "--json", "--level", "warning") as tail:
            tail.line(lambda line: line.startswith("connected"))
            received = []
            publish(producer, broker_settings, 0)
            received.append(seq_of(tail.line(is_event)))
            assert api.end() == 0
            tail.line(lambda line: line.startswith("connection lost"))
            for seq in (1, 2):
                publish(producer, broker_settings, seq)
            with process(_SERVE, *arguments) as second:
                second.line(lambda line: line == url)
                tail.line(lambda line: line.startswith("connected again"))
                publish(producer, broker_settings, 3)
                received += [seq_of(tail.line(is_event)) for _ in range(3)]
                assert received == [0, 1, 2, 3]
                assert tail.end(signal.SIGINT) == 0
                assert second.end(signal.SIGINT) == 0


def test_a_tail_for_people_is_one_line_an_event(
    broker_settings: Settings, producer: KafkaProducer, free_port: Callable[[], int]
) -> None:
    port = str(free_port())
    url = f"http://127.0.0.1:{port}"
    with process(_SERVE, broker_settings.brokers, broker_settings.topic_prefix, port) as api:
        api.line(lambda line: line == url)
        wait_ready(url)
        with process(_TAIL, "--url", url, "--language", "zh") as tail:
            tail.line(lambda line: line.startswith("已连接"))
            publish(producer, broker_settings, 0)
            assert "■ 严重" in tail.line(lambda line: "A-1" in line)


def test_a_taken_port_and_an_open_address_could_not_run(broker_settings: Settings) -> None:
    with process(_SERVE, broker_settings.brokers, broker_settings.topic_prefix, "0") as first:
        port = first.line(lambda line: line.startswith("http")).rpartition(":")[2]
        with process(_SERVE, broker_settings.brokers, broker_settings.topic_prefix, port) as second:
            assert second.child.wait(DEADLINE_S) == 2
    with process(_SERVE.replace("127.0.0.1", "0.0.0.0"), broker_settings.brokers, "credit", "0") as open_to_all:
        open_to_all.line(lambda line: "obligor people add" in line)
        assert open_to_all.child.wait(DEADLINE_S) == 2


def is_event(line: str) -> bool:
    return line.startswith("{")


def seq_of(line: str) -> int:
    event: dict[str, Any] = json.loads(line)["event"]
    return int(event["ledger"]["seq"])


def wait_ready(url: str) -> None:
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(f"{url}/v1/health/ready"):
            return
        time.sleep(0.05)
    raise AssertionError(f"expected {url} to become ready within {DEADLINE_S} s")
