"""An account manager sees and acts on their own accounts: in every read, file, command and event."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount, WebSocketRoute

from api.access.caller import Caller
from api.cursor import Layout
from api.events import Record
from api.feed import _sees
from api.hub import Hub, Session
from api.subscription import parse_subscription
from tests import builders as b
from tests.scenario import Scenario
from tests.served import Served

MINE, OTHERS, NOBODYS = "MINE-1", "OTHERS-1", "NOBODYS-1"
KIM = Caller("kim", frozenset({"manager", "auditor"}), scope=frozenset({"kim"}))


@pytest.fixture
def served() -> Served:
    scenario = Scenario()
    for account_id, manager in ((MINE, "kim"), (OTHERS, "lee"), (NOBODYS, None)):
        scenario.say(
            b.account_opened(account_id=account_id, name=f"Company {account_id}"),
            b.limit_set(100, account_id=account_id),
            *([] if manager is None else [b.manager_assigned(manager, account_id=account_id)]),
            b.order(f"O-{account_id}", 500, account_id=account_id),
            b.invoice(90, f"I-{account_id}", account_id=account_id),
        )
    served = Served(scenario)
    served.as_caller(KIM)
    return served


def _reads(served: Served) -> Iterator[str]:
    """Every route that is read, about everything and about an account of another manager."""
    for route in iter_route_contexts(served.app.routes):
        if isinstance(route.original_route, Mount | WebSocketRoute) or "GET" not in (route.methods or ()):
            continue
        path = str(route.path).replace("{account_id:path}", OTHERS).replace("{account_id}", OTHERS)
        yield re.sub(r"\{(partition|seq|offset)(:\w+)?\}", "0", path)


def test_nothing_that_is_read_or_exported_tells_of_accounts_of_others(served: Served) -> None:
    seen = 0
    for path in _reads(served):
        for query in ("", "?format=csv"):
            answer = served.client.get(f"{path}{query}")
            told = answer.text.replace(f"{path}", "")
            if answer.status_code == 200:
                assert OTHERS not in told and NOBODYS not in told, f"{path}{query}: {told[:500]}"
                seen += MINE in told
            elif OTHERS in path:
                assert answer.status_code == 404, path
    assert seen >= 4, "their own accounts are there"


def test_the_ledgers_own_entries_are_kept_back_too(served: Served) -> None:
    for seq in range(len(served.scenario.ledger)):
        answer = served.client.get(f"/v1/ledger/0/{seq}")
        assert answer.status_code != 200 or OTHERS not in answer.text, seq


@pytest.mark.parametrize(("account_id", "status"), [(MINE, 503), (OTHERS, 404), (NOBODYS, 404), ("UNKNOWN", 404)])
def test_a_command_reaches_own_accounts_only(served: Served, account_id: str, status: int) -> None:
    """503 is where the command would be written: there is no broker here."""
    note = {"account_id": account_id, "reason": "called"}
    answer = served.client.post("/v1/commands/account_held", json=note)
    assert answer.status_code == status, answer.text


def test_what_concerns_all_accounts_is_for_those_who_see_all(served: Served) -> None:
    body = msgspec.to_builtins(b.delegation_set("kim", "lee", "2025-03-01", "2025-03-09").value)
    answer = served.client.post("/v1/commands/delegation_set", json={**body, "reason": "leave"})
    assert answer.status_code in (403, 422, 503) and answer.status_code != 200


def _alert(seq: int, account_id: str | None) -> Record:
    ledger = {"epoch": 0, "partition": 0, "seq": seq, "n": 0}
    value = {"type": "alert_raised", "level": "critical", "account_id": account_id, "ledger": ledger}
    return Record("alerts", 0, seq, msgspec.json.encode(value))


def test_the_feed_tells_of_own_accounts_only(served: Served) -> None:
    websocket: Any = SimpleNamespace(app=served.app)
    sees = _sees(websocket, KIM)
    hub = Hub(Layout(["a", "b", "c"], 1), [0, 0, 0], encode=lambda message: message)
    own = hub.open(parse_subscription('{"subscribe":["alerts"]}'), lambda: None, lambda: None, sees)
    everybodys = hub.open(parse_subscription('{"subscribe":["alerts"]}'), lambda: None, lambda: None)
    hub.take([_alert(seq, account_id) for seq, account_id in enumerate((MINE, OTHERS, NOBODYS, None, "NEW"))])
    assert _accounts(own) == [MINE]
    assert _accounts(everybodys) == [MINE, OTHERS, NOBODYS, None, "NEW"]


def _accounts(session: Session) -> list[str | None]:
    messages = [msgspec.json.decode(frame) for frame in session.pull(1_000_000)]
    return [message["event"]["account_id"] for message in messages if message["type"] == "event"]
