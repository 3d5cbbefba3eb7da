"""An api over a view that is filled from a scenario's ledger: no broker, no directory."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from fastapi.testclient import TestClient

from api.access.caller import Caller
from api.access.gate import Access
from api.acting.acting import Acting
from api.app import create_app
from api.ledger_view import LedgerView, in_memory
from api.live import Live
from api.reader import Topics
from tests.scenario import Scenario


class Served:
    """An api that serves what a scenario has told so far; `see` lets it catch up."""

    def __init__(self, scenario: Scenario, access: Access | None = None, acting: Acting | None = None) -> None:
        self.scenario = scenario
        self.view: LedgerView = in_memory()
        self.views: Any = SimpleNamespace(
            serving=self.view, building=None, trouble=None, slot=None, serving_version="v1", version="v1", topology=None
        )
        self.live = Live(Topics({"bootstrap_servers": ["127.0.0.1:1"]}, "credit"))
        self.live.trouble = None
        self.app = create_app(self.live, "127.0.0.1", views=self.views, access=access, acting=acting)
        # Not entered as a context: nothing is read from a broker.
        self.client = TestClient(self.app, base_url="http://127.0.0.1", raise_server_exceptions=False)
        self.see()

    def see(self) -> None:
        """Take the scenario's ledger as far as it has come."""
        for offset in range(self.view.parts[0].partition.chain.seq, len(self.scenario.ledger)):
            assert self.view.take(0, offset, self.scenario.ledger[offset].value)
        self.view.commit()

    def get(self, path: str, **parameters: Any) -> Any:
        """Return the answer to a read that has one."""
        answer = self.client.get(f"/v1{path}", params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refuses(self, path: str, status: int, **parameters: Any) -> Any:
        """Return the problem that a read is answered with."""
        answer = self.client.get(f"/v1{path}", params=parameters)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        return answer.json()

    def as_caller(self, caller: Caller) -> None:
        """Let requests come from somebody else."""

        class Known(Access):
            async def caller(self, _: Any) -> Caller:
                return caller

        self.app.state.access = Known()
