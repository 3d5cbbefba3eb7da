"""What the packages may know of each other, and what the core may know of the world."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "projections", "streams", "api")
MAY_IMPORT = {
    "schemas": {"schemas"},
    "projections": {"schemas", "projections"},
    "streams": {"schemas", "projections", "streams"},
    "api": {"schemas", "projections", "api"},
}
COMPOSITION_ROOT = "api/cli.py"
NOT_FOR_THE_CORE = {
    "asyncio",
    "logging",
    "os",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "threading",
    "time",
    "uuid",
}
CLOCKS = {"now", "utcnow", "today"}
SHELLS_OF_THE_CORE = ("projections/store.py", "schemas/publishing.py")


SCORES = (
    "projections/lateness_features.py",
    "projections/lateness_model.py",
    "projections/lateness_rating.py",
    "schemas/decisions_lateness.py",
)
"""Probabilities are doubles by nature; amounts are integers there as everywhere."""


def _files(*packages: str) -> list[str]:
    return [
        path.relative_to(ROOT).as_posix() for package in packages for path in sorted((ROOT / package).rglob("*.py"))
    ]


def _tree(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def _imported(tree: ast.Module) -> Iterator[str]:
    """The top-level names of every import, those inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield (node.module or "").split(".")[0]


@pytest.mark.parametrize("path", [path for path in _files(*PACKAGES) if path != COMPOSITION_ROOT])
def test_imports_point_one_way(path: str) -> None:
    ours = {name for name in _imported(_tree(path)) if name in PACKAGES}
    assert ours <= MAY_IMPORT[path.split("/")[0]]


@pytest.mark.parametrize("path", [path for path in _files("schemas", "projections") if path not in SHELLS_OF_THE_CORE])
def test_the_core_knows_no_clock_chance_or_environment(path: str) -> None:
    tree = _tree(path)
    assert not NOT_FOR_THE_CORE & set(_imported(tree))
    for node in ast.walk(tree):
        is_clock = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS
        owner = (
            node.func.value
            if is_clock and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            else None
        )
        assert not (isinstance(owner, ast.Name) and owner.id in ("date", "datetime")), (
            f"line {getattr(node, 'lineno', 0)}"
        )


@pytest.mark.parametrize("path", [path for path in _files("schemas", "projections") if path not in SCORES])
def test_money_is_never_a_float(path: str) -> None:
    for node in ast.walk(_tree(path)):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), f"line {node.lineno}"
        assert not (isinstance(node, ast.Name) and node.id == "float"), f"line {node.lineno}"
