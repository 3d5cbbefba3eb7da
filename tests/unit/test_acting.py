"""Acting by example, without a broker: bodies, versions, outcomes, and which ledger records count."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from fastapi.testclient import TestClient

from api.access.permissions import COMMANDS
from api.acting.acting import Acting
from api.acting.catalogue import MATTERS, BodyInvalid, body_schema, fields_of, read_command
from api.acting.chains import ChainTail
from api.acting.moved_on import VersionInvalid, read_version, what_moved_on
from api.acting.outcomes import ACCOUNTS_KEPT, CHANGES_KEPT, Outcomes, outcome_of
from api.answers.acting import LedgerPlace
from api.app import create_app
from api.live import Live
from api.reader import Topics
from schemas.codec import FACT_TYPES
from schemas.ledger import GENESIS, Entry, Source, decode_entry, digest, encode_entry
from schemas.publishing import DECISION_TYPES, examples

RELEASE = b'{"account_id": "ACME", "order_id": "O1", "reason": "paid"}'


class TestBodies:
    @pytest.mark.parametrize("kind", COMMANDS)
    def test_the_example_of_each_command_is_one_and_the_caller_is_the_actor(self, kind: str) -> None:
        schema = body_schema(kind)
        command = read_command(kind, msgspec.json.encode(schema["example"]), "m.keller")
        assert getattr(command.fact, "actor", "m.keller") == "m.keller"
        assert set(schema["properties"]) == fields_of(kind) and set(schema["required"]) <= fields_of(kind)

    @pytest.mark.parametrize(
        ("body", "code", "path"),
        [
            (b"", "value_not_json", "$"),
            (b"[]", "value_not_json", "$"),
            (b'"\xff"', "value_not_json", "$"),
            (b'{"account_id": "ACME", "reason": "paid"}', "field_invalid", "$"),
            (RELEASE.replace(b'"O1"', b"7"), "field_invalid", "$.order_id"),
            (RELEASE.replace(b'"O1"', b'"a\\u0001"'), "field_invalid", "$.order_id"),
            (RELEASE.replace(b"}", b', "actor": "somebody else"}'), "field_invalid", "$.actor"),
            (RELEASE.replace(b"}", b', "type": "limit_set"}'), "field_invalid", "$.type"),
            (RELEASE.replace(b"}", b', "seen_decision": 3}'), "field_invalid", "$.seen_decision"),
        ],
    )
    def test_what_is_no_such_body_is_refused_with_the_path(self, body: bytes, code: str, path: str) -> None:
        with pytest.raises(BodyInvalid) as refused:
            read_command("order_release", body, "m.keller")
        assert (refused.value.code, refused.value.path) == (code, path)

    def test_days_in_the_wrong_order_are_refused_before_they_are_written(self) -> None:
        body = {"account_id": "A", "limit_minor": 5, "currency": "EUR", "reason": "r"}
        with pytest.raises(BodyInvalid, match="valid_until"):
            read_command(
                "limit_set",
                msgspec.json.encode({**body, "valid_from": "2026-03-05", "valid_until": "2026-03-01"}),
                "m.keller",
            )

    def test_what_matters_to_a_command_is_there(self) -> None:
        for kind, (decisions, field) in MATTERS.items():
            assert set(decisions) <= set(DECISION_TYPES)
            assert field is None or field in FACT_TYPES[kind].__struct_fields__


def entry(seq: int, prev: str = GENESIS, *decisions: dict[str, Any], account_id: str = "ACME", **more: Any) -> Entry:
    fact = msgspec.Raw(b'{"type":"note_added","seq":%d}' % seq)
    return Entry(
        epoch=0,
        seq=seq,
        at_ms=1_000 + seq,
        recorded_at_ms=0,
        effect="binding",
        source=Source("credit.desk.v1", 0, seq, 0),
        account_id=account_id,
        fact=fact,
        fact_id=more.pop("fact_id", f"desk/{seq}"),
        decisions=msgspec.Raw(msgspec.json.encode(decisions)),
        policy_id="p",
        model_id=None,
        core="1",
        published=-1,
        prev=prev,
        **more,
    )


def chain(count: int, first: int = 0, prev: str = GENESIS, core_of: str = "") -> list[bytes]:
    """Return records that follow each other; `core_of` makes them another writer's."""
    found = []
    for seq in range(first, first + count):
        found.append(encode_entry(entry(seq, prev, ce_source=core_of)))
        prev = digest(found[-1])
    return found


