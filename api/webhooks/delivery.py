"""One event on its way to one hook: an attempt, and attempts until it is taken or given up."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from msgspec import Struct

from api.webhooks.addresses import Addresses, read_target
from api.webhooks.hook import Hook
from api.webhooks.signature import signed_headers

ATTEMPT_SECONDS = 10.0
_ANSWER_BYTES = 200


class Patience(Struct, frozen=True):
    """How long one event is tried: so many attempts, the pauses between them doubling up to a longest."""

    attempts: int = 12
    first_pause_seconds: float = 1.0
    longest_pause_seconds: float = 300.0

    def pauses(self) -> list[float]:
        """Return the pauses between the attempts.

        >>> Patience(5, 1.0, 5.0).pauses()
        [1.0, 2.0, 4.0, 5.0]
        """
        doubling = (self.first_pause_seconds * 2.0**number for number in range(self.attempts - 1))
        return [min(pause, self.longest_pause_seconds) for pause in doubling]


class Event(Struct, frozen=True):
    """What is delivered: a record of an output topic, its bytes as published."""

    id: str
    topic: str
    partition: int
    offset: int
    type: str
    value: bytes


class Given(Struct, frozen=True):
    """What came of it: None for `error` if it was taken."""

    attempts: int
    error: str | None


Send = Callable[[Hook, Event], Awaitable[str | None]]
"""Makes one attempt; returns why the event was not taken, or None."""


class Deliveries:
    """Makes attempts over HTTP, to checked addresses only and to no other that an answer may name."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep connections open meanwhile."""
        async with _session(self._addresses.connect) as safe, _session(self._addresses.connect_plain) as plain:
            self._sessions = {"https": safe, "http": plain}
            yield

    async def send(self, hook: Hook, event: Event) -> str | None:
        """Make one attempt; return why the event was not taken, or None.

        Only an answer of 200 to 299 takes it; a redirection does not.
        """
        headers = {
            "content-type": "application/json",
            "user-agent": "obligor",
            "obligor-topic": event.topic,
            "obligor-type": event.type,
            **signed_headers(hook.secret, event.id, int(time.time()), event.value),
        }
        try:
            async with self._sessions[read_target(hook.url).scheme].post(
                hook.url, data=event.value, headers=headers, allow_redirects=False, auto_decompress=False
            ) as answer:
                if 200 <= answer.status < 300:
                    return None
                said = (await answer.content.read(_ANSWER_BYTES)).decode(errors="replace")
                return f"answered {answer.status}: {said}" if said else f"answered {answer.status}"
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            return str(error) or type(error).__name__


def _session(connect: Callable[[tuple[Any, ...]], socket.socket]) -> aiohttp.ClientSession:
    """Names are looked up for every connection, and `connect` is asked about the very address that it is made to."""
    connector = aiohttp.TCPConnector(socket_factory=connect, use_dns_cache=False, limit=100, limit_per_host=10)
    timeout = aiohttp.ClientTimeout(total=ATTEMPT_SECONDS)
    return aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False)


class Persistence:
    """Delivers event by event, each until it is taken or given up.

    After one that was given up, the next ones get one attempt each, until one is taken again: a receiver that is away
    for long is told of all of them in the list of what was given up, and holds back nothing for ever.
    """

    def __init__(
        self, send: Send, patience: Patience, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._send = send
        self._pauses: Sequence[float] = patience.pauses()
        self._sleep = sleep
        self.is_failing = False
        self.last_error: str | None = None

    async def deliver(self, hook: Hook, event: Event) -> Given:
        """Return what came of an event."""
        pauses = [] if self.is_failing else self._pauses
        error: str | None = None
        for attempt, pause in enumerate([0.0, *pauses], 1):
            if pause:
                await self._sleep(pause)
            error = await self._send(hook, event)
            self.last_error = error
            if error is None:
                self.is_failing = False
                return Given(attempt, None)
        self.is_failing = True
        return Given(len(pauses) + 1, error)
