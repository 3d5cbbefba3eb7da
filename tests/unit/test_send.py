"""JSON lines become messages; what is not valid is named by line and path."""

from __future__ import annotations

import json

import pytest

from streams.commands.send import Tally, messages
from streams.lines import LineInvalid, read_line, to_line
from streams.message import Message, Origin
from streams.simulator import facts

SHOP = Origin("shop")
ORDER = {
    "type": "order_placed",
    "account_id": "A-1",
    "order_id": "O-1",
    "amount_minor": 1200,
    "currency": "EUR",
    "placed_on": "2025-03-01",
}
CANCELLED = {"type": "order_cancelled", "account_id": "A-1", "order_id": "O-1"}


def read(line: object, number: int = 1, *, validate: bool = True, origin: Origin = SHOP) -> Message:
    text = line if isinstance(line, bytes) else json.dumps(line).encode()
    return read_line(text, number, origin=origin, now_ms=1_000, validate=validate)


def test_a_plain_fact_goes_to_the_topic_of_its_type_keyed_by_account() -> None:
    sent = read(ORDER)
    assert (sent.topic_name, sent.key, sent.timestamp_ms) == ("orders", "A-1", 1_000)
    assert json.loads(sent.value or b"") == ORDER
    assert dict(sent.headers) == {"ce_source": b"shop", "ce_type": b"order_placed", "ce_specversion": b"1.0"}


def test_a_fact_without_a_natural_key_is_given_an_id_that_a_second_sending_has_too() -> None:
    first, again, elsewhere = read(CANCELLED, 4), read(CANCELLED, 4), read(CANCELLED, 5)
    assert dict(first.headers)["ce_id"] == dict(again.headers)["ce_id"] != dict(elsewhere.headers)["ce_id"]


def test_a_wrapped_fact_keeps_its_own_headers_key_and_time() -> None:
    wrapped = {"value": CANCELLED, "key": "A-1", "headers": {"ce_id": "77", "ce_source": "erp"}, "at_ms": 5}
    sent = read(wrapped)
    assert sent.timestamp_ms == 5
    assert dict(sent.headers)["ce_id"] == b"77"
    assert dict(sent.headers)["ce_source"] == b"erp"


def test_a_broadcast_has_no_key() -> None:
    sent = read({"type": "day_closed", "business_date": "2025-03-01"})
    assert (sent.topic_name, sent.key) == ("control", None)


def test_an_effect_that_is_not_binding_is_said() -> None:
    assert dict(read(ORDER, origin=Origin("shop", "historical")).headers)["effect"] == b"historical"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"{", "truncated"),
        ({"type": "no_such_fact"}, "no_such_fact"),
        (ORDER | {"amount_minor": -1}, r"\$\.amount_minor"),
        (ORDER | {"currency": "ABC"}, "currency_unknown"),
        ({"topic": "nowhere", "value": ORDER}, "nowhere"),
        ({"topic": "invoices", "value": ORDER}, "fact_on_wrong_topic"),
        ({"value": ORDER, "headers": {"effect": "maybe"}}, "maybe"),
        ({"value": ORDER, "heads": {}}, "heads"),
    ],
)
def test_a_line_that_is_no_fact_is_refused_with_its_path(line: object, says: str) -> None:
    with pytest.raises(LineInvalid, match=says):
        read(line)


def test_without_validation_anything_goes_that_names_a_topic() -> None:
    broken = read({"topic": "orders", "key": "A-1", "raw": "{broken"}, validate=False)
    assert (broken.topic_name, broken.key, broken.value) == ("orders", "A-1", b"{broken")
    keyless = read({"topic": "orders", "value": {"type": "order_placed"}}, validate=False)
    assert keyless.key is None
    assert read({"topic": "orders", "key": "A-1", "value": None}, validate=False).value is None


def test_invalid_lines_are_tallied_and_the_others_sent() -> None:
    tally = Tally()
    lines = [json.dumps(ORDER).encode(), b"\n", b"nonsense", json.dumps(CANCELLED).encode()]
    sent = list(messages(iter(lines), tally, SHOP, now_ms=0))
    assert [message.topic_name for message in sent] == ["orders", "orders"]
    assert [number for number, _ in tally.invalid] == [3]


def test_simulated_facts_survive_being_written_and_sent() -> None:
    simulated = facts(2_000, 3)
    again = [read_line(to_line(each), 1, origin=SHOP, now_ms=0) for each in simulated]
    assert [(each.topic_name, each.key, each.value, each.timestamp_ms) for each in again] == [
        (each.topic_name, each.key, each.value, each.timestamp_ms) for each in simulated
    ]
    assert [dict(each.headers) for each in again] == [dict(each.headers) for each in simulated]


def test_a_line_that_ends_before_it_begins_is_refused() -> None:
    limit = {
        "type": "limit_set",
        "account_id": "A-1",
        "limit_minor": 5,
        "currency": "EUR",
        "actor": "kim",
        "reason": "x",
    }
    with pytest.raises(LineInvalid, match="valid_until to be 2025-03-10 or later, received 2025-03-05"):
        read({**limit, "valid_from": "2025-03-10", "valid_until": "2025-03-05"})
