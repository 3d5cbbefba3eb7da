"""A dossier as people and programs read it: what was said, and what follows from it today."""

from __future__ import annotations

from typing import Any

import msgspec

from projections.behaviour import behaviour_of, fast_delay_centidays, settled_lately, slow_delay_centidays
from projections.behaviour_rows import MONTHS, Behaviour
from projections.bureau import age_days, bureau_score, points_before, points_of
from projections.context import Context
from projections.dossier import dossier_of
from projections.dossier_history import PLEDGED, documents_of
from projections.dossier_rows import Dossier, Report
from projections.exposures import exposure_of
from projections.financials import Analysis, Number, analyse
from projections.grading import grade_of
from projections.limit_files import limit_file_of, measure_file_of
from projections.limit_rows import LimitFile, MeasureFile
from projections.partition import Partition
from projections.rows import Account
from projections.scope_balances import balance_of
from projections.score_values import Subject
from projections.score_view import score_view

View = dict[str, Any]
_SHOWN_OF_STANDING = (
    "exposure_minor",
    "net_exposure_minor",
    "limit_minor",
    "headroom_minor",
    "utilisation_bp",
    "overdue_minor",
    "disputed_minor",
    "status",
)


def view_of(partition: Partition, account_id: str, at_ms: int) -> View | None:
    """Return everything that is known of an account, or None if no fact named it; names as in the facts.

    `at_ms` tells the day as long as none was closed. Writes the partition's rows.
    """
    account = partition.book.account(account_id)
    if account is None:
        return None
    context, today = partition.context, partition.context.today(at_ms)
    dossier = dossier_of(partition.book, account_id) or Dossier()
    behaviour = behaviour_of(partition.book, account_id)
    return {
        "account_id": account_id,
        "on": today,
        "identity": _identity(account, dossier),
        "standing": _standing(partition, account, at_ms),
        "grade": _grade(account, dossier, behaviour, context, today),
        "score": score_view(Subject(account, dossier, behaviour, context, today)),
        "limit": _limit(partition, account),
        "measures": _measures(partition, account_id),
        "members": [_plain(member) for member in dossier.members.values()],
        "bureau": _bureau(dossier, context, today),
        "adverse_events": [{**_plain(event), "open": event.is_open()} for event in dossier.adverse_events],
        "references": [_plain(one) for one in dossier.references],
        "assessments": [_plain(one) for one in dossier.assessments],
        "financials": _financials(dossier),
        "behaviour": _behaviour(account, behaviour),
        "parts": _parts(partition, account),
        "reviews": {"reviewed_on": dossier.reviewed_on or None, "next_review_on": dossier.next_review_on},
        **{name: _documents(partition, kind, account_id) for kind, name in PLEDGED.items()},
    }


def _plain(row: msgspec.Struct) -> View:
    """Return a row with its field names; rows are stored without."""
    return {name: msgspec.to_builtins(getattr(row, name)) for name in row.__struct_fields__}


def _identity(account: Account, dossier: Dossier) -> View:
    named = ("industry", "country", "segment", "revenue_minor", "employees", "opened_on", "relationship_since_on")
    return {
        "name": account.name,
        "currency": account.currency,
        **{name: getattr(dossier, name) for name in (*named, "calendar", "manager_id", "net_days")},
        "parties": [_party(party.party_id, party.identifiers) for party in dossier.parties],
        "fields": dossier.fields,
    }


def _party(party_id: str, identifiers: list[tuple[str, str]]) -> View:
    return {"party_id": party_id, "identifiers": [{"scheme": scheme, "value": value} for scheme, value in identifiers]}


def _standing(partition: Partition, account: Account, at_ms: int) -> View:
    exposure = msgspec.to_builtins(exposure_of(account, partition.context, partition.context.partition, at_ms))
    return {
        **{name: exposure.get(name) for name in _SHOWN_OF_STANDING},
        "held": account.held,
        "granted_net_days": account.net_days,
        "highest_exposure_minor": account.highest_minor,
        "highest_exposure_on": account.highest_on or None,
    }


