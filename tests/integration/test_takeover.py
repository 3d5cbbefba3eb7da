"""A worker without state takes over a partition from a checkpoint and the ledger's tail."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.auditing import audit_all, plan_audit
from streams.settings import Settings
from tests.takeover import measure_takeover

pytestmark = pytest.mark.kafka


def test_a_long_ledger_is_taken_over_from_a_checkpoint(broker_settings: Settings, tmp_path: Path) -> None:
    more = {"data": tmp_path, "partitions": 1, "checkpoint_every": 8_000, "session_timeout_ms": 6_000}
    settings = broker_settings.model_copy(update=more)
    found = measure_takeover(settings, tmp_path / "worker.log", facts=20_000, accounts=100, without=False, say=print)
    assert found.ledger_records > 20_000
    assert 0 < found.ledger_records - found.checkpoint_seq < 16_000
    assert found.with_checkpoint_seconds < 30
    assert [finding for report in audit_all(settings, plan_audit(settings)) for finding in report.findings] == []
