"""Obligor with the simple work in place of the credit step; transport, merge, ledger, store, publisher as they are."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

from msgspec import Raw, msgpack

import streams.opening
from benchmarks.simple_work import LINE_MINOR, State, step
from projections.chain import Outcome
from projections.partition import Partition
from projections.store import Changes, Rows
from schemas.codec import Unreadable
from schemas.decisions import AlertRaised, AnyDecision
from schemas.ledger import Source
from streams.settings import Settings
from streams.topics import SOURCES, create_and_check
from streams.topics import topic as topic_name
from streams.worker import run_worker


class SimplePartition(Partition):
    """A partition whose accounts are one number and one flag each."""

    def __init__(self, rows: Rows, number: int, partitions: int, prefix: str) -> None:
        super().__init__(rows, number, partitions, prefix)
        self._states: dict[bytes, State] = {}
        self._dirty: dict[bytes, State] = {}
        self._names = {name: topic_name(prefix, name) for name in SOURCES}

    def take(self, topic: str, record: Any, recorded_at_ms: int, doubt: Unreadable | None = None) -> list[Outcome]:
        """Take a record in and return its ledger record."""
        key = record.key
        state, crossed = step(self._states.get(key) or self._stored(key), record.value)
        self._states[key] = self._dirty[key] = state
        self.chain.positions[topic] = record.offset
        return [
            self._append(
                [_alert(key, state)] if crossed else _NONE,
                at_ms=record.timestamp,
                recorded_at_ms=recorded_at_ms,
                effect="binding",
                source=Source(self._names[topic], self.context.partition, record.offset, 0),
                account_id=key.decode(),
                fact=Raw(record.value),
                fact_id=f"{topic}/{record.offset}",
            )
        ]

    def _stored(self, key: bytes) -> State | None:
        stored = self.rows.get(b"S" + key)
        return None if stored is None else msgpack.decode(stored, type=State)

    def _note_touched(self, account_id: str | None) -> None:
        """Nothing: the peers publish no exposures either."""

    def changes(self) -> Changes:
        """Yield the accounts that changed, and the positions."""
        for key, state in self._dirty.items():
            yield b"S" + key, msgpack.encode(state)
        yield from super().changes()
        self._dirty.clear()


_NONE: list[AnyDecision] = []


def _alert(key: bytes, state: State) -> AlertRaised:
    return AlertRaised(
        alert_id=key.decode(),
        cause="exposure",
        level="warning",
        found=state[0],
        line=LINE_MINOR,
        measure="warn",
        owner_role="credit",
    )


def main(brokers: str, prefix: str, directory: str) -> int:
    """Run one worker."""
    logging.basicConfig(level=logging.WARNING)
    settings = Settings(brokers=brokers, topic_prefix=prefix, data=Path(directory), group_id=f"{prefix}-obligor")
    create_and_check(settings)
    streams.opening.Partition = SimplePartition  # type: ignore[misc]
    return run_worker(settings, clock=False)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
