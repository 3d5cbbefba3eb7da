"""What `docker/compose.yaml` says, read for the tests that hold it against the code and against real brokers."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
COMPOSE_FILE = ROOT / "docker" / "compose.yaml"
_PLACE = {
    "node.id",
    "listeners",
    "advertised.listeners",
    "log.dirs",
    "controller.quorum.voters",
    "listener.security.protocol.map",
    "heap.opts",
}
"""What says where a broker runs, not how it behaves."""


def read_compose() -> dict[str, Any]:
    """The whole file, anchors resolved."""
    document: dict[str, Any] = yaml.safe_load(COMPOSE_FILE.read_text())
    return document


def services(document: dict[str, Any], first_name: str) -> dict[str, dict[str, Any]]:
    """The services of one kind, by their name's first part."""
    return {name: one for name, one in document["services"].items() if name.split("-")[0] == first_name}


def server_settings(service: dict[str, Any]) -> dict[str, str]:
    """A broker's server properties but for its place, named as the Kafka image names them from its environment."""
    given = {
        name.removeprefix("KAFKA_").replace("_", ".").lower(): value
        for name, value in service["environment"].items()
        if name.startswith("KAFKA_")
    }
    return {key: value for key, value in given.items() if key not in _PLACE}


def environment(service: dict[str, Any]) -> dict[str, str]:
    """What a service finds in its environment where compose finds nothing in its own: values and defaults."""
    given = {name: value for name, value in service["environment"].items() if value is not None}
    return {name: re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", value) for name, value in given.items()}


def mounts(service: dict[str, Any]) -> dict[str, tuple[str, bool]]:
    """Directories that a service is given: the volume of each, and whether it may write there."""
    parts = [volume.split(":") for volume in service.get("volumes", [])]
    return {part[1]: (part[0], part[2:] != ["ro"]) for part in parts}
