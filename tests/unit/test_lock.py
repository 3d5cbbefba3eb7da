"""The lock files hold what `pyproject.toml` asks for, by hash and with no address."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.compose import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found, requirement
    return found.group().lower().replace("_", "-").replace(".", "-")


def _locked(text: str) -> set[str]:
    return {_name(line) for line in text.splitlines() if line[:1].isalnum()}


@pytest.mark.parametrize(
    ("lock", "asked"),
    [
        ("requirements.lock", PROJECT["dependencies"] + EXTRAS["test"]),
        ("benchmarks/requirements.lock", PROJECT["dependencies"] + EXTRAS["test"] + EXTRAS["bench"]),
    ],
)
def test_everything_asked_for_is_locked(lock: str, asked: list[str]) -> None:
    assert {_name(one) for one in asked} - _locked((ROOT / lock).read_text()) == set()


@pytest.mark.parametrize("lock", ["requirements.lock", "benchmarks/requirements.lock", "streams/kafka_jars.lock"])
def test_locks_hold_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert str(Path.home()) not in text
    entries = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    assert all(re.search(r"\b[0-9a-f]{64}\b", entry) for entry in entries)


def test_what_private_parts_are_stood_on_is_pinned_exactly() -> None:
    assert "faust-streaming==0.15.3" in PROJECT["dependencies"]
    assert any(one.startswith("aiokafka==") for one in PROJECT["dependencies"])
