"""A table of receivables becomes facts in time order, the same whatever the order of its rows."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas.codec import Unreadable, decode_fact
from streams.importer import AsOfMissing, Import
from streams.message import Message, at_ms
from streams.receivables import Receivables, read_receivables
from streams.receivables_map import Rates, ReceivablesMap, load_map
from streams.tables import TableUnreadable, read_table

HISTORY_HEADER = (
    "countrycode,customerID,PaperlessDate,invoiceNumber,InvoiceDate,DueDate,InvoiceAmount,Disputed,SettledDate,"
    "PaperlessBill,DaysToSettle,DaysLate"
)
HISTORY = [
    "770,3993-QUNVJ,31/12/2012,280670965,03/01/2012,02/02/2012,50.39,No,23/01/2012,Paper,20,0",
    "391,6708-DPYTF,02/08/2012,5133177585,03/01/2012,02/02/2012,55.37,No,16/02/2012,Paper,44,14",
    "770,3993-QUNVJ,31/12/2012,280670966,05/01/2012,04/02/2012,97.6,Yes,05/01/2012,Paper,0,0",
    "391,6708-DPYTF,02/08/2012,5133177586,04/01/2012,03/02/2012,10,No,,Paper,,",
]


def write(directory: Path, text: str, encoding: str = "utf-8", name: str = "table.csv") -> Path:
    path = directory / name
    path.write_bytes(text.encode(encoding))
    return path


def receivables(path: Path, rules: ReceivablesMap, **options: Any) -> Receivables:
    table = read_table(path, delimiter=rules.delimiter, sheet=rules.sheet, header_line=rules.header_line)
    return read_receivables(table, rules, **options)


def history(directory: Path, rows: list[str], **options: Any) -> Receivables:
    path = write(directory, "\n".join([HISTORY_HEADER, *rows]) + "\n")
    return receivables(path, load_map("ibm-late-payment"), **options)


def history_messages(directory: Path, rows: list[str], **options: Any) -> list[Message]:
    found = history(directory, rows)
    assert found.rejects == []
    return list(Import(found.items, load_map("ibm-late-payment"), **options).messages())


def told(messages: list[Message]) -> list[tuple[int, dict[str, Any]]]:
    return [(each.timestamp_ms, msgspec.json.decode(each.value or b"")) for each in messages]


def test_a_history_is_told_day_by_day(tmp_path: Path) -> None:
    hour = 3_600_000
    facts = told(history_messages(tmp_path, HISTORY))
    third = at_ms(date(2012, 1, 3))
    assert facts[0] == (
        third + 6 * hour,
        {
            "type": "account_opened",
            "account_id": "3993-QUNVJ",
            "name": "3993-QUNVJ",
            "currency": "USD",
            "opened_on": "2012-01-03",
            "country": "770",
        },
    )
    assert [fact["type"] for _, fact in facts[:5]] == [
        "account_opened",
        "account_opened",
        "invoice_issued",
        "invoice_issued",
        "day_closed",
    ]
    assert facts[2] == (
        third + 8 * hour,
        {
            "type": "invoice_issued",
            "account_id": "3993-QUNVJ",
            "invoice_id": "280670965",
            "amount_minor": 5039,
            "currency": "USD",
            "issued_on": "2012-01-03",
            "due_on": "2012-02-02",
        },
    )
    paid = next(fact for stamp, fact in facts if fact.get("payment_id") == "280670965-paid")
    assert paid == {
        "type": "payment_received",
        "account_id": "3993-QUNVJ",
        "payment_id": "280670965-paid",
        "amount_minor": 5039,
        "currency": "USD",
        "received_on": "2012-01-23",
        "allocations": [{"invoice_id": "280670965", "amount_minor": 5039}],
    }


def test_an_invoice_settled_on_the_day_it_was_issued_is_issued_first(tmp_path: Path) -> None:
    facts = told(history_messages(tmp_path, HISTORY))
    fifth = [fact["type"] for stamp, fact in facts if at_ms(date(2012, 1, 5)) <= stamp < at_ms(date(2012, 1, 6))]
    assert fifth == ["invoice_issued", "payment_received", "day_closed"]


def test_every_calendar_day_is_closed_once_at_its_end_and_through_adds_more(tmp_path: Path) -> None:
    messages = history_messages(tmp_path, HISTORY, through=date(2012, 3, 1))
    closed = [(stamp, fact["business_date"]) for stamp, fact in told(messages) if fact["type"] == "day_closed"]
    days = [date(2012, 1, 3) + timedelta(days=number) for number in range(59)]
    assert closed == [(at_ms(day, 86_399_999), day.isoformat()) for day in days]
    assert [each.timestamp_ms for each in messages] == sorted(each.timestamp_ms for each in messages)


def test_reordered_rows_give_the_same_messages(tmp_path: Path) -> None:
    expected = history_messages(tmp_path, HISTORY)
    shuffled = HISTORY[:]
    random.Random(3).shuffle(shuffled)
    assert shuffled != HISTORY
    assert history_messages(tmp_path, shuffled) == expected
    assert history_messages(tmp_path, HISTORY + HISTORY[:2]) == expected


def test_messages_are_historical_valid_and_told_apart(tmp_path: Path) -> None:
    messages = history_messages(tmp_path, HISTORY)
    for each in messages:
        fact = decode_fact(each.topic_name, each.value)
        assert not isinstance(fact, Unreadable), fact
        headers = dict(each.headers)
        assert headers["effect"] == b"historical"
        assert headers["ce_source"] == b"ibm-late-payment"
        assert each.key == (None if each.topic_name == "control" else getattr(fact, "account_id", ""))
    assert len({dict(each.headers)["ce_id"] for each in messages}) == len(messages)
    assert len(messages) == Import(history(tmp_path, HISTORY).items, load_map("ibm-late-payment")).count


def test_balances_on_every_day_are_those_of_the_rows(tmp_path: Path) -> None:
    """Exposure and overdue at the close of each day, from the facts and from the rows themselves."""
    open_minor: dict[str, tuple[int, str]] = {}
    found = history(tmp_path, HISTORY)
    for _, fact in told(list(Import(found.items, load_map("ibm-late-payment")).messages())):
        if fact["type"] == "invoice_issued":
            open_minor[fact["invoice_id"]] = (fact["amount_minor"], fact["due_on"])
        elif fact["type"] == "payment_received":
            del open_minor[fact["allocations"][0]["invoice_id"]]
        elif fact["type"] == "day_closed":
            day = date.fromisoformat(fact["business_date"])
            is_open = [i for i in found.items if i.issued_on <= day and not (i.settled_on and i.settled_on <= day)]
            assert sum(amount for amount, _ in open_minor.values()) == sum(i.amount_minor for i in is_open)
            overdue = sum(amount for amount, due_on in open_minor.values() if due_on < day.isoformat())
            assert overdue == sum(i.amount_minor for i in is_open if i.due_on < day)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,A,,I1,03/01/2012,02/02/2012,12.345,No,,,,", "amount: expected at most 2 decimals for USD, received 12.345"),
        ("1,A,,I1,03/01/2012,02/02/2012,12x,No,,,,", "amount: expected an amount such as 1,234.50, received '12x'"),
        ("1,A,,I1,03/01/2012,02/02/2012,-5,No,,,,", "amount: expected zero or more"),
        ("1,A,,I1,13/13/2012,02/02/2012,5,No,,,,", "issued_on: expected a date as %d/%m/%Y, received '13/13/2012'"),
        ("1,A,,I1,03/01/2012,,5,No,,,,", "due_on: expected a date as %d/%m/%Y, received ''"),
        ("1,A,,I1,03/01/2012,02/02/2012,5,No,02/01/2012,,,", "settled_on: expected not before the invoice"),
        ("1,A,,I1,03/01/2012,02/02/2012,5,No,02/01/2031,,,", "settled_on: expected 1970-01-01 to 2030-01-01"),
        ("1,,,I1,03/01/2012,02/02/2012,5,No,,,,", "account: expected a value, found none"),
        ("1,A,,,03/01/2012,02/02/2012,5,No,,,,", "invoice: expected a value, found none"),
        ("1,A,,I1,03/01/2012,02/02/2012,5,No,,,,,,", "expected 12 cells as in the headers, received 14"),
        ("1,A,,I1,03/01/2012,02/02/2012,99999999999999999,No,,,,", "amount: expected at most 1000000000000000 minor"),
    ],
)
def test_a_bad_row_is_named_by_line_and_the_others_go_in(tmp_path: Path, row: str, reason: str) -> None:
    found = history(tmp_path, [HISTORY[0], row, HISTORY[1]], latest=date(2030, 1, 1))
    assert [reject.line for reject in found.rejects] == [3]
    assert reason in found.rejects[0].reason
    assert len(found.items) == 2


def test_one_invoice_with_two_contents_goes_in_with_neither(tmp_path: Path) -> None:
    other = HISTORY[0].replace("50.39", "60.39")
    found = history(tmp_path, [*HISTORY, other, HISTORY[0]])
    assert [reject.line for reject in found.rejects] == [2, 6, 7]
    assert all("280670965, found different ones on lines 2, 6, 7" in reject.reason for reject in found.rejects)
    assert len(found.items) == 3


def test_a_missing_column_is_named_with_the_headers_found(tmp_path: Path) -> None:
    path = write(tmp_path, "customerID,InvoiceDate\nA,03/01/2012\n")
    with pytest.raises(TableUnreadable, match="'InvoiceAmount' for amount, found headers: customerID, InvoiceDate"):
        receivables(path, load_map("ibm-late-payment"))


def test_a_line_in_quotes_over_two_lines_does_not_shift_the_numbers(tmp_path: Path) -> None:
    found = history(tmp_path, [HISTORY[0], '1,"A\nB",,I9,03/01/2012,02/02/2012,5,No,,,,', "1,A,,I1,bad,,5,No,,,,"])
    assert [reject.line for reject in found.rejects] == [3, 5]


def test_open_items_need_their_day() -> None:
    with pytest.raises(AsOfMissing, match="--as-of"):
        Import([], load_map("open-items"))


OPEN_HEADER = "客户编号,客户名称,发票号,类型,币种,金额,未清金额,开票日期,到期日"
OPEN_ROWS = [
    'C-1,华东机械有限公司,FP-001,发票,人民币,"12,000.00","7,000.50",2025年01月05日,2025年02月04日',
    "C-1,华东机械有限公司,FP-002,发票,美元,300.00,300.00,2025-01-20,2025-03-20",
    "C-1,华东机械有限公司,FP-003,贷项通知单,CNY,-500.00,-200.00,2025-01-21,",
    'C-1,华东机械有限公司,SK-001,未核销收款,CNY,"1,000.00","1,000.00",2025-01-25,',
    "C-2,远洋贸易,FP-010,发票,JPY,50000,0,2025-01-02,2025-02-01",
]
AS_OF = date(2025, 2, 28)


def open_balances(items: Receivables) -> dict[tuple[str, str], int]:
    """What is open by account and currency after all facts: invoices less payments less credits."""
    balance: dict[tuple[str, str], int] = defaultdict(int)
    for _, fact in told(list(Import(items.items, load_map("open-items"), as_of=AS_OF).messages())):
        if fact["type"] == "invoice_issued":
            balance[fact["account_id"], fact["currency"]] += fact["amount_minor"]
        elif fact["type"] in ("payment_received", "credit_note_issued"):
            balance[fact["account_id"], fact["currency"]] -= fact["amount_minor"]
    return dict(balance)


EXPECTED_BALANCES = {("C-1", "CNY"): 700_050 - 20_000 - 100_000, ("C-1", "USD"): 30_000, ("C-2", "JPY"): 0}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_open_items_in_chinese_in_any_encoding_come_out_exactly(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path, "\r\n".join([OPEN_HEADER, *OPEN_ROWS]), encoding)
    found = receivables(path, load_map("open-items"))
    assert found.rejects == []
    assert open_balances(found) == EXPECTED_BALANCES
    assert {item.name for item in found.items} == {"华东机械有限公司", "远洋贸易"}


def test_a_part_paid_item_is_an_invoice_and_a_payment_that_names_it(tmp_path: Path) -> None:
    found = receivables(write(tmp_path, "\n".join([OPEN_HEADER, *OPEN_ROWS])), load_map("open-items"))
    facts = [fact for _, fact in told(list(Import(found.items, load_map("open-items"), as_of=AS_OF).messages()))]
    assert [fact["type"] for fact in facts][-1] == "day_closed"
    opened = next(fact for fact in facts if fact["type"] == "account_opened")
    assert (opened["currency"], opened["opened_on"]) == ("CNY", "2025-01-05")
    paid = next(fact for fact in facts if fact.get("payment_id") == "FP-001-paid")
    assert paid["amount_minor"] == 499_950
    assert paid["allocations"] == [{"invoice_id": "FP-001", "amount_minor": 499_950}]
    assert not next(fact for fact in facts if fact.get("payment_id") == "SK-001").get("allocations")


def test_english_headers_in_another_order_are_found(tmp_path: Path) -> None:
    text = "Due Date;Amount;Customer No;INVOICE  NO\n04.02.2025;1,250.00;C-9;77\n"
    found = receivables(write(tmp_path, text), load_map("open-items"))
    assert [(item.account_id, item.amount_minor, item.currency, item.open_minor) for item in found.items] == [
        ("C-9", 125_000, "EUR", 125_000)
    ]


def test_open_items_that_do_not_add_up_are_rejected(tmp_path: Path) -> None:
    rows = [OPEN_ROWS[0].replace("7,000.50", "17,000.50"), OPEN_ROWS[1].replace("发票", "invoices?", 1), OPEN_ROWS[4]]
    found = receivables(write(tmp_path, "\n".join([OPEN_HEADER, *rows])), load_map("open-items"))
    assert [reject.line for reject in found.rejects] == [2, 3]
    assert "open_amount: expected 0 to 1200000 minor units, received 1700050" in found.rejects[0].reason
    assert "kind: expected one of" in found.rejects[1].reason


def test_rates_of_the_map_are_in_force_before_the_first_fact(tmp_path: Path) -> None:
    path = write(tmp_path, "\n".join([OPEN_HEADER, *OPEN_ROWS]))
    rules = msgspec.structs.replace(load_map("open-items"), rates=Rates(base="CNY", rates={"USD": "0.139"}))
    facts = told(list(Import(receivables(path, rules).items, rules, as_of=AS_OF).messages()))
    assert facts[0][1] == {
        "type": "rates_set",
        "base": "CNY",
        "rates": {"USD": "0.139"},
        "valid_on": "2025-02-28",
    }
