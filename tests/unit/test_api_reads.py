"""What the desk reads over HTTP, given what was told: accounts, the order queue, alerts, requests, the book."""

from __future__ import annotations

import csv
import io
from typing import Any

import msgspec
import openpyxl
import pytest

from api.access.caller import LOCAL, Caller
from schemas.policy import default_policy
from tests.builders import (
    Said,
    account_opened,
    acknowledged,
    agreed,
    alert_closed,
    cancelled,
    day_closed,
    invoice,
    learner_reported,
    limit_set,
    manager_assigned,
    model_adopted,
    model_alert_handled,
    order,
    payment,
    policy_adopted,
    promised,
    released,
    requested,
    snoozed,
)
from tests.late_model import small_model
from tests.scenario import Scenario, with_limit
from tests.served import Served


def book_of(*limits: int) -> Scenario:
    """Accounts A1, A2, ... with limits, each with a released order of half its limit."""
    scenario = Scenario()
    for number, limit in enumerate(limits, 1):
        account_id = f"A{number}"
        scenario.say(
            account_opened(account_id=account_id, name=f"Company {number}"),
            limit_set(limit, account_id=account_id),
            order(f"O{number}", limit // 2, account_id=account_id),
        )
    return scenario


def adopted(**sections: Any) -> Said:
    return policy_adopted({**msgspec.to_builtins(default_policy()), **sections})


def ids(page: Any, name: str = "accounts", key: str = "account_id") -> list[str]:
    return [row[key] for row in page[name]]


def pages(served: Served, path: str, name: str, limit: int, **parameters: Any) -> list[Any]:
    rows: list[Any] = []
    after: str | None = ""
    while after is not None:
        page = served.get(path, after=after, limit=limit, **parameters)
        assert len(page[name]) <= limit
        rows += page[name]
        after = page["next"]
    return rows


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("account_id", ["A1", "A2", "A3", "A4", "A5"]),
        ("-account_id", ["A5", "A4", "A3", "A2", "A1"]),
        ("-exposure_minor", ["A3", "A5", "A1", "A4", "A2"]),
        ("exposure_minor", ["A2", "A1", "A4", "A5", "A3"]),
        ("utilisation_bp", ["A1", "A2", "A3", "A4", "A5"]),
        ("grade", ["A1", "A2", "A3", "A4", "A5"]),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_accounts_are_paged_in_any_order_each_once(sort: str, expected: list[str], limit: int) -> None:
    served = Served(book_of(400, 200, 1000, 400, 600))
    assert [row["account_id"] for row in pages(served, "/accounts", "accounts", limit, sort=sort)] == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"query": "company 2"}, ["A2"]),
        ({"query": "a1"}, ["A1"]),
        ({"manager": "m.keller"}, ["A1"]),
        ({"status": "suspended"}, []),
        ({"query": "company", "manager": "m.keller"}, ["A1"]),
        ({"query": "nobody"}, []),
    ],
)
def test_accounts_are_found_by_what_they_are(query: dict[str, str], expected: list[str]) -> None:
    scenario = book_of(400, 200)
    scenario.say(manager_assigned("m.keller", account_id="A1"))
    page = Served(scenario).get("/accounts", **query)
    assert ids(page) == expected and page["total"] == len(expected)


def test_an_account_shows_how_it_stands_and_why() -> None:
    served = Served(with_limit(1_000))
    served.scenario.say(order("O1", 900), order("O2", 500))
    served.see()
    shown = served.get("/accounts/ACME")
    assert (shown["exposure_minor"], shown["headroom_minor"], shown["utilisation_bp"]) == (900, 100, 9_000)
    assert shown["exposure"]["orders_minor"] == 900
    assert shown["waiting_orders"] == 1 and shown["limit_set_by"] == "desk"
    assert [alert["cause"] for alert in shown["alerts"]] == ["utilisation"]
    assert shown["open_alerts"] == 1
    assert [found["type"] for found in shown["decisions"]][-2:] == ["order_released", "limit_changed"]
    assert shown["version"] == f"0-{len(served.scenario.ledger) - 1}"


def test_a_detail_is_sent_again_only_when_it_changed() -> None:
    served = Served(with_limit())
    first = served.client.get("/v1/accounts/ACME")
    tag = {"If-None-Match": first.headers["etag"]}
    assert served.client.get("/v1/accounts/ACME", headers=tag).status_code == 304
    served.scenario.say(order("O1", 10))
    served.see()
    assert served.client.get("/v1/accounts/ACME", headers=tag).status_code == 200


