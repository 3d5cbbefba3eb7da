"""Sessions: a random token in a cookie, its digest in the store; and the links that open one on one's own machine."""

from __future__ import annotations

import secrets
import time
from typing import Literal

from api.access.caller import LOCAL, Caller
from api.access.people import People, Person, packed, unpacked
from api.access.store import Store, digest

SESSION_MS = 12 * 3_600_000
LINK_MS = 15 * 60_000
_TOKEN_BYTES = 32

Kind = Literal["password", "oidc", "link"]


def now_ms() -> int:
    """Return the time now."""
    return time.time_ns() // 1_000_000


class Sessions:
    """All sessions of a store."""

    def __init__(self, store: Store, people: People) -> None:
        self._store = store
        self._people = people

    def open(self, person: Person, kind: Kind) -> tuple[str, int]:
        """Open a session and return its token and when it ends."""
        token, now = secrets.token_urlsafe(_TOKEN_BYTES), now_ms()
        self._store.change("delete from sessions where expires_at_ms <= ?", now)
        self._store.change(
            "insert into sessions values (?, ?, ?, ?, ?, ?, ?)",
            digest(token),
            person.name,
            kind,
            packed(person.roles),
            packed(person.managers),
            now,
            now + SESSION_MS,
        )
        return token, now + SESSION_MS

    def caller(self, token: str) -> Caller | None:
        """Return whose session a token is, None if it is nobody's any more.

        What a person may do is what they may do now, not what they might when they logged in.
        """
        row = self._store.row(
            "select name, kind, roles, managers, expires_at_ms from sessions where digest = ? and expires_at_ms > ?",
            digest(token),
            now_ms(),
        )
        if row is None:
            return None
        name, kind, roles, managers, expires_at_ms = row
        if kind == "link":
            return Caller(LOCAL.actor, LOCAL.roles, expires_at_ms=expires_at_ms) if self._people.is_empty() else None
        if kind == "oidc":
            return Caller(name, unpacked(roles) or frozenset(), unpacked(managers), expires_at_ms=expires_at_ms)
        person = self._people.find(name)
        return None if person is None else person.as_caller(expires_at_ms)

    def close(self, token: str) -> None:
        """End a session."""
        self._store.change("delete from sessions where digest = ?", digest(token))

    def make_link_token(self) -> str:
        """Return a token that opens one session of whoever runs this machine, within a quarter of an hour."""
        token, now = secrets.token_urlsafe(_TOKEN_BYTES), now_ms()
        self._store.change("delete from links where expires_at_ms <= ?", now)
        self._store.change("insert into links values (?, ?)", digest(token), now + LINK_MS)
        return token

    def use_link(self, token: str) -> tuple[str, int] | None:
        """Return a new session for a link that was not used, None for any other."""
        used = self._store.change("delete from links where digest = ? and expires_at_ms > ?", digest(token), now_ms())
        if not used or not self._people.is_empty():
            return None
        return self.open(Person(name=LOCAL.actor, roles=LOCAL.roles), "link")
