"""What is kept of a webhook, and of what it did not take: rows of the topic `webhooks`, by key.

The topic is compacted, so that every api process knows all of them from it. It holds the secrets that deliveries are
signed with: only api processes may read it.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Raw, Struct

TOPIC = "webhooks"
Sent = Literal["decisions", "alerts"]
"""The topics whose records are sent."""


class Hook(Struct, frozen=True, kw_only=True):
    """One address that is told.

    `types` are the events that it is told of, empty for all; `starts` the first offset of each partition by topic.
    """

    id: str
    url: str
    topics: tuple[Sent, ...]
    types: tuple[str, ...] = ()
    secret: str
    created_by: str
    created_at_ms: int
    starts: dict[str, dict[int, int]] = {}


class DeadDelivery(Struct, frozen=True, kw_only=True):
    """An event that was given up after so many attempts; `place` is (partition, offset) in its topic."""

    hook_id: str
    event_id: str
    topic: str
    place: tuple[int, int]
    attempts: int
    error: str
    given_up_at_ms: int
    event: Raw


_HOOK = "hook/"
_DEAD = "dead/"
_encode = msgspec.json.Encoder().encode


def hook_row(hook: Hook) -> tuple[bytes, bytes]:
    """Return the key and value of a hook."""
    return hook_key(hook.id), _encode(hook)


def hook_key(hook_id: str) -> bytes:
    """Return the key of a hook."""
    return f"{_HOOK}{hook_id}".encode()


def dead_row(dead: DeadDelivery) -> tuple[bytes, bytes]:
    """Return the key and value of what was given up."""
    return dead_key(dead.hook_id, dead.event_id), _encode(dead)


def dead_key(hook_id: str, event_id: str) -> bytes:
    """Return the key of what was given up."""
    return f"{_DEAD}{hook_id}/{event_id}".encode()


class Hooks:
    """All hooks and all that was given up, folded from the topic's rows."""

    def __init__(self) -> None:
        self.hooks: dict[str, Hook] = {}
        self.dead: dict[str, dict[str, DeadDelivery]] = {}

    def take(self, key: bytes | None, value: bytes | None) -> None:
        """Take the next row in; what cannot be read is of a later version and left alone."""
        kind, _, name = (key or b"").decode(errors="replace").partition("/")
        try:
            if kind == "hook":
                self._take_hook(name, None if value is None else msgspec.json.decode(value, type=Hook))
            elif kind == "dead":
                self._take_dead(name, None if value is None else msgspec.json.decode(value, type=DeadDelivery))
        except msgspec.DecodeError:
            return

    def _take_hook(self, name: str, hook: Hook | None) -> None:
        if hook is not None:
            self.hooks[name] = hook
            return
        self.hooks.pop(name, None)
        self.dead.pop(name, None)

    def _take_dead(self, name: str, dead: DeadDelivery | None) -> None:
        hook_id, _, event_id = name.partition("/")
        if dead is None:
            self.dead.get(hook_id, {}).pop(event_id, None)
        elif hook_id in self.hooks:
            self.dead.setdefault(hook_id, {})[event_id] = dead