def test_an_order_that_does_not_fit_stands_in_the_queue_until_it_is_released() -> None:
    served = Served(with_limit(1_000))
    served.scenario.say(order("O1", 1_040, document_no="4711"), order("O2", 1_200), order("O3", 50))
    served.see()
    queue = served.get("/orders")
    assert ids(queue, "orders", "order_id") == ["O1", "O2"] and queue["total"] == 2
    first = queue["orders"][0]
    assert first["document_no"] == "4711" and first["account_name"] == "Acme"
    assert (first["headroom_before_minor"], first["amount_minor"]) == (1_000, 1_040)
    assert first["reasons"][0]["code"] == "exposure_exceeds_limit"
    assert [row["suggestion"] for row in queue["orders"]] == ["release", "approval"]
    served.scenario.say(released("O1"))
    served.see()
    assert ids(served.get("/orders"), "orders", "order_id") == ["O2"]
    let_go = served.get("/orders", state="released")["orders"]
    assert [row["order_id"] for row in let_go] == ["O1", "O3"]
    assert let_go[0]["answer"] == "order_released" and let_go[0]["suggestion"] is None
    served.scenario.say(cancelled("O2"))
    served.see()
    assert served.get("/orders")["total"] == 0
    assert ids(served.get("/orders", state="closed"), "orders", "order_id") == ["O2"]


def test_the_queue_is_filtered_by_reason_amount_and_account() -> None:
    scenario = book_of(100, 200)
    scenario.say(order("P1", 500, account_id="A1"), order("P2", 900, account_id="A2"))
    served = Served(scenario)
    assert ids(served.get("/orders", min_minor=600), "orders", "order_id") == ["P2"]
    assert ids(served.get("/orders", account="A1"), "orders", "order_id") == ["P1"]
    assert ids(served.get("/orders", reason="exposure_exceeds_limit"), "orders", "order_id") == ["P1", "P2"]
    assert served.get("/orders", reason="limit_missing")["orders"] == []
    assert ids(served.get("/orders", sort="-amount"), "orders", "order_id") == ["P2", "P1"]


def test_orders_of_a_state_are_paged_newest_first_each_once() -> None:
    scenario = with_limit(1_000)
    scenario.say(*(order(f"O{number}", 1) for number in range(7)))
    rows = pages(Served(scenario), "/orders", "orders", 3, state="released")
    assert [row["order_id"] for row in rows] == [f"O{number}" for number in (6, 5, 4, 3, 2, 1, 0)]


def test_an_alert_is_listed_with_what_became_of_it() -> None:
    served = Served(with_limit(1_000))
    served.scenario.say(day_closed("2025-03-03"), order("O1", 850))
    served.see()
    [alert] = served.get("/alerts")["alerts"]
    assert (alert["cause"], alert["state"], alert["found"], alert["account_name"]) == (
        "utilisation",
        "open",
        8_500,
        "Acme",
    )
    for said, state in (
        (acknowledged(), "acknowledged"),
        (snoozed("2025-03-20"), "snoozed"),
        (alert_closed(), "closed"),
    ):
        served.scenario.say(said)
        served.see()
        assert [one["state"] for one in served.get("/accounts/ACME/alerts")["alerts"]] == [state]
    assert served.get("/alerts")["total"] == 0
    assert [one["handled_by"] for one in served.get("/alerts", state="closed")["alerts"]] == ["kim"]
    served.scenario.say(cancelled("O1"))
    served.see()
    assert served.get("/alerts", state="closed")["alerts"] == []
    assert [one["alert_id"] for one in served.get("/alerts", state="cleared")["alerts"]] == ["ACME/1"]


def test_open_alerts_are_listed_gravest_first() -> None:
    scenario = book_of(1_000, 1_000, 1_000)
    for number, amount in enumerate((350, 450, 499), 1):
        scenario.say(order(f"P{number}", amount, account_id=f"A{number}"))
    served = Served(scenario)
    rows = pages(served, "/alerts", "alerts", 2)
    assert [(row["account_id"], row["level"]) for row in rows] == [
        ("A3", "warning"),
        ("A2", "warning"),
        ("A1", "notice"),
    ]
    assert ids(served.get("/alerts", level="notice"), "alerts") == ["A1"]
    assert ids(served.get("/accounts", level="notice")) == ["A1"]


