"""A client of the feed that comes back by cursor whenever it loses the connection."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from api import messages

Message = dict[str, Any]

_SILENCE_SECONDS = 30.0
"""Six heartbeats: after so long without a word the connection is held for dead."""
_CLOSE_SECONDS = 1.0
_OPEN_SECONDS = 10.0
_MESSAGE_MAX_BYTES = 16 * 1024 * 1024
_FOREVER_REFUSED = (messages.CLOSE_NOT_UNDERSTOOD, messages.CLOSE_UNKNOWN, messages.CLOSE_NOT_ALLOWED)


class FeedRefused(Exception):
    """The server will not serve this subscription, however often it is asked."""


class NobodyAnswers(Exception):
    """The first connection failed: most likely nothing runs at that address."""


class Backoff:
    """How long to wait before the next attempt: half a second, then twice as long each time, up to ten seconds."""

    def __init__(self, first_seconds: float = 0.5, most_seconds: float = 10.0) -> None:
        self._first = self._next = first_seconds
        self._most = most_seconds

    def again(self) -> float:
        """Return the seconds to wait now, shortened at random so that clients do not return all at once."""
        seconds = self._next
        self._next = min(self._most, seconds * 2)
        return seconds * random.uniform(0.5, 1.0)

    def worked(self) -> None:
        """Begin anew, because something was received."""
        self._next = self._first


class FeedClient:
    """Follows the feed of one api address, or of whatever answers there.

    Args:
        url: of the api, `http://host:port`.
        subscription: the first message, without `after`.
        after: the cursor to go on from; None begins with what comes now.
        on_lost: told why the connection ended and how many seconds will pass before the next attempt.
        on_found: told of each connection that was made, and whether it is not the first.
        headers: who asks.
    """

    def __init__(
        self,
        url: str,
        subscription: Message,
        after: str | None = None,
        on_lost: Callable[[str, float], None] = lambda why, seconds: None,
        on_found: Callable[[bool], None] = lambda again: None,
        headers: Mapping[str, str] = {},
    ) -> None:
        self.cursor = after
        self._url = url.rstrip("/").replace("http", "ws", 1) + "/v1/feed"
        self._headers = headers
        self._subscription = subscription
        self._on_lost = on_lost
        self._on_found = on_found
        self._was_connected = False

    async def follow(self) -> AsyncGenerator[Message, None]:
        """Yield `event` and `reset` messages for ever.

        Raises:
            FeedRefused: the subscription is not understood.
            NobodyAnswers: not even the first connection could be made.
        """
        backoff = Backoff()
        while True:
            try:
                async with aclosing(self._one_connection()) as messages_of_one:
                    async for message in messages_of_one:
                        backoff.worked()
                        yield message
            except (ConnectionClosed, InvalidHandshake, OSError, TimeoutError) as error:
                seconds = 0.0 if _code(error) == messages.CLOSE_TOO_SLOW else backoff.again()
                if not self._was_connected:
                    raise NobodyAnswers(str(error) or type(error).__name__) from error
                self._on_lost(_why(error), seconds)
                await asyncio.sleep(seconds)

    async def _one_connection(self) -> AsyncGenerator[Message, None]:
        async with connect(
            self._url,
            compression=None,
            max_size=_MESSAGE_MAX_BYTES,
            open_timeout=_OPEN_SECONDS,
            close_timeout=_CLOSE_SECONDS,
            proxy=None,
            additional_headers=self._headers,
        ) as connection:
            after = {} if self.cursor is None else {"after": self.cursor}
            await connection.send(msgspec.json.encode(self._subscription | after).decode())
            while True:
                message = await self._receive(connection)
                self._note(message)
                if message["type"] in ("event", "reset"):
                    yield message

    async def _receive(self, connection: ClientConnection) -> Message:
        async with asyncio.timeout(_SILENCE_SECONDS):
            message: Message = msgspec.json.decode(await connection.recv())
        if message["type"] == "error":
            await connection.wait_closed()
            self._was_connected = True
            if connection.close_code in _FOREVER_REFUSED:
                raise FeedRefused(message["message"])
        return message

    def _note(self, message: Message) -> None:
        match message["type"]:
            case "hello":
                self._on_found(self._was_connected)
                self._was_connected = True
                self.cursor = self.cursor or message["head"]
            case "event":
                self.cursor = message["cursor"]
            case "heartbeat":
                self.cursor = message["head"]
            case "reset":
                self.cursor = None


def _code(error: Exception) -> int | None:
    return error.rcvd.code if isinstance(error, ConnectionClosed) and error.rcvd else None


def _why(error: Exception) -> str:
    if isinstance(error, ConnectionClosed) and error.rcvd:
        return error.rcvd.reason or f"code {error.rcvd.code}"
    return str(error) or type(error).__name__
