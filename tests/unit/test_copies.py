"""Broadcasts reach every partition once, in order, numbered by their place in partition 0."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from streams.copies import Copier
from tests.builders import day_closed


@dataclass
class Topics:
    """Partitions of `control` in memory, as reader and publisher."""

    partitions: list[list[Any]] = field(default_factory=lambda: [[], [], []])
    is_refusing: bool = False

    async def ends(self, places: list[int]) -> dict[int, int]:
        return {at: len(self.partitions[at]) for at in places}

    async def last(self, at: int, count: int) -> list[Any]:
        return self.partitions[at][-count:]

    async def read(self, at: int, start: int, end: int) -> Any:
        yield self.partitions[at][start:end]

    async def write(self, _: str, number: int, records: Any) -> None:
        if self.is_refusing:
            raise ConnectionError("refused")
        for at_ms, record in records:
            self.put(number, record.value, record.headers, at_ms)

    def put(self, number: int, value: bytes | None, headers: Any = (), at_ms: int = 5) -> Any:
        offset = len(self.partitions[number])
        record = SimpleNamespace(offset=offset, timestamp=at_ms, key=None, value=value, headers=list(headers))
        self.partitions[number].append(record)
        return record

    def copied(self, number: int) -> list[tuple[bytes | None, int]]:
        return [(record.value, int(dict(record.headers)["control_no"])) for record in self.partitions[number]]


@pytest.fixture
def topics() -> Topics:
    return Topics()


def _copier(topics: Topics) -> Copier:
    settings = SimpleNamespace(partitions=3, topic_prefix="credit")
    access: Any = SimpleNamespace(settings=settings, reader=topics, at=lambda _, number: number, verifier=None)
    publisher: Any = topics
    return Copier(access, publisher)


def _day(number: int) -> bytes:
    return day_closed(f"2025-03-{number:02}").bytes()


def test_what_is_missing_is_completed_and_then_what_comes_is_copied(topics: Topics) -> None:
    first, second = topics.put(0, _day(1)), topics.put(0, _day(2))
    topics.put(1, first.value, [("control_no", b"0")])
    copier = _copier(topics)
    asyncio.run(copier.complete())
    third = topics.put(0, _day(3))
    asyncio.run(copier.copy([second, third], 3))
    expected = [(first.value, 0), (second.value, 1), (third.value, 2)]
    assert topics.copied(1) == topics.copied(2) == expected
    assert {record.timestamp for record in topics.partitions[2]} == {5}


@pytest.mark.parametrize(
    ("value", "headers"),
    [(b"{", []), (None, []), (b'{"type":"no_such"}', []), (_day(1), [("effect", b"sideways")])],
)
def test_what_is_no_broadcast_leaves_an_empty_mark_with_nothing_but_its_number(
    topics: Topics, value: bytes | None, headers: list[tuple[str, bytes]]
) -> None:
    topics.put(0, value, headers)
    asyncio.run(_copier(topics).complete())
    assert [(record.value, record.headers) for record in topics.partitions[1]] == [
        (b"", [("ce_id", b"copy/0"), ("control_no", b"0")])
    ]


def test_a_number_that_somebody_wrote_himself_is_replaced(topics: Topics) -> None:
    topics.put(0, _day(1), [("control_no", b"77"), ("ce_id", b"d")])
    asyncio.run(_copier(topics).complete())
    assert topics.partitions[1][0].headers == [("ce_id", b"d"), ("control_no", b"0")]


def test_the_marker_of_a_transaction_leaves_a_mark_too(topics: Topics) -> None:
    copier = _copier(topics)
    asyncio.run(copier.complete())
    record = topics.put(0, _day(1))
    asyncio.run(copier.copy([record], 2))
    asyncio.run(copier.copy([], 3))
    asyncio.run(copier.copy([record], 2))
    assert topics.copied(1) == [(record.value, 0), (b"", 1), (b"", 2)]


def test_a_copy_that_was_refused_does_not_count_as_made(topics: Topics) -> None:
    copier = _copier(topics)
    asyncio.run(copier.complete())
    record, topics.is_refusing = topics.put(0, _day(1)), True
    with pytest.raises(ConnectionError):
        asyncio.run(copier.copy([record], 1))
    topics.is_refusing = False
    asyncio.run(copier.copy([record], 1))
    assert topics.copied(1) == [(record.value, 0)]
