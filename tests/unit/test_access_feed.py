"""Who may listen to the feed: over a real websocket, with no broker behind it, for this is asked first."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import Future

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from api import messages
from api.access.gate import COOKIE, Access
from api.app import create_app
from api.live import Live
from api.reader import Topics
from api.server import make_server


class NotReady(Live):
    """Reads nothing, so that whoever gets past the gate is told to come again."""

    async def run(self) -> None:
        await asyncio.Event().wait()


ALERTS = {"subscribe": ["alerts"]}


@pytest.fixture
def access() -> Access:
    return Access()


@pytest.fixture
def url(access: Access) -> Iterator[str]:
    app = create_app(NotReady(Topics({}, "credit")), "127.0.0.1", access=access)
    listening: Future[str] = Future()
    server = make_server(app, "127.0.0.1", 0, listening.set_result)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    yield listening.result(20).replace("http", "ws") + "/v1/feed"
    server.should_exit = True
    thread.join(20)


def closed_with(url: str, headers: dict[str, str], subscription: object = ALERTS) -> int | None:
    """Subscribe, and return the code that the server closes with."""
    with connect(url, additional_headers=headers, open_timeout=20) as feed:
        with pytest.raises(ConnectionClosed) as closed:
            feed.send(json.dumps(subscription))
            while True:
                feed.recv(timeout=20)
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code


def test_whoever_is_not_known_hears_nothing(url: str) -> None:
    assert closed_with(url, {}) == messages.CLOSE_UNKNOWN
    assert closed_with(url, {"Authorization": "Bearer obligor_a_b"}) == messages.CLOSE_UNKNOWN


def test_a_page_of_another_site_hears_nothing_though_the_cookie_comes_with_it(url: str, access: Access) -> None:
    person = access.people.add("kim", "a long passphrase", ["viewer"])
    cookie = {"Cookie": f"{COOKIE}={access.sessions.open(person, 'password')[0]}"}
    assert closed_with(url, {**cookie, "Origin": "https://evil.example"}) == messages.CLOSE_OTHER_ORIGIN
    assert closed_with(url, cookie) == messages.CLOSE_TRY_AGAIN_LATER, "known: only the broker is missing"


def test_a_key_hears_the_topics_that_it_is_for(url: str, access: Access) -> None:
    def heard(name: str, topics: list[str], **more: object) -> int | None:
        access.keys.remove(name)
        _, key = access.keys.add(name, **more)  # type: ignore[arg-type]
        return closed_with(url, {"Authorization": f"Bearer {key}"}, {"subscribe": topics})

    assert heard("shop", ["decisions"], scopes=["feed:decisions"]) == messages.CLOSE_TRY_AGAIN_LATER
    for topics in (["alerts"], ["exposures"], ["decisions", "alerts"]):
        assert heard("shop", topics, scopes=["feed:decisions"]) == messages.CLOSE_NOT_ALLOWED
    assert heard("sender", ["decisions"], scopes=["facts:orders"]) == messages.CLOSE_NOT_ALLOWED
    assert heard("admin", ["alerts"], roles=["admin"]) == messages.CLOSE_NOT_ALLOWED
