"""Lines of the views over stored rows: changed in memory, written together with the position they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

import msgspec

from projections.store import Rows
from projections.views.lines import ACTIVE, BY_TIME, END, LINES, Line, newest_first

CACHED_LINES = 50_000
_encode = msgspec.msgpack.Encoder().encode
_DECODERS: dict[str, Any] = {kind: msgspec.msgpack.Decoder(shape).decode for kind, (_, shape) in LINES.items()}
L = TypeVar("L", bound=Line)


class Shelf:
    """Lines by kind and place; what changed since `written` is in `changes`.

    Scans show what is written only.
    """

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self._lines: dict[bytes, Any] = {}
        self._changed: dict[bytes, Any] = {}

    def get(self, kind: str, place: bytes) -> Any | None:
        """Return a line, or None."""
        key = LINES[kind][0] + place
        if key in self._changed:
            return self._changed[key]
        found = self._lines.get(key)
        if found is None:
            stored = self.rows.get(key)
            if stored is None:
                return None
            found = self._lines[key] = _DECODERS[kind](stored)
        return found

    def put(self, kind: str, place: bytes, line: Line) -> None:
        """Add or replace a line."""
        key = LINES[kind][0] + place
        self._lines[key] = self._changed[key] = line

    def append(self, kind: str, place: bytes, line: Line) -> None:
        """Add a line that nobody will ask for before it is written."""
        self._changed[LINES[kind][0] + place] = _encode(line)

    def mark(self, key: bytes, value: bytes = b"") -> None:
        """Add an entry that is no line."""
        self._changed[key] = value

    def unmark(self, key: bytes) -> None:
        """Remove an entry that is no line."""
        self._changed[key] = None

    def scan(self, kind: str, start: bytes = b"", end: bytes | None = None) -> Iterator[tuple[bytes, Any]]:
        """Yield the written lines of a kind whose place is from `start` up to, not including, `end`."""
        prefix = LINES[kind][0]
        decode = _DECODERS[kind]
        for key, value in self.rows.scan(prefix + start, prefix + (END if end is None else end)):
            yield key[2:], decode(value)

    def changes(self) -> list[tuple[bytes, bytes | None]]:
        """Return everything that changed since `written`."""
        return [
            (key, value if value is None or type(value) is bytes else _encode(value))
            for key, value in self._changed.items()
        ]

    def written(self) -> None:
        """Say that `changes` are stored; trims what is kept in memory."""
        self._changed.clear()
        if len(self._lines) > CACHED_LINES:
            kept = list(self._lines.items())
            self._lines = dict(kept[len(kept) // 2 :])


class Worklist(Generic[L]):
    """Lines of one kind of which the open ones are held in memory, and all others indexed by state and time."""

    def __init__(self, shelf: Shelf, kind: str, open_states: frozenset[str]) -> None:
        self.shelf = shelf
        self.kind = kind
        self.open_states = open_states
        self.open: dict[bytes, L] = {}
        letter = LINES[kind][0][1:]
        self._active = ACTIVE + letter
        self._by_time = BY_TIME + letter
        for key, _ in shelf.rows.scan(self._active, self._active + END):
            line = shelf.get(kind, key[3:])
            assert line is not None, f"a marked {kind} is not there"
            self.open[key[3:]] = line

    def get(self, place: bytes) -> L | None:
        """Return a line, open or not."""
        return self.open.get(place) or self.shelf.get(self.kind, place)

    def put(self, place: bytes, line: L, before: tuple[str, int] | None) -> None:
        """Keep a line; `before` is the state it was in and since when, None for a new one."""
        state, since_ms = line.state, line.since_ms  # type: ignore[union-attr]
        if before is not None and before[0] not in self.open_states and before != (state, since_ms):
            self.shelf.unmark(self._index_key(*before) + place)
        if state in self.open_states:
            if place not in self.open:
                self.shelf.mark(self._active + place)
            self.open[place] = line
        else:
            if self.open.pop(place, None) is not None:
                self.shelf.unmark(self._active + place)
            if before != (state, since_ms):
                self.shelf.mark(self._index_key(state, since_ms) + place)
        self.shelf.put(self.kind, place, line)

    def _index_key(self, state: str, since_ms: int) -> bytes:
        return self._by_time + state.encode() + b"\x00" + newest_first(since_ms)

    def newest(self, state: str, after: bytes = b"") -> Iterator[tuple[bytes, L]]:
        """Yield the lines in a state that is not an open one, the last changed first, with their places in the index.

        `after` is such a place: what follows it is yielded.
        """
        prefix = self._by_time + state.encode() + b"\x00"
        start = prefix + after + b"\x00" if after else prefix
        for key, _ in self.shelf.rows.scan(start, prefix + END):
            line = self.get(key[len(prefix) + 8 :])
            if line is not None:
                yield key[len(prefix) :], line
