"""The log of lessons: labels in the order in which they are learned, chained by hashes as the ledger is.

The weights of a model are a fold of this log. A record counts only if its number and `prev` follow the last one that
counts, so what a second learner wrote by accident is passed over by every reader.
"""

from __future__ import annotations

import hashlib

import msgspec
from msgspec import Raw, Struct

from streams.lesson_order import Label, LabelUnreadable, Triple, read_label

NOTHING = Raw(b"null")
Learned = dict[int, Triple]
"""By partition of `labels`, the place up to which everything is in the log."""


class LessonEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One record of the log: a label as it was published, or with `learned` the end of a day.

    Attributes:
        number: counts the records that count, from 0.
        on: the day of the books.
        prev: SHA-256 of the record before, as stored.
        label: the published bytes.
        learned: at the end of a day, how far each partition of `labels` is learned.
    """

    number: int
    on: str
    prev: str
    label: Raw = NOTHING
    learned: Learned | None = None


class LessonsBroken(ValueError):
    """A record that counts cannot be understood; the text says where and why."""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(LessonEntry)


class LessonLog:
    """Where the log stands: numbers and chains what is to be appended, and tells which records of a log count."""

    def __init__(self) -> None:
        self.number = 0
        self.prev = ""
        self.void = 0

    def write(self, on: str, *, label: Label | None = None, learned: Learned | None = None) -> bytes:
        """Return the next record."""
        raw = NOTHING if label is None else Raw(label.value)
        entry = LessonEntry(number=self.number, on=on, prev=self.prev, label=raw, learned=learned)
        value = _encoder.encode(entry)
        self._go_on(value)
        return value

    def read(self, value: bytes | None) -> LessonEntry | None:
        """Take the next record of a stored log; None for one that does not count."""
        try:
            entry = _decoder.decode(value or b"")
        except msgspec.DecodeError:
            entry = None
        if entry is None or value is None or (entry.number, entry.prev) != (self.number, self.prev):
            self.void += 1
            return None
        self._go_on(value)
        return entry

    def _go_on(self, value: bytes) -> None:
        self.number += 1
        self.prev = hashlib.sha256(value).hexdigest()


def label_of(entry: LessonEntry) -> Label:
    """Return the label in a record that has one.

    Raises:
        LessonsBroken: it cannot be read; a label was read before it was written, so the log is damaged.
    """
    try:
        label = read_label(bytes(entry.label))
    except LabelUnreadable as error:
        raise LessonsBroken(f"lessons/{entry.number}: {error}") from error
    if not isinstance(label, Label):
        raise LessonsBroken(f"lessons/{entry.number}: expected the label of an invoice, received the end of a day")
    return label
