"""Malformed input of every kind against a real worker: each is a dead letter with its reason, and the line goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer
from typer.testing import CliRunner, Result

from streams.broker import Broker
from streams.commands.deadletters import deadletters
from streams.settings import Settings
from streams.topics import create_and_check, topic
from tests.faults.processes import WorkerProcess, environment
from tests.faults.progress import wait_until
from tests.verifier import read_world, verify

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]
_LIMIT = {
    "type": "limit_set",
    "account_id": "A-1",
    "limit_minor": 1_000,
    "currency": "EUR",
    "actor": "a",
    "reason": "r",
}
_ORDER = {
    "type": "order_placed",
    "account_id": "A-1",
    "order_id": "O-1",
    "amount_minor": 100,
    "currency": "EUR",
    "placed_on": "2025-01-02",
}
_OPENED = {"type": "account_opened", "account_id": "A-1", "name": "N", "currency": "EUR", "opened_on": "2025-01-01"}
_MALFORMED: dict[str, tuple[bytes | None, bytes | None, str]] = {
    "bad JSON": (b"A-2", b'{"type": "order_placed", ', "value_not_json"),
    "wrong type": (b"A-2", json.dumps(_ORDER | {"account_id": "A-2", "amount_minor": "100"}).encode(), "field_invalid"),
    "huge number": (
        b"A-2",
        json.dumps(_ORDER | {"account_id": "A-2", "amount_minor": 10**40}).encode(),
        "field_invalid",
    ),
    "null": (b"A-2", b"null", "type_missing"),
    "no value": (b"A-2", None, "value_missing"),
    "unknown type": (b"A-2", b'{"type":"order_wished","account_id":"A-2"}', "type_unknown"),
    "unknown currency": (
        b"A-2",
        json.dumps(_ORDER | {"account_id": "A-2", "currency": "XXQ"}).encode(),
        "currency_unknown",
    ),
    "2 MB": (
        b"A-2",
        json.dumps(_ORDER | {"account_id": "A-2", "order_id": "x" * 2_000_000}).encode(),
        "value_too_large",
    ),
    "missing key": (None, json.dumps(_ORDER).encode(), "key_missing"),
    "wrong key": (b"A-2", json.dumps(_ORDER).encode(), "key_differs_from_account_id"),
}


@pytest.fixture(scope="module")
def settings(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Topics of this module's own."""
    data = tmp_path_factory.mktemp("deadletters")
    found = Settings(brokers=broker.bootstrap, topic_prefix="letters", group_id="letters", partitions=2, data=data)
    create_and_check(found)
    return found


@pytest.fixture(scope="module")
def worker(settings: Settings) -> Iterator[WorkerProcess]:
    """A worker over them."""
    process = WorkerProcess(settings, settings.data / "worker.log").start()
    yield process
    process.kill()


@pytest.fixture(scope="module")
def sent(settings: Settings, worker: WorkerProcess) -> None:
    """One malformed record of each kind, then an account in order whose one limit fact was not readable at first."""
    assert worker.running
    _send(settings, "dossiers", b"A-1", _OPENED)
    for key, value, _ in _MALFORMED.values():
        _send_raw(settings, "orders", key, value)
    _send(settings, "desk", b"A-1", _LIMIT | {"limit_minor": "much"})
    _send(settings, "desk", b"A-1", _LIMIT)
    wait_until("all dead letters", lambda: len(_listed(settings)) == len(_MALFORMED) + 1, 60)
    _send(settings, "orders", b"A-1", _ORDER)


def _send(settings: Settings, name: str, key: bytes, fact: dict[str, Any]) -> None:
    _send_raw(settings, name, key, json.dumps(fact).encode())


def _send_raw(settings: Settings, name: str, key: bytes | None, value: bytes | None) -> None:
    headers = [("ce_id", str(hash((name, key, value))).encode()), ("ce_source", b"test")]
    with KafkaProducer(bootstrap_servers=settings.brokers, max_request_size=4_000_000) as producer:
        if key is None and value is not None:
            producer.send(topic(settings.topic_prefix, name), value, None, headers, partition=0).get(timeout=20)
        else:
            producer.send(topic(settings.topic_prefix, name), value, key, headers).get(timeout=20)


