"""The server of an api process: uvicorn with the feed's websocket protocol."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator

import uvicorn
from fastapi import FastAPI

from api.connection import FeedProtocol
from api.subscription import MESSAGE_MAX_BYTES

_PING_SECONDS = 20.0
_END_SECONDS = 3


class Server(uvicorn.Server):
    """A uvicorn server that says where it listens, and ends cleanly on SIGINT and SIGTERM."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[str], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then tell the url."""
        await super().startup(sockets)
        if self.started:
            self._on_started(f"http://{self.address}")

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle signals while serving, and do not raise them again."""
        with super().capture_signals():
            try:
                yield
            finally:
                self._captured_signals.clear()

    @property
    def address(self) -> str:
        """`host:port` as it is listened on; valid once started."""
        listening: socket.socket = self.servers[0].sockets[0]
        host, port = listening.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def make_server(app: FastAPI, host: str, port: int, on_started: Callable[[str], None]) -> Server:
    """Return a server for an application; port 0 takes a free one, and `on_started` is told the url."""
    return Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            ws=FeedProtocol,
            ws_max_size=MESSAGE_MAX_BYTES,
            ws_ping_interval=_PING_SECONDS,
            ws_ping_timeout=_PING_SECONDS,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=_END_SECONDS,
            log_level="warning",
            access_log=False,
            server_header=False,
        ),
        on_started,
    )
