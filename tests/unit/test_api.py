"""HTTP by example, over a view filled by hand: pages, details, problems, and what may not be reached."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from fastapi.testclient import TestClient

from api.app import OpenWithoutRoles, create_app
from api.cursor import Layout
from api.events import Event, Record, read_event
from api.hub import Hub
from api.live import Live
from api.reader import Topics


def event(topic: str, seq: int, account_id: str, **more: Any) -> Event:
    ledger = {"epoch": 0, "partition": 0, "seq": seq, "n": 0}
    value = msgspec.json.encode({**more, "account_id": account_id, "ledger": ledger})
    found = read_event(Record(topic, 0, seq, value))
    assert found is not None
    return found


def exposure(account_id: str, seq: int, *, epoch: int = 0, **more: Any) -> bytes:
    ledger = {"epoch": epoch, "partition": 0, "seq": seq, "n": 1_000_000}
    return msgspec.json.encode({"account_id": account_id, "status": "active", "ledger": ledger, **more})


@pytest.fixture
def live() -> Live:
    live = Live(Topics({"bootstrap_servers": ["127.0.0.1:1"]}, "credit"))
    live.trouble = None
    return live


@pytest.fixture
def client(live: Live) -> TestClient:
    # Not entered as a context: nothing is read from a broker.
    return TestClient(create_app(live, "127.0.0.1"), base_url="http://127.0.0.1", raise_server_exceptions=False)


def test_accounts_are_paged_by_id(live: Live, client: TestClient) -> None:
    for number in (3, 1, 5, 2, 4):
        live.view.take_exposure(exposure(f"A{number}", number))
    seen, after = [], ""
    while after is not None:
        page = client.get("/v1/accounts", params={"after": after, "limit": 2}).json()
        seen += [row["account_id"] for row in page["accounts"]]
        after = page["next"]
    assert seen == ["A1", "A2", "A3", "A4", "A5"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "suspended"}, ["A2"]),
        ({"query": "nord"}, ["A1"]),
        ({"query": "a2"}, ["A2"]),
        ({"query": "nord", "status": "suspended"}, []),
    ],
)
def test_accounts_are_found_by_status_and_name(
    live: Live, client: TestClient, query: dict[str, str], expected: list[str]
) -> None:
    live.view.take_exposure(exposure("A1", 1, name="NORDwind"))
    live.view.take_exposure(exposure("A2", 2, status="suspended"))
    assert [row["account_id"] for row in client.get("/v1/accounts", params=query).json()["accounts"]] == expected


def test_the_latest_exposure_counts_by_account_however_late_others_arrive(live: Live, client: TestClient) -> None:
    live.view.take_exposure(exposure("A1", 5, exposure_minor=50))
    live.view.take_exposure(exposure("A1", 4, exposure_minor=40))
    live.view.take_exposure(exposure("A2", 3, exposure_minor=30))
    live.view.take_exposure(None)
    live.view.take_exposure(b"nonsense")
    assert client.get("/v1/accounts/A1").json()["exposure"]["exposure_minor"] == 50
    assert client.get("/v1/accounts/A2").json()["exposure"]["exposure_minor"] == 30
    live.view.take_exposure(exposure("A1", 0, epoch=1, exposure_minor=10))
    assert client.get("/v1/accounts/A1").json()["exposure"]["exposure_minor"] == 10


def test_an_account_shows_open_alerts_and_its_last_fifty_decisions(live: Live, client: TestClient) -> None:
    live.view.take(event("decisions", seq, "A/1", type="order_released", order_id=f"O-{seq}") for seq in range(60))
    live.view.take([event("alerts", 60, "A/1", type="alert_raised", alert_id="u", level="notice")])
    live.view.take([event("alerts", 61, "A/1", type="alert_escalated", alert_id="u", level="critical")])
    live.view.take([event("alerts", 62, "A/1", type="alert_raised", alert_id="o", level="notice")])
    live.view.take([event("alerts", 63, "A/1", type="alert_cleared", alert_id="o", level="notice")])
    shown = client.get("/v1/accounts/A%2F1").json()
    assert [alert["level"] for alert in shown["alerts"]] == ["critical"]
    assert [decision["order_id"] for decision in shown["decisions"]] == [f"O-{seq}" for seq in range(59, 9, -1)]
    assert shown["exposure"] is None


def test_open_alerts_are_listed_gravest_and_newest_first(live: Live, client: TestClient) -> None:
    for seq, level in enumerate(["notice", "critical", "warning", "critical"]):
        live.view.take([event("alerts", seq, f"A{seq}", type="alert_raised", alert_id=f"x{seq}", level=level)])
    found = client.get("/v1/alerts", params={"limit": 3}).json()
    assert [alert["alert_id"] for alert in found["alerts"]] == ["x3", "x1", "x2"] and found["total"] == 4
    assert client.get("/v1/alerts", params={"level": "notice"}).json()["total"] == 1


def test_requests_that_wait_are_listed_by_expiry_and_role(live: Live, client: TestClient) -> None:
    def step(seq: int, name: str, state: str, **more: Any) -> Event:
        return event("decisions", seq, "A1", type="approval_changed", approval_id=name, state=state, **more)

    both, late = ["credit_manager", "finance_director"], {"expires_on": "2026-10-14"}
    live.view.take([step(0, "AP-1", "open", needs=both, **late), step(1, "AP-2", "open", needs=both[1:], **late)])
    live.view.take([step(2, "AP-3", "open", needs=both, expires_on="2026-10-01"), step(3, "AP-4", "granted")])
    found = client.get("/v1/approvals", params={"limit": 2}).json()
    assert [approval["approval_id"] for approval in found["approvals"]] == ["AP-3", "AP-1"] and found["total"] == 3
    found = client.get("/v1/approvals", params={"role": "credit_manager"}).json()
    assert [approval["approval_id"] for approval in found["approvals"]] == ["AP-3", "AP-1"]
    live.view.take([step(4, "AP-3", "open", needs=both[1:], **late), step(5, "AP-1", "refused", needs=both, **late)])
    assert client.get("/v1/approvals", params={"role": "credit_manager"}).json()["total"] == 0
    live.view.take([event("decisions", 6, "A1", type="approval_changed", approval_id=5)])
    assert live.view.unreadable == 1


@pytest.mark.parametrize(
    ("path", "status", "why"),
    [
        ("/v1/accounts/nobody", 404, "nobody"),
        ("/v1/nothing", 404, "Not Found"),
        ("/v1/accounts?limit=0", 422, "limit"),
        ("/v1/alerts?level=loud", 422, "loud"),
    ],
)
def test_errors_are_problem_details(client: TestClient, path: str, status: int, why: str) -> None:
    answer = client.get(path)
    assert answer.status_code == answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert why in answer.json()["detail"]


def test_ready_is_told_with_the_reason_why_not(live: Live, client: TestClient) -> None:
    assert client.get("/v1/health/ready").json() == {"status": "ready", "lag_records": 0}
    live.trouble = "the brokers do not answer"
    answer = client.get("/v1/health/ready")
    assert answer.status_code == 503 and answer.json()["detail"] == "the brokers do not answer"
    assert client.get("/v1/health/live").status_code == 200


def test_metrics_tell_what_the_feed_does(live: Live, client: TestClient) -> None:
    live.hub = Hub(Layout(["a", "b", "c"], 1), [0, 0, 0])
    live.hub.take([Record("alerts", 0, 0, b"nonsense")])
    text = client.get("/metrics").text
    assert re.search(r"^obligor_api_ready 1\.0$", text, re.M)
    assert re.search(r"^obligor_api_unreadable_total 1\.0$", text, re.M)
    assert re.search(r"^obligor_feed_clients 0\.0$", text, re.M)


def test_the_documentation_loads_nothing_from_elsewhere(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert set(document["paths"]) >= {"/v1/accounts", "/v1/accounts/{account_id}", "/v1/alerts"}
    names = set(re.findall(r'"#/components/schemas/(\w+)"', msgspec.json.encode(document).decode()))
    assert names <= set(document["components"]["schemas"])
    page = client.get("/docs").text
    assert "/v1/feed" in page and "src=" not in page and "http" not in page.replace("/v1/http", "")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "api.example"])
def test_nobody_else_is_let_in_by_accident(live: Live, host: str) -> None:
    with pytest.raises(OpenWithoutRoles, match="loopback"):
        create_app(live, host)
    create_app(live, host, open_without_roles=True)


def test_a_name_that_was_pointed_at_this_machine_is_refused(live: Live) -> None:
    app = create_app(live, "127.0.0.1")
    assert TestClient(app, base_url="http://evil.example").get("/v1/health/live").status_code == 400
    assert TestClient(app, base_url="http://localhost:8400").get("/v1/health/live").status_code == 200


def test_the_risk_matrix_counts_each_account_once_where_it_stands_now(live: Live, client: TestClient) -> None:
    def placed(account_id: str, seq: int, size: int, minor: int, currency: str = "EUR") -> bytes:
        cell = {"size": size, "probability": 2, "measure": "look"}
        return exposure(account_id, seq, risk_cell=cell, net_exposure_minor=minor, currency=currency)

    live.view.take_exposure(placed("M/1", 1, 1, 500))
    live.view.take_exposure(placed("M/2", 2, 1, 70, "USD"))
    live.view.take_exposure(placed("M/3", 3, 2, 9_000))
    live.view.take_exposure(placed("M/1", 4, 2, 800))
    cells = client.get("/v1/portfolio/risk-matrix").json()["cells"]
    told = [(cell["size"], cell["probability"], cell["accounts"], cell["net_exposure_minor"]) for cell in cells]
    assert told == [(1, 2, 1, {"USD": 70}), (2, 2, 2, {"EUR": 9_800})]