def _run(settings: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(deadletters, list(arguments), env=environment(settings, COLUMNS="200"))


def _listed(settings: Settings, *arguments: str) -> list[dict[str, Any]]:
    result = _run(settings, "list", "--json", *arguments)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def _answers(settings: Settings, order_id: str) -> list[str]:
    world = read_world(settings.brokers, settings.topic_prefix)
    values = [json.loads(record.value) for records in world["decisions"].values() for record in records]
    return [value["type"] for value in values if value.get("order_id") == order_id]


@pytest.mark.parametrize("kind", _MALFORMED)
@pytest.mark.usefixtures("sent")
def test_each_malformed_record_is_a_dead_letter_with_its_reason_and_its_own_bytes(
    settings: Settings, kind: str
) -> None:
    key, value, code = _MALFORMED[kind]
    found = [letter for letter in _listed(settings, "--all") if letter["code"] == code]
    wanted_key = None if key is None else key.decode()
    sizes = [(letter["key"], letter["size_bytes"]) for letter in found]
    assert (wanted_key, None if value is None else len(value)) in sizes
    assert all(letter["message"] for letter in found)


@pytest.mark.usefixtures("sent")
def test_a_letter_is_shown_and_mended_and_its_account_goes_on(settings: Settings, tmp_path: Path) -> None:
    wait_until("the order to be referred", lambda: _answers(settings, "O-1") == ["order_referred"], 30)
    letter = next(one for one in _listed(settings) if one["account_id"] == "A-1" and one["code"] == "field_invalid")
    shown = _run(settings, "show", letter["id"])
    assert '"limit_minor": "much"' in shown.output
    mended = tmp_path / "mended.json"
    mended.write_text(json.dumps(_LIMIT | {"limit_minor": 2_000}))
    result = _run(settings, "redrive", letter["id"], "--value", str(mended))
    assert result.exit_code == 0, result.output
    wait_until("the order to be released", lambda: _answers(settings, "O-1")[-1] == "order_released", 30)
    states = {one["id"]: one["state"] for one in _listed(settings, "--all")}
    assert states[letter["id"]] == "sent again"


@pytest.mark.usefixtures("sent")
def test_a_letter_that_needs_nothing_is_dismissed(settings: Settings) -> None:
    letter = next(one for one in _listed(settings) if one["code"] == "type_unknown")
    assert _run(settings, "dismiss", letter["id"], "--actor", "j.doe", "--reason", "a test").exit_code == 0
    assert letter["id"] not in {one["id"] for one in _listed(settings)}


@pytest.mark.usefixtures("sent")
def test_what_fails_again_is_left_alone_after_some_attempts(settings: Settings) -> None:
    letter = next(one for one in _listed(settings) if one["code"] == "type_missing")
    for attempt in (1, 2):
        newest = _newest(settings, "type_missing")
        assert _run(settings, "redrive", newest, "--attempts", "2").exit_code == 0
        wait_until("it to fail again", _has_failed(settings, "type_missing", attempt + 1), 30)
    assert _run(settings, "redrive", _newest(settings, "type_missing"), "--attempts", "2").exit_code == 1
    assert _run(settings, "redrive", "no/such/1").exit_code == 2
    assert letter["id"] != _newest(settings, "type_missing")


def _newest(settings: Settings, code: str) -> str:
    found = [one for one in _listed(settings, "--all", "--reason", code) if one["state"] == "open"]
    return str(found[-1]["id"])


def _has_failed(settings: Settings, code: str, count: int) -> Callable[[], bool]:
    return lambda: len(_listed(settings, "--all", "--reason", code)) == count


@pytest.mark.usefixtures("sent")
def test_afterwards_the_verifier_finds_nothing(settings: Settings, worker: WorkerProcess) -> None:
    assert worker.stop() == 0, worker.tail()
    assert verify(read_world(settings.brokers, settings.topic_prefix)).findings == []
