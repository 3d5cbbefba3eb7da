"""Contracts: kept as they are signed and corrected, and which one is in force for a seller on a day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, cast

from projections.book import Book
from projections.context import day_before
from projections.contract_rows import Agreed, Contract, ContractFile
from projections.limit_files import FOREVER
from projections.recording import Recording
from projections.versions import note_version
from schemas.facts.dossiers import ContractSigned
from schemas.reasons import Refusal

CONTRACTS = "contracts"


class ContractInForce(NamedTuple):
    """The contract that holds for a seller on a day; not `is_in_force`: the one that ended last, or begins first.

    `net_days` are its terms, None where it states none.
    """

    contract_id: str
    is_in_force: bool
    valid_from: str
    valid_until: str
    net_days: int | None


def contract_of(book: Book, account_id: str, seller_id: str | None, today: str) -> ContractInForce | None:
    """Return an account's contract with a seller, else with every seller; None if none was ever signed.

    Of several in force the one signed last holds. Without a seller only contracts with every seller are looked at.
    """
    file = contract_file_of(book, account_id)
    if file is None:
        return None
    own = [found for found in file.agreed if seller_id is not None and found.seller_id == seller_id]
    others = [found for found in file.agreed if found.seller_id is None]
    for agreed in (own, others):
        in_force = [found for found in agreed if found.valid_from <= today <= found.valid_until]
        if in_force:
            return _told(in_force[-1], is_in_force=True)
    rest = own or others
    return _told(max(rest, key=lambda found: found.valid_until), is_in_force=False) if rest else None


def _told(agreed: Agreed, *, is_in_force: bool) -> ContractInForce:
    name = agreed.contract.partition("\x1f")[0]
    return ContractInForce(name, is_in_force, agreed.valid_from, agreed.valid_until, agreed.net_days)


def contract_file_of(book: Book, account_id: str) -> ContractFile | None:
    """Return an account's contracts, or None if none was ever signed; to be read."""
    return cast("ContractFile | None", book.sheet(CONTRACTS, account_id))


def record_signed(recording: Recording, fact: ContractSigned) -> Refusal | None:
    """Take in a contract, or its correction by a higher revision."""
    found = cast("Contract | None", recording.find_own("contract", fact.contract_id, fact.seller_id))
    if found is None:
        key = recording.new_key("contract", fact.contract_id, fact.seller_id)
        source, version = recording.envelope.ce_source, recording.first_version(fact)
        found = Contract(key, source, fact.seller_id, version, "", "", "", None)
    else:
        note_version(found.versions, fact.revision, recording.digest(fact))
    _describe(found, fact)
    recording.touch("contract", found)
    file = contract_file_of(recording.book, recording.account.account_id) or ContractFile()
    agreed = [other for other in file.agreed if other.contract != found.key] + [_agreed(found)]
    file.agreed = sorted(agreed, key=lambda other: other.signed_on)
    recording.keep(CONTRACTS, file)
    for on in _dates(file):
        recording.note_future_date(on)
    return None


def _describe(contract: Contract, fact: ContractSigned) -> None:
    contract.signed_on = fact.signed_on.isoformat()
    contract.valid_from = contract.signed_on if fact.valid_from is None else fact.valid_from.isoformat()
    contract.valid_until = FOREVER if fact.valid_until is None else fact.valid_until.isoformat()
    contract.net_days = fact.net_days


def _agreed(contract: Contract) -> Agreed:
    return Agreed(
        contract.key,
        contract.seller_id,
        contract.signed_on,
        contract.valid_from,
        contract.valid_until,
        contract.net_days,
    )


def _dates(file: ContractFile) -> Iterator[str]:
    for agreed in file.agreed:
        yield day_before(agreed.valid_from, 2)
        if agreed.valid_until < FOREVER:
            yield day_before(agreed.valid_until)


def contract_dates(recording: Recording, business_date: str) -> Iterator[str]:
    """Yield the dates after whose close a contract begins or ends, from the last closed day on."""
    file = contract_file_of(recording.book, recording.account.account_id)
    if file is not None:
        yield from (on for on in _dates(file) if on >= business_date)
