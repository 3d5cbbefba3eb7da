"""A fact on its way to its topic, and where it came to stand."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Struct

Headers = tuple[tuple[str, bytes], ...]
CONTROL = "control"


class Message(Struct, frozen=True):
    """One record of a source topic; `topic` without prefix and version, `key` None for what concerns all accounts."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp_ms: int


class Written(Struct, frozen=True):
    """Where a record stands; `topic` by its full name."""

    topic: str
    partition: int
    offset: int


Sign = Callable[[Message], Message]
"""Returns a message with what proves that this api wrote it."""


def unsigned(message: Message) -> Message:
    """Return a message as it is: where nobody asks for proofs."""
    return message


def envelope(source: str, ce_id: str, kind: str, effect: str = "binding") -> Headers:
    """Return the CloudEvents headers of a fact; an empty `ce_id` is left out.

    >>> envelope("shop", "", "order_placed")
    (('ce_source', b'shop'), ('ce_type', b'order_placed'), ('ce_specversion', b'1.0'))
    """
    headers: list[tuple[str, bytes]] = [("ce_id", ce_id.encode())] if ce_id else []
    headers += [("ce_source", source.encode()), ("ce_type", kind.encode()), ("ce_specversion", b"1.0")]
    return (*headers, ("effect", effect.encode())) if effect != "binding" else tuple(headers)


encode = msgspec.json.Encoder().encode
