"""What every list has around its rows."""

from __future__ import annotations

from msgspec import Struct


class AsOf(Struct, frozen=True, kw_only=True):
    """How fresh an answer is.

    `at_ms` is the time of the newest fact that it contains, `lag_records` how many ledger records it does not contain
    yet. `business_date` is the last closed day.
    """

    at_ms: int
    lag_records: int
    business_date: str | None = None


class Page(Struct, frozen=True, kw_only=True):
    """One page: `next` is the `after` of the next one, null at the end; `total` counts all pages where it is known."""

    as_of: AsOf
    next: str | None = None
    total: int | None = None
