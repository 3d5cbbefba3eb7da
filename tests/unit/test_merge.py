"""The merge of one partition: order, waiting, gaps and bounds, fed by hand."""

from dataclasses import dataclass, field

from streams.merge import Merge, Offered


@dataclass(frozen=True)
class Record:
    offset: int
    timestamp: int
    key: bytes | None = b"account-1"
    value: bytes | None = b"{}"
    headers: tuple[tuple[str, bytes], ...] = field(default=())


def run(first: int, *timestamps: int) -> list[Record]:
    return [Record(first + n, timestamp) for n, timestamp in enumerate(timestamps)]


def merge_of(*topics: str, ends: dict[str, int] | None = None, max_idle_ms: int = 200) -> Merge:
    merge = Merge(topics, max_idle_ms)
    merge.reset(dict.fromkeys(topics, 0))
    for topic, end in (ends or {}).items():
        merge.known_end(topic, end)
    return merge


def taken(merge: Merge, now_ms: int = 0, limit: int = 100) -> list[tuple[str, int]]:
    return [(topic, record.offset) for topic, record in merge.take(limit, now_ms)]


def test_smaller_timestamp_goes_first_and_the_earlier_topic_wins_a_tie() -> None:
    merge = merge_of("orders", "payments", ends={"orders": 3, "payments": 2})
    merge.offer("payments", run(0, 10, 20), 0)
    merge.offer("orders", run(0, 10, 15, 20), 0)
    assert taken(merge) == [("orders", 0), ("payments", 0), ("orders", 1), ("orders", 2), ("payments", 1)]


def test_a_topic_keeps_its_own_order_when_its_timestamps_go_backwards() -> None:
    merge = merge_of("orders", "payments", ends={"orders": 3, "payments": 1})
    merge.offer("orders", run(0, 30, 5, 40), 0)
    merge.offer("payments", run(0, 35), 0)
    assert taken(merge) == [("orders", 0), ("orders", 1), ("payments", 0), ("orders", 2)]


def test_a_topic_with_an_unknown_end_is_waited_for_until_the_idle_time_is_over() -> None:
    merge = merge_of("orders", "payments", ends={"orders": 1})
    merge.offer("orders", run(0, 10), 1000)
    assert taken(merge, 1000) == []
    assert (merge.waiting_since, merge.waiting_on, merge.next_deadline_ms()) == (1000, ("payments",), 1200)
    assert taken(merge, 1199) == []
    assert taken(merge, 1200) == [("orders", 0)]
    assert merge.next_deadline_ms() is None


def test_a_topic_at_its_end_is_not_waited_for() -> None:
    merge = merge_of("orders", "payments", ends={"orders": 1, "payments": 0})
    merge.offer("orders", run(0, 10), 0)
    assert taken(merge) == [("orders", 0)]
    assert merge.is_at_end()


def test_the_wait_ends_when_the_end_turns_out_to_be_reached() -> None:
    merge = merge_of("orders", "payments", ends={"orders": 1})
    merge.offer("orders", run(0, 10), 0)
    assert taken(merge) == []
    merge.known_end("payments", 0)
    assert taken(merge) == [("orders", 0)]


def test_catching_up_waits_as_long_as_it_takes() -> None:
    merge = merge_of("orders", "payments", ends={"orders": 1, "payments": 1})
    merge.catching_up = True
    merge.offer("orders", run(0, 10), 0)
    assert taken(merge, 1_000_000) == []
    assert merge.next_deadline_ms() is None
    merge.offer("payments", run(0, 5), 1_000_001)
    assert taken(merge, 1_000_001) == [("payments", 0), ("orders", 0)]


def test_taking_stops_when_a_topic_with_more_to_come_runs_dry() -> None:
    merge = merge_of("orders", "payments", ends={"orders": 2, "payments": 2})
    merge.offer("orders", run(0, 10, 40), 0)
    merge.offer("payments", run(0, 20), 0)
    assert taken(merge, 0) == [("orders", 0), ("payments", 0)]
    merge.offer("payments", run(1, 30), 50)
    assert taken(merge, 50) == [("payments", 1), ("orders", 1)]


def test_the_idle_time_begins_again_each_time_a_topic_runs_dry() -> None:
    merge = merge_of("orders", "payments", ends={"orders": 9, "payments": 9})
    merge.offer("orders", run(0, 10, 40), 0)
    assert taken(merge, 200) == [("orders", 0)] + [("orders", 1)]
    merge.offer("payments", run(0, 50), 300)
    merge.offer("orders", run(2, 60), 300)
    assert taken(merge, 300) == [("payments", 0)]
    assert merge.next_deadline_ms() == 500


