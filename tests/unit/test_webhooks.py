"""Webhooks without a broker: where they may lead, how they are signed, how long they are tried, what is kept."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import socket
import time
from collections.abc import Coroutine
from typing import Any

import msgspec
import pytest
from fastapi.testclient import TestClient
from msgspec import Raw

from api.access.caller import Caller
from api.acting.acting import Acting
from api.app import create_app
from api.live import Live
from api.reader import Topics
from api.webhooks.addresses import Addresses, AddressRefused
from api.webhooks.delivery import Deliveries, Event, Given, Patience, Persistence
from api.webhooks.hook import DeadDelivery, Hook, Hooks, dead_key, dead_row, hook_key, hook_row
from api.webhooks.log import Row
from tests.receiver import Receiver

LOOPBACK = ["127.0.0.0/8"]


class TestWhereTheyMayLead:
    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.2.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fe80::1%eth0",
            "fc00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:0:4136:e378:8000:63bf:80ff:fffe",
            "localhost",
            "",
        ],
    )
    def test_nothing_is_sent_to_what_only_this_process_reaches(self, address: str) -> None:
        assert Addresses().refuse(address) is not None

    @pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"])
    def test_the_internet_may_be_told(self, address: str) -> None:
        assert Addresses().refuse(address) is None
        assert not Addresses(LOOPBACK).is_plain_allowed(address)

    def test_a_network_that_is_named_may_be_told_and_no_other(self) -> None:
        named = Addresses(["10.20.0.0/16", "fd00::/8"])
        assert named.refuse("10.20.3.4") is None and named.refuse("::ffff:10.20.3.4") is None
        assert named.refuse("fd12::1") is None and named.refuse("10.21.0.1") is not None

    @pytest.mark.parametrize(
        ("url", "why"),
        [
            ("ftp://example.com/", "http or https"),
            ("https:///path", "http or https"),
            ("https://user:pass@93.184.216.34/", "without user"),
            ("https://93.184.216.34/#part", "without user"),
            ("https://93.184.216.34:99999/", "expected a url"),
            ("https://93.184.216.34/ü", "ASCII"),
            ("https://93.184.216.34/" + "x" * 2_000, "2000"),
            ("http://93.184.216.34/", "expected https"),
            ("https://127.0.0.1/", "not on the internet"),
            ("https://localhost/", "not on the internet"),
            ("https://[::1]/", "not on the internet"),
            ("https://2130706433/", "not on the internet"),
            ("https://0x7f.1/", "not on the internet"),
            ("https://no-such-name.invalid/", "looked up"),
        ],
    )
    def test_a_url_is_refused_before_it_is_taken(self, url: str, why: str) -> None:
        with pytest.raises(AddressRefused, match=why):
            asyncio.run(Addresses().check(url))

    def test_a_good_url_is_taken(self) -> None:
        asyncio.run(Addresses().check("https://93.184.216.34/told?by=obligor"))
        asyncio.run(Addresses(LOOPBACK).check("http://127.0.0.1:8080/"))


def hook(url: str = "https://erp.example/", hook_id: str = "h1", secret: str = "whsec_c2VjcmV0") -> Hook:
    return Hook(id=hook_id, url=url, topics=("decisions",), secret=secret, created_by="shop", created_at_ms=1)


EVENT = Event("ab-0", "decisions", 2, 17, "order_released", b'{"type":"order_released","decision_id":"ab-0"}')


def deliver(networks: list[str], url: str) -> str | None:
    async def attempt() -> str | None:
        deliveries = Deliveries(Addresses(networks))
        async with deliveries.running():
            return await deliveries.send(hook(url), EVENT)

    return asyncio.run(attempt())


class TestAttempts:
    def test_a_delivery_is_the_bytes_as_published_and_signed(self) -> None:
        with Receiver() as receiver:
            assert deliver(LOOPBACK, receiver.url) is None
            (told,) = receiver.taken
        assert told.body == EVENT.value and told.headers["content-type"] == "application/json"
        assert (told.headers["obligor-topic"], told.headers["obligor-type"]) == ("decisions", "order_released")
        signed = f"{told.headers['webhook-id']}.{told.headers['webhook-timestamp']}.".encode() + told.body
        expected = base64.b64encode(hmac.new(b"secret", signed, hashlib.sha256).digest()).decode()
        assert told.headers["webhook-signature"] == f"v1,{expected}"
        assert told.headers["webhook-id"] == "ab-0" and abs(int(told.headers["webhook-timestamp"]) - time.time()) < 60

    @pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 410, 429, 500, 503])
    def test_any_other_answer_takes_nothing_and_a_redirection_is_not_followed(self, status: int) -> None:
        with Receiver() as receiver:
            receiver.answers = [status]
            assert deliver(LOOPBACK, receiver.url) == f"answered {status}: said"
            assert len(receiver.taken) == 1

    def test_a_connection_is_refused_although_the_url_was_taken(self) -> None:
        """The name led elsewhere when the hook was made: what counts is where it leads now."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
            for networks in ([], ["10.0.0.0/8"]):
                for url in (f"https://localhost:{port}/", f"https://127.0.0.1:{port}/", f"http://127.0.0.1:{port}/"):
                    assert deliver(networks, url) is not None
            listening.setblocking(False)
            with pytest.raises(BlockingIOError):
                listening.accept()

    def test_nobody_there_is_an_error_and_no_more(self) -> None:
        with Receiver() as receiver:
            url = receiver.url
        assert deliver(LOOPBACK, url) is not None


