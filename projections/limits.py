"""What limit and terms the policy offers an account of a grade and size, and which offers take effect by themselves.

Pure arithmetic: amounts are minor units of the account's currency, shares and changes basis points.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import NamedTuple

from schemas.decisions import Reason
from schemas.policy_credit import LimitRow, Limits


class Size(NamedTuple):
    """How large an account is: its revenue of a year if known, and what it bought in the months that count."""

    revenue_minor: int | None
    sales_minor: int
    sales_months: int


class Offer(NamedTuple):
    """A proposal: the limit and what bounded it, the bound first and then what it was compared with."""

    limit_minor: int
    because: list[Reason]


def limit_row(limits: Limits, grade: str) -> LimitRow | None:
    """Return what accounts of a grade are offered, or None if the policy offers that grade nothing."""
    return _by_grade(limits.grades).get(grade)


@lru_cache(maxsize=64)
def _by_grade(rows: tuple[LimitRow, ...]) -> dict[str, LimitRow]:
    return {row.grade: row for row in rows}


def offer(row: LimitRow, size: Size, round_to_minor: int) -> Offer:
    """Return the limit offered: sales of some months but at least a base, within share of revenue and cap.

    An unknown revenue bounds nothing. Cover is no part of it: it is netted from exposure, and would count twice.
    `row` is in the account's currency.

    Source: last months' sales times a factor of the risk class, capped by revenue (domain notes 2.5).

    >>> row = LimitRow(grade="B", cap_minor=90_000, revenue_share_bp=500, sales_months_bp=20_000, base_minor=1_000)
    >>> offer(row, Size(1_000_000, 60_000, 3), 1_000).limit_minor
    40000
    """
    months = size.sales_minor * row.sales_months_bp // (size.sales_months * 10_000)
    bounds: list[tuple[int, Reason]] = [(row.cap_minor, {"code": "grade_cap", "limit_minor": row.cap_minor})]
    if size.revenue_minor is not None:
        share = size.revenue_minor * row.revenue_share_bp // 10_000
        reason: Reason = {"code": "revenue_share", "limit_minor": share, "revenue_minor": size.revenue_minor}
        bounds.append((share, reason))
    bounds.append(_sales_or_base(row, size, months))
    bounds.sort(key=lambda bound: bound[0])
    lowest = max(0, bounds[0][0])
    return Offer(lowest - lowest % round_to_minor, [reason for _, reason in bounds])


def _sales_or_base(row: LimitRow, size: Size, months: int) -> tuple[int, Reason]:
    if months <= row.base_minor:
        return row.base_minor, {"code": "base_of_grade", "limit_minor": row.base_minor}
    return months, {"code": "recent_sales", "limit_minor": months, "sales_minor": size.sales_minor}


class Present(NamedTuple):
    """The lasting limit as decisions left it, without what measures cut; None where none was ever set.

    `may_rise` is False where nothing should be loosened by itself: a measure, a hold, a grave alert.
    """

    limit_minor: int | None
    unlimited: bool
    by_a_person: bool
    set_on: str
    may_rise: bool


def is_adopted(limits: Limits, offered_minor: int, present: Present, today: str) -> bool:
    """Return whether an offer takes effect by itself.

    Hysteresis keeps small differences from moving a limit, and a minimum time keeps it from rising with each good
    month. What a person set moves only as far as `over_desk` says.
    """
    if present.unlimited:
        return False
    if present.limit_minor is None:
        return limits.automatic == "raise_and_lower" and present.may_rise and offered_minor > 0
    change = offered_minor - present.limit_minor
    if not change or abs(change) * 10_000 < limits.change_at_least_bp * present.limit_minor:
        return False
    allowed = limits.over_desk if present.by_a_person else limits.automatic
    if change < 0:
        return limits.automatic != "none" and allowed != "none"
    if limits.automatic != "raise_and_lower" or allowed != "raise_and_lower" or not present.may_rise:
        return False
    return days_between(present.set_on, today) >= limits.raise_after_days


def days_between(earlier: str, later: str) -> int:
    """Return the days from one ISO date to another; from none, longer than any policy waits.

    >>> days_between("2025-02-28", "2025-03-01")
    1
    """
    if not earlier:
        return 1_000_000
    return date.fromisoformat(later).toordinal() - date.fromisoformat(earlier).toordinal()


def is_worth_saying(limits: Limits, offered: tuple[int, int, str], before: tuple[int, int, str] | None) -> bool:
    """Return whether a proposal differs enough from the last one: in grade, terms, or limit beyond hysteresis."""
    if before is None or offered[1:] != before[1:]:
        return True
    change = abs(offered[0] - before[0])
    return bool(change) and change * 10_000 >= limits.change_at_least_bp * before[0]
