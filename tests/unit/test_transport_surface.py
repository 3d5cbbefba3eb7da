"""The private parts of Faust and aiokafka that `streams.transport` stands on are as they were when it was written.

A failure here means: read the new version of what is named, compare, adapt `streams/transport.py` and
`streams/batches.py`, run `tests/integration/test_transport.py`, and only then change this table.
"""

import inspect
from importlib.metadata import version
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import Fetcher, FetchResult, PartitionRecords
from aiokafka.consumer.subscription_state import Assignment, SubscriptionState, TopicPartitionState
from faust.app import App
from faust.transport import consumer as faust_consumer
from faust.transport.drivers import aiokafka as driver
from faust.types import ConsumerMessage
from mode import Service

VERSIONS = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0", "mode-streaming": "0.7.1"}

SIGNATURES: list[tuple[Any, str, list[str]]] = [
    (driver.Consumer, "_new_consumer_thread", ["self"]),
    (driver.Consumer, "_to_message", ["self", "tp", "record"]),
    (driver.Consumer, "getmany", ["self", "timeout"]),
    (driver.Consumer, "_getmany", ["self", "active_partitions", "timeout"]),
    (driver.Consumer, "_wait_next_records", ["self", "timeout"]),
    (driver.Consumer, "_get_active_partitions", ["self"]),
    (driver.Consumer, "_drain_messages", ["self", "fetcher"]),
    (driver.Consumer, "ack", ["self", "message"]),
    (driver.Consumer, "on_buffer_full", ["self", "tp"]),
    (driver.Consumer, "on_partitions_revoked", ["self", "revoked"]),
    (driver.Consumer, "perform_seek", ["self"]),
    (driver.Consumer, "seek", ["self", "partition", "offset"]),
    (driver.Consumer, "_seek", ["self", "partition", "offset"]),
    (driver.Consumer, "_add_gap", ["self", "tp", "offset_from", "offset_to"]),
    (driver.Consumer, "_new_offset", ["self", "tp"]),
    (driver.Consumer, "_commit", ["self", "offsets"]),
    (driver.Consumer, "_commit_offsets", ["self", "offsets", "start_new_transaction"]),
    (driver.Consumer, "verify_all_partitions_active", ["self"]),
    (driver.Consumer, "assignment", ["self"]),
    (driver.AIOKafkaConsumerThread, "_create_worker_consumer", ["self", "transport"]),
    (driver.AIOKafkaConsumerThread, "_ensure_consumer", ["self"]),
    (
        driver.AIOKafkaConsumerThread,
        "_fetch_records",
        ["self", "consumer", "active_partitions", "timeout", "max_records"],
    ),
    (driver.Transport, "__init__", ["self", "args", "kwargs"]),
    (driver, "ensure_aiokafka_TP", ["tp"]),
    (Fetcher, "fetched_records", ["self", "partitions", "timeout", "max_records"]),
    (Fetcher, "_create_fetch_waiter", ["self"]),
    (Fetcher, "seek_to", ["self", "tp", "offset"]),
    (PartitionRecords, "_consumer_record", ["self", "tp", "record"]),
    (SubscriptionState, "fetch_context", ["self"]),
    (Assignment, "state_value", ["self", "tp"]),
    (AIOKafkaConsumer, "seek", ["self", "partition", "offset"]),
    (App, "crash", ["self", "reason"]),
    (Service, "wait_first", ["self", "coros", "timeout"]),
]

PROPERTIES = [
    (SubscriptionState, "reassignment_in_progress"),
    (SubscriptionState, "subscription"),
    (TopicPartitionState, "position"),
    (TopicPartitionState, "has_valid_position"),
]

