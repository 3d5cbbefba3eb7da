"""Whatever arrives is a fact or a dead letter: no bytes, key, header or time stops the line or spoils the ledger."""

import json
from types import SimpleNamespace
from typing import Any

import msgspec
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from projections.partition import Partition
from projections.store import MemoryRows
from schemas.codec import FACT_TYPES, TOPIC_OF_TYPE
from schemas.ledger import decode_decisions, decode_entry
from schemas.policy import default_policy
from schemas.publishing import examples
from tests import builders as b

TOPICS = ("orders", "invoices", "payments", "dossiers", "desk", "bureau", "control")
FACTS = [
    b.account_opened(),
    b.limit_set(1_000),
    b.limit_set(1, valid_from="0001-01-01", valid_until="9999-12-31"),
    b.order(),
    b.amended(),
    b.cancelled(),
    b.reopened(),
    b.released(),
    b.rejected(),
    b.check(),
    b.delivery(),
    b.delivery_reversed(),
    b.invoice(orders={"O1": 100}),
    b.invoice(invoice_id="I2", deliveries={"D1": 100}, instalments=[{"instalment_no": 1, "amount_minor": 100}]),
    b.invoice_amended(amount_minor=5),
    b.invoice_cancelled(),
    b.credit_note(5, "I1"),
    b.disputed(5),
    b.dispute_resolved(),
    b.payment(60, pays={"I1": 50}),
    b.payment(60, "P2", for_order_id="O1", status="advised"),
    b.payment_cleared("P2"),
    b.payment_reversed(),
    b.allocated(50),
    b.allocation_reversed(),
    b.day_closed("2025-04-01"),
    b.rates_set(USD="1.25"),
    b.policy_adopted({"name": "x"}),
    b.policy_adopted(msgspec.to_builtins(default_policy())),
]
FACTS += [
    b.Said({**fact, "account_id": b.ACCOUNT} if "account_id" in fact else fact)
    for tag, fact in examples()["facts"].items()
    if FACT_TYPES[tag].acted_on and tag not in {said.value["type"] for said in FACTS}
]
"""Those that a builder names what matters of, and the rest as the contract shows them."""

