"""Where people, keys, sessions and the access log are kept: one SQLite file that every api process of a host shares.

Tokens are kept as digests: whoever reads the file can log in as nobody. Passwords are argon2id.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_BUSY_SECONDS = 10.0
_SCHEMA = """
create table if not exists people (
    name text primary key, password text, roles text not null, managers text, created_at_ms integer not null
) strict;
create table if not exists keys (
    key_id text primary key, digest text not null, name text not null unique, roles text not null, scopes text,
    managers text, created_at_ms integer not null, expires_at_ms integer, used_at_ms integer, sources text
) strict;
create table if not exists sessions (
    digest text primary key, name text not null, kind text not null, roles text not null, managers text,
    created_at_ms integer not null, expires_at_ms integer not null
) strict;
create table if not exists links (digest text primary key, expires_at_ms integer not null) strict;
create table if not exists logins (
    digest text primary key, verifier text not null, nonce text not null, expires_at_ms integer not null
) strict;
create table if not exists access_log (
    number integer primary key, at_ms integer not null, entry text not null, prev text not null, digest text not null
) strict;
create trigger if not exists access_log_is_not_altered before update on access_log
    begin select raise(abort, 'the access log is only appended to'); end;
create trigger if not exists access_log_is_not_cut before delete on access_log
    begin select raise(abort, 'the access log is only appended to'); end;
"""


def digest(token: str) -> str:
    """Return what is kept of a token; tokens are random and long, so that nothing slower is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


class Store:
    """The file, opened by this process; without a path it is in memory, for tests and a machine that is trusted."""

    def __init__(self, path: Path | None = None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            path.chmod(0o600)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            path or ":memory:", timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = normal")
        self._connection.executescript(_SCHEMA)
        self._add_column("keys", "sources", "text")

    def _add_column(self, table: str, name: str, kind: str) -> None:
        """A file of an earlier version lacks it; another process may be adding it too."""
        with self.transaction():
            if not self.row("select 1 from pragma_table_info(?) where name = ?", table, name):
                self.change(f"alter table {table} add column {name} {kind}")

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def row(self, query: str, *values: Any) -> tuple[Any, ...] | None:
        """Return the first row that a query finds, None without any."""
        found = self.rows(query, *values)
        return found[0] if found else None

    def change(self, statement: str, *values: Any) -> int:
        """Run a statement and return how many rows it changed."""
        with self._lock:
            return self._connection.execute(statement, values).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run several statements as one; no other process writes meanwhile."""
        with self._lock:
            self._connection.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._connection.execute("rollback")
                raise
            self._connection.execute("commit")

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._connection.close()
