"""What the factors of a scorecard are of an account: plain functions of one signature in one table.

Adding a factor = its name in `schemas/policy_scorecard.py`, one function, one entry here, one name for people.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from projections.behaviour import fast_delay_centidays, payment_index, settled_lately, slow_delay_centidays
from projections.behaviour_rows import Behaviour
from projections.bureau import bureau_score
from projections.context import Context, day_before
from projections.dossier_rows import Dossier, Statement
from projections.financials import RATIOS, Analysis, analyse, z_private_any_trade
from projections.rows import Account, Stages
from projections.standing import total
from schemas.money import convert
from schemas.policy_credit import Bureau
from schemas.policy_scorecard import ASSESSMENT, RATIO_NAMES, TO_PEERS, TREND, Factor, Scorecard

VALUE_MAX = 10**15
"""A value beyond says no more, so that every one fits what policies and ledgers may hold."""
OTHER_INDUSTRIES = "other"
_BP = 10_000


class Found(NamedTuple):
    """The value of a factor, None if it is not known, and the ISO date it is of: empty for what does not age.

    Without a value, a date says since when it is outdated.
    """

    value: int | str | None
    on: str = ""


UNKNOWN = Found(None)


class Subject:
    """The account that is scored, with what more than one factor asks about found once."""

    __slots__ = ("_delays", "_judged", "account", "behaviour", "context", "dossier", "on_date")

    def __init__(
        self, account: Account, dossier: Dossier | None, behaviour: Behaviour | None, context: Context, on_date: str
    ) -> None:
        self.account, self.dossier, self.behaviour = account, dossier, behaviour
        self.context, self.on_date = context, on_date
        self._delays: tuple[int, int] | None = None
        self._judged: bool | None = None

    def judged_behaviour(self) -> Behaviour | None:
        """Return how the account behaves, or None while too little is settled to tell."""
        behaviour = self.behaviour
        if behaviour is None:
            return None
        if self._judged is None:
            self._judged = settled_lately(behaviour) >= self.context.policy.grading.delay_needs_invoices
        return behaviour if self._judged else None

    def delays_centidays(self, behaviour: Behaviour) -> tuple[int, int]:
        """Return the mean delay lately and in the long run."""
        if self._delays is None:
            lately, long_run = fast_delay_centidays(behaviour), slow_delay_centidays(behaviour)
            self._delays = (lately or 0, long_run or 0)
        return self._delays

    def analysed(self) -> Analysed | None:
        """Return what the newest statements say, or None where none were ever filed."""
        return None if self.dossier is None else _analysed(self.account.account_id, self.dossier)


class Analysed(NamedTuple):
    """What statements say, kept as long as the very list of them: nobody changes one, a filing makes another."""

    statements: list[Statement]
    analysis: Analysis
    z_thousandths: int | None


_ACCOUNTS_KEPT = 4_096
_kept: dict[str, Analysed] = {}


def _analysed(account_id: str, dossier: Dossier) -> Analysed | None:
    found = _kept.get(account_id)
    if found is not None and found.statements is dossier.statements:
        return found
    analysis = analyse(dossier)
    if analysis is None:
        return None
    if len(_kept) >= _ACCOUNTS_KEPT:
        _kept.clear()
    z = z_private_any_trade(analysis.statement).thousandths.value
    found = _kept[account_id] = Analysed(dossier.statements, analysis, z)
    return found


Find = Callable[[Subject], Found]


def is_there(source: str, subject: Subject) -> bool:
    """Return whether anything is known that factors of a source could be found in."""
    if source == "settled":
        return subject.judged_behaviour() is not None
    if source == "open":
        return subject.behaviour is not None
    dossier = subject.dossier
    return dossier is not None and (source == "company" or bool(getattr(dossier, source)))


def find_of(factor: Factor, scorecard: Scorecard, bureau: Bureau) -> Find:
    """Return how the value of a factor is found, its industry's usual ratios and its age taken into account."""
    name = factor.factor
    if name.startswith(ASSESSMENT):
        return _assessment(name.removeprefix(ASSESSMENT))
    if name in _PLAIN:
        return _PLAIN[name]
    if name == "bureau_score":
        return _bureau_score(bureau, factor.valid_days)
    if name in ("references", "reputation"):
        kinds = ("reputation",) if name == "reputation" else ("trade", "bank")
        return _references(kinds, factor.valid_days)
    ratio = name.removesuffix(TREND).removesuffix(TO_PEERS)
    number = RATIO_NAMES.index(ratio)
    if name.endswith(TREND):
        return _trend(number)
    return _to_peers(number, _medians(ratio, scorecard)) if name.endswith(TO_PEERS) else _ratio(number)


