"""Order the facts of one partition number: its source topics merged by record timestamp, as Kafka Streams does.

Pure: it is told what arrived, how far each topic is known to reach and what time it is, and says what comes next.
One `Merge` serves one partition number. Records of one topic are never reordered; between topics the smallest head
goes first, and a topic that is known to have more but has nothing buffered is waited for.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import repeat
from operator import attrgetter
from typing import Protocol

from schemas.signature import SignedRecord

__all__ = ["BUFFER_BYTES_MAX", "BUFFER_RECORDS_MAX", "Merge", "Offered", "SourceRecord", "size_in_bytes"]

BUFFER_RECORDS_MAX = 10_000
BUFFER_BYTES_MAX = 8 * 1024 * 1024
RECORD_OVERHEAD_BYTES = 100

_offset_of = attrgetter("offset")


class SourceRecord(SignedRecord, Protocol):
    """What a merge needs of a fetched record: what is signed of it, and its place; aiokafka's records have both."""

    @property
    def offset(self) -> int: ...


def size_in_bytes(records: Sequence[SourceRecord]) -> int:
    """The memory these records are counted at: key, value and an overhead each."""
    return sum(len(record.key or b"") + len(record.value or b"") + RECORD_OVERHEAD_BYTES for record in records)


@dataclass(frozen=True, slots=True)
class Offered:
    """What became of one delivered batch.

    Attributes:
        seek_to: The batch was dropped because it starts above what is wanted; read on from this offset.
        accepted: Records that were buffered.
        skipped: Records below the wanted offset, repeats of what was taken before.
        gap: Offsets passed over because nothing is stored there (transaction markers, compaction).
        attempts: How often this same gap was met. Growing with every batch, it says that seeking does not help:
            the topic no longer holds what is wanted.
    """

    seek_to: int | None = None
    accepted: int = 0
    skipped: int = 0
    gap: int = 0
    attempts: int = 0


@dataclass(slots=True)
class _Segment:
    """A delivered batch, from `at` on still to be taken."""

    records: Sequence[SourceRecord]
    at: int
    size_bytes: int


@dataclass(slots=True)
class _Source:
    """One topic of the partition: where it is, what is buffered of it and how far it is known to reach."""

    topic: str
    index: int
    wanted: int = 0
    end: int | None = None
    is_held_for: bool = False
    waiting_since_ms: int | None = None
    is_given_up: bool = False
    is_held_back: bool = False
    gap_met: tuple[int, int] | None = None
    gap_attempts: int = 0
    count: int = 0
    size_bytes: int = 0
    segments: deque[_Segment] = field(default_factory=deque)

    def has_more(self) -> bool:
        return self.is_held_for or self.end is None or self.wanted < self.end

    def head_timestamp_ms(self) -> int:
        segment = self.segments[0]
        return segment.records[segment.at].timestamp

    def push(self, records: Sequence[SourceRecord], at: int, size_bytes: int) -> None:
        self.segments.append(_Segment(records, at, size_bytes))
        self.count += len(records) - at
        self.size_bytes += size_bytes
        self.stop_waiting()

    def drop_taken(self, taken: int) -> None:
        segment = self.segments[0]
        remaining = len(segment.records) - segment.at
        share_bytes = segment.size_bytes * taken // remaining
        segment.at += taken
        segment.size_bytes -= share_bytes
        self.size_bytes -= share_bytes
        self.count -= taken
        if taken == remaining:
            self.segments.popleft()

    def stop_waiting(self) -> None:
        self.waiting_since_ms = None
        self.is_given_up = False

    def fills_to(self, share: float, records_max: int, bytes_max: int) -> bool:
        return self.count >= records_max * share or self.size_bytes >= bytes_max * share


