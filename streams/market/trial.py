"""A trial of a policy: the simulated market decided by the real core in memory, and what was seen of each account.

No broker and no clock: the market's days are taken by one partition, orders leave only when the core released them, and
who turned bad and when it defaulted is known from the market itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from msgspec import Struct

from projections.chain import Outcome
from projections.exposures import exposure_of
from projections.partition import Partition
from projections.store import MemoryRows
from schemas.decisions import (
    LEVELS,
    AlertEscalated,
    AlertRaised,
    OrderAnswer,
    OrderBlocked,
    OrderReleased,
    StatusChanged,
)
from schemas.facts.control import PolicyAdopted
from streams.market.payers import PayerKind
from streams.market.paying import overdue_days
from streams.market.trader import Trader
from streams.message import Message, at_ms, message
from streams.simulator import DEFAULT_START, Market

DEFAULT_OVERDUE_DAYS = 90
"""An account is in default once its oldest open claim is so long past due. Source: Basel III, 90 days past due."""
LATE_DAYS = 30
FOLLOWED_WITHIN_DAYS = 120
SWEPT_AT_ONCE = 1_000
_COMMIT_EVERY_DAYS = 7


class Critical(Struct, frozen=True):
    """A critical alert: when it came, and whether a payment over 30 days late had followed by the end."""

    on: date
    was_followed: bool


@dataclass(slots=True)
class Seen:
    """What a trial saw of one account; money in minor units of its currency."""

    account_id: str
    kind: PayerKind
    turns_on: date
    levels: dict[str, str] = field(default_factory=dict)
    criticals_on: list[date] = field(default_factory=list)
    late_on: list[date] = field(default_factory=list)
    stopped_on: list[date] = field(default_factory=list)
    blocked_orders: int = 0
    released_orders: int = 0
    released_minor: int = 0
    defaulted_on: date | None = None
    at_default_minor: int = 0

    @property
    def turned(self) -> bool:
        """Whether the account is of a kind that turns bad."""
        return self.kind in ("deteriorating", "bust_out")

    def caught_on(self) -> date | None:
        """Return the first block or critical alert after the account turned and before it defaulted, if any."""
        signals = [on for on in (*self.criticals_on, *self.stopped_on) if self._counts(on)]
        return min(signals, default=None)

    def _counts(self, on: date) -> bool:
        return on >= self.turns_on and (self.defaulted_on is None or on < self.defaulted_on)

    def criticals(self) -> list[Critical]:
        """Return the critical alerts with what came of them."""
        return [
            Critical(on, any(0 <= (late - on).days <= FOLLOWED_WITHIN_DAYS for late in self.late_on))
            for on in self.criticals_on
        ]


@dataclass(slots=True)
class Trial:
    """What a whole trial saw."""

    accounts: int
    days: int
    seed: int
    policy_id: str
    seen: dict[str, Seen]
    facts: int = 0


class _Court:
    """The core that decides, and the answers that it has given so far."""

    def __init__(self, partition: Partition, seen: dict[str, Seen]) -> None:
        self.partition = partition
        self._seen = seen
        self._released: dict[str, bool] = {}
        self._offsets: Counter[str] = Counter()

    def may_leave(self, order_id: str) -> bool:
        """Return whether the last answer about an order lets it go."""
        return self._released.get(order_id, False)

    def take(self, said: Message, today: date) -> None:
        """Let the core decide a fact, with all that it brings about."""
        name = said.topic_name
        record = _Taken(self._offsets[name], said.timestamp_ms, _key(said), said.value, said.headers)
        self._offsets[name] += 1
        outcomes = self.partition.take(name, record, 0)
        while swept := self.partition.sweep(SWEPT_AT_ONCE, 0):
            outcomes.extend(swept)
        for outcome in outcomes:
            self._note(outcome, today)

    def _note(self, outcome: Outcome, today: date) -> None:
        seen = self._seen.get(outcome.account_id or "")
        if seen is None:
            return
        for decision in outcome.decisions:
            if isinstance(decision, OrderAnswer):
                self._released[decision.order_id] = isinstance(decision, OrderReleased)
            _observe(seen, decision, today)


class _Taken(Struct, frozen=True, gc=False):
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


def _key(said: Message) -> bytes | None:
    return None if said.key is None else said.key.encode()


def _observe(seen: Seen, decision: Any, today: date) -> None:
    if isinstance(decision, OrderReleased) and decision.decision_no == 1:
        seen.released_orders += 1
        seen.released_minor += decision.amount_minor
    elif isinstance(decision, OrderBlocked):
        seen.blocked_orders += 1
        seen.stopped_on.append(today)
    elif isinstance(decision, StatusChanged) and decision.status != "active":
        seen.stopped_on.append(today)
    elif isinstance(decision, AlertRaised | AlertEscalated):
        before = seen.levels.get(decision.alert_id, "notice")
        seen.levels[decision.alert_id] = max(before, decision.level, key=LEVELS.__getitem__)
        if decision.level == "critical":
            seen.criticals_on.append(today)


def run_trial(
    accounts: int,
    days: int,
    seed: int,
    *,
    policy: dict[str, Any] | None = None,
    start: date = DEFAULT_START,
    on_day: Callable[[date], None] = lambda _: None,
) -> Trial:
    """Return what a policy (the default one, or one adopted before the first day) makes of a market."""
    market = Market(seed, accounts, start)
    seen = {trader.account_id: _nothing_yet(trader) for trader in market.traders}
    court = _Court(Partition(MemoryRows(), 0, 1, "trial"), seen)
    if policy is not None:
        fact = PolicyAdopted(policy=policy, actor="trial", approved_by="trial, second", reason="trial")
        court.take(message("control", fact, timestamp_ms=at_ms(start), origin=market.origin, fact_id="trial"), start)
    trial = Trial(accounts, days, seed, "", seen)
    for number in range(days):
        today = market.next_date
        for said in market.day(today, court.may_leave):
            court.take(said, today)
            trial.facts += 1
        for trader in market.traders:
            _look_at(trader, seen[trader.account_id], court.partition, today)
        if number % _COMMIT_EVERY_DAYS == 0:
            court.partition.exposures(0)
            court.partition.commit()
        on_day(today)
    trial.policy_id = court.partition.context.policy_id
    return trial


def _nothing_yet(trader: Trader) -> Seen:
    return Seen(trader.account_id, trader.profile.kind, trader.profile.turns_on)


def _look_at(trader: Trader, seen: Seen, partition: Partition, today: date) -> None:
    """Note, from the market's own books, whether the account is late or in default by tonight."""
    late = overdue_days(trader, today)
    if late > LATE_DAYS:
        seen.late_on.append(today)
    if late < DEFAULT_OVERDUE_DAYS or seen.defaulted_on is not None:
        return
    account = partition.book.account(trader.account_id)
    seen.defaulted_on = today
    if account is not None:
        seen.at_default_minor = exposure_of(account, partition.context, 0, at_ms(today)).net_exposure_minor
