"""What the ledger says must be published, compared with what an output topic holds.

Readers drop what is not above the highest (epoch, seq, n) they have seen of a partition, so a repetition is harmless,
and what comes late is lost to them: the comparison does as they do.
"""

from __future__ import annotations

from array import array

from msgspec import Struct, json

from schemas.decisions import AnyDecision
from schemas.ledger import Entry
from schemas.publication import topic_of

CHECKED_TOPICS = ("decisions", "alerts", "labels", "deadletters")
_IDENTITY_BYTES = 12
Headers = list[tuple[str, bytes]]


class Due(Struct):
    """What one output partition must hold, in ledger order: places as three numbers each, and the identities."""

    places: array  # type: ignore[type-arg]
    identities: bytearray

    def __len__(self) -> int:
        return len(self.places) // 3

    def place(self, number: int) -> tuple[int, int, int]:
        """Return (epoch, seq, n) of the so-manieth publication."""
        epoch, seq, n = self.places[3 * number : 3 * number + 3]
        return epoch, seq, n

    def identity(self, number: int) -> str:
        """Return the identity that it must have."""
        start = number * _IDENTITY_BYTES
        return f"{self.identities[start : start + _IDENTITY_BYTES].hex()}-{self.places[3 * number + 2]}"


class _Ledger(Struct, frozen=True):
    epoch: int
    seq: int
    n: int


class _Decision(Struct, frozen=True):
    decision_id: str
    ledger: _Ledger


_read = json.Decoder(_Decision).decode


class DuePublications:
    """Everything that a ledger partition must have published."""

    def __init__(self) -> None:
        self.due = {name: Due(array("q"), bytearray()) for name in CHECKED_TOPICS}
        self.published = -1
        self.epoch_starts: dict[int, int] = {}

    def note(self, entry: Entry, decisions: list[AnyDecision], record_hash: str) -> None:
        """Take a valid ledger record."""
        self.published = max(self.published, entry.published)
        self.epoch_starts.setdefault(entry.epoch, entry.seq)
        for n, decision in enumerate(decisions):
            name = topic_of(decision, entry.effect)
            if name is not None:
                due = self.due[name]
                due.places.extend((entry.epoch, entry.seq, n))
                due.identities += bytes.fromhex(record_hash[: 2 * _IDENTITY_BYTES])


class OutputWalk:
    """Takes the records of one output partition in log order and tells what is wrong with them.

    Args:
        name: the output topic, without prefix and version.
        due: what it must hold.
        published: the seq up to which the ledger says that everything is acknowledged.
        last_seq: the last valid seq of the ledger.
        epoch_starts: the seq of the first record of each epoch; what an earlier epoch published from there on was
            lost to the ledger, and somebody has accepted that.
    """

    def __init__(
        self, name: str, due: Due, published: int, last_seq: int, epoch_starts: dict[int, int] | None = None
    ) -> None:
        self.name = name
        self.repeated = 0
        self.lost = 0
        self._epoch_starts = epoch_starts or {}
        self.problems: list[tuple[int, str]] = []
        self.newer = 0
        self._due = due
        self._published = published
        self._last_seq = last_seq
        self._next = 0
        self._highest = (-1, -1, -1)

    def feed(self, offset: int, value: bytes | None, headers: Headers, *, may_be_newer: bool = False) -> None:
        """Take the next record; one that may be newer than the ledger that was read is not held against it."""
        found = place_of(self.name, value, headers)
        if found is None:
            self.problems.append((offset, "expected a place in the ledger, received none that can be read"))
            return
        place, identity = found
        if place <= self._highest:
            self.repeated += 1
        elif place[1] >= self._epoch_starts.get(place[0] + 1, place[1] + 1):
            self.lost += 1
            self._highest = place
        elif place[1] > self._last_seq:
            self._beyond(offset, place, may_be_newer=may_be_newer)
        else:
            self._highest = place
            self._match(offset, place, identity)

    def _beyond(self, offset: int, place: tuple[int, int, int], *, may_be_newer: bool) -> None:
        if may_be_newer:
            self.newer += 1
            return
        self._highest = place
        text = f"seq {place[1]} was published and the ledger ends at seq {self._last_seq}"
        self.problems.append((offset, text))

    def _match(self, offset: int, place: tuple[int, int, int], identity: str | None) -> None:
        while self._next < len(self._due) and self._due.place(self._next) < place:
            self._miss(offset)
        if self._next == len(self._due) or self._due.place(self._next) != place:
            self.problems.append((offset, f"seq {place[1]} decision {place[2]} is published and the ledger has none"))
            return
        expected = self._due.identity(self._next)
        if identity is not None and identity != expected:
            text = f"seq {place[1]} decision {place[2]}: expected identity {expected}, received {identity}"
            self.problems.append((offset, text))
        self._next += 1

    def _miss(self, offset: int) -> None:
        epoch, seq, n = self._due.place(self._next)
        text = f"seq {seq} decision {n} of epoch {epoch} is not published before offset {offset}, where later ones are"
        self.problems.append((offset, text))
        self._next += 1

    def finish(self) -> int:
        """Return how many publications nobody claims to be acknowledged yet; the others that miss are problems."""
        not_yet = 0
        for number in range(self._next, len(self._due)):
            _, seq, n = self._due.place(number)
            if seq <= self._published:
                self.problems.append((-1, f"seq {seq} decision {n} is not published, and the ledger says it is"))
            else:
                not_yet += 1
        return not_yet


def place_of(name: str, value: bytes | None, headers: Headers) -> tuple[tuple[int, int, int], str | None] | None:
    """Return (epoch, seq, n) and the identity of a published record; None if it has none."""
    try:
        if name == "deadletters":
            epoch, _, seq, n = dict(headers)["obligor_ledger"].decode().split("/")
            return (int(epoch), int(seq), int(n)), None
        found = _read(value or b"")
        return (found.ledger.epoch, found.ledger.seq, found.ledger.n), found.decision_id
    except (ValueError, KeyError):
        return None
