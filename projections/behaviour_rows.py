"""The row of an account's behaviour: what it bought and how it paid, by month. Amounts are in its own currency."""

from __future__ import annotations

from msgspec import Struct, field

MONTHS = 13
"""The newest month and the twelve before: a whole year of full months."""


def _no_months() -> list[int]:
    return [0] * MONTHS


class Behaviour(Struct, array_like=True, gc=False):
    """One for each account, under the empty key.

    `month` is the newest month told of, as year * 12 + month - 1; in the lists the month at index n is n months before
    it. `sold` is what was invoiced, by the invoice's date. `settled`, `paid`, `paid_days` and `paid_index` are by
    the date of the last payment: how many items, what payments were worth, and the sums of that times days beyond terms
    and times points of the payment index.
    `settled_count`, `late_count` are of all times; `longest_delay_days` and `last_settled_on` only ever rise.
    """

    key: str = ""
    month: int = 0
    sold: list[int] = field(default_factory=_no_months)
    settled: list[int] = field(default_factory=_no_months)
    paid: list[int] = field(default_factory=_no_months)
    paid_days: list[int] = field(default_factory=_no_months)
    settled_count: int = 0
    late_count: int = 0
    longest_delay_days: int = 0
    last_settled_on: str = ""
    paid_index: list[int] = field(default_factory=_no_months)
