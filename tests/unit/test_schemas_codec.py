"""Bad input of every kind: each is refused with its code and the path to what is wrong."""

import json
from typing import Any

import msgspec
import pytest

from schemas.codec import VALUE_MAX_BYTES, Unreadable, decode_fact
from schemas.envelope import HeaderInvalid, read_headers
from tests import builders as b

PLACED = b.order().value
RATES = b.rates_set(USD="1.25").value


def without(name: str) -> dict[str, Any]:
    """Return an order without one field."""
    return {field: value for field, value in PLACED.items() if field != name}


def deep(levels: int) -> bytes:
    """Return an order with a field that is not read and is nested so deep."""
    return b.order().bytes()[:-1] + b',"not_read":' + b"[" * levels + b"]" * levels + b"}"


CORPUS: list[tuple[str, bytes | dict[str, Any] | None, str, str]] = [
    ("orders", None, "value_missing", "$"),
    ("orders", b"x" * (VALUE_MAX_BYTES + 1), "value_too_large", "$"),
    ("orders", b"", "value_not_json", "$"),
    ("orders", b"{", "value_not_json", "$"),
    ("orders", b"order_placed", "value_not_json", "$"),
    ("orders", b.order().bytes() + b"}", "value_not_json", "$"),
    ("orders", b"\xff\xfe{}", "value_not_json", "$"),
    ("orders", b.order().bytes()[:-1] + b',"not_read":"\xff"}', "value_not_json", "$"),
    ("orders", b.order().bytes()[:-1] + b',"not_read":NaN}', "value_not_json", "$"),
    ("orders", b.order().bytes()[:-1] + b',"not_read":' + b"1" * 5_000 + b"}", "value_not_json", "$"),
    ("orders", b"[" * 100_000, "value_not_json", "$"),
    ("orders", deep(200), "value_not_json", "$"),
    ("orders", b"null", "type_missing", "$.type"),
    ("orders", b"[]", "type_missing", "$.type"),
    ("orders", b"7", "type_missing", "$.type"),
    ("orders", b"{}", "type_missing", "$.type"),
    ("orders", {"type": 7}, "type_missing", "$.type"),
    ("orders", {"type": "order_plaecd"}, "type_unknown", "$.type"),
    ("orders", {"type": ""}, "type_unknown", "$.type"),
    ("orders", b.payment(1).value, "fact_on_wrong_topic", "$.type"),
    ("control", PLACED, "fact_on_wrong_topic", "$.type"),
    ("orders", without("order_id"), "field_invalid", "$"),
    ("orders", without("account_id"), "field_invalid", "$"),
    ("orders", {**PLACED, "order_id": ""}, "field_invalid", "$.order_id"),
    ("orders", {**PLACED, "order_id": "x" * 201}, "field_invalid", "$.order_id"),
    ("orders", {**PLACED, "order_id": "a\x00b"}, "field_invalid", "$.order_id"),
    ("orders", {**PLACED, "order_id": None}, "field_invalid", "$.order_id"),
    ("orders", {**PLACED, "amount_minor": -1}, "field_invalid", "$.amount_minor"),
    ("orders", {**PLACED, "amount_minor": 10**15 + 1}, "field_invalid", "$.amount_minor"),
    ("orders", {**PLACED, "amount_minor": 10**40}, "field_invalid", "$.amount_minor"),
    ("orders", {**PLACED, "amount_minor": 1.5}, "field_invalid", "$.amount_minor"),
    ("orders", {**PLACED, "amount_minor": "100"}, "field_invalid", "$.amount_minor"),
    ("orders", {**PLACED, "amount_minor": True}, "field_invalid", "$.amount_minor"),
    ("orders", {**PLACED, "currency": "eur"}, "field_invalid", "$.currency"),
    ("orders", {**PLACED, "currency": "EURO"}, "field_invalid", "$.currency"),
    ("orders", {**PLACED, "currency": "XXX"}, "currency_unknown", "$.currency"),
    ("orders", {**PLACED, "placed_on": "2025-02-30"}, "field_invalid", "$.placed_on"),
    ("orders", {**PLACED, "placed_on": "yesterday"}, "field_invalid", "$.placed_on"),
    ("orders", {**PLACED, "kind": "gift"}, "field_invalid", "$.kind"),
    ("orders", {**PLACED, "revision": 0}, "field_invalid", "$.revision"),
    ("orders", b.amended(revision=1).value, "field_invalid", "$.revision"),
    ("orders", b.delivery(covers={}).value, "field_invalid", "$.covers"),
    ("orders", b.delivery(covers={"O\n1": 5}).value, "field_invalid", "$.covers[0].order_id"),
    ("orders", b.delivery(covers={"O1": 0}).value, "field_invalid", "$.covers[0].amount_minor"),
    ("payments", b.payment(0).value, "field_invalid", "$.amount_minor"),
    ("payments", b.allocated(5, source={"payment_id": "\x1f"}).value, "field_invalid", "$.from.payment_id"),
    ("desk", {name: value for name, value in b.limit_set(1).value.items() if name != "actor"}, "field_invalid", "$"),
    ("control", b.day_closed("2025-13-01").value, "field_invalid", "$.business_date"),
    ("control", {**RATES, "rates": {"USD": 1.25}}, "field_invalid", "$.rates[...]"),
    ("control", {**RATES, "rates": {"USD": "0"}}, "field_invalid", "$.rates[...]"),
    ("control", {**RATES, "rates": {"USD": "-1"}}, "field_invalid", "$.rates[...]"),
    ("control", {**RATES, "rates": {"USD": "1e9"}}, "field_invalid", "$.rates[...]"),
    ("control", {**RATES, "base": "XXX"}, "currency_unknown", "$.base"),
]


@pytest.mark.parametrize(("topic", "value", "code", "path"), CORPUS, ids=range(len(CORPUS)))
def test_bad_input(topic: str, value: bytes | dict[str, Any] | None, code: str, path: str) -> None:
    found = decode_fact(topic, msgspec.json.encode(value) if isinstance(value, dict) else value)
    assert isinstance(found, Unreadable)
    assert (found.code, found.path) == (code, path)
    assert found.message
    json.dumps([found.code, found.path, found.message])


@pytest.mark.parametrize(
    "value",
    [
        b.order().but(order_id="订单-1", not_read={"a": [1, None, {"b": 1.5}]}).bytes(),
        json.dumps(b.order().but(order_id="订单 \\ 1").value).encode(),
        deep(40),
    ],
)
def test_good_input(value: bytes) -> None:
    assert not isinstance(decode_fact("orders", value), Unreadable)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_id", b"\xff"),
        ("ce_id", b"x" * 501),
        ("ce_source", b"erp\x00"),
        ("effect", b"maybe"),
        ("control_no", b"-1"),
        ("control_no", b"1.5"),
        ("control_no", b"9" * 19),
        ("control_no", "١".encode()),
    ],
)
def test_bad_headers(name: str, value: bytes) -> None:
    with pytest.raises(HeaderInvalid, match=name):
        read_headers([(name, value)])


def test_headers_not_read_may_hold_anything() -> None:
    assert read_headers([("trace", b"\xff"), ("ce_id", None), ("ce_id", b"1"), ("ce_id", b"2")]).ce_id == "2"
