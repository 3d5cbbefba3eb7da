"""Accounts, their past, and their dossier as the API answers them."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from msgspec import Raw

from api.answers.accounts import (
    AccountAnswer,
    AccountRow,
    AgeingBucket,
    HistoryEvent,
    HistoryPoint,
    LimitRow,
    ScoreEntry,
)
from api.answers.alerts import AlertRow
from api.answers.desk import DossierAnswer
from api.answers.lists import AsOf
from projections.dossier_view import view_of
from projections.limit_files import limit_file_of
from projections.limit_rows import LimitFile
from projections.promises import promises_of
from projections.rows import Account
from projections.scope_balances import balance_of
from projections.scopes import scoped_limit
from projections.standing import headroom, utilisation_bp, value
from projections.views.due_lines import BUCKETS, ageing
from projections.views.lines import END, AccountLine, DueLine, EventLine, PointLine, ScoreLine, place_of
from projections.views.partition_view import PartitionView
from schemas.publication import Exposure, RiskCell


def version_of(part: PartitionView, seq: int) -> str:
    """Return what a command names in `If-Match`: the place of an account's last ledger record."""
    return f"{part.number}-{seq}"


def row_fields(part: PartitionView, line: AccountLine) -> dict[str, Any]:
    """Return the fields of an account's row; the exposure is the published bytes."""
    cell = line.cell
    return {
        "account_id": line.account_id,
        "name": line.name,
        "currency": line.currency,
        "status": line.status,
        "held": line.held,
        "grade": line.grade or None,
        "score": line.score,
        "lateness_probability_bp": line.lateness_probability_bp,
        "expected_loss_minor": line.expected_loss_minor,
        "exposure_minor": line.exposure_minor,
        "net_exposure_minor": line.net_exposure_minor,
        "limit_minor": line.limit_minor,
        "unlimited": line.unlimited,
        "headroom_minor": line.headroom_minor,
        "utilisation_bp": line.utilisation_bp,
        "overdue_minor": line.overdue_minor,
        "combined_level": line.combined_level,
        "open_alerts": line.open_alerts,
        "waiting_orders": line.waiting_orders,
        "manager": line.manager,
        "industry": line.industry,
        "country": line.country,
        "risk_cell": None if cell is None else RiskCell(size=cell[0], probability=cell[1], measure=cell[2]),
        "changed_at_ms": line.at_ms,
        "version": version_of(part, line.seq),
        "exposure": cast(Exposure, Raw(line.exposure)),
    }


def account_row(part: PartitionView, line: AccountLine) -> AccountRow:
    """Return an account as lists show it."""
    return AccountRow(**row_fields(part, line))


def account_answer(
    part: PartitionView, line: AccountLine, alerts: list[AlertRow], decisions: list[Raw], as_of: AsOf
) -> AccountAnswer:
    """Return an account in detail."""
    dossier = view_of(part.partition, line.account_id, line.at_ms)
    assert dossier is not None, f"account {line.account_id!r} has a line and no row"
    grade, limit = dossier["grade"], dossier["limit"]
    return AccountAnswer(
        **row_fields(part, line),
        as_of=as_of,
        identity=dossier["identity"],
        terms_net_days=dossier["standing"]["granted_net_days"],
        temporary_limits=limit["temporary"],
        limit_set_by=limit["set_by"],
        limit_set_on=limit["set_on"],
        measures=dossier["measures"],
        grade_because=msgspec.to_builtins(grade["because"]),
        grade_changed_on=grade["changed_on"],
        score_because=score_because(part, line.account_id),
        ageing=ageing_of(part, line.account_id),
        alerts=alerts,
        decisions=decisions,
    )


def score_because(part: PartitionView, account_id: str) -> list[dict[str, Any]]:
    """Return the reasons of the account's last score."""
    place = place_of(account_id)
    scores = (line for _, line in part.shelf.scan("score", place, place + END) if line.kind == "account_scored")
    found: ScoreLine | None = next(scores, None)
    return [] if found is None else found.because


def ageing_of(part: PartitionView, account_id: str) -> list[AgeingBucket]:
    """Return what is open of an account's invoices by how late it is, a row for each currency and bucket."""
    line: DueLine | None = part.shelf.get("due", place_of(account_id))
    if line is None:
        return []
    return [
        AgeingBucket(from_days=first, to_days=last, amount_minor=amount, currency=currency)
        for currency, amounts in ageing(line, part.partition.context.business_date).items()
        for (first, last), amount in zip(BUCKETS, amounts, strict=True)
    ]


