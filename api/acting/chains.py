"""Telling valid from void records in a part of a ledger partition, without its beginning.

A record is valid if its `seq` and `prev` follow the last valid one. Whoever starts in the middle takes the records
that are there already for a while and then holds to the chain that goes furthest: what a second writer leaves behind
ends, while the valid chain goes on.
"""

from __future__ import annotations

import hashlib

import msgspec
from msgspec import Struct

from schemas.ledger import GENESIS, Entry, decode_entry

Read = tuple[int, Entry, str]
"""A record with its offset and its hash."""


class _Link(Struct, frozen=True, gc=False):
    offset: int
    entry: Entry
    before: str


class ChainTail:
    """Takes the records of one partition in log order; `begins_at_start`: the first one is the first of all."""

    def __init__(self, *, begins_at_start: bool) -> None:
        self._seq, self._prev = 0, GENESIS
        self._is_settled = begins_at_start
        self._links: dict[str, _Link] = {}

    def take(self, offset: int, value: bytes | None) -> list[Read]:
        """Return the records that are now known to be valid, in order."""
        entry = _decode(value)
        if entry is None:
            return []
        own = hashlib.sha256(value or b"").hexdigest()
        if not self._is_settled:
            self._links.setdefault(own, _Link(offset, entry, entry.prev))
            return []
        if entry.seq != self._seq or entry.prev != self._prev:
            return []
        self._seq, self._prev = entry.seq + 1, own
        return [(offset, entry, own)]

    def settle(self) -> list[Read]:
        """Hold from now on to the chain that goes furthest; return its records."""
        if self._is_settled:
            return []
        self._is_settled = True
        links, self._links = self._links, {}
        if not links:
            return []
        tip = max(links, key=lambda found: (links[found].entry.seq, -links[found].offset))
        self._seq, self._prev = links[tip].entry.seq + 1, tip
        found: list[Read] = []
        own = tip
        while own in links:
            link = links[own]
            found.append((link.offset, link.entry, own))
            own = link.before
        return found[::-1]


def _decode(value: bytes | None) -> Entry | None:
    try:
        return decode_entry(value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
