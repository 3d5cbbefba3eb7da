"""Who may write and read which topic: the one table that the documentation and Kafka's access lists are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from streams.settings import Settings
from streams.topics import LEDGER, OUTPUTS, SOURCES, topic


class Part(Struct, frozen=True):
    """One kind of program: what it is, and the topics it writes and reads, by their short names.

    `groups`: it commits offsets as the consumer group of the workers. `creates`: it makes topics and checks them.
    `webhooks`: it commits offsets as the consumer groups of webhooks.
    """

    meaning: str
    writes: tuple[str, ...]
    reads: tuple[str, ...]
    groups: bool = False
    creates: bool = False
    webhooks: bool = False


FACTS = tuple(name for name in SOURCES if name not in ("desk", "control"))
_ALL = (*SOURCES, LEDGER, *OUTPUTS)
PARTS: dict[str, Part] = {
    "worker": Part(
        "takes facts in and decides; copies broadcasts, closes days, totals the book",
        ("control", LEDGER, *OUTPUTS, "checkpoints"),
        (*_ALL, "checkpoints", "models"),
        groups=True,
    ),
    "learner": Part(
        "learns who pays late",
        ("lessons", "models", "control"),
        ("labels", "lessons", "models", "control", LEDGER),
        groups=True,
    ),
    "api": Part(
        "serves people and programs; writes what they decide and tell, signed; tells webhooks",
        (*SOURCES, "webhooks"),
        (*_ALL, "lessons", "models", "webhooks"),
        webhooks=True,
    ),
    "order-system": Part(
        "orders, deliveries, invoices, payments, master data; acts on decisions",
        ("dossiers", "orders", "invoices", "payments"),
        ("decisions",),
    ),
    "bureau": Part("tells what credit bureaus say", ("bureau",), ()),
    "auditor": Part("proves the ledger (obligor audit)", (), _ALL),
    "operator": Part(
        "makes topics, adopts policies, sends dead letters in again",
        SOURCES,
        (*_ALL, "lessons", "models"),
        creates=True,
    ),
}
"""Nobody but workers writes the ledger and what is published of it; only the api and operators write `desk`."""


class Rule(Struct, frozen=True):
    """One permission of Kafka: a principal may do something with a resource."""

    principal: str
    operations: tuple[str, ...]
    resource: tuple[str, ...]


def rules(settings: Settings, principals: dict[str, str]) -> Iterator[Rule]:
    """Yield what each principal needs and nothing more; `principals` are Kafka's names by part."""
    for name, principal in principals.items():
        part = PARTS[name]
        for written in part.writes:
            yield Rule(principal, ("Write", "Describe"), ("--topic", topic(settings.topic_prefix, written)))
        for read in part.reads:
            yield Rule(
                principal, ("Read", "Describe", "DescribeConfigs"), ("--topic", topic(settings.topic_prefix, read))
            )
        if part.groups:
            yield Rule(principal, ("Read", "Describe"), ("--group", settings.group_id, *_PREFIXED))
        if part.webhooks:
            group = f"{settings.topic_prefix}-webhook-"
            yield Rule(principal, ("Read", "Describe"), ("--group", group, *_PREFIXED))
        if part.creates:
            every = f"{settings.topic_prefix}."
            yield Rule(principal, ("Create", "Describe", "DescribeConfigs"), ("--topic", every, *_PREFIXED))
        if part.writes:
            yield Rule(principal, ("IdempotentWrite",), ("--cluster",))


_PREFIXED = ("--resource-pattern-type", "prefixed")


def as_commands(rules: Iterable[Rule], brokers: str, command_config: str | None = None) -> Iterator[str]:
    """Yield the command lines of Kafka's own tool that put rules in force.

    >>> next(as_commands([Rule("User:erp", ("Read",), ("--topic", "a.v1"))], "k:9092"))
    'kafka-acls.sh --bootstrap-server k:9092 --add --allow-principal User:erp --operation Read --topic a.v1'
    """
    login = "" if command_config is None else f" --command-config {command_config}"
    for rule in rules:
        operations = " ".join(f"--operation {operation}" for operation in rule.operations)
        yield (
            f"kafka-acls.sh --bootstrap-server {brokers}{login} --add --allow-principal {rule.principal} "
            f"{operations} {' '.join(rule.resource)}"
        )
