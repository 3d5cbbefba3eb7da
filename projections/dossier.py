"""The dossier: reading it, and what facts about who the account is do to it.

Every field keeps the date on which it was said. What is older and arrives later does not replace it; of two that were
said on the same day the one that arrived later holds. A fact without a date was said on the day it arrived.
"""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from projections.book import Book
from projections.dossier_rows import Assessment, Dossier, GradeByDesk, Member, PartyRow, Statement
from projections.recording import Recording
from schemas.facts.desk import AccountReviewed, GradeSet
from schemas.facts.dossiers import (
    AccountOpened,
    AssessmentRecorded,
    DossierUpdated,
    FinancialsFiled,
    ManagerAssigned,
    MemberJoined,
    MemberLeft,
    Party,
)
from schemas.reasons import Refusal

KIND = "dossier"
PERIODS_MAX = 8
"""So many periods of statements are kept in the dossier, the newest; the ledger has all."""
FIELDS_MAX = 200
ASSESSMENTS_MAX = 50


def dossier_of(book: Book, account_id: str) -> Dossier | None:
    """Return an account's dossier, or None if nothing was ever said for it; to be read, not changed."""
    return cast("Dossier | None", book.sheet(KIND, account_id))


def own_dossier(recording: Recording) -> Dossier:
    """Return the account's dossier, new where there is none, noted as changed."""
    dossier = dossier_of(recording.book, recording.account.account_id) or Dossier()
    recording.keep(KIND, dossier)
    return dossier


def dated(recording: Recording, on: date | None) -> str:
    """Return the ISO date that a fact gives, else the day it arrived."""
    return recording.today() if on is None else on.isoformat()


def is_newer(dossier: Dossier, name: str, on: str) -> bool:
    """Return whether a field is not said of a later date yet, and note that it is now said of this one."""
    if on < dossier.said_on.get(name, ""):
        return False
    dossier.said_on[name] = on
    return True


def note_opened(recording: Recording, fact: AccountOpened) -> None:
    """Take what an opening, or its correction, says into the dossier, as said on the day of opening."""
    dossier, on = own_dossier(recording), fact.opened_on.isoformat()
    dossier.opened_on = on
    _say(dossier, on, name=fact.name, industry=fact.industry, country=fact.country, segment=fact.segment)
    _say(dossier, on, revenue_minor=fact.revenue_minor, employees=fact.employees, calendar=fact.calendar)
    _say(dossier, on, relationship_since_on=_iso(fact.relationship_since_on), net_days=fact.net_days)
    _say(dossier, on, manager_id=fact.manager_id, parties=_parties(fact.parties) or None)
    recording.account.name = dossier.name
    recording.regrades = True


def record_updated(recording: Recording, fact: DossierUpdated) -> Refusal | None:
    """Change the fields given; an extra field that is given as null is no longer kept."""
    dossier, on = own_dossier(recording), dated(recording, fact.updated_on)
    _say(dossier, on, name=fact.name, industry=fact.industry, country=fact.country, segment=fact.segment)
    _say(dossier, on, revenue_minor=fact.revenue_minor, employees=fact.employees, calendar=fact.calendar)
    parties = None if fact.parties is None else _parties(fact.parties)
    _say(dossier, on, relationship_since_on=_iso(fact.relationship_since_on), parties=parties)
    for name, said in fact.fields.items():
        _say_extra(dossier, name, said, on)
    if dossier.name is not None:
        recording.account.name = dossier.name
    recording.regrades = True
    return None


def _say(dossier: Dossier, on: str, **said: Any) -> None:
    # As `is_newer` does it, for the many fields of an opening at once.
    said_on = dossier.said_on
    for name, what in said.items():
        if what is not None and on >= said_on.get(name, ""):
            said_on[name] = on
            setattr(dossier, name, what)


def _say_extra(dossier: Dossier, name: str, said: Any, on: str) -> None:
    if not is_newer(dossier, f"fields.{name}", on):
        return
    dossier.fields.pop(name, None)
    if said is not None:
        dossier.fields[name] = said
    if len(dossier.fields) > FIELDS_MAX:
        oldest = next(iter(dossier.fields))
        del dossier.fields[oldest], dossier.said_on[f"fields.{oldest}"]


