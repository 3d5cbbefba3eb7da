"""What cannot be read: kept as it came, never in the way, and the account that it was about is in doubt meanwhile."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest

from streams.auditing import audit_all, plan_audit
from streams.settings import Settings
from tests.builders import day_closed, dismissed, order
from tests.order_system import OrderSystem
from tests.worker_process import ObservedWorker, Stuck, wait_until

pytestmark = pytest.mark.kafka


@dataclass(frozen=True)
class Bad:
    """A record that is no fact, and the code that it must get."""

    value: bytes | None
    code: str
    topic: str = "orders"
    headers: list[tuple[str, bytes]] = field(default_factory=list)


def _order(**fields: object) -> bytes:
    return json.dumps({**order("X1", 100, account_id="KEY").value, **fields}).encode()


KEYED = {
    "bad_json": Bad(b'{"type": "order_placed",', "value_not_json"),
    "no_json_at_all": Bad(b"\x00\x01\x02", "value_not_json"),
    "empty": Bad(b"", "value_not_json"),
    "nothing": Bad(None, "value_missing"),
    "null": Bad(b"null", "type_missing"),
    "list": Bad(b"[]", "type_missing"),
    "no_type": Bad(b"{}", "type_missing"),
    "wrong_type_of_amount": Bad(_order(amount_minor="100"), "field_invalid"),
    "fraction": Bad(_order(amount_minor=100.5), "field_invalid"),
    "null_amount": Bad(_order(amount_minor=None), "field_invalid"),
    "no_such_day": Bad(_order(placed_on="2025-02-30"), "field_invalid"),
    "huge_number": Bad(_order(amount_minor=10**30), "field_invalid"),
    "endless_number": Bad(_order(note=0).replace(b'"note": 0', b'"note": ' + b"9" * 5_000), "value_not_json"),
    "unknown_type": Bad(_order(type="order_dreamt"), "type_unknown"),
    "on_the_wrong_topic": Bad(_order(), "fact_on_wrong_topic", "payments"),
    "unknown_currency": Bad(_order(currency="XXQ"), "currency_unknown"),
    "two_megabytes": Bad(_order(note="n" * 2_000_000), "value_too_large"),
    "other_account": Bad(_order(account_id="SOMEBODY"), "key_differs_from_account_id"),
    "unknown_effect": Bad(_order(), "header_invalid", headers=[("effect", b"perhaps")]),
    "header_of_no_text": Bad(_order(), "header_invalid", headers=[("ce_id", b"\xff\xfe")]),
    "no_utf8": Bad(_order(note="?").replace(b"?", b"\xff"), "value_not_json"),
    "nested_without_end": Bad(b"[" * 100_000, "value_not_json"),
    "nested_deep_in_a_field": Bad(_order(note=0).replace(b": 0", b": " + b"[" * 90 + b"]" * 90), "value_not_json"),
}


def _letters(shop: OrderSystem) -> dict[str, tuple[str, object]]:
    """Each dead letter by the place it came from: its code and the record."""
    found = {}
    for record in shop.records("deadletters"):
        headers = dict(record.headers)
        found[headers["obligor_dead_letter"].decode()] = (headers["obligor_code"].decode(), record)
    return found


def _is_clean(settings: Settings) -> bool:
    return not [finding for report in audit_all(settings, plan_audit(settings)) for finding in report.findings]


def test_every_kind_is_kept_and_parks_its_account(
    settings: Settings, shop: OrderSystem, worker: ObservedWorker
) -> None:
    sent: dict[str, tuple[str, Bad]] = {}
    shop.open(dict.fromkeys(KEYED, 1000))
    for name, bad in KEYED.items():
        value = None if bad.value is None else bad.value.replace(b'"KEY"', b'"%s"' % name.encode())
        sent[shop.put(bad.topic, value, name.encode(), bad.headers)] = (
            name,
            Bad(value, bad.code, bad.topic, bad.headers),
        )
        shop.say(order(f"{name}-1", 100, account_id=name))
    shop.open({"fine": 1_000})
    shop.say(order("F1", 100, account_id="fine"))
    shop.wait_for_answers({f"{name}-1": "order_referred" for name in KEYED} | {"F1": "order_released"})
    wait_until("all dead letters", lambda: _letters(shop).keys() >= sent.keys(), 20)

    letters = _letters(shop)
    assert {sent[place][0]: code for place, (code, _) in letters.items()} == {
        name: bad.code for name, bad in KEYED.items()
    }
    for place, (name, bad) in sent.items():
        record = letters[place][1]
        assert (record.key, record.value) == (name.encode(), bad.value)  # type: ignore[attr-defined]
        kept = [header for header in record.headers if not header[0].startswith("obligor_")]  # type: ignore[attr-defined]
        assert kept == bad.headers
    for told in shop.decisions():
        if told["type"] == "order_referred" and told["account_id"] in KEYED:
            assert told["reasons"][0]["code"] == "fact_unreadable"

    for place, (name, _) in sent.items():
        shop.say(dismissed(place).but(account_id=name))
    shop.wait_for_answers({f"{name}-1": "order_released" for name in KEYED})
    assert worker.stop() == 0
    assert _is_clean(settings)


def test_a_mended_record_takes_the_place_of_the_dead_letter(shop: OrderSystem, worker: ObservedWorker) -> None:
    shop.open({"ACME": 1_000})
    place = shop.put("orders", b'{"type": "order_placed", "amount', b"ACME")
    shop.say(order("O2", 100))
    shop.wait_for_answers({"O2": "order_referred"})
    shop.say(order("O1", 300).with_headers(redrives=place))
    shop.wait_for_answers({"O1": "order_released", "O2": "order_released"})
    wait_until("the account to be known again", lambda: not shop.exposures()["ACME"].get("unreadable_count"), 20)


def test_without_a_usable_key_nobody_is_parked(settings: Settings, shop: OrderSystem, worker: ObservedWorker) -> None:
    wrong = (shop.partition("STRAY") + 1) % settings.partitions
    long_key = b"k" * 900
    expected = {
        shop.put("orders", _order(), None, (), 1): "key_missing",
        shop.put("orders", _order(), b"", (), 1): "key_missing",
        shop.put("orders", _order(), b"\xff\xfe", (), 1): "key_missing",
        shop.put("orders", _order(), long_key, (), 1): "key_missing",
        shop.put("orders", b"no json and no key", None, (), 0): "value_not_json",
        shop.put("orders", order(account_id="STRAY").bytes(), b"STRAY", (), wrong): "key_on_wrong_partition",
    }
    wait_until("all dead letters", lambda: _letters(shop).keys() >= expected.keys(), 30)
    assert {place: code for place, (code, _) in _letters(shop).items()} == expected
    shop.open({"STRAY": 500})
    shop.say(order("S1", 1, account_id="STRAY"))
    shop.wait_for_answers({"S1": "order_released"})
    assert worker.stop() == 0
    assert _is_clean(settings)


def test_nonsense_among_the_broadcasts(settings: Settings, shop: OrderSystem, worker: ObservedWorker) -> None:
    shop.open({"ACME": 1_000})
    number = shop.partition("ACME") or 1
    closing = day_closed("2030-01-01").bytes()
    expected = {
        shop.put("control", b"tomorrow", None, (), 0): "value_not_json",
        shop.put("control", b'{"type": "day_closed", "business_date": "soon"}', None, (), 0): "field_invalid",
        shop.put("control", b'{"type": "policy_adopted", "policy": {"name": 7}}', None, (), 0): "policy_invalid",
        shop.put("control", order().bytes(), None, (), 0): "fact_on_wrong_topic",
        shop.put("control", closing, None, (), number): "control_copy_without_number",
        shop.put("control", closing, None, [("control_no", b"-1")], number): "header_invalid",
        shop.put("control", closing, None, [("control_no", b"9" * 40)], number): "header_invalid",
        shop.put("control", None, b"nobody", (), 0): "value_missing",
    }
    try:
        wait_until("all dead letters", lambda: _letters(shop).keys() >= expected.keys(), 30)
    except Stuck:
        raise AssertionError({place: code for place, code in expected.items() if place not in _letters(shop)}) from None
    found = {place: code for place, (code, _) in _letters(shop).items() if place in expected}
    assert found == expected
    shop.say(day_closed("2025-03-04"), order("O1", 100))
    shop.wait_for_answers({"O1": "order_released"})

    def all_closed() -> bool:
        dates = {
            record.partition for record in shop.records("ledger") if b'"business_date":"2025-03-04"' in record.value
        }
        return dates == set(range(settings.partitions))

    wait_until("the day to be closed everywhere", all_closed, 30)
    assert not any(b'"decisions":[]' in r.value and b"2030-01-01" in r.value for r in shop.records("ledger"))
    assert worker.stop() == 0
    assert _is_clean(settings)
