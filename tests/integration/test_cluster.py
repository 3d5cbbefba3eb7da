"""Three embedded brokers with the settings of `docker/compose.yaml`: losing one loses nothing that was acknowledged."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient

from streams.broker import Broker, cluster
from streams.settings import Settings, kafka_python_arguments
from streams.topics import create_and_check, topic
from tests.compose import read_compose, server_settings, services

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
PARTITIONS = 3
RECORDS = 20_000

Acknowledged = dict[int, dict[int, bytes]]


@pytest.fixture
def brokers(tmp_path: Path) -> Iterator[list[Broker]]:
    overrides = server_settings(services(read_compose(), "broker")["broker-1"])
    started = cluster(tmp_path, overrides=overrides)
    try:
        with ThreadPoolExecutor(len(started)) as pool:
            list(pool.map(Broker.start, started))
        yield started
    finally:
        # In order would take long: the last two wait for a quorum that is gone.
        for one in started:
            one.kill()


def _settings(brokers: list[Broker]) -> Settings:
    environment = services(read_compose(), "worker")["worker-1"]["environment"]
    return Settings(
        brokers=",".join(one.bootstrap for one in brokers),
        replication_factor=int(environment["OBLIGOR_REPLICATION_FACTOR"]),
        min_insync_replicas=int(environment["OBLIGOR_MIN_INSYNC_REPLICAS"]),
        partitions=PARTITIONS,
    )


def test_losing_a_broker_under_load_loses_nothing_acknowledged(brokers: list[Broker]) -> None:
    settings = _settings(brokers)
    create_and_check(settings)
    orders = topic(settings.topic_prefix, "orders")
    leader = brokers[_leaders(settings, orders)[0] - 1]

    acknowledged = _produce(settings, orders, at_half=leader.kill)

    survivors = _settings([one for one in brokers if one is not leader])
    stored = _read(survivors, orders)
    assert sum(map(len, acknowledged.values())) == RECORDS
    assert acknowledged == stored
    for values in stored.values():
        assert list(values.values()) == sorted(values.values(), key=int), "a retry changed the order"

    leader.start()
    _until(lambda: _fewest_in_sync(settings, orders) == len(brokers), seconds=60)


def _produce(settings: Settings, name: str, at_half: Callable[[], None]) -> Acknowledged:
    """Sends numbered records as fast as they go, one event in the middle; returns those acknowledged, by place."""
    acknowledged: Acknowledged = defaultdict(dict)
    producer = KafkaProducer(**kafka_python_arguments(settings), acks="all", linger_ms=2)
    sent = []
    for number in range(RECORDS):
        value = b"%d" % number
        sent.append((value, producer.send(name, value, partition=number % PARTITIONS)))
        if number == RECORDS // 2:
            _until(lambda: sent[len(sent) // 2][1].is_done, seconds=30)
            at_half()
    for value, future in sent:
        stored = future.get(timeout=120)
        acknowledged[stored.partition][stored.offset] = value
    producer.close()
    return acknowledged


def _read(settings: Settings, name: str) -> Acknowledged:
    stored: Acknowledged = defaultdict(dict)
    consumer = KafkaConsumer(**kafka_python_arguments(settings), enable_auto_commit=False)
    partitions = [TopicPartition(name, number) for number in range(PARTITIONS)]
    consumer.assign(partitions)
    consumer.seek_to_beginning()
    ends = consumer.end_offsets(partitions)
    while any(consumer.position(one) < ends[one] for one in partitions):
        for place, records in consumer.poll(timeout_ms=1_000).items():
            stored[place.partition].update((record.offset, record.value) for record in records)
    consumer.close()
    return stored


def _partitions(settings: Settings, name: str) -> list[dict[str, list[int] | int]]:
    with KafkaAdminClient(**kafka_python_arguments(settings)) as admin:
        found: list[dict[str, list[int] | int]] = admin.describe_topics([name])[0]["partitions"]
        return sorted(found, key=lambda one: str(one["partition_index"]))


def _leaders(settings: Settings, name: str) -> list[int]:
    return [int(str(one["leader_id"])) for one in _partitions(settings, name)]


def _fewest_in_sync(settings: Settings, name: str) -> int:
    return min(len(one["isr_nodes"]) for one in _partitions(settings, name) if isinstance(one["isr_nodes"], list))


def _until(holds: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"expected within {seconds} s"
        time.sleep(0.02)
