"""What holds for all accounts of a partition at one place in its ledger: policy, rates, date, sweeps under way."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import msgspec
from msgspec import Struct, field

from projections.lateness_model import LatenessModel, model_id
from schemas.decisions import AlertRaised
from schemas.ledger import Source
from schemas.policy import Policy, default_policy, policy_id

CONTEXT_KEY = b"Pcontext"
_DAY = timedelta(days=1)
_LAST_DATE = date.max
_FIRST_DATE = date(1970, 1, 1)
_DAY_MS = 86_400_000
_LAST_MS = 253_370_764_800_000


@lru_cache(maxsize=4_096)
def _day_of(days: int) -> str:
    """Return the ISO date so many days after 1970-01-01: before the first close every fact asks for its own."""
    return (_FIRST_DATE + timedelta(days=days)).isoformat()


class Sweep(Struct, array_like=True, gc=False):
    """Accounts still to be taken through a broadcast (`day`, `policy`, `rates`), or one's further decisions (`more`).

    `after` is the last account done, for `more` the account itself. `source` with `index` is where its next record
    says that it comes from.
    """

    kind: str
    of_seq: int
    number: int
    after: str
    source: Source
    index: int
    effect: str
    at_ms: int
    target_minor: int | None = None


class Delegation(Struct, array_like=True, gc=False):
    """A person approves in another's place for some days, both included; without roles, in all that the other has."""

    delegator: str
    delegate: str
    valid_from: str
    valid_until: str
    roles: list[str]


class BookTotal(Struct, array_like=True, gc=False):
    """What all accounts owed together at the close of a day; `number` is that of the broadcast that told it."""

    number: int
    business_date: str
    currency: str
    net_exposure_minor: int


class ModelAlertHandling(Struct, array_like=True, gc=False):
    """What people did with an open alert about the model; `closed`: it is told no more while its cause holds."""

    owner: str | None = None
    acknowledged: bool = False
    closed: bool = False


class Context(Struct):
    """The context of decisions. It follows from the partition's own ledger alone.

    `control_no` is the number of the last broadcast taken, `all_no` of the last one that touches every account,
    `rates_no` of the last rates.
    `business_date` is the last closed day, None before any, `day_effect` how its closing was meant. `base_before` and
    `rates_before` were in force before the last rates. Fact ids are kept by generations, the present one begun on
    `ids_since`. `delegations` are those that are not over. `book` is the whole book as it was told last. `model` is the
    one of late payment that was adopted, `model_alerts` are the open alerts about the model, by cause, and
    `model_handlings` what was done with them.
    """

    partition: int
    partitions: int
    policy: Policy = field(default_factory=default_policy)
    policy_id: str = ""
    model_id: str | None = None
    business_date: str | None = None
    day_effect: str = "binding"
    tomorrow: str | None = None
    base: str = "EUR"
    rates: dict[str, str] = field(default_factory=dict)
    control_no: int = -1
    all_no: int = -1
    rates_no: int = -1
    sweeps: list[Sweep] = field(default_factory=list)
    base_before: str = "EUR"
    rates_before: dict[str, str] = field(default_factory=dict)
    ids_generation: int = 1
    ids_since: str | None = None
    delegations: list[Delegation] = field(default_factory=list)
    book: BookTotal | None = None
    model: LatenessModel | None = None
    model_alerts: dict[str, AlertRaised] = field(default_factory=dict)
    model_alert_no: int = 0
    model_handlings: dict[str, ModelAlertHandling] = field(default_factory=dict)

    def swept_through(self) -> int:
        """Return the number of the last broadcast that an account met now is taken through."""
        return max(self.all_no, self.rates_no, -1 if self.book is None else self.book.number)

    def today(self, at_ms: int) -> str:
        """Return the day that limits and validity count by: the one after the last closed day."""
        if self.tomorrow is not None:
            return self.tomorrow
        return _day_of(min(max(at_ms, 0), _LAST_MS) // _DAY_MS)

    def close(self, business_date: date) -> None:
        """Move the date on."""
        self.business_date = business_date.isoformat()
        self.tomorrow = (min(business_date, _LAST_DATE - _DAY) + _DAY).isoformat()
        self.delegations = [kept for kept in self.delegations if kept.valid_until >= self.tomorrow]
        if self.ids_since is None:
            self.ids_since = self.business_date
        elif business_date - date.fromisoformat(self.ids_since) >= timedelta(days=self.policy.fact_ids_kept_days):
            self.ids_generation += 1
            self.ids_since = self.business_date

    def delegate(self, delegation: Delegation) -> None:
        """Let a person approve in another's place; the last of the same two holds."""
        both = (delegation.delegator, delegation.delegate)
        self.delegations = [kept for kept in self.delegations if (kept.delegator, kept.delegate) != both]
        self.delegations.append(delegation)

    def set_rates(self, base: str, rates: dict[str, str]) -> None:
        """Put rates in force; accounts not swept yet stood by those before."""
        self.base_before, self.rates_before = self.base, self.rates
        self.base, self.rates = base, rates

    def adopt(self, policy: Policy) -> None:
        """Put a policy in force."""
        self.policy = policy
        self.policy_id = policy_id(policy)

    def adopt_model(self, model: LatenessModel | None) -> None:
        """Put a model of late payment in force, or none."""
        self.model = model
        self.model_id = None if model is None else model_id(model)


def new_context(partition: int, partitions: int) -> Context:
    """Return the context before any ledger record."""
    context = Context(partition, partitions)
    context.adopt(context.policy)
    return context


def encode_context(context: Context) -> bytes:
    """Return the stored bytes."""
    return msgspec.msgpack.encode(context)


def decode_context(value: bytes) -> Context:
    """Return the context from its stored bytes."""
    return msgspec.msgpack.decode(value, type=Context)


@lru_cache(maxsize=4_096)
def day_number(on: str) -> int:
    """Return the number of an ISO date, counted from the first there is; the same few are asked for all the time."""
    return date.fromisoformat(on).toordinal()


def day_before(on: str, days: int = 1) -> str:
    """Return the ISO date so many days earlier, or the first there is.

    >>> day_before("2024-03-01")
    '2024-02-29'
    """
    return date.fromordinal(max(1, date.fromisoformat(on).toordinal() - days)).isoformat()


def days_after(on: str, days: int) -> str:
    """Return the ISO date so many days later, or the last there is.

    >>> days_after("2024-02-28", 2)
    '2024-03-01'
    """
    return date.fromordinal(min(date.max.toordinal(), date.fromisoformat(on).toordinal() + days)).isoformat()
