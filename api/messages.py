"""What the feed says to its clients, as bytes of JSON; see `docs` of the websocket `/v1/feed`."""

from __future__ import annotations

import msgspec
from websockets.frames import Frame, Opcode

_encode = msgspec.json.Encoder().encode

CLOSE_NOT_UNDERSTOOD = 4400
"""The first message was none, or came too late."""
CLOSE_UNKNOWN = 4401
"""Nobody is logged in and no key was given, or neither holds any more."""
CLOSE_OTHER_ORIGIN = 4403
"""A page of another origin tried to connect."""
CLOSE_NOT_ALLOWED = 4403
"""The caller is known and may not read what was asked for."""
CLOSE_TOO_SLOW = 4408
"""The client's queue ran over; it resumes after the last cursor it received."""
CLOSE_TRY_AGAIN_LATER = 1013
"""This process has not caught up with the topics yet, or cannot read them."""
REASON_MAX_BYTES = 123
"""Longest reason that a websocket close frame can carry. Source: RFC 6455, 5.5."""


def hello(epoch: str, head: str) -> bytes:
    """Return the first message: which feed this is, and where its newest event stands."""
    return _encode({"type": "hello", "epoch": epoch, "head": head})


def event(topic: str, cursor: str, value: bytes) -> bytes:
    """Return the message of one event; `value` is JSON as it was published and goes in unchanged."""
    return b'{"type":"event","topic":"%b","cursor":"%b","event":%b}' % (topic.encode(), cursor.encode(), value)


def heartbeat(head: str, at_ms: int) -> bytes:
    """Return the sign of life. Everything up to `head` has been sent, so a client may resume after it."""
    return _encode({"type": "heartbeat", "head": head, "at_ms": at_ms})


def reset(reason: str) -> bytes:
    """Return the word that events are missing between the client's cursor and the next event."""
    return _encode({"type": "reset", "reason": reason})


def error(message: str) -> bytes:
    """Return why the connection ends."""
    return _encode({"type": "error", "message": message})


def text_frame(message: bytes) -> bytes:
    """Return a message as a websocket frame; servers do not mask, so one frame serves every client."""
    return Frame(Opcode.TEXT, message).serialize(mask=False)


def too_slow(last_cursor: str | None) -> str:
    """Return the reason of a close for slowness: the last cursor sent, where it fits."""
    if last_cursor is not None and len(last_cursor) <= REASON_MAX_BYTES:
        return last_cursor
    return "too slow: resume after the last cursor received"
