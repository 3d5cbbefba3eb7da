"""One step of the core: a fact in, decisions out, the book changed.

`step` decides; `evolve` only applies what the ledger recorded. Both record facts by the same functions, so that
evolving a step's own decisions gives the same book (a property test).
"""

from __future__ import annotations

from hashlib import blake2b
from typing import cast

from msgspec import Struct

from projections.accounts import note_unreadable, resolve_dead_letter
from projections.alerts import is_over, occur
from projections.book import Book
from projections.context import Context
from projections.deciding import Before, apply_decisions, decide, tell
from projections.first_look import refused_at_first_look
from projections.recorders import record
from projections.recording import Recording, revision_of
from projections.rows import FACT_ID, Account
from projections.versions import verdict_on
from projections.warning_lines import watch_now
from schemas.codec import Unreadable
from schemas.decisions import AlertRaised, AnyDecision, FactRejected
from schemas.envelope import Envelope
from schemas.facts import Fact
from schemas.ledger import Source, digest
from schemas.publication import WAITED
from schemas.reasons import SETTLED_REFUSALS, Refusal


class Arrival(Struct, frozen=True, gc=False):
    """A record of a source topic as the core takes it: its place, its bytes, what they say.

    `digest` is that of the bytes as they were received, where the ledger tells it; else it is made from `value`.
    """

    source: Source
    topic: str
    account_id: str | None
    value: bytes
    envelope: Envelope
    at_ms: int
    fact: Fact | Unreadable
    digest: str = ""

    @property
    def dead_letter(self) -> str:
        """Return the id that this record has as a dead letter: where it was read."""
        return f"{self.source.topic}/{self.source.partition}/{self.source.offset}"


def fact_id(arrival: Arrival) -> str:
    """Return the fact's identity: its `ce_id` within its source, else its document and revision; else empty."""
    envelope, fact = arrival.envelope, arrival.fact
    if envelope.ce_id:
        return f"{envelope.ce_source}/{envelope.ce_id}"
    if isinstance(fact, Unreadable):
        return ""
    if fact.document is not None:
        kind, id_field = fact.document
        seller = getattr(fact, "seller_id", None) or ""
        return f"{envelope.ce_source}/{kind}/{seller}/{getattr(fact, id_field)}/{revision_of(fact)}"
    revision = getattr(fact, "revision", None)
    if revision is not None:
        tag = fact.__struct_config__.tag
        return f"{envelope.ce_source}/{tag}/{fact.order_id}/{revision}"  # type: ignore[attr-defined]
    return ""


def step(book: Book, context: Context, arrival: Arrival) -> list[AnyDecision] | None:
    """Take a fact in and return what follows from it; None for a repeat, which leaves no trace."""
    if isinstance(arrival.fact, Unreadable):
        return _refuse_unreadable(book, context, arrival, arrival.fact)
    recording = _open(book, context, arrival)
    identity = fact_id(arrival)
    if not identity:
        return _refuse(recording, arrival, "fact_id_missing", "expected header ce_id, received none")
    verdict = verdict_on(recording, arrival.fact)
    if verdict == "repeat":
        return None
    if verdict not in (None, "new", "correction"):
        return _refuse(recording, arrival, cast(Refusal, verdict), "")
    if _is_repeated_by_id(recording, arrival.fact, identity, verdict):
        return None
    refused = refused_at_first_look(context, arrival.fact)
    if refused is not None:
        return _refuse(recording, arrival, *refused)
    before = Before(recording)
    refusal = record(recording, arrival.fact)
    if refusal is not None:
        return _refuse(recording, arrival, refusal, "")
    _note(recording, arrival, _kept_identity(recording, arrival.fact, identity, verdict))
    decisions = tell(recording, arrival.fact)
    decide(recording, arrival.fact, identity, before, decisions)
    if verdict == "correction":
        decisions.extend(_agreement(recording, arrival.fact))
    return decisions


def evolve(book: Book, context: Context, arrival: Arrival, decisions: list[AnyDecision]) -> None:
    """Apply a fact with the decisions that the ledger recorded for it; nothing is decided."""
    if isinstance(arrival.fact, Unreadable) and arrival.account_id is None:
        return
    recording = _open(book, context, arrival)
    refused = decisions[0] if decisions and isinstance(decisions[0], FactRejected) else None
    if refused is None or refused.path == WAITED:
        assert isinstance(arrival.fact, Fact), f"{arrival.dead_letter} is unreadable and the ledger does not say so"
        _take_in(recording, arrival)
    else:
        _note_refused(recording, arrival, refused.parks)
    apply_decisions(recording, decisions)


def _take_in(recording: Recording, arrival: Arrival) -> None:
    fact = cast(Fact, arrival.fact)
    identity = fact_id(arrival)
    verdict = verdict_on(recording, fact)
    refusal = record(recording, fact)
    assert refusal is None, f"{arrival.dead_letter}: the ledger took {identity} in, this version refuses it: {refusal}"
    _note(recording, arrival, _kept_identity(recording, fact, identity, verdict))


def _is_repeated_by_id(recording: Recording, fact: Fact, identity: str, verdict: str | None) -> bool:
    is_desk = recording.topic == "desk"
    if verdict is None:
        return _is_known(recording.book, recording.context, identity, is_desk=is_desk)
    if not recording.account.parked_count:
        return False
    waiting = _identity_while_waiting(recording, identity, fact)
    return _is_known(recording.book, recording.context, waiting, is_desk=is_desk)