def seqs(tail: ChainTail, log: list[bytes], first_offset: int = 0) -> list[int]:
    taken = [tail.take(offset, value) for offset, value in enumerate(log, first_offset)]
    return [found.seq for read in taken for _, found, _ in read]


class TestWhichRecordsCount:
    def test_from_the_start_only_what_follows_counts(self) -> None:
        valid = chain(4)
        void = chain(3, 2, digest(valid[1]), "another writer")
        assert seqs(ChainTail(begins_at_start=True), [*valid[:3], *void, b"nonsense", valid[3]]) == [0, 1, 2, 3]

    def test_from_the_middle_the_chain_that_goes_furthest_counts(self) -> None:
        valid = chain(9)
        void = chain(3, 4, digest(valid[3]), "another writer")
        tail = ChainTail(begins_at_start=False)
        assert seqs(tail, [*void, *valid[4:8]], 100) == []
        assert [found.ce_source for _, found, _ in tail.settle()] == [""] * 4
        assert seqs(tail, [void[2], valid[8]], 107) == [8]
        assert tail.settle() == []

    def test_an_empty_part_settles_for_what_comes(self) -> None:
        tail = ChainTail(begins_at_start=True)
        assert tail.settle() == [] and seqs(tail, chain(2)) == [0, 1]


HASH = "ab" * 32
RELEASED = examples()["published"]["order_released"] | {"order_id": "O1"}


class TestOutcomes:
    def test_what_was_refused_or_waits_is_told_as_such(self) -> None:
        refused = outcome_of(
            3, entry(1, GENESIS, {"type": "fact_rejected", "code": "alert_unknown", "message": "m"}), HASH
        )
        assert (refused.outcome, refused.refusal, refused.message) == ("refused", "alert_unknown", "m")
        late = {"type": "fact_rejected", "code": "order_is_not_open", "path": "waited"}
        assert outcome_of(3, entry(1, GENESIS, late), HASH).outcome == "accepted"
        waits = outcome_of(3, entry(1, GENESIS, {"type": "fact_waits", "kind": "order", "id": "O9"}), HASH)
        assert (waits.outcome, waits.waits_for) == ("accepted", {"kind": "order", "id": "O9"})
        assert waits.ledger == LedgerPlace(3, 1)

    def test_whoever_waits_is_told_and_whoever_waited_too_short_is_forgotten(self) -> None:
        async def test() -> None:
            outcomes = Outcomes()
            assert await outcomes.wait(["desk/7"], 0.001) is None
            waiting = [asyncio.create_task(outcomes.wait(["desk/7"], 5)) for _ in range(2)]
            await asyncio.sleep(0)
            outcomes.take(0, 40, entry(6), HASH)
            outcomes.take(0, 41, entry(7, GENESIS, RELEASED), HASH)
            found = [await task for task in waiting]
            assert [outcome and outcome.ledger.seq for outcome in found] == [7, 7]
            assert outcomes.place("desk/7") == (0, 41) and not outcomes._waiting

        asyncio.run(test())

    def test_copies_of_broadcasts_and_sweeps_are_no_outcomes(self) -> None:
        outcomes = Outcomes()
        outcomes.take(1, 0, entry(0, control_no=5), HASH)
        outcomes.take(1, 1, entry(1, fact_id=""), HASH)
        assert outcomes.place("desk/0") is None and outcomes.place("") is None


def command(kind: str, **fields: Any) -> Any:
    return read_command(kind, msgspec.json.encode({"account_id": "ACME", "reason": "r", **fields}), "m.keller")


