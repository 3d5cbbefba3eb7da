"""An account's past: every ledger record about it, where each fact is, markers for its chart, how it was judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from projections.views.lines import (
    END,
    OWNER,
    EventLine,
    FactLine,
    LetterLine,
    NumberLine,
    ScoreLine,
    TrailLine,
    newest_first,
    number_key,
    place_of,
)
from projections.views.shelf import Shelf
from projections.views.told import Told, tag_of
from schemas.decisions import (
    AccountScored,
    AlertEscalated,
    AlertRaised,
    AmountWrittenOff,
    AnyDecision,
    FactRejected,
    GradeChanged,
    LimitChanged,
    LimitProposed,
    MeasureTaken,
    OrderBlocked,
    OrderReferred,
    PromiseSettled,
    StatusChanged,
)
from schemas.ledger import Source, decode_entry, digest, written_at
from schemas.publication import topic_of

EVENT_TYPES: Mapping[type, Callable[[Any], str]] = {
    LimitChanged: lambda found: "unlimited" if found.unlimited else str(found.limit_minor),
    StatusChanged: lambda found: found.status,
    GradeChanged: lambda found: found.grade,
    MeasureTaken: lambda found: "ended" if found.ended else found.does,
    PromiseSettled: lambda found: found.outcome,
    AmountWrittenOff: lambda found: str(found.amount_minor),
    OrderBlocked: lambda found: str(found.amount_minor),
    OrderReferred: lambda found: str(found.amount_minor),
    AlertRaised: lambda found: found.level,
    AlertEscalated: lambda found: found.level,
}
"""The decisions that are worth a marker, and what each says."""
DISMISSED = "dismissed"
_EVENT_FACTS = frozenset({"adverse_event_reported", "payment_reversed", "bill_dishonoured", "account_reviewed"})
_FACT_KEY_BYTES = 16
_SUBJECTS = ("order_id", "invoice_id", "promise_id", "cause", "measure")


def fold_trail(shelf: Shelf, told: Told) -> None:
    """Keep a record under its account, and whose it is under its number."""
    entry = told.entry
    account_id = entry.account_id or ""
    count = sum(is_told(found) for found in told.decisions)
    line = TrailLine(told.offset, told.said.type, count, told.value)
    shelf.append("trail", place_of(account_id) + newest_first(entry.seq), line)
    shelf.mark(OWNER + number_key(entry.seq), account_id.encode())


def fold_facts(shelf: Shelf, told: Told) -> None:
    """Keep where a fact's record is: by its id, and by where it was written if it is a dead letter sent in again.

    Written without being looked up: the seq stands in the key, so the first of several is the first of a short scan.
    """
    entry = told.entry
    if not entry.fact_id or entry.control_no is not None:  # a copy of a broadcast is no fact of its own
        return
    names = (entry.fact_id, _written_at(entry.source)) if entry.redrives else (entry.fact_id,)
    for name in names:
        shelf.append("fact", _fact_key(name) + number_key(entry.seq), FactLine(entry.account_id or ""))


def find_fact(shelf: Shelf, name: str) -> TrailLine | None:
    """Return the first record of a fact, by its id or by where it was written (`written_at`); None if there is none.

    What is not written yet is not found. The work is the same however long the ledger is.
    """
    start = _fact_key(name)
    for place, line in shelf.scan("fact", start, start + END):
        seq = int.from_bytes(place[_FACT_KEY_BYTES:], "big")
        found: TrailLine | None = shelf.get("trail", place_of(line.account_id) + newest_first(seq))
        assert found is not None, f"the record {seq} of a fact is not in the trail"
        entry = decode_entry(found.value)
        if name in (entry.fact_id, _written_at(entry.source)):
            return found
    return None


def _written_at(source: Source) -> str:
    return written_at(source.topic, source.partition, source.offset)


def _fact_key(name: str) -> bytes:
    """Of one length, so that no name is the beginning of another; two names with one key are told apart when read."""
    return bytes.fromhex(digest(name.encode()))[:_FACT_KEY_BYTES]


def is_told(decision: AnyDecision) -> bool:
    """Return whether a decision is one that is published."""
    return topic_of(decision, "binding") in ("decisions", "alerts")


def fold_events(shelf: Shelf, told: Told, account_id: str) -> None:
    """Keep what is worth a marker on the account's chart."""
    place = place_of(account_id) + number_key(told.at_ms) + number_key(told.entry.seq)
    for n, found in enumerate(told.decisions):
        value = EVENT_TYPES.get(type(found))
        if value is None:
            continue
        subject = next((str(getattr(found, name)) for name in _SUBJECTS if getattr(found, name, None)), None)
        level = getattr(found, "level", None)
        event = EventLine(told.at_ms, tag_of(found), value(found), subject, level, told.place(n))
        shelf.append("event", place + number_key(n), event)
    if told.said.type in _EVENT_FACTS:
        subject = told.said.event or told.said.payment_id or told.said.bill_id
        event = EventLine(told.at_ms, told.said.type, "", subject, None, told.place())
        shelf.append("event", place + number_key(2**32), event)


def _judgement(told: Told, n: int, found: AnyDecision) -> ScoreLine | None:
    said = (told.at_ms, tag_of(found))
    if isinstance(found, AccountScored):
        moved = [msgspec.to_builtins(one) for one in found.moved]
        grades = (found.grade or None, found.grade_before or None)
        return ScoreLine(*said, *grades, found.points, list(found.reasons), told.place(n), found.before, moved)
    if isinstance(found, GradeChanged):
        return ScoreLine(*said, found.grade or None, found.before or None, None, list(found.because), told.place(n))
    if isinstance(found, LimitProposed):
        return ScoreLine(*said, found.grade or None, None, None, list(found.because), told.place(n))
    return None


def fold_scores(shelf: Shelf, told: Told, account_id: str) -> None:
    """Keep how the account was judged."""
    for n, found in enumerate(told.decisions):
        line = _judgement(told, n, found)
        if line is None:
            continue
        shelf.append("score", place_of(account_id) + newest_first(told.entry.seq) + number_key(n), line)


def fold_letters(shelf: Shelf, told: Told) -> None:
    """Keep what became of a dead letter that a record mends, tries to mend, or dismisses."""
    entry, said = told.entry, told.said
    is_refused = any(isinstance(found, FactRejected) for found in told.decisions)
    if entry.redrives:
        known = shelf.get("letter", entry.redrives.encode())
        if known is None or known.state != DISMISSED:
            state = "failed again" if is_refused else "sent again"
            shelf.put("letter", entry.redrives.encode(), LetterLine(state))
    if said.type == "dead_letter_dismissed" and said.dead_letter and not is_refused:
        shelf.put("letter", said.dead_letter.encode(), LetterLine(DISMISSED))


def fold_numbers(shelf: Shelf, told: Told, account_id: str) -> None:
    """Keep what people call the document that a fact is about."""
    said = told.said
    if said.document_no is None:
        return
    for kind in ("invoice", "payment", "credit_note", "bill"):
        document_id = getattr(said, f"{kind}_id")
        if document_id is not None and said.type.startswith(kind):
            shelf.put("number", place_of(account_id, f"{kind}\x00{document_id}"), NumberLine(said.document_no))
            return
