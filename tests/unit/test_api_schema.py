"""Every route of the api under generated requests, good and bad: what it answers is what its description says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.acting.acting import Acting
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
schema = whole.exclude(path="/v1/facts")  # one of forty facts, alone or in lists: too many to make up; see the examples


@schema.parametrize()
@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
def test_every_answer_is_as_described(case: Any) -> None:
    sent = case.as_transport_kwargs(base_url="http://127.0.0.1")
    body = {name: sent[name] for name in ("json", "content", "files") if sent.get(name) is not None}
    if sent.get("data") is not None:
        body["data" if isinstance(sent["data"], dict) else "content"] = sent["data"]
    answer = client.request(
        sent["method"], sent["url"], params=sent.get("params"), headers=sent["headers"], cookies=None, **body
    )
    case.validate_response(answer, checks=list(CHECKS))
