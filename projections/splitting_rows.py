"""The row of an account's recent orders: what was ordered on which day, for the check of orders that were split."""

from __future__ import annotations

from msgspec import Struct, field


class RecentOrders(Struct, array_like=True, gc=False):
    """Sums of the orders of the last days by date and currency, each below the single-order maximum."""

    key: str = ""
    days: dict[str, dict[str, int]] = field(default_factory=dict)
