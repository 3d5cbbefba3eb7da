"""`obligor policy` over files: what it prints, to people and to programs, and how it ends."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from schemas.policy import default_policy, policy_id, read_policy
from streams.commands.policy import policy
from tests.unit.test_policy import DEFAULT_TEXT


def run(*arguments: str | Path) -> Result:
    """The result of `obligor policy` with these arguments."""
    return CliRunner().invoke(policy, [str(one) for one in arguments], env={"COLUMNS": "200"})


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The default policy, with 160 % in the place of 150 %."""
    file = tmp_path / "changed.toml"
    file.write_text(DEFAULT_TEXT.replace("15_000 #", "16_000 #"), encoding="utf-8")
    return file


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Two errors, on lines 3 and 5."""
    file = tmp_path / "broken.toml"
    text = 'name = "broken"\n[checks]\nlimit_mising = "warn"\n[orders]\ntolerance_bp = -1\n'
    file.write_text(text + DEFAULT_TEXT[DEFAULT_TEXT.index("\n[warnings]\n") :], encoding="utf-8")
    return file


def test_a_good_policy_is_fine_and_has_an_id(changed: Path) -> None:
    result = run("check", changed)
    assert result.exit_code == 0
    assert policy_id(read_policy(tomllib.loads(changed.read_text()))) in result.stdout


def test_every_error_is_shown_with_its_path_and_line(broken: Path) -> None:
    result = run("check", broken)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0].endswith("expected a name that exists, was 'limit_mising'; limit_missing?")
    assert [f"{broken}:3  $.checks.limit_mising" in lines[0], f"{broken}:5  $.orders.tolerance_bp" in lines[1]] == [
        True
    ] * 2
    assert "2 errors" in lines[-1]


def test_a_program_gets_the_errors_as_json(broken: Path) -> None:
    result = run("check", broken, "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert not told["valid"]
    assert [(error["path"], error["line"]) for error in told["errors"]] == [
        ("$.checks.limit_mising", 3),
        ("$.orders.tolerance_bp", 5),
    ]


@pytest.mark.parametrize(
    ("text", "line", "received"),
    [
        ("name = 'x'\nchecks = maybe\n", 2, "Invalid value"),
        ('name = "\xff"'.encode("latin-1"), None, "decode"),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(
    tmp_path: Path, text: str | bytes, line: int | None, received: str
) -> None:
    file = tmp_path / "no.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    result = run("check", file, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["errors"][0]["line"] == line
    assert received in json.loads(result.stdout)["errors"][0]["message"]


def test_a_file_that_is_not_there_could_not_be_checked(tmp_path: Path) -> None:
    for command in (
        ("check",),
        ("show",),
        ("diff", tmp_path / "b.toml"),
        ("adopt", "--actor", "a", "--approved-by", "b", "--reason", "r"),
    ):
        assert run(*command, tmp_path / "none.toml").exit_code == 2, command


def test_the_default_is_shown_with_its_comments() -> None:
    result = run("show", "--default")
    assert result.exit_code == 0
    first, _, rest = result.stdout.partition("\n")
    assert (first, rest) == (f"# id {policy_id(default_policy())}, the default policy", DEFAULT_TEXT)


def test_a_file_is_shown_whole_and_reads_back(changed: Path, tmp_path: Path) -> None:
    result = run("show", changed)
    assert result.exit_code == 0
    assert read_policy(tomllib.loads(result.stdout)) == read_policy(tomllib.loads(changed.read_text()))
    as_json = json.loads(run("show", changed, "--json").stdout)
    again = tmp_path / "again.json"
    again.write_text(json.dumps(as_json["policy"]))
    assert json.loads(run("check", again, "--json").stdout) == {
        "valid": True,
        "id": as_json["id"],
        "name": "default",
        "errors": [],
    }


def test_two_files_are_compared_field_by_field(changed: Path, tmp_path: Path) -> None:
    default = tmp_path / "default.toml"
    default.write_text(DEFAULT_TEXT, encoding="utf-8")
    result = run("diff", default, changed)
    assert result.exit_code == 0
    row = next(line for line in result.stdout.splitlines() if "checks.block_above_utilisation_bp" in line)
    assert "15_000" in row
    assert "16_000" in row
    assert "1 difference" in result.stdout
    assert "no difference" in run("diff", default, default).stdout
    told = json.loads(run("diff", default, changed, "--json").stdout)
    assert told["differences"] == [{"path": "checks.block_above_utilisation_bp", "before": 15_000, "after": 16_000}]
    assert told["before"] == policy_id(default_policy())


def test_a_broken_file_is_neither_shown_nor_compared_nor_adopted(broken: Path, changed: Path) -> None:
    for command in (
        ("show", broken),
        ("diff", changed, broken),
        ("adopt", broken, "--actor", "a", "--approved-by", "b", "--reason", "r"),
    ):
        result = run(*command)
        assert result.exit_code == 1, command
        assert "2 errors" in result.stderr


def test_adopting_needs_somebody_and_a_reason(changed: Path) -> None:
    result = run("adopt", changed, "--actor", "", "--approved-by", "b", "--reason", "r", "--yes")
    assert result.exit_code == 2
    assert "$.actor" in result.stderr
