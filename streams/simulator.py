"""The simulated market, day by day: a pure function of seed, number of accounts, start and what was released."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from random import Random

from schemas.facts.control import DayClosed, RatesSet
from streams.market import billing, desk, paying, selling
from streams.market.population import populate
from streams.market.trader import Day, Released, Trader
from streams.message import END_OF_DAY_MS, Message, Origin

DEFAULT_START = date(2025, 1, 1)
WORSE_BY_DAYS = 10
"""So much later everybody pays once the times have changed."""
_USD_AT_FIRST = 10_800


class Market:
    """Accounts that trade with one seller.

    Days are played in order, each once. What a day says follows from the seed and from what `released` said, and
    from nothing else; so a market can be played again up to where it was left.

    Args:
        seed: the same seed gives the same market.
        accounts: how many accounts; account n is the same whatever their number.
        start: the first business date.
        worse_from: from this day on everybody pays later than before.
    """

    def __init__(
        self, seed: int, accounts: int, start: date = DEFAULT_START, *, worse_from: date | None = None
    ) -> None:
        self._worse_from = worse_from
        self.origin = Origin(source_name(seed, accounts))
        self.start = start
        self.next_date = start
        self.traders = populate(seed, accounts, start)
        self._rng = Random(f"{seed}/market")
        self._usd = _USD_AT_FIRST

    def day(self, today: date, released: Released | None = None) -> list[Message]:
        """Play one day and return its messages in time order, `day_closed` last.

        Args:
            today: the day after the one played before.
            released: whether an order may leave, by its id. Without it the market goes by its own rough book of each
                account against its limit, and ships a few orders that do not fit.
        """
        if today != self.next_date:
            raise ValueError(f"expected day {self.next_date}, received {today}")
        self.next_date = today + timedelta(days=1)
        is_worse = self._worse_from is not None and today >= self._worse_from
        day = Day(today, self.origin, released, later_days=WORSE_BY_DAYS if is_worse else 0)
        if today == self.start or today.day == 1:
            self._set_rates(day)
        for trader in self.traders:
            _play(trader, day)
        day.messages.sort(key=_moment)
        day.say(DayClosed(business_date=today), END_OF_DAY_MS, f"day_closed-{today}")
        return day.messages

    def days(self, count: int, released: Released | None = None) -> Iterator[list[Message]]:
        """Play the next days one after the other."""
        for _ in range(count):
            yield self.day(self.next_date, released)

    def _set_rates(self, day: Day) -> None:
        rates = {"USD": f"{self._usd // 10_000}.{self._usd % 10_000:04d}"}
        day.say(RatesSet(base="EUR", rates=rates, valid_on=day.date), 0, f"rates_set-{day.date}")
        self._usd = min(13_000, max(9_000, self._usd + self._rng.randint(-150, 150)))


def source_name(seed: int, accounts: int) -> str:
    """The `ce_source` of a market's facts."""
    return f"simulator-{seed}-{accounts}"


def _moment(message: Message) -> int:
    return message.timestamp_ms


def _play(trader: Trader, day: Day) -> None:
    profile = trader.profile
    if day.date < profile.opens_on:
        return
    if day.date == profile.opens_on:
        _open(trader, day)
    tasks = trader.agenda.get(day.date, [])
    for act, arguments in tasks:
        act(trader, day, *arguments)
    selling.place_orders(trader, day)
    desk.review(trader, day)
    if trader.unbilled:
        billing.bill_collected(trader, day)
    if trader.paying:
        paying.run_payments(trader, day)
    trader.agenda.pop(day.date, None)


def _open(trader: Trader, day: Day) -> None:
    """A customer of a running market may order before its limit is set, and a few before their dossier is there."""
    late_days = trader.rng.choice((0, 1, 2)) if trader.profile.joins_late else 0
    trader.plan(day.date, 1 if late_days and trader.rng.random() < 0.3 else 0, desk.open_account)
    trader.plan(day.date, late_days, desk.grant_first_limit)


def facts(count: int, seed: int, *, accounts: int | None = None, start: date = DEFAULT_START) -> list[Message]:
    """The first facts of a market that is large enough to say them within about a year."""
    return list(islice(stream(accounts or max(10, min(5_000, count // 300)), seed, start=start), count))


def stream(accounts: int, seed: int, *, start: date = DEFAULT_START) -> Iterator[Message]:
    """The facts of a market that never ends, decided by nobody."""
    market = Market(seed, accounts, start)
    while True:
        yield from market.day(market.next_date)
