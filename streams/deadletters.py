"""Dead letters: what is known of each, what became of it, and the records that send it in again or dismiss it.

Pure: the commands read and write the topics. A dead letter's id is where its record was read: topic/partition/offset.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, Protocol

import msgspec
from msgspec import Struct

from schemas.facts.desk import DeadLetterDismissed
from streams.message import Message, Origin, message
from streams.topics import short_name

ATTEMPTS_MAX = 5
"""So often one record is sent in again before somebody has to say that it should be."""
MARK = "obligor_"
REDRIVES = "redrives"

State = Literal["open", "sent again", "failed again", "dismissed"]
Headers = tuple[tuple[str, bytes], ...]


class Read(Protocol):
    """A record as kafka-python returns it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Iterable[tuple[str, bytes | None]]


class DeadLetter(Struct, frozen=True):
    """A refused record with its own key, bytes and headers, and why it was refused."""

    id: str
    key: bytes | None
    value: bytes | None
    headers: Headers
    code: str
    path: str
    message: str
    ledger: str
    at_ms: int
    core: str

    @property
    def topic(self) -> str:
        """The source topic's full name."""
        return self.id.rsplit("/", 2)[0]

    @property
    def partition(self) -> int:
        """Where it was read."""
        return int(self.id.rsplit("/", 2)[1])

    @property
    def offset(self) -> int:
        """Where it was read."""
        return int(self.id.rsplit("/", 2)[2])

    @property
    def account_id(self) -> str | None:
        """The account that its key names, if it names one."""
        try:
            return (self.key or b"").decode() or None
        except UnicodeDecodeError:
            return None

    @property
    def redrives(self) -> str | None:
        """The id of the dead letter that this one was meant to mend."""
        found = dict(self.headers).get(REDRIVES)
        return None if found is None else found.decode(errors="replace")


class Known(Struct):
    """All dead letters by id, in the order in which they came, and what became of each."""

    letters: dict[str, DeadLetter]
    states: dict[str, State]
    sent_again: dict[str, int]

    def attempts(self, letter: DeadLetter) -> int:
        """Return how often this record was sent in again, counting those it descends from."""
        return self.sent_again.get(letter.id, 0) + sum(self.sent_again.get(each.id, 0) for each in self.before(letter))

    def before(self, letter: DeadLetter) -> list[DeadLetter]:
        """Return the dead letters that this one was meant to mend, the nearest first."""
        found: list[DeadLetter] = []
        while letter.redrives in self.letters and len(found) < 100:
            letter = self.letters[letter.redrives]
            found.append(letter)
        return found


def read_letters(records: Iterable[Read]) -> dict[str, DeadLetter]:
    """Return the dead letters by id; a repetition of one replaces it, a record that is none is left out."""
    found: dict[str, DeadLetter] = {}
    for record in records:
        letter = read_letter(record)
        if letter is not None:
            found[letter.id] = letter
    return found


def read_letter(record: Read) -> DeadLetter | None:
    """Return what a record of the topic `deadletters` says, or None if it names no source."""
    marks = {name: (value or b"").decode(errors="replace") for name, value in record.headers if name.startswith(MARK)}
    identity = marks.get("obligor_dead_letter", "")
    if identity.count("/") != 2:
        return None
    at_ms = marks.get("obligor_at_ms", "")
    return DeadLetter(
        id=identity,
        key=record.key,
        value=record.value,
        headers=tuple((name, value or b"") for name, value in record.headers if not name.startswith(MARK)),
        code=marks.get("obligor_code", ""),
        path=marks.get("obligor_path", ""),
        message=marks.get("obligor_message", ""),
        ledger=marks.get("obligor_ledger", ""),
        at_ms=int(at_ms) if at_ms.lstrip("-").isdigit() else 0,
        core=marks.get("obligor_core", ""),
    )


def resolve(letters: Mapping[str, DeadLetter], later: Iterable[Read]) -> Known:
    """Return what became of dead letters, from records of the source topics that came after them."""
    known = Known(dict(letters), dict.fromkeys(letters, "open"), {})
    for record in later:
        redriven = _header(record, REDRIVES)
        if redriven in known.states:
            failed = f"{record.topic}/{record.partition}/{record.offset}" in letters
            known.sent_again[redriven] = known.sent_again.get(redriven, 0) + 1
            if known.states[redriven] != "dismissed":
                known.states[redriven] = "failed again" if failed else "sent again"
        dismissed = _dismissed(record)
        if dismissed in known.states:
            known.states[dismissed] = "dismissed"
    return known


def _header(record: Read, wanted: str) -> str:
    return next((value.decode(errors="replace") for name, value in record.headers if name == wanted and value), "")


class _Dismissal(Struct, tag_field="type", tag="dead_letter_dismissed"):
    dead_letter: str


_dismissal = msgspec.json.Decoder(_Dismissal)


def _dismissed(record: Read) -> str:
    if short_name(record.topic) != "desk" or b"dead_letter_dismissed" not in (record.value or b""):
        return ""
    try:
        return _dismissal.decode(record.value or b"").dead_letter
    except msgspec.DecodeError:
        return ""


class Outgoing(Struct, frozen=True):
    """A record to be written to a source topic by its full name."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]
    timestamp_ms: int


def redrive(letter: DeadLetter, timestamp_ms: int, *, value: bytes | None = None, key: bytes | None = None) -> Outgoing:
    """Return the record that sends a dead letter in again, mended if a value or key is given, at its own time."""
    headers = [(name, found) for name, found in letter.headers if name != REDRIVES]
    headers.append((REDRIVES, letter.id.encode()))
    mended = letter.value if value is None else value
    return Outgoing(letter.topic, letter.key if key is None else key, mended, headers, timestamp_ms)


def dismissal(letter: DeadLetter, prefix: str, actor: str, reason: str, now_ms: int) -> Outgoing | None:
    """Return the desk's record that parks an account no longer; None where the letter's key names no account."""
    account_id = letter.account_id
    if account_id is None:
        return None
    fact = DeadLetterDismissed(account_id=account_id, dead_letter=letter.id, actor=actor, reason=reason)
    fact_id = f"dead_letter_dismissed-{letter.id}"
    return as_outgoing(
        message("desk", fact, timestamp_ms=now_ms, origin=Origin("obligor-cli"), fact_id=fact_id), prefix
    )


def as_outgoing(said: Message, prefix: str) -> Outgoing:
    """Return a message as a record under its topic's full name."""
    key = None if said.key is None else said.key.encode()
    return Outgoing(f"{prefix}.{said.topic_name}.v1", key, said.value, list(said.headers), said.timestamp_ms)


def describe(letter: DeadLetter, known: Known) -> dict[str, Any]:
    """Return everything about a dead letter for a program or a person."""
    value = letter.value
    return {
        "id": letter.id,
        "state": known.states[letter.id],
        "attempts": known.attempts(letter),
        "account_id": letter.account_id,
        "key": None if letter.key is None else letter.key.decode(errors="backslashreplace"),
        "code": letter.code,
        "path": letter.path,
        "message": letter.message,
        "ledger": letter.ledger,
        "at_ms": letter.at_ms,
        "core": letter.core,
        "redrives": letter.redrives,
        "headers": {name: found.decode(errors="backslashreplace") for name, found in letter.headers},
        "size_bytes": None if value is None else len(value),
        "value": None if value is None else value[:20_000].decode(errors="backslashreplace"),
    }
