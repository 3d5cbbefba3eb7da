"""The topics: their names, what each must be like, and making and checking them before anything else starts."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kafka.admin import ConfigResource, KafkaAdminClient
from kafka.errors import NoError, TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code

from streams.settings import Settings, kafka_python_arguments

SOURCES = ("dossiers", "orders", "invoices", "payments", "bureau", "desk", "control")
"""What the world tells us, keyed by account."""
OUTPUTS = ("decisions", "alerts", "exposures", "labels", "deadletters")
"""What is published from the ledger, in the same partition."""
LEDGER = "ledger"
SINGLE = ("lessons", "models", "checkpoints", "webhooks")
"""Topics of one partition: one writer, one order."""
NAMES = (*SOURCES, LEDGER, *OUTPUTS, *SINGLE)

SOURCE_BYTES = 4 * 1024 * 1024
LEDGER_BYTES = 8 * 1024 * 1024
_COMPACTED = ("exposures", "models", "webhooks")
_SETTLE_SECONDS = 10
_REACH_MS = 10_000
_LONGEST = str(2**63 - 1)
_AT_LEAST = ("max.message.bytes", "min.insync.replicas", "message.timestamp.after.max.ms")
_OPERATORS_CHOICE = {"decisions": ("retention.ms",), "alerts": ("retention.ms",), "labels": ("retention.ms",)}


class TopicsUnfit(Exception):
    """Topics that are not what they must be; the message lists every difference."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True)
class Topic:
    """One topic as it must be. Settings outside `checked` are given at creation and then left to operators."""

    name: str
    partitions: int
    replication_factor: int
    config: Mapping[str, str]
    checked: frozenset[str]


@dataclass(frozen=True)
class Found:
    """One topic as the cluster describes it; its replication factor is that of the partition with the fewest copies."""

    partitions: int
    replication_factor: int
    config: Mapping[str, str]


@dataclass(frozen=True)
class Plan:
    """What to create, and what is wrong with what exists already."""

    create: list[Topic] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def topic(prefix: str, name: str) -> str:
    """The full name of a topic.

    >>> topic("credit", "orders")
    'credit.orders.v1'
    """
    return f"{prefix}.{name}.v1"


def short_name(full_name: str) -> str:
    """The name that `topic` was given.

    >>> short_name("credit.eu.orders.v1")
    'orders'
    """
    return full_name.removesuffix(".v1").rpartition(".")[2]


def topic_config(name: str, min_insync_replicas: int) -> dict[str, str]:
    """The settings of a topic, by its short name.

    >>> topic_config("ledger", 2)["message.timestamp.type"]
    'LogAppendTime'
    """
    config = {
        "cleanup.policy": "compact" if name in _COMPACTED else "delete",
        "retention.ms": "-1",
        "max.message.bytes": str(LEDGER_BYTES if name in (LEDGER, "deadletters") else SOURCE_BYTES),
        "message.timestamp.type": "CreateTime" if name in SOURCES else "LogAppendTime",
        "min.insync.replicas": str(min_insync_replicas),
        "unclean.leader.election.enable": "false",
    }
    if name in SOURCES:
        # Years of imported history in record time would make a segment a week, more files than a broker may open.
        # Simulated time runs ahead of the clock, which Kafka refuses from an hour on.
        config |= {"segment.ms": _LONGEST, "message.timestamp.after.max.ms": _LONGEST}
    if name in _COMPACTED:
        # Only closed segments are compacted, and whoever starts without state reads all that is left.
        config["segment.bytes"] = str(64 * 1024 * 1024)
    return config


def desired_topics(settings: Settings) -> list[Topic]:
    """Every topic as these settings want it."""
    return [_desired(settings, name) for name in NAMES]


def _desired(settings: Settings, name: str) -> Topic:
    config = topic_config(name, settings.min_insync_replicas)
    unchecked = {"segment.bytes", *_OPERATORS_CHOICE.get(name, ())}
    return Topic(
        name=topic(settings.topic_prefix, name),
        partitions=1 if name in SINGLE else settings.partitions,
        replication_factor=settings.replication_factor,
        config=config,
        checked=frozenset(config.keys() - unchecked),
    )


def plan(desired: Iterable[Topic], found: Mapping[str, Found]) -> Plan:
    """Compares what should be with what is; nothing that exists is ever changed, only reported."""
    result = Plan()
    for wanted in desired:
        if wanted.name in found:
            result.problems.extend(differences(wanted, found[wanted.name]))
        else:
            result.create.append(wanted)
    return result


