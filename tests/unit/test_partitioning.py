"""Our murmur2 is Kafka's: another one would split an account's limit between two partitions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import DefaultPartitioner
from kafka.partitioner.default import murmur2 as murmur2_of_kafka_python

from schemas.partitioning import murmur2, partition_of


@given(st.binary(max_size=100))
def test_murmur2_is_that_of_kafka_python(key: bytes) -> None:
    assert murmur2(key) == murmur2_of_kafka_python(key) % 2**32


class _Cluster:
    """What the partitioner asks of a cluster: one topic, all of its partitions there."""

    def __init__(self, partitions: int) -> None:
        self._numbers = set(range(partitions))

    def topics(self) -> set[str]:
        return {"orders"}

    def partitions_for_topic(self, _: str) -> set[int]:
        return self._numbers

    available_partitions_for_topic = partitions_for_topic


@given(st.binary(min_size=1, max_size=100), st.integers(1, 200))
def test_a_key_goes_where_kafka_python_sends_it(key: bytes, partitions: int) -> None:
    sent_to = DefaultPartitioner().partition("orders", None, key, None, None, _Cluster(partitions))
    assert partition_of(key, partitions) == sent_to


# Source: org.apache.kafka.common.utils.UtilsTest.testMurmur2.
@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_is_that_of_the_java_client(key: bytes, expected: int) -> None:
    assert murmur2(key) == expected % 2**32