class Clumsy:
    """Takes an event after so many attempts; keeps the pauses that were made."""

    def __init__(self, *failures: int) -> None:
        self.failures = list(failures)
        self.left = 0
        self.pauses: list[float] = []

    async def send(self, _: Hook, __: Event) -> str | None:
        if self.failures and self.left < self.failures[0]:
            self.left += 1
            return "answered 500"
        self.failures, self.left = self.failures[1:], 0
        return None

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(coroutine)


class TestPersistence:
    def test_pauses_double_up_to_the_longest(self) -> None:
        clumsy = Clumsy(6)
        persistence = Persistence(clumsy.send, Patience(12, 1.0, 10.0), clumsy.sleep)
        assert run(persistence.deliver(hook(), EVENT)) == Given(7, None)
        assert clumsy.pauses == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
        assert persistence.last_error is None

    def test_after_one_was_given_up_others_get_one_attempt_until_one_is_taken(self) -> None:
        clumsy = Clumsy(4, 1)
        persistence = Persistence(clumsy.send, Patience(3), clumsy.sleep)
        assert run(persistence.deliver(hook(), EVENT)) == Given(3, "answered 500")
        assert persistence.is_failing
        assert run(persistence.deliver(hook(), EVENT)) == Given(1, "answered 500")
        assert run(persistence.deliver(hook(), EVENT)) == Given(1, None)
        assert not persistence.is_failing
        assert run(persistence.deliver(hook(), EVENT)) == Given(2, None)


def given_up(hook_id: str, event_id: str, offset: int = 1) -> DeadDelivery:
    return DeadDelivery(
        hook_id=hook_id,
        event_id=event_id,
        topic="decisions",
        place=(0, offset),
        attempts=3,
        error="answered 500",
        given_up_at_ms=5,
        event=Raw(EVENT.value),
    )


class TestWhatIsKept:
    def test_hooks_and_what_was_given_up_follow_from_the_rows(self) -> None:
        known = Hooks()
        for row in (hook_row(hook()), dead_row(given_up("h1", "e1")), dead_row(given_up("h1", "e2"))):
            known.take(*row)
        assert known.hooks == {"h1": hook()} and set(known.dead["h1"]) == {"e1", "e2"}
        known.take(dead_key("h1", "e1"), None)
        assert set(known.dead["h1"]) == {"e2"}
        known.take(hook_key("h1"), None)
        assert known.hooks == known.dead == {}
        known.take(*dead_row(given_up("h1", "late")))
        assert known.dead == {}

    @pytest.mark.parametrize("row", [(None, b"{}"), (b"hook/x", b"nonsense"), (b"dead/x", b"{}"), (b"\xff", None)])
    def test_rows_that_are_not_understood_are_left_alone(self, row: tuple[bytes | None, bytes | None]) -> None:
        known = Hooks()
        known.take(*row)
        assert known.hooks == {}


class Kept(Acting):
    """Keeps rows in memory, in place of a broker."""

    def __init__(self) -> None:
        super().__init__({}, "credit", webhook_networks=LOOPBACK)
        self.notifier.log.is_read = True
        self.notifier.log.write = self._write  # type: ignore[method-assign]
        self.notifier.starts = self._starts  # type: ignore[method-assign]
        self.notifier.deliveries.send = self._send  # type: ignore[method-assign]

    async def _send(self, to: Hook, event: Event) -> str | None:
        """The sessions of a running process belong to its loop; here each request has one of its own."""
        deliveries = Deliveries(self.notifier.addresses)
        async with deliveries.running():
            return await deliveries.send(to, event)

    async def _write(self, rows: list[Row]) -> None:
        for row in rows:
            self.notifier.log.known.take(*row)

    async def _starts(self, topics: Any) -> dict[str, dict[int, int]]:
        return {name: {0: 7} for name in topics}