def test_a_request_is_listed_for_the_role_that_has_to_agree() -> None:
    scenario = with_limit(1_000)
    bands = [{"subject": "order_release", "from_minor": 0, "roles": ["credit_manager", "finance_director"]}]
    scenario.say(adopted(approvals={"bands": bands}), order("O1", 5_000))
    scenario.say(requested("AP-1", "order_release", order_id="O1"))
    served = Served(scenario)
    [asked] = served.get("/approvals")["approvals"]
    assert asked["needs"] == ["credit_manager", "finance_director"] and asked["order_id"] == "O1"
    assert served.get("/orders")["orders"][0]["approval"] == {
        "approval_id": "AP-1",
        "needs": ["credit_manager", "finance_director"],
    }
    assert served.get("/approvals", role="collector")["approvals"] == []
    scenario.say(agreed("mia", role="credit_manager"))
    served.see()
    assert served.get("/approvals", role="credit_manager")["approvals"] == []
    assert [one["actor"] for one in served.get("/approvals")["approvals"][0]["given"]] == ["mia"]
    scenario.say(cancelled("O1"))
    served.see()
    assert served.get("/approvals")["total"] == 0
    assert ids(served.get("/approvals", state="withdrawn"), "approvals", "approval_id") == ["AP-1"]


def test_the_strip_counts_what_waits_and_what_is_open() -> None:
    served = Served(with_limit(1_000))
    assert served.get("/summary")["oldest_waiting_at_ms"] is None
    served.scenario.say(order("O1", 850), order("O2", 300), order("O3", 700))
    served.see()
    summary = served.get("/summary")
    assert summary["alerts"] == {"critical": 0, "warning": 0, "notice": 1}
    assert summary["waiting"] == [{"currency": "EUR", "orders": 2, "amount_minor": 1_000}]
    assert summary["waiting_orders"] == 2 and summary["accounts"] == 1
    oldest = served.get("/orders")["orders"][0]["since_at_ms"]
    assert summary["oldest_waiting_at_ms"] == oldest
    assert [one["source"] for one in summary["sources"]] == ["desk", "dossiers", "orders"]


def test_invoices_and_payments_show_what_is_open_and_what_paid_it() -> None:
    served = Served(with_limit(10_000))
    served.scenario.say(
        invoice(1_000, "I1", due_on="2025-03-10", document_no="R-1"),
        invoice(500, "I2", due_on="2025-05-10"),
        payment(300, "P1", pays={"I1": 300}),
        day_closed("2025-03-31"),
    )
    served.see()
    invoices = {row["invoice_id"]: row for row in served.get("/accounts/ACME/invoices")["invoices"]}
    assert (invoices["I1"]["open_minor"], invoices["I1"]["overdue_days"]) == (700, 21)
    assert invoices["I1"]["document_no"] == "R-1" and invoices["I2"]["overdue_days"] == 0
    [paid] = served.get("/accounts/ACME/payments")["payments"]
    assert paid["payment_id"] == "P1" and sum(one["amount_minor"] for one in paid["applied"]) == 300
    ageing = {(one["from_days"], one["to_days"]): one["amount_minor"] for one in served.get("/accounts/ACME")["ageing"]}
    assert ageing[0, 0] == 500 and ageing[1, 30] == 700 and sum(ageing.values()) == 1_200
    served.scenario.say(payment(700, "P2", pays={"I1": 700}))
    served.see()
    assert ids(served.get("/accounts/ACME/invoices", state="settled"), "invoices", "invoice_id") == ["I1"]
    assert ids(served.get("/accounts/ACME/invoices", state="open"), "invoices", "invoice_id") == ["I2"]


def test_the_past_of_an_account_is_its_points_and_markers() -> None:
    served = Served(with_limit(1_000))
    served.scenario.say(order("O1", 600), order("O2", 900))
    served.see()
    past = served.get("/accounts/ACME/exposure-history")
    assert [(one["exposure_minor"], one["limit_minor"], one["pending_minor"]) for one in past["points"]] == [
        (600, 1_000, 900)
    ]
    assert [(one["kind"], one["value"], one["subject"]) for one in past["events"]] == [
        ("limit_changed", "1000", "desk"),
        ("order_referred", "900", "O2"),
    ]
    assert served.get("/accounts/ACME/exposure-history", to_ms=10)["points"] == []


