"""The hub by example: who gets what, who is closed, and how a client comes back."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from api import messages
from api.cursor import Layout
from api.events import Record, read_event
from api.hub import Hub, Limits, Progress, Repetitions, Session
from api.subscription import SubscriptionInvalid, parse_subscription

LAYOUT = Layout(["a", "b", "c"], 2)


def record(topic: str, offset: int, seq: int, *, partition: int = 0, epoch: int = 0, n: int = 0, **more: Any) -> Record:
    ledger = {"epoch": epoch, "partition": partition, "seq": seq, "n": n}
    return Record(topic, partition, offset, msgspec.json.encode({"account_id": "A1", **more, "ledger": ledger}))


def a_hub(**limits: int) -> Hub:
    return Hub(LAYOUT, [0] * LAYOUT.streams, Limits()._replace(**limits), encode=bytes)


def a_session(hub: Hub, first: str = '{"subscribe": ["alerts", "decisions", "exposures"]}') -> Session:
    session = hub.open(parse_subscription(first), lambda: None, lambda: None)
    assert [message["type"] for message in sent(session)] == ["hello"]
    return session


def sent(session: Session) -> list[dict[str, Any]]:
    return [msgspec.json.decode(frame) for frame in session.pull(2**30)]


def seqs(session: Session) -> list[int]:
    return [message["event"]["ledger"]["seq"] for message in sent(session) if message["type"] == "event"]


def test_a_published_value_reaches_the_client_as_it_is() -> None:
    hub = a_hub()
    session = a_session(hub)
    value = b'{"type":"order_released", "ledger":{"epoch":0,"partition":1,"seq":3,"n":0}, "more":[1, 2]}'
    hub.take([Record("decisions", 1, 7, value)])
    (frame,) = session.pull(1)
    assert value in frame
    assert msgspec.json.decode(frame)["cursor"] == hub.head
    assert hub.layout.decode(hub.head)[LAYOUT.stream("decisions", 1)] == 8


def test_what_is_not_above_the_highest_place_is_a_repetition() -> None:
    hub = a_hub()
    session = a_session(hub)
    hub.take([record("decisions", 0, 5), record("decisions", 1, 6), record("decisions", 2, 6)])
    hub.take([record("decisions", 3, 5), record("decisions", 4, 7), record("decisions", 5, 0, epoch=1)])
    assert seqs(session) == [5, 6, 7, 0]
    assert hub.repeated == 2


def test_places_are_compared_by_topic_and_partition() -> None:
    hub = a_hub()
    session = a_session(hub)
    hub.take([record("decisions", 0, 5), record("alerts", 0, 5, n=1), record("decisions", 0, 2, partition=1)])
    assert seqs(session) == [5, 5, 2]


def test_what_arrives_together_is_sent_as_it_happened() -> None:
    hub = a_hub()
    session = a_session(hub)
    hub.take([record("exposures", 0, 1, n=9), record("exposures", 1, 2, n=9), record("decisions", 0, 1)])
    assert [message["topic"] for message in sent(session)] == ["decisions", "exposures", "exposures"]


@pytest.mark.parametrize("value", [None, b"", b"[]", b"{}", b'{"ledger": 1}', b"\xff", b'{"x":"\xff"}'])
def test_what_cannot_be_read_is_passed_over(value: bytes | None) -> None:
    hub = a_hub()
    session = a_session(hub)
    hub.take([Record("alerts", 0, 0, value), record("alerts", 1, 1)])
    assert seqs(session) == [1]
    assert hub.unreadable == (value is not None)


def test_broken_text_in_a_field_that_is_not_read_never_reaches_a_client() -> None:
    good = record("alerts", 0, 0, note="é").value
    assert good is not None
    assert read_event(Record("alerts", 0, 0, good)) is not None
    assert read_event(Record("alerts", 0, 0, good.replace("é".encode(), b"\xe9"))) is None


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ('{"account_ids": ["B"]}', [2]),
        ('{"levels": ["critical"]}', [1, 3]),
        ('{"types": ["order_blocked"]}', [3]),
        ('{"types": ["exposure_changed"]}', [4]),
        ('{"partitions": [1]}', [4]),
        ('{"account_ids": []}', []),
        ("{}", [1, 2, 3, 4]),
    ],
)
def test_a_filter_lets_through_what_matches_all_its_keys(chosen: str, expected: list[int]) -> None:
    hub = a_hub()
    session = a_session(hub, f'{{"subscribe": ["alerts", "decisions", "exposures"], "filter": {chosen}}}')
    hub.take([record("alerts", 0, 1, type="alert_raised", level="critical")])
    hub.take([record("alerts", 1, 2, type="alert_raised", level="notice", account_id="B")])
    hub.take([record("decisions", 0, 3, type="order_blocked")])
    hub.take([record("exposures", 0, 4, partition=1)])
    # Exposures have no level, so a filter by level lets them pass; they are left out by not subscribing to them.
    assert seqs(session) == (expected + [4] if chosen == '{"levels": ["critical"]}' else expected)


@pytest.mark.parametrize(
    "first",
    [
        "",
        "[]",
        "{}",
        '{"subscribe": []}',
        '{"subscribe": "alerts"}',
        '{"subscribe": ["ledger"]}',
        '{"subscribe": ["alerts"], "token": "x"}',
        '{"subscribe": ["alerts"], "filter": {"account_id": "A"}}',
        '{"subscribe": ["alerts"], "filter": {"levels": ["loud"]}}',
        '{"subscribe": ["alerts"], "after": 7}',
        "[" * 60_000,
    ],
)
def test_a_first_message_that_asks_for_what_there_is_not_is_invalid(first: str) -> None:
    with pytest.raises(SubscriptionInvalid):
        parse_subscription(first)


@pytest.mark.parametrize("limits", [{"queue_messages": 3}, {"queue_bytes": 1_000}])
def test_only_the_client_whose_queue_runs_over_is_closed(limits: dict[str, int]) -> None:
    hub = a_hub(**limits)
    closed: list[str] = []
    slow = hub.open(parse_subscription('{"subscribe": ["alerts"]}'), lambda: None, lambda: closed.append("slow"))
    reading = a_session(hub, '{"subscribe": ["alerts"]}')
    received = []
    for offset in range(20):
        hub.take([record("alerts", offset, offset)])
        received += seqs(reading)
    assert closed == ["slow"] and slow.closed and slow.waiting == 0
    assert hub.closed_slow == 1 and list(hub.sessions) == [reading]
    assert received == list(range(20))


def test_a_message_larger_than_the_queue_goes_out_if_nothing_else_waits() -> None:
    hub = a_hub(queue_bytes=100)
    session = a_session(hub)
    hub.take([record("alerts", 0, 0, note="x" * 1000)])
    assert seqs(session) == [0]


def test_the_shell_is_told_once_that_something_waits() -> None:
    hub = a_hub()
    told: list[None] = []
    session = hub.open(parse_subscription('{"subscribe": ["alerts"]}'), lambda: told.append(None), lambda: None)
    hub.take([record("alerts", offset, offset) for offset in range(3)])
    assert len(told) == 1
    session.pull(2**30)
    hub.take([record("alerts", 3, 3)])
    assert len(told) == 2


def test_a_client_comes_back_from_what_is_recent() -> None:
    hub = a_hub()
    hub.take([record("alerts", offset, offset) for offset in range(5)])
    session = a_session(hub)
    hub.resume(session, [2, 0, 0, 0, 0, 0])
    hub.take([record("alerts", 5, 5)])
    assert seqs(session) == []
    assert hub.catch_up(session) is Progress.LIVE
    hub.take([record("alerts", 6, 6)])
    assert seqs(session) == [2, 3, 4, 5, 6]


def test_a_client_that_was_away_long_needs_the_topics() -> None:
    hub = a_hub(recent_messages=2)
    records = [record("alerts", offset, offset) for offset in range(5)]
    records.insert(3, record("decisions", 0, 0))
    hub.take(records)
    session = a_session(hub)
    hub.resume(session, [1, 0, 0, 0, 0, 0])
    assert hub.catch_up(session) is Progress.BEHIND
    hub.replay(session, hub.past_events(records[1:3]))
    hub.replayed(session, [3, 0, 1, 0, 0, 0])
    hub.catch_up(session)
    assert hub.catch_up(session) is Progress.LIVE
    assert seqs(session) == [1, 2, 3, 4]


def test_repetitions_are_left_out_of_the_past_too() -> None:
    hub = a_hub(recent_messages=0)
    records = [record("alerts", offset, seq) for offset, seq in enumerate([0, 1, 2, 0, 1, 2, 3])]
    hub.take(records)
    session = a_session(hub)
    hub.resume(session, [2, 0, 0, 0, 0, 0])
    hub.replay(session, hub.past_events(records[2:]))
    assert seqs(session) == [2, 3]


def test_a_client_that_saw_more_elsewhere_waits_for_this_process() -> None:
    hub = a_hub()
    hub.take([record("alerts", 0, 0)])
    session = a_session(hub)
    hub.resume(session, [2, 0, 0, 0, 0, 0])
    assert hub.catch_up(session) is Progress.AHEAD
    hub.take([record("alerts", 1, 1), record("alerts", 2, 2)])
    assert hub.catch_up(session) is Progress.LIVE
    assert seqs(session) == [2]


def test_a_client_that_catches_up_never_runs_over() -> None:
    hub = a_hub(queue_messages=10)
    hub.take([record("alerts", offset, offset) for offset in range(50)])
    session = a_session(hub)
    hub.resume(session, [0] * LAYOUT.streams)
    received = []
    while hub.catch_up(session) is Progress.FULL:
        assert session.waiting <= 6
        received += seqs(session)
    assert received + seqs(session) == list(range(50))
    assert not session.closed


def test_a_heartbeat_names_a_place_up_to_which_everything_was_sent() -> None:
    hub = a_hub()
    live, behind = a_session(hub), a_session(hub)
    hub.take([record("alerts", 0, 0)])
    hub.resume(behind, [0] * LAYOUT.streams)
    hub.heartbeat(77)
    assert sent(live)[-1] == {"type": "heartbeat", "head": hub.head, "at_ms": 77}
    assert LAYOUT.decode(sent(behind)[-1]["head"]) == [0] * LAYOUT.streams


def test_after_a_reset_comes_what_is_new() -> None:
    hub = a_hub()
    session = a_session(hub)
    hub.resume(session, [0] * LAYOUT.streams)
    hub.take([record("alerts", 0, 0)])
    hub.reset(session, "too old")
    hub.take([record("alerts", 1, 1)])
    assert [message["type"] for message in sent(session)] == ["reset", "event"]


def test_the_reason_of_a_close_is_the_last_cursor_where_it_fits() -> None:
    assert messages.too_slow("c" * 123) == "c" * 123
    assert "last cursor received" in messages.too_slow("c" * 124)


def test_repetitions_are_remembered_as_runs() -> None:
    repetitions = Repetitions()
    for offset in (3, 4, 5, 9):
        repetitions.add(offset)
    assert [offset for offset in range(12) if offset in repetitions] == [3, 4, 5, 9]
