"""The house rules a reader cannot check at a glance: arrows between packages, what the core may not call, sizes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("schemas", "projections", "streams", "api")
MAY_IMPORT = {
    "schemas": {"schemas"},
    "projections": {"schemas", "projections"},
    "streams": {"schemas", "projections", "streams"},
    "api": {"schemas", "projections", "api"},
}
COMPOSITION_ROOT = "api/cli.py"
NEVER_IN_THE_CORE = {
    "time",
    "random",
    "uuid",
    "secrets",
    "logging",
    "socket",
    "asyncio",
    "threading",
    "os",
    "structlog",
}
BANNED_NAMES = {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"}
LINES_PER_FUNCTION, LINES_PER_FILE = 50, 400

FILES = sorted(str(path.relative_to(ROOT)) for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
WRITES = ("projections/store.py", "schemas/publishing.py")
"""The only input and output below `streams`: the rows, and the tool that writes the published schemas."""
SCORES = (
    "projections/lateness_features.py",
    "projections/lateness_model.py",
    "projections/lateness_rating.py",
    "schemas/decisions_lateness.py",
)
"""Probabilities are doubles by nature. Amounts are integers there as everywhere."""
CORE = [name for name in FILES if name.startswith(("schemas/", "projections/")) and name not in WRITES]


@cache
def parse(name: str) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse((ROOT / name).read_text(encoding="utf-8"), name)


def imported(name: str) -> Iterator[str]:
    """Yield the modules that a file imports."""
    for node in ast.walk(parse(name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}:{node.lineno}: expected an absolute import"
            yield node.module or ""


@pytest.mark.parametrize("name", [name for name in FILES if name != COMPOSITION_ROOT])
def test_imports_point_one_way(name: str) -> None:
    ours = {module.partition(".")[0] for module in imported(name)} & set(PACKAGES)
    assert ours <= MAY_IMPORT[name.partition("/")[0]]


@pytest.mark.parametrize("name", CORE)
def test_the_core_knows_no_clock_chance_or_surroundings(name: str) -> None:
    assert not {module.partition(".")[0] for module in imported(name)} & NEVER_IN_THE_CORE
    for node in ast.walk(parse(name)):
        if isinstance(node, ast.Attribute):
            assert node.attr not in ("now", "utcnow", "today", "environ") or _is_ours(node), f"{name}:{node.lineno}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("open", "print", "input", "id", "hash"), f"{name}:{node.lineno}"


def _is_ours(node: ast.Attribute) -> bool:
    """`context.today()` follows from the ledger; `date.today()` does not."""
    of = node.value
    name = of.attr if isinstance(of, ast.Attribute) else of.id if isinstance(of, ast.Name) else ""
    return name in ("context", "recording", "self")


@pytest.mark.parametrize("name", [name for name in CORE if name not in SCORES])
def test_money_is_never_a_float(name: str) -> None:
    for node in ast.walk(parse(name)):
        assert not (isinstance(node, ast.Name) and node.id == "float"), f"{name}:{node.lineno}"
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), f"{name}:{node.lineno}"
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            line = (ROOT / name).read_text(encoding="utf-8").splitlines()[node.lineno - 1]
            assert "Fraction" in line, f"{name}:{node.lineno}: a quotient of integers is a float"


@pytest.mark.parametrize("name", FILES)
def test_functions_and_files_are_short(name: str) -> None:
    lines = len((ROOT / name).read_text(encoding="utf-8").splitlines())
    assert lines <= LINES_PER_FILE, f"{name} has {lines} lines"
    for node in ast.walk(parse(name)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= LINES_PER_FUNCTION, f"{name}:{node.lineno}: {node.name} has {length} lines"


@pytest.mark.parametrize("name", FILES)
def test_names_say_what_is_inside(name: str) -> None:
    assert not {part.removesuffix(".py") for part in name.split("/")} & BANNED_NAMES


def test_only_the_composition_root_knows_all_four() -> None:
    if COMPOSITION_ROOT in FILES:
        assert {module.partition(".")[0] for module in imported(COMPOSITION_ROOT)} & {"streams", "api"}
