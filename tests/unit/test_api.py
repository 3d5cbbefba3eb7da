"""HTTP by example: health, problems, documentation, and what may not be reached."""

from __future__ import annotations

import re

import msgspec
import pytest
from fastapi.testclient import TestClient

from api.access.admission import CredentialsMissing
from api.access.gate import Access
from api.app import create_app
from api.cursor import Layout
from api.events import Record
from api.hub import Hub
from api.live import Live
from api.reader import Topics
from tests.scenario import with_limit
from tests.served import Served


@pytest.fixture
def live() -> Live:
    live = Live(Topics({"bootstrap_servers": ["127.0.0.1:1"]}, "credit"))
    live.trouble = None
    return live


@pytest.fixture
def client(live: Live) -> TestClient:
    # Not entered as a context: nothing is read from a broker.
    return TestClient(create_app(live, "127.0.0.1"), base_url="http://127.0.0.1", raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("path", "status", "path_of_error", "why"),
    [
        ("/v1/accounts/nobody", 404, None, "nobody"),
        ("/v1/accounts/nobody/dossier", 404, None, "nobody"),
        ("/v1/ledger/0/99", 404, None, "0/99"),
        ("/v1/nothing", 404, None, "Not Found"),
        ("/v1/accounts?limit=0", 422, "query.limit", "greater than or equal"),
        ("/v1/accounts?sort=colour", 422, "query.sort", "expected one of"),
        ("/v1/accounts?cell=x", 422, "query.cell", "such as 3-2"),
        ("/v1/accounts?after=x", 422, "query.after", "`next` of a page"),
        ("/v1/alerts?level=loud", 422, "query.level", "loud"),
    ],
)
def test_errors_are_problem_details_with_the_path_of_what_was_wrong(
    path: str, status: int, path_of_error: str | None, why: str
) -> None:
    answer = Served(with_limit()).client.get(path)
    assert answer.status_code == answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert why in answer.json()["detail"]
    assert [error["path"] for error in answer.json().get("errors", [])] == ([path_of_error] if path_of_error else [])


def test_reads_are_answered_with_503_while_nothing_has_been_read(client: TestClient) -> None:
    answer = client.get("/v1/accounts")
    assert answer.status_code == 503 and "still being read" in answer.json()["detail"]


def test_ready_is_told_with_the_reason_why_not(live: Live, client: TestClient) -> None:
    assert client.get("/v1/health/ready").json() == {"status": "ready", "lag_records": 0}
    live.trouble = "the brokers do not answer"
    answer = client.get("/v1/health/ready")
    assert answer.status_code == 503 and answer.json()["detail"] == "the brokers do not answer"
    assert client.get("/v1/health/live").status_code == 200


def test_a_view_that_is_behind_is_not_ready() -> None:
    served = Served(with_limit())
    assert served.client.get("/v1/health/ready").status_code == 200
    served.views.trouble = "the ledger is still being read: 12345 records to go"
    assert "12345" in served.refuses("/health/ready", 503)["detail"]


def test_metrics_tell_what_the_feed_and_the_view_do() -> None:
    served = Served(with_limit())
    served.live.hub = Hub(Layout(["a", "b", "c"], 1), [0, 0, 0])
    served.live.hub.take([Record("alerts", 0, 0, b"nonsense")])
    text = served.client.get("/metrics").text
    assert re.search(r"^obligor_api_ready 1\.0$", text, re.M)
    assert re.search(r"^obligor_api_unreadable_total 1\.0$", text, re.M)
    assert re.search(r"^obligor_feed_clients 0\.0$", text, re.M)
    assert re.search(r"^obligor_api_accounts 1\.0$", text, re.M)


def test_the_documentation_loads_nothing_from_elsewhere(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert set(document["paths"]) >= {"/v1/accounts", "/v1/accounts/{account_id}", "/v1/alerts"}
    names = set(re.findall(r'"#/components/schemas/(\w+)"', msgspec.json.encode(document).decode()))
    assert names <= set(document["components"]["schemas"])
    page = client.get("/docs").text
    assert "/v1/feed" in page and "src=" not in page and "http" not in page.replace("/v1/http", "")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "api.example"])
def test_nobody_else_is_let_in_by_accident(live: Live, host: str) -> None:
    with pytest.raises(CredentialsMissing, match="obligor people add"):
        create_app(live, host)
    access = Access()
    with pytest.raises(CredentialsMissing):
        create_app(live, host, access=access)
    access.people.add("kim", "a long passphrase", ["admin"])
    assert TestClient(create_app(live, host, access=access)).get("/v1/accounts").status_code == 401


def test_a_name_that_was_pointed_at_this_machine_is_refused(live: Live) -> None:
    app = create_app(live, "127.0.0.1")
    assert TestClient(app, base_url="http://evil.example").get("/v1/health/live").status_code == 400
    assert TestClient(app, base_url="http://localhost:8400").get("/v1/health/live").status_code == 200


def test_every_read_says_what_it_answers_with_an_example_of_that_very_shape(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    read = {path: operations["get"] for path, operations in document["paths"].items() if "get" in operations}
    count = 0
    for path, operation in read.items():
        content = operation["responses"]["200"].get("content", {}).get("application/json", {})
        if "example" in content:
            name = content["schema"]["$ref"].rpartition("/")[2]
            assert set(content["example"]) == set(schemas[name]["properties"]), path
            count += 1
    assert count >= 24
