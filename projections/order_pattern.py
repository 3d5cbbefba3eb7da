"""What an account usually orders in a week, and what it ordered in the last one: all in integers."""

from __future__ import annotations

from typing import cast

from projections.context import day_number
from projections.moves import ORDERED
from projections.recording import NOT_BINDING, Recording
from projections.rows import Order
from projections.standing import UTILISATION_MAX_BP, value
from projections.warning_rows import DAYS, OrderPattern
from schemas.money import held

KIND = "order_pattern"
WEEKS_NEEDED = 4
"""An account is judged once it has ordered in so many weeks."""
SMOOTHED_OVER = 8
"""A week moves the usual one by an eighth, in the first eight weeks by its share of them."""


def note_order(recording: Recording, order: Order) -> None:
    """Count a new order on the day it is taken in, at the rate in force, at face value where there is none.

    Weeks without any order say nothing of how large a usual one is, so a customer that buys once a month is measured
    by the weeks in which it does.
    """
    if recording.context.policy.warnings.order_volume is None or order.kind in NOT_BINDING:
        return
    account = recording.account
    pattern = cast("OrderPattern | None", recording.book.sheet(KIND, account.account_id)) or OrderPattern()
    amount = value(order.amount, order.currency, account, recording.context)
    _reach(pattern, day_number(recording.today()))
    added = order.amount if amount is None else amount
    pattern.days[0] = held(pattern.days[0] + added)
    pattern.week = held(pattern.week + added)
    recording.keep(KIND, pattern)
    recording.moved |= ORDERED


def _reach(pattern: OrderPattern, day: int) -> None:
    passed = day - pattern.newest_day
    if passed > 0:
        pattern.days = [*([0] * min(passed, DAYS)), *pattern.days[: max(0, DAYS - passed)]]
        pattern.newest_day = day
    if day - pattern.week_began >= DAYS:
        if pattern.week:
            pattern.weeks += 1
            pattern.usual_week += (pattern.week - pattern.usual_week) // min(pattern.weeks, SMOOTHED_OVER)
        pattern.week_began, pattern.week = day - (day - pattern.week_began) % DAYS, 0


def week_against_usual_bp(recording: Recording) -> int | None:
    """Return the orders of the last 7 days over the usual week in basis points; None while that is not known."""
    pattern = cast("OrderPattern | None", recording.book.sheet(KIND, recording.account.account_id))
    if pattern is None or pattern.weeks < WEEKS_NEEDED or pattern.usual_week <= 0:
        return None
    passed = max(0, day_number(recording.today()) - pattern.newest_day)
    return min(UTILISATION_MAX_BP, sum(pattern.days[: max(0, DAYS - passed)]) * 10_000 // pattern.usual_week)
