"""What is known of an account's paying when an invoice is issued, as numbers for a model; nothing from the future.

Counts, days and amounts are integers; scores are doubles made with the four basic operations only, in a fixed order, so
that they are the same bit for bit on every machine. The work is the same however many invoices are open.
"""

from __future__ import annotations

from datetime import date

from msgspec import Struct
from msgspec.structs import astuple

from schemas.decisions_lateness import LatenessAsked, PaymentsSoFar

FEATURES = (
    "late_rate",
    "late_lately",
    "late_rate_of_all",
    "days_beyond",
    "days_beyond_lately",
    "days_beyond_of_all",
    "days_beyond_bounded",
    "history",
    "open_items",
    "overdue_items",
    "overdue_share",
    "overdue_age",
    "amount_to_usual",
    "net_days",
    "since_late",
    "due_at_weekend",
    "due_at_month_end",
    "disputed_share",
)
"""Names of the features, in the order in which `features_of` gives them."""

PRIOR_INVOICES = 2
"""How many invoices of an average account an account's own rate is mixed with."""
_PRIOR_DAYS_WEIGHT = 1.0
_MEMORY, _MEMORY_LATELY = 0.9, 0.7
_POPULATION_STEP_MIN = 0.01
_LATE_LATELY_STEP = 0.25
DAYS_MAX = 60
"""Beyond two months past due it says no more of the next invoice how much later one was."""
_USUAL_SPREAD_DAYS = 7.0
_SINCE_LATE_MAX_DAYS = 180
_MONTH_END_DAYS = 3


class Invoice(Struct, frozen=True, array_like=True, gc=False):
    """What an invoice says when it is issued. Days are proleptic ordinals; the amount is in minor units."""

    issued_day: int
    due_day: int
    due_day_of_month: int
    amount_minor: int

    @property
    def net_days(self) -> int:
        """Days from issue to due, at least one."""
        return max(1, self.due_day - self.issued_day)

    @classmethod
    def asked(cls, asked: LatenessAsked) -> Invoice:
        """Return the invoice of which a ledger tells."""
        issued, due = date.fromisoformat(asked.issued_on), date.fromisoformat(asked.due_on)
        return cls(issued.toordinal(), due.toordinal(), due.day, asked.amount_minor)


class Payments(Struct, array_like=True, gc=False):
    """How one account has paid so far, as it is kept: the same as `PaymentsSoFar`, and changing."""

    judged: int = 0
    late: int = 0
    waiting: int = 0
    waiting_issued_days: int = 0
    waiting_net_days: int = 0
    waiting_minor: int = 0
    overdue: int = 0
    overdue_due_days: int = 0
    overdue_minor: int = 0
    issued: int = 0
    issued_minor: int = 0
    weight: float = 0.0
    days: float = 0.0
    weight_lately: float = 0.0
    days_lately: float = 0.0
    late_lately: float = 0.0
    late_lately_weight: float = 0.0
    last_late_day: int = 0
    disputed: int = 0

    def said(self) -> PaymentsSoFar:
        """Return how it stands now, to be told and kept."""
        return PaymentsSoFar(*astuple(self))


Known = Payments | PaymentsSoFar


class Population(Struct, gc=False):
    """How all accounts paid so far: judged and late invoices, settled ones and the level of their days past due."""

    judged: int = 0
    late: int = 0
    settled: int = 0
    days: float = 0.0

    @property
    def late_rate(self) -> float:
        """Share of late invoices, before there are any a third: above 0 and below 1."""
        return (self.late + 1) / (self.judged + 3)

    def settle(self, days_past_due: int) -> None:
        """Note that an invoice was settled, so many days after it was due."""
        self.settled += 1
        self.days += max(_POPULATION_STEP_MIN, 1 / self.settled) * (_bounded(days_past_due) - self.days)

    def judge(self, *, is_late: bool) -> None:
        """Note that it is known whether an invoice is late."""
        self.judged += 1
        self.late += is_late


def issue(payments: Payments, invoice: Invoice) -> None:
    """Note that an invoice was issued; its features are taken before."""
    payments.issued += 1
    payments.issued_minor += invoice.amount_minor
    join_waiting(payments, invoice)


def fall_overdue(payments: Payments, invoice: Invoice) -> None:
    """Note that an invoice that was waiting is past due and still open."""
    leave_waiting(payments, invoice)
    join_overdue(payments, invoice)


def join_overdue(payments: Payments, invoice: Invoice) -> None:
    """Count an invoice among those that are open and past due."""
    payments.overdue += 1
    payments.overdue_due_days += invoice.due_day
    payments.overdue_minor += invoice.amount_minor


def leave_overdue(payments: Payments, invoice: Invoice) -> None:
    """Count an invoice no longer among those that are open and past due."""
    payments.overdue -= 1
    payments.overdue_due_days -= invoice.due_day
    payments.overdue_minor -= invoice.amount_minor


def join_waiting(payments: Payments, invoice: Invoice) -> None:
    """Count an invoice among those that are open and not past due."""
    payments.waiting += 1
    payments.waiting_issued_days += invoice.issued_day
    payments.waiting_net_days += invoice.net_days
    payments.waiting_minor += invoice.amount_minor


def leave_waiting(payments: Payments, invoice: Invoice) -> None:
    """Count an invoice no longer among those that are open and not past due."""
    payments.waiting -= 1
    payments.waiting_issued_days -= invoice.issued_day
    payments.waiting_net_days -= invoice.net_days
    payments.waiting_minor -= invoice.amount_minor


