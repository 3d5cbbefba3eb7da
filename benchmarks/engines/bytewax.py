"""Bytewax with the simple work: one stateful step over both topics, with recovery snapshots."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.simple_work import TOPICS, State, step
from streams.topics import topic


def raise_alert(state: State | None, value: bytes) -> tuple[State, list[bytes]]:
    """Return the account's state and the facts that raise an alert: this one or none."""
    after, crossed = step(state, value)
    return after, [value] if crossed else []


def main(brokers: str, prefix: str, directory: str) -> None:
    """Run one worker in one process until it is killed."""
    import bytewax.operators as op
    from bytewax.connectors.kafka import KafkaSink, KafkaSinkMessage, KafkaSource
    from bytewax.dataflow import Dataflow
    from bytewax.recovery import RecoveryConfig, init_db_dir
    from bytewax.testing import cluster_main

    names = [topic(prefix, name) for name in TOPICS]
    flow = Dataflow("simple_work")
    facts = op.input("facts", flow, KafkaSource([brokers], names))
    by_account = op.map("by_account", facts, lambda message: (message.key.decode(), message.value))
    alerts = op.stateful_flat_map("exposure", by_account, raise_alert)
    records: Any = op.map("record", alerts, lambda alert: KafkaSinkMessage(alert[0].encode(), alert[1]))
    op.output("alerts", records, KafkaSink([brokers], topic(f"{prefix}-bytewax", "alerts")))
    Path(directory).mkdir(parents=True, exist_ok=True)
    init_db_dir(Path(directory), 1)
    recovery = RecoveryConfig(Path(directory))
    cluster_main(flow, [], 0, epoch_interval=timedelta(seconds=1), recovery_config=recovery)


if __name__ == "__main__":
    main(*sys.argv[1:])
