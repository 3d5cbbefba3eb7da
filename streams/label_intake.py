"""Labels on their way to the lessons: repeats dropped, held until their day is over in every partition, then ordered.

No input and no output: records go in with a ticket (whatever acknowledges them), days come out with the tickets that
may be acknowledged once the day is learned. A partition that closes no days holds everything, and `waits_for` says so.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from streams.lesson_order import DayComplete, Label, Triple, in_order
from streams.lessons import Learned

NOWHERE: Triple = (-1, -1, -1)
_NEVER_CLOSED, _ALL_OVER = "", "9999-12-31"


class Held(Struct):
    """A record that was taken in and is not learned yet."""

    partition: int
    record: Label | DayComplete
    tickets: list[Any]
    is_done: bool = False


class Day(Struct, frozen=True):
    """A day that is over everywhere: its labels in order, how far each partition is learned with it, what to ack."""

    on: str
    labels: list[Label]
    learned: Learned
    tickets: list[Any]


class _Inlet:
    """One partition of `labels`: how far it is learned, and what is held, by rising place."""

    def __init__(self, learned: Triple, also: Iterable[Triple]) -> None:
        self.learned = self.highest = learned
        self.closed_on = _NEVER_CLOSED
        self.labels = 0
        self._closing: Held | None = None
        self._held: deque[Held] = deque()
        self._by_triple: dict[Triple, Held] = {}
        self._also = set(also)

    def take(self, partition: int, record: Label | DayComplete, ticket: Any) -> Held | list[Any]:
        """Take a record; return it if it is now held, else the tickets that need not wait."""
        triple = record.triple
        known = self._by_triple.get(triple)
        if known is not None:
            known.tickets.append(ticket)
            return []
        if triple <= self.highest:
            return [ticket]
        self.highest = triple
        held = Held(partition, record, [ticket])
        self._held.append(held)
        self._by_triple[triple] = held
        if triple in self._also:
            return self.done(held)
        if isinstance(record, DayComplete):
            return self._close(held, record)
        self.labels += 1
        return held

    def _close(self, held: Held, record: DayComplete) -> list[Any]:
        """The last one stays unacknowledged, so that after a restart it is known again which days are over."""
        before, self._closing = self._closing, held
        self.closed_on = max(self.closed_on, record.business_date)
        return [] if before is None else self.done(before)

    def learn(self, held: Held) -> list[Any]:
        """Note that a label is learned; return its tickets."""
        self.labels -= 1
        return self.done(held)

    def done(self, held: Held) -> list[Any]:
        """Note that a record need not come again; return its tickets."""
        held.is_done = True
        tickets, held.tickets = held.tickets, []
        while self._held and self._held[0].is_done:
            triple = self._held.popleft().record.triple
            self.learned = triple
            self._also.discard(triple)
            del self._by_triple[triple]
        return tickets


class LabelIntake:
    """All partitions of `labels`.

    Args:
        partitions: how many there are.
        learned: how far each is in the log of lessons already.
        also: what is in the log beyond that, of a day that was not finished.
    """

    def __init__(
        self, partitions: int, learned: Learned | None = None, also: dict[int, set[Triple]] | None = None
    ) -> None:
        known, beyond = learned or {}, also or {}
        self._inlets = [_Inlet(known.get(number, NOWHERE), beyond.get(number, ())) for number in range(partitions)]
        self._by_day: dict[str, list[Held]] = {}
        self._days: list[str] = []

    def take(self, partition: int, record: Label | DayComplete, ticket: Any = None) -> list[Any]:
        """Take the next record of a partition; return the tickets that may be acknowledged at once."""
        found = self._inlets[partition].take(partition, record, ticket)
        if isinstance(found, list):
            return found
        assert isinstance(found.record, Label), "only labels wait for their day"
        on = found.record.said.on
        if on not in self._by_day:
            self._by_day[on] = []
            heapq.heappush(self._days, on)
        self._by_day[on].append(found)
        return []

    def next_day(self) -> Day | None:
        """Return the earliest day that is held and over in every partition, None while there is none."""
        if not self._days or self._days[0] >= min(inlet.closed_on for inlet in self._inlets):
            return None
        on = heapq.heappop(self._days)
        labels: list[Label] = []
        tickets: list[Any] = []
        for held in self._by_day.pop(on):
            assert isinstance(held.record, Label), "only labels wait for their day"
            labels.append(held.record)
            tickets.extend(self._inlets[held.partition].learn(held))
        learned = {number: inlet.learned for number, inlet in enumerate(self._inlets) if inlet.learned != NOWHERE}
        return Day(on, in_order(labels), learned, tickets)

    def finish(self) -> None:
        """Say that nothing more will come: every day is over."""
        for inlet in self._inlets:
            inlet.closed_on = _ALL_OVER

    def held(self) -> dict[int, int]:
        """Return how many labels of each partition wait for the end of their day."""
        return {number: inlet.labels for number, inlet in enumerate(self._inlets)}

    def closed_on(self) -> dict[int, str]:
        """Return the last closed day of each partition that is known to have closed one."""
        return {number: inlet.closed_on for number, inlet in enumerate(self._inlets) if inlet.closed_on}

    def waits_for(self) -> list[int]:
        """Return the partitions that hold others up: their last closed day is earlier, or they have closed none.

        Empty where nothing waits, or all stand at the same day.
        """
        closed = [inlet.closed_on for inlet in self._inlets]
        least, most = min(closed), max(closed)
        if not self._days or (least == most and least != _NEVER_CLOSED):
            return []
        return [number for number, day in enumerate(closed) if day == least]
