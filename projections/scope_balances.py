"""Balances by scope: each document that names a customer, seller or segment adds to what that owes."""

from __future__ import annotations

from typing import Protocol, cast

from projections.book import Book
from projections.rows import Account
from projections.scope_rows import ScopeBalance
from schemas.facts.desk import Scope

SCOPE = "scope"


class Scoped(Protocol):
    """What names a part of an account, or nothing of it."""

    @property
    def customer_id(self) -> str | None:
        """The customer who buys."""

    @property
    def seller_id(self) -> str | None:
        """The company that sells."""

    @property
    def segment(self) -> str | None:
        """The segment."""


def scopes_named(found: Scoped, account_id: str) -> list[str]:
    """Return the scopes that a fact names as `customer\\x1fC-1`; the account's own customer is none of its own."""
    if found.customer_id is None and found.seller_id is None and found.segment is None:
        return []
    named = (("customer", found.customer_id), ("seller", found.seller_id), ("segment", found.segment))
    return [
        f"{kind}\x1f{name}"
        for kind, name in named
        if name is not None and not (kind == "customer" and name == account_id)
    ]


def scopes_merged(before: list[str], named: list[str]) -> list[str]:
    """Return the scopes of a document after more was said of it: what is not named anew stays."""
    if not before or not named or before == named:
        return named or before
    kinds = {scope.partition("\x1f")[0] for scope in named}
    return sorted([*named, *(scope for scope in before if scope.partition("\x1f")[0] not in kinds)])


def balance_of(book: Book, account_id: str, scope: str) -> ScopeBalance:
    """Return a scope's balance, an empty one if nothing was ever said of it."""
    found = cast("ScopeBalance | None", book.sheet(SCOPE, account_id, scope))
    return ScopeBalance(scope) if found is None else found


def add_to_scopes(book: Book, account: Account, scopes: list[str], currency: str, change: int) -> None:
    """Add a change of exposure to the balances of scopes."""
    for scope in scopes:
        balance = balance_of(book, account.account_id, scope)
        balance.exposure[currency] = balance.exposure.get(currency, 0) + change
        book.keep(SCOPE, account, balance)


def scope_of_limit(scope: Scope | None, account_id: str) -> list[str]:
    """Return the scopes that a limit names; none for the whole account."""
    return [] if scope is None else scopes_named(scope, account_id)