def _parties(parties: tuple[Party, ...]) -> list[PartyRow]:
    return [PartyRow(party.party_id, [(one.scheme, one.value) for one in party.identifiers]) for party in parties]


def _iso(on: date | None) -> str | None:
    return None if on is None else on.isoformat()


def record_manager(recording: Recording, fact: ManagerAssigned) -> Refusal | None:
    """Name who answers for the account."""
    _say(own_dossier(recording), dated(recording, fact.assigned_on), manager_id=fact.manager_id)
    return None


def record_joined(recording: Recording, fact: MemberJoined) -> Refusal | None:
    """Let a customer buy under the account's limit; one that left before may join again."""
    member, on = _member(recording, fact.customer_id), dated(recording, fact.joined_on)
    member.name, member.party_id = fact.name or member.name, fact.party_id or member.party_id
    if on < member.joined_on:
        return None
    member.joined_on = on
    if member.left_on <= on:
        member.left_on = ""
    return None


def record_left(recording: Recording, fact: MemberLeft) -> Refusal | None:
    """Let a customer no longer buy under the account's limit, unless it joined again since."""
    member, on = _member(recording, fact.customer_id), dated(recording, fact.left_on)
    if on >= member.joined_on:
        member.left_on = max(member.left_on, on)
    return None


def _member(recording: Recording, customer_id: str) -> Member:
    return own_dossier(recording).members.setdefault(customer_id, Member(customer_id))


def record_financials(recording: Recording, fact: FinancialsFiled) -> Refusal | None:
    """Take the statements of a period in; a later filing replaces the earlier one, but a draft no audited one."""
    dossier = own_dossier(recording)
    statement = Statement(
        period_end_on=fact.period_end_on.isoformat(),
        currency=fact.currency,
        items=dict(fact.items),
        period_start_on=_iso(fact.period_start_on),
        audited=fact.audited,
        consolidated=fact.consolidated,
        manufacturing=fact.manufacturing,
    )
    others = [kept for kept in dossier.statements if not _is_of_the_same(kept, statement)]
    same = [kept for kept in dossier.statements if _is_of_the_same(kept, statement)]
    if any(kept.audited for kept in same) and not statement.audited:
        return None
    statements = sorted([*others, statement], key=lambda one: (one.period_end_on, one.consolidated))
    kept_ends = sorted({one.period_end_on for one in statements})[-PERIODS_MAX:]
    dossier.statements = [one for one in statements if one.period_end_on in kept_ends]
    recording.regrades = True
    return None


def _is_of_the_same(one: Statement, other: Statement) -> bool:
    return one.period_end_on == other.period_end_on and one.consolidated == other.consolidated


def record_assessment(recording: Recording, fact: AssessmentRecorded) -> Refusal | None:
    """Keep the newest assessment of each subject."""
    dossier, on = own_dossier(recording), fact.recorded_on.isoformat()
    if is_newer(dossier, f"assessments.{fact.subject}", on):
        kept = [one for one in dossier.assessments if one.subject != fact.subject]
        dossier.assessments = [*kept, Assessment(fact.subject, fact.rating, on)][-ASSESSMENTS_MAX:]
        recording.regrades = True
    return None


def record_reviewed(recording: Recording, fact: AccountReviewed) -> Refusal | None:
    """Note that the account was reviewed, and when it is to be again if a person said so."""
    dossier, on = own_dossier(recording), fact.reviewed_on.isoformat()
    if on >= dossier.reviewed_on:
        dossier.reviewed_on = on
        dossier.next_review_on = _iso(fact.next_review_on)
    return None


def record_grade(recording: Recording, fact: GradeSet) -> Refusal | None:
    """Let a person's grade hold, until the day given or until withdrawn."""
    dossier, until = own_dossier(recording), _iso(fact.valid_until)
    dossier.grade_set = None if fact.grade is None else GradeByDesk(fact.grade, until, fact.actor)
    recording.regrades = True
    return None
