"""What tests of one worker on a real broker begin with; modules with topics of their own say so themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.settings import Settings
from streams.topics import create_and_check
from tests.order_system import OrderSystem
from tests.worker_process import ObservedWorker


@pytest.fixture
def settings(broker_settings: Settings, tmp_path: Path) -> Settings:
    """Topics of this test's own; who dies is missed after six seconds."""
    found = broker_settings.model_copy(update={"data": tmp_path, "session_timeout_ms": 6_000})
    create_and_check(found)
    return found


@pytest.fixture
def shop(settings: Settings) -> Iterator[OrderSystem]:
    """An order system over them."""
    with OrderSystem(settings) as found:
        yield found


@pytest.fixture
def worker(settings: Settings, tmp_path: Path) -> Iterator[ObservedWorker]:
    """A worker on them that is ready."""
    with ObservedWorker(settings, tmp_path / "worker.log") as found:
        yield found.start_ready()
