"""The hub against a plain list: whatever happens to whom, every client ends with each event once and in order."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from api.cursor import FEED_TOPICS, Layout
from api.events import Record
from api.hub import Hub, Limits, Progress, Session
from api.subscription import parse_subscription

PARTITIONS = 1
LAYOUT = Layout(["a", "b", "c"], PARTITIONS)
LIMITS = Limits(queue_messages=8, queue_bytes=4_000, recent_messages=6, recent_bytes=4_000)
STREAMS = st.integers(0, LAYOUT.streams - 1)
PROCESSES = st.integers(0, 1)


class Client:
    """One subscriber over many connections: what it received, and where it would go on."""

    def __init__(self, topics: list[str]) -> None:
        self.topics = topics
        self.received: dict[int, list[int]] = {stream: [] for stream in LAYOUT.streams_of(topics)}
        self.cursor = ""
        self.process = 0
        self.session: Session | None = None
        self.was_closed = False

    def read(self, count: int) -> None:
        if self.session is None:
            return
        for _ in range(count):
            for frame in self.session.pull(1):
                self._take(msgspec.json.decode(frame))

    def _take(self, message: dict[str, Any]) -> None:
        assert message["type"] != "reset"
        if message["type"] == "event":
            ledger = message["event"]["ledger"]
            self.received[LAYOUT.stream(message["topic"], ledger["partition"])].append(ledger["seq"])
            self.cursor = message["cursor"]
        elif message["type"] == "heartbeat":
            self.cursor = message["head"]


class FeedMachine(RuleBasedStateMachine):
    """Two api processes over the same topics, two clients that come and go between them."""

    @initialize()
    def begin(self) -> None:
        self.log: list[list[Record]] = [[] for _ in range(LAYOUT.streams)]
        self.seqs = [0] * LAYOUT.streams
        self.hubs = [Hub(LAYOUT, [0] * LAYOUT.streams, LIMITS, encode=bytes) for _ in range(2)]
        self.read_to = [[0] * LAYOUT.streams for _ in range(2)]
        self.clients = [Client(["alerts"]), Client(list(FEED_TOPICS))]
        for client in self.clients:
            self.connect(client, 0)

    def connect(self, client: Client, process: int) -> None:
        hub = self.hubs[process]
        first = {"subscribe": client.topics}
        client.was_closed = False
        client.process = process

        def close() -> None:
            client.was_closed = True

        session = hub.open(parse_subscription(msgspec.json.encode(first)), lambda: None, close)
        client.session = session
        if client.cursor:
            hub.resume(session, LAYOUT.decode(client.cursor))
        else:
            client.cursor = hub.head

    def append(self, stream: int, seq: int) -> None:
        topic, partition = LAYOUT.place(stream)
        ledger = {"epoch": 0, "partition": partition, "seq": seq, "n": 0}
        value = msgspec.json.encode({"account_id": "A", "ledger": ledger})
        self.log[stream].append(Record(topic, partition, len(self.log[stream]), value))

    @rule(stream=STREAMS, count=st.integers(1, 4))
    def publish(self, stream: int, count: int) -> None:
        for _ in range(count):
            self.append(stream, self.seqs[stream])
            self.seqs[stream] += 1

    @rule(stream=STREAMS, back=st.integers(1, 5))
    def publish_again(self, stream: int, back: int) -> None:
        for seq in range(max(0, self.seqs[stream] - back), self.seqs[stream]):
            self.append(stream, seq)

    @rule(process=PROCESSES)
    def poll_everything(self, process: int) -> None:
        for stream in range(LAYOUT.streams):
            self.poll(process, stream, len(self.log[stream]))

    @rule(process=PROCESSES, stream=STREAMS, count=st.integers(1, 5))
    def poll(self, process: int, stream: int, count: int) -> None:
        start = self.read_to[process][stream]
        records = self.log[stream][start : start + count]
        self.hubs[process].take(records)
        self.read_to[process][stream] = start + len(records)
        self.hubs[process].advance(stream, start + len(records))

    @rule(number=st.integers(0, 1), count=st.integers(1, 6))
    def read(self, number: int, count: int) -> None:
        self.clients[number].read(count)

    @rule(number=st.integers(0, 1), process=PROCESSES)
    def reconnect(self, number: int, process: int) -> None:
        client = self.clients[number]
        if client.session is not None:
            self.hubs[client.process].remove(client.session)
        self.connect(client, process)
        self.catch_up(number)

    @rule(number=st.integers(0, 1), stream=STREAMS)
    def move(self, number: int, stream: int) -> None:
        """Read all that one process has, and go on with the other, which may be behind it."""
        client = self.clients[number]
        self.publish(stream, 1)
        self.poll(client.process, stream, len(self.log[stream]))
        client.read(100)
        self.reconnect(number, 1 - client.process)

    @rule(process=PROCESSES)
    def restart(self, process: int) -> None:
        self.hubs[process] = Hub(LAYOUT, [0] * LAYOUT.streams, LIMITS, encode=bytes)
        self.read_to[process] = [0] * LAYOUT.streams
        self.poll_everything(process)
        for client in self.clients:
            if client.process == process:
                self.connect(client, process)

    @rule(process=PROCESSES)
    def beat(self, process: int) -> None:
        self.hubs[process].heartbeat(0)

    @rule(number=st.integers(0, 1))
    def catch_up(self, number: int) -> None:
        client = self.clients[number]
        hub, session = self.hubs[client.process], client.session
        if session is None or session.closed:
            return
        if hub.catch_up(session) is Progress.BEHIND and session.has_room:
            self.replay(hub, session, client)

    def replay(self, hub: Hub, session: Session, client: Client) -> None:
        assert session.positions is not None
        until = hub.positions.offsets
        for stream in LAYOUT.streams_of(client.topics):
            for record in self.log[stream][session.positions[stream] : until[stream]]:
                hub.replay(session, hub.past_events([record]))
                client.read(1)
        hub.replayed(session, until)

    @invariant()
    def each_client_has_each_event_once_and_in_order(self) -> None:
        for client in getattr(self, "clients", ()):
            for seqs in client.received.values():
                assert seqs == list(range(len(seqs)))

    @invariant()
    def queues_stay_bounded(self) -> None:
        for hub in getattr(self, "hubs", ()):
            assert all(session.waiting <= LIMITS.queue_messages for session in hub.sessions)

    def teardown(self) -> None:
        """In the end everybody has everything."""
        if not hasattr(self, "clients"):
            return
        for process in range(2):
            for stream in range(LAYOUT.streams):
                while self.read_to[process][stream] < len(self.log[stream]):
                    self.poll(process, stream, 1)
        for number, client in enumerate(self.clients):
            self.reconnect(number, client.process)
            assert client.session is not None
            while self.hubs[client.process].catch_up(client.session) is not Progress.LIVE:
                self.catch_up(number)
                client.read(3)
            client.read(100)
            for stream, seqs in client.received.items():
                assert seqs == list(range(self.seqs[stream]))


TestFeed = FeedMachine.TestCase
TestFeed.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