ODD = [b"NaN", b"-Infinity", b"1e999", b"01", b"[1,]", b"tru", b'"\\ud800"', b"1" * 5000, b"-"]
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(
        [
            "EUR",
            "USD",
            "JPY",
            "XXX",
            "O1",
            "I1",
            "P1",
            "2025-03-03",
            "0001-01-01",
            "9999-12-31",
            10**15,
            "\x00",
            "a\x1fb",
        ]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def spoiled_facts(draw: st.DrawFn) -> tuple[str, bytes]:
    """Return a fact with some fields replaced, added or left out, on its own topic."""
    said = draw(st.sampled_from(FACTS))
    value = dict(said.value)
    for name in draw(st.lists(st.sampled_from([*value, "revision", "seller_id", "discount_minor"]), max_size=3)):
        if draw(st.booleans()):
            value[name] = draw(json_values)
        else:
            value.pop(name, None)
    return said.topic, json.dumps(value, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


@st.composite
def spoiled_bytes(draw: st.DrawFn) -> tuple[str, bytes | None]:
    """Return a fact's bytes with a few of them changed, or any bytes at all."""
    topic, value = draw(spoiled_facts())
    kind = draw(st.integers(0, 5))
    if kind == 0:
        return draw(st.sampled_from(TOPICS)), draw(st.binary(max_size=60) | st.none())
    if kind == 1:
        at = draw(st.integers(0, len(value)))
        return topic, value[:at] + draw(st.binary(max_size=4)) + value[at + draw(st.integers(0, 3)) :]
    if kind == 2:
        extra = draw(st.binary(min_size=1, max_size=12))
        return topic, value[:-1] + b',"not_read":"' + extra + b'"}'
    if kind == 3:
        extra = draw(
            st.sampled_from([b"NaN", b"-Infinity", b"1e999", b"01", b"[1,]", b"tru", b'"\\ud800"', b"1" * 5000, b"-"])
        )
        return topic, value[:-1] + b',"not_read":' + extra + b"}"
    return topic, value


headers = st.lists(
    st.tuples(
        st.sampled_from(["ce_id", "ce_source", "effect", "redrives", "control_no", "ce_correlationid", "other"]),
        st.none()
        | st.binary(max_size=12)
        | st.sampled_from([b"erp", b"1", b"9" * 30, b"historical", b"advisory", b"a\x00b", b"credit.orders.v1/0/0"]),
    ),
    max_size=3,
)
keys = st.sampled_from([b"ACME"] * 6 + [None, b"", b"\xff", b"OTHER", b"A\x00B", b"x" * 900, "客户".encode()])
timestamps = st.sampled_from([-1, 0, 1_740_960_000_000, 2**62])


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(spoiled_bytes(), keys, headers, timestamps), max_size=12))
@example([(("orders", b"null"), b"ACME", [], 0)])
@example([(("control", b'{"type":"day_closed","business_date":"9999-12-31"}'), None, [], 0)] * 2)
@example([(("orders", b"[" * 100_000), b"ACME", [], 0)])
@example([(("orders", b'{"a":' * 100_000), b"ACME", [], 0)])
@example([(("orders", b"\xef\xbb\xbf" + b.order().bytes()), b"ACME", [], 0)])
@example([(("orders", b.order().bytes() + b.order().bytes()), b"ACME", [], 0)])
@example([(("orders", b"x" * 1_000_001), b"ACME", [], 0)])
@example([((said.topic, said.bytes()), said.key.encode() or None, [("ce_source", b"a\x00b")], 0) for said in FACTS * 2])
@example(
    [
        (("control", b.rates_set(USD="0.000000000000000001", JPY="999999999999999999").bytes()), None, [], 0),
        (("desk", b.limit_set(1).bytes()), b"ACME", [("ce_id", b"1")], 0),
        (("orders", b.order("O1", 10**15, currency="USD").bytes()), b"ACME", [], 0),
        (("orders", b.order("O2", 10**15, currency="JPY").bytes()), b"ACME", [], 0),
        (("invoices", b.invoice(10**15, currency="USD").bytes()), b"ACME", [], 0),
        (("invoices", b.invoice(10**15, "I2", currency="USD").bytes()), b"ACME", [], 0),
        (("invoices", b.invoice(10**15, "I3").bytes()), b"ACME", [], 0),
        (("invoices", b.invoice(10**15, "I4").bytes()), b"ACME", [], 0),
        (("invoices", b.invoice(10**15, "I5").bytes()), b"ACME", [], 0),
    ]
)
def test_no_record_stops_the_line(records: list[Any]) -> None:
    partition = Partition(MemoryRows(), 0, 1, "credit")
    ledger = []
    for offset, ((topic, value), key, given_headers, timestamp) in enumerate(records):
        raw = None if topic == "control" else key
        record = SimpleNamespace(offset=offset, timestamp=timestamp, key=raw, value=value, headers=given_headers)
        ledger += partition.take(topic, record, 1)
        ledger += partition.sweep(100, 1)
        partition.exposures(timestamp)
        partition.commit()
    replayed, derived = (Partition(MemoryRows(), 0, 1, "credit") for _ in range(2))
    for outcome in ledger:
        json.loads(outcome.value)
        entry = decode_entry(outcome.value)
        decode_decisions(entry.decisions)
        replayed.replay(entry, outcome.value)
        assert derived.rederive(entry, outcome.value) is None


def test_every_acted_on_type_is_fuzzed() -> None:
    assert {tag for tag, kind in FACT_TYPES.items() if kind.acted_on} == {said.value["type"] for said in FACTS}
    assert TOPIC_OF_TYPE.keys() == FACT_TYPES.keys()
