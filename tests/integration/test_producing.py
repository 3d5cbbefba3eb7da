"""Facts on a real broker: where they land, and a market that goes on where it stopped."""

from __future__ import annotations

import json
import time
from datetime import date, timedelta
from threading import Event

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.partitioner.default import murmur2

from streams.market.live import run_live
from streams.market.past import follow_answers, read_past
from streams.message import DAY_MS, Message, Origin, at_ms
from streams.producing import Producing, SendFailed
from streams.settings import Settings, kafka_python_arguments
from streams.simulator import Market, facts, source_name
from streams.topics import SOURCES, create_and_check, topic

pytestmark = pytest.mark.kafka
ACCOUNTS, SEED = 30, 3


def read_sources(settings: Settings) -> list[ConsumerRecord]:
    """Every record of the source topics, each partition in its order."""
    consumer = KafkaConsumer(**kafka_python_arguments(settings), enable_auto_commit=False)
    partitions = [
        TopicPartition(topic(settings.topic_prefix, name), number)
        for name in SOURCES
        for number in range(settings.partitions)
    ]
    consumer.assign(partitions)
    consumer.seek_to_beginning()
    ends, records = consumer.end_offsets(partitions), []
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        for found in consumer.poll(timeout_ms=500).values():
            records.extend(found)
    consumer.close()
    return records


def said(records: list[ConsumerRecord]) -> dict[bytes, tuple[bytes, int]]:
    """Value and time by `ce_id`; a repeat must be the same."""
    by_id: dict[bytes, tuple[bytes, int]] = {}
    for record in records:
        fact_id = dict(record.headers)["ce_id"]
        assert by_id.setdefault(fact_id, (record.value, record.timestamp)) == (record.value, record.timestamp)
    return by_id


def expected(messages: list[Message]) -> dict[bytes, tuple[bytes, int]]:
    return {dict(each.headers)["ce_id"]: (each.value or b"", each.timestamp_ms) for each in messages}


def test_facts_land_where_murmur2_puts_their_account_and_broadcasts_on_partition_0(broker_settings: Settings) -> None:
    create_and_check(broker_settings)
    messages = facts(1_500, SEED)
    with Producing(broker_settings, in_flight_max=50) as producing:
        assert producing.send_all(messages) == 1_500
    records = read_sources(broker_settings)
    assert said(records) == expected(messages)
    for record in records:
        is_broadcast = record.topic == topic(broker_settings.topic_prefix, "control")
        assert (record.key is None) == is_broadcast
        hashed = 0 if record.key is None else (murmur2(record.key) & 0x7FFFFFFF) % broker_settings.partitions
        assert record.partition == hashed
        assert dict(record.headers)["ce_specversion"] == b"1.0"


def test_a_message_for_a_topic_that_is_not_there_is_told(broker_settings: Settings) -> None:
    with Producing(broker_settings, block_ms=500) as producing, pytest.raises(SendFailed, match="orders"):
        producing.send(Message("orders", "A-1", b"{}", 0))


def test_a_message_that_is_too_large_is_told(broker_settings: Settings) -> None:
    create_and_check(broker_settings)
    with Producing(broker_settings) as producing, pytest.raises(SendFailed, match="'A-1' was not written"):
        producing.send(Message("orders", "A-1", b" " * 5_000_000, 0, Origin("test").headers("x", "y")))


def test_a_market_goes_on_after_the_last_day_it_closed(broker_settings: Settings) -> None:
    create_and_check(broker_settings)
    assert run_live(broker_settings, ACCOUNTS, SEED, 0, days=20) > 100
    run_live(broker_settings, ACCOUNTS, SEED, 0, days=15)
    whole = [each for day in Market(SEED, ACCOUNTS).days(35) for each in day]
    records = read_sources(broker_settings)
    assert len(records) == len(whole)
    assert said(records) == expected(whole)


class StopWithin(Event):
    """A stop that comes after so many looks at it."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self._looks = looks

    def is_set(self) -> bool:
        """Whether it has been looked at often enough."""
        self._looks -= 1
        return self._looks < 0


def test_a_live_run_stopped_within_a_day_sends_that_day_again_alike(broker_settings: Settings) -> None:
    """Nobody answers orders here, so that what a live market says is known."""
    create_and_check(broker_settings)
    sent = run_live(broker_settings, ACCOUNTS, SEED, 5_000_000, StopWithin(500), prehistory_days=10)
    stopped = read_past(broker_settings, source_name(SEED, ACCOUNTS))
    assert stopped.closed_until is not None
    closed = sum(1 for each in read_sources(broker_settings) if each.timestamp < at_ms(stopped.closed_until) + DAY_MS)
    assert 0 < closed < sent, "it stopped between two days; take another number"
    run_live(broker_settings, ACCOUNTS, SEED, 5_000_000, prehistory_days=10, days=12)
    past = read_past(broker_settings, source_name(SEED, ACCOUNTS))
    market = Market(SEED, ACCOUNTS)
    whole = [each for day in market.days(10) for each in day]
    assert past.closed_until is not None
    while market.next_date <= past.closed_until:
        whole.extend(market.day(market.next_date, lambda order_id: False))
    assert past.closed_until == stopped.closed_until + timedelta(days=12)
    assert said(read_sources(broker_settings)) == expected(whole)


def test_a_new_market_begins_after_the_days_others_closed(broker_settings: Settings) -> None:
    create_and_check(broker_settings)
    run_live(broker_settings, ACCOUNTS, SEED, 0, days=3)
    run_live(broker_settings, ACCOUNTS, SEED + 1, 0, days=2)
    past = read_past(broker_settings, source_name(SEED + 1, ACCOUNTS))
    assert (past.closed_from, past.closed_until) == (date(2025, 1, 4), date(2025, 1, 5))


def test_a_live_market_hears_what_is_decided_before_and_while_it_runs(broker_settings: Settings) -> None:
    create_and_check(broker_settings)
    source = source_name(SEED, ACCOUNTS)
    producer = KafkaProducer(**kafka_python_arguments(broker_settings))

    def decide(order_id: str, kind: str, at: int, ce_source: str = source) -> None:
        decision = {"type": kind, "order_id": order_id, "decision_no": 1, "at_ms": at, "ce_source": ce_source}
        value = json.dumps(decision).encode()
        producer.send(topic(broker_settings.topic_prefix, "decisions"), value=value, key=b"A-1").get(timeout=10)

    decide("O-1", "order_released", 5)
    decide("O-2", "order_blocked", 5)
    decide("O-3", "order_released", 5, "another-source")
    with follow_answers(broker_settings, source, wanted=True) as answers:
        assert [answers.released(order_id, 6) for order_id in ("O-1", "O-2", "O-3")] == [True, False, False]
        decide("O-4", "order_released", 7)
        deadline = time.monotonic() + 10
        while not answers.released("O-4", 8):
            assert time.monotonic() < deadline, "expected the answer to O-4 within 10 s"
    producer.close()
