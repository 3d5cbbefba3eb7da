"""Every route of the api under generated requests, good and bad: what it answers is what its description says."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.acting.acting import Acting
from api.acting.facts import SENT_BY_PROGRAMS
from api.acting.mending import Letter, Mending, NoLetter
from api.acting.message import Message, Written
from api.acting.outcomes import Outcome
from api.webhooks.log import Row
from tests import builders as b
from tests.scenario import Scenario
from tests.served import Served

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


class Deaf(Acting):
    """Takes everything at once and never hears of it again, in place of brokers."""

    def __init__(self) -> None:
        super().__init__({}, "credit", mending=Mending(lambda _: None, lambda *_, **__: None))  # type: ignore[arg-type]
        assert self.dead_letters is not None
        self.dead_letters.read = self.read_letter  # type: ignore[method-assign]
        self.sending.send = self._send  # type: ignore[method-assign]
        self.notifier.log.is_read = True
        self.notifier.log.write = self._write  # type: ignore[method-assign]
        self.notifier.starts = self._starts  # type: ignore[method-assign]

    async def tell(self, message: Message, fact_id: str, wait_seconds: float) -> tuple[Written, Outcome | None]:
        return Written(message.topic, 0, 0), None

    async def later(self, fact_id: str, wait_seconds: float) -> Outcome | None:
        return None

    async def read_letter(self, partition: int, offset: int) -> tuple[Letter, int]:
        raise NoLetter(f"expected a dead letter at {partition}/{offset}, found none")

    async def _send(self, messages: Sequence[Message]) -> list[Written]:
        return [Written(message.topic, 0, offset) for offset, message in enumerate(messages)]

    async def _write(self, rows: list[Row]) -> None:
        for row in rows:
            self.notifier.log.known.take(*row)

    async def _starts(self, topics: Any) -> dict[str, dict[int, int]]:
        return {name: {0: 0} for name in topics}


def served() -> TestClient:
    """Return a client of an api that knows an account with orders, an alert and a request."""
    scenario = Scenario()
    scenario.say(b.account_opened(), b.limit_set(1_000), b.order(amount=900), b.order("O2", 5_000), b.invoice(100))
    scenario.say(b.day_closed("2025-04-01"), b.requested(limit_minor=20_000_000, currency="EUR"))
    return Served(scenario, acting=Deaf()).client


client = served()
whole = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
whole.config.phases.coverage.enabled = False
schema = whole.exclude(path="/v1/facts")  # one of forty facts, alone or in lists: made up one type at a time below


@schema.parametrize()
@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
def test_every_answer_is_as_described(case: Any) -> None:
    case.validate_response(_answer(case), checks=list(CHECKS))


def _answer(case: Any, **headers: str) -> httpx.Response:
    sent = case.as_transport_kwargs(base_url="http://127.0.0.1")
    body = {name: sent[name] for name in ("json", "content", "files") if sent.get(name) is not None}
    if sent.get("data") is not None:
        body["data" if isinstance(sent["data"], dict) else "content"] = sent["data"]
    told = {**sent["headers"], **headers}
    return client.request(sent["method"], sent["url"], params=sent.get("params"), headers=told, cookies=None, **body)


facts = client.get("/openapi.json").json()
BEYOND_A_SCHEMA = {"period_ends_before_it_begins", "account_not_found"}
"""What no schema says of a fact: days in the wrong order, and customers and parties that nobody knows."""


def _facts_of(kind: str, parameters: list[Any]) -> Any:
    """The operation with the choices of its body narrowed to those of one type of fact."""
    operation = copy.deepcopy(facts["paths"]["/v1/facts"]["post"])
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    one, many = (_only(kind, choice) for choice in body["anyOf"])
    content = {"application/json": {"schema": {"anyOf": [*one["anyOf"], many | {"maxItems": 2}]}}}
    narrowed = {**operation, "parameters": parameters, "requestBody": {"required": True, "content": content}}
    return schemathesis.openapi.from_dict({**facts, "paths": {"/v1/facts": {"post": narrowed}}})["/v1/facts"]["POST"]


def _only(kind: str, schema: Any) -> Any:
    if isinstance(schema, list):
        return [_only(kind, each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "oneOf" in schema and all("type" in choice.get("properties", {}) for choice in schema["oneOf"]):
        (found,) = [choice for choice in schema["oneOf"] if choice["properties"]["type"]["enum"] == [kind]]
        found.pop("anyOf", None)  # Ways to name an account: here it is always by its id, the others are examples.
        named = {"account_id"} & found["properties"].keys()
        return found | {"required": sorted(named.union(found["required"]))}
    return {name: _only(kind, each) for name, each in schema.items()}


def _whole(value: Any) -> Any:
    """JSON Schema takes 2.0 for an integer; no money of ours has a point."""
    if isinstance(value, dict):
        return {name: _whole(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


few = settings(
    max_examples=2,
    phases=[Phase.generate],  # what fails is small enough to be read, and takes long to be made smaller
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    database=None,
)


@pytest.mark.parametrize("kind", SENT_BY_PROGRAMS)
def test_a_fact_that_is_as_described_is_taken_and_any_other_is_answered_as_described(kind: str) -> None:
    described, any_other = _facts_of(kind, []), _facts_of(kind, facts["paths"]["/v1/facts"]["post"]["parameters"])

    @few
    @given(described.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def taken(case: Any) -> None:
        case.body = _whole(case.body)
        answer = _answer(case, **{"Idempotency-Key": "k"})
        case.validate_response(answer, checks=list(CHECKS))
        assert answer.status_code == 200 or answer.json()["code"] in BEYOND_A_SCHEMA, answer.text

    @few
    @given(any_other.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def answered(case: Any) -> None:
        case.validate_response(_answer(case), checks=list(CHECKS))

    taken()
    answered()
