"""The websocket `/v1/feed`: one subscription a connection.

The client's first message, within five seconds: `{"subscribe": ["alerts", "decisions", "exposures"], "filter": {...},
"after": "<cursor>"}`. The server answers `hello`, then `event`s each with its cursor, `heartbeat`s, and `reset` where
events are missing before the next one. Resuming after the last cursor received gives every event once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fastapi import HTTPException, WebSocket

from api import messages
from api.access.browsers import is_same_origin
from api.access.caller import Caller
from api.access.gate import access_of, check_permission, current_caller
from api.connection import FeedProtocol, connection_of
from api.cursor import CursorUnknown
from api.hub import Hub, Session
from api.live import KAFKA_ERRORS, Live
from api.sight import Sight
from api.subscription import Subscription, SubscriptionInvalid, parse_subscription

FIRST_MESSAGE_SECONDS = 5.0
KNOWN_AGAIN_SECONDS = 15.0
"""So often it is asked again who listens."""


async def feed(websocket: WebSocket) -> None:
    """Serve one client until it leaves, falls behind, or is refused."""
    await websocket.accept()
    connection = connection_of(websocket)
    if not is_same_origin(websocket.headers):
        connection.end(messages.CLOSE_OTHER_ORIGIN, "expected a page of this host")
        return
    caller = await _caller(websocket, connection)
    if caller is None:
        return
    try:
        subscription = await _first_message(websocket)
    except SubscriptionInvalid as invalid:
        _refuse(connection, messages.CLOSE_NOT_UNDERSTOOD, str(invalid))
        return
    live: Live = websocket.app.state.live
    hub = live.joinable
    if subscription is None:
        return
    kept_from = sorted(topic for topic in subscription.subscribe if not caller.may_use(topic))
    if kept_from:
        _refuse(connection, messages.CLOSE_NOT_ALLOWED, f"expected topics that the key is for, received {kept_from}")
        return
    if hub is None:
        _refuse(connection, messages.CLOSE_TRY_AGAIN_LATER, live.trouble or "not ready")
        return
    await _serve(websocket, connection, live, hub, subscription, caller)


async def _caller(websocket: WebSocket, connection: FeedProtocol) -> Caller | None:
    """Return who listens, if they may. A browser shows a page why only after the connection was accepted."""
    try:
        caller = await current_caller(websocket)
        check_permission(caller, "read_feed")
    except HTTPException as refused:
        _refuse(
            connection,
            messages.CLOSE_UNKNOWN if refused.status_code == 401 else messages.CLOSE_NOT_ALLOWED,
            str(refused.detail),
        )
        return None
    return caller


async def _first_message(websocket: WebSocket) -> Subscription | None:
    try:
        message = await asyncio.wait_for(websocket.receive(), FIRST_MESSAGE_SECONDS)
    except TimeoutError as late:
        seconds = f"{FIRST_MESSAGE_SECONDS:g} seconds"
        raise SubscriptionInvalid(f"expected a subscription within {seconds}, received nothing") from late
    if message["type"] == "websocket.disconnect":
        return None
    text = message.get("text")
    return parse_subscription(message.get("bytes") or b"" if text is None else text)


async def _serve(
    websocket: WebSocket, connection: FeedProtocol, live: Live, hub: Hub, subscription: Subscription, caller: Caller
) -> None:
    def give_up() -> None:
        connection.end(messages.CLOSE_TOO_SLOW, messages.too_slow(session.last_cursor))

    session = hub.open(subscription, connection.flush_soon, give_up, _sees(websocket, caller))
    offsets = None if subscription.after is None else _go_back(hub, session, subscription.after)
    connection.serve(session)
    listening = asyncio.create_task(_until_client_ends(websocket, connection))
    resuming = asyncio.create_task(_resume(connection, live, hub, session, offsets))
    known = asyncio.create_task(_while_known(websocket, connection, caller))
    try:
        await asyncio.wait({listening, resuming}, return_when=asyncio.FIRST_COMPLETED)
        if resuming.done():
            resuming.result()
            await listening
    finally:
        for task in (listening, resuming, known):
            task.cancel()
        await asyncio.gather(listening, resuming, known, return_exceptions=True)
        hub.remove(session)


def _sees(websocket: WebSocket, caller: Caller) -> Callable[[str | None], bool] | None:
    """Which accounts a caller may hear of: those of their account managers, as the views know them now."""
    if caller.scope is None:
        return None
    views = websocket.app.state.views

    def sees(account_id: str | None) -> bool:
        serving = None if views is None else views.serving
        if account_id is None or serving is None:
            return False
        return Sight(serving, caller.scope).account(account_id) is not None

    return sees


async def _while_known(websocket: WebSocket, connection: FeedProtocol, caller: Caller) -> None:
    """End the feed of a caller whose session or key has ended, or who may do other things by now."""
    access = access_of(websocket)
    while True:
        await asyncio.sleep(KNOWN_AGAIN_SECONDS)
        if await access.caller(websocket) != caller:
            _refuse(connection, messages.CLOSE_UNKNOWN, "expected the session or key to hold as it did; log in again")
            return


def _go_back(hub: Hub, session: Session, after: str) -> list[int] | None:
    try:
        offsets = hub.layout.decode(after)
    except CursorUnknown as unknown:
        hub.reset(session, str(unknown))
        return None
    hub.resume(session, offsets)
    return offsets


async def _until_client_ends(websocket: WebSocket, connection: FeedProtocol) -> None:
    message = await websocket.receive()
    if message["type"] != "websocket.disconnect":
        _refuse(connection, messages.CLOSE_NOT_UNDERSTOOD, "expected one subscription a connection, received more")


async def _resume(connection: FeedProtocol, live: Live, hub: Hub, session: Session, offsets: list[int] | None) -> None:
    if offsets is None:
        return
    try:
        await live.check(offsets)
        await live.catch_up(session)
    except CursorUnknown as unknown:
        hub.reset(session, str(unknown))
    except KAFKA_ERRORS as error:
        _refuse(connection, messages.CLOSE_TRY_AGAIN_LATER, f"the topics cannot be read: {error}")


def _refuse(connection: FeedProtocol, code: int, why: str) -> None:
    connection.say(messages.error(why))
    connection.end(code, why.encode()[: messages.REASON_MAX_BYTES].decode(errors="ignore"))
