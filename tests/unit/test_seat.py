"""A partition as a worker holds it: when it has work, what it acknowledges, what it says is published."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from projections.partition import Partition
from projections.store import MemoryRows
from streams.publisher import PublishFailed
from streams.seat import EXPOSURES_EVERY_S, MERGE_ORDER, Seat
from tests.builders import Said, account_opened, day_closed, limit_set, order
from tests.driving import Stored

START_MS = 1_740_960_000_000


class Batch(list[Stored]):
    """What a fetch returned."""

    def __init__(self, records: list[Stored], from_offset: int) -> None:
        super().__init__(records)
        self.from_offset = from_offset
        self.next_offset = records[-1].offset + 1
        self.size_bytes = 100


@dataclass
class Event:
    """What has to be acknowledged."""

    is_acked: bool = False

    def ack(self) -> None:
        self.is_acked = True


def _seat(number: int = 0, partitions: int = 1) -> Seat:
    rows: Any = MemoryRows()
    seat = Seat(Partition(rows, number, partitions, "credit"), rows, 0, 0)
    for name in MERGE_ORDER:
        seat.merge.known_end(name, 0)
    return seat


def _batch(said: list[Said], start: int = 0, headers: list[tuple[str, bytes]] | None = None) -> Batch:
    records = []
    for place, one in enumerate(said):
        own = [(name, text.encode()) for name, text in one.headers.items()] + (headers or [])
        records.append(Stored(start + place, one.key.encode() or None, one.bytes(), own, START_MS + start + place))
    return Batch(records, start)


def _opened() -> list[Said]:
    return [account_opened()]


def test_a_batch_is_acknowledged_when_all_of_it_is_taken_and_not_before() -> None:
    seat, event = _seat(), Event()
    seat.offer("orders", _batch([order(f"O{n}") for n in range(3)]), event, 0, 3)
    seat.take(2, 0, 0)
    seat.acknowledge()
    assert not event.is_acked
    seat.take(2, 0, 0)
    seat.acknowledge()
    assert event.is_acked


def test_a_batch_that_starts_too_late_is_asked_for_again_and_not_held() -> None:
    seat, event = _seat(), Event()
    offered = seat.offer("orders", _batch([order()], start=4), event, 0, 5)
    assert offered.seek_to == 0
    seat.let_go()
    assert not event.is_acked


def test_letting_go_acknowledges_everything_held() -> None:
    seat, event = _seat(), Event()
    seat.offer("orders", _batch([order()]), event, 0, 1)
    seat.let_go()
    assert event.is_acked


def test_a_busy_closed_or_unchecked_seat_has_no_work() -> None:
    seat = _seat()
    assert not seat.has_work()
    seat.offer("orders", _batch([order()]), Event(), 0, 1)
    assert seat.needs_check()
    assert not seat.has_work()
    seat.begin_check()
    assert seat.has_work()
    seat.is_busy = True
    assert not seat.has_work()
    seat.is_busy, seat.is_closed = False, True
    assert not seat.has_work()


def test_a_partition_waits_for_the_copies_that_are_known_to_come() -> None:
    seat = _seat(number=1, partitions=2)
    seat.expects_control(2)
    seat.offer("orders", _batch([order()]), Event(), 0, 1)
    assert seat.take(10, 0, 0).count == 0
    days = [day_closed("2025-03-01"), day_closed("2025-03-02")]
    for number, day in enumerate(days):
        seat.offer("control", _batch([day], number, [("control_no", b"%d" % number)]), Event(), 0, number + 1)
    seat.expects_control(2)
    assert not seat.is_holding


def test_outputs_are_in_ledger_order_and_an_account_is_shown_once() -> None:
    seat = _seat()
    seat.offer("dossiers", _batch(_opened()), Event(), 0, 1)
    seat.offer("desk", _batch([limit_set(1_000)]), Event(), 0, 1)
    seat.offer("orders", _batch([order("O1"), order("O2"), order("O3", 5_000)]), Event(), 0, 3)
    outputs = seat.outputs(seat.take(10, 0, 0), 0)
    decisions = [output.value or b"" for output in outputs if output.topic == "decisions"]
    assert [b"order_released" in value for value in decisions[-3:]] == [True, True, False]
    assert [output.topic for output in outputs].count("exposures") == 1


def test_exposures_wait_while_more_waits_than_a_round_takes_and_nothing_counts_as_published_without_them() -> None:
    seat = _seat()
    seat.exposed_at_s = now_s = 100.0
    seat.offer("dossiers", _batch(_opened()), Event(), 0, 1)
    seat.offer("orders", _batch([order("O1"), order("O2"), order("O3")]), Event(), 0, 3)
    topics, published = [], []
    for limit in (2, 1, 1):
        taken = seat.take(limit, 0, 0)
        seat.appended(seat.ledger_end + len(taken.outcomes))
        topics.append([output.topic for output in seat.outputs(taken, now_s)])
        seat.sent([])
        seat.note_published()
        published.append(seat.partition.chain.published)
    assert ["exposures" in found for found in topics] == [False, False, True]
    assert published == [-1, -1, 3]


def test_exposures_do_not_wait_for_long() -> None:
    seat = _seat()
    seat.exposed_at_s = 100.0
    seat.offer("dossiers", _batch(_opened()), Event(), 0, 1)
    seat.offer("orders", _batch([order("O1"), order("O2")]), Event(), 0, 2)
    outputs = seat.outputs(seat.take(2, 0, 0), 100.0 + EXPOSURES_EVERY_S)
    assert "exposures" in [output.topic for output in outputs]


def test_a_refused_record_is_published_with_its_own_bytes() -> None:
    seat = _seat()
    broken = Batch([Stored(0, b"ACME", b"{", [("x", b"y")], START_MS)], 0)
    seat.offer("orders", broken, Event(), 0, 1)
    letter = next(output for output in seat.outputs(seat.take(10, 0, 0), 0) if output.topic == "deadletters")
    assert (letter.key, letter.value, letter.headers[0]) == (b"ACME", b"{", ("x", b"y"))


def test_published_follows_the_acknowledgements_in_order_and_a_refusal_is_an_error() -> None:
    async def check() -> None:
        seat, futures = _seat(), [asyncio.get_running_loop().create_future() for _ in range(3)]
        for place, future in enumerate(futures):
            seat.offer("orders", _batch([order(f"O{place}")], place), Event(), 0, place + 1)
            taken = seat.take(10, 0, 0)
            seat.appended(place + 1)
            seat.outputs(taken, 0)
            seat.sent([future])
        futures[1].set_result(None)
        seat.note_published()
        assert seat.partition.chain.published == -1
        futures[0].set_result(None)
        seat.note_published()
        assert (seat.partition.chain.published, seat.partition.chain.published_offset) == (1, 2)
        futures[2].set_exception(ConnectionError("refused"))
        with pytest.raises(PublishFailed, match="refused"):
            seat.note_published()

    asyncio.run(check())
