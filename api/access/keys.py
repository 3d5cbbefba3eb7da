"""Keys of programs: shown once, kept as digests, narrowed to what the program needs and to whom it speaks for."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from msgspec import Struct

from api.access.caller import OWN_SOURCES, SOURCE_MAX, Caller, is_source
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
_NAME_MAX = 100


class Key(Struct, frozen=True, kw_only=True):
    """A program's key, without its secret.

    `scopes` are permissions, or `feed:decisions` for one topic of the feed and `facts:orders` for one that it may send
    to; None is everything that the roles give. `managers` is as for people. `sources` are the `ce_source` that the
    program may tell facts under; None is any, as for keys that were made before they were bound.
    """

    key_id: str
    name: str
    roles: frozenset[str]
    scopes: frozenset[str] | None = None
    managers: frozenset[str] | None = None
    sources: frozenset[str] | None = None
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
        return Caller(
            self.name,
            self.roles,
            scope=self.managers,
            permissions=permissions,
            topics=topics,
            sources=self.sources,
            expires_at_ms=self.expires_at_ms,
        )


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


def check_sources(sources: Iterable[str]) -> frozenset[str]:
    """Return sources.

    Raises:
        PersonInvalid: there is none, or one is not a `ce_source` that programs may have.
    """
    found = frozenset(sources)
    invalid = sorted(source for source in found if not is_source(source))
    if invalid or not found:
        expected = f"1 to {SOURCE_MAX} printable characters, not beginning with {OWN_SOURCES}"
        raise PersonInvalid(f"expected sources of {expected}, received {invalid or 'none'}")
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
        sources: Iterable[str] | None = None,
    ) -> tuple[Key, str]:
        """Add a key and return it with its text, which is not kept; without `sources` it speaks under its name only.

        Raises:
            PersonInvalid: the name is taken, a role or scope is unknown, or a source cannot be.
        """
        if not 0 < len(name) <= _NAME_MAX:
            raise PersonInvalid(f"expected a name of 1 to {_NAME_MAX} characters, received {name[:_NAME_MAX]!r}")
        if name == "local" or self._store.row("select 1 from people where name = ?", name):
            raise PersonInvalid(f"expected a name that no person has, received {name!r}")
        key_id, secret, now = secrets.token_hex(6), secrets.token_urlsafe(32), now_ms()
        key = Key(
            key_id=key_id,
            name=name,
            roles=check_roles(roles),
            scopes=check_scopes(scopes),
            managers=None if managers is None else frozenset(managers),
            sources=check_sources([name] if sources is None else sources),
            created_at_ms=now,
            expires_at_ms=expires_at_ms,
        )
        text = f"{MARK}{key_id}_{secret}"
        added = self._store.change(
            f"insert or ignore into keys ({_FIELDS}, digest) values (?, ?, ?, ?, ?, ?, ?, ?, null, ?)",
            key_id,
            name,
            packed(key.roles),
            packed(key.scopes),
            packed(key.managers),
            packed(key.sources),
            now,
            expires_at_ms,
            digest(text),
        )
        if not added:
            raise PersonInvalid(f"expected a new name for the key, received {name!r}")
        return key, text

    def all(self) -> list[Key]:
        """Return all keys by name."""
        return [_key(row) for row in self._store.rows(f"select {_FIELDS} from keys order by name")]

    def bind(self, name: str, sources: Iterable[str]) -> bool:
        """Let a key, by its name or id, speak under these sources only; return whether there is such a key.

        Raises:
            PersonInvalid: there is no source, or one cannot be.
        """
        bound = packed(check_sources(sources))
        return self._store.change("update keys set sources = ? where name = ? or key_id = ?", bound, name, name) > 0

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


_FIELDS = "key_id, name, roles, scopes, managers, sources, created_at_ms, expires_at_ms, used_at_ms"


def _key(row: tuple[object, ...]) -> Key:
    key_id, name, roles, scopes, managers, sources, created_at_ms, expires_at_ms, used_at_ms = row
    return Key(
        key_id=str(key_id),
        name=str(name),
        roles=unpacked(str(roles)) or frozenset(),
        scopes=unpacked(scopes if isinstance(scopes, str) else None),
        managers=unpacked(managers if isinstance(managers, str) else None),
        sources=unpacked(sources if isinstance(sources, str) else None),
        created_at_ms=created_at_ms if isinstance(created_at_ms, int) else 0,
        expires_at_ms=expires_at_ms if isinstance(expires_at_ms, int) else None,
        used_at_ms=used_at_ms if isinstance(used_at_ms, int) else None,
    )
