"""How customers behave: how late each kind pays, how much it orders, and when it turns."""

from __future__ import annotations

import math
from random import Random
from typing import Literal

PayerKind = Literal["prompt", "slow", "seasonal", "deteriorating", "bust_out"]

SHARES: tuple[tuple[PayerKind, float], ...] = (
    ("prompt", 0.48),
    ("slow", 0.25),
    ("seasonal", 0.12),
    ("deteriorating", 0.11),
    ("bust_out", 0.04),
)
BUST_OUT_SPREE_DAYS = 25
"""How long a bust-out buyer orders all it can get before it is gone."""
_NEVER = 100_000


def draw_kind(rng: Random) -> PayerKind:
    """One kind of payer, by its share of the market."""
    point = rng.random()
    for kind, share in SHARES:
        point -= share
        if point < 0:
            return kind
    return SHARES[0][0]


def days_late(rng: Random, kind: PayerKind, *, turned_days: int, season: float) -> int:
    """How many days after the due date an invoice issued today will be paid; negative is early.

    Args:
        rng: the account's own generator.
        kind: the kind of payer.
        turned_days: days since the account began to turn bad; negative before.
        season: 0 to 1, how high the account's season is.
    """
    if kind == "slow":
        return 2 + round(rng.lognormvariate(2.4, 0.6))
    if kind == "seasonal":
        return round(rng.gauss(1 + 14 * season, 4))
    late = round(rng.gauss(-2, 3)) if rng.random() > 0.07 else round(rng.expovariate(1 / 9))
    if kind == "prompt" or turned_days <= 0:
        return late
    if kind == "bust_out":
        return _NEVER
    return late + round(min(turned_days, 200) * rng.uniform(0.2, 0.6))


def pays_at_all(kind: PayerKind, *, turned_days: int) -> bool:
    """Whether the account still pays anything; a bust-out stops when its spree is over."""
    return kind != "bust_out" or turned_days < BUST_OUT_SPREE_DAYS


def order_pace(kind: PayerKind, *, turned_days: int, season: float) -> float:
    """Factor on the account's usual rate of orders."""
    if kind == "seasonal":
        return 0.5 + 2.5 * season
    if kind == "bust_out" and turned_days > 0:
        return 4.0 if turned_days <= BUST_OUT_SPREE_DAYS else 0.3 if turned_days <= 2 * BUST_OUT_SPREE_DAYS else 0.0
    if kind == "deteriorating" and turned_days > 0:
        return 1.2
    return 1.0


def season_of(day_of_year: int, peak_day: int) -> float:
    """How high a yearly season is: 1 on its peak day, 0 for half the year.

    >>> season_of(100, 100), season_of(282, 100)
    (1.0, 0.0)
    """
    return max(0.0, math.cos(2 * math.pi * (day_of_year - peak_day) / 365)) ** 2