def _limit(partition: Partition, account: Account) -> View:
    file = limit_file_of(partition.book, account.account_id) or LimitFile()
    limit_minor, net_days, grade = file.proposed or (None, None, None)
    return {
        "set_by": file.set_by or None,
        "set_on": file.set_on or None,
        "proposed_minor": limit_minor,
        "proposed_net_days": net_days,
        "proposed_for_grade": grade,
        "temporary": [_plain(one) for one in account.temporary],
    }


def _parts(partition: Partition, account: Account) -> list[View]:
    """Return the customers, sellers and segments that have a limit of their own, and what each owes by currency."""
    found = (balance_of(partition.book, account.account_id, scope) for scope in account.scope_limits)
    return [
        {**_plain(part), "key": part.key.replace("\x1f", "/"), "limits": [_plain(one) for one in part.limits]}
        for part in found
    ]


def _measures(partition: Partition, account_id: str) -> list[View]:
    file = measure_file_of(partition.book, account_id) or MeasureFile()
    return [_plain(measure) for measure in file.in_force]


def _grade(account: Account, dossier: Dossier, behaviour: Behaviour | None, context: Context, today: str) -> View:
    found = grade_of(account, dossier, behaviour, context, today)
    return {
        "grade": account.grade or None,
        "changed_on": dossier.grade_changed_on or None,
        "because": found.because,
        "set_by_desk": None if dossier.grade_set is None else _plain(dossier.grade_set),
        "policy_id": context.policy_id,
    }


def _bureau(dossier: Dossier, context: Context, today: str) -> View:
    bureau = context.policy.bureau
    score = bureau_score(dossier, bureau, today)
    return {
        "points": None if score is None else score.points,
        "decided_by": None if score is None or not score.provider else score.provider,
        "reports": [_report(report, context, today) for report in dossier.reports.values()],
    }


def _report(report: Report, context: Context, today: str) -> View:
    bureau, age = context.policy.bureau, age_days(report.reported_on, today)
    return {
        **{name: getattr(report, name) for name in report.__struct_fields__ if name != "before"},
        "points": points_of(report, bureau),
        "points_before": points_before(report, bureau),
        "age_days": age,
        "stale": age > context.policy.orders.bureau_stale_days,
        "ignored": age > bureau.ignored_after_days,
    }


def _financials(dossier: Dossier) -> View:
    found = analyse(dossier)
    return {
        "statements": [_plain(one) for one in dossier.statements],
        "ratios": [] if found is None else _ratios(found),
        "altman": None if found is None else _altman(found),
    }


def _ratios(found: Analysis) -> list[View]:
    return [
        {
            "ratio": one.formula.name,
            "unit": one.formula.unit,
            **_number(one.number),
            "before": one.before,
            "change": one.change,
            "better": one.better,
        }
        for one in found.ratios
    ]


def _altman(found: Analysis) -> View:
    altman = found.altman
    return {"model": altman.model, "unit": "thousandths", **_number(altman.thousandths), "zone": altman.zone}


def _number(number: Number) -> View:
    return {
        "value": number.value,
        "missing": list(number.missing),
        "not_above_zero": number.not_above_zero or None,
    }


def _behaviour(account: Account, behaviour: Behaviour | None) -> View | None:
    if behaviour is None:
        return None
    return {
        "settled_count": behaviour.settled_count,
        "late_count": behaviour.late_count,
        "settled_lately": settled_lately(behaviour),
        "delay_lately_centidays": fast_delay_centidays(behaviour),
        "delay_long_run_centidays": slow_delay_centidays(behaviour),
        "longest_delay_days": behaviour.longest_delay_days,
        "last_settled_on": behaviour.last_settled_on or None,
        "sold_minor_by_month": {_month(behaviour.month - age): behaviour.sold[age] for age in reversed(range(MONTHS))},
        "currency": account.currency,
    }


def _month(number: int) -> str:
    return f"{number // 12:04}-{number % 12 + 1:02}"


def _documents(partition: Partition, kind: str, account_id: str) -> list[View]:
    hidden = ("versions", "twins", "stood", "counted", "cover_counts", "named", "number")
    found = [_plain(document) for document in documents_of(partition, kind, account_id)]
    return [{name: value for name, value in one.items() if name not in hidden} for one in found]