def test_a_topic_held_for_is_waited_for_although_it_is_at_its_end() -> None:
    merge = merge_of("orders", "control", ends={"orders": 1, "control": 0})
    merge.hold_for("control", True)
    merge.offer("orders", run(0, 10), 0)
    assert taken(merge) == []
    merge.hold_for("control", False)
    assert taken(merge) == [("orders", 0)]


def test_repeats_are_skipped_and_a_batch_that_overlaps_gives_only_its_new_part() -> None:
    merge = merge_of("orders", ends={"orders": 5})
    assert merge.offer("orders", run(0, 1, 2, 3), 0) == Offered(accepted=3)
    assert merge.offer("orders", run(1, 2, 3), 0) == Offered(skipped=2)
    assert merge.offer("orders", run(2, 3, 4, 5), 0) == Offered(accepted=2, skipped=1)
    assert taken(merge) == [("orders", n) for n in range(5)]


def test_a_gap_seeks_back_once_and_is_taken_for_a_marker_when_it_comes_again() -> None:
    merge = merge_of("orders", ends={"orders": 9})
    assert merge.offer("orders", run(5, 1), 0) == Offered(seek_to=0, attempts=1)
    assert merge.buffered == 0
    assert merge.offer("orders", run(5, 1), 0) == Offered(accepted=1, gap=5)
    assert merge.wanted("orders") == 6


def test_another_gap_in_between_is_not_the_same_gap() -> None:
    merge = merge_of("orders", ends={"orders": 9})
    assert merge.offer("orders", run(5, 1), 0).seek_to == 0
    assert merge.offer("orders", run(7, 1), 0).seek_to == 0
    assert merge.offer("orders", run(5, 1), 0).seek_to == 0
    assert merge.offer("orders", run(0, 1), 0) == Offered(accepted=1)
    assert merge.offer("orders", run(5, 1), 0) == Offered(seek_to=1, attempts=1)


def test_a_batch_fetched_from_the_wanted_offset_proves_its_hole_at_once() -> None:
    merge = merge_of("orders", ends={"orders": 9})
    assert merge.offer("orders", run(5, 1), 0, from_offset=0, next_offset=6) == Offered(accepted=1, gap=5)


def test_a_batch_fetched_from_above_the_wanted_offset_is_never_accepted() -> None:
    merge = merge_of("orders", ends={"orders": 9})
    for attempt in (1, 2, 3):
        offered = merge.offer("orders", run(5, 1), 0, from_offset=5, next_offset=6)
        assert offered == Offered(seek_to=0, attempts=attempt)


def test_a_reader_that_passes_over_markers_at_the_end_ends_the_wait() -> None:
    merge = merge_of("orders", "payments", ends={"orders": 1, "payments": 1})
    merge.offer("orders", run(0, 10), 0)
    assert taken(merge) == []
    assert merge.offer("payments", [], 0, from_offset=0, next_offset=1) == Offered(gap=1)
    assert taken(merge) == [("orders", 0)]


def test_a_topic_is_held_back_at_its_bound_and_released_below_half() -> None:
    merge = Merge(("orders", "payments"), 0, records_max=10)
    merge.offer("orders", run(0, *range(10)), 0)
    assert merge.held_back("orders")
    assert not merge.held_back("payments")
    assert len(merge.take(5, 0)) == 5
    assert merge.held_back("orders")
    assert len(merge.take(1, 0)) == 1
    assert not merge.held_back("orders")


def test_a_topic_is_held_back_by_its_bytes_too() -> None:
    merge = Merge(("orders",), 0, bytes_max=1000)
    merge.offer("orders", [Record(0, 1, value=b"x" * 1000)], 0)
    assert merge.held_back("orders")
    merge.take(1, 0)
    assert not merge.held_back("orders")
    assert merge.buffered_bytes == 0


def test_reset_forgets_what_was_buffered_and_known() -> None:
    merge = merge_of("orders", ends={"orders": 1})
    merge.offer("orders", run(0, 10), 0)
    merge.reset({"orders": 7})
    assert (merge.buffered, merge.wanted("orders"), merge.is_at_end()) == (0, 7, False)
    assert merge.offer("orders", run(5, 1, 2, 3), 0) == Offered(accepted=1, skipped=2)


def test_take_gives_no_more_than_its_limit_and_goes_on_from_there() -> None:
    merge = merge_of("orders", "payments", ends={"orders": 4, "payments": 1})
    merge.offer("orders", run(0, 1, 2), 0)
    merge.offer("orders", run(2, 3, 9), 0)
    merge.offer("payments", run(0, 5), 0)
    assert taken(merge, limit=2) == [("orders", 0), ("orders", 1)]
    assert taken(merge, limit=2) == [("orders", 2), ("payments", 0)]
    assert taken(merge, limit=2) == [("orders", 3)]
    assert merge.buffered == 0