def settle(payments: Payments, days_past_due: int) -> None:
    """Note that an invoice was paid in full, so many days after it was due."""
    found = _bounded(days_past_due)
    payments.weight = payments.weight * _MEMORY + 1.0
    payments.days = payments.days * _MEMORY + found
    payments.weight_lately = payments.weight_lately * _MEMORY_LATELY + 1.0
    payments.days_lately = payments.days_lately * _MEMORY_LATELY + found


def _bounded(days: int) -> float:
    return float(max(-DAYS_MAX, min(DAYS_MAX, days)))


def judge(payments: Payments, *, is_late: bool, day: int) -> None:
    """Note that it is known since a day whether an invoice is late: the label of `docs/scores.md`."""
    outcome = 1 if is_late else 0
    payments.late_lately += _LATE_LATELY_STEP * (outcome - payments.late_lately)
    payments.late_lately_weight += _LATE_LATELY_STEP * (1.0 - payments.late_lately_weight)
    payments.judged += 1
    payments.late += outcome
    if is_late:
        payments.last_late_day = day


def dispute(payments: Payments) -> None:
    """Note that an invoice was disputed for the first time."""
    payments.disputed += 1


def late_rate(payments: Known, population: Population) -> float:
    """The account's own share of late invoices, mixed with two of an average account: the yardstick to beat.

    >>> late_rate(Payments(), Population(judged=7, late=1)), late_rate(Payments(judged=2, late=2), Population(7, 1))
    (0.2, 0.6)
    """
    return (payments.late + PRIOR_INVOICES * population.late_rate) / (payments.judged + PRIOR_INVOICES)


def features_of(payments: Known, population: Population, invoice: Invoice) -> tuple[float, ...]:
    """The features of an invoice that is about to be issued, in the order of `FEATURES`; all are finite."""
    day, rate, net_days = invoice.issued_day, population.late_rate, invoice.net_days
    overdue, waiting, overdue_minor = payments.overdue, payments.waiting, payments.overdue_minor
    age = min(_overdue_age(payments, day), float(DAYS_MAX)) if overdue else 0.0
    days = _days_beyond(payments, population.days, age, payments.weight, payments.days)
    open_minor = overdue_minor + payments.waiting_minor
    return (
        _expected_late_rate(payments, rate, day) - rate,
        payments.late_lately - payments.late_lately_weight * rate,
        rate,
        days,
        _days_beyond(payments, population.days, age, payments.weight_lately, payments.days_lately),
        population.days,
        days / (abs(days) + _USUAL_SPREAD_DAYS),
        payments.judged / (payments.judged + 5),
        waiting / (waiting + 2),
        overdue / (overdue + 1),
        overdue_minor / open_minor if open_minor else 0.0,
        age,
        _amount_to_usual(payments, invoice.amount_minor),
        net_days / (net_days + 30),
        _since_late(payments, day),
        1.0 if invoice.due_day % 7 in (6, 0) else 0.0,
        1.0 if invoice.due_day_of_month <= _MONTH_END_DAYS or invoice.due_day_of_month > 31 - _MONTH_END_DAYS else 0.0,
        payments.disputed / (payments.issued + PRIOR_INVOICES),
    )


def _expected_late_rate(payments: Known, rate: float, day: int) -> float:
    """The late rate with open invoices counted by their chance, which grows the nearer the due day is.

    Invoices settled early are judged first, so that judged ones alone look better than they will turn out.
    """
    prior, waiting = PRIOR_INVOICES * rate, payments.waiting
    own = (payments.late + prior) / (payments.judged + PRIOR_INVOICES)
    if not waiting:
        return own
    age = _share(waiting * day - payments.waiting_issued_days, payments.waiting_net_days)
    unpaid_if_in_time = max(0.02, 1.0 - age)
    chance = own / (own + (1.0 - own) * unpaid_if_in_time)
    return (payments.late + waiting * chance + prior) / (payments.judged + waiting + PRIOR_INVOICES)


def _days_beyond(payments: Known, level: float, age: float, weight: float, days: float) -> float:
    """Days past due beyond the population's level; what is overdue counts as settled today where that is worse."""
    days -= weight * level
    settled = days / (weight + _PRIOR_DAYS_WEIGHT)
    if not payments.overdue:
        return settled
    open_beyond = age - level
    if open_beyond <= settled:
        return settled
    return (days + payments.overdue * open_beyond) / (weight + payments.overdue + _PRIOR_DAYS_WEIGHT)


def _overdue_age(payments: Known, day: int) -> float:
    return _share(payments.overdue * day - payments.overdue_due_days, payments.overdue)


def _amount_to_usual(payments: Known, amount_minor: int) -> float:
    """From 0 to 1, one half for the amount usual so far, to which the invoice itself adds two."""
    usual_by = payments.issued_minor + PRIOR_INVOICES * amount_minor
    own_by = amount_minor * (payments.issued + PRIOR_INVOICES)
    return _share(own_by, own_by + usual_by)


def _since_late(payments: Known, day: int) -> float:
    """Days since the last late invoice as a share of half a year; 1 where that is longer ago or never was."""
    if not payments.last_late_day:
        return 1.0
    return min(_SINCE_LATE_MAX_DAYS, max(0, day - payments.last_late_day)) / _SINCE_LATE_MAX_DAYS


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
