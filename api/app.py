"""The api process's application: HTTP under `/v1`, the feed, and the reading that both are served from."""

from __future__ import annotations

import asyncio
import html
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import msgspec
from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi

from api import feed
from api.access.admission import BODY_MAX_BYTES, admit
from api.access.gate import Access, require
from api.access.permissions import ANYONE
from api.acting import command_routes, fact_routes, mending_routes
from api.acting.acting import Acting
from api.acting.catalogue import shared_schemas
from api.acting.known_accounts import KnownAccounts
from api.answering import answer_schemas
from api.describing import with_common_answers
from api.live import Live
from api.page import add_page
from api.problems import answer_with_problems
from api.routes import router, scrape
from api.views import Views
from api.webhooks.routes import router as webhook_routes

ACTING_ROUTERS = (command_routes.router, fact_routes.router, mending_routes.router)


def create_app(
    live: Live,
    host: str,
    *,
    acting: Acting | None = None,
    views: Views | None = None,
    access: Access | None = None,
    on_failure: Callable[[BaseException], None] | None = None,
) -> FastAPI:
    """Return the application that serves from `live` and keeps it running.

    Args:
        live: reads the topics.
        host: the address that the server will listen on.
        acting: writes what callers tell; without it they are answered that nothing can be written.
        views: what is read is answered from; without any, reads are answered with 503.
        access: knows the callers; without it whoever is on this machine may do everything.
        on_failure: told when reading ended, so that the process ends too.

    Raises:
        CredentialsMissing: the host is no loopback address, and nobody could log in.
    """

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        reads = [live.run()] if views is None else [live.run(), views.run()]
        async with _kept_running(reads, on_failure), acting.running() if acting is not None else nullcontext():
            yield

    nowhere: dict[str, Any] = {"docs_url": None, "redoc_url": None, "openapi_url": None}
    app = FastAPI(title="Obligor", version="1", lifespan=running, max_body_size=BODY_MAX_BYTES, **nowhere)
    app.state.live = live
    app.state.views = views
    app.state.acting = acting
    if acting is not None and views is not None:
        acting.accounts = KnownAccounts(views)
    admit(app, host, access or Access(trusts_machine=True))
    answer_with_problems(app)
    for each in (router, scrape, *ACTING_ROUTERS, webhook_routes):
        app.include_router(each)
    app.add_api_websocket_route("/v1/feed", feed.feed, dependencies=[require(ANYONE)])  # it asks after accepting
    _add_docs(app)
    add_page(app)
    return app


@asynccontextmanager
async def _kept_running(
    reads: Iterable[Coroutine[Any, Any, None]], on_failure: Callable[[BaseException], None] | None
) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(one) for one in reads]
    for one in tasks:
        one.add_done_callback(lambda task: None if task.cancelled() else _report(task, on_failure))
    yield
    for one in tasks:
        one.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _report(task: asyncio.Task[None], on_failure: Callable[[BaseException], None] | None) -> None:
    error = task.exception()
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if error is not None and on_failure is not None:
        on_failure(error)


def _add_docs(app: FastAPI) -> None:
    def openapi() -> dict[str, Any]:
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        document.setdefault("components", {}).setdefault("schemas", {}).update(shared_schemas() | answer_schemas())
        return with_common_answers(document)

    async def docs() -> Response:
        return Response(_docs_page(app.openapi()), media_type="text/html; charset=utf-8")

    async def document() -> Response:
        return Response(msgspec.json.encode(app.openapi()), media_type="application/json")

    app.openapi = openapi  # type: ignore[method-assign]
    open_to_all = [require(ANYONE)]
    app.add_api_route("/docs", docs, include_in_schema=False, dependencies=open_to_all)
    app.add_api_route("/openapi.json", document, include_in_schema=False, dependencies=open_to_all)


def _docs_page(document: dict[str, Any]) -> str:
    """The usual pages load their scripts from elsewhere; this one loads nothing."""
    rows = "".join(
        f"<tr><td>{method.upper()}</td><td><code>{html.escape(path)}</code></td>"
        f"<td>{html.escape(operation.get('description', ''))}</td></tr>"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    )
    feed_row = (
        f"<tr><td>WS</td><td><code>/v1/feed</code></td><td><pre>{html.escape(feed.__doc__ or '')}</pre></td></tr>"
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Obligor API</title>'
        "<h1>Obligor API</h1><p>For programs: <a href='/openapi.json'>openapi.json</a></p>"
        f"<table>{rows}{feed_row}</table></html>"
    )
