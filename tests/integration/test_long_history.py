"""Ten years of history go in, and the broker is as well as before: few files, nothing deleted, all in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.broker import QUICK_START, Broker
from tests.history import import_history

pytestmark = pytest.mark.kafka


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker of its own, whose files are counted."""
    with Broker(tmp_path, port=0, jvm_options=QUICK_START) as running:
        yield running


def test_ten_years_leave_the_broker_healthy(own_broker: Broker, tmp_path: Path) -> None:
    found = import_history(own_broker, tmp_path, invoices=3_000, partitions=2, say=print)
    assert found.days > 3_650
    assert found.facts == found.ledger_facts
    assert found.segments_per_partition_max <= 2
    assert found.files_after - found.files_before < 30
    assert own_broker.running
