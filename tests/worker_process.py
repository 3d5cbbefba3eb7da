"""A worker process that tests can ask whether it is ready and what it counts."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from typing import Any, Self

from kafka import KafkaConsumer, TopicPartition

from streams.settings import Settings
from streams.topics import SOURCES, topic
from tests.faults.processes import WorkerProcess
from tests.faults.progress import Stuck, wait_until

_PORT = re.compile(rb"metrics_port\S*?=\D*?(\d+)")
_COLOUR = re.compile(rb"\x1b\[[0-9;]*m")


class ObservedWorker(WorkerProcess):
    """One `obligor worker` with its health and metrics; use it as a context to be sure that it ends."""

    def start(self, **more: str) -> Self:
        """Start it; `more` are further environment variables."""
        super().start(**more)
        return self

    def start_ready(self, seconds: float = 60) -> Self:
        """Start it and wait until it holds all that is assigned to it."""
        return self.start().wait_ready(seconds)

    def wait_ready(self, seconds: float = 60) -> Self:
        """Wait until it says that it is ready."""
        wait_until("the worker to be ready", lambda: not self.unready(), seconds, self._check)
        return self

    def _check(self) -> None:
        if not self.running:
            raise Stuck(f"expected the worker to run, it ended with {self.exit_code}:\n{self.tail()}")

    def unready(self) -> list[str]:
        """Return why it is not ready; empty if it is."""
        found: list[str] = json.loads(self.ask("/ready")[1] or '{"reasons": ["does not answer"]}')["reasons"]
        return found

    def ask(self, path: str) -> tuple[int, str]:
        """Return the status and the text of an answer; (0, "") if there is none yet."""
        found = _PORT.findall(_COLOUR.sub(b"", self.log_since_start()))
        if not found:
            return 0, ""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{int(found[-1])}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def counts(self) -> dict[str, float]:
        """Return its metrics by name and labels as Prometheus writes them."""
        lines = [line for line in self.ask("/metrics")[1].splitlines() if line and not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    def count(self, name: str) -> float:
        """Return the sum of a metric over all its labels."""
        return sum(value for key, value in self.counts().items() if key.partition("{")[0] == name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: Any) -> None:
        if kind is not None:
            print(self.tail(60))
        if self.running:
            self.kill()


def all_taken(settings: Settings) -> bool:
    """Return whether the group has committed every record of every source: all were taken in, repeats too."""
    consumer = KafkaConsumer(
        bootstrap_servers=settings.brokers, group_id=settings.group_id, enable_auto_commit=False, auto_offset_reset=None
    )
    try:
        names = [topic(settings.topic_prefix, name) for name in SOURCES]
        places = [TopicPartition(name, number) for name in names for number in range(settings.partitions)]
        ends = consumer.end_offsets(places)
        return all((consumer.committed(place) or 0) >= end for place, end in ends.items() if end)
    finally:
        consumer.close(autocommit=False)


__all__ = ["ObservedWorker", "Stuck", "all_taken", "wait_until"]