def test_the_trail_has_each_record_of_the_account_with_its_reasons() -> None:
    served = Served(with_limit(1_000))
    said = order("O2", 1_900)
    served.scenario.say(said)
    served.see()
    trail = pages(served, "/accounts/ACME/trail", "trail", 2)
    assert [row["seq"] for row in trail] == list(range(len(served.scenario.ledger)))[::-1]
    [placed] = served.get("/accounts/ACME/trail", type="order_placed")["trail"]
    assert placed["fact"] == said.value and placed["source"]["topic"] == "credit.orders.v1"
    assert placed["why"][0]["code"] == "exposure_exceeds_limit"
    entry = served.get(f"/ledger/0/{placed['seq']}")
    assert entry["raw"].encode() == served.scenario.ledger[placed["seq"]].value
    assert entry["hash"] == served.scenario.ledger[placed["seq"]].record_hash
    assert entry["entry"] == placed


def test_decisions_are_shown_exactly_as_they_are_published() -> None:
    served = Served(with_limit(1_000))
    served.scenario.say(order("O1", 850), order("O2", 10))
    served.see()
    everything = pages(served, "/accounts/ACME/decisions", "decisions", 1)
    assert [found["type"] for found in everything] == [
        "order_released",
        "alert_raised",
        "order_released",
        "limit_changed",
    ]
    assert {"decision_id", "account_id", "ledger", "effect", "policy_id", "at_ms"} <= set(everything[0])
    alerts = served.get("/accounts/ACME/decisions", type="alert_raised")["decisions"]
    assert [found["alert_id"] for found in alerts] == ["ACME/1"]


def test_a_dossier_has_every_section_and_the_open_promises() -> None:
    served = Served(with_limit(1_000))
    served.scenario.say(promised(100, "2025-04-01"), manager_assigned("m.keller"))
    served.see()
    dossier = served.get("/accounts/ACME/dossier")
    assert dossier["identity"]["manager_id"] == "m.keller"
    assert [one["promise_id"] for one in dossier["promises"]] == ["R1"]
    assert dossier["standing"]["limit_minor"] == 1_000 and dossier["covers"] == []


def test_a_model_in_force_is_seen_in_the_row_the_book_and_the_trail() -> None:
    served = Served(with_limit(1_000_000))
    assert served.get("/accounts/ACME")["lateness_probability_bp"] is None
    served.scenario.say(model_adopted(msgspec.to_builtins(small_model())))
    served.scenario.say(*(invoice(10, f"I{number}", due_on="2025-03-05") for number in range(4)))
    served.scenario.say(day_closed("2025-03-06"), invoice(50_000, "J1"))
    served.see()
    row = served.get("/accounts")["accounts"][0]
    assert row["lateness_probability_bp"] and row["expected_loss_minor"] == row["exposure"]["expected_loss_minor"]
    assert served.get("/portfolio")["total"]["expected_loss_minor"] == row["expected_loss_minor"]
    issued = served.get("/accounts/ACME/trail", type="invoice_issued")["trail"][0]
    assert issued["model_id"] and any("log_odds" in reason for reason in issued["why"])


def test_the_book_adds_up_in_total_and_in_every_group() -> None:
    scenario = book_of(1_000, 2_000, 4_000)
    scenario.say(manager_assigned("m.keller", account_id="A1"), manager_assigned("m.keller", account_id="A3"))
    served = Served(scenario)
    book = served.get("/portfolio")
    assert (book["total"]["accounts"], book["total"]["net_exposure_minor"], book["total"]["limit_minor"]) == (
        3,
        3_500,
        7_000,
    )
    for group in ("by_currency", "by_grade", "by_manager", "by_industry", "by_country"):
        assert sum(one["net_exposure_minor"] for one in book[group]) == 3_500
    assert [(one["key"], one["net_exposure_minor"]) for one in book["by_manager"]] == [
        ("m.keller", 2_500),
        (None, 1_000),
    ]
    assert [one["account_id"] for one in book["concentration"]] == ["A3", "A2", "A1"]
    assert book["concentration"][0]["share_bp"] == 2_000 * 10_000 // 3_500
    assert sum(one["accounts"] for one in book["utilisation"]) == 3
    matrix = served.get("/portfolio/risk-matrix")
    assert sum(cell["accounts"] for cell in matrix["cells"]) == 3
    cell = matrix["cells"][0]
    found = served.get("/accounts", cell=f"{cell['size']}-{cell['probability']}")
    assert found["total"] == cell["accounts"]


