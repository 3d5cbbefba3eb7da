"""Which account a customer or a party belongs to, for programs that do not know accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from projections.dossier_rows import Dossier

CUSTOMER = "customer_id"
PARTY = "party_id"
Name = tuple[str, str]
"""How something is named: `customer_id`, `party_id` or the scheme of a registration, and the value."""


class Known(NamedTuple):
    """An account as far as finding goes: `seq` is that of its last ledger record, `dossier` reads what is on file."""

    account_id: str
    seq: int
    dossier: Callable[[], Dossier | None]


class Accounts(Protocol):
    """Whatever knows all accounts."""

    def __call__(self) -> Iterable[Known]: ...


class Finder:
    """Finds accounts by what they are called elsewhere.

    What an account is called is read again only when something was said of it since.
    """

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._seqs: dict[str, int] = {}
        self._names: dict[str, frozenset[Name]] = {}
        self._found: dict[Name, set[str]] = {}

    def refresh(self) -> None:
        """Take in what was said since the last time."""
        for account in self._accounts():
            if self._seqs.get(account.account_id) != account.seq:
                self._seqs[account.account_id] = account.seq
                self._replace(account.account_id, names_of(account.account_id, account.dossier()))

    def find(self, name: Name) -> list[str]:
        """Return the accounts that something names, in order: none, the one, or several."""
        return sorted(self._found.get(name, ()))

    def _replace(self, account_id: str, names: frozenset[Name]) -> None:
        for name in self._names.get(account_id, frozenset()) - names:
            self._found[name].discard(account_id)
        for name in names:
            self._found.setdefault(name, set()).add(account_id)
        self._names[account_id] = names


def names_of(account_id: str, dossier: Dossier | None) -> frozenset[Name]:
    """Return what names an account: itself as a lone customer, its members, the parties behind it and their numbers."""
    names: set[Name] = {(CUSTOMER, account_id)}
    if dossier is not None:
        members = [member for member in dossier.members.values() if not member.left_on]
        names.update((CUSTOMER, member.customer_id) for member in members)
        names.update((PARTY, member.party_id) for member in members if member.party_id)
        for party in dossier.parties:
            names.add((PARTY, party.party_id))
            names.update((scheme, value) for scheme, value in party.identifiers)
    return frozenset(names)
