"""What became of facts, as the ledger says: waited for and found by id; and what changed since somebody looked.

Pure: `ledger_tail` reads the ledger and gives it the valid records.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import Raw, Struct

from api.answers.acting import LedgerPlace
from schemas.ledger import Entry, decode_decisions, decode_entry, digest, written_at
from schemas.publication import Origin, publish_decision, topic_of

PLACES_KEPT = 200_000
"""So many facts are found again by their id, and by where they were written."""
ACCOUNTS_KEPT = 20_000
CHANGES_KEPT = 50
"""So many changes of an account are remembered; who saw less than these has to look again."""


class Outcome(Struct, frozen=True, kw_only=True):
    """What the ledger says of a fact.

    `refusal` is the reason code of a refusal, `message` says more of it. `waits_for` names the document (`kind`, `id`)
    that a fact waits for. `decisions` are those that followed: as published, or as in the ledger where they stay there.
    """

    outcome: Literal["accepted", "refused"]
    fact_id: str
    account_id: str | None
    refusal: str | None
    message: str | None
    waits_for: dict[str, str] | None
    ledger: LedgerPlace
    at_ms: int
    decisions: list[Raw]
    fact: Raw


class _Told(Struct, gc=False):
    """What of a decision tells whether it concerns a command."""

    type: str
    order_id: str | None = None
    alert_id: str | None = None
    approval_id: str | None = None
    code: str | None = None
    path: str = ""
    message: str | None = None
    kind: str = ""
    id: str = ""

    @property
    def subject(self) -> str | None:
        """Return the document that it is about."""
        return self.order_id or self.alert_id or self.approval_id


class Change(Struct, frozen=True, gc=False):
    """A decision that may matter to somebody who looked before it; `subject` is an order, alert or request."""

    seq: int
    type: str
    subject: str | None


_read_told = msgspec.json.Decoder(list[_Told]).decode
_encode = msgspec.json.Encoder().encode


def outcome_of(partition: int, entry: Entry, record_hash: str) -> Outcome:
    """Return what a ledger record says of its fact."""
    told = _read_told(entry.decisions)
    refused = told[0] if told and told[0].type == "fact_rejected" and told[0].path != "waited" else None
    waits = next((each for each in told if each.type == "fact_waits"), None)
    return Outcome(
        outcome="accepted" if refused is None else "refused",
        fact_id=entry.fact_id,
        account_id=entry.account_id,
        refusal=None if refused is None else refused.code,
        message=None if refused is None else refused.message,
        waits_for=None if waits is None else {"kind": waits.kind, "id": waits.id},
        ledger=LedgerPlace(partition, entry.seq),
        at_ms=entry.at_ms,
        decisions=_as_published(partition, entry, record_hash),
        fact=entry.fact,
    )


def _as_published(partition: int, entry: Entry, record_hash: str) -> list[Raw]:
    """The same bytes as on the output topics, so that a decision is one thing wherever it is read."""
    place = (entry.epoch, partition, entry.seq, record_hash, entry.account_id)
    origin = Origin(*place, entry.effect, entry.policy_id, entry.at_ms)
    found = []
    for n, decision in enumerate(decode_decisions(entry.decisions)):
        topic = topic_of(decision, entry.effect)
        if topic in ("decisions", "alerts"):
            found.append(Raw(publish_decision(decision, origin, n, topic).value or b""))
        else:
            found.append(Raw(_encode(decision)))
    return found


class Outcomes:
    """The newest part of the ledger, by fact and by account."""

    def __init__(self) -> None:
        self.newest_at_ms = 0
        self._places: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._waiting: dict[str, set[asyncio.Future[Outcome]]] = {}
        self._changes: OrderedDict[str, tuple[int, deque[Change]]] = OrderedDict()
        self._first_seqs: dict[int, int] = {}

    def begin(self) -> None:
        """Forget which changes there were: the ledger is read again from somewhere later."""
        self._changes.clear()
        self._first_seqs.clear()

    def take(self, partition: int, offset: int, entry: Entry, record_hash: str) -> None:
        """Take the next valid record of a ledger partition in."""
        self._first_seqs.setdefault(partition, entry.seq)
        self.newest_at_ms = max(self.newest_at_ms, entry.at_ms)
        self._note_changes(partition, entry)
        if entry.source.index or entry.control_no is not None:
            return
        written = written_at(entry.source.topic, entry.source.partition, entry.source.offset)
        for name in (entry.fact_id, written) if entry.fact_id else (written,):
            self._places.setdefault(name, (partition, offset))
            waiting = self._waiting.pop(name, None)
            if waiting:
                outcome = outcome_of(partition, entry, record_hash)
                for future in waiting:
                    if not future.done():
                        future.set_result(outcome)
        while len(self._places) > 2 * PLACES_KEPT:
            self._places.popitem(last=False)

    def place(self, name: str) -> tuple[int, int] | None:
        """Return partition and offset of a fact's ledger record, or None if it is not among the newest.

        Args:
            name: the fact's id, of which the first record counts, or where it was written (`written_at`).
        """
        return self._places.get(name)

    async def wait(self, names: Sequence[str], seconds: float) -> Outcome | None:
        """Return what becomes of a fact that is not in the ledger yet, or None if nothing does in time.

        Whatever the ledger says after this was called is not missed.
        """
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        for name in names:
            self._waiting.setdefault(name, set()).add(future)
        try:
            async with asyncio.timeout(seconds):
                return await future
        except TimeoutError:
            return None
        finally:
            for name in names:
                waiting = self._waiting.get(name, set())
                waiting.discard(future)
                if not waiting:
                    self._waiting.pop(name, None)

    def changes_since(self, account_id: str, seen: LedgerPlace) -> list[Change] | None:
        """Return what was decided on an account after a place, or None if that is too long ago to say."""
        first = self._first_seqs.get(seen.partition)
        if first is None or seen.seq + 1 < first:
            return None
        _, known = self._changes.get(account_id, (0, deque()))
        if len(known) == CHANGES_KEPT and known[0].seq > seen.seq + 1:
            return None
        return [change for change in known if change.seq > seen.seq]

    def _note_changes(self, partition: int, entry: Entry) -> None:
        if entry.account_id is None or bytes(entry.decisions) == b"[]":
            return
        found = self._changes.get(entry.account_id)
        if found is None:
            found = self._changes[entry.account_id] = (partition, deque(maxlen=CHANGES_KEPT))
        self._changes.move_to_end(entry.account_id)
        found[1].extend(Change(entry.seq, told.type, told.subject) for told in _read_told(entry.decisions))
        if len(self._changes) > ACCOUNTS_KEPT:
            forgotten, changes = self._changes.popitem(last=False)[1]
            self._first_seqs[forgotten] = max(self._first_seqs[forgotten], changes[-1].seq + 1)


def read_outcome(partition: int, value: bytes) -> Outcome:
    """Return what the bytes of a ledger record say."""
    return outcome_of(partition, decode_entry(value), digest(value))


def is_same(outcome: Outcome, value: bytes | None) -> bool:
    """Return whether a fact in the ledger is the one in these bytes."""
    return value is not None and bool(msgspec.json.decode(outcome.fact) == msgspec.json.decode(value))
