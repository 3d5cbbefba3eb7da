"""Kafka's access lists follow from one table: each part gets what it needs, and nobody else writes what counts."""

from __future__ import annotations

import shlex

from typer.testing import CliRunner

from api.acting.sending import Sending
from api.webhooks.addresses import Addresses
from api.webhooks.notifier import Notifier
from streams.acls import PARTS, as_commands, rules
from streams.commands.topics import topics
from streams.settings import Settings
from streams.topics import LEDGER, NAMES, OUTPUTS

SETTINGS = Settings(topic_prefix="acme", group_id="desk")


def _who_writes(name: str) -> set[str]:
    return {part for part, allowed in PARTS.items() if name in allowed.writes}


def test_only_workers_write_the_ledger_and_what_follows_from_it() -> None:
    for name in (LEDGER, *OUTPUTS):
        assert _who_writes(name) == {"worker"}, name


def test_what_people_decide_comes_from_the_api_and_from_operators_only() -> None:
    assert _who_writes("desk") == {"api", "operator"}
    assert _who_writes("control") == {"worker", "learner", "api", "operator"}


def test_an_order_system_reads_decisions_and_nothing_else() -> None:
    assert PARTS["order-system"].reads == ("decisions",)
    assert not {"desk", "control", "bureau"} & set(PARTS["order-system"].writes)


def test_every_topic_is_written_and_read_by_somebody() -> None:
    assert {name for part in PARTS.values() for name in part.writes} == set(NAMES)
    assert set(NAMES) <= {name for part in PARTS.values() for name in part.reads}


def test_the_commands_say_what_the_table_says() -> None:
    lines = [
        shlex.split(line) for line in as_commands(rules(SETTINGS, {"bureau": "User:b"}), "k:9092", "login.properties")
    ]
    assert [line[line.index("User:b") + 1 :] for line in lines] == [
        ["--operation", "Write", "--operation", "Describe", "--topic", "acme.bureau.v1"],
        ["--operation", "IdempotentWrite", "--cluster"],
    ]
    assert all(line[:4] == ["kafka-acls.sh", "--bootstrap-server", "k:9092", "--command-config"] for line in lines)
    worker = [line for line in as_commands(rules(SETTINGS, {"worker": "User:w"}), "k:9092") if "--group" in line]
    assert len(worker) == 1 and "--group desk --resource-pattern-type prefixed" in worker[0]


def test_the_command_prints_them_for_the_principals_that_are_named() -> None:
    told = CliRunner().invoke(topics, ["acls", "--principal", "order-system=User:erp", "--brokers", "k:9092"])
    assert told.exit_code == 0 and told.output.count("User:erp") == told.output.count("kafka-acls.sh") > 5
    assert CliRunner().invoke(topics, ["acls", "--principal", "shop=User:erp"]).exit_code == 2


def test_an_api_commits_offsets_for_webhooks_and_not_for_workers() -> None:
    found = [line for line in as_commands(rules(SETTINGS, {"api": "User:a"}), "k:9092") if "--group" in line]
    assert len(found) == 1 and "--group acme-webhook- --resource-pattern-type prefixed" in found[0]
    assert Notifier({}, "acme", Sending({}, "acme"), Addresses()).group("h1").startswith("acme-webhook-")