def _kept_identity(recording: Recording, fact: Fact, identity: str, verdict: str | None) -> str | None:
    """Return what a repeat of this fact is to be known by; None where its document tells."""
    if verdict is None:
        return identity
    return _identity_while_waiting(recording, identity, fact) if recording.parked_whole else None


def _open(book: Book, context: Context, arrival: Arrival) -> Recording:
    assert arrival.account_id is not None, f"{arrival.dead_letter} has no account"
    account = book.account(arrival.account_id)
    if account is None:
        currency = getattr(arrival.fact, "currency", None) or context.base
        account = Account(arrival.account_id, currency, swept_no=context.swept_through())
    return Recording(
        book, context, account, arrival.envelope, arrival.topic, arrival.value, arrival.at_ms, arrival.source
    )


def _note(recording: Recording, arrival: Arrival, identity: str | None) -> None:
    if identity is not None:
        kept_for = _FOR_EVER if arrival.topic == "desk" else generation(recording.context, 0)
        recording.book.put_plain(FACT_ID + kept_for + _hashed(identity), b"")
    if arrival.envelope.redrives:
        resolve_dead_letter(recording, arrival.envelope.redrives)
    recording.book.touch_account(recording.account)


def _identity_while_waiting(recording: Recording, identity: str, fact: Fact) -> str:
    """A fact that waits for a document leaves none of its own yet, so its identity and content are kept instead."""
    return f"{identity}/{recording.digest(fact).hex()}"


def _is_known(book: Book, context: Context, identity: str, *, is_desk: bool) -> bool:
    hashed = _hashed(identity)
    now, before = FACT_ID + generation(context, 0) + hashed, FACT_ID + generation(context, 1) + hashed
    if book.plain(now) is not None or book.plain(before) is not None:
        return True
    return is_desk and book.plain(FACT_ID + _FOR_EVER + hashed) is not None


_FOR_EVER = b"\xff" * 4
"""What people said is known again however late: a signed record that is written once more must not be taken again."""


def is_repeated_broadcast(book: Book, arrival: Arrival) -> bool:
    """Return whether a broadcast with this id was taken before; one without an id is told apart by its place only."""
    return bool(arrival.envelope.ce_id) and book.plain(_broadcast_key(arrival)) is not None


def note_broadcast(book: Book, arrival: Arrival) -> None:
    """Note a broadcast's id, by which a repeat is known however late."""
    if arrival.envelope.ce_id:
        book.put_plain(_broadcast_key(arrival), b"")


def _broadcast_key(arrival: Arrival) -> bytes:
    return FACT_ID + _FOR_EVER + _hashed(f"control/{fact_id(arrival)}")


def _hashed(identity: str) -> bytes:
    return blake2b(identity.encode(), digest_size=16).digest()


def generation(context: Context, age: int) -> bytes:
    """Return the generation that ids are kept under: one lasts as long as the policy keeps ids, two are kept."""
    return (context.ids_generation - age).to_bytes(4, "big")


def _refuse_unreadable(
    book: Book, context: Context, arrival: Arrival, unreadable: Unreadable
) -> list[AnyDecision] | None:
    rejected = FactRejected(
        code=unreadable.code,
        path=unreadable.path,
        message=unreadable.message,
        digest=arrival.digest or digest(arrival.value),
        parks=arrival.account_id is not None,
    )
    if arrival.account_id is None:
        return [rejected, *_alarm(arrival, unreadable)]
    recording = _open(book, context, arrival)
    _note_refused(recording, arrival, parks=True)
    return [rejected, *watch_now(recording)]


def _alarm(arrival: Arrival, unreadable: Unreadable) -> list[AnyDecision]:
    """A broadcast that nobody signed concerns no account, so nothing but this tells the desk at once."""
    if arrival.topic != "control" or unreadable.code not in ("signature_missing", "signature_wrong"):
        return []
    alert = AlertRaised(
        alert_id=f"control/{arrival.source.partition}/{arrival.source.offset}",
        cause="fact_unsigned",
        level="critical",
        found=1,
        line=1,
        measure="find out who wrote to the topic control, and stop them",
        owner_role="credit_manager",
        subject=arrival.dead_letter,
    )
    return [alert]


def _refuse(recording: Recording, arrival: Arrival, code: Refusal, message: str) -> list[AnyDecision]:
    parks = code not in SETTLED_REFUSALS
    rejected = FactRejected(code=code, message=message, digest=arrival.digest or digest(arrival.value), parks=parks)
    decisions: list[AnyDecision] = [rejected]
    before = Before(recording)
    _note_refused(recording, arrival, parks)
    if code == "exists_with_different_content":
        subject = _subject(cast(Fact, arrival.fact))
        rule = recording.context.policy.warnings.fact_contradicts
        decisions.extend(occur(recording, "fact_contradicts", subject, rule))
    decide(recording, None, fact_id(arrival), before, decisions)
    return decisions


def _note_refused(recording: Recording, arrival: Arrival, parks: bool) -> None:
    """A record that was to mend a dead letter and is refused itself takes its place."""
    if parks:
        note_unreadable(recording, arrival.dead_letter)
    if arrival.envelope.redrives:
        resolve_dead_letter(recording, arrival.envelope.redrives)
    recording.book.touch_account(recording.account)


def _subject(fact: Fact) -> str:
    kind, id_field = fact.document or ("order", "order_id")
    return f"{kind}/{getattr(fact, id_field)}"


def _agreement(recording: Recording, fact: Fact) -> list[AnyDecision]:
    return is_over(recording, "fact_contradicts", _subject(fact))
