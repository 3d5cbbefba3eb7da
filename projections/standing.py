"""Where an account stands: exposure in its own currency, the limit in force, headroom, utilisation."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct

from projections.context import Context
from projections.credit_cover import cover_of
from projections.rows import Account, Stages
from schemas.money import convert, held

UTILISATION_MAX_BP = 1_000_000_000
"""What is above is shown as this: a hundred thousand times a limit says enough, and larger numbers break readers."""


class Limit(NamedTuple):
    """The limit in force; `limit_minor` None without `unlimited` means that none was set."""

    limit_minor: int | None
    unlimited: bool
    until: str | None


class Standing(Struct, frozen=True, gc=False):
    """Exposure, limit and what is free. `headroom_minor` is None without a limit or without an end to it.

    `cover_minor` is what of the exposure others bear; limit and utilisation are compared with what is left of it.

    `unvalued` names currencies that have a balance and no rate; they count at face value until one is known.
    """

    exposure_minor: int
    limit: Limit
    headroom_minor: int | None
    unvalued: tuple[str, ...]
    cover_minor: int = 0

    def net_exposure_minor(self) -> int:
        """Return exposure less cover, never below zero by cover alone."""
        return self.exposure_minor - self.cover_minor


def limit_in_force(account: Account, today: str) -> Limit:
    """Return the temporary limit that holds today, the youngest first, else the lasting one."""
    for temporary in reversed(account.temporary):
        if temporary.valid_from <= today <= temporary.valid_until:
            return Limit(temporary.limit_minor, temporary.unlimited, temporary.valid_until)
    return lasting_limit(account)


def value(amount_minor: int, currency: str, account: Account, context: Context) -> int | None:
    """Return an amount in the account's currency, or None where a rate is missing."""
    if currency == account.currency:
        return amount_minor
    return convert(amount_minor, currency, account.currency, context.base, context.rates)


def standing(account: Account, context: Context, at_ms: int, limit: Limit | None = None) -> Standing:
    """Return where the account stands by the limit in force, or by a given one.

    `at_ms` tells the day as long as none was closed.
    """
    stages = account.stages.get(account.currency)
    at_risk = exposure_by(context.policy.orders.stages_that_count)
    if stages is not None and len(account.stages) == 1:
        exposure, unvalued = at_risk(stages), _ALL_VALUED
    else:
        exposure, unvalued = total(account, context, at_risk)
    if limit is None:
        limit = limit_in_force(account, context.today(at_ms)) if account.temporary else lasting_limit(account)
    if account.covers:
        cover = cover_of(account, context, exposure)
        return Standing(exposure, limit, headroom(exposure - cover, limit), unvalued, cover)
    return Standing(exposure, limit, headroom(exposure, limit), unvalued)


def note_highest(account: Account, today: Callable[[], str], now: Standing) -> None:
    """Remember the highest exposure and the day it was first reached; after every fact, in life and in replay."""
    if now.exposure_minor > account.highest_minor:
        account.highest_minor, account.highest_on = now.exposure_minor, today()


_ALL_VALUED: tuple[str, ...] = ()


@lru_cache(maxsize=64)
def exposure_by(stages_that_count: tuple[str, ...]) -> Callable[[Stages], int]:
    """Return how a currency's balances add up to exposure where only some stages count.

    A deposit is for what its order adds, so where open orders do not count it does not either.

    >>> exposure_by(("delivered", "invoiced"))(Stages(orders=5, delivered=3, invoiced=2, unapplied=1))
    5
    """
    counts = frozenset(stages_that_count)
    if counts.issuperset(_STAGES):
        return Stages.exposure
    added = [name for name in ("orders", "delivered", "invoiced", "bills") if name in counts]
    taken = ["beyond"] if "orders" in counts else []
    taken += [name for name in ("unapplied", "deposits") if name in counts and (name != "deposits" or taken)]

    def exposure(stages: Stages) -> int:
        counted: int = sum(getattr(stages, name) for name in added) - sum(getattr(stages, name) for name in taken)
        return counted

    return exposure


_STAGES = ("orders", "delivered", "invoiced", "bills", "unapplied", "deposits")


def lasting_limit(account: Account) -> Limit:
    """Return the limit that holds where no temporary one does."""
    return limit_told(account.limit_minor, account.unlimited)


@lru_cache(maxsize=65_536)
def limit_told(limit_minor: int | None, unlimited: bool) -> Limit:
    """Return a limit without an end; one object for all that are the same."""
    return Limit(limit_minor, unlimited, None)


def headroom(exposure_minor: int, limit: Limit) -> int | None:
    """Return limit less net exposure, never more than the limit; None where there is no number."""
    limit_minor = limit.limit_minor
    if limit_minor is None or limit.unlimited:
        return None
    return limit_minor - exposure_minor if exposure_minor > 0 else limit_minor


def utilisation_bp(exposure_minor: int, limit: Limit) -> int | None:
    """Return net exposure over limit in basis points, never below 0; None for no limit, unlimited, or no credit."""
    if limit.unlimited or not limit.limit_minor:
        return None
    if exposure_minor <= 0:
        return 0
    return min(UTILISATION_MAX_BP, exposure_minor * 10_000 // limit.limit_minor)


def total(account: Account, context: Context, number: Callable[[Stages], int]) -> tuple[int, tuple[str, ...]]:
    """Return the sum over currencies of one number of the stages, and the currencies that have no rate."""
    stages = account.stages
    if len(stages) <= 1:
        only = stages.get(account.currency)
        if only is not None:
            return number(only), _ALL_VALUED
        if not stages:
            return 0, _ALL_VALUED
    amount, unvalued = 0, []
    for currency in sorted(stages):
        of_currency = number(stages[currency])
        if not of_currency:
            continue
        valued = value(of_currency, currency, account, context)
        if valued is None:
            unvalued.append(currency)
        amount += of_currency if valued is None else valued
    return held(amount), tuple(unvalued)


def currencies_without_rate(account: Account, context: Context) -> tuple[str, ...]:
    """Return the currencies that the account has or had a balance in and that cannot be valued."""
    if len(account.stages) == 1 and account.currency in account.stages:
        return ()
    return tuple(currency for currency in sorted(account.stages) if value(1, currency, account, context) is None)
