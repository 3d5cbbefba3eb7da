"""A worker over real Kafka, seen by an order system that has kafka-python and nothing else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from streams.auditing import audit_all, plan_audit
from streams.settings import Settings
from tests.builders import Said, account_opened, invoice, limit_set, order, payment, suspended
from tests.order_system import OrderSystem
from tests.worker_process import ObservedWorker, wait_until

pytestmark = pytest.mark.kafka


def _opened(account_id: str, limit_minor: int = 1_000) -> list[Said]:
    return [account_opened(account_id=account_id), limit_set(limit_minor, account_id=account_id)]


def _ledger(shop: OrderSystem) -> list[tuple[str, int, int, int]]:
    """The sources of all ledger records, without those of sweeps."""
    entries = [json.loads(record.value) for record in shop.records("ledger")]
    sources = [entry["source"] for entry in entries]
    return [(found["topic"], found["partition"], found["offset"], found["index"]) for found in sources]


def _is_clean(settings: Settings) -> bool:
    return not [finding for report in audit_all(settings, plan_audit(settings)) for finding in report.findings]


def test_orders_are_released_referred_and_blocked(
    settings: Settings, shop: OrderSystem, worker: ObservedWorker
) -> None:
    shop.open({"A": 1_000, "B": 1_000})
    shop.say(suspended().but(account_id="B"))
    wait_until("the suspension", lambda: shop.exposures()["B"]["status"] == "suspended", 20)
    shop.say(*[order(f"A{number}", amount, account_id="A") for number, amount in ((1, 400), (2, 400), (3, 250))])
    shop.say(order("A4", 900, account_id="A"))
    shop.say(order("B1", 100, account_id="B"), order("C1", 100, account_id="C"))
    shop.wait_for_answers(
        {
            "A1": "order_released",
            "A2": "order_released",
            "A3": "order_referred",
            "A4": "order_blocked",
            "B1": "order_blocked",
            "C1": "order_referred",
        }
    )
    shop.say(invoice(400, "IA1", orders={"A1": 400}, account_id="A"), payment(400, "PA1", account_id="A"))
    shop.wait_for_answers({"A3": "order_released"})
    decisions = [told for told in shop.decisions() if told.get("order_id") == "A3"]
    assert [told["decision_no"] for told in decisions] == [1, 2]
    assert decisions[0]["reasons"][0]["code"] == "exposure_exceeds_limit"
    wait_until("exposures", lambda: shop.exposures()["A"]["exposure_minor"] == 650, 10)
    assert any(alert["account_id"] == "A" for alert in shop.decisions("alerts"))
    assert worker.stop() == 0
    assert _is_clean(settings)


def test_what_it_tells_of_itself(shop: OrderSystem, worker: ObservedWorker) -> None:
    assert worker.ask("/live")[0] == 200
    assert worker.ask("/ready") == (200, '{"status": "ready", "reasons": [], "detail": ""}')
    shop.open({"A": 1_000})
    shop.say(order("A1", 400, account_id="A"))
    number = shop.partition("A")
    shop.put("orders", b"nonsense", b"A")
    shop.put("ledger", b"nobody's", None, (), number)
    shop.say(order("A2", 100, account_id="A"))
    shop.wait_for_answers({"A2": "order_referred"})
    wait_until("the void record to be counted", lambda: worker.count("obligor_void_records_total") == 1, 20)
    counts = worker.counts()
    assert counts[f'obligor_ledger_records_total{{partition="{number}"}}'] >= 4
    assert counts['obligor_dead_letters_total{code="value_not_json"}'] == 1
    assert counts['obligor_decisions_total{type="order_released"}'] == 1
    assert counts["obligor_partitions_open"] == 3
    assert counts["obligor_latency_seconds_count"] >= 1
    assert counts["obligor_round_seconds_count"] >= 1
    wait_until("lag 0", lambda: worker.counts()[f'obligor_lag_records{{partition="{number}"}}'] == 0, 10)


def test_a_graceful_stop_leaves_nothing_to_do_again(shop: OrderSystem, worker: ObservedWorker) -> None:
    shop.open({"A": 100_000})
    for round_no in range(2):
        shop.say(*[order(f"A{round_no}-{number}", 10, account_id="A") for number in range(200)])
        assert worker.stop() == 0
        worker.start_ready()
    wait_until("every order to be answered", lambda: len(shop.answers()) == 400, 30)
    sources = _ledger(shop)
    assert len(sources) == len(set(sources)) == 402
    published = shop.records("decisions")
    assert len(published) == len({record.value for record in published}) == 401


def test_local_state_may_be_deleted(settings: Settings, shop: OrderSystem, worker: ObservedWorker) -> None:
    shop.open({"A": 1_000})
    shop.say(order("A1", 600, account_id="A"))
    shop.wait_for_answers({"A1": "order_released"})
    worker.kill()
    shutil.rmtree(settings.data / "state")
    worker.start_ready()
    shop.say(order("A2", 450, account_id="A"), order("A3", 400, account_id="A"))
    shop.wait_for_answers({"A2": "order_referred", "A3": "order_released"})
    sources = _ledger(shop)
    assert len(sources) == len(set(sources)) == 5
    assert worker.stop() == 0
    assert _is_clean(settings)


def test_two_workers_share_and_one_may_die(
    settings: Settings, shop: OrderSystem, worker: ObservedWorker, tmp_path: Path
) -> None:
    names = [f"N{number}" for number in range(12)]
    shop.open(dict.fromkeys(names, 1_000))
    with ObservedWorker(settings, tmp_path / "second.log") as second:
        second.start_ready()
        wait_until("each to hold some", lambda: _held(worker) + _held(second) == 3 and 0 < _held(second) < 3, 30)
        shop.say(*[order(f"{name}-1", 600, account_id=name) for name in names])
        shop.wait_for_answers({f"{name}-1": "order_released" for name in names})
        second.kill()
        shop.say(*[order(f"{name}-2", 450, account_id=name) for name in names])
        shop.wait_for_answers({f"{name}-2": "order_referred" for name in names}, 40)
    assert worker.stop() == 0
    sources = _ledger(shop)
    assert len(sources) == len(set(sources)) == 4 * len(names)
    assert _is_clean(settings)


def _held(worker: ObservedWorker) -> float:
    return worker.counts().get("obligor_partitions_open", 0)


def test_advice_is_marked_and_history_is_silent(shop: OrderSystem, worker: ObservedWorker) -> None:
    shop.open({"A": 1_000})
    shop.say(order("A1", 600, account_id="A").with_headers(effect="advisory"))
    history = [
        *_opened("H"),
        order("H1", 600, account_id="H"),
        order("H2", 600, account_id="H"),
        invoice(900, account_id="H"),
    ]
    shop.say(*[fact.with_headers(effect="historical") for fact in history])
    shop.put("orders", b"nonsense", b"H", [("effect", b"historical")])
    shop.wait_for_answers({"A1": "order_released"})
    wait_until("the dead letter", lambda: len(shop.records("deadletters")) == 1, 20)
    wait_until("exposure", lambda: shop.exposures().get("H", {}).get("unreadable_count") == 1, 20)
    assert shop.exposures()["H"]["invoiced_minor"] == 900
    assert next(told for told in shop.decisions() if told.get("order_id") == "A1")["effect"] == "advisory"
    for name in ("decisions", "alerts"):
        assert [told for told in shop.decisions(name) if told["account_id"] == "H"] == []
    assert all(json.loads(record.value)["decisions"] is not None for record in shop.records("ledger"))
