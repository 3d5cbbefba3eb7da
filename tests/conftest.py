"""Fixtures shared by every kind of test: free ports and one real broker for the whole session."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streams.broker import QUICK_START, Broker, choose_port
from streams.settings import Settings


@pytest.fixture
def free_port() -> Callable[[], int]:
    """A function that returns a loopback port nobody listens on, another one each time."""
    given: list[int] = []

    def next_port() -> int:
        given.append(choose_port(taken=given))
        return given[-1]

    return next_port


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A real embedded broker, started once; tests keep apart by topic prefix (see `broker_settings`)."""
    with Broker(tmp_path_factory.mktemp("broker"), port=0, jvm_options=QUICK_START) as running:
        yield running


@pytest.fixture
def broker_settings(broker: Broker, tmp_path: Path) -> Settings:
    """Settings for the session's broker with a topic prefix and a group of this test's own, and few partitions."""
    name = f"t{uuid.uuid4().hex[:10]}"
    return Settings(brokers=broker.bootstrap, topic_prefix=name, group_id=name, partitions=3, data=tmp_path / "obligor")
