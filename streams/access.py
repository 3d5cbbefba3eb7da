"""What the parts of a worker share: settings, topic names and ids, a reader beside the group."""

from __future__ import annotations

from aiokafka import TopicPartition
from kafka import KafkaAdminClient
from msgspec import Struct

from schemas.signature import Verifier
from streams.reader import Reader
from streams.settings import Settings, kafka_python_arguments
from streams.states import States
from streams.topics import LEDGER, OUTPUTS, SOURCES, topic

PUBLISHED_TO = OUTPUTS


class Access(Struct, frozen=True):
    """A worker's way to the cluster. `topic_ids` are by short name, as Kafka gave them when the topics were made;
    without a `verifier` signatures are not asked for."""

    settings: Settings
    reader: Reader
    topic_ids: dict[str, str]
    states: States
    verifier: Verifier | None = None

    def at(self, name: str, partition: int) -> TopicPartition:
        """Return the partition of a topic named without prefix and version."""
        return TopicPartition(topic(self.settings.topic_prefix, name), partition)


def read_topic_ids(settings: Settings) -> dict[str, str]:
    """Return the ids of the topics that a partition's state belongs to; blocking."""
    names = {topic(settings.topic_prefix, name): name for name in (*SOURCES, LEDGER)}
    admin = KafkaAdminClient(**kafka_python_arguments(settings))
    try:
        found = admin.describe_topics(list(names))
    finally:
        admin.close()
    return {names[entry["name"]]: str(entry["topic_id"]) for entry in found}
