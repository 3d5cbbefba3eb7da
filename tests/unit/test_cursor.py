"""Cursors mean one place in one feed, or nothing."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cursor import FEED_TOPICS, CursorUnknown, Layout, Positions

LAYOUT = Layout(["a", "b", "c"], 2)
OFFSETS = st.lists(st.integers(0, 2**63 - 1), min_size=LAYOUT.streams, max_size=LAYOUT.streams)


@given(OFFSETS)
def test_a_cursor_gives_back_the_offsets_it_was_made_of(offsets: list[int]) -> None:
    assert LAYOUT.decode(Positions(LAYOUT, offsets).cursor) == offsets


@given(OFFSETS, st.lists(st.tuples(st.integers(0, LAYOUT.streams - 1), st.integers(0, 2**63 - 1))))
def test_moving_gives_the_cursor_of_the_new_place(offsets: list[int], moves: list[tuple[int, int]]) -> None:
    positions = Positions(LAYOUT, offsets)
    for stream, offset in moves:
        positions.move(stream, offset)
        offsets[stream] = offset
        assert positions.cursor == Positions(LAYOUT, offsets).cursor
    assert positions.offsets == offsets


@given(st.text(max_size=60))
def test_any_other_text_is_unknown(text: str) -> None:
    with pytest.raises(CursorUnknown):
        LAYOUT.decode(text)


@given(st.binary(max_size=30))
def test_any_other_offsets_are_read_exactly_or_unknown(tail: bytes) -> None:
    cursor = base64.urlsafe_b64encode(b"\x01" + LAYOUT.epoch + tail).rstrip(b"=").decode()
    try:
        offsets = LAYOUT.decode(cursor)
    except CursorUnknown:
        return
    assert len(offsets) == LAYOUT.streams
    assert all(0 <= offset < 2**63 for offset in offsets)


@pytest.mark.parametrize("other", [Layout(["a", "b", "d"], 2), Layout(["a", "b", "c"], 3), Layout(["ab", "", "c"], 2)])
def test_a_cursor_of_other_topics_is_unknown(other: Layout) -> None:
    with pytest.raises(CursorUnknown, match="epoch"):
        LAYOUT.decode(Positions(other, [0] * other.streams).cursor)


def test_streams_and_places_are_the_same_numbers() -> None:
    places = [LAYOUT.place(stream) for stream in range(LAYOUT.streams)]
    assert places == [(topic, partition) for topic in FEED_TOPICS for partition in range(2)]
    assert [LAYOUT.stream(*place) for place in places] == list(range(LAYOUT.streams))
    assert LAYOUT.streams_of(["decisions"]) == [2, 3]


def test_a_cursor_of_a_large_feed_stays_short() -> None:
    layout = Layout(["a", "b", "c"], 12)
    assert len(Positions(layout, [1_000_000] * layout.streams).cursor) < 160
