"""One websocket connection as the feed drives it: frames made once for all clients, and an end that always comes.

uvicorn serves websockets message by message, each through several layers and encoded anew; at a thousand clients that
is the feed's whole cost. This protocol writes the hub's shared frames straight to the transport, as much as it takes,
and goes on when it takes more. It also cuts off what uvicorn would wait for: a client that does not read never
answers a close frame, and a transport with unsent bytes never closes by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode
from websockets.protocol import State

from api import messages
from api.hub import Session

if TYPE_CHECKING:
    from fastapi import WebSocket
    from websockets.http11 import Request

EXTENSION = "obligor.feed"
WRITE_BYTES = 64 * 1024
CLOSE_SECONDS = 5.0
"""How long a client may take to answer a close frame before it is cut off."""


class FeedProtocol(WebSocketsSansIOProtocol):
    """The websocket protocol that `uvicorn` has to be given (`ws=FeedProtocol`) for the feed to work."""

    _session: Session | None = None
    _flush_due = False

    def handle_connect(self, event: Request) -> None:
        """Make this connection known to the application, which starts after this returns."""
        super().handle_connect(event)
        if hasattr(self, "scope"):
            extensions = cast("dict[str, object]", self.scope["extensions"])
            extensions[EXTENSION] = self

    def serve(self, session: Session) -> None:
        """Send what waits in a session's queue, now and whenever the transport takes more."""
        self._session = session
        self.flush_soon()

    def flush_soon(self) -> None:
        """Send after all that happens now has been queued, so that it goes out in one write."""
        if not self._flush_due:
            self._flush_due = True
            self.loop.call_soon(self._flush)

    def resume_writing(self) -> None:
        """Go on where the transport had enough."""
        super().resume_writing()
        self.flush_soon()

    def say(self, message: bytes) -> None:
        """Send one message past any queue."""
        if self._open:
            self.transport.write(messages.text_frame(message))

    def end(self, code: int, reason: str) -> None:
        """Close with a code, wake the application, and cut the client off if it does not answer."""
        if not self._open:
            return
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(CLOSE_SECONDS, self.transport.abort)

    def keepalive_timeout(self) -> None:
        """Cut off a client that answers no ping."""
        super().keepalive_timeout()
        self.transport.abort()

    def shutdown(self) -> None:
        """Close because the server ends."""
        super().shutdown()
        self.loop.call_later(1.0, self.transport.abort)

    @property
    def _open(self) -> bool:
        return not self.close_sent and self.conn.state is State.OPEN and not self.transport.is_closing()

    def _flush(self) -> None:
        self._flush_due = False
        session = self._session
        while session is not None and self.writable.is_set() and self._open:
            if self.transport.get_write_buffer_size() > WRITE_BYTES:
                self.flush_soon()
                return
            frames = session.pull(WRITE_BYTES)
            if not frames:
                return
            self.transport.write(b"".join(frames))


def connection_of(websocket: WebSocket) -> FeedProtocol:
    """Return the connection under an accepted websocket."""
    connection = websocket.scope.get("extensions", {}).get(EXTENSION)
    if not isinstance(connection, FeedProtocol):
        raise RuntimeError("expected a server that runs with ws=FeedProtocol, received another websocket protocol")
    return connection


GOING_AWAY = int(CloseCode.SERVICE_RESTART)
"""What clients are told when this process stops; they connect again."""
