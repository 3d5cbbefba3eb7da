"""Keys of programs: shown once, kept as digests, narrowed to what the program needs."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from msgspec import Struct

from api.access.caller import Caller
from api.access.people import PersonInvalid, check_roles, packed, unpacked
from api.access.permissions import PERMISSIONS
from api.access.sessions import now_ms
from api.access.store import Store, digest

MARK = "obligor_"
FEED_TOPICS = ("alerts", "decisions", "exposures")
SENT_TOPICS = ("dossiers", "orders", "invoices", "payments", "bureau")
_PARTS = {
    **{f"feed:{name}": "read_feed" for name in FEED_TOPICS},
    **{f"facts:{name}": "send_facts" for name in SENT_TOPICS},
}
_USED_EVERY_MS = 60_000


class Key(Struct, frozen=True, kw_only=True):
    """A program's key, without its secret.

    `scopes` are permissions, or `feed:decisions` for one topic of the feed and `facts:orders` for one that it may send
    to; None is everything that the roles give. `managers` is as for people.
    """

    key_id: str
    name: str
    roles: frozenset[str]
    scopes: frozenset[str] | None = None
    managers: frozenset[str] | None = None
    created_at_ms: int = 0
    expires_at_ms: int | None = None
    used_at_ms: int | None = None

    def as_caller(self) -> Caller:
        """Return the program as whoever makes a request."""
        permissions = topics = None
        if self.scopes is not None:
            permissions = frozenset(_PARTS.get(scope, scope) for scope in self.scopes)
            parts = {scope.partition(":")[2] for scope in self.scopes if scope in _PARTS}
            whole = set(FEED_TOPICS) if "read_feed" in self.scopes else set()
            whole |= set(SENT_TOPICS) if "send_facts" in self.scopes else set()
            topics = frozenset(parts | whole)
        return Caller(self.name, self.roles, self.managers, permissions, topics, self.expires_at_ms)


def check_scopes(scopes: Iterable[str] | None) -> frozenset[str] | None:
    """Return scopes.

    Raises:
        PersonInvalid: one is neither a permission nor a topic that keys are narrowed to.
    """
    if scopes is None:
        return None
    found = frozenset(scopes)
    unknown = sorted(found - PERMISSIONS.keys() - _PARTS.keys())
    if unknown or not found:
        raise PersonInvalid(f"expected scopes such as {', '.join(_PARTS)} or permissions, received {unknown}")
    return found


class Keys:
    """All keys of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(
        self,
        name: str,
        roles: Iterable[str] = ("machine",),
        scopes: Iterable[str] | None = None,
        managers: Iterable[str] | None = None,
        expires_at_ms: int | None = None,
    ) -> tuple[Key, str]:
        """Add a key and return it with its text, which is not kept.

        Raises:
            PersonInvalid: the name is taken, or a role or scope is unknown.
        """
        if name == "local" or self._store.row("select 1 from people where name = ?", name):
            raise PersonInvalid(f"expected a name that no person has, received {name!r}")
        key_id, secret, now = secrets.token_hex(6), secrets.token_urlsafe(32), now_ms()
        key = Key(
            key_id=key_id,
            name=name,
            roles=check_roles(roles),
            scopes=check_scopes(scopes),
            managers=None if managers is None else frozenset(managers),
            created_at_ms=now,
            expires_at_ms=expires_at_ms,
        )
        text = f"{MARK}{key_id}_{secret}"
        added = self._store.change(
            "insert or ignore into keys values (?, ?, ?, ?, ?, ?, ?, ?, null)",
            key_id,
            digest(text),
            name,
            packed(key.roles),
            packed(key.scopes),
            packed(key.managers),
            now,
            expires_at_ms,
        )
        if not name or len(name) > 100 or not added:
            raise PersonInvalid(f"expected a new name for the key, received {name[:100]!r}")
        return key, text

    def all(self) -> list[Key]:
        """Return all keys by name."""
        return [_key(row) for row in self._store.rows(f"select {_FIELDS} from keys order by name")]

    def remove(self, name: str) -> bool:
        """Remove a key by its name or id; return whether there was one."""
        return self._store.change("delete from keys where name = ? or key_id = ?", name, name) > 0

    def caller(self, text: str) -> Caller | None:
        """Return whose key a text is, None if it is nobody's or has expired."""
        key_id = text.removeprefix(MARK).partition("_")[0]
        row = self._store.row(f"select {_FIELDS}, digest from keys where key_id = ?", key_id)
        if row is None or not secrets.compare_digest(str(row[-1]), digest(text)):
            return None
        key, now = _key(row[:-1]), now_ms()
        if key.expires_at_ms is not None and key.expires_at_ms <= now:
            return None
        if key.used_at_ms is None or key.used_at_ms + _USED_EVERY_MS < now:
            self._store.change("update keys set used_at_ms = ? where key_id = ?", now, key_id)
        return key.as_caller()


_FIELDS = "key_id, name, roles, scopes, managers, created_at_ms, expires_at_ms, used_at_ms"


def _key(row: tuple[object, ...]) -> Key:
    key_id, name, roles, scopes, managers, created_at_ms, expires_at_ms, used_at_ms = row
    return Key(
        key_id=str(key_id),
        name=str(name),
        roles=unpacked(str(roles)) or frozenset(),
        scopes=unpacked(scopes if isinstance(scopes, str) else None),
        managers=unpacked(managers if isinstance(managers, str) else None),
        created_at_ms=created_at_ms if isinstance(created_at_ms, int) else 0,
        expires_at_ms=expires_at_ms if isinstance(expires_at_ms, int) else None,
        used_at_ms=used_at_ms if isinstance(used_at_ms, int) else None,
    )