class Merge:
    """The merge of one partition number over its source topics.

    Args:
        topics: Source topics; at equal timestamps an earlier one goes first.
        max_idle_ms: How long a topic that is known to have more, but has nothing buffered, holds the others up.
        catching_up: Wait for such a topic as long as it takes. May be set at any time.
        records_max: A topic with this many records buffered is held back, until it is below half.
        bytes_max: The same in bytes.
    """

    def __init__(
        self,
        topics: tuple[str, ...],
        max_idle_ms: int,
        *,
        catching_up: bool = False,
        records_max: int = BUFFER_RECORDS_MAX,
        bytes_max: int = BUFFER_BYTES_MAX,
    ) -> None:
        self.catching_up = catching_up
        self._max_idle_ms = max_idle_ms
        self._records_max = records_max
        self._bytes_max = bytes_max
        self._sources = [_Source(topic, index) for index, topic in enumerate(topics)]
        self._by_topic = {source.topic: source for source in self._sources}
        self._buffered = 0

    def reset(self, positions: Mapping[str, int]) -> None:
        """Forget everything and begin at these offsets: the next one wanted of each topic, 0 where none is named."""
        for source in self._sources:
            fresh = _Source(source.topic, source.index, wanted=positions.get(source.topic, 0))
            self._sources[source.index] = self._by_topic[source.topic] = fresh
        self._buffered = 0

    @property
    def buffered(self) -> int:
        """Records waiting to be taken, of all topics."""
        return self._buffered

    @property
    def buffered_bytes(self) -> int:
        """Bytes waiting to be taken, of all topics."""
        return sum(source.size_bytes for source in self._sources)

    @property
    def waiting_since(self) -> int | None:
        """Since when (ms) records are held up for a topic that has nothing buffered; None if none is."""
        return min(
            (since for source in self._sources if (since := self._blocking_since(source)) is not None), default=None
        )

    @property
    def waiting_on(self) -> tuple[str, ...]:
        """The topics that records are held up for."""
        return tuple(source.topic for source in self._sources if self._blocking_since(source) is not None)

    def wanted(self, topic: str) -> int:
        """The offset that the next delivered batch of the topic is to start at."""
        return self._by_topic[topic].wanted

    def offer(
        self,
        topic: str,
        records: Sequence[SourceRecord],
        now_ms: int,
        *,
        from_offset: int | None = None,
        next_offset: int | None = None,
        size_bytes: int | None = None,
    ) -> Offered:
        """Take in a delivered batch of one topic, records in offset order.

        Args:
            topic: One of the merge's topics.
            records: May repeat what was delivered before; may be empty if `next_offset` is given.
            now_ms: The wall clock, from which others wait for a topic that lags.
            from_offset: Where the reader stood when it fetched the batch. Known, it tells a hole in the topic
                (from_offset <= wanted: nothing is stored between) from a batch that was lost on the way (seek back).
                Unknown, the first sight of a gap seeks back and the second one of the same gap is taken for a hole.
            next_offset: Where the reader stood after it; passes over markers behind the last record.
            size_bytes: The size of `records` if it is known already.
        """
        source = self._by_topic[topic]
        first = records[0].offset if records else next_offset
        if first is None or (next_offset or records[-1].offset + 1) <= source.wanted:
            return Offered(skipped=len(records))
        start = first if from_offset is None else from_offset
        if start > source.wanted and not self._is_hole(source, start, from_offset is None):
            return Offered(seek_to=source.wanted, attempts=source.gap_attempts)
        return self._accept(source, records, now_ms, next_offset, size_bytes)

    def known_end(self, topic: str, high_watermark: int) -> None:
        """The topic reaches up to here (exclusive). Until it is first told, a topic counts as having more."""
        source = self._by_topic[topic]
        source.end = high_watermark
        if not source.has_more():
            source.stop_waiting()

    def hold_for(self, topic: str, is_expected: bool) -> None:
        """Count the topic as having more whatever its watermark says, because records for it are on their way."""
        source = self._by_topic[topic]
        source.is_held_for = is_expected
        if not source.has_more():
            source.stop_waiting()

    def newest_ms(self) -> int:
        """The latest timestamp among the last records buffered of each topic; 0 if nothing is."""
        return max((source.segments[-1].records[-1].timestamp for source in self._sources if source.count), default=0)

    def oldest_buffered(self, topic: str) -> int | None:
        """The offset of the topic's first record still to be taken; None if there is none."""
        source = self._by_topic[topic]
        return source.segments[0].records[source.segments[0].at].offset if source.count else None

    def lag(self) -> int:
        """Records that are known to exist and were not taken, of all topics."""
        known = sum(max(0, source.end - source.wanted) for source in self._sources if source.end is not None)
        return known + self._buffered

    def held_back(self, topic: str) -> bool:
        """Whether so much of the topic is buffered that it is not to be fetched now."""
        return self._by_topic[topic].is_held_back

    def is_at_end(self) -> bool:
        """Whether nothing is buffered and no topic is known to have more: it has caught up."""
        return not self._buffered and not any(source.has_more() for source in self._sources)

    def next_deadline_ms(self) -> int | None:
        """When `take` gives up a topic that it waits for now; None if only new records can bring it on."""
        since_ms = self.waiting_since
        return None if since_ms is None or self.catching_up else since_ms + self._max_idle_ms

    def take(self, limit: int, now_ms: int) -> list[tuple[str, SourceRecord]]:
        """At most `limit` records in their final order, each with its topic; empty while others are waited for."""
        taken: list[tuple[str, SourceRecord]] = []
        if not self._buffered or self._must_wait(now_ms):
            return taken
        heads = [(source.head_timestamp_ms(), source.index) for source in self._sources if source.count]
        heapify(heads)
        while heads and len(taken) < limit:
            source = self._sources[heappop(heads)[1]]
            self._take_run(source, taken, limit - len(taken), heads[0] if heads else None)
            if source.count:
                heappush(heads, (source.head_timestamp_ms(), source.index))
            elif self._must_wait_for(source, now_ms):
                break
        return taken

    def _take_run(
        self, source: _Source, taken: list[tuple[str, SourceRecord]], room: int, other: tuple[int, int] | None
    ) -> None:
        """Move records of one topic while they come before the smallest head of the others."""
        while source.count and room:
            segment = source.segments[0]
            stop = end = min(len(segment.records), segment.at + room)
            if other is not None:
                latest_ms = other[0] if source.index < other[1] else other[0] - 1
                end = _first_after(segment.records, segment.at, stop, latest_ms)
            taken.extend(zip(repeat(source.topic), segment.records[segment.at : end]))
            count = end - segment.at
            room -= count
            self._buffered -= count
            source.drop_taken(count)
            if end < stop:
                break
        if source.is_held_back:
            source.is_held_back = source.fills_to(0.5, self._records_max, self._bytes_max)

    def _accept(
        self,
        source: _Source,
        records: Sequence[SourceRecord],
        now_ms: int,
        next_offset: int | None,
        size_bytes: int | None,
    ) -> Offered:
        skipped = bisect_left(records, source.wanted, key=_offset_of)
        accepted = len(records) - skipped
        gap = (records[skipped].offset if accepted else next_offset or 0) - source.wanted
        source.wanted = max(next_offset or 0, records[-1].offset + 1 if records else 0)
        source.gap_met, source.gap_attempts = None, 0
        if accepted:
            if size_bytes is None or skipped:
                size_bytes = size_in_bytes(records[skipped:])
            source.push(records, skipped, size_bytes)
            self._buffered += accepted
            source.is_held_back |= source.fills_to(1, self._records_max, self._bytes_max)
        elif not source.has_more():
            source.stop_waiting()
        self._must_wait(now_ms)
        return Offered(accepted=accepted, skipped=skipped, gap=max(gap, 0))

    def _is_hole(self, source: _Source, start: int, may_be_marker: bool) -> bool:
        gap = (source.wanted, start)
        source.gap_attempts = source.gap_attempts + 1 if source.gap_met == gap else 1
        source.gap_met = gap
        return may_be_marker and source.gap_attempts > 1

    def _must_wait(self, now_ms: int) -> bool:
        """Whether records are held up; every topic that holds them up is noted, not only the first."""
        waited_for = [source for source in self._sources if not source.count and self._must_wait_for(source, now_ms)]
        return bool(waited_for)

    def _must_wait_for(self, source: _Source, now_ms: int) -> bool:
        if not self._buffered or not source.has_more():
            return False
        if source.waiting_since_ms is None:
            source.waiting_since_ms = now_ms
        source.is_given_up = not self.catching_up and now_ms - source.waiting_since_ms >= self._max_idle_ms
        return not source.is_given_up

    def _blocking_since(self, source: _Source) -> int | None:
        is_blocking = self._buffered and not source.count and not source.is_given_up and source.has_more()
        return source.waiting_since_ms if is_blocking else None


def _first_after(records: Sequence[SourceRecord], at: int, stop: int, latest_ms: int) -> int:
    """The index of the first record later than `latest_ms`; a scan, for timestamps of a topic may go backwards."""
    while at < stop and records[at].timestamp <= latest_ms:
        at += 1
    return at
