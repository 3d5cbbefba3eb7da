"""`docker/compose.yaml` is what the compose specification allows, and says what the code and the cluster test say."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from streams.broker_properties import EVERY_NODE
from streams.kafka_jars import KAFKA_VERSION
from streams.settings import Settings
from tests.compose import ROOT, read_compose, server_settings, services

SCHEMA = json.loads((Path(__file__).parent / "compose_schema.json").read_text())
SAFETY = {
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "unclean.leader.election.enable": "false",
    "auto.create.topics.enable": "false",
}


@pytest.fixture
def document() -> dict[str, Any]:
    return read_compose()


def test_the_file_follows_the_compose_specification(document: dict[str, Any]) -> None:
    assert [f"{error.json_path}: {error.message}" for error in Draft202012Validator(SCHEMA).iter_errors(document)] == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda document: document["services"]["api-1"].update(comand=["serve"]),
        lambda document: document["services"]["api-1"].update(ports="8400:8400"),
        lambda document: document["services"]["topics"]["depends_on"]["broker-1"].update(condition="ready"),
        lambda document: document["services"]["broker-1"]["healthcheck"].update(interval=20),
        lambda document: document.update(service={}),
    ],
)
def test_the_schema_refuses_what_compose_refuses(document: dict[str, Any], spoil: Any) -> None:
    spoil(json_copy := json.loads(json.dumps(document)))
    assert not Draft202012Validator(SCHEMA).is_valid(json_copy)


def test_three_brokers_differ_only_in_their_place(document: dict[str, Any]) -> None:
    brokers = services(document, "broker")
    settings = [server_settings(one) for one in brokers.values()]
    assert len(brokers) == 3
    assert settings[0] == settings[1] == settings[2]
    assert SAFETY.items() <= settings[0].items()
    assert len({one["environment"]["KAFKA_NODE_ID"] for one in brokers.values()}) == 3
    assert {one["image"] for one in brokers.values()} == {f"apache/kafka:{KAFKA_VERSION}"}


def test_the_brokers_are_told_what_the_embedded_one_is_told(document: dict[str, Any]) -> None:
    told = server_settings(services(document, "broker")["broker-1"])
    both = told.keys() & EVERY_NODE.keys()
    assert {key: told[key] for key in both} == {key: EVERY_NODE[key] for key in both}
    assert {"message.max.bytes", "replica.fetch.max.bytes", "log.retention.ms"} <= both


def test_every_voter_is_a_broker_at_its_controller_listener(document: dict[str, Any]) -> None:
    brokers = services(document, "broker")
    expected = ",".join(f"{one['environment']['KAFKA_NODE_ID']}@{name}:9093" for name, one in brokers.items())
    assert {one["environment"]["KAFKA_CONTROLLER_QUORUM_VOTERS"] for one in brokers.values()} == {expected}


@pytest.mark.parametrize("kind", ["topics", "worker", "learner", "api"])
def test_our_services_are_given_settings_that_hold(
    document: dict[str, Any], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in services(document, kind).values():
        for name, value in one["environment"].items():
            monkeypatch.setenv(name, value)
        settings = Settings()
        assert settings.bootstrap == [f"{name}:9092" for name in services(document, "broker")]
        assert (settings.replication_factor, settings.min_insync_replicas) == (3, 2)
        fields = {name.removeprefix("OBLIGOR_").lower() for name in one["environment"]}
        assert fields <= Settings.model_fields.keys()


def test_two_workers_and_two_apis_wait_for_the_topics(document: dict[str, Any]) -> None:
    for kind in ("worker", "api"):
        ours = services(document, kind)
        assert len(ours) == 2
        assert all(
            one["depends_on"]["topics"] == {"condition": "service_completed_successfully"} for one in ours.values()
        )
    assert set(document["services"]["topics"]["depends_on"]) == set(services(document, "broker"))


def test_every_named_volume_and_network_is_declared(document: dict[str, Any]) -> None:
    for one in document["services"].values():
        assert set(one["networks"]) <= document["networks"].keys()
        assert {volume.split(":")[0] for volume in one.get("volumes", [])} <= document["volumes"].keys()


def test_nothing_is_published_beyond_this_host(document: dict[str, Any]) -> None:
    ports = [port for one in document["services"].values() for port in one.get("ports", [])]
    assert ports and all(port.startswith("127.0.0.1:") for port in ports)
    assert len({port.split(":")[1] for port in ports}) == len(ports)


def test_the_image_runs_without_root_and_copies_what_exists() -> None:
    lines = (ROOT / "docker" / "Dockerfile").read_text().splitlines()
    assert "USER obligor" in lines
    assert lines.index("USER obligor") < lines.index('ENTRYPOINT ["obligor"]')
    copied = [line.split()[1:-1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    assert all((ROOT / source).exists() for sources in copied for source in sources)
    let_in = (ROOT / "docker" / "Dockerfile.dockerignore").read_text().splitlines()
    assert {f"!{source}" for sources in copied for source in sources} <= set(let_in)


def test_the_parts_that_serve_have_a_health_check(document: dict[str, Any]) -> None:
    for kind in ("broker", "api"):
        assert all("test" in one["healthcheck"] for one in services(document, kind).values())
