"""The market played live: at a pace, minding what Obligor decides, and going on where an earlier run stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from threading import Event

from msgspec import Struct

from streams.market.model_owner import ModelOwner
from streams.market.past import Answers, Past, follow_answers, read_past
from streams.market.trader import Released
from streams.message import Message, at_ms
from streams.producing import Producing
from streams.settings import Settings
from streams.simulator import DEFAULT_START, Market, source_name

DEMO_ACCOUNTS = 240
DEMO_SEED = 8
"""A market in which the first days played live see orders released, referred and blocked, and alerts come and go."""
DEMO_SPEED = 28_800.0
"""A day in three seconds: about 50 facts a second on business days."""
PREHISTORY_DAYS = 61
"""Played at once before the live pace begins, so that limits are in use; with the default start, up to a Sunday."""
OnDay = Callable[[date, int], None]
"""Told after each day: the date and how many facts it had."""


class Pace(Struct, frozen=True):
    """Which moment of simulated time is due when; a speed of 0 is as fast as possible."""

    speed: float
    began_ms: int
    began_seconds: float

    def wait_seconds(self, timestamp_ms: int, now_seconds: float) -> float:
        """How long until a moment is due; 0 or less when it is.

        >>> Pace(speed=1000.0, began_ms=0, began_seconds=50.0).wait_seconds(3_000_000, 51.0)
        2.0
        """
        if self.speed <= 0:
            return 0.0
        return self.began_seconds + (timestamp_ms - self.began_ms) / 1000 / self.speed - now_seconds


def run_live(
    settings: Settings,
    accounts: int = DEMO_ACCOUNTS,
    seed: int = DEMO_SEED,
    speed: float = DEMO_SPEED,
    stop_event: Event | None = None,
    *,
    start: date = DEFAULT_START,
    days: int | None = None,
    prehistory_days: int = PREHISTORY_DAYS,
    resume: bool = True,
    on_day: OnDay | None = None,
) -> int:
    """Play the market into Kafka until told to stop; return how many messages were sent.

    A run goes on after the last day that an earlier one of the same seed and accounts closed; what that one sent of
    an unfinished day is sent again and recognised as repeated. Live, an order leaves when it was released before
    the day began; at full speed nobody waits for decisions and the market goes by its own book.

    Args:
        settings: with brokers; the topics exist.
        accounts: how many accounts.
        seed: the same seed is the same market.
        speed: simulated seconds in a second; 0 is as fast as possible.
        stop_event: ends the run within a moment.
        start: the first business date of a new market. Where others closed days already it starts after them.
        days: how many days to play in this run; None is for ever.
        prehistory_days: how many days of a new market are played at full speed first.
        resume: go on where an earlier run stopped; else all is sent from `start`.
        on_day: told after each day.

    Raises:
        SendFailed: the broker is gone or refused a message.
    """
    stop = stop_event or Event()
    source = source_name(seed, accounts)
    past = read_past(settings, source) if resume else Past()
    market = Market(seed, accounts, past.market_start(start))
    live_from = market.start + timedelta(days=prehistory_days)
    with Producing(settings) as producing, follow_answers(settings, source, wanted=speed > 0) as answers:
        play = _Play(market, past, answers, producing, stop, speed, live_from, ModelOwner(settings))
        play.replay(on_day)
        return play.play(days, on_day)


@dataclass
class _Play:
    """One run: the market, what is known of earlier runs, and where the messages go."""

    market: Market
    past: Past
    answers: Answers
    producing: Producing
    stop: Event
    speed: float
    live_from: date
    model_owner: ModelOwner
    sent: int = 0

    def replay(self, on_day: OnDay | None) -> None:
        """Bring the market to where the earlier run closed its last day, sending nothing."""
        last = self.past.closed_until
        while last is not None and self.market.next_date <= last and not self.stop.is_set():
            today = self.market.next_date
            self.market.day(today, self.past.left_until(today))
            if on_day:
                on_day(today, 0)

    def play(self, days: int | None, on_day: OnDay | None) -> int:
        """Send day after day; return how many messages were sent."""
        pace: Pace | None = None
        while not self.stop.is_set() and (days is None or days > 0):
            today = self.market.next_date
            is_live = self.speed > 0 and today >= self.live_from
            messages = self.market.day(today, self._released(today) if is_live else None)
            adopting = self.model_owner.after(today) if is_live else None
            if adopting is not None:
                messages.insert(0, adopting)
            if is_live and pace is None:
                pace = Pace(self.speed, at_ms(today), time.monotonic())
            self._send(messages, pace)
            if on_day:
                on_day(today, len(messages))
            days = None if days is None else days - 1
        return self.sent

    def _released(self, today: date) -> Released:
        left_today, began_ms = self.past.left_on(today), at_ms(today)
        return lambda order_id: order_id in left_today or self.answers.released(order_id, began_ms)

    def _send(self, messages: list[Message], pace: Pace | None) -> None:
        for message in messages:
            if pace is not None:
                self._await(message, pace)
            if self.stop.is_set():
                return
            if message is messages[-1]:
                # A day that is seen closed is never sent again, so all of it must be there first.
                self.producing.flush()
            self.producing.send(message)
            self.sent += 1

    def _await(self, message: Message, pace: Pace) -> None:
        seconds = pace.wait_seconds(message.timestamp_ms, time.monotonic())
        if seconds > 0:
            self.stop.wait(seconds)
