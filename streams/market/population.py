"""Who is in the market: sizes by a power law, so that a few accounts make much of the volume."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from streams.market.payers import draw_kind
from streams.market.trader import Profile, Trader

_FIRST = ("Alder", "Baltic", "Cardinal", "Delta", "Elbe", "Falcon", "Granite", "Harbour", "Iris", "Jupiter", "Kestrel")
_SECOND = ("Foods", "Metals", "Textiles", "Logistics", "Furniture", "Electronics", "Paper", "Chemicals", "Machines")
_FORMS = ("GmbH", "SA", "BV", "SpA", "AB", "Ltd", "sp. z o.o.", "SAS")
_COUNTRIES = ("DE", "FR", "NL", "IT", "SE", "IE", "PL", "ES")
_SEGMENTS = ("industry", "retail", "public", "export")
_NET_DAYS = (14, 30, 30, 30, 45, 60, 60, 90)
_ORDER_MINOR = 250_000
_NO_CREDIT_BELOW = 55
_ORDERS_PER_DAY = 0.12
_LOGNORMAL_MEAN = 1.5
"""Mean of the order amounts for each unit of their median."""


def populate(seed: int, accounts: int, start: date) -> list[Trader]:
    """The market's accounts; account n is the same whatever the number of accounts."""
    return [_trader(seed, number, start) for number in range(1, accounts + 1)]


def _trader(seed: int, number: int, start: date) -> Trader:
    rng = Random(f"{seed}/{number}")
    size = min(rng.paretovariate(1.16), 400.0)
    net_days = rng.choice(_NET_DAYS)
    orders_per_day = _ORDERS_PER_DAY * size**0.4
    order_minor = round(_ORDER_MINOR * size**0.6 * rng.uniform(0.6, 1.6))
    joins_late = rng.random() < 0.15
    opens_on = start + timedelta(days=rng.randint(2, 240) if joins_late else 0)
    account_id = f"A-{10_000 + number}"
    bureau_score = min(97, max(30, round(rng.gauss(74, 11))))
    profile = Profile(
        number=number,
        account_id=account_id,
        name=f"{rng.choice(_FIRST)} {rng.choice(_SECOND)} {rng.choice(_FORMS)}",
        kind=draw_kind(rng),
        currency="EUR",
        second_currency="USD" if rng.random() < 0.06 else None,
        net_days=net_days,
        orders_per_day=orders_per_day,
        order_minor=order_minor,
        limit_minor=_limit(rng, bureau_score, orders_per_day * order_minor * _LOGNORMAL_MEAN, net_days, order_minor),
        bills_weekly=rng.random() < 0.15,
        pays_weekly=rng.random() < 0.2,
        opens_on=opens_on,
        joins_late=joins_late,
        turns_on=opens_on + timedelta(days=rng.randint(15, 220)),
        peak_day=rng.randint(1, 365),
        customers=_customers(rng, account_id),
        country=rng.choice(_COUNTRIES),
        industry=rng.choice(_SECOND).lower(),
        segment=rng.choice(_SEGMENTS),
        salesperson_id=f"sales-{rng.randint(1, 12)}",
        pays_by_bill=rng.random() < 0.05,
        insured_share_bp=9_000 if rng.random() < 0.12 else 0,
        bureau_score=bureau_score,
    )
    return Trader(profile, rng)


def _limit(rng: Random, bureau_score: int, daily_minor: float, net_days: int, order_minor: int) -> int:
    """What the account's usual business needs, with more or less to spare; two digits, as desks set them.

    Some of those with a weak score get no credit.
    """
    if bureau_score < _NO_CREDIT_BELOW and rng.random() < 0.2:
        return 0
    usual_minor = daily_minor * (net_days + 10) * 0.8
    needed = max(usual_minor * rng.lognormvariate(0.95, 0.35), order_minor * rng.uniform(4, 9))
    digits = int(10 ** max(3, len(str(int(needed))) - 2))
    return max(digits, round(needed / digits) * digits)


def _customers(rng: Random, account_id: str) -> tuple[str, ...]:
    if rng.random() > 0.08:
        return ()
    return tuple(f"{account_id}-{number}" for number in range(1, rng.randint(2, 4) + 1))
