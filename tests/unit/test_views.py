"""What views make of ledger records, and how they are kept: void records, late facts, hours, directories."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from api.ledger_view import Meta, is_readable, open_view
from api.slots import SLOTS_MAX, NoSlot, Slot
from projections.store import MemoryRows
from projections.views.lines import place_of
from projections.views.partition_view import PartitionView, view_layout
from schemas.ledger import decode_entry, encode_entry
from tests.builders import order
from tests.scenario import START_MS, Scenario, with_limit

HOUR_MS = 3_600_000
META = Meta("topic", 1, "credit", view_layout())


def say_at(scenario: Scenario, offset: int, at_ms: int, said: Any) -> None:
    record = SimpleNamespace(offset=offset, timestamp=at_ms, key=b"ACME", value=said.bytes(), headers=[])
    scenario.ledger += scenario.partition.take("orders", record, 7)


def view_of(scenario: Scenario, every: int = 1_000) -> PartitionView:
    view = PartitionView(MemoryRows(), 0, 1, "credit")
    for outcome in scenario.ledger:
        view.take(outcome.seq, outcome.value)
        if outcome.seq % every == 0:
            view.commit()
    view.commit()
    return view


def points(view: PartitionView) -> list[tuple[int, int]]:
    return [(point.at_ms, point.exposure_minor) for _, point in view.shelf.scan("point", place_of("ACME"))]


@pytest.mark.parametrize("every", [1, 2, 1_000])
def test_an_hour_in_which_something_happened_leaves_one_point(every: int) -> None:
    scenario = with_limit(1_000)
    begin = START_MS // HOUR_MS * HOUR_MS + HOUR_MS
    say_at(scenario, 0, begin + 1, order("O1", 100))
    say_at(scenario, 1, begin + 2, order("O2", 50))
    say_at(scenario, 2, begin + HOUR_MS, order("O3", 7))
    say_at(scenario, 3, begin + 5 * HOUR_MS, order("O4", 3))
    found = points(view_of(scenario, every))
    assert found[-3:] == [(begin + 2, 150), (begin + HOUR_MS, 157), (begin + 5 * HOUR_MS, 160)]


def test_a_fact_that_arrives_late_changes_no_earlier_point() -> None:
    scenario = with_limit(1_000)
    begin = START_MS // HOUR_MS * HOUR_MS + 10 * HOUR_MS
    say_at(scenario, 0, begin, order("O1", 100))
    say_at(scenario, 1, begin - 5 * HOUR_MS, order("O2", 50))
    view = view_of(scenario)
    assert points(view)[-1:] == [(begin, 150)]
    assert view.accounts.lines["ACME"].at_ms == begin


def test_void_records_leave_no_trace() -> None:
    scenario = with_limit(1_000)
    scenario.say(order("O1", 100), order("O2", 100))
    view = PartitionView(MemoryRows(), 0, 1, "credit")
    forged = msgspec.structs.replace(decode_entry(scenario.ledger[-1].value), prev="0" * 64)
    offset = 0
    for outcome in scenario.ledger:
        for value in (b"nonsense", None, encode_entry(forged)):
            assert not view.take(offset, value)
            offset += 1
        assert view.take(offset, outcome.value)
        offset += 1
    view.commit()
    assert view.state.void_count == 3 * len(scenario.ledger) and view.state.seen == offset
    assert view.accounts.lines["ACME"].exposure_minor == 200
    assert view.partition.chain.next_offset == offset


def fill(path: Path, scenario: Scenario, meta: Meta = META) -> None:
    view = open_view(path, meta)
    for outcome in scenario.ledger[view.parts[0].partition.chain.seq :]:
        assert view.take(0, outcome.seq, outcome.value)
    view.commit()
    view.close()


def test_a_directory_is_gone_on_with_from_where_it_ends(tmp_path: Path) -> None:
    scenario = with_limit(1_000)
    fill(tmp_path / "v1", scenario)
    scenario.say(order("O1", 5_000))
    view = open_view(tmp_path / "v1", META)
    assert view.parts[0].state.seen == len(scenario.ledger) - 1
    assert view.line("ACME") is not None and not view.parts[0].orders.open
    view.close()
    fill(tmp_path / "v1", scenario)
    view = open_view(tmp_path / "v1", META)
    assert [line.order_id for line in view.parts[0].orders.open.values()] == ["O1"]
    view.close()


@pytest.mark.parametrize("changed", [{"topic_id": "another"}, {"layout": "of another version"}, {"partitions": 2}])
def test_what_another_ledger_or_version_left_is_not_gone_on_with(tmp_path: Path, changed: dict[str, Any]) -> None:
    fill(tmp_path / "v1", with_limit(1_000))
    other = msgspec.structs.replace(META, **changed)
    assert is_readable(tmp_path / "v1", META) and not is_readable(tmp_path / "v1", other)
    view = open_view(tmp_path / "v1", other)
    assert view.line("ACME") is None and all(part.state.seen == 0 for part in view.parts)
    view.close()


def test_each_process_has_a_directory_of_its_own(tmp_path: Path) -> None:
    first, second = Slot(tmp_path), Slot(tmp_path)
    assert (first.name, second.name) == ("0", "1")
    first.release()
    third = Slot(tmp_path)
    assert third.name == "0"
    others = [Slot(tmp_path) for _ in range(SLOTS_MAX - 2)]
    with pytest.raises(NoSlot, match="expected a free directory"):
        Slot(tmp_path)
    for slot in (second, third, *others):
        slot.release()
