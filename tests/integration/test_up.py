"""`obligor up` from outside: what a person sees who starts it, looks at it and presses Ctrl-C."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import httpx
import psutil
import pytest
from kafka import TopicPartition
from websockets.sync.client import connect

from api.commands.credentials import authorization
from streams.broker import DEFAULT_PORT, Broker
from streams.settings import Settings
from tests.faults.processes import environment
from tests.order_system import new_consumer, read_all
from tests.worker_process import wait_until

pytestmark = pytest.mark.kafka

_OBLIGOR = str(Path(sys.executable).with_name("obligor"))
_READY = re.compile(r"^ready  api (\S+)  kafka (\S+)  data (.+)$", re.MULTILINE)
_PARTITIONS = 3
_SECONDS = 100


class Up:
    """One `obligor up`."""

    def __init__(self, data: Path, *arguments: str, **more: str) -> None:
        settings = Settings(data=data, partitions=_PARTITIONS)
        self._environment = environment(settings, **more)
        self._environment.pop("OBLIGOR_BROKERS")
        self.output = ""
        self.process = subprocess.Popen(
            [_OBLIGOR, "up", "--no-open", "--data", str(data), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment,
            text=True,
            start_new_session=True,
        )
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line

    def wait_ready(self) -> Self:
        """Wait for the line that says so."""
        wait_until("a line that says ready", lambda: bool(_READY.search(self.output)), _SECONDS, self._check)
        return self

    def _check(self) -> None:
        assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.output}"

    @property
    def addresses(self) -> tuple[str, str]:
        """The api's address and Kafka's."""
        found = _READY.search(self.output)
        assert found is not None
        return found[1], found[2]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command over the same settings."""
        command = [_OBLIGOR, *arguments]
        return subprocess.run(command, env=self._environment, capture_output=True, text=True, timeout=60, check=False)

    def end(self, number: int) -> int:
        """Signal it, and return its exit code once everything that it started has ended too."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        assert len(family) >= 2
        self.process.send_signal(number)
        code = self.process.wait(60)
        _, alive = psutil.wait_procs(family, timeout=10)
        assert not alive, [process.cmdline() for process in alive]
        self._reading.join(10)
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            family = psutil.Process(self.process.pid).children(recursive=True)
            for process in [self.process, *family]:
                if process.poll() is None if isinstance(process, subprocess.Popen) else process.is_running():
                    process.kill()
            self.process.wait(10)
            print(self.output)


@pytest.fixture
def taken_ports() -> Iterator[None]:
    """The default ports are somebody else's."""
    with ExitStack() as held:
        for port in (DEFAULT_PORT, 8400):
            listening = held.enter_context(socket.socket())
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listening.bind(("127.0.0.1", port))
                listening.listen()
            except OSError:
                continue  # another program has it already
        yield


def _first_of_each(url: str, wanted: set[str], who: dict[str, str], seconds: float = 60) -> set[str]:
    """Read the feed until it has shown every wanted type."""
    seen: set[str] = set()
    until = time.monotonic() + seconds
    with connect(url.replace("http", "ws") + "/v1/feed", max_size=None, additional_headers=who) as feed:
        feed.send(json.dumps({"subscribe": ["decisions", "alerts"]}))
        while not wanted <= seen and time.monotonic() < until:
            for text in [feed.recv(timeout=seconds)]:
                seen |= set(re.findall(r'"type":\s*"(\w+)"', str(text)))
    return seen


def _closed_days(brokers: str) -> list[str]:
    consumer = new_consumer(brokers)
    try:
        records = read_all(consumer, [TopicPartition("credit.control.v1", 0)])
    finally:
        consumer.close(autocommit=False)
    told = [json.loads(record.value) for record in records]
    return [fact["business_date"] for fact in told if fact["type"] == "day_closed"]


