"""What Kafka knows of the market: which days were closed, which orders left, and what Obligor answered."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from threading import Event, Thread
from typing import Any

import msgspec
from kafka import KafkaConsumer, TopicPartition
from msgspec import Struct

from streams.market.trader import Released
from streams.settings import Settings, kafka_python_arguments
from streams.topics import topic

_RELEASED = "order_released"
_REACH_MS = 10_000


class _Cover(Struct):
    order_id: str


class _Said(Struct):
    """The few fields that matter here, of any fact or decision."""

    type: str = ""
    business_date: date | None = None
    delivered_on: date | None = None
    covers: tuple[_Cover, ...] = ()
    order_id: str = ""
    decision_no: int = 0
    at_ms: int = 0
    ce_source: str = ""


_decode = msgspec.json.Decoder(_Said).decode


@dataclass
class Past:
    """What an earlier run left: its first and last closed day, the last day anybody closed, first deliveries."""

    closed_from: date | None = None
    closed_until: date | None = None
    others_closed_until: date | None = None
    first_left_on: dict[str, date] = field(default_factory=dict)

    def market_start(self, wanted: date) -> date:
        """The first date of the market: that of the earlier run, else the one wanted, but after any closed day."""
        if self.closed_from is not None:
            return self.closed_from
        if self.others_closed_until is not None:
            return max(wanted, self.others_closed_until + timedelta(days=1))
        return wanted

    def left_until(self, today: date) -> Released:
        """Whether an order had left by a day: what `released` must have said for the market to be where it was."""
        return lambda order_id: self.first_left_on.get(order_id, date.max) <= today

    def left_on(self, today: date) -> frozenset[str]:
        """The orders that first left on a day that the earlier run began and did not close."""
        if self.closed_until is None or today != self.closed_until + timedelta(days=1):
            return frozenset()
        return frozenset(order_id for order_id, left_on in self.first_left_on.items() if left_on == today)

    def close(self, business_date: date, *, is_own: bool) -> None:
        """Take note of a closed day."""
        if is_own:
            self.closed_from = min(self.closed_from or business_date, business_date)
            self.closed_until = max(self.closed_until or business_date, business_date)
        else:
            self.others_closed_until = max(self.others_closed_until or business_date, business_date)

    def leave(self, order_id: str, delivered_on: date) -> None:
        """Take note of a delivery."""
        self.first_left_on[order_id] = min(self.first_left_on.get(order_id, delivered_on), delivered_on)


@dataclass
class Answers:
    """What Obligor answered about each order, by the time of the fact that caused the answer."""

    by_order: dict[str, list[tuple[int, int, bool]]] = field(default_factory=dict)

    def take(self, order_id: str, *, decision_no: int, at_ms: int, is_release: bool) -> None:
        """Take note of an answer; they may come more than once."""
        answers = self.by_order.setdefault(order_id, [])
        answer = (decision_no, at_ms, is_release)
        place = bisect_left(answers, answer)
        if place == len(answers) or answers[place] != answer:
            answers.insert(place, answer)

    def released(self, order_id: str, before_ms: int) -> bool:
        """Whether the last answer caused before a moment lets the order go."""
        known = [is_release for _, at_ms, is_release in self.by_order.get(order_id, ()) if at_ms < before_ms]
        return known[-1] if known else False


def read_past(settings: Settings, source: str) -> Past:
    """Read what an earlier run of this source wrote to `control` and `orders`, from the beginning to now."""
    past = Past()
    for name in ("control", "orders"):
        with _reader(settings, name, only_first=name == "control") as consumer:
            for record in _until_end(consumer):
                _remember(past, record, source)
    return past


def _remember(past: Past, record: Any, source: str) -> None:
    headers = dict(record.headers)
    kind = headers.get("ce_type")
    is_own = headers.get("ce_source") == source.encode()
    if kind == b"order_delivered" and is_own:
        said = _decode(record.value)
        assert said.delivered_on is not None
        for cover in said.covers:
            past.leave(cover.order_id, said.delivered_on)
    elif record.topic.endswith(".control.v1") and record.value is not None and b'"day_closed"' in record.value:
        closed = _read_or_nothing(record.value)
        if closed.business_date is not None:
            past.close(closed.business_date, is_own=is_own)


def _read_or_nothing(value: bytes) -> _Said:
    """Others may have written what cannot be read; that is for the dead letters to tell."""
    try:
        return _decode(value)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError):
        return _Said()


@contextmanager
def follow_answers(settings: Settings, source: str, *, wanted: bool) -> Iterator[Answers]:
    """Answers that keep themselves current while the block runs; they are complete up to now when it begins."""
    answers = Answers()
    if not wanted:
        yield answers
        return
    stop = Event()
    with _reader(settings, "decisions") as consumer:
        for record in _until_end(consumer):
            _take(answers, record, source)
        follower = Thread(target=_follow, args=(consumer, answers, source, stop), name="answers", daemon=True)
        follower.start()
        try:
            yield answers
        finally:
            stop.set()
            follower.join(timeout=5)


def _follow(consumer: Any, answers: Answers, source: str, stop: Event) -> None:
    while not stop.is_set():
        for records in consumer.poll(timeout_ms=100).values():
            for record in records:
                _take(answers, record, source)


def _take(answers: Answers, record: Any, source: str) -> None:
    said = _decode(record.value)
    if said.order_id and said.ce_source in ("", source):
        answers.take(said.order_id, decision_no=said.decision_no, at_ms=said.at_ms, is_release=said.type == _RELEASED)


@contextmanager
def _reader(settings: Settings, name: str, *, only_first: bool = False) -> Iterator[Any]:
    """A consumer at the beginning of a topic's partitions, in no group."""
    consumer: Any = KafkaConsumer(
        **kafka_python_arguments(settings),
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        bootstrap_timeout_ms=_REACH_MS,
    )
    try:
        full_name = topic(settings.topic_prefix, name)
        numbers = [0] if only_first else sorted(consumer.partitions_for_topic(full_name) or ())
        consumer.assign([TopicPartition(full_name, number) for number in numbers])
        consumer.seek_to_beginning()
        yield consumer
    finally:
        consumer.close()


def _until_end(consumer: Any) -> Iterator[Any]:
    """The records that are there now."""
    ends = consumer.end_offsets(list(consumer.assignment()))
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        for records in consumer.poll(timeout_ms=500, max_records=5_000).values():
            yield from records