def _payment_index(subject: Subject) -> Found:
    """From 0 to 100, on terms 80."""
    behaviour = subject.judged_behaviour()
    return UNKNOWN if behaviour is None else Found(payment_index(behaviour), behaviour.last_settled_on)


def _days_beyond_terms(subject: Subject) -> Found:
    """Bad news counts as soon as it is seen, good news once it lasts; a part of a day is a day."""
    behaviour = subject.judged_behaviour()
    if behaviour is None:
        return UNKNOWN
    return Found(-(-max(subject.delays_centidays(behaviour)) // 100), behaviour.last_settled_on)


def _payment_drift(subject: Subject) -> Found:
    """By how many days the account pays later than it used to."""
    behaviour = subject.judged_behaviour()
    if behaviour is None:
        return UNKNOWN
    lately, long_run = subject.delays_centidays(behaviour)
    return Found((lately - long_run) // 100, behaviour.last_settled_on)


def _share(number: Callable[[Stages], int], of: Callable[[Stages], int]) -> Find:
    """In basis points of what is owed; where nothing is, nothing of it is overdue or disputed."""

    def find(subject: Subject) -> Found:
        if subject.behaviour is None:
            return UNKNOWN
        part, _ = total(subject.account, subject.context, number)
        if part <= 0:
            return _NOTHING
        whole, _ = total(subject.account, subject.context, of)
        return Found(min(_BP, part * _BP // whole)) if whole > 0 else _NOTHING

    return find


_NOTHING = Found(0)


def _invoiced(stages: Stages) -> int:
    return stages.invoiced


def _overdue(stages: Stages) -> int:
    return stages.overdue - stages.overdue_disputed


def _disputed(stages: Stages) -> int:
    return stages.disputed


@lru_cache(maxsize=4_096)
def days_before(on: str, days: int) -> str:
    """Return the ISO date so many days earlier; the same few are asked for all day."""
    return day_before(on, days)


def _bureau_score(bureau: Bureau, valid_days: int | None) -> Find:
    """A report ages by the shorter of what the policy says of reports and of this factor."""
    ignored = bureau.ignored_after_days if valid_days is None else min(valid_days, bureau.ignored_after_days)
    asked = Bureau(combine=bureau.combine, preferred=bureau.preferred, scales=bureau.scales, ignored_after_days=ignored)

    def find(subject: Subject) -> Found:
        dossier = subject.dossier
        if dossier is None or not dossier.reports:
            return UNKNOWN
        score = bureau_score(dossier, asked, subject.on_date)
        if score is None:
            return Found(None, max(report.reported_on for report in dossier.reports.values()))
        return Found(score.points, days_before(subject.on_date, score.age_days))

    return find


def _references(kinds: tuple[str, ...], valid_days: int | None) -> Find:
    """The mean of their points from 0 to 100, of those that are not outdated."""

    def find(subject: Subject) -> Found:
        dossier = subject.dossier
        if dossier is None or not dossier.references:
            return UNKNOWN
        said = [one for one in dossier.references if one.kind in kinds and one.points is not None]
        if not said:
            return UNKNOWN
        since = "" if valid_days is None else days_before(subject.on_date, valid_days)
        points = [one.points or 0 for one in said if one.reported_on >= since]
        if not points:
            return Found(None, max(one.reported_on for one in said))
        oldest = min(one.reported_on for one in said if one.reported_on >= since)
        return Found(sum(points) // len(points), oldest)

    return find


def _assessment(subject_name: str) -> Find:
    """The newest rating that a person gave."""

    def find(subject: Subject) -> Found:
        for one in () if subject.dossier is None else subject.dossier.assessments:
            if one.subject == subject_name:
                return Found(one.rating, one.recorded_on)
        return UNKNOWN

    return find


def _altman_z(subject: Subject) -> Found:
    """Z'' of any trade in thousandths: it leaves out turnover, so that all industries have one scale."""
    found = subject.analysed()
    return UNKNOWN if found is None else _bounded(found.z_thousandths, found.analysis.statement.period_end_on)


def _ratio(number: int) -> Find:
    def find(subject: Subject) -> Found:
        found = subject.analysed()
        return UNKNOWN if found is None else _of(found.analysis, found.analysis.ratios[number].number.value)

    return find


def _trend(number: int) -> Find:
    def find(subject: Subject) -> Found:
        found = subject.analysed()
        return UNKNOWN if found is None else _of(found.analysis, found.analysis.ratios[number].change)

    return find


def _to_peers(number: int, medians: dict[str, int]) -> Find:
    def find(subject: Subject) -> Found:
        found = subject.analysed()
        if found is None or subject.dossier is None:
            return UNKNOWN
        median = medians.get((subject.dossier.industry or "").casefold(), medians.get(OTHER_INDUSTRIES))
        value = found.analysis.ratios[number].number.value
        return UNKNOWN if value is None or median is None else _of(found.analysis, value - median)

    return find


def _medians(ratio: str, scorecard: Scorecard) -> dict[str, int]:
    return {industry.casefold(): ratios[ratio] for industry, ratios in scorecard.peers.items() if ratio in ratios}


def _of(analysis: Analysis, value: int | None) -> Found:
    return _bounded(value, analysis.statement.period_end_on)


def _bounded(value: int | None, on: str) -> Found:
    return UNKNOWN if value is None else Found(max(-VALUE_MAX, min(VALUE_MAX, value)), on)


def _industry(subject: Subject) -> Found:
    return Found(None if subject.dossier is None else subject.dossier.industry or None)


def _revenue(subject: Subject) -> Found:
    """Of a year, in minor units of the policy's currency; without a rate at face value."""
    revenue = None if subject.dossier is None else subject.dossier.revenue_minor
    if revenue is None:
        return UNKNOWN
    context, policy = subject.context, subject.context.policy
    valued = convert(revenue, subject.account.currency, policy.currency, context.base, context.rates)
    return _bounded(revenue if valued is None else valued, "")


def _employees(subject: Subject) -> Found:
    employees = None if subject.dossier is None else subject.dossier.employees
    return UNKNOWN if employees is None else _bounded(employees, "")


def since_on(dossier: Dossier | None) -> str | None:
    """Return the day since which an account is a customer: as it was said, else the day it was opened."""
    return None if dossier is None else dossier.relationship_since_on or dossier.opened_on


def _years_of_relationship(subject: Subject) -> Found:
    since = since_on(subject.dossier)
    return UNKNOWN if since is None else Found(full_years(since, subject.on_date))


def full_years(since: str, today: str) -> int:
    """Return how many years are over since an ISO date; none for one that lies ahead.

    >>> [full_years("2020-02-29", today) for today in ("2019-12-31", "2025-02-28", "2025-03-01")]
    [0, 4, 5]
    """
    return max(0, int(today[:4]) - int(since[:4]) - (today[5:] < since[5:]))


def next_anniversary(since: str, today: str) -> str:
    """Return the next day on which a year is over; on the last days there are, the last of them.

    >>> next_anniversary("2020-02-29", "2025-03-01"), next_anniversary("2020-06-01", "2025-03-01")
    ('2026-03-01', '2025-06-01')
    """
    year = int(today[:4]) + (since[5:] <= today[5:])
    if year > date.max.year:
        return date.max.isoformat()
    month, day = int(since[5:7]), int(since[8:10])
    if (month, day) == (2, 29):
        return date(year, 3, 1).isoformat()
    return date(year, month, day).isoformat()


_PLAIN: dict[str, Find] = {
    "payment_index": _payment_index,
    "days_beyond_terms": _days_beyond_terms,
    "payment_drift": _payment_drift,
    "overdue_share": _share(_overdue, Stages.receivable),
    "disputed_share": _share(_disputed, _invoiced),
    "altman_z": _altman_z,
    "industry": _industry,
    "revenue": _revenue,
    "employees": _employees,
    "years_of_relationship": _years_of_relationship,
}

assert tuple(ratio.name for ratio in RATIOS) == RATIO_NAMES, "the scorecard's ratios are not those of financials"
