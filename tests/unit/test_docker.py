"""`docker/compose.yaml` is what the compose specification allows, and says what the code and the cluster test say."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import typer
from jsonschema import Draft202012Validator
from typer.exceptions import TyperException
from typer.testing import CliRunner

from api.access.admission import CredentialsMissing, check_reachable
from api.cli import app
from api.commands.credentials import open_access
from schemas.signature import Place, public_text
from streams.broker_properties import EVERY_NODE
from streams.kafka_jars import KAFKA_VERSION
from streams.keys import load_signer, load_verifier
from streams.settings import Settings
from tests.compose import ROOT, environment, mounts, read_compose, server_settings, services
from tests.driving import Stored

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
        settings = settings_of(one, monkeypatch)
        assert settings.bootstrap == [f"{name}:9092" for name in services(document, "broker")]
        assert (settings.replication_factor, settings.min_insync_replicas) == (3, 2)


def settings_of(service: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings that a service runs with, and nothing of the environment of this test."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"OBLIGOR_{name.upper()}", raising=False)
    for name, value in environment(service).items():
        monkeypatch.setenv(name, value)
    return Settings()


def test_every_variable_of_ours_is_a_setting(document: dict[str, Any]) -> None:
    named = {name for one in ours(document).values() for name in one["environment"]}
    assert named <= {f"OBLIGOR_{name.upper()}" for name in Settings.model_fields}
    assert {name for name in named if name.startswith("OBLIGOR_OIDC_")} == {
        f"OBLIGOR_{name.upper()}" for name in Settings.model_fields if name.startswith("oidc_")
    }


def ours(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The services that run Obligor's image."""
    return {name: one for name, one in document["services"].items() if "build" in one}


def test_every_command_is_one_that_obligor_takes(document: dict[str, Any]) -> None:
    run = {name: parsed(one["command"]) for name, one in ours(document).items()}
    assert {name: one.info_name for name, one in run.items()} == {
        "topics": "create",
        "signing-key": "signing-key",
        "worker-1": "worker",
        "worker-2": "worker",
        "learner": "learner",
        "api-1": "serve",
        "api-2": "serve",
    }
    for name, one in run.items():
        check = " ".join(ours(document)[name].get("healthcheck", {}).get("test", ()))
        if port := one.params.get("metrics_port") or one.params.get("port"):
            assert f"http://127.0.0.1:{port}/" in check
            assert (one.params.get("metrics_host") or one.params.get("host")) == "0.0.0.0"


def parsed(arguments: list[str]) -> Any:
    """The context of the command that these arguments name, its parameters read and nothing run."""
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands"):
        name, *arguments = arguments
        command = command.commands[name]
    return command.make_context(name, arguments)


def test_a_command_that_obligor_does_not_take_is_noticed() -> None:
    with pytest.raises(TyperException, match="--metric-port"):
        parsed(["worker", "--metric-port", "9464"])
    with pytest.raises(KeyError, match="make"):
        parsed(["topics", "make"])


def test_who_signs_has_the_key_that_workers_believe(
    document: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = {name: one for name, one in ours(document).items() if name not in ("topics", "signing-key")}
    path = Path(environment(running["api-1"])["OBLIGOR_SIGNING_KEY"])
    volume, may_write = mounts(document["services"]["signing-key"])[str(path.parent)]
    assert may_write and str(path) == environment(document["services"]["signing-key"])["OBLIGOR_SIGNING_KEY"]
    for one in running.values():
        assert one["depends_on"].keys() >= {"topics", "signing-key"}
        assert mounts(one)[str(path.parent)] == (volume, False), "only the service that makes the key may write it"
        settings = settings_of(one, monkeypatch)
        assert settings.signing_key == path and settings.require_signatures

    here = Settings(signing_key=tmp_path / "keys" / path.name, require_signatures=True)
    made = CliRunner().invoke(app, ["signing-key", "--make"], env={"OBLIGOR_SIGNING_KEY": str(here.signing_key)})
    signer, verifier = load_signer(here), load_verifier(here)
    assert made.exit_code == 0 and signer is not None and verifier is not None
    assert made.stdout.strip() == public_text(signer.public)
    headers: Any = signer.signed(Place("credit.desk.v1"), b"ACME", b"{}", [("ce_id", b"1"), ("ce_source", b"s")], 1)
    assert verifier.doubt(Place("credit.desk.v1"), Stored(0, b"ACME", b"{}", headers, 1)) is None


def test_an_api_that_others_reach_wants_somebody_who_can_log_in(
    document: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apis = services(document, "api")
    assert len({mounts(one)["/var/lib/obligor/access"] for one in apis.values()}) == 1, "they share logins"
    for one in apis.values():
        run = parsed(one["command"]).params
        settings = settings_of(one, monkeypatch)
        access = open_access(tmp_path, tmp_path / "access.db", settings.api_names)
        assert not run["trust_this_machine"] and access.names == ("api-1", "api-2")
        with pytest.raises(CredentialsMissing):
            check_reachable(run["host"], access)
        access.store.close()
        assert str(settings.access_path) == "/var/lib/obligor/access/access.db"


def test_two_workers_and_two_apis_wait_for_the_topics(document: dict[str, Any]) -> None:
    for kind in ("worker", "api"):
        both = services(document, kind)
        assert len(both) == 2
        assert all(
            waited == {"condition": "service_completed_successfully"}
            for one in both.values()
            for waited in one["depends_on"].values()
        )
    assert set(document["services"]["topics"]["depends_on"]) == set(services(document, "broker"))


def test_every_named_volume_and_network_is_declared(document: dict[str, Any]) -> None:
    for one in document["services"].values():
        assert set(one["networks"]) <= document["networks"].keys()
        assert {volume for volume, _ in mounts(one).values()} <= document["volumes"].keys()
    assert {volume for one in document["services"].values() for volume, _ in mounts(one).values()} == set(
        document["volumes"]
    )


def test_the_image_has_the_directories_that_volumes_are_put_on(document: dict[str, Any]) -> None:
    """Docker makes one that is missing as root's, and the image runs as another user."""
    made = re.search(r"mkdir -p (.+) \\$", (ROOT / "docker" / "Dockerfile").read_text(), flags=re.M)
    assert made is not None
    assert {place for one in ours(document).values() for place in mounts(one)} == set(made[1].split())


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


def test_the_parts_that_stay_have_a_health_check(document: dict[str, Any]) -> None:
    for kind in ("broker", "worker", "learner", "api"):
        assert all("test" in one["healthcheck"] for one in services(document, kind).values())
