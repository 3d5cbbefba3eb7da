"""`obligor serve`: one api process over topics that exist."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from api.access.admission import CredentialsMissing
from api.access.gate import Access
from api.acting.acting import Acting
from api.app import create_app
from api.hub import Limits
from api.live import Live
from api.reader import Topics
from api.server import Server, make_server
from api.views import Views


def serve_api(
    connection: Mapping[str, Any],
    topic_prefix: str,
    host: str,
    port: int,
    *,
    data: Path | None = None,
    acting: Acting | None = None,
    access: Access | None = None,
    limits: Limits = Limits(),
    on_started: Callable[[str], None] = print,
    on_error: Callable[[str], None] = print,
) -> int:
    """Serve HTTP and the feed until SIGINT or SIGTERM; return the exit code, 2 if it could not run or go on.

    Args:
        connection: keyword arguments that connect a Kafka client.
        topic_prefix: the prefix of the deployment's topics.
        host: address to listen on; one that others can reach needs people who can log in.
        port: port to listen on; 0 takes a free one.
        data: the directory that views are kept under; without one there are none, and reads are answered with 503.
        acting: writes what callers tell, and tells webhooks; without it this process only reads.
        access: knows the callers; without it whoever is on this machine may do everything.
        limits: sizes of the clients' queues.
        on_started: told the url once it is listened on, which is before the topics have been read.
        on_error: told why it ended.
    """
    failures: list[BaseException] = []
    servers: list[Server] = []
    fail = _noting(failures, servers)
    live = Live(Topics(connection, topic_prefix), limits)
    parts: dict[str, Any] = {"acting": acting, "views": data and Views(connection, topic_prefix, data)}
    try:
        app = create_app(live, host, **parts, access=access, on_failure=fail)
        servers.append(make_server(app, host, port, on_started))
    except CredentialsMissing as refused:
        on_error(str(refused))
        return 2
    if not _listens(servers[0]):
        on_error(f"expected to listen on {host}:{port}, could not")
        return 2
    for error in failures[:1]:
        on_error(str(error) or type(error).__name__)
    return 2 if failures else 0


def _noting(failures: list[BaseException], servers: list[Server]) -> Callable[[BaseException], None]:
    """Return what notes a failure and ends the server."""

    def fail(error: BaseException) -> None:
        failures.append(error)
        servers[0].should_exit = True

    return fail


def _listens(server: Server) -> bool:
    """Run a server to its end; return whether it could listen."""
    try:
        server.run()
    except SystemExit:  # how uvicorn says that the port is taken, which it has logged
        return False
    return True
