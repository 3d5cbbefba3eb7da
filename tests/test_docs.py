"""The documentation names everything that there is, and nothing that there is not."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import msgspec
import pytest
import typer
from prometheus_client import CollectorRegistry
from starlette.routing import Route, WebSocketRoute

from api.app import create_app
from api.cli import app
from api.live import Live
from api.reader import Topics
from schemas.codec import FACT_TYPES, Unreadable, decode_fact
from schemas.policy import Policy, default_policy, read_policy
from schemas.policy_shape import fields_of
from schemas.policy_warnings import Warnings
from schemas.publishing import DECISION_TYPES
from schemas.reasons import APPROVAL_REASONS, ORDER_REASONS, REFUSALS
from streams.metrics import Metrics
from streams.settings import Settings
from streams.topics import create_and_check
from tests.readme import readme_example

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "README.zh.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRACT = (ROOT / "docs/contract.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
_OURS = ("schemas", "projections", "streams", "api")


def _first_cells(page: str) -> set[str]:
    """What the rows of a page's tables are about: the code in their first cells."""
    return set(re.findall(r"^\| `([^`]+)` \|", page, flags=re.M))


def _commands() -> set[str]:
    group = typer.main.get_command(app)
    return set(getattr(group, "commands", {}))


def _tables() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tables_of_docs", ROOT / "docs/tables.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(set(FACT_TYPES), id="facts"),
        pytest.param(set(DECISION_TYPES), id="decisions"),
        pytest.param(set(ORDER_REASONS), id="reasons"),
        pytest.param(set(REFUSALS), id="refusals"),
        pytest.param(set(APPROVAL_REASONS), id="approvals"),
    ],
)
def test_the_contract_has_a_row_for_each(kind: set[str]) -> None:
    assert kind <= _first_cells(CONTRACT)


def test_the_contract_has_no_row_for_what_is_not() -> None:
    effects = {"effect"} | {name for name in _first_cells(CONTRACT) if name.startswith(("ce_", "obligor_"))}
    known = {*FACT_TYPES, *DECISION_TYPES, *ORDER_REASONS, *REFUSALS, *APPROVAL_REASONS, *effects}
    others = {"advisory", "historical", "redrives", "control_no"}
    assert {name for name in _first_cells(CONTRACT) if " " not in name and "/" not in name} <= known | others


def test_the_settings_are_all_described_with_their_defaults() -> None:
    rows = dict(re.findall(r"^\| `(OBLIGOR_[A-Z_]+)` \| (.+?) \|", OPERATIONS, flags=re.M))
    assert set(rows) == {f"OBLIGOR_{name.upper()}" for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        said = rows[f"OBLIGOR_{name.upper()}"]
        default = field.get_default()
        if default is not None and str(default) and name != "sasl_password":
            assert said == f"`{default}`", name


def test_every_variable_that_the_code_reads_is_described() -> None:
    code = "".join(path.read_text(encoding="utf-8") for package in _OURS for path in (ROOT / package).rglob("*.py"))
    for name in set(re.findall(r"OBLIGOR_[A-Z_]*[A-Z]", code)):
        assert name in OPERATIONS, name


def test_every_command_is_described_and_every_described_one_exists() -> None:
    described = set(re.findall(r"^\| `obligor ([a-z-]+)` \|", OPERATIONS, flags=re.M))
    assert described == _commands()


def test_every_command_that_a_page_names_exists() -> None:
    commands = _commands()
    for page in PAGES:
        for name in re.findall(r"(?:`|^|/)obligor ([a-z][a-z-]*)", page.read_text(encoding="utf-8"), flags=re.M):
            assert name in commands, f"{page.name}: obligor {name}"


def test_every_make_target_that_a_page_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for page in PAGES:
        for name in re.findall(r"(?:`|^)make ([a-z]+)", page.read_text(encoding="utf-8"), flags=re.M):
            assert re.search(rf"^{name}:", makefile, flags=re.M), f"{page.name}: make {name}"


def test_every_route_is_described() -> None:
    paths = {
        route.path
        for route in create_app(Live(Topics({}, "credit")), "127.0.0.1").routes
        if isinstance(route, Route | WebSocketRoute) or hasattr(route, "path")
    }
    assert "/v1/feed" in paths
    for path in paths:
        assert f"{path}`" in CONTRACT, path


def test_every_metric_of_a_worker_is_described() -> None:
    for metric in _families(Metrics().registry):
        assert f"`{metric}" in OPERATIONS, metric


def _families(registry: CollectorRegistry) -> Iterator[str]:
    for family in registry.collect():
        yield f"{family.name}_total" if family.type == "counter" else family.name


def test_every_metric_of_an_api_is_described() -> None:
    tree = ast.parse((ROOT / "api/metrics.py").read_text(encoding="utf-8"))
    names = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and _is_metric(node.value)}
    assert names
    for name in names:
        assert f"`{name}" in OPERATIONS, name


