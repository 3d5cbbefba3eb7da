"""A changed policy on a running system: no restart, waiting orders are checked again, and the ledger stays provable."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from schemas.policy import default_policy, policy_id, read_policy
from streams.auditing import audit_all, plan_audit
from streams.commands.policy import policy
from streams.settings import Settings
from tests.builders import Said, order
from tests.order_system import OrderSystem
from tests.worker_process import ObservedWorker, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]
ACCOUNTS = ("A", "B", "C", "D", "E", "F")
"""Enough of them that every partition has one."""


def _document(name: str, **answers: Any) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.to_builtins(default_policy())
    return {**document, "name": name, "checks": document["checks"] | answers}


def _file(tmp_path: Path, document: dict[str, Any]) -> Path:
    file = tmp_path / f"{document['name']}.json"
    file.write_text(json.dumps(document))
    return file


def _run(settings: Settings, *arguments: str | Path) -> Result:
    environment = {
        "OBLIGOR_BROKERS": settings.brokers,
        "OBLIGOR_TOPIC_PREFIX": settings.topic_prefix,
        "OBLIGOR_PARTITIONS": str(settings.partitions),
        "COLUMNS": "200",
    }
    return CliRunner().invoke(policy, [str(one) for one in arguments], env=environment)


def _shown(settings: Settings) -> dict[str, Any]:
    result = _run(settings, "show", "--json")
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def _adopt(settings: Settings, file: Path, *more: str) -> Result:
    return _run(
        settings, "adopt", file, "--actor", "kim", "--approved-by", "lee", "--reason", "peak season", "--yes", *more
    )


def test_waiting_orders_are_released_by_a_policy_that_lets_them_through(
    settings: Settings, shop: OrderSystem, tmp_path: Path
) -> None:
    document = _document("generous", exposure_exceeds_limit="warn")
    file, generous = _file(tmp_path, document), policy_id(read_policy(document))
    with ObservedWorker(settings, tmp_path / "worker.log") as worker:
        worker.start_ready()
        shop.open(dict.fromkeys(ACCOUNTS, 1_000))
        assert len({shop.partition(name) for name in ACCOUNTS}) == settings.partitions
        shop.say(*[order(f"{name}1", 900, account_id=name) for name in ACCOUNTS])
        shop.wait_for_answers({f"{name}1": "order_released" for name in ACCOUNTS})
        shop.say(*[order(f"{name}2", 150, account_id=name) for name in ACCOUNTS])
        shop.wait_for_answers({f"{name}2": "order_referred" for name in ACCOUNTS})
        assert (_shown(settings)["id"], _shown(settings)["actor"]) == (policy_id(default_policy()), None)

        result = _adopt(settings, file)
        assert result.exit_code == 0, result.output
        assert f"generous, id {generous}, is in force in 3 of 3 partitions" in result.output
        assert "checks.exposure_exceeds_limit" in result.output

        shop.wait_for_answers({f"{name}2": "order_released" for name in ACCOUNTS})
        released = [told for told in shop.decisions() if told.get("order_id", "").endswith("2")]
        assert {(told["type"], told["policy_id"]) for told in released} == {
            ("order_referred", policy_id(default_policy())),
            ("order_released", generous),
        }
        shop.say(order("A3", 100_000, account_id="A"))
        shop.wait_for_answers({"A3": "order_released"})
        told = _shown(settings)
        assert (told["id"], told["actor"], told["reason"], told["in_ledger"]) == (generous, "kim", "peak season", True)
        assert "nothing to do" in _adopt(settings, file).output
        assert worker.stop() == 0
    reports = audit_all(settings, plan_audit(settings))
    assert not [finding for report in reports for finding in report.findings]
    assert {found for report in reports for found in report.checked.policies} == {generous, policy_id(default_policy())}


def test_without_a_worker_it_is_written_and_said_to_wait(settings: Settings, shop: OrderSystem, tmp_path: Path) -> None:
    strict = _document("strict", limit_missing="block")
    result = _adopt(settings, _file(tmp_path, strict), "--wait", "0.5")
    assert result.exit_code == 2, result.output
    assert "in force in 0 of 3 partitions" in result.output
    told = _shown(settings)
    assert (told["id"], told["in_ledger"]) == (policy_id(read_policy(strict)), False)
    with ObservedWorker(settings, tmp_path / "worker.log") as worker:
        worker.start_ready()
        wait_until("the policy to be in force", lambda: _shown(settings)["in_ledger"], 30)
        again = _adopt(settings, _file(tmp_path, _document("other", limit_missing="warn")), "--json")
        assert again.exit_code == 0, again.output
        assert set(json.loads(again.stdout)["partitions"].values()) == {"in force"}
        contradictory = {**_document("contradictory"), "grading": {"table": [{"grade": "A", "bureau_at_least": 5}]}}
        shop.say(Said({"type": "policy_adopted", "policy": contradictory}).by("somebody", "1"))
        wait_until("the refusal", lambda: len(shop.records("deadletters")) == settings.partitions, 30)
        assert _shown(settings)["name"] == "other"
        assert worker.stop() == 0


def test_nothing_is_adopted_where_nobody_agrees(settings: Settings, shop: OrderSystem, tmp_path: Path) -> None:
    file = _file(tmp_path, _document("strict", limit_missing="block"))
    result = _run(settings, "adopt", file, "--actor", "kim", "--approved-by", "lee", "--reason", "r")
    assert result.exit_code == 2
    assert "expected --yes" in result.stderr
    assert shop.records("control") == []


def test_without_topics_it_could_not_run(broker_settings: Settings) -> None:
    result = _run(broker_settings, "show")
    assert result.exit_code == 2
    assert "expected topic" in result.stderr
