"""The page people work in: the built files of `api/static/`, under a content policy that lets nothing else in."""

from __future__ import annotations

import secrets
from pathlib import Path

from fastapi import FastAPI, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.access.gate import require
from api.access.permissions import ANYONE

STATIC = Path(__file__).parent / "static"
_NONCE_MARK = "__CSP_NONCE__"
_NOT_BUILT = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Obligor</title><h1>The page has not been built</h1>'
    "<p>Run <code>make setup</code>, or <code>python -m api.page_build</code>. The api itself works: "
    '<a href="/docs">its documentation</a>.</p></html>'
)


def content_policy(nonce: str) -> str:
    """Return what the page may load: its own scripts, styles, pictures and feed, and the grid's styles by nonce."""
    return (
        "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"style-src 'self' 'nonce-{nonce}'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'; object-src 'none'"
    )


class _BuiltFiles(StaticFiles):
    """Built files carry a digest in their names, so a browser may keep them for good."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        kept = "public, max-age=31536000, immutable" if path.startswith("assets") else "no-cache"
        response.headers["Cache-Control"] = kept
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def add_page(app: FastAPI) -> None:
    """Serve the page at `/` and its files under `/static/`; what was not built says how to build it."""

    async def page() -> Response:
        index = STATIC / "index.html"
        nonce = secrets.token_urlsafe(16)
        text = index.read_text(encoding="utf-8").replace(_NONCE_MARK, nonce) if index.exists() else _NOT_BUILT
        headers = {
            "Content-Security-Policy": content_policy(nonce),
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(text, media_type="text/html; charset=utf-8", headers=headers)

    app.add_api_route("/", page, include_in_schema=False, dependencies=[require(ANYONE)])
    app.mount("/static", _BuiltFiles(directory=STATIC, check_dir=False), name="static")
