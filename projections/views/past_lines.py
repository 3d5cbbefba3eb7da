"""An account's past: every ledger record about it, markers for its chart, and how it was judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from projections.views.lines import (
    OWNER,
    EventLine,
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
_SUBJECTS = ("order_id", "invoice_id", "promise_id", "cause", "measure")


def fold_trail(shelf: Shelf, told: Told) -> None:
    """Keep a record under its account, and whose it is under its number."""
    entry = told.entry
    account_id = entry.account_id or ""
    count = sum(is_told(found) for found in told.decisions)
    line = TrailLine(told.offset, told.said.type, count, told.value)
    shelf.append("trail", place_of(account_id) + newest_first(entry.seq), line)
    shelf.mark(OWNER + number_key(entry.seq), account_id.encode())


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
