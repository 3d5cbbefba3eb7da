"""Topics against a real broker: created once, checked always, and every difference told."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient
from typer.testing import CliRunner

from streams.commands.topics import topics
from streams.settings import Settings, kafka_python_arguments
from streams.topics import NAMES, TopicsUnfit, check, create_and_check, topic

pytestmark = pytest.mark.kafka
FAR_AHEAD_MS = 4_102_444_800_000  # the year 2100


def test_the_first_call_creates_all_and_the_second_none(broker_settings: Settings) -> None:
    assert create_and_check(broker_settings) == [topic(broker_settings.topic_prefix, name) for name in NAMES]
    assert create_and_check(broker_settings) == []
    check(broker_settings)


def test_processes_that_start_together_create_each_topic_once(broker_settings: Settings) -> None:
    with ThreadPoolExecutor(4) as pool:
        created = [name for names in pool.map(create_and_check, [broker_settings] * 4) for name in names]
    assert sorted(created) == sorted(topic(broker_settings.topic_prefix, name) for name in NAMES)


def test_checking_names_every_missing_topic_and_creates_none(broker_settings: Settings) -> None:
    for _ in range(2):
        with pytest.raises(TopicsUnfit) as caught:
            check(broker_settings)
        assert caught.value.problems == [
            f"{topic(broker_settings.topic_prefix, name)}: expected to exist, got none" for name in NAMES
        ]


def test_a_wrong_partition_count_stops_everything(broker_settings: Settings) -> None:
    create_and_check(broker_settings)
    with pytest.raises(TopicsUnfit, match=r"orders\.v1: expected 4 partitions, got 3"):
        create_and_check(broker_settings.model_copy(update={"partitions": 4}))


def test_a_topic_made_by_someone_else_with_the_defaults_is_refused(broker_settings: Settings) -> None:
    name = topic(broker_settings.topic_prefix, "exposures")
    with KafkaAdminClient(**kafka_python_arguments(broker_settings)) as admin:
        admin.create_topics({name: {"num_partitions": 3, "replication_factor": 1}}, wait_for_metadata=True)
    with pytest.raises(TopicsUnfit) as caught:
        create_and_check(broker_settings)
    assert caught.value.problems == [
        f"{name}: expected cleanup.policy=compact, got delete",
        f"{name}: expected message.timestamp.type=LogAppendTime, got CreateTime",
    ]
    with KafkaAdminClient(**kafka_python_arguments(broker_settings)) as admin:
        assert topic(broker_settings.topic_prefix, "orders") not in admin.list_topics(), "nothing is made beside it"


def test_more_replicas_than_brokers_is_a_clear_error(broker_settings: Settings) -> None:
    with pytest.raises(TopicsUnfit, match="expected to be created, got InvalidReplicationFactorError"):
        create_and_check(broker_settings.model_copy(update={"replication_factor": 3}))


def test_sources_keep_the_producers_time_and_the_ledger_does_not(broker_settings: Settings) -> None:
    create_and_check(broker_settings)
    producer = KafkaProducer(**kafka_python_arguments(broker_settings))
    for name in ("orders", "ledger"):
        producer.send(topic(broker_settings.topic_prefix, name), b"{}", partition=0, timestamp_ms=FAR_AHEAD_MS).get(30)
    producer.close()
    assert _first_time_ms(broker_settings, "orders") == FAR_AHEAD_MS
    assert _first_time_ms(broker_settings, "ledger") < FAR_AHEAD_MS


@pytest.mark.parametrize(("name", "size"), [("orders", 4_000_000), ("ledger", 8_000_000), ("deadletters", 8_000_000)])
def test_the_largest_records_that_the_design_allows_fit(broker_settings: Settings, name: str, size: int) -> None:
    create_and_check(broker_settings)
    producer = KafkaProducer(**kafka_python_arguments(broker_settings), max_request_size=9_000_000)
    producer.send(topic(broker_settings.topic_prefix, name), bytes(size), partition=0).get(30)
    producer.close()


def _first_time_ms(settings: Settings, name: str) -> int:
    consumer = KafkaConsumer(**kafka_python_arguments(settings), consumer_timeout_ms=20_000)
    consumer.assign([TopicPartition(topic(settings.topic_prefix, name), 0)])
    consumer.seek_to_beginning()
    first = next(consumer)
    consumer.close()
    return int(first.timestamp)


@pytest.mark.parametrize("action", ["create", "check"])
def test_the_command_tells_what_is_wrong_by_its_exit_code(
    broker_settings: Settings, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OBLIGOR_BROKERS", broker_settings.brokers)
    monkeypatch.setenv("OBLIGOR_TOPIC_PREFIX", broker_settings.topic_prefix)
    create_and_check(broker_settings)
    wrong = CliRunner().invoke(topics, [action])
    assert (wrong.exit_code, "orders.v1: expected 12 partitions, got 3" in wrong.output) == (1, True)
    monkeypatch.setenv("OBLIGOR_PARTITIONS", "3")
    assert CliRunner().invoke(topics, [action]).exit_code == 0


def test_the_command_ends_with_2_when_there_is_no_broker(tmp_path: Path) -> None:
    assert CliRunner().invoke(topics, ["check", "--data", str(tmp_path)]).exit_code == 2
    assert CliRunner().invoke(topics, ["list"]).exit_code == 0
