"""The feed's fan-out: who gets which event, and who is too slow. No I/O, no loop, no clock.

The shell gives records to `Hub.take` and sends what collects in each session's queue. Events and their frames are
shared by all sessions; a session owns only its place in the feed. Sessions that resume are fed from the recent events
if those reach back far enough, else the shell reads the topics and passes what it finds to `Hub.replay`; then they
join without gap or repetition, because joining happens between two events.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from api import messages
from api.cursor import FEED_TOPICS, Layout, Positions
from api.events import Event, Record, in_ledger_order, read_event
from api.subscription import Filter, Subscription

NOWHERE = (-1, -1, -1)


class Limits(NamedTuple):
    """How much may wait for one client, and how much of the feed is kept for those that come back."""

    queue_messages: int = 5_000
    queue_bytes: int = 8 * 1024 * 1024
    recent_messages: int = 5_000
    recent_bytes: int = 16 * 1024 * 1024


class Progress(Enum):
    """How far a resuming session has come."""

    LIVE = "it has joined"
    FULL = "its queue has to drain first"
    AHEAD = "it has seen more on another process than this one has read"
    BEHIND = "what it lacks is only in the topics"


class Outgoing(NamedTuple):
    """A frame, and the cursor that the client has when it has received it; None for what moves no cursor."""

    frame: bytes
    cursor: str | None


class Repetitions:
    """Offsets of one stream that repeat an earlier record, kept as runs because they come in runs."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def add(self, offset: int) -> None:
        """Note one; offsets only rise."""
        if self._ends and self._ends[-1] == offset:
            self._ends[-1] = offset + 1
        else:
            self._starts.append(offset)
            self._ends.append(offset + 1)

    def __contains__(self, offset: int) -> bool:
        run = bisect_right(self._starts, offset) - 1
        return run >= 0 and offset < self._ends[run]


class Session:
    """One client: what it wants, what waits for it, and where it is in the feed while it catches up.

    `on_ready` is called when something waits after nothing did, `on_closed` once, when its queue has run over.
    `sees` says which accounts its caller may know of; None is all, and what concerns none.
    """

    def __init__(
        self,
        subscription: Subscription,
        limits: Limits,
        on_ready: Callable[[], None],
        on_closed: Callable[[], None],
        sees: Callable[[str | None], bool] | None = None,
    ) -> None:
        self.topics = tuple(topic for topic in FEED_TOPICS if topic in subscription.subscribe)
        self.positions: Positions | None = None
        self.last_cursor: str | None = None
        self.closed = False
        self._filter = subscription.filter
        self._is_unfiltered = subscription.filter == Filter()
        self._sees = sees
        self._limits = limits
        self._on_ready = on_ready
        self._on_closed = on_closed
        self._queue: deque[Outgoing] = deque()
        self._queued_bytes = 0

    @property
    def waiting(self) -> int:
        """How many messages wait to be sent."""
        return len(self._queue)

    @property
    def has_room(self) -> bool:
        """Whether less than half of the queue is used; a session that catches up takes no more than that."""
        limits = self._limits
        return len(self._queue) * 2 <= limits.queue_messages and self._queued_bytes * 2 <= limits.queue_bytes

    def wants(self, event: Event) -> bool:
        """Return whether the client asked for an event."""
        if event.topic not in self.topics or not (self._sees is None or self._sees(event.account_id)):
            return False
        return self._is_unfiltered or self._filter.matches(
            event.account_id, event.level, event.event_type, event.partition
        )

    def push(self, outgoing: Outgoing) -> None:
        """Put a frame at the end of the queue, or close the session if the queue is full."""
        if self.closed:
            return
        size = len(outgoing.frame)
        full = len(self._queue) >= self._limits.queue_messages
        if full or (self._queue and self._queued_bytes + size > self._limits.queue_bytes):
            self.close()
            return
        self._queue.append(outgoing)
        self._queued_bytes += size
        if len(self._queue) == 1:
            self._on_ready()

    def pull(self, bytes_max: int) -> list[bytes]:
        """Take the oldest frames, about as many bytes as asked for and at least one frame if any waits."""
        frames: list[bytes] = []
        size = 0
        while self._queue and size < bytes_max:
            frame, cursor = self._queue.popleft()
            size += len(frame)
            frames.append(frame)
            self.last_cursor = cursor or self.last_cursor
        self._queued_bytes -= size
        return frames

    def close(self) -> None:
        """Give the client up and free what waits for it."""
        self.closed = True
        self._queue.clear()
        self._queued_bytes = 0
        self._on_closed()


