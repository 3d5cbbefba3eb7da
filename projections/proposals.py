"""What the policy offers an account of its grade and size: told where it moved, and adopted where that is allowed."""

from __future__ import annotations

from datetime import date

from msgspec import structs

from projections.behaviour import behaviour_of, sold_in
from projections.context import Context, day_before
from projections.dossier import dossier_of
from projections.limit_files import (
    is_open_ended,
    lasting_without_measures,
    limit_file_of,
    measure_file_of,
    note_change_after,
    open_limit_file,
    set_by_a_person,
)
from projections.limits import Present, Size, is_adopted, is_worth_saying, limit_row, offer
from projections.measure_effects import put_limit_in_line
from projections.recording import Recording
from projections.rows import Account
from projections.situations import has_critical_alert
from projections.standing import value
from schemas.decisions import AnyDecision, LimitProposed
from schemas.policy_credit import LimitRow


def follow_proposal(recording: Recording, decisions: list[AnyDecision]) -> None:
    """Add what is offered now if it moved, or if it takes effect by itself, already in effect."""
    account, limits = recording.account, recording.context.policy.limits
    row = limit_row(limits, account.grade)
    if row is None:
        return
    offered = offer(
        _valued(row, account, recording.context),
        _size(recording),
        _in_account_currency(limits.round_to_minor, account, recording.context),
    )
    file = limit_file_of(recording.book, account.account_id)
    adopted = is_adopted(limits, offered.limit_minor, _present(recording), recording.today())
    summary = (offered.limit_minor, row.net_days, account.grade)
    if not adopted and not is_worth_saying(limits, summary, None if file is None else file.proposed):
        return
    proposed = LimitProposed(
        limit_minor=offered.limit_minor,
        currency=account.currency,
        net_days=row.net_days,
        grade=account.grade,
        because=offered.because,
        adopted=adopted,
    )
    decisions.append(proposed)
    apply_proposal(recording, proposed)


def _valued(row: LimitRow, account: Account, context: Context) -> LimitRow:
    if account.currency == context.policy.currency:
        return row
    return structs.replace(
        row,
        cap_minor=_in_account_currency(row.cap_minor, account, context),
        base_minor=_in_account_currency(row.base_minor, account, context),
    )


def _in_account_currency(amount_minor: int, account: Account, context: Context) -> int:
    """Return an amount of the policy in the account's currency; without a rate as it stands, and never none of it."""
    valued = value(amount_minor, context.policy.currency, account, context)
    return amount_minor if valued is None else max(valued, min(1, amount_minor))


def _size(recording: Recording) -> Size:
    book, account_id = recording.book, recording.account.account_id
    months = recording.context.policy.limits.sales_over_months
    dossier, behaviour = dossier_of(book, account_id), behaviour_of(book, account_id)
    last_month_on = day_before(recording.today()[:8] + "01")
    return Size(
        revenue_minor=None if dossier is None else dossier.revenue_minor,
        sales_minor=0 if behaviour is None else max(0, sold_in(behaviour, months, last_month_on)),
        sales_months=months,
    )


def _present(recording: Recording) -> Present:
    account, book = recording.account, recording.book
    file, measures = limit_file_of(book, account.account_id), measure_file_of(book, account.account_id)
    limit_minor, unlimited = lasting_without_measures(account, measures, recording.today())
    calm = account.opened and account.status == "active" and not account.held and not has_critical_alert(account)
    return Present(
        limit_minor,
        unlimited,
        by_a_person=set_by_a_person(file, account, recording.today()),
        set_on="" if file is None else file.set_on,
        may_rise=calm and (measures is None or not measures.in_force),
    )


def apply_proposal(recording: Recording, proposed: LimitProposed) -> None:
    """Remember what was proposed, and put it in force if it was adopted; what measures cut stays cut."""
    file, account, today = open_limit_file(recording), recording.account, recording.today()
    file.proposed = (proposed.limit_minor, proposed.net_days, proposed.grade)
    note_proposal_date(recording)
    if not proposed.adopted:
        return
    file.set_by, file.set_on = "proposal", today
    account.temporary = [limit for limit in account.temporary if not is_open_ended(limit, today)]
    measures = measure_file_of(recording.book, account.account_id)
    if measures is not None and measures.limit_minor is not None:
        measures.limit_minor = proposed.limit_minor
        put_limit_in_line(recording, measures)
    else:
        account.limit_minor, account.unlimited = proposed.limit_minor, False


def note_proposal_date(recording: Recording) -> None:
    """Let a graded account be looked at when the month is over: then its sales are others."""
    account = recording.account
    if limit_row(recording.context.policy.limits, account.grade) is not None:
        note_change_after(recording, day_before(_next_month_on(recording.today()), 2))


def _next_month_on(today: str) -> str:
    """Return the first day of the next month, or the last day there is.

    >>> _next_month_on("2024-12-31")
    '2025-01-01'
    """
    on = date.fromisoformat(today)
    if on.year == date.max.year and on.month == date.max.month:
        return today
    return date(on.year + on.month // 12, on.month % 12 + 1, 1).isoformat()
