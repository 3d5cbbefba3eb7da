"""Facts and questions of programs, without a broker: what is sent, what is refused, whose account it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from fastapi.testclient import TestClient
from msgspec import Raw

from api.access.caller import Caller
from api.acting.acting import Acting
from api.acting.catalogue import BodyInvalid
from api.acting.fact_routes import _check_answer
from api.acting.facts import SENT_BY_PROGRAMS, AccountNotFound, Reading, read_fact, read_facts
from api.acting.finding import Finder, Known, names_of
from api.acting.known_accounts import LAG_MAX_RECORDS
from api.acting.ledger_tail import LOOK_BACK_RECORDS
from api.acting.mending import DeadLetters, Mending, NotSentAgain
from api.acting.message import Message, Written
from api.acting.outcomes import Outcome
from api.answers.acting import LedgerPlace
from projections.dossier_rows import Dossier, Member, PartyRow
from schemas.publishing import examples
from streams.deadletters import DeadLetter, read_letter, redrive
from tests import builders as b
from tests.scenario import Scenario, with_limit
from tests.served import Served

ORDER = {
    "type": "order_placed",
    "account_id": "A-1",
    "order_id": "O-1",
    "amount_minor": 5,
    "currency": "EUR",
    "placed_on": "2026-03-02",
}
PAID = {"type": "order_cancelled", "account_id": "A-1", "order_id": "O-1"}


def read(fact: Any, **more: Any) -> tuple[Message, Any, str]:
    known = {"source": "shop", "effect": "binding", "key": "", "now_ms": 7, "find": lambda name: []}
    return read_fact(Raw(msgspec.json.encode(fact)), Reading(**{**known, **more}), 0, 1)


class TestReading:
    @pytest.mark.parametrize("kind", SENT_BY_PROGRAMS)
    def test_the_example_of_each_fact_is_sent_as_it_was_received(self, kind: str) -> None:
        example = examples()["facts"][kind]
        message, _, ce_id = read({"fact": example, "id": "f/1"})
        assert msgspec.json.decode(message.value) == example
        assert (message.key or b"").decode() == example.get("account_id", "")
        assert dict(message.headers)["ce_id"] == b"f/1" and ce_id == "f/1"

    def test_unknown_fields_are_kept_and_the_bytes_stay(self) -> None:
        value = msgspec.json.encode({**ORDER, "colour": "red"}).replace(b":", b": ")
        message, _, _ = read_fact(Raw(value), Reading("shop", "binding", "", 7, lambda _: []), 0, 1)
        assert message.value == value and message.timestamp_ms == 7

    def test_a_fact_that_its_document_tells_apart_needs_no_id_and_another_does(self) -> None:
        assert read(ORDER)[2] == ""
        with pytest.raises(BodyInvalid, match="Idempotency-Key"):
            read(PAID)
        assert read(PAID, key="k")[2] == "k"
        assert read({**PAID, "revision": 2})[2] == ""

    def test_in_a_list_each_has_an_id_of_its_own(self) -> None:
        reading = Reading("shop", "binding", "k", 7, lambda _: [])
        item = Raw(msgspec.json.encode(PAID))
        assert [read_fact(item, reading, number, 2)[2] for number in range(2)] == ["k-0", "k-1"]

    @pytest.mark.parametrize(
        ("item", "code", "path"),
        [
            ({**ORDER, "type": "order_release"}, "type_unknown", "$.type"),
            ({"type": "policy_adopted"}, "type_unknown", "$.type"),
            ({"type": "book_totalled"}, "type_unknown", "$.type"),
            ({"type": "order_wished"}, "type_unknown", "$.type"),
            ({}, "type_unknown", "$.type"),
            (5, "field_invalid", "$"),
            ({"type": 5}, "field_invalid", "$.type"),
            ({**ORDER, "amount_minor": "5"}, "field_invalid", "$.amount_minor"),
            ({**ORDER, "currency": "XXQ"}, "currency_unknown", "$.currency"),
            ({"fact": ORDER, "at_ms": -1}, "field_invalid", "$.at_ms"),
            ({"fact": ORDER, "id": "x" * 201}, "header_invalid", "$.id"),
            ({"fact": ORDER, "id": "\u53d1" * 167}, "header_invalid", "$.id"),
            ({"fact": ORDER, "id": "a\tb"}, "header_invalid", "$.id"),
            ({"fact": ORDER, "headers": {}}, "field_invalid", "$"),
            ({key: found for key, found in ORDER.items() if key != "account_id"}, "field_invalid", "$.account_id"),
        ],
    )
    def test_what_is_no_fact_of_a_program_is_refused_with_the_path(self, item: Any, code: str, path: str) -> None:
        with pytest.raises(BodyInvalid) as refused:
            read(item)
        assert (refused.value.code, refused.value.path) == (code, path)

    @pytest.mark.parametrize("body", [b"", b"[]", b"5", b"[" + b"{}," * 1_000 + b"{}]", b'{"a":'])
    def test_a_body_is_a_fact_or_up_to_a_thousand(self, body: bytes) -> None:
        with pytest.raises(BodyInvalid):
            read_facts(body)
        assert len(read_facts(b"[" + b"{}," * 999 + b"{}]")[0]) == 1_000


GROUP = Dossier(
    parties=[PartyRow("P-1", [("uscc", "91310000"), ("vat", "DE1")])],
    members={"C-1": Member("C-1", party_id="P-2"), "C-2": Member("C-2", left_on="2026-01-01")},
)


class TestFinding:
    def finder(self, accounts: list[Known]) -> Finder:
        finder = Finder(lambda: accounts)
        finder.refresh()
        return finder

    def test_an_account_is_found_by_customer_party_and_registration(self) -> None:
        finder = self.finder([Known("G", 3, lambda: GROUP), Known("A-2", 0, lambda: None)])
        for name in (("customer_id", "C-1"), ("party_id", "P-1"), ("party_id", "P-2"), ("uscc", "91310000")):
            assert finder.find(name) == ["G"]
        assert finder.find(("customer_id", "A-2")) == ["A-2"]
        assert finder.find(("customer_id", "C-2")) == finder.find(("vat", "91310000")) == []

    def test_what_was_said_since_counts(self) -> None:
        accounts = [Known("G", 3, lambda: GROUP), Known("H", 1, lambda: None)]
        finder = self.finder(accounts)
        accounts[:] = [Known("G", 4, Dossier), Known("H", 2, lambda: GROUP)]
        assert finder.find(("customer_id", "C-1")) == ["G"]
        finder.refresh()
        assert finder.find(("customer_id", "C-1")) == ["H"]

    def test_the_account_is_put_into_the_fact_and_is_its_key(self) -> None:
        fact = {**{key: found for key, found in ORDER.items() if key != "account_id"}, "customer_id": "C-1"}
        message, _, _ = read(fact, find=self.finder([Known("G", 3, lambda: GROUP)]).find)
        assert message.key == b"G" and msgspec.json.decode(message.value) == {**fact, "account_id": "G"}
        with_party = {"fact": {**fact, "customer_id": "other"}, "party": {"scheme": "vat", "value": "DE1"}}
        assert read(with_party, find=self.finder([Known("G", 3, lambda: GROUP)]).find)[0].key == b"G"

    def test_none_and_several_are_told_apart(self) -> None:
        fact = {"type": "bureau_reported", "party_id": "P-1"}
        with pytest.raises(AccountNotFound, match="found none"):
            read(fact)
        with pytest.raises(AccountNotFound, match="several: G, H") as several:
            read(fact, find=self.finder([Known("G", 1, lambda: GROUP), Known("H", 1, lambda: GROUP)]).find)
        assert (several.value.path, several.value.candidates) == ("$.party_id", ["G", "H"])

    def test_a_lone_customer_is_its_own_account(self) -> None:
        assert names_of("A", None) == {("customer_id", "A")}


AT_ONCE = {"wait_ms": 0}


class Kept(Acting):
    """Keeps what is sent, in place of a broker."""

    def __init__(self) -> None:
        super().__init__({}, "credit")
        self.kept: list[Message] = []
        self.sending.send = self._keep  # type: ignore[method-assign]

    async def _keep(self, messages: Sequence[Message]) -> list[Written]:
        self.kept.extend(messages)
        return [Written(f"credit.{message.topic}.v1", 0, offset) for offset, message in enumerate(messages)]


@pytest.fixture
def acting() -> Kept:
    return Kept()


@pytest.fixture
def client(acting: Kept) -> TestClient:
    """A client of an api that knows accounts G and H: both have the party with VAT number DE1."""
    party = {"party_id": "P-1", "identifiers": [{"scheme": "vat", "value": "DE1"}]}
    scenario = Scenario()
    for name in ("G", "H"):
        scenario.say(b.account_opened(account_id=name, parties=[party], manager_id=f"manager of {name}"))
    scenario.say(b.limit_set(5, account_id="G", actor="local").by("obligor/api/local", "old"))
    served = Served(scenario, acting=acting)
    return served.client


class TestRoutes:
    def test_facts_are_answered_with_where_they_stand(self, client: TestClient, acting: Kept) -> None:
        told = client.post("/v1/facts", json=[ORDER, {"fact": PAID, "id": "c-1"}], params={"source": "shop"}).json()
        assert told["facts"] == [
            {"topic": "credit.orders.v1", "partition": 0, "offset": 0, "account_id": "A-1", "fact_id": None},
            {"topic": "credit.orders.v1", "partition": 0, "offset": 1, "account_id": "A-1", "fact_id": "shop/c-1"},
        ]
        assert dict(acting.kept[0].headers)["ce_source"] == b"shop"

    def test_one_invalid_fact_holds_all_back_and_all_errors_are_told(self, client: TestClient, acting: Kept) -> None:
        answer = client.post("/v1/facts", json=[ORDER, {**ORDER, "amount_minor": -1}, {"type": "x"}])
        told = answer.json()
        assert (answer.status_code, told["path"]) == (422, "$[1].amount_minor")
        assert [(error["index"], error["path"]) for error in told["errors"]] == [
            (1, "$[1].amount_minor"),
            (2, "$[2].type"),
        ]
        assert acting.kept == []

    def test_whose_account_it_is_may_be_unknown_or_doubtful(self, client: TestClient) -> None:
        report = {"type": "bureau_reported", "party_id": "P-9"}
        unknown = client.post("/v1/facts", json=report)
        assert (unknown.status_code, unknown.json()["code"]) == (404, "account_not_found")
        doubtful = client.post("/v1/facts", json=[{"fact": report, "party": {"scheme": "vat", "value": "DE1"}}])
        assert (doubtful.status_code, doubtful.json()["account_ids"]) == (409, ["G", "H"])
        assert doubtful.json()["path"] == "$[0].party"

    @pytest.mark.parametrize("source", ["obligor/api/local", "a\x01"])
    def test_nobody_speaks_for_obligor(self, client: TestClient, source: str) -> None:
        assert client.post("/v1/facts", json=ORDER, params={"source": source}).status_code == 422

    def test_who_answers_for_some_accounts_tells_nothing_of_others(self, client: TestClient, acting: Kept) -> None:
        some = Caller("l.wei", frozenset({"machine", "analyst"}), scope=frozenset({"manager of G"}))

        class Known:
            async def caller(self, _: Any) -> Caller:
                return some

        client.app.state.access = Known()  # type: ignore[attr-defined]
        for name, status in (("G", 200), ("H", 404), ("nobody", 404)):
            assert client.post("/v1/facts", json={**ORDER, "account_id": name}).status_code == status
            held = client.post("/v1/commands/account_held", json={"account_id": name, "reason": "r"}, params=AT_ONCE)
            assert held.status_code == (202 if status == 200 else 404)
            assert client.post("/v1/checks", json={**ORDER, "account_id": name}, params=AT_ONCE).status_code == (
                202 if status == 200 else 404
            )
        rates = {"type": "rates_set", "base": "EUR", "rates": {"USD": "1.1"}, "valid_on": "2026-03-02"}
        assert client.post("/v1/facts", json={"fact": rates, "id": "r"}).json()["code"] == "out_of_scope"
        assert {(message.key or b"").decode() for message in acting.kept} == {"G"}

    def test_what_was_told_long_ago_is_answered_as_it_was_and_written_no_more(
        self, client: TestClient, acting: Kept
    ) -> None:
        """The newest part of the ledger does not have it, and a repetition would leave no record."""
        body = {"account_id": "G", "limit_minor": 5, "currency": "EUR", "reason": "asked"}
        key, once = {"Idempotency-Key": "old"}, {"wait_ms": 1}
        told = client.post("/v1/commands/limit_set", json=body, headers=key, params=once)
        assert told.status_code == 200, told.text
        assert (told.json()["outcome"], told.json()["version"]) == ("accepted", "0-2")
        other = client.post("/v1/commands/limit_set", json={**body, "limit_minor": 6}, headers=key, params=once)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
        assert acting.kept == []

    def test_a_command_is_found_by_its_id_however_long_ago_it_was(self, acting: Kept) -> None:
        scenario = with_limit(1_000)
        scenario.say(b.held().by("obligor/api/local", "old"))
        scenario.say(*(b.order(f"O{number}", 1) for number in range(LOOK_BACK_RECORDS + 100)))
        served = Served(scenario, acting=acting)
        told = served.get("/commands/obligor/api/local/old")
        assert (told["outcome"], told["ledger"]["seq"]) == ("accepted", 2)
        assert [decision["type"] for decision in told["decisions"]] == ["status_changed"]
        assert acting.tail.outcomes.place("obligor/api/local/old") is None, "this process never read it as new"

    def test_a_dead_letter_sent_in_again_is_found_by_its_place(self, acting: Kept) -> None:
        scenario = with_limit(1_000)
        scenario.take("orders", b.ACCOUNT, b"{", {"ce_source": "erp"})
        scenario.say(b.order("O1", 5).with_headers(redrives="credit.orders.v1/0/0"))
        told = Served(scenario, acting=acting).get("/commands/credit.orders.v1/0/1")
        assert (told["outcome"], told["decisions"][0]["type"]) == ("accepted", "order_released")

    def test_that_a_command_was_never_told_is_said_only_by_who_has_read_the_ledger(self, acting: Kept) -> None:
        served = Served(with_limit(1_000), acting=acting)
        served.refuses("/commands/obligor/api/local/never", 404)
        served.view.lag = LAG_MAX_RECORDS + 1
        served.refuses("/commands/obligor/api/local/never", 503)
        served.views.serving = None
        served.refuses("/commands/obligor/api/local/never", 503)

    def test_an_old_command_on_an_account_out_of_scope_is_not_shown(self, client: TestClient) -> None:
        auditor = frozenset({"auditor"})
        for manager, status in (("manager of G", 200), ("manager of H", 404)):

            class Known:
                async def caller(self, _: Any) -> Caller:
                    return Caller("eve", auditor, scope=frozenset({manager}))  # noqa: B023

            client.app.state.access = Known()  # type: ignore[attr-defined]
            assert client.get("/v1/commands/obligor/api/local/old").status_code == status

    def test_a_question_that_is_not_answered_in_time_is_pending(self, client: TestClient, acting: Kept) -> None:
        first = client.post("/v1/checks", json=ORDER, params={"wait_ms": 0})
        assert (first.status_code, first.json()["outcome"]) == (202, "pending") and "released" not in first.json()
        assert first.json()["fact_id"] == "local/order_placed//O-1/1"
        again = client.post("/v1/checks", json=ORDER, params={"wait_ms": 0})
        assert again.json() == first.json()
        assert acting.kept[0].value == acting.kept[1].value and acting.kept[0].headers == acting.kept[1].headers

    def test_only_questions_are_asked(self, client: TestClient) -> None:
        answer = client.post("/v1/checks", json=PAID)
        assert (answer.status_code, answer.json()["path"]) == (422, "$.type")


class _Fact:
    account_id, order_id = "A-1", "O-1"


def outcome(*decisions: dict[str, Any], **more: Any) -> Outcome:
    known = {"account_id": "A-1", "refusal": None, "message": None, "waits_for": None, "at_ms": 0, "fact": Raw(b"{}")}
    told = [Raw(msgspec.json.encode(decision)) for decision in decisions]
    place = LedgerPlace(0, 3)
    return Outcome(**{**known, "outcome": "accepted", "fact_id": "f", "ledger": place, "decisions": told, **more})


@pytest.mark.parametrize(
    ("found", "expected", "released"),
    [
        (outcome({"type": "order_released", "order_id": "O-1"}), "answered", True),
        (outcome({"type": "order_referred", "order_id": "O-1"}), "answered", False),
        (
            outcome({"type": "order_released", "order_id": "O-2"}, {"type": "order_blocked", "order_id": "O-1"}),
            "answered",
            False,
        ),
        (outcome({"type": "order_released", "order_id": "O-2"}), "silent", None),
        (outcome(waits_for={"kind": "order", "id": "O-1"}), "waits", None),
        (outcome(outcome="refused", refusal="field_invalid"), "refused", None),
        (None, "pending", None),
    ],
)
def test_only_a_released_order_may_leave(found: Outcome | None, expected: str, released: bool | None) -> None:
    answer = _check_answer("f", _Fact, found)
    assert (answer.outcome, answer.released) == (expected, released)


class TestMending:
    def letters(self) -> DeadLetters:
        return DeadLetters({}, "credit", Mending(read_letter, redrive))

    def letter(self, topic: str = "credit.orders.v1", key: bytes | None = b"A-1") -> DeadLetter:
        headers = (("ce_source", b"shop"), ("redrives", b"credit.orders.v1/0/1"))
        return DeadLetter(f"{topic}/2/7", key, b"{", headers, "value_not_json", "$", "m", "0/2/9/0", 5, "1")

    def test_a_letter_is_sent_in_again_as_it_was_or_mended(self) -> None:
        as_it_was = self.letters().again(self.letter(), 1_000, None, None)
        assert (as_it_was.topic, as_it_was.key, as_it_was.value) == ("orders", b"A-1", b"{")
        assert as_it_was.headers == (("ce_source", b"shop"), ("redrives", b"credit.orders.v1/2/7"))
        assert as_it_was.timestamp_ms == 1_000
        value = msgspec.json.encode(ORDER)
        assert self.letters().again(self.letter(), 1_000, value, None).value == value
        other = msgspec.json.encode({**ORDER, "account_id": "B"})
        assert self.letters().again(self.letter(key=None), 1_000, other, "B").key == b"B"

    @pytest.mark.parametrize(
        ("topic", "key", "value", "refused"),
        [
            ("credit.desk.v1", b"A-1", None, NotSentAgain),
            ("credit.control.v1", None, None, NotSentAgain),
            ("other.orders.v1", b"A-1", None, NotSentAgain),
            ("credit.orders.v1", None, None, NotSentAgain),
            ("credit.orders.v1", b"A-1", {**ORDER, "amount_minor": -1}, BodyInvalid),
            ("credit.orders.v1", b"A-2", ORDER, BodyInvalid),
        ],
    )
    def test_what_is_not_sent_again(self, topic: str, key: bytes | None, value: Any, refused: type[Exception]) -> None:
        mended = None if value is None else msgspec.json.encode(value)
        with pytest.raises(refused):
            self.letters().again(self.letter(topic, key), 1_000, mended, None)