def differences(wanted: Topic, found: Found) -> list[str]:
    """Each way in which a topic is not what it must be, as one line for people; more safety than asked is none."""
    lines = []
    if found.partitions != wanted.partitions:
        lines.append(f"{wanted.name}: expected {wanted.partitions} partitions, got {found.partitions}")
    if found.replication_factor < wanted.replication_factor:
        lines.append(
            f"{wanted.name}: expected {wanted.replication_factor} replicas or more, got {found.replication_factor}"
        )
    for key in sorted(wanted.checked):
        expected, actual = wanted.config[key], found.config.get(key)
        if not _fits(key, expected, actual):
            or_more = " or more" if key in _AT_LEAST else ""
            lines.append(f"{wanted.name}: expected {key}={expected}{or_more}, got {actual}")
    return lines


def _fits(key: str, expected: str, actual: str | None) -> bool:
    if actual is None:
        return False
    return int(actual) >= int(expected) if key in _AT_LEAST else actual == expected


def create_and_check(settings: Settings) -> list[str]:
    """Creates the topics that are missing and checks all; returns the names created.

    Safe to run by several processes at once.

    Raises:
        TopicsUnfit: a topic is not what it must be, or the cluster refused to create it.
    """
    desired = desired_topics(settings)
    with _admin(settings) as admin:
        before = plan(desired, describe(admin, desired))
        if before.problems:
            raise TopicsUnfit(before.problems)
        created = _create(admin, before.create)
        raise_unless_fit(_settled(admin, desired))
    return created


def _admin(settings: Settings) -> KafkaAdminClient:
    return KafkaAdminClient(bootstrap_timeout_ms=_REACH_MS, **kafka_python_arguments(settings))


def _settled(admin: KafkaAdminClient, desired: Sequence[Topic]) -> Plan:
    # A broker of a cluster may hear of a new topic a moment after the one that was asked to make it.
    deadline = time.monotonic() + _SETTLE_SECONDS
    while (result := plan(desired, describe(admin, desired))).create and time.monotonic() < deadline:
        time.sleep(0.1)
    return result


def check(settings: Settings) -> None:
    """Checks that every topic exists and is what it must be.

    Raises:
        TopicsUnfit: one is missing or different.
    """
    desired = desired_topics(settings)
    with _admin(settings) as admin:
        raise_unless_fit(plan(desired, describe(admin, desired)))


def raise_unless_fit(result: Plan) -> None:
    """Raises `TopicsUnfit` with everything that is missing or different, if anything is."""
    problems = [f"{missing.name}: expected to exist, got none" for missing in result.create] + result.problems
    if problems:
        raise TopicsUnfit(problems)


def describe(admin: KafkaAdminClient, wanted: Sequence[Topic]) -> dict[str, Found]:
    """Those of the wanted topics that exist, as the cluster has them."""
    present: dict[str, Any] = {}
    for entry in admin.describe_topics([one.name for one in wanted]):
        error = for_code(entry["error_code"])
        if error is UnknownTopicOrPartitionError:
            continue
        if entry["error_code"]:
            raise TopicsUnfit([f"{entry['name']}: expected a description, got {error.__name__}"])
        present[entry["name"]] = entry["partitions"]
    if not present:
        return {}
    configs = admin.describe_configs([ConfigResource("TOPIC", name) for name in present], config_filter="all")["topic"]
    return {
        name: Found(
            partitions=len(partitions),
            replication_factor=min(len(partition["replica_nodes"]) for partition in partitions),
            config={key: entry["value"] for key, entry in configs[name].items()},
        )
        for name, partitions in present.items()
    }


def _create(admin: KafkaAdminClient, topics: Sequence[Topic]) -> list[str]:
    if not topics:
        return []
    request = {
        one.name: {
            "num_partitions": one.partitions,
            "replication_factor": one.replication_factor,
            "configs": dict(one.config),
        }
        for one in topics
    }
    results = admin.create_topics(request, raise_errors=False)["topics"]
    # Another process may have been faster; what it made is checked with the rest.
    refused = [entry for entry in results if for_code(entry["error_code"]) not in (NoError, TopicAlreadyExistsError)]
    if refused:
        raise TopicsUnfit([f"{one['name']}: expected to be created, got {_refusal(one)}" for one in refused])
    admin.wait_for_topics([one.name for one in topics])
    return [entry["name"] for entry in results if not entry["error_code"]]


def _refusal(entry: Mapping[str, Any]) -> str:
    return f"{for_code(entry['error_code']).__name__}: {entry['error_message']}"
