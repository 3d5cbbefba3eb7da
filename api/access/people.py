"""People who log in with a name and a password."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Struct

from api.access.caller import Caller
from api.access.permissions import ROLES
from api.access.store import Store

PASSWORD_MIN = 12
PASSWORD_MAX = 1_000
_NAME = re.compile(r"^[\w.@+-]{1,100}$")
_OTHERS_ROLES = frozenset({"machine"})


class PersonInvalid(ValueError):
    """What was said of a person cannot be; the text says what was expected."""


class Person(Struct, frozen=True, kw_only=True):
    """A person; `managers` are the account managers whose accounts they see, None is everybody's."""

    name: str
    roles: frozenset[str]
    managers: frozenset[str] | None = None
    created_at_ms: int = 0

    def as_caller(self, expires_at_ms: int | None = None) -> Caller:
        """Return the person as whoever makes a request."""
        return Caller(self.name, self.roles, self.managers, expires_at_ms=expires_at_ms)


def packed(names: Iterable[str] | None) -> str | None:
    """Return names as the store keeps them."""
    return None if names is None else "\n".join(sorted(names))


def unpacked(text: str | None) -> frozenset[str] | None:
    """Return names that the store kept."""
    return None if text is None else frozenset(text.split("\n")) if text else frozenset()


def check_roles(roles: Iterable[str], allowed: Iterable[str] = ROLES) -> frozenset[str]:
    """Return roles.

    Raises:
        PersonInvalid: there is none, or one is unknown.
    """
    found = frozenset(roles)
    allowed = [role for role in ROLES if role in frozenset(allowed)]
    unknown = sorted(found - frozenset(allowed))
    if unknown or not found:
        raise PersonInvalid(f"expected roles of {', '.join(allowed)}, received {', '.join(unknown) or 'none'}")
    return found


class People:
    """All people of a store; `hasher` is argon2id with the library's parameters unless given."""

    def __init__(self, store: Store, hasher: PasswordHasher | None = None) -> None:
        self._store = store
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash("nobody has this password")

    def is_empty(self) -> bool:
        """Return whether nobody was set up."""
        return self._store.row("select 1 from people limit 1") is None

    def add(self, name: str, password: str, roles: Iterable[str], managers: Iterable[str] | None = None) -> Person:
        """Add a person.

        Raises:
            PersonInvalid: the name is taken or none, a role is unknown, or the password is too short.
        """
        taken = self._store.row("select 1 from keys where name = ?", name)
        if taken or not _NAME.match(name) or name == "local":
            raise PersonInvalid(f"expected a new name of letters, digits and . @ + - _, received {name!r}")
        given = check_roles(roles, frozenset(ROLES) - _OTHERS_ROLES)
        hashed, now_ms = self._hashed(password), time.time_ns() // 1_000_000
        statement = "insert or ignore into people values (?, ?, ?, ?, ?)"
        scope = packed(managers)
        if not self._store.change(statement, name, hashed, packed(given), scope, now_ms):
            raise PersonInvalid(f"expected a new name, {name!r} is there already")
        return Person(name=name, roles=given, managers=unpacked(scope), created_at_ms=now_ms)

    def all(self) -> list[Person]:
        """Return everybody by name."""
        rows = self._store.rows("select name, roles, managers, created_at_ms from people order by name")
        return [_person(row) for row in rows]

    def find(self, name: str) -> Person | None:
        """Return a person, None if there is none of that name."""
        row = self._store.row("select name, roles, managers, created_at_ms from people where name = ?", name)
        return None if row is None else _person(row)

    def remove(self, name: str) -> bool:
        """Remove a person and end their sessions; return whether there was one."""
        with self._store.transaction():
            self._store.change("delete from sessions where name = ? and kind = 'password'", name)
            return self._store.change("delete from people where name = ?", name) > 0

    def set_password(self, name: str, password: str) -> bool:
        """Give a person another password and end their sessions; return whether there is such a person.

        Raises:
            PersonInvalid: it is too short.
        """
        hashed = self._hashed(password)
        with self._store.transaction():
            self._store.change("delete from sessions where name = ? and kind = 'password'", name)
            return self._store.change("update people set password = ? where name = ?", hashed, name) > 0

    def verify(self, name: str, password: str) -> Person | None:
        """Return the person whose name and password these are, else None; it takes as long for an unknown name."""
        row = self._store.row("select password from people where name = ?", name)
        hashed = self._nobody if row is None else str(row[0])
        try:
            self._hasher.verify(hashed, password[:PASSWORD_MAX])
        except (VerificationError, InvalidHashError):
            return None
        return self.find(name) if row is not None else None

    def _hashed(self, password: str) -> str:
        if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
            raise PersonInvalid(f"expected a password of {PASSWORD_MIN} to {PASSWORD_MAX} characters")
        return self._hasher.hash(password)


def _person(row: tuple[object, ...]) -> Person:
    name, roles, managers, created_at_ms = row
    assert isinstance(roles, str) and isinstance(created_at_ms, int), "the store is strict"
    scope = unpacked(managers if isinstance(managers, str) else None)
    return Person(name=str(name), roles=unpacked(roles) or frozenset(), managers=scope, created_at_ms=created_at_ms)
