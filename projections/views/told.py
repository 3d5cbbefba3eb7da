"""One ledger record as the folds of the views see it."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from schemas.decisions import AnyDecision, Decision
from schemas.ledger import Entry


class Said(Struct, gc=False):
    """What views read of a fact beside what the core keeps; whatever it does not say is None."""

    type: str = ""
    order_id: str | None = None
    invoice_id: str | None = None
    payment_id: str | None = None
    credit_note_id: str | None = None
    bill_id: str | None = None
    document_no: str | None = None
    customer_id: str | None = None
    actor: str | None = None
    reason: str | None = None
    approved_by: str | None = None
    event: str | None = None
    dead_letter: str | None = None


class Told(Struct, gc=False):
    """A ledger record that has just taken effect, with the account as it is now; `at_ms` never falls for an account."""

    entry: Entry
    offset: int
    value: bytes
    record_hash: str
    said: Said
    decisions: list[AnyDecision]
    partition: int
    at_ms: int

    def place(self, n: int = 0) -> str:
        """Return the place of a decision as epoch/partition/seq/n."""
        return f"{self.entry.epoch}/{self.partition}/{self.entry.seq}/{n}"


_decode = msgspec.json.Decoder(Said).decode
_NOTHING = Said()


def said_in(entry: Entry) -> Said:
    """Return what a record's fact says; nothing where it is no fact."""
    try:
        return _decode(entry.fact)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _NOTHING


def tag_of(decision: Decision) -> str:
    """Return a decision's type as it is published."""
    return str(type(decision).__struct_config__.tag)