@pytest.fixture
def acting() -> Kept:
    return Kept()


@pytest.fixture
def client(acting: Kept) -> TestClient:
    app = create_app(Live(Topics({}, "credit")), "127.0.0.1", acting=acting)
    return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)


class TestRoutes:
    def test_a_secret_is_told_once(self, client: TestClient, acting: Kept) -> None:
        made = client.post("/v1/webhooks", json={"url": "http://127.0.0.1:9/x", "types": ["order_released"]})
        assert made.status_code == 201, made.text
        told = made.json()
        assert told["secret"].startswith("whsec_") and told["webhook"]["created_by"] == "local"
        listed = client.get("/v1/webhooks")
        assert listed.json() == {"webhooks": [told["webhook"]]} and "secret" not in listed.text
        assert acting.notifier.log.known.hooks[told["webhook"]["id"]].starts == {"decisions": {0: 7}}
        assert client.delete(f"/v1/webhooks/{told['webhook']['id']}").status_code == 204
        assert client.get("/v1/webhooks").json() == {"webhooks": []}

    @pytest.mark.parametrize(
        ("body", "code", "path"),
        [
            ({}, "field_invalid", "$"),
            ({"url": "http://127.0.0.1/", "topics": ["ledger"]}, "field_invalid", "$.topics[0]"),
            ({"url": "http://127.0.0.1/", "topics": []}, "field_invalid", "$.topics"),
            ({"url": "http://127.0.0.1/", "types": ["alert_raised"]}, "field_invalid", "$.types[0]"),
            ({"url": "http://127.0.0.1/", "secret": "mine"}, "field_invalid", "$"),
            ({"url": "https://169.254.169.254/latest"}, "address_refused", "$.url"),
        ],
    )
    def test_what_is_no_webhook_is_refused_with_the_path(
        self, client: TestClient, body: Any, code: str, path: str
    ) -> None:
        answer = client.post("/v1/webhooks", json=body)
        assert (answer.status_code, answer.json()["code"], answer.json()["path"]) == (422, code, path)

    def test_what_was_given_up_is_listed_in_order_and_sent_again(self, client: TestClient, acting: Kept) -> None:
        with Receiver() as receiver:
            made = client.post("/v1/webhooks", json={"url": receiver.url}).json()["webhook"]["id"]
            for number in (3, 1, 2):
                acting.notifier.log.known.take(*dead_row(given_up(made, f"e{number}", number)))
            path = f"/v1/webhooks/{made}/dead-letters"
            first = client.get(path, params={"limit": 2}).json()
            assert [dead["event_id"] for dead in first["dead_letters"]] == ["e1", "e2"] and first["total"] == 3
            rest = client.get(path, params={"after": first["next"]}).json()
            assert [dead["event_id"] for dead in rest["dead_letters"]] == ["e3"] and rest["next"] is None
            receiver.answers = [200, 500]
            told = client.post(f"/v1/webhooks/{made}/resend").json()
            assert told == {"taken": 1, "left": 2, "error": "answered 500: said"}
            one = client.post(f"/v1/webhooks/{made}/resend", params={"event_id": "e3"}).json()
            assert one == {"taken": 1, "left": 1, "error": None}
            assert [each.headers["webhook-id"] for each in receiver.taken] == ["e1", "e2", "e3"]
            assert client.post(f"/v1/webhooks/{made}/resend", params={"event_id": "e3"}).status_code == 404

    @pytest.mark.parametrize("method", ["delete", "get"])
    def test_a_webhook_that_is_not_there_is_not_found(self, client: TestClient, method: str) -> None:
        path = "/v1/webhooks/none" + ("/dead-letters" if method == "get" else "")
        assert getattr(client, method)(path).status_code == 404

    def test_a_key_for_one_topic_has_no_webhook_of_another(
        self, client: TestClient, acting: Kept, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shop = Caller("shop", frozenset({"machine"}), topics=frozenset({"decisions"}))
        some = Caller("l.wei", frozenset({"machine"}), scope=frozenset({"l.wei"}))
        for caller, topics, status in ((shop, ["decisions"], 201), (shop, ["alerts"], 403), (some, ["decisions"], 403)):

            async def current(_: Any, caller: Caller = caller) -> Caller:
                return caller

            monkeypatch.setattr(client.app.state.access, "caller", current)  # type: ignore[attr-defined]
            answer = client.post("/v1/webhooks", json={"url": "http://127.0.0.1:9/", "topics": topics})
            assert answer.status_code == status, answer.text


def test_a_hook_survives_the_way_through_the_topic() -> None:
    key, value = hook_row(hook())
    assert key == b"hook/h1" and msgspec.json.decode(value, type=Hook) == hook()
