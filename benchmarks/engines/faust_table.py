"""Faust as its manual has it, with the simple work: an agent over both topics and a Table in RocksDB."""

from __future__ import annotations

import sys
from typing import Any

import faust

from benchmarks.simple_work import PARTITIONS, TOPICS, State, step
from streams.topics import topic
from streams.transport import quiet_loggers


def raise_alert(table: Any, key: bytes, value: bytes) -> bool:
    """Bring the Table in line with a fact and return whether it raises an alert."""
    name = key.decode()
    stored = table.get(name)
    state: State | None = None if stored is None else (stored[0], stored[1])
    after, crossed = step(state, value)
    table[name] = after
    return crossed


def main(brokers: str, prefix: str, directory: str) -> None:
    """Run one worker until it is killed."""
    quiet_loggers()
    app = faust.App(
        f"{prefix}-faust",
        broker=f"kafka://{brokers}",
        store="rocksdb://",
        datadir=directory,
        topic_partitions=PARTITIONS,
        topic_replication_factor=1,
        topic_disable_leader=True,
        web_enabled=False,
        stream_wait_empty=False,
        broker_max_poll_records=5_000,
        consumer_auto_offset_reset="earliest",
    )
    raw = {"key_type": bytes, "key_serializer": "raw", "value_type": bytes, "value_serializer": "raw"}
    facts = app.topic(*(topic(prefix, name) for name in TOPICS), **raw)
    alerts = app.topic(topic(f"{prefix}-faust_table", "alerts"), **raw)
    exposures = app.Table("exposures", partitions=PARTITIONS)

    @app.agent(facts)
    async def watch(stream: Any) -> None:
        async for event in stream.events():
            if raise_alert(exposures, event.key, event.value):
                await alerts.send(key=event.key, value=event.value)

    faust.Worker(app, loglevel="WARNING").execute_from_commandline()


if __name__ == "__main__":
    main(*sys.argv[1:])