def test_policies_are_listed_shown_and_compared() -> None:
    scenario = with_limit(1_000)
    served = Served(scenario)
    built_in = served.get("/policy")
    assert built_in["adopted_at_ms"] is None and built_in["in_force"]
    scenario.say(adopted(fact_ids_kept_days=99))
    served.see()
    now = served.get("/policy")
    assert now["policy"]["fact_ids_kept_days"] == 99 and now["policy_id"] != built_in["policy_id"]
    assert now["actor"] and now["approved_by"] and now["actor"] != now["approved_by"]
    assert ids(served.get("/policies"), "policies", "policy_id") == [now["policy_id"], built_in["policy_id"]]
    diff = served.get(f"/policies/{built_in['policy_id']}/diff/{now['policy_id']}")
    assert diff["changes"] == [{"path": "fact_ids_kept_days", "old": "30", "new": "99"}]
    served.refuses("/policies/nonsense", 404)


def test_limits_are_listed_for_the_account_and_for_its_parts() -> None:
    scenario = with_limit(1_000)
    scenario.say(limit_set(300, scope={"customer_id": "C1"}), order("O1", 200, customer_id="C1"))
    rows = Served(scenario).get("/limits")["limits"]
    assert [(row["scope"], row["limit_minor"], row["headroom_minor"]) for row in rows] == [
        (None, 1_000, 800),
        ("customer/C1", 300, 100),
    ]


def test_a_file_has_exactly_what_the_filter_shows() -> None:
    scenario = book_of(1_000, 2_000, 4_000)
    scenario.say(account_opened(account_id="A4", name="=HYPERLINK(1)"))
    served = Served(scenario)
    text = served.client.get("/v1/accounts", params={"format": "csv", "limit": 1}).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["account_id"] for row in rows] == ["A1", "A2", "A3", "A4"]
    assert rows[0]["limit"] == "10.00" and rows[0]["utilisation_percent"] == "50.00"
    assert rows[3]["name"] == "'=HYPERLINK(1)"
    content = served.client.get("/v1/accounts", params={"format": "xlsx", "query": "company 2"}).content
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    table = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert len(table) == 2 and table[1][0] == "A2" and table[1][table[0].index("limit")] == 20


def _sheet(served: Served, path: str, **query: str) -> list[list[Any]]:
    answer = served.client.get(f"/v1{path}", params={**query, "format": "xlsx"})
    assert answer.status_code == 200, answer.text
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def _comma_separated(served: Served, path: str, **query: str) -> list[dict[str, str]]:
    content = served.client.get(f"/v1{path}", params={**query, "format": "csv"}).content
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.mark.parametrize("by", ["grade", "industry", "country", "manager", "currency"])
def test_a_file_of_the_groups_of_the_book_has_exactly_the_groups_shown(by: str) -> None:
    scenario = book_of(1_000, 2_000, 4_000)
    scenario.say(
        account_opened(account_id="A4", currency="JPY", industry="=steel", country="JP"),
        manager_assigned("m.keller", account_id="A1"),
        manager_assigned("z.wei", account_id="A3"),
    )
    served = Served(scenario)
    shown = served.get("/portfolio")[f"by_{by}"]
    expected = [
        (
            "" if one["key"] is None else one["key"].replace("=steel", "'=steel"),
            one["accounts"],
            one["net_exposure_minor"],
            one["limit_minor"],
            one["share_bp"],
        )
        for one in shown
    ]
    head, *rows = _sheet(served, "/portfolio/groups", by=by)
    names = ("key", "accounts", "net_exposure", "limit", "share_percent")
    cells = [[row[head.index(name)] for name in names] for row in rows]
    assert [(key or "", count, *(round(one * 100) for one in rest)) for key, count, *rest in cells] == expected
    assert [(row["key"], int(row["accounts"])) for row in _comma_separated(served, "/portfolio/groups", by=by)] == [
        one[:2] for one in expected
    ]
    pages: list[str | None] = []
    after: str | None = ""
    while after is not None:
        page = served.get("/portfolio/groups", by=by, limit=1, after=after)
        pages += ids(page, "groups", "key")
        after = page["next"]
    assert pages == [one["key"] for one in shown]
    if by == "currency":
        assert [row["currency"] for row in _comma_separated(served, "/portfolio/groups", by=by)] == ["EUR", "JPY"]