def _is_metric(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch("obligor_[a-z_]+", value) is not None


def test_the_tables_are_current() -> None:
    tables = _tables()
    assert len(tables.pages()) >= 3
    for page in tables.pages():
        text = page.read_text(encoding="utf-8")
        assert tables.renewed(text) == text, f"{page.name}: run python docs/tables.py"


def test_every_relative_link_leads_somewhere() -> None:
    count = 0
    for page in PAGES:
        for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
            if target.startswith(("http:", "https:")):
                continue
            path, _, anchor = target.partition("#")
            found = (page.parent / path).resolve() if path else page
            assert found.exists(), f"{page.name}: {target}"
            if anchor:
                assert anchor in _anchors(found.read_text(encoding="utf-8")), f"{page.name}: {target}"
            count += 1
    assert count > 20


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_json_in_the_docs_is_json() -> None:
    for page in PAGES:
        for block in re.findall(r"```json\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.S):
            json.loads(block)


def _order_system() -> str:
    return readme_example("order system")


def _lines_for_send() -> list[str]:
    return [line.strip("' |\n") for line in re.findall(r"^(?:echo ')?(\{\"type\".+?)$", README, flags=re.M)]


POLICY_EXAMPLES = re.findall(r"^```toml\n(.*?)^```", (ROOT / "docs/policy.md").read_text(encoding="utf-8"), re.M | re.S)


@pytest.mark.parametrize("example", POLICY_EXAMPLES, ids=[example.splitlines()[0] for example in POLICY_EXAMPLES])
def test_the_examples_of_the_policy_page_are_good(example: str) -> None:
    default = msgspec.to_builtins(default_policy().warnings)
    needed = {name: default[name] for name in (field.name for field in fields_of(Warnings) if field.required)}
    document = tomllib.loads(example)
    read_policy({"name": "example", **document, "warnings": needed | document.get("warnings", {})})


def test_the_policy_page_shows_every_section() -> None:
    sections = {field.name for field in fields_of(Policy)} - {"name", "currency", "fact_ids_kept_days"}
    assert {name for example in POLICY_EXAMPLES for name in tomllib.loads(example)} == sections


def test_the_example_of_an_order_system_compiles() -> None:
    compile(_order_system(), "README.md", "exec")


def test_the_example_over_http_is_ten_lines_that_compile() -> None:
    program = readme_example("over http")
    compile(program, "README.md", "exec")
    assert len([line for line in program.splitlines() if line.strip()]) <= 10


def test_the_facts_of_the_readme_are_facts() -> None:
    lines = _lines_for_send()
    assert len(lines) == 2
    for line in lines:
        fact = json.loads(line)
        topic = "desk" if fact["type"] == "limit_set" else "dossiers"
        assert not isinstance(decode_fact(topic, line.encode()), Unreadable)


@pytest.mark.kafka
@pytest.mark.slow
def test_the_example_of_an_order_system_gets_its_answers(broker_settings: Settings, tmp_path: Path) -> None:
    """Runs what the README shows, against a worker: referred at first, released when there is a limit."""
    create_and_check(broker_settings)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("OBLIGOR_")},
        "OBLIGOR_BROKERS": broker_settings.brokers,
        "OBLIGOR_TOPIC_PREFIX": broker_settings.topic_prefix,
        "OBLIGOR_GROUP_ID": broker_settings.group_id,
        "OBLIGOR_PARTITIONS": str(broker_settings.partitions),
        "OBLIGOR_DATA": str(tmp_path),
    }
    program = _order_system().replace("127.0.0.1:9092", broker_settings.brokers)
    program = program.replace("credit.", f"{broker_settings.topic_prefix}.")
    obligor = [sys.executable, "-c", "from api.cli import main; main()"]
    worker = subprocess.Popen([*obligor, "worker", "--no-clock"], env=environment, cwd=ROOT, stderr=subprocess.DEVNULL)
    shop = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        assert shop.stdout is not None
        assert shop.stdout.readline() == "O-5001 order_referred ['account_unknown', 'limit_missing']\n"
        facts = "\n".join(_lines_for_send())
        subprocess.run([*obligor, "send"], input=facts, text=True, env=environment, cwd=ROOT, check=True, timeout=60)
        answers = [shop.stdout.readline()]
        while "order_released" not in answers[-1]:
            answers.append(shop.stdout.readline())
            assert len(answers) < 4, answers
    finally:
        for process in (shop, worker):
            process.terminate()
            process.wait(30)