class Hub:
    """All sessions, the feed's place, and its recent events.

    Args:
        layout: the topics and their partitions.
        starts: the offset of each stream from which `take` will be given every record.
        limits: sizes of the queues.
        encode: makes a message ready to send, once for all clients.
    """

    def __init__(
        self,
        layout: Layout,
        starts: Sequence[int],
        limits: Limits = Limits(),
        encode: Callable[[bytes], bytes] = messages.text_frame,
    ) -> None:
        self.layout = layout
        self.positions = Positions(layout, starts)
        self.sessions: dict[Session, None] = {}
        self.unreadable = 0
        self.events = 0
        self.repeated = 0
        self.closed_slow = 0
        self._limits = limits
        self._encode = encode
        self._live: dict[str, dict[Session, None]] = {topic: {} for topic in FEED_TOPICS}
        self._highest = [NOWHERE] * layout.streams
        self._repetitions = [Repetitions() for _ in range(layout.streams)]
        self._recent: deque[Event] = deque()
        self._recent_bytes = 0
        self._recent_from = list(starts)

    @property
    def head(self) -> str:
        """The cursor behind the newest event."""
        return self.positions.cursor

    def open(
        self,
        subscription: Subscription,
        on_ready: Callable[[], None],
        on_closed: Callable[[], None],
        sees: Callable[[str | None], bool] | None = None,
    ) -> Session:
        """Return a new session that gets every wanted event from now on, beginning with `hello`."""
        session = Session(subscription, self._limits, on_ready, on_closed, sees)
        session.last_cursor = self.head
        self.sessions[session] = None
        self._join(session)
        self.send(session, messages.hello(self.layout.epoch.hex(), self.head))
        return session

    def resume(self, session: Session, offsets: Sequence[int]) -> None:
        """Move a session that has had no event yet to another place; `catch_up` brings it back."""
        session.positions = Positions(self.layout, offsets)
        session.last_cursor = session.positions.cursor
        self._leave(session)

    def reset(self, session: Session, reason: str) -> None:
        """Tell a client that events are missing, and go on with what comes from now on."""
        self.send(session, messages.reset(reason))
        session.last_cursor = self.head
        self._join(session)

    def remove(self, session: Session) -> None:
        """Forget a session."""
        self.sessions.pop(session, None)
        self._leave(session)

    def send(self, session: Session, message: bytes) -> None:
        """Send one message to one client."""
        session.push(Outgoing(self._encode(message), None))

    def take(self, records: Iterable[Record]) -> list[Event]:
        """Send the events of newly read records to whoever wants them; return those that are no repetition."""
        events = self.new_events(records)
        for event in events:
            self.publish(event)
        return events

    def new_events(self, records: Iterable[Record]) -> list[Event]:
        """Return the events of newly read records that are no repetition, in the order to publish them."""
        return in_ledger_order(event for record in records if (event := self._new_event(record)))

    def publish(self, event: Event) -> None:
        """Send one of `new_events` to whoever wants it."""
        self.positions.move(self.layout.stream(event.topic, event.partition), event.offset + 1)
        self.events += 1
        self._keep(event)
        cursor = self.head
        outgoing = Outgoing(self._encode(messages.event(event.topic, cursor, event.value)), cursor)
        overflowed = []
        for session in self._live[event.topic]:
            if session.wants(event):
                session.push(outgoing)
                if session.closed:
                    overflowed.append(session)
        for session in overflowed:
            self._drop_if_closed(session)

    def advance(self, stream: int, offset: int) -> None:
        """Note that everything below an offset has been read, be it an event or not."""
        if offset > self.positions[stream]:
            self.positions.move(stream, offset)

    def heartbeat(self, at_ms: int) -> None:
        """Send every client a sign of life."""
        live = Outgoing(self._encode(messages.heartbeat(self.head, at_ms)), self.head)
        for session in list(self.sessions):
            if session.positions is None:
                session.push(live)
            else:
                self.send(session, messages.heartbeat(session.positions.cursor, at_ms))
            self._drop_if_closed(session)

    def catch_up(self, session: Session) -> Progress:
        """Give a resuming session what is recent, and let it join if that is all it lacks."""
        place = session.positions
        if place is None:
            return Progress.LIVE
        if any(place[stream] > self.positions[stream] for stream in range(self.layout.streams)):
            return Progress.AHEAD
        if any(place[stream] < self._recent_from[stream] for stream in self.layout.streams_of(session.topics)):
            return Progress.BEHIND
        for event in self._recent:
            if not session.has_room:
                return Progress.FULL
            self._repeat(session, place, event)
        self._join(session)
        return Progress.LIVE

    def past_events(self, records: Iterable[Record]) -> list[Event]:
        """Return the events of records that were read again, all below the hub's own place, in the order to send."""
        return in_ledger_order(event for record in records if (event := self._past_event(record)))

    def replay(self, session: Session, events: Iterable[Event]) -> None:
        """Give a resuming session past events; the caller sees to it that there is room."""
        assert session.positions is not None, "only a resuming session is given the past"
        for event in events:
            self._repeat(session, session.positions, event)

    def replayed(self, session: Session, offsets: Sequence[int]) -> None:
        """Note that a resuming session has been given everything below these offsets of its topics."""
        assert session.positions is not None, "only a resuming session is given the past"
        for stream in self.layout.streams_of(session.topics):
            if offsets[stream] > session.positions[stream]:
                session.positions.move(stream, offsets[stream])

    def _new_event(self, record: Record) -> Event | None:
        event = read_event(record)
        stream = self.layout.stream(record.topic, record.partition)
        if event is None:
            self.unreadable += record.value is not None
            return None
        if event.place <= self._highest[stream]:
            self._repetitions[stream].add(event.offset)
            self.repeated += 1
            return None
        self._highest[stream] = event.place
        return event

    def _past_event(self, record: Record) -> Event | None:
        if record.offset in self._repetitions[self.layout.stream(record.topic, record.partition)]:
            return None
        return read_event(record)

    def _keep(self, event: Event) -> None:
        self._recent.append(event)
        self._recent_bytes += len(event.value)
        limits = self._limits
        while len(self._recent) > limits.recent_messages or self._recent_bytes > limits.recent_bytes:
            oldest = self._recent.popleft()
            self._recent_bytes -= len(oldest.value)
            self._recent_from[self.layout.stream(oldest.topic, oldest.partition)] = oldest.offset + 1

    def _repeat(self, session: Session, place: Positions, event: Event) -> None:
        stream = self.layout.stream(event.topic, event.partition)
        if event.offset < place[stream]:
            return
        place.move(stream, event.offset + 1)
        if session.wants(event):
            cursor = place.cursor
            session.push(Outgoing(self._encode(messages.event(event.topic, cursor, event.value)), cursor))
            self._drop_if_closed(session)

    def _join(self, session: Session) -> None:
        session.positions = None
        for topic in session.topics:
            self._live[topic][session] = None

    def _leave(self, session: Session) -> None:
        for topic in session.topics:
            self._live[topic].pop(session, None)

    def _drop_if_closed(self, session: Session) -> None:
        if session.closed and session in self.sessions:
            self.closed_slow += 1
            self.remove(session)
