"""The account itself: opening, limit, and what the desk decides of one order or one dead letter."""

from __future__ import annotations

from typing import cast

from projections.approvals import ask_for_limit, ask_for_release
from projections.context import day_before
from projections.dossier import note_opened
from projections.limit_files import FOREVER, note_change_after, put_limit
from projections.recording import NOT_BINDING, Recording
from projections.releasing import forget_place
from projections.rows import INDEX_UNREADABLE, Account, Order, TemporaryLimit
from projections.scope_balances import scope_of_limit
from projections.scopes import hold_scope_limit
from projections.splitting import forget_split
from projections.versions import mark
from schemas.facts.desk import (
    DeadLetterDismissed,
    LimitSet,
    OrderReject,
    OrderRelease,
)
from schemas.facts.dossiers import AccountOpened
from schemas.reasons import Refusal


def record_opened(recording: Recording, fact: AccountOpened) -> Refusal | None:
    """Open an account, or correct what was said of it."""
    account = recording.account
    has_limit = account.limit_minor is not None or bool(account.temporary)
    if fact.currency != account.currency and (account.opened or has_limit):
        return "currency_differs_from_account"
    if fact.currency != account.currency:
        _change_currency(recording, fact.currency)
    account.opened = True
    note_opened(recording, fact)
    mark(recording, fact)
    return None


def _change_currency(recording: Recording, currency: str) -> None:
    """Nothing but the limit is kept in the account's currency, so balances need only be listed as foreign."""
    account = recording.account
    account.currency = currency
    if any(other != currency for other in account.stages):
        recording.list_as_foreign()


def record_limit(recording: Recording, fact: LimitSet) -> Refusal | None:
    """Set the lasting limit, or with `valid_until` one for some days that then lapses by itself."""
    account = recording.account
    scopes = scope_of_limit(fact.scope, account.account_id)
    if len(scopes) > 1:
        return "limit_scope_names_several"
    has_currency = scopes or account.opened or account.limit_minor is not None or account.temporary
    if has_currency and fact.currency != account.currency:
        return "limit_currency_differs_from_account"
    if recording.context.policy.approvals.limit_set_directly == "request":
        return ask_for_limit(recording, fact)
    hold_limit(recording, fact)
    return None


def hold_limit(recording: Recording, fact: LimitSet) -> None:
    """Put a limit in force, as a person may do alone or as was approved."""
    account = recording.account
    scopes = scope_of_limit(fact.scope, account.account_id)
    if scopes:
        hold_scope_limit(recording, fact, scopes[0])
        return
    if fact.currency != account.currency:
        _change_currency(recording, fact.currency)
    if fact.valid_until is None and fact.valid_from is None:
        by = "desk" if fact.approval_id is None else "approval"
        put_limit(recording, fact.limit_minor, fact.unlimited, by)
        return
    valid_from = "" if fact.valid_from is None else fact.valid_from.isoformat()
    valid_until = FOREVER if fact.valid_until is None else fact.valid_until.isoformat()
    account.temporary.append(TemporaryLimit(valid_from, valid_until, fact.limit_minor, fact.unlimited))
    if valid_from:
        note_change_after(recording, day_before(valid_from, 2))
    if valid_until != FOREVER:
        note_change_after(recording, day_before(valid_until))


def drop_lapsed(account: Account, today: str) -> None:
    """Forget temporary limits that are over."""
    account.temporary = [limit for limit in account.temporary if limit.valid_until >= today]


def record_dismissed(recording: Recording, fact: DeadLetterDismissed) -> Refusal | None:
    """Park the account no longer for this dead letter."""
    resolve_dead_letter(recording, fact.dead_letter)
    return None


def resolve_dead_letter(recording: Recording, dead_letter: str) -> None:
    """Take a dead letter off the list of those that park the account, if it is on it."""
    account = recording.account
    index = recording.book.index(INDEX_UNREADABLE, account.account_id)
    found = next(index.items(dead_letter.encode()), None)
    if found is not None and found[0] == dead_letter.encode():
        recording.book.index_delete(INDEX_UNREADABLE, account.account_id, found[0])
        account.unreadable_count -= 1


def note_unreadable(recording: Recording, dead_letter: str) -> None:
    """Park the account for a record of it that could not be read."""
    recording.account.unreadable_count += 1
    recording.book.index_put(INDEX_UNREADABLE, recording.account.account_id, dead_letter.encode())


def record_release(recording: Recording, fact: OrderRelease) -> Refusal | None:
    """Let an order through as it stands, or ask those who must agree; a later amendment is checked anew."""
    order = cast("Order | None", recording.find_or_wait("order", fact.order_id, fact.seller_id))
    if order is None:
        return None
    if _has_moved_on(order, fact):
        return "moved_on"
    if not order.is_open:
        return "order_is_not_open"
    is_settled = order.state == "released" and not order.asked
    if is_settled or order.kind in NOT_BINDING:
        return "order_is_not_waiting"
    refusal = ask_for_release(recording, fact, order)
    if refusal is None:
        order.exploratory = fact.exploratory
        recording.touch("order", order)
    return refusal


def record_reject(recording: Recording, fact: OrderReject) -> Refusal | None:
    """Refuse an order; it neither waits nor is checked again by itself."""
    order = cast("Order | None", recording.find_or_wait("order", fact.order_id, fact.seller_id))
    if order is None:
        return None
    if _has_moved_on(order, fact):
        return "moved_on"
    if not order.is_open:
        return "order_is_not_open"
    forget_place(recording, order)
    order.state = "rejected"
    forget_split(recording, order)
    recording.recount_order(order)
    recording.answered.append(order)
    return None


def _has_moved_on(order: Order, fact: OrderRelease | OrderReject) -> bool:
    """Whoever decides on an order decides on the answer they saw; another one may be about another amount."""
    return fact.seen_decision_no is not None and fact.seen_decision_no != order.decision_no
