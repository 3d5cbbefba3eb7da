"""The access log: who read which dossier, took which export, looked into the ledger or at this log itself.

It is appended to before the answer is given, it cannot be turned off, and each entry carries the digest of the one
before it, so that an entry that was changed or taken out shows.
"""

from __future__ import annotations

import hashlib

import msgspec
from msgspec import Struct

from api.access.sessions import now_ms
from api.access.store import Store

RECORDED = frozenset({"read_dossier", "read_ledger", "export", "read_access_log", "manage_people", "manage_keys"})
"""Permissions whose use is recorded."""
_GENESIS = "0" * 64
_encode = msgspec.json.Encoder().encode


class Recorded(Struct, frozen=True, kw_only=True):
    """What somebody did: the permission that was used, what was asked for, and for which account."""

    actor: str
    did: str
    path: str
    query: str = ""
    account_id: str | None = None
    address: str | None = None


class LogEntry(Struct, frozen=True, kw_only=True):
    """An entry with its number and time."""

    number: int
    at_ms: int
    access: Recorded
    digest: str


class AccessLog:
    """The log in a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def append(self, access: Recorded) -> None:
        """Write down what somebody is about to be given."""
        entry, now = _encode(access).decode(), now_ms()
        with self._store.transaction():
            last = self._store.row("select number, digest from access_log order by number desc limit 1")
            number, prev = (0, _GENESIS) if last is None else (last[0] + 1, last[1])
            chained = _digest(number, now, entry, prev)
            self._store.change("insert into access_log values (?, ?, ?, ?, ?)", number, now, entry, prev, chained)

    def entries(
        self, *, before: int | None = None, limit: int = 100, actor: str | None = None, account_id: str | None = None
    ) -> list[LogEntry]:
        """Return entries below a number, newest first."""
        rows = self._store.rows(
            "select number, at_ms, entry, digest from access_log where (?1 is null or number < ?1)"
            " and (?2 is null or json_extract(entry, '$.actor') = ?2)"
            " and (?3 is null or json_extract(entry, '$.account_id') = ?3) order by number desc limit ?4",
            before,
            actor,
            account_id,
            limit,
        )
        return [
            LogEntry(number=number, at_ms=at_ms, access=msgspec.json.decode(entry, type=Recorded), digest=chained)
            for number, at_ms, entry, chained in rows
        ]

    def broken_at(self) -> int | None:
        """Return the number of the first entry that is not what was written, None if all are."""
        expected, prev = 0, _GENESIS
        for number, at_ms, entry, told, chained in self._store.rows(
            "select number, at_ms, entry, prev, digest from access_log order by number"
        ):
            if number != expected or told != prev or chained != _digest(number, at_ms, entry, prev):
                return expected
            expected, prev = number + 1, chained
        return None


def _digest(number: int, at_ms: int, entry: str, prev: str) -> str:
    return hashlib.sha256(f"{number}\n{at_ms}\n{entry}\n{prev}".encode()).hexdigest()
