"""Checks of what is known of the account: its dossier, its grade, what bureaus say."""

from __future__ import annotations

from projections.bureau import age_days, newest_age_days
from projections.checks.case import Case
from projections.context import day_before
from schemas.decisions import Reason


def adverse_event(case: Case) -> Reason | None:
    """An insolvency, a judgment or the like is open, and not too long ago to matter; of several the newest is named."""
    dossier = case.dossier
    if dossier is None or not dossier.adverse_events:
        return None
    first = day_before(case.on_date, case.numbers.adverse_event_days)
    found = [event for event in dossier.adverse_events if event.is_open() and event.reported_on >= first]
    if not found:
        return None
    newest = max(found, key=lambda event: event.reported_on)
    return {"code": "adverse_event", "event": newest.event, "reported_on": newest.reported_on}


def dossier_incomplete(case: Case) -> Reason | None:
    """Something that the policy asks of every dossier is not known."""
    dossier = case.dossier
    missing = [
        name
        for name in case.numbers.dossier_fields
        if dossier is None or (getattr(dossier, name, None) or dossier.fields.get(name)) in (None, "")
    ]
    return {"code": "dossier_incomplete", "missing": ", ".join(missing)} if missing else None


def grade_missing(case: Case) -> Reason | None:
    """The account has no grade."""
    return None if case.account.grade else {"code": "grade_missing"}


def grade_without_credit(case: Case) -> Reason | None:
    """The policy gives accounts of this grade no credit."""
    grade = case.account.grade
    if not grade or not any(row.grade == grade and not row.credit for row in case.policy.grading.table):
        return None
    return {"code": "grade_without_credit", "grade": grade}


def bureau_missing(case: Case) -> Reason | None:
    """No bureau has ever reported."""
    dossier = case.dossier
    return {"code": "bureau_missing"} if dossier is None or not dossier.reports else None


def bureau_stale(case: Case) -> Reason | None:
    """The newest report of all bureaus is too old."""
    dossier = case.dossier
    if dossier is None or not dossier.reports:
        return None
    age = newest_age_days(dossier, case.on_date)
    most = case.numbers.bureau_stale_days
    if age is None or age <= most:
        return None
    newest = max(report.reported_on for report in dossier.reports.values())
    return {
        "code": "bureau_stale",
        "reported_on": newest,
        "age_days": age_days(newest, case.on_date),
        "allowed_days": most,
    }
