"""What holds for every history and every way of delivering it."""

from collections.abc import Iterator
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from streams.merge import Merge

TOPICS = ("orders", "invoices", "payments")
Taken = list[tuple[str, int]]


@dataclass(frozen=True)
class Record:
    offset: int
    timestamp: int
    key: bytes | None = b"k"
    value: bytes | None = b"v"
    headers: tuple[tuple[str, bytes], ...] = ()


Log = list[Record]
History = dict[str, Log]


def log_of(steps: list[tuple[int, int]]) -> Log:
    """Offsets with holes and timestamps from (hole, step) pairs."""
    log, offset, timestamp = [], -1, 50
    for hole, step in steps:
        offset, timestamp = offset + 1 + hole, timestamp + step
        log.append(Record(offset, timestamp))
    return log


def histories(holes: st.SearchStrategy[int], steps: st.SearchStrategy[int]) -> st.SearchStrategy[History]:
    logs = st.lists(st.tuples(holes, steps), max_size=25).map(log_of)
    return st.fixed_dictionaries(dict.fromkeys(TOPICS, logs))


NO_HOLES = st.just(0)
HOLES = st.sampled_from([0, 0, 0, 1, 3])
FORWARD = st.integers(0, 5)
ANY_WAY = st.integers(-5, 8)


def end_of(log: Log) -> int:
    return log[-1].offset + 1 if log else 0


def started(history: History, max_idle_ms: int = 100) -> Merge:
    merge = Merge(TOPICS, max_idle_ms, catching_up=True)
    merge.reset({})
    for topic, log in history.items():
        merge.known_end(topic, end_of(log))
    return merge


def drained(merge: Merge, limit: int = 7) -> Iterator[tuple[str, int]]:
    while batch := merge.take(limit, 0):
        yield from ((topic, record.offset) for topic, record in batch)


def fetched(log: Log, position: int, count: int) -> Log:
    return [record for record in log if record.offset >= position][:count]


def per_topic(taken: Taken) -> dict[str, list[int]]:
    return {topic: [offset for name, offset in taken if name == topic] for topic in TOPICS}


def everything(history: History) -> dict[str, list[int]]:
    return {topic: [record.offset for record in log] for topic, log in history.items()}


@given(histories(NO_HOLES, FORWARD))
def test_all_known_and_delivered_it_is_the_stable_sort_by_time_and_topic(history: History) -> None:
    merge = started(history)
    for topic, log in history.items():
        if log:
            merge.offer(topic, log, 0)
    rows = [(r.timestamp, n, r.offset) for n, topic in enumerate(TOPICS) for r in history[topic]]
    assert list(drained(merge)) == [(TOPICS[n], offset) for _, n, offset in sorted(rows)]


@given(histories(HOLES, ANY_WAY), st.data())
def test_unreliable_delivery_loses_nothing_and_keeps_each_topics_order(history: History, data: st.DataObject) -> None:
    """A reader that repeats, jumps ahead and splits at will, but obeys `seek_to`, as the transport does."""
    merge, taken = started(history), []
    reader = dict.fromkeys(TOPICS, 0)
    knows_position = data.draw(st.booleans())
    for _ in range(40):
        topic = data.draw(st.sampled_from(TOPICS))
        jump = data.draw(st.sampled_from([0, 0, 0, -3, -1, 2]))
        position = max(0, reader[topic] + jump)
        batch = fetched(history[topic], position, data.draw(st.integers(1, 6)))
        offer(merge, topic, batch, position, reader, knows_position)
        taken += drained(merge, data.draw(st.integers(1, 9)))
    taken += finish(merge, history, reader, knows_position)
    assert per_topic(taken) == everything(history)
    assert merge.buffered == merge.buffered_bytes == 0
    assert merge.is_at_end()


def offer(merge: Merge, topic: str, batch: Log, position: int, reader: dict[str, int], knows_position: bool) -> None:
    if not batch:
        return
    wanted = merge.wanted(topic)
    from_offset = position if knows_position else None
    if not knows_position and position > wanted:
        return  # without positions a repeated loss of the same batch cannot be told from a hole
    offered = merge.offer(topic, batch, 0, from_offset=from_offset)
    reader[topic] = batch[-1].offset + 1 if offered.seek_to is None else offered.seek_to


def finish(merge: Merge, history: History, reader: dict[str, int], knows_position: bool) -> Taken:
    taken: Taken = []
    for _ in range(200):
        for topic in TOPICS:
            reader[topic] = merge.wanted(topic)
            offer(merge, topic, fetched(history[topic], reader[topic], 5), reader[topic], reader, knows_position)
        taken += drained(merge)
        if merge.is_at_end():
            break
    return taken


@given(histories(NO_HOLES, ANY_WAY), st.data())
def test_how_deliveries_are_split_and_interleaved_does_not_show(history: History, data: st.DataObject) -> None:
    whole = started(history)
    for topic, log in history.items():
        if log:
            whole.offer(topic, log, 0)
    expected = list(drained(whole))
    split, taken = started(history), []
    while not split.is_at_end():
        behind = [topic for topic in TOPICS if split.wanted(topic) < end_of(history[topic])]
        if behind:
            topic = data.draw(st.sampled_from(behind))
            split.offer(topic, fetched(history[topic], split.wanted(topic), data.draw(st.integers(1, 6))), 0)
        taken += drained(split, data.draw(st.integers(1, 9)))
    assert taken == expected


@given(histories(NO_HOLES, ANY_WAY), st.integers(1, 5))
def test_a_topic_that_never_comes_holds_the_others_up_only_for_the_idle_time(history: History, limit: int) -> None:
    merge = Merge((*TOPICS, "silent"), max_idle_ms=100)
    merge.reset({})
    for topic, log in history.items():
        merge.known_end(topic, end_of(log))
        if log:
            merge.offer(topic, log, 0)
    assert merge.take(limit, 99) == []
    taken: Taken = []
    while batch := merge.take(limit, 100):
        taken += [(topic, record.offset) for topic, record in batch]
    assert per_topic(taken) == everything(history)