def dossier_answer(
    part: PartitionView, line: AccountLine, approvals: list[dict[str, Any]], as_of: AsOf
) -> DossierAnswer:
    """Return everything that is known of an account."""
    found = view_of(part.partition, line.account_id, line.at_ms)
    assert found is not None, f"account {line.account_id!r} has a line and no row"
    return DossierAnswer(
        **{name: found[name] for name in DossierAnswer.__struct_fields__ if name in found},
        promises=_promises(part, line.account_id),
        approvals=approvals,
        version=version_of(part, line.seq),
        as_of=as_of,
    )


def _promises(part: PartitionView, account_id: str) -> list[dict[str, Any]]:
    promises = promises_of(part.book, account_id)
    if promises is None:
        return []
    is_open = [
        {
            "promise_id": one.promise_id,
            "amount_minor": one.amount,
            "currency": one.currency,
            "pay_by_on": one.pay_by_on,
            "received_minor": one.received(),
            "state": "open",
        }
        for one in promises.open
    ]
    return is_open + [{"pay_by_on": on, "state": "broken"} for on in promises.broken_on]


def history_point(line: PointLine) -> HistoryPoint:
    """Return a point of an account's past."""
    return HistoryPoint(**{name: getattr(line, name) for name in HistoryPoint.__struct_fields__})


def history_event(line: EventLine) -> HistoryEvent:
    """Return a marker of an account's past."""
    return HistoryEvent(
        at_ms=line.at_ms, kind=line.kind, value=line.value, subject=line.subject, level=line.level, ledger=line.place
    )


def score_entry(line: ScoreLine) -> ScoreEntry:
    """Return how an account was judged."""
    return ScoreEntry(
        at_ms=line.at_ms,
        kind=line.kind,
        grade=line.grade,
        before=line.before,
        score=line.score,
        score_before=line.score_before,
        moved=line.moved,
        because=line.because,
        ledger=line.place,
    )


def limit_rows(part: PartitionView, line: AccountLine) -> list[LimitRow]:
    """Return the limits of an account: its own, then those of parts of it."""
    account = part.book.account(line.account_id)
    assert account is not None, f"account {line.account_id!r} has a line and no row"
    file = limit_file_of(part.book, line.account_id) or LimitFile()
    temporary = max((one.valid_until for one in account.temporary), default=None)
    own = _limit_row(
        part,
        line,
        scope=None,
        numbers=(line.limit_minor, line.unlimited, line.net_exposure_minor, line.headroom_minor, line.utilisation_bp),
        file=file,
        temporary_until=temporary,
    )
    return [own, *(_scope_row(part, line, account, scope) for scope in account.scope_limits)]


def _scope_row(part: PartitionView, line: AccountLine, account: Account, scope: str) -> LimitRow:
    context = part.partition.context
    balance = balance_of(part.book, line.account_id, scope)
    limit = scoped_limit(balance, context.today(line.at_ms))
    exposure = 0
    for currency, amount in balance.exposure.items():
        valued = value(amount, currency, account, context)
        exposure += amount if valued is None else valued
    free, used = headroom(exposure, limit), utilisation_bp(exposure, limit)
    numbers = (limit.limit_minor, limit.unlimited, exposure, free, used)
    named = scope.replace("\x1f", "/")
    return _limit_row(part, line, scope=named, numbers=numbers, file=LimitFile(), temporary_until=limit.until)


def _limit_row(
    part: PartitionView,
    line: AccountLine,
    *,
    scope: str | None,
    numbers: tuple[int | None, bool, int, int | None, int | None],
    file: LimitFile,
    temporary_until: str | None,
) -> LimitRow:
    limit_minor, unlimited, exposure, free, used = numbers
    return LimitRow(
        account_id=line.account_id,
        name=line.name,
        scope=scope,
        currency=line.currency,
        limit_minor=limit_minor,
        unlimited=unlimited,
        net_exposure_minor=exposure,
        headroom_minor=free,
        utilisation_bp=used,
        set_by=file.set_by or None,
        set_on=file.set_on or None,
        proposed_minor=None if file.proposed is None else file.proposed[0],
        temporary_until=temporary_until,
        version=version_of(part, line.seq),
    )