ATTRIBUTES_SET_BY_INIT = [
    (faust_consumer.Consumer, ["_read_offset", "_acked", "_acked_index", "_committed_offset", "suspend_flow"]),
    (faust_consumer.Consumer, ["can_resume_flow", "callback", "transport", "app"]),
    (Fetcher, ["_records", "_subscriptions", "_closed", "_fetch_waiters"]),
    (FetchResult, ["_partition_records"]),
    (AIOKafkaConsumer, ["_fetch_max_wait_ms", "_fetch_max_bytes", "_subscription", "_fetcher", "_closed"]),
    (TopicPartitionState, ["highwater", "_position"]),
]

LINES_RELIED_ON = [
    # Looked up on the instance for each record, so that it can be replaced there.
    (PartitionRecords._unpack_records, "consumer_record = self._consumer_record(tp, record)"),
    # An empty set of partitions means all of them, and a drain without a timeout does not wait.
    (Fetcher.fetched_records, "if partitions and tp not in partitions:"),
    (Fetcher.fetched_records, "if drained or not timeout:"),
    # The fetch settings are read from the attributes when the consumer starts.
    (AIOKafkaConsumer.start, "fetch_max_wait_ms=self._fetch_max_wait_ms"),
    (AIOKafkaConsumer.start, "fetch_max_bytes=self._fetch_max_bytes"),
    # The drain is ours to replace, and the thread polls through the method that we replace.
    (faust_consumer.Fetcher._fetcher.fun, "await consumer._drain_messages(self)"),
    (driver.AIOKafkaConsumerThread.getmany, "self._fetch_records,"),
    # With no standby the assignor would be round robin.
    (driver.AIOKafkaConsumerThread._create_worker_consumer, "if self.app.conf.table_standby_replicas > 0"),
    # A seek drops what is buffered, so that nothing fetched before it is handed out after it.
    (Fetcher.seek_to, "del self._records[tp]"),
]


def _named(value: Any) -> str:
    """Without an address in memory: every process that runs tests must call them the same."""
    return str(getattr(value, "__qualname__", value))[:60]


@pytest.mark.parametrize(("package", "expected"), VERSIONS.items())
def test_the_version_is_the_one_the_transport_was_written_against(package: str, expected: str) -> None:
    assert version(package) == expected, f"{package}: expected {expected}, received {version(package)}; see {__file__}"


@pytest.mark.parametrize(("owner", "name", "parameters"), SIGNATURES, ids=_named)
def test_the_function_takes_what_it_took(owner: Any, name: str, parameters: list[str]) -> None:
    function = getattr(owner, name, None)
    assert function is not None, f"{owner.__name__}.{name} is gone; see {__file__}"
    received = list(inspect.signature(function).parameters)
    assert received == parameters, (
        f"{owner.__name__}.{name}: expected {parameters}, received {received}; see {__file__}"
    )


@pytest.mark.parametrize(("owner", "name"), PROPERTIES, ids=_named)
def test_the_property_is_there(owner: Any, name: str) -> None:
    assert isinstance(getattr(owner, name, None), property), f"{owner.__name__}.{name} is gone; see {__file__}"


@pytest.mark.parametrize(("owner", "names"), ATTRIBUTES_SET_BY_INIT, ids=_named)
def test_the_attributes_are_set(owner: Any, names: list[str]) -> None:
    source = inspect.getsource(owner)
    missing = [name for name in names if f"self.{name}" not in source]
    assert not missing, f"{owner.__name__}: expected attributes {missing}; see {__file__}"


@pytest.mark.parametrize(("function", "line"), LINES_RELIED_ON, ids=_named)
def test_the_line_relied_on_is_there(function: Any, line: str) -> None:
    assert line in inspect.getsource(function), f"{function.__qualname__}: expected {line!r}; see {__file__}"


def test_messages_have_a_generation_and_the_driver_takes_our_classes() -> None:
    assert "generation_id" in inspect.signature(ConsumerMessage).parameters
    assert driver.Transport.Consumer is driver.Consumer
    assert issubclass(driver.Consumer, faust_consumer.ThreadDelegateConsumer)
