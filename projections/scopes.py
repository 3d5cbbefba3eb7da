"""Limits of a part of an account, and where an order's parts stand against theirs: it must pass every one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from projections.context import day_before
from projections.cover_rows import FOREVER
from projections.recording import Recording
from projections.rows import Order
from projections.scope_balances import SCOPE, balance_of
from projections.scope_rows import ScopeBalance, ScopedLimit
from projections.standing import Limit, headroom, value
from schemas.facts.desk import LimitSet


class ScopeStanding(NamedTuple):
    """A scope that covers an order, and where it stands without that order; in the account's currency.

    `scope` is `customer/C-1`, `seller/DE` or `segment/retail`. Cover is of the whole account and not looked at here.
    """

    scope: str
    exposure_minor: int
    limit_minor: int
    headroom_minor: int


def scopes_of(recording: Recording, order: Order, own_minor: int) -> list[ScopeStanding]:
    """Return the scopes with a limit in force that cover an order, those of customer, seller and segment in order.

    `own_minor` is what the order adds to exposure now, in the account's currency: it is left out.
    """
    account = recording.account
    if not account.scope_limits or not order.scopes:
        return []
    found = []
    for scope in order.scopes:
        if scope in account.scope_limits:
            balance = balance_of(recording.book, account.account_id, scope)
            limit = scoped_limit(balance, recording.today())
            exposure = _exposure(recording, balance) - own_minor
            free = headroom(exposure, limit)
            if limit.limit_minor is not None and free is not None:
                found.append(ScopeStanding(scope.replace("\x1f", "/"), exposure, limit.limit_minor, free))
    return found


def scoped_limit(balance: ScopeBalance, today: str) -> Limit:
    """Return the limit of a scope that is in force on a day: the youngest for some days, else the lasting one."""
    lasting = Limit(None, False, None)
    for found in reversed(balance.limits):
        if not found.valid_from and found.valid_until == FOREVER:
            lasting = Limit(found.limit_minor, found.unlimited, None)
        elif found.valid_from <= today <= found.valid_until:
            return Limit(found.limit_minor, found.unlimited, found.valid_until)
    return lasting


def _exposure(recording: Recording, balance: ScopeBalance) -> int:
    exposure = 0
    for currency, amount in balance.exposure.items():
        valued = value(amount, currency, recording.account, recording.context)
        exposure += amount if valued is None else valued
    return exposure


def hold_scope_limit(recording: Recording, fact: LimitSet, scope: str) -> None:
    """Put a limit for one part of the account in force, lasting or for some days."""
    account = recording.account
    balance = balance_of(recording.book, account.account_id, scope)
    valid_from = "" if fact.valid_from is None else fact.valid_from.isoformat()
    valid_until = FOREVER if fact.valid_until is None else fact.valid_until.isoformat()
    if not valid_from and valid_until == FOREVER:
        today = recording.today()
        balance.limits = [found for found in balance.limits if not _is_open_ended(found, today)]
    balance.limits.append(ScopedLimit(valid_from, valid_until, fact.limit_minor, fact.unlimited))
    account.scope_limits = sorted({*account.scope_limits, balance.key})
    recording.keep(SCOPE, balance)
    for on in _dates(balance):
        recording.note_future_date(on)
    recording.fallen_scopes.append(balance.key)


def _is_open_ended(limit: ScopedLimit, today: str) -> bool:
    """A limit that began on a day and has no end is the lasting one until the next is set."""
    return limit.valid_until == FOREVER and limit.valid_from <= today


def _dates(balance: ScopeBalance) -> Iterator[str]:
    for limit in balance.limits:
        if limit.valid_from:
            yield day_before(limit.valid_from, 2)
        if limit.valid_until < FOREVER:
            yield day_before(limit.valid_until)


def refresh_scopes(recording: Recording) -> None:
    """Forget limits of scopes that are over; where some begin or end by days, orders that wait are looked at again."""
    account, today = recording.account, recording.today()
    for scope in list(account.scope_limits):
        balance = balance_of(recording.book, account.account_id, scope)
        recording.fallen_scopes.extend(balance.key for _ in _dates(balance))
        kept = [limit for limit in balance.limits if limit.valid_until >= today]
        if len(kept) != len(balance.limits):
            balance.limits = kept
            recording.keep(SCOPE, balance)
        if not kept:
            account.scope_limits.remove(scope)


def scope_dates(recording: Recording, business_date: str) -> Iterator[str]:
    """Yield the dates after whose close a limit of a scope begins or ends, from the last closed day on."""
    for scope in recording.account.scope_limits:
        balance = balance_of(recording.book, recording.account.account_id, scope)
        yield from (on for on in _dates(balance) if on >= business_date)
