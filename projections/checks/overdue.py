"""Checks of how the account pays: they read what is overdue and say nothing within the days of grace.

Grace days are for the account: while its oldest item is no more than so many days late, none of them speaks. Past
that, all that is overdue counts. Disputed parts count only where the policy says so, for dunning never.
"""

from __future__ import annotations

from projections.ageing import dunning_stage, overdue_days
from projections.checks.case import Case
from projections.rows import Stages
from projections.standing import total
from schemas.decisions import Reason


def oldest_overdue_too_old(case: Case) -> Reason | None:
    """The oldest open item has been overdue for too long."""
    days, most = _oldest_days(case), case.numbers.oldest_overdue_days
    if most is None or days <= most:
        return None
    return {"code": "oldest_overdue_too_old", "oldest_overdue_days": days, "allowed_days": most}


def overdue_share_too_high(case: Case) -> Reason | None:
    """Too much of what is invoiced, or owed on bills, is overdue, and it is no trifle."""
    most = case.numbers.overdue_share_bp
    if most is None or not _oldest_days(case):
        return None
    overdue, invoiced = _overdue(case), total(case.account, case.recording.context, Stages.receivable)[0]
    if overdue < case.of_policy(case.numbers.overdue_share_from_minor) or not invoiced:
        return None
    share = overdue * 10_000 // invoiced
    if share <= most:
        return None
    return {
        "code": "overdue_share_too_high",
        "overdue_minor": overdue,
        "invoiced_minor": invoiced,
        "share_bp": share,
        "allowed_bp": most,
    }


def overdue_amount_too_high(case: Case) -> Reason | None:
    """Too much is overdue."""
    most = case.numbers.overdue_amount_minor
    if most is None or not _oldest_days(case):
        return None
    overdue, allowed = _overdue(case), case.of_policy(most)
    if overdue <= allowed:
        return None
    return {"code": "overdue_amount_too_high", "overdue_minor": overdue, "allowed_minor": allowed}


def dunning_stage_too_high(case: Case) -> Reason | None:
    """The account has been dunned too far: the stage follows from the oldest undisputed item."""
    lowest = case.numbers.dunning_stage
    if lowest is None or not _is_overdue(case):
        return None
    days = overdue_days(case.recording, disputed_counts=False)
    stage = dunning_stage(case.policy.dunning, days)
    if stage < lowest:
        return None
    return {"code": "dunning_stage_too_high", "stage": stage, "stage_line": lowest, "oldest_overdue_days": days}


def _is_overdue(case: Case) -> bool:
    return any(stages.overdue for stages in case.account.stages.values())


def _oldest_days(case: Case) -> int:
    """Return how late the oldest item is, 0 within the days of grace."""
    if case.oldest_overdue_days is None:
        counts = case.numbers.disputed_counts_as_overdue
        days = overdue_days(case.recording, disputed_counts=counts) if _is_overdue(case) else 0
        case.oldest_overdue_days = days if days > case.numbers.overdue_grace_days else 0
    return case.oldest_overdue_days


def _overdue(case: Case) -> int:
    number = _all_overdue if case.numbers.disputed_counts_as_overdue else _undisputed_overdue
    return total(case.account, case.recording.context, number)[0]


def _all_overdue(stages: Stages) -> int:
    return stages.overdue


def _undisputed_overdue(stages: Stages) -> int:
    return stages.overdue - stages.overdue_disputed
