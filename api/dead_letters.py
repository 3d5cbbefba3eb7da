"""Dead letters as the topic has them, and what became of each as the ledger says."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Protocol, cast

from api.answers.status import DeadLetterRow, LetterState
from projections.views.lines import LetterLine
from projections.views.partition_view import PartitionView

KEPT_MAX = 10_000
_VALUE_MAX = 20_000
_MARK = "obligor_"


class Read(Protocol):
    """A record of the topic."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Iterable[tuple[str, bytes | None]]


class DeadLetters:
    """The newest dead letters by id, in the order in which they came; a repetition replaces the one it repeats."""

    def __init__(self) -> None:
        self._rows: OrderedDict[str, DeadLetterRow] = OrderedDict()

    def take(self, record: Read) -> None:
        """Keep a record of the topic, unless it names no source."""
        row = read_letter(record)
        if row is None:
            return
        self._rows.pop(row.id, None)
        self._rows[row.id] = row
        if len(self._rows) > KEPT_MAX:
            self._rows.popitem(last=False)

    def rows(self) -> list[DeadLetterRow]:
        """Return what is kept, newest first, each open as far as the topic alone says."""
        return list(reversed(self._rows.values()))


def read_letter(record: Read) -> DeadLetterRow | None:
    """Return what a record of the topic says, None for one that names no source."""
    headers = {name: (value or b"").decode(errors="backslashreplace") for name, value in record.headers}
    marks = {name.removeprefix(_MARK): text for name, text in headers.items() if name.startswith(_MARK)}
    identity, at_ms = marks.get("dead_letter", ""), marks.get("at_ms", "")
    if identity.count("/") != 2:
        return None
    value = record.value
    return DeadLetterRow(
        id=identity,
        partition=record.partition,
        offset=record.offset,
        state="open",
        account_id=_account_id(record.key),
        key=None if record.key is None else record.key.decode(errors="backslashreplace"),
        code=marks.get("code", ""),
        path=marks.get("path", ""),
        message=marks.get("message", ""),
        at_ms=int(at_ms) if at_ms.lstrip("-").isdigit() else 0,
        ledger=marks.get("ledger", ""),
        redrives=headers.get("redrives"),
        headers={name: text for name, text in headers.items() if not name.startswith(_MARK)},
        size_bytes=None if value is None else len(value),
        value=None if value is None else value[:_VALUE_MAX].decode(errors="backslashreplace"),
    )


def _account_id(key: bytes | None) -> str | None:
    try:
        return (key or b"").decode() or None
    except UnicodeDecodeError:
        return None


def state_of(letter_id: str, parts: Iterable[PartitionView]) -> LetterState:
    """Return what became of a dead letter: dismissed, or sent in again with or without success, else open."""
    found = "open"
    for part in parts:
        line: LetterLine | None = part.shelf.get("letter", letter_id.encode())
        if line is not None and found != "dismissed":
            found = line.state
    return cast(LetterState, found)
