"""State that another version wrote: it is never opened as if it were ours, and nothing of the account is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec import Struct, inspect

from projections import layout
from projections.partition import Partition
from projections.store import MemoryRows
from schemas.ledger import CORE
from streams.access import Access
from streams.checkpoints import newest_checkpoints
from streams.opening import open_partition
from streams.reader import Reader
from streams.settings import Settings
from streams.states import RocksStates
from streams.topics import SOURCES
from tests.scenario import Scenario, rows_of, with_limit

TOPIC_IDS = {name: f"id of {name}" for name in (*SOURCES, "ledger")}


class MemoryReader(Reader):
    """Reads one partition of the ledger from memory; the sources end where the ledger has read them."""

    def __init__(self, scenario: Scenario) -> None:
        self._ledger = [SimpleNamespace(offset=at, value=one.value) for at, one in enumerate(scenario.ledger)]
        self._positions = scenario.partition.chain.positions

    async def ends(self, partitions: list[Any]) -> dict[Any, int]:
        """Return the offset after the last record of each partition."""
        return {at: self._end(at.topic.split(".")[1]) for at in partitions}

    def _end(self, name: str) -> int:
        return len(self._ledger) if name == "ledger" else self._positions.get(name, -1) + 1

    async def beginnings(self, partitions: list[Any]) -> dict[Any, int]:
        """Return 0 for each."""
        return dict.fromkeys(partitions, 0)

    async def last(self, partition: Any, count: int = 1) -> list[Any]:
        """Return nothing: no output was published."""
        return []

    async def read(self, partition: Any, start: int, end: int) -> AsyncIterator[list[Any]]:
        """Yield one record at a time."""
        for record in self._ledger[start:end] if "ledger" in partition.topic else []:
            yield [record]


@pytest.fixture
def scenario() -> Scenario:
    """An account with a limit and its ledger."""
    return with_limit(700)


@pytest.fixture
def access(scenario: Scenario, tmp_path: Path) -> Access:
    """A worker's way to that ledger, with directories of its own."""
    settings = Settings(brokers="nowhere:1", partitions=1, data=tmp_path)
    return Access(settings, MemoryReader(scenario), TOPIC_IDS, RocksStates(settings))


def opened(access: Access) -> tuple[dict[bytes, bytes], list[str]]:
    """Open the partition once; return its rows, and whether what was stored before was used."""
    found = asyncio.run(open_partition(access, 0))
    stored = found.rows.get(b"Pkept") is not None
    found.rows.write([(b"Pkept", b"yes")])
    rows = {key: value for key, value in rows_of(found.partition).items() if key != b"Pkept"}
    access.states.make_checkpoint(0, found.rows, found.partition.chain.seq)
    found.rows.close()
    return rows, ["kept"] if stored else ["built from the ledger"]


def written_by_another_version(access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let state and checkpoint be those of a worker with other rules or rows."""
    monkeypatch.setattr(layout, "layout", lambda: b"0.9.0 0123")
    monkeypatch.setattr("projections.partition.layout", lambda: b"0.9.0 0123")
    opened(access)
    monkeypatch.undo()


def test_state_of_this_version_is_used(access: Access) -> None:
    first, how = opened(access)
    assert how == ["built from the ledger"]
    again, how = opened(access)
    assert (how, again) == (["kept"], first)


def test_state_and_checkpoints_of_another_version_are_dropped(
    scenario: Scenario, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    written_by_another_version(access, monkeypatch)
    assert newest_checkpoints(access.settings, 0)
    rows, how = opened(access)
    assert how == ["built from the ledger"]
    scenario.partition.commit()
    assert rows == rows_of(scenario.partition)


def test_state_without_a_note_gives_way_to_a_checkpoint_with_one(access: Access) -> None:
    first, _ = opened(access)
    rows = access.states.open(0)
    rows.write([(layout.LAYOUT_KEY, None), (b"Pnowhere else", b"yes")])
    rows.close()
    assert opened(access) == (first, ["kept"]), "as the checkpoint has it, made while the note was there"
    rows = access.states.open(0)
    assert rows.get(b"Pnowhere else") is None
    rows.close()


def test_the_version_is_noted_with_the_state() -> None:
    partition = Partition(MemoryRows(), 0, 1, "credit")
    assert not layout.is_of_this_version(partition.rows)
    partition.commit()
    assert layout.is_of_this_version(partition.rows)
    assert layout.layout().startswith(CORE.encode())


class Before(Struct, array_like=True):
    """A row as it was."""

    amount: int
    open: int


class Swapped(Struct, array_like=True):
    """The same fields in another order: the stored bytes cannot tell."""

    open: int
    amount: int


def test_rows_with_fields_in_another_place_are_of_another_layout() -> None:
    shapes = [layout.shape_of(inspect.type_info(cast(Any, row))) for row in (Before, Swapped)]
    assert shapes[0].replace("Before", "") != shapes[1].replace("Swapped", "")
