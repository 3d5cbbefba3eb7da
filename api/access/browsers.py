"""What protects people in browsers: no other site acts in their name, and no page loads what is not ours."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FROM_HERE = frozenset({"same-origin", "none"})
POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""What a document of the api may load: nothing. The page has a policy of its own."""
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}


def is_same_origin(headers: Mapping[str, str]) -> bool:
    """Return whether a request comes from a page of this host, or from no page at all.

    >>> is_same_origin({"host": "127.0.0.1:8400", "origin": "http://127.0.0.1:8400"})
    True
    >>> is_same_origin({"host": "127.0.0.1:8400", "origin": "https://elsewhere.example"})
    False
    >>> is_same_origin({"host": "127.0.0.1:8400", "sec-fetch-site": "cross-site"})
    False
    """
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "none") in _FROM_HERE
    return urlsplit(origin).netloc.lower() == headers.get("host", "").lower()


class BrowserRules:
    """Refuses what a page elsewhere would change, and tells browsers what they may do with each answer."""

    def __init__(self, app: ASGIApp, is_secure: bool = False) -> None:
        self._app = app
        self._headers = dict(_HEADERS)
        if is_secure:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        if scope["method"] not in _SAFE and not is_same_origin(Headers(scope=scope)):
            refused = problem(403, "expected a request of a page of this host, received one of another")
            await refused(scope, receive, with_headers)
            return
        await self._app(scope, receive, with_headers)
