"""What the embedded broker is told: its `server.properties` and its logging, as pure functions of a few choices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LONGEST = str(2**63 - 1)

SINGLE_NODE: Mapping[str, str] = {
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    # After a crash a broker is let in again only when its last life has timed out: 9 s by default.
    "broker.session.timeout.ms": "4000",
    "broker.heartbeat.interval.ms": "500",
}
"""One broker holds the only copy of everything."""

EVERY_NODE: Mapping[str, str] = {
    "process.roles": "broker,controller",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "auto.create.topics.enable": "false",
    "num.partitions": "1",
    "unclean.leader.election.enable": "false",
    "group.initial.rebalance.delay.ms": "0",
    # Tests and demos notice a dead worker sooner than the 6 s that Kafka allows by default.
    "group.min.session.timeout.ms": "1000",
    "log.retention.ms": "-1",
    "log.message.timestamp.after.max.ms": _LONGEST,
    "message.max.bytes": "9437184",
    "replica.fetch.max.bytes": "9437184",
    "log.cleaner.threads": "1",
    "log.cleaner.dedupe.buffer.size": "16777216",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "4",
}
"""What holds for one broker and for a cluster alike."""


@dataclass(frozen=True)
class Node:
    """One broker's place: its id, its two loopback ports, and its cluster's voters (none when it is alone)."""

    node_id: int
    port: int
    controller_port: int
    voters: Sequence[str] = ()


def server_properties(node: Node, logs: Path, overrides: Mapping[str, str] | None = None) -> dict[str, str]:
    """The properties of one broker; `overrides` win over all but its identity, its addresses and its directory."""
    quorum = (
        {"controller.quorum.voters": ",".join(node.voters)}
        if node.voters
        else {"controller.quorum.bootstrap.servers": f"127.0.0.1:{node.controller_port}"}
    )
    own = {
        "node.id": str(node.node_id),
        "listeners": f"PLAINTEXT://127.0.0.1:{node.port},CONTROLLER://127.0.0.1:{node.controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{node.port},CONTROLLER://127.0.0.1:{node.controller_port}",
        "log.dirs": str(logs),
    }
    alone = {} if node.voters else SINGLE_NODE
    return {**EVERY_NODE, **alone, **(overrides or {}), **own, **quorum}


def as_properties(values: Mapping[str, str]) -> str:
    r"""The text of a Java properties file.

    >>> print(as_properties({"log.dirs": "C:\\kafka", "num.partitions": "1"}), end="")
    log.dirs=C:\\kafka
    num.partitions=1
    """
    return "".join(f"{key}={value}\n".replace("\\", "\\\\") for key, value in values.items())


def logging_properties(log_file: Path) -> str:
    """A log4j2 configuration that keeps warnings and the start-up in a file of bounded size."""
    return as_properties(
        {
            "status": "error",
            "appender.file.type": "RollingFile",
            "appender.file.name": "File",
            "appender.file.fileName": str(log_file),
            "appender.file.filePattern": f"{log_file}.%i",
            "appender.file.layout.type": "PatternLayout",
            "appender.file.layout.pattern": "[%d] %p %m (%c)%n",
            "appender.file.policies.type": "Policies",
            "appender.file.policies.size.type": "SizeBasedTriggeringPolicy",
            "appender.file.policies.size.size": "10MB",
            "appender.file.strategy.type": "DefaultRolloverStrategy",
            "appender.file.strategy.max": "3",
            "rootLogger.level": "warn",
            "rootLogger.appenderRef.file.ref": "File",
            "logger.server.name": "kafka.server",
            "logger.server.level": "info",
        }
    )
