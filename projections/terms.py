"""The longest terms an account is granted: by the desk, else by contract, else by dossier, else by its grade."""

from __future__ import annotations

from typing import NamedTuple

from projections.context import Context, day_before
from projections.contracts import contract_file_of, contract_of
from projections.dossier import dossier_of
from projections.limit_files import (
    FOREVER,
    limit_file_of,
    measure_file_of,
    note_change_after,
    open_limit_file,
    override,
)
from projections.limits import limit_row
from projections.recording import Recording
from projections.rows import Account
from schemas.decisions import AnyDecision, TermsChanged
from schemas.facts import Fact
from schemas.facts.desk import GradeSet, TermsSet
from schemas.facts.dossiers import AccountOpened, ContractSigned, DossierUpdated
from schemas.reasons import Refusal

_MAY_CHANGE_TERMS = frozenset({TermsSet, ContractSigned, AccountOpened, DossierUpdated, GradeSet})


def note_terms_date(recording: Recording) -> None:
    """Let the account be looked at when terms that a person granted for some days are over."""
    file = limit_file_of(recording.book, recording.account.account_id)
    if file is not None and file.granted_until:
        note_change_after(recording, day_before(file.granted_until))


class Terms(NamedTuple):
    """The longest terms granted, None where none are, and what grants them."""

    net_days: int | None
    cause: str


def record_terms(recording: Recording, fact: TermsSet) -> Refusal | None:
    """Grant terms for as long as it says, or leave them to contract and grade again."""
    file = open_limit_file(recording)
    file.granted_days = fact.net_days
    file.granted_until = ""
    if fact.net_days is not None and fact.valid_until is not None:
        file.granted_until = fact.valid_until.isoformat()
        note_terms_date(recording)
    override(recording, "shorten_terms")
    return None


def days_granted(recording: Recording, seller_id: str | None) -> int | None:
    """Return the longest terms that a seller may grant the account today, None where none are set.

    They are the account's own, unless that seller has a contract with it.
    """
    account = recording.account
    if seller_id is None or contract_file_of(recording.book, account.account_id) is None:
        return account.net_days
    return terms_in_force(recording, seller_id).net_days


def terms_in_force(recording: Recording, seller_id: str | None = None) -> Terms:
    """Return the terms granted today; a measure that shortens terms goes before all that is longer.

    Without a seller: of contracts only one with every seller grants terms to the whole account.
    """
    granted = _granted(recording, seller_id)
    file = measure_file_of(recording.book, recording.account.account_id)
    for measure in () if file is None else file.in_force:
        shorter = measure.net_days is not None and (granted.net_days is None or measure.net_days < granted.net_days)
        if measure.does == "shorten_terms" and shorter and not measure.overridden:
            granted = Terms(measure.net_days, "measure")
    return granted


def _granted(recording: Recording, seller_id: str | None) -> Terms:
    book, account = recording.book, recording.account
    file = limit_file_of(book, account.account_id)
    if file is not None and file.granted_days is not None and recording.today() <= (file.granted_until or FOREVER):
        return Terms(file.granted_days, "desk")
    contract = contract_of(book, account.account_id, seller_id, recording.today())
    if contract is not None and contract.is_in_force and contract.net_days is not None:
        return Terms(contract.net_days, "contract")
    dossier = dossier_of(book, account.account_id)
    if dossier is not None and dossier.net_days is not None:
        return Terms(dossier.net_days, "dossier")
    return _by_grade(account, recording.context)


def _by_grade(account: Account, context: Context) -> Terms:
    row = limit_row(context.policy.limits, account.grade)
    return Terms(None, "lapsed") if row is None else Terms(row.net_days, "grade")


def follow_terms(recording: Recording, fact: Fact | None, grade_before: str, decisions: list[AnyDecision]) -> None:
    """Add that other terms are granted now, already in effect; only what may change them is looked at."""
    account = recording.account
    if fact is None or type(fact) in _MAY_CHANGE_TERMS or account.grade != grade_before:
        tell_terms(recording, decisions)


def tell_terms(recording: Recording, decisions: list[AnyDecision]) -> None:
    """Add that other terms are granted now, if they are, already in effect."""
    terms = terms_in_force(recording)
    if terms.net_days != recording.account.net_days:
        changed = TermsChanged(net_days=terms.net_days, cause=terms.cause)
        decisions.append(changed)
        apply_terms(recording.account, changed)


def apply_terms(account: Account, changed: TermsChanged) -> None:
    """Bring the account in line with terms that were told."""
    account.net_days = changed.net_days
