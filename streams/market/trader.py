"""One customer account of the market: who it is, what it has open, what it has planned, and what a day says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from schemas.codec import TOPIC_OF_TYPE
from schemas.facts import Broadcast, Fact
from streams.market import payers
from streams.market.payers import PayerKind
from streams.message import Message, Origin, at_ms, message

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
Released = Callable[[str], bool]
"""Whether an order may leave, by its id."""


@dataclass(slots=True)
class Day:
    """One business date while it is being played, and the messages said so far.

    What would be paid on it is paid so many `later_days` later.
    """

    date: date
    origin: Origin
    released: Released | None = None
    later_days: int = 0
    messages: list[Message] = field(default_factory=list)

    @property
    def is_business(self) -> bool:
        """Whether banks and warehouses work."""
        return self.date.weekday() < 5

    def say(self, fact: Fact | Broadcast, moment_ms: int, fact_id: str) -> None:
        """Add a message; `moment_ms` is the time of day."""
        topic_name = TOPIC_OF_TYPE[str(fact.__struct_config__.tag)]
        stamp = at_ms(self.date, moment_ms)
        self.messages.append(message(topic_name, fact, timestamp_ms=stamp, origin=self.origin, fact_id=fact_id))


@dataclass(slots=True, eq=False)
class Order:
    """An order as its seller sees it."""

    order_id: str
    amount_minor: int
    currency: str
    customer_id: str | None
    placed_on: date
    revision: int = 1
    delivered_minor: int = 0
    reserved_minor: int = 0
    waited_days: int = 0
    is_shipping: bool = False
    is_gone: bool = False
    is_refused: bool = False
    deposit: tuple[str, int] | None = None


@dataclass(slots=True, eq=False)
class Delivery:
    """Goods that left and are not invoiced yet."""

    delivery_id: str
    order: Order
    amount_minor: int


@dataclass(slots=True, eq=False)
class Claim:
    """What is open of an invoice, or of one instalment of it."""

    invoice_id: str
    instalment_no: int | None
    currency: str
    amount_minor: int
    open_minor: int
    due_on: date
    held_minor: int = 0
    is_put_off: bool = False


@dataclass(slots=True, frozen=True)
class Profile:
    """What does not change about an account."""

    number: int
    account_id: str
    name: str
    kind: PayerKind
    currency: str
    second_currency: str | None
    net_days: int
    orders_per_day: float
    order_minor: int
    limit_minor: int
    bills_weekly: bool
    pays_weekly: bool
    opens_on: date
    joins_late: bool
    turns_on: date
    peak_day: int
    customers: tuple[str, ...]
    country: str
    industry: str
    segment: str
    salesperson_id: str
    bureau_score: int
    pays_by_bill: bool
    insured_share_bp: int


Act = Callable[..., None]


@dataclass(slots=True, eq=False)
class Trader:
    """An account that trades. `booked_minor` is the seller's own rough exposure, used where nobody decides."""

    profile: Profile
    rng: Random
    limit_minor: int = 0
    booked_minor: int = 0
    is_suspended: bool = False
    agenda: dict[date, list[tuple[Act, tuple[Any, ...]]]] = field(default_factory=dict)
    unbilled: list[Delivery] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    paying: list[Claim] = field(default_factory=list)
    _numbered_on: date | None = None
    _number: int = 0

    @property
    def account_id(self) -> str:
        """The account's id, the key of all it says."""
        return self.profile.account_id

    def turned_days(self, today: date) -> int:
        """Days since the account began to turn bad."""
        return (today - self.profile.turns_on).days

    def season(self, today: date) -> float:
        """How high the account's season is, 0 to 1."""
        return payers.season_of(today.timetuple().tm_yday, self.profile.peak_day)

    def plan(self, today: date, days: int, act: Act, *arguments: Any) -> None:
        """Do something in some days; what is planned for today is done before the day ends."""
        self.agenda.setdefault(today + timedelta(days=days), []).append((act, arguments))

    def new_id(self, letter: str, today: date) -> str:
        """An id nobody else uses: letter, account number, date, number within the day."""
        if self._numbered_on != today:
            self._numbered_on, self._number = today, 0
        self._number += 1
        return f"{letter}{self.profile.number:05d}-{today:%y%m%d}-{self._number}"

    def book(self, amount_minor: int, currency: str) -> int:
        """Add to the seller's own exposure, roughly valued in the account's currency; return what was added."""
        valued_minor = amount_minor if currency == self.profile.currency else amount_minor * 93 // 100
        self.booked_minor += valued_minor
        return valued_minor

    def moment(self, from_hour: float, until_hour: float) -> int:
        """A random time of day in milliseconds."""
        return int((from_hour + (until_hour - from_hour) * self.rng.random()) * HOUR_MS)
