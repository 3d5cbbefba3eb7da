"""Walking a ledger partition: which records are valid, which are void, and whether any can no longer be reached.

A record is valid if its `seq` and `prev` follow the last valid one. What a second writer left behind is void and does
no harm: it starts from a valid record, and nothing of it was ever published. Records that start from nothing that is
there, with none valid after them, mean that the ledger was changed, cut or reordered.
"""

from __future__ import annotations

import hashlib

import msgspec
from msgspec import Struct

from schemas.ledger import GENESIS, Entry, decode_entry

_HASH_BYTES = 32


class Void(Struct, frozen=True):
    """A record that every reader skips, and why; `seq` is None where it is no ledger record."""

    offset: int
    seq: int | None
    why: str


class Break(Struct, frozen=True):
    """A place where the chain does not hold."""

    offset: int
    seq: int | None
    message: str


class ChainWalk:
    """Takes a partition's records in log order and keeps the hashes of the valid ones.

    Args:
        log_start: the partition's first offset that is still there; anything but 0 is a cut.
        listed_max: so many void records are kept for listing; all are counted.
    """

    def __init__(self, log_start: int = 0, listed_max: int = 1_000) -> None:
        self.seq = 0
        self.prev = GENESIS
        self.last_offset = -1
        self.void_count = 0
        self.voids: list[Void] = []
        self.breaks: list[Break] = []
        self._listed_max = listed_max
        self._hashes = bytearray()
        self._branches: dict[bytes, int] = {}
        self._unreached: Break | None = None
        if log_start > 0:
            message = f"the ledger is cut: expected its first record at offset 0, the log starts at {log_start}"
            self.breaks.append(Break(log_start, None, message))

    def take(self, offset: int, value: bytes | None) -> Entry | None:
        """Return the record if it is the next valid one, else None."""
        try:
            entry = decode_entry(value or b"")
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self._skip(Void(offset, None, f"no ledger record: {error}"))
            return None
        if entry.seq == self.seq and entry.prev == self.prev:
            self._link(offset, value or b"")
            return entry
        self._judge(offset, entry, hashlib.sha256(value or b"").digest())
        return None

    def _link(self, offset: int, value: bytes) -> None:
        linked = hashlib.sha256(value)
        self._hashes += linked.digest()
        self.prev = linked.hexdigest()
        self.seq += 1
        self.last_offset = offset
        self._unreached = None

    def _judge(self, offset: int, entry: Entry, record_hash: bytes) -> None:
        fork = self._fork_of(entry)
        if fork is None:
            self._skip(Void(offset, entry.seq, "follows no record that is there"))
            if entry.seq >= self.seq and self._unreached is None:
                self._unreached = Break(offset, entry.seq, self._expected(entry))
        elif self._hash_at(entry.seq) == record_hash:
            self._skip(Void(offset, entry.seq, "repeats a valid record"))
        else:
            self._branches[record_hash] = fork
            self._skip(Void(offset, entry.seq, f"another writer's, from seq {fork} on"))
            if entry.published >= fork:
                message = f"seq {entry.seq} is void and says that seq {fork} to {entry.published} of its own were "
                self.breaks.append(Break(offset, entry.seq, message + "published: a record was put in before them"))

    def _fork_of(self, entry: Entry) -> int | None:
        """Return the seq at which a record's branch left the valid chain, None for a record that hangs in the air."""
        if not entry.seq >= 0 or len(entry.prev) != 2 * _HASH_BYTES:
            return None
        try:
            prev = bytes.fromhex(entry.prev)
        except ValueError:
            return None
        before = bytes(_HASH_BYTES) if entry.seq == 0 else self._hash_at(entry.seq - 1)
        return entry.seq if prev == before else self._branches.get(prev)

    def _hash_at(self, seq: int) -> bytes | None:
        start = seq * _HASH_BYTES
        return bytes(self._hashes[start : start + _HASH_BYTES]) if start < len(self._hashes) else None

    def _expected(self, entry: Entry) -> str:
        if entry.seq == self.seq:
            return f"seq {entry.seq} follows and its prev does not: expected {self.prev}, received {entry.prev}"
        return f"expected seq {self.seq}, received {entry.seq}; no valid record comes after it"

    def _skip(self, void: Void) -> None:
        self.void_count += 1
        if len(self.voids) < self._listed_max:
            self.voids.append(void)

    def record_hash(self, seq: int) -> str | None:
        """Return the hash of a valid record, None for one that is not there."""
        found = self._hash_at(seq) if seq >= 0 else None
        return None if found is None else found.hex()

    def finish(self) -> list[Break]:
        """Return every break, once the last record was taken."""
        return [*self.breaks, *([self._unreached] if self._unreached else [])]