def _the_link_opens_one_session(output: str, url: str) -> None:
    """What `up` prints lets whoever reads it in, once; nobody else on the machine gets anything."""
    assert httpx.get(f"{url}/v1/accounts").status_code == 401
    link = re.search(r"^open   (\S+)$", output, re.M)
    assert link is not None
    with httpx.Client(base_url=url) as browser:
        assert browser.get(link[1]).headers["location"] == "/"
        assert browser.get("/v1/accounts").status_code == 200
    assert httpx.get(link[1]).status_code == 403


def test_the_demo_lives_ends_and_goes_on(tmp_path: Path, taken_ports: None) -> None:
    wanted = {"order_released", "order_referred", "order_blocked", "alert_raised"}
    with Up(tmp_path, "--demo") as first:
        url, brokers = first.wait_ready().addresses
        assert not url.endswith(":8400")
        assert not brokers.endswith(f":{DEFAULT_PORT}")
        _the_link_opens_one_session(first.output, url)
        status = first.run("status", "--json", "--data", str(tmp_path))
        assert (status.returncode, json.loads(status.stdout)["state"]) == (0, "ready")
        assert wanted <= _first_of_each(url, wanted, authorization(tmp_path, url))
        wait_until("days to be closed", lambda: len(_closed_days(brokers)) >= 2, 60)
        assert first.end(signal.SIGINT) == 0, first.output
        assert re.search("released|放行", first.output), "the feed was shown"
        assert first.run("status", "--json", "--data", str(tmp_path)).returncode == 2
    with Up(tmp_path, "--demo") as second:
        _, again = second.wait_ready().addresses
        before = _closed_days(again)
        assert len(before) >= 2
        wait_until("more days to be closed", lambda: len(_closed_days(again)) > len(before) + 1, 60)
        days = _closed_days(again)
        assert days == sorted(set(days))
        audit = second.run("audit", "--json", "--brokers", again)
        assert (audit.returncode, json.loads(audit.stdout)["clean"]) == (0, True), audit.stdout + audit.stderr
        assert second.end(signal.SIGTERM) == 0, second.output


def test_over_a_cluster_that_is_there(broker: Broker, broker_settings: Settings, tmp_path: Path) -> None:
    name = broker_settings.topic_prefix
    more = {"OBLIGOR_TOPIC_PREFIX": name, "OBLIGOR_GROUP_ID": name}
    with Up(tmp_path, "--brokers", broker.bootstrap, "--workers", "2", **more) as up:
        _, brokers = up.wait_ready().addresses
        assert brokers == broker.bootstrap
        assert not (tmp_path / "kafka").exists()
        status = json.loads(up.run("status", "--json", "--data", str(tmp_path)).stdout)
        assert [part["state"] for part in status["parts"]] == ["ready"] * len(status["parts"])
        assert len(status["parts"]) >= 3
        assert up.end(signal.SIGINT) == 0, up.output
    assert broker.running


def test_without_a_broker_it_ends_with_2(tmp_path: Path) -> None:
    with Up(tmp_path / "a,b") as up:
        assert up.process.wait(60) == 2
    assert "without a comma" in up.output


def test_without_the_jars_it_ends_with_2_and_names_what_is_missing(tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:1"
    offline = {"https_proxy": nowhere, "HTTPS_PROXY": nowhere, "http_proxy": nowhere, "HTTP_PROXY": nowhere}
    with Up(tmp_path / "data", XDG_CACHE_HOME=str(tmp_path / "cache"), **offline) as up:
        assert up.process.wait(120) == 2, up.output
    assert re.search(r"expected to fetch \S+\.jar", up.output), up.output
    assert "Traceback" not in up.output


def test_a_cluster_that_is_not_there_ends_with_2(tmp_path: Path) -> None:
    with Up(tmp_path, "--brokers", "127.0.0.1:1") as up:
        assert up.process.wait(60) == 2, up.output
    assert "127.0.0.1:1" in up.output
    assert "Traceback" not in up.output
