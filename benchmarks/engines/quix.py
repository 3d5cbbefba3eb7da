"""Quix Streams with the simple work: one stateful step over both topics, RocksDB state with its changelog."""

from __future__ import annotations

import sys
from typing import Any

from quixstreams import Application

from benchmarks.simple_work import TOPICS, step
from streams.topics import topic


def raise_alert(value: bytes, state: Any) -> list[bytes]:
    """Return the facts that raise an alert: this one or none."""
    stored = state.get("state")
    after, crossed = step(None if stored is None else (stored[0], stored[1]), value)
    state.set("state", after)
    return [value] if crossed else []


def main(brokers: str, prefix: str, directory: str) -> None:
    """Run one process until it is killed."""
    app = Application(
        broker_address=brokers,
        consumer_group=f"{prefix}-quix",
        auto_offset_reset="earliest",
        processing_guarantee="at-least-once",
        state_dir=directory,
        loglevel="WARNING",
    )
    sources = [
        app.dataframe(app.topic(topic(prefix, name), key_deserializer="bytes", value_deserializer="bytes"))
        for name in TOPICS
    ]
    alerts = app.topic(topic(f"{prefix}-quix", "alerts"), key_serializer="bytes", value_serializer="bytes")
    both = sources[0].concat(sources[1])
    both.apply(raise_alert, stateful=True, expand=True).to_topic(alerts)
    app.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