class TestWhatMovedOn:
    def outcomes(self, *decisions: dict[str, Any]) -> Outcomes:
        outcomes = Outcomes()
        for seq, told in enumerate([{"type": "limit_changed"}, *decisions]):
            outcomes.take(0, seq, entry(seq, GENESIS, told), HASH)
        return outcomes

    def test_another_answer_to_the_same_order_matters_and_one_to_another_order_does_not(self) -> None:
        outcomes = self.outcomes(RELEASED)
        assert "order_released of O1 at seq 1" in (
            what_moved_on(outcomes, command("order_release", order_id="O1"), LedgerPlace(0, 0)) or ""
        )
        for told, seen in (("O2", LedgerPlace(0, 0)), ("O1", LedgerPlace(0, 1)), ("O1", None)):
            assert what_moved_on(outcomes, command("order_release", order_id=told), seen) is None
        assert what_moved_on(outcomes, command("note_added"), LedgerPlace(0, 0)) is None

    def test_who_saw_less_than_is_remembered_has_to_look_again(self) -> None:
        outcomes = self.outcomes(*[{"type": "alert_raised"}] * (CHANGES_KEPT + 5))
        assert "long past" in (what_moved_on(outcomes, command("account_held"), LedgerPlace(0, 2)) or "")
        assert what_moved_on(outcomes, command("account_held"), LedgerPlace(0, 40)) is None
        assert "long past" in (what_moved_on(outcomes, command("account_held"), LedgerPlace(2, 40)) or "")

    def test_what_was_forgotten_of_an_account_is_not_taken_for_nothing(self) -> None:
        outcomes = self.outcomes(RELEASED, RELEASED)
        for number in range(ACCOUNTS_KEPT):
            outcomes.take(0, number, entry(number + 3, GENESIS, RELEASED, account_id=f"B-{number}"), HASH)
        assert outcomes.changes_since("ACME", LedgerPlace(0, 0)) is None
        assert outcomes.changes_since("ACME", LedgerPlace(0, 5)) == []

    @pytest.mark.parametrize("header", ["", "17", '"x-1"', "3-17-4", f"1-{'9' * 19}"])
    def test_a_version_that_is_none_is_refused(self, header: str) -> None:
        with pytest.raises(VersionInvalid):
            read_version(header)

    def test_a_version_is_read_as_an_etag(self) -> None:
        assert read_version('"3-17"') == read_version('W/"3-17"') == read_version("3-17") == LedgerPlace(3, 17)
        assert read_version("*") is None is read_version(None)


@pytest.fixture
def client() -> TestClient:
    """A client of an api whose brokers do not answer."""
    nowhere = {"bootstrap_servers": ["127.0.0.1:1"]}
    app = create_app(Live(Topics(nowhere, "credit")), "127.0.0.1", acting=Acting(nowhere, "credit"))
    return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)


class TestRoutes:
    def test_every_command_is_described_with_its_body(self, client: TestClient) -> None:
        paths = client.get("/openapi.json").json()["paths"]
        for kind in COMMANDS:
            operation = paths[f"/v1/commands/{kind}"]["post"]
            assert "reason" in operation["requestBody"]["content"]["application/json"]["schema"]["properties"] or (
                kind == "manager_assigned"
            )
            assert {found["name"] for found in operation["parameters"]} == {"wait_ms", "idempotency-key", "if-match"}

    @pytest.mark.parametrize(
        ("body", "headers", "status", "code"),
        [
            (b"{}", {}, 422, "field_invalid"),
            (RELEASE, {"Idempotency-Key": "a b"}, 422, "header_invalid"),
            (RELEASE, {"Idempotency-Key": "x" * 201}, 422, "header_invalid"),
            (RELEASE, {"If-Match": "yesterday"}, 422, "header_invalid"),
            (RELEASE, {}, 503, "not_written"),
        ],
    )
    def test_errors_are_problems_with_a_code(
        self, client: TestClient, body: bytes, headers: dict[str, str], status: int, code: str
    ) -> None:
        answer = client.post("/v1/commands/order_release", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"

    def test_a_path_to_the_field_is_told(self, client: TestClient) -> None:
        answer = client.post("/v1/commands/order_release", content=RELEASE.replace(b'"O1"', b"7")).json()
        assert (answer["path"], answer["status"]) == ("$.order_id", 422)

    def test_a_process_that_only_reads_says_so(self) -> None:
        app = create_app(Live(Topics({}, "credit")), "127.0.0.1")
        told = TestClient(app, base_url="http://127.0.0.1").post("/v1/commands/order_release", content=RELEASE)
        assert told.status_code == 503 and "only reads" in told.json()["detail"]

    def test_who_has_not_read_the_ledger_says_of_no_command_that_it_was_never_told(self, client: TestClient) -> None:
        assert client.get("/v1/commands/obligor/api/local/nothing").status_code == 503

    def test_what_nobody_decides_is_no_command(self, client: TestClient) -> None:
        assert client.post("/v1/commands/day_closed", json={}).status_code in (404, 405)


def test_records_of_the_tests_are_ledger_records() -> None:
    assert decode_entry(chain(1)[0]).seq == 0
