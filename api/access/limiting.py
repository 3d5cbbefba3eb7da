"""How often a caller may ask, and how often somebody may guess a password."""

from __future__ import annotations

import time

from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import problem

REQUESTS_PER_SECOND = 200
"""Of one address: a page of lists asks for ten things at once, a program for some hundred a second at most."""
GUESSES_PER_NAME = RateLimitItemPerMinute(10, 5)
GUESSES_PER_ADDRESS = RateLimitItemPerMinute(30, 5)


class Guesses:
    """Counts attempts to log in, by name and by address."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def wait_seconds(self, name: str, address: str) -> int:
        """Count an attempt; return how long to wait before the next one is looked at, 0 if this one is."""
        limits: tuple[tuple[RateLimitItem, str], ...] = (
            (GUESSES_PER_NAME, f"name/{name}"),
            (GUESSES_PER_ADDRESS, f"address/{address}"),
        )
        wait = 0
        for limit, key in limits:
            if not self._limiter.hit(limit, key):
                wait = max(wait, 1 + int(self._limiter.get_window_stats(limit, key).reset_time - time.time()))
        return wait


class RateLimits:
    """Answers 429 to an address that asks too often; a browser's pages and the feed's messages are not counted."""

    def __init__(self, app: ASGIApp, per_second: int = REQUESTS_PER_SECOND) -> None:
        self._app = app
        self._limit = RateLimitItemPerSecond(per_second)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http" and not self._limiter.hit(self._limit, _address(scope)):
            refused = problem(429, f"expected at most {self._limit.amount} requests a second, received more")
            refused.headers["Retry-After"] = "1"
            await refused(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _address(scope: Scope) -> str:
    """A key counts for itself, so that programs behind one address do not share."""
    authorization = Headers(scope=scope).get("authorization", "")
    key = authorization.partition("_")[2].partition("_")[0] if authorization else ""
    client = scope.get("client")
    return f"{client[0] if client else ''}/{key[:20]}"
