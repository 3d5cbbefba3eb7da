"""Credit cover: how much of an exposure others bear. Each counts once, and together they bear no more than it."""

from __future__ import annotations

from typing import NamedTuple

from projections.context import Context
from projections.cover_rows import Covering
from projections.rows import Account
from schemas.money import convert, held

WHOLE_BP = 10_000


class Adding(NamedTuple):
    """An order whose part of an exposure is looked at before it is counted, or taken out; in the account's currency."""

    order_key: str
    net_days: int | None
    amount_minor: int


NOTHING_MORE = Adding("", None, 0)


def cover_of(account: Account, context: Context, exposure_minor: int, adding: Adding = NOTHING_MORE) -> int:
    """Return how much of an exposure the account's covers in force bear, never more than it.

    They are taken one after the other, each on what those before it left: first those of one order, which together bear
    no more than the order, then the larger share, then the smaller first loss. So no two bear the same part, and more
    exposure never means less of it net.

    Source: design, words (cover); an insurer pays its share of what other securities left.
    """
    left = exposure_minor
    of_orders: dict[str, int] = {}
    for covering in account.covers:
        if left <= 0:
            return max(0, exposure_minor)
        if covering.in_force:
            before = of_orders.get(covering.order_key, 0) if covering.order_key else 0
            borne = _borne(covering, left, before, account, context, adding)
            of_orders[covering.order_key] = before + borne
            left -= borne
    return max(0, exposure_minor - left)


def _borne(covering: Covering, left: int, before: int, account: Account, context: Context, adding: Adding) -> int:
    """Return what one cover bears of what is left, and of what covers of its order `before` it left of that.

    Without a rate it is nothing, for doubt never ships goods.
    """
    worth = _in_full(covering.value, covering.currency, account, context)
    first_loss = _at_most(covering.first_loss, covering.currency, account, context)
    if not worth or first_loss is None:
        return 0
    above = _coverable(covering, left, before, account, context, adding) - first_loss
    return max(0, min(worth, above * covering.share_bp // WHOLE_BP))


def _coverable(covering: Covering, left: int, before: int, account: Account, context: Context, adding: Adding) -> int:
    is_too_long = is_longer(covering, adding.net_days)
    if covering.order_key:
        of_order = _sum(covering.sums, account, context)
        if adding.order_key == covering.order_key and not is_too_long:
            of_order += adding.amount_minor
        coverable = min(left, of_order - before)
    else:
        excluded = sum(_or_face(amount, name, account, context) for name, amount in covering.sums.items())
        coverable = left - excluded - (adding.amount_minor if is_too_long else 0)
    return coverable if covering.before is None else min(coverable, _sum(covering.before, account, context))


def is_longer(covering: Covering, net_days: int | None) -> bool:
    """Return whether terms are longer than a cover covers; terms that nobody stated are not."""
    return covering.max_net_days is not None and net_days is not None and net_days > covering.max_net_days


def _sum(amounts: dict[str, int], account: Account, context: Context) -> int:
    return held(sum(_in_full(amount, name, account, context) or 0 for name, amount in amounts.items()))


def _in_full(amount: int, currency: str, account: Account, context: Context) -> int | None:
    """Value what reduces exposure: rounded down."""
    return convert(amount, currency, account.currency, context.base, context.rates, up=False)


def _at_most(amount: int, currency: str, account: Account, context: Context) -> int | None:
    return convert(amount, currency, account.currency, context.base, context.rates)


def _or_face(amount: int, currency: str, account: Account, context: Context) -> int:
    """Value what is not covered as exposure itself is valued: without a rate at face value."""
    valued = _at_most(amount, currency, account, context)
    return amount if valued is None else valued


def in_force(account: Account) -> tuple[tuple[str, int, int, int, str], ...]:
    """Return what tells covers in force from others: any change of it may let more or less through."""
    return tuple(
        (found.mark, found.value, found.share_bp, found.first_loss, found.withdrawn_on)
        for found in account.covers
        if found.in_force
    )