def test_a_comparison_of_policies_is_a_file_with_exactly_the_changes_shown() -> None:
    scenario = with_limit(1_000)
    served = Served(scenario)
    built_in = served.get("/policy")["policy_id"]
    scenario.say(adopted(fact_ids_kept_days=99, currency="USD"))
    served.see()
    path = f"/policies/{built_in}/diff/{served.get('/policy')['policy_id']}"
    shown = served.get(path)["changes"]
    assert ids(served.get(path), "changes", "path") == ["currency", "fact_ids_kept_days"]
    head, *rows = _sheet(served, path)
    assert head == ["path", "unit", "old", "new"]
    assert [row[0] for row in rows] == [change["path"] for change in shown]
    assert ["fact_ids_kept_days", "days", 30, 99] in rows
    assert _comma_separated(served, path)[0] == {"path": "currency", "unit": "", "old": "EUR", "new": "USD"}
    served.refuses("/policies/nonsense/diff/nonsense?format=xlsx", 404)


def test_an_alert_about_the_model_is_listed_for_those_who_see_all_accounts() -> None:
    scenario = with_limit(1_000)
    scenario.say(learner_reported("drift", of="loss", found=2_100, line=1_300))
    served = Served(scenario)
    (row,) = served.get("/alerts")["alerts"]
    assert (row["alert_id"], row["account_id"], row["account_name"], row["state"]) == ("model/1", None, None, "open")
    assert served.get("/summary")["alerts"][row["level"]] == 1
    scenario.say(model_alert_handled("assigned", owner="lee"), model_alert_handled("acknowledged"))
    served.see()
    (row,) = served.get("/alerts", assignee="lee")["alerts"]
    assert (row["state"], row["handled_by"], row["acknowledged"]) == ("acknowledged", "kim", True)
    served.as_caller(Caller("l.wei", frozenset({"manager"}), scope=frozenset({"l.wei"})))
    assert served.get("/alerts")["alerts"] == []
    served.as_caller(LOCAL)
    scenario.say(model_alert_handled("closed"))
    served.see()
    assert served.get("/alerts")["alerts"] == []
    assert ids(served.get("/alerts", state="closed"), "alerts", "alert_id") == ["model/1"]
    scenario.say(model_adopted(None))
    served.see()
    assert ids(served.get("/alerts", state="cleared"), "alerts", "alert_id") == ["model/1"]


def test_an_account_manager_sees_nothing_of_other_accounts() -> None:
    scenario = book_of(1_000, 2_000)
    scenario.say(manager_assigned("l.wei", account_id="A1"))
    for account_id in ("A1", "A2"):
        scenario.say(order("X1", 9_000, account_id=account_id), order("X2", 1, account_id=account_id))
    served = Served(scenario)
    theirs = next(row["seq"] for row in served.get("/accounts/A2/trail")["trail"])
    served.as_caller(Caller("l.wei", frozenset({"manager"}), scope=frozenset({"l.wei"})))
    for path, name in (("/accounts", "accounts"), ("/orders", "orders"), ("/alerts", "alerts"), ("/limits", "limits")):
        assert {row["account_id"] for row in served.get(path)[name]} <= {"A1"}
    assert {row["account_id"] for row in served.get("/orders", state="released")["orders"]} == {"A1"}
    assert served.get("/portfolio")["total"]["accounts"] == served.get("/summary")["accounts"] == 1
    for below in ("", "/dossier", "/orders", "/invoices", "/trail", "/decisions", "/exposure-history", "/scores"):
        served.refuses(f"/accounts/A2{below}", 404)
    served.refuses(f"/ledger/0/{theirs}", 404)
    text = served.client.get("/v1/orders", params={"format": "csv", "state": "released"}).text
    assert "A1" in text and "A2" not in text
    head, *rows = _sheet(served, "/portfolio/groups", by="manager")
    assert [(row[0], row[head.index("accounts")]) for row in rows] == [("l.wei", 1)]
