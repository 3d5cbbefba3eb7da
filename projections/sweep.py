"""Broadcasts and the sweeps they open: what holds for all accounts, and the accounts it touches one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import msgspec

from projections import exceptions
from projections.account_judging import note_judging_dates
from projections.accounts import drop_lapsed
from projections.adopting import adopted_model, refuse_adoption
from projections.ageing import first_bill_due_on
from projections.answering import DECISIONS_PER_RECORD, check_waiting_again, withdraw_releases
from projections.approval_steps import next_dates, review_approvals
from projections.bills import BILL
from projections.book import Book
from projections.book_totals import accounts_of_the_book, awaits_totals, is_known, take_totals
from projections.context import Context, Delegation, Sweep, day_before
from projections.contracts import contract_dates
from projections.deciding import apply_decisions, before_broadcast, decide
from projections.grading_dates import note_next_grading
from projections.horizon import entering, next_entry_on
from projections.lateness_following import next_label_on, touch_listed
from projections.model_alerts import clear_model_alerts, follow_report, handle_model_alert, refuse_handling
from projections.moves import BALANCES, EVERYTHING
from projections.pledges import cover_dates, refresh_covers
from projections.recording import Recording
from projections.releasing import enter_horizon
from projections.rows import FACT_ID, INDEX_BILLS, INDEX_DATES, INDEX_FOREIGN, INDEX_UNPAID, Account, Cash
from projections.scopes import refresh_scopes, scope_dates
from projections.step import generation
from projections.warning_dates import note_warning_dates
from projections.warning_lines import watch_now
from schemas.decisions import AnyDecision, FactRejected, MoreFollows, NotYetActedOn
from schemas.decisions_lateness import LabelsComplete
from schemas.envelope import Envelope
from schemas.facts import Broadcast
from schemas.facts.control import (
    BookTotalled,
    DayClosed,
    DelegationSet,
    LearnerReported,
    ModelAdopted,
    ModelAlertDeed,
    PolicyAdopted,
    RatesSet,
)
from schemas.ledger import Source
from schemas.periods import reversed_period
from schemas.policy import recorded_policy


def step_broadcast(
    book: Book, context: Context, fact: Broadcast, number: int, source: Source, seq: int, effect: str, at_ms: int
) -> list[AnyDecision] | None:
    """Put a broadcast in force, open its sweep, and return what is to be said of it; None for a repeat."""
    if number <= context.control_no:
        return None
    if (isinstance(fact, DayClosed) and _is_closed(context, fact)) or (
        isinstance(fact, BookTotalled) and is_known(context, fact)
    ):
        context.control_no = number
        return None
    refused = _refuse(context, fact, at_ms)
    if refused:
        context.control_no = number
        return refused
    reversed_days = reversed_period(fact)
    if reversed_days is not None:
        context.control_no = number
        return [FactRejected(code="period_ends_before_it_begins", message=reversed_days)]
    evolve_broadcast(book, context, fact, number, source, seq, effect, at_ms)
    if isinstance(fact, LearnerReported):
        return follow_report(context, fact, at_ms)
    if isinstance(fact, ModelAdopted):
        return clear_model_alerts(context)
    if isinstance(fact, ModelAlertDeed):
        return handle_model_alert(context, fact)
    if isinstance(fact, DayClosed):
        return [LabelsComplete(business_date=fact.business_date.isoformat())]
    return [] if fact.acted_on else [NotYetActedOn()]


def _refuse(context: Context, fact: Broadcast, at_ms: int) -> list[AnyDecision]:
    if isinstance(fact, ModelAlertDeed):
        return refuse_handling(context, fact)
    return refuse_adoption(context, fact, at_ms)


def _is_closed(context: Context, fact: DayClosed) -> bool:
    return context.business_date is not None and fact.business_date.isoformat() <= context.business_date


def evolve_broadcast(
    book: Book, context: Context, fact: Broadcast, number: int, source: Source, seq: int, effect: str, at_ms: int
) -> None:
    """Put a broadcast in force as the ledger recorded it."""
    context.control_no = number
    if isinstance(fact, DayClosed):
        _close_day(book, context, fact)
        context.day_effect = effect
        kind = "day"
    elif isinstance(fact, PolicyAdopted):
        context.adopt(recorded_policy(fact.policy))
        context.all_no = number
        kind = "policy"
    elif isinstance(fact, ModelAdopted):
        context.adopt_model(adopted_model(fact))
        context.all_no = number
        kind = "model"
    elif isinstance(fact, RatesSet):
        context.set_rates(fact.base, dict(fact.rates))
        context.rates_no = number
        kind = "rates"
    elif isinstance(fact, BookTotalled):
        take_totals(book, context, fact, number)
        kind = "book"
    else:
        if isinstance(fact, DelegationSet):
            context.delegate(_delegation(fact))
        return
    context.sweeps.append(Sweep(kind, seq, number, "", source, 0, effect, at_ms))


def _delegation(fact: DelegationSet) -> Delegation:
    valid_from, valid_until = fact.valid_from.isoformat(), fact.valid_until.isoformat()
    return Delegation(fact.delegator, fact.delegate, valid_from, valid_until, list(fact.roles))


def _close_day(book: Book, context: Context, fact: DayClosed) -> None:
    old = generation(context, 1)
    if context.business_date is not None:
        _forget_dates(book, context.business_date)
    context.close(fact.business_date)
    if generation(context, 1) > old:
        book.forget_plain(FACT_ID, FACT_ID + generation(context, 1))


def _forget_dates(book: Book, before: str) -> None:
    """Dates before the last closed day were swept, for sweeps of days never overlap."""
    end = before.encode()
    for suffix, _ in list(_until(book, end)):
        book.index_delete(INDEX_DATES, "", suffix)
        book.dates_noted.discard(suffix)


def _until(book: Book, end: bytes) -> Iterator[tuple[bytes, bytes]]:
    for suffix, value in book.index(INDEX_DATES, "").items():
        if suffix >= end:
            return
        yield suffix, value


def accounts_to_sweep(book: Book, context: Context, sweep: Sweep) -> list[str]:
    """Return the accounts that a sweep still has to touch, in the order of their keys."""
    if sweep.kind == "more":
        return [sweep.after]
    if sweep.kind == "day":
        assert context.business_date is not None, "a day is swept and none is closed"
        found = {suffix[11:].decode() for suffix, _ in _until(book, context.business_date.encode())}
    elif sweep.kind == "rates":
        found = {suffix.decode() for suffix, _ in book.index(INDEX_FOREIGN, "").items()}
    elif sweep.kind == "book":
        found = accounts_of_the_book(book)
    else:
        found = book.account_ids()
    return sorted(found, key=str.encode)


def needs_sweep(book: Book, context: Context, account: Account) -> bool:
    """Return whether an account is still to be taken through a broadcast that is in force."""
    if account.next_on is not None and context.business_date is not None and account.next_on < context.business_date:
        return True
    if account.swept_no < context.all_no:
        return True
    if account.swept_no < context.rates_no and any(other != account.currency for other in account.stages):
        return True
    return awaits_totals(book, context, account)


def step_sweep(book: Book, context: Context, sweep: Sweep, account: Account) -> list[AnyDecision]:
    """Take an account through everything that is in force and return what follows from it."""
    recording = _recording(book, context, sweep, account)
    decisions: list[AnyDecision] = []
    if sweep.kind == "more":
        _go_on(recording, sweep, decisions)
    else:
        before = before_broadcast(recording, sweep.kind)
        _bring_up_to_date(recording)
        decide(
            recording, None, f"{sweep.source.topic}/{sweep.source.partition}/{sweep.source.offset}", before, decisions
        )
    book.touch_account(account)
    return decisions


def evolve_sweep(book: Book, context: Context, sweep: Sweep, account: Account, decisions: list[AnyDecision]) -> None:
    """Take an account through a sweep as the ledger recorded it."""
    recording = _recording(book, context, sweep, account)
    if sweep.kind == "more":
        context.sweeps.remove(sweep)
    else:
        _bring_up_to_date(recording)
    apply_decisions(recording, decisions)


def _recording(book: Book, context: Context, sweep: Sweep, account: Account) -> Recording:
    sweep.index += 1
    source = msgspec.structs.replace(sweep.source, index=sweep.index)
    envelope = Envelope(effect=sweep.effect)  # type: ignore[arg-type]
    moved = BALANCES if sweep.kind == "more" else EVERYTHING
    return Recording(book, context, account, envelope, "control", b"", sweep.at_ms, source, moved=moved)


def _cause(sweep: Sweep) -> str:
    return f"{sweep.source.topic}/{sweep.source.partition}/{sweep.source.offset}"


def _go_on(recording: Recording, sweep: Sweep, decisions: list[AnyDecision]) -> None:
    recording.context.sweeps.remove(sweep)
    identity = _cause(sweep)
    room = DECISIONS_PER_RECORD
    if sweep.target_minor is None:
        found, more = check_waiting_again(recording, identity, room)
    else:
        found, more = withdraw_releases(recording, identity, sweep.target_minor, room)
    decisions.extend(found)
    if more:
        follows = MoreFollows(target_minor=sweep.target_minor)
        decisions.append(follows)
        apply_decisions(recording, [follows])
    if recording.account.approvals:
        review_approvals(recording, decisions)
    decisions.extend(watch_now(recording))


def _bring_up_to_date(recording: Recording) -> None:
    account, context = recording.account, recording.context
    account.swept_no = context.swept_through()
    for key in entering(recording.book, account, context, recording.at_ms):
        enter_horizon(recording, recording.order(key))
    if context.business_date is None:
        return
    drop_lapsed(account, recording.today())
    if account.approvals:
        exceptions.drop_lapsed(recording)
    for currency in list(account.stages):
        _recount_overdue(recording, currency)
    touch_listed(recording)
    if account.covers:
        refresh_covers(recording)
    if account.scope_limits:
        refresh_scopes(recording)
    account.overdue_through = context.business_date
    account.next_on = _next_date(recording)
    note_warning_dates(recording)
    note_next_grading(recording)
    note_judging_dates(recording)


def _recount_overdue(recording: Recording, currency: str) -> None:
    """Recount only what became overdue since the last time."""
    end = str(recording.context.business_date).encode()
    start = recording.account.overdue_through.encode()
    keys = []
    for suffix, _ in recording.book.index(INDEX_UNPAID, recording.unpaid_owner(currency)).items(start):
        if suffix >= end:
            break
        keys.append(suffix.split(b"\x00")[1].decode())
    for key in dict.fromkeys(keys):
        recording.recount_invoice(recording.invoice(key))
    if recording.account.stages[currency].bills:
        _recount_overdue_bills(recording, currency, start, end)


def _recount_overdue_bills(recording: Recording, currency: str, start: bytes, end: bytes) -> None:
    keys = []
    for suffix, _ in recording.book.index(INDEX_BILLS, recording.unpaid_owner(currency)).items(start):
        if suffix >= end:
            break
        keys.append(suffix.split(b"\x00")[1].decode())
    for key in keys:
        recording.recount_cash(BILL, cast(Cash, recording.find_key(BILL, key)))


def _next_date(recording: Recording) -> str | None:
    """Return the first date after whose close the account changes by itself again."""
    account, today = recording.account, recording.today()
    business_date = str(recording.context.business_date)
    dates = []
    for currency, stages in account.stages.items():
        items = recording.book.index(INDEX_UNPAID, recording.unpaid_owner(currency)).items(business_date.encode())
        first = next(items, None)
        if first is not None:
            dates.append(first[0][:10].decode())
        if stages.bills and (due_on := first_bill_due_on(recording, currency, business_date)) is not None:
            dates.append(due_on)
    for limit in account.temporary:
        if limit.valid_from > today:
            dates.append(day_before(limit.valid_from, 2))
        if limit.valid_until < "9999":
            dates.append(day_before(limit.valid_until))
    dates.extend(cover_dates(account, business_date))
    if account.approvals:
        dates += next_dates(recording)
    dates.extend(scope_dates(recording, business_date))
    dates.extend(contract_dates(recording, business_date))
    dates.extend(next_label_on(recording))
    enters_on = next_entry_on(recording.book, account, recording.context, recording.at_ms)
    if enters_on is not None:
        dates.append(enters_on)
    return min(dates, default=None)
