"""What follows from a recorded fact: answers, withdrawals, releases, changes told, warnings."""

from __future__ import annotations

from typing import cast, get_args

from msgspec import structs

from projections.account_judging import judge_account
from projections.ageing import oldest_overdue_on
from projections.alert_handling import Handling, handle
from projections.alerts import apply_alert, is_over, occur
from projections.answering import (
    DECISIONS_PER_RECORD,
    apply_answer,
    check_waiting_again,
    judge,
    withdraw_releases,
)
from projections.approval_steps import (
    apply_approval,
    decide_approvals,
    follow_deeds,
    review_approvals,
    spares_account,
)
from projections.context import Context, Sweep
from projections.credit_cover import in_force
from projections.grading import apply_grade, follow_grade
from projections.lateness_deciding import apply_lateness, follow_lateness
from projections.lateness_following import KIND
from projections.lateness_rating import apply_rated, follow_rating
from projections.measure_effects import apply_measure
from projections.moves import PROMISES
from projections.occasions import warn_of_decisions, warn_of_events
from projections.promises import apply_settled, settle_promises
from projections.proposals import apply_proposal
from projections.recording import Recording, order_rest
from projections.rows import SHEETS, Order
from projections.scoring import apply_score
from projections.shipments import unchecked_shipments
from projections.standing import (
    Standing,
    currencies_without_rate,
    limit_told,
    note_highest,
    standing,
)
from projections.telling import apply_limit, tell_changes
from projections.terms import apply_terms, follow_terms
from projections.warning_lines import watch
from schemas.decisions import (
    AccountScored,
    Alert,
    AnyDecision,
    ApprovalChanged,
    FactRejected,
    FactWaits,
    GradeChanged,
    LimitChanged,
    LimitProposed,
    MeasureTaken,
    MoreFollows,
    NotYetActedOn,
    OrderAnswer,
    OrderReleased,
    PromiseSettled,
    TermsChanged,
)
from schemas.decisions_lateness import LatenessRated
from schemas.facts import Fact
from schemas.facts.bureau import BureauFact
from schemas.facts.desk import (
    AlertAcknowledged,
    AlertAssigned,
    AlertClosed,
    AlertSnoozed,
    ContactRecorded,
    DeskDecision,
    LimitSet,
    NoteAdded,
    OrderReject,
    OrderRelease,
    PromiseMade,
)
from schemas.facts.dossiers import DossierFact
from schemas.facts.payments import PaymentCleared, PaymentReceived
from schemas.publication import WAITED

_PLACES = 2**24
_PAYING = SHEETS[KIND]


class Before:
    """Where an account stood before a fact, as far as decisions compare.

    The limit is the one told last: the one in force may have lapsed with the day.
    """

    __slots__ = ("conditions", "grade", "may_withdraw", "standing", "status")

    def __init__(self, recording: Recording, context: Context | None = None) -> None:
        account = recording.account
        context = context or recording.context
        self.standing: Standing = standing(account, context, recording.at_ms, limit_told(*account.limit_told))
        self.status = (account.status, account.held)
        self.grade = account.grade
        self.may_withdraw = True
        # Only orders that wait already are checked again, so without any there is nothing to compare.
        self.conditions = _conditions(recording, context, self.standing) if account.waiting_count else None


def _conditions(recording: Recording, context: Context, now: Standing) -> tuple[object, ...]:
    """What else than headroom orders may wait for and any fact may change; `_MAY_FREE` has the facts that say more."""
    account = recording.account
    return (
        account.status,
        account.held,
        account.net_days,
        account.grade,
        account.opened,
        account.unreadable_count > 0,
        now.limit.limit_minor is None,
        now.limit.unlimited,
        currencies_without_rate(account, context),
        in_force(account),
        [stages.overdue - stages.overdue_disputed for stages in account.stages.values() if stages.overdue],
        oldest_overdue_on(recording, disputed_counts=True),
    )


_MAY_FREE = frozenset({*get_args(DossierFact), *get_args(BureauFact), *get_args(DeskDecision), PaymentCleared}) - {
    LimitSet,
    OrderRelease,
    OrderReject,
    NoteAdded,
    ContactRecorded,
    PromiseMade,
    AlertAcknowledged,
    AlertAssigned,
    AlertSnoozed,
    AlertClosed,
}
"""Facts that may take away what an order waits for: there are few of them, so waiting orders are checked again.

A limit for the whole account says so by the headroom it leaves, and so does cash that is not for one order.
"""


def before_broadcast(recording: Recording, kind: str) -> Before:
    """Return where an account stood before a broadcast that is in force already: by the rates before.

    All of them change what checks compare, days by what comes of age, so waiting orders are checked again whatever
    headroom does. A rate alone withdraws nothing: only new orders and those that wait are judged by it.
    """
    context = recording.context
    if kind == "rates":
        context = structs.replace(context, base=context.base_before, rates=context.rates_before)
    before = Before(recording, context)
    before.conditions = ()
    before.may_withdraw = kind != "rates"
    return before


def tell(recording: Recording, fact: Fact) -> list[AnyDecision]:
    """Return what the ledger is to say of how a fact was taken in."""
    decisions: list[AnyDecision] = []
    for code, identity in recording.late_refusals:
        decisions.append(FactRejected(code=code, path=WAITED, message=f"{identity} waited for its document"))
        if code != "revision_is_superseded":
            rule = recording.context.policy.warnings.fact_contradicts
            decisions.extend(occur(recording, "fact_contradicts", identity, rule))
    for kind, document_id in recording.waits:
        decisions.append(FactWaits(kind=kind, id=document_id))
    if not fact.acted_on:
        decisions.append(NotYetActedOn())
    return decisions


def decide(
    recording: Recording, fact: Fact | None, identity: str, before: Before, decisions: list[AnyDecision]
) -> None:
    """Add everything that follows from a fact, or without one from a sweep, already in effect."""
    if recording.approving:
        decide_approvals(recording, decisions)
        decisions.extend(recording.written_off)
        if spares_account(decisions) and before.conditions is not None:
            before.conditions = ()
    if recording.invoices_changed:
        follow_lateness(recording, decisions)
    if (recording.invoices_changed or fact is None) and recording.account.sheets & _PAYING:
        recording.regrades = follow_rating(recording, decisions) or recording.regrades
    if fact is None or recording.regrades or recording.rescores:
        follow_grade(recording, fact, decisions)
    tell_changes(recording, fact, before.status, decisions)
    follow_terms(recording, fact, before.grade, decisions)
    if recording.moved & PROMISES:
        settle_promises(recording, decisions)
    if isinstance(fact, _HANDLING):
        decisions.append(handle(recording, fact))
    if recording.stranded:
        recording.answered.extend([order for order in recording.stranded if order.state == "new" and order_rest(order)])
    if recording.answered or recording.asked:
        _answer(recording, identity, decisions)
    now = standing(recording.account, recording.context, recording.at_ms)
    if _follow_headroom(recording, fact, identity, before, now, decisions):
        now = standing(recording.account, recording.context, recording.at_ms)
    if recording.shipped or recording.account.alerts:
        _warn_of_shipments(recording, decisions)
    if recording.account.approvals:
        review_approvals(recording, decisions)
    if recording.left:
        decisions.extend(unchecked_shipments(recording))
    warn_of_events(recording, fact, decisions)
    watch(recording, now, decisions)
    if judge_account(recording, fact, before.grade, decisions):
        now = standing(recording.account, recording.context, recording.at_ms)
        if _follow_headroom(recording, fact, identity, before, now, decisions):
            now = standing(recording.account, recording.context, recording.at_ms)
        watch(recording, now, decisions)
    note_highest(recording.account, recording.today, now)
    warn_of_decisions(recording, now, decisions)


_HANDLING = get_args(Handling)


def _answer(recording: Recording, identity: str, decisions: list[AnyDecision]) -> None:
    """Add the answer to each order that is new or changed, or that an order system asks about."""
    asked = {order.key for order in recording.asked}
    for order in {order.key: order for order in (*recording.answered, *recording.asked)}.values():
        is_asked = order.key in asked
        checkpoint = order.asked_at if is_asked else "order"
        _append(decisions, judge(recording, order, identity, checkpoint, is_asked=is_asked))


def _append(decisions: list[AnyDecision], decision: AnyDecision | None) -> None:
    if decision is not None:
        decisions.append(decision)


def _follow_headroom(
    recording: Recording, fact: Fact | None, identity: str, before: Before, now: Standing, decisions: list[AnyDecision]
) -> bool:
    """Withdraw what no longer fits, or release what fits now; return whether anything was.

    What is too much for one record follows as a sweep.
    """
    if before.conditions is None and (now.headroom_minor is None or now.headroom_minor >= 0):
        return False
    account, context = recording.account, recording.context
    fell = _fell(before.standing, now) if before.may_withdraw else None
    if fell is None and before.conditions is None:
        return False
    count = len(decisions)
    room = max(0, DECISIONS_PER_RECORD - count)
    more = False
    if fell is not None and context.policy.withdrawal.when != "never" and not _is_by_release(fact, decisions):
        withdrawn, more = withdraw_releases(recording, identity, fell, room)
        decisions.extend(withdrawn)
    elif before.conditions is not None and account.waiting_count and _rose(recording, fact, before, now):
        released, more = check_waiting_again(recording, identity, room)
        decisions.extend(released)
    if more:
        follows = MoreFollows(target_minor=fell)
        decisions.append(follows)
        _open_more(recording, follows)
    return len(decisions) > count


def _is_by_release(fact: Fact | None, decisions: list[AnyDecision]) -> bool:
    """A release that policy or a person let go over the limit is not taken back for the headroom it took itself."""
    return isinstance(fact, OrderRelease) or any(isinstance(told, OrderReleased) for told in decisions)


def _fell(before: Standing, now: Standing) -> int | None:
    """Return the headroom to get back to if it fell below zero: zero, or where it was if that was below already."""
    if now.headroom_minor is None or now.headroom_minor >= 0:
        return None
    target = 0 if before.headroom_minor is None else min(0, before.headroom_minor)
    return target if now.headroom_minor < target else None


def _rose(recording: Recording, fact: Fact | None, before: Before, now: Standing) -> bool:
    if type(fact) in _MAY_FREE or (isinstance(fact, PaymentReceived) and fact.for_order_id is not None):
        return True
    if _conditions(recording, recording.context, now) != before.conditions:
        return True
    if recording.fallen_scopes:
        return True
    if now.headroom_minor is None or before.standing.headroom_minor is None:
        return now.headroom_minor is None and now.limit.unlimited
    if recording.account.covers and now.exposure_minor < before.standing.exposure_minor:
        return True  # what a cover bore of something else it may bear of an order that waits
    return now.headroom_minor > before.standing.headroom_minor


def _warn_of_shipments(recording: Recording, decisions: list[AnyDecision]) -> None:
    rule = recording.context.policy.warnings.delivered_without_release
    for order in recording.shipped:
        if order.state != "released":
            decisions.extend(occur(recording, "delivered_without_release", order.order_id, rule))
    if not any(key.startswith("delivered_without_release/") for key in recording.account.alerts):
        return
    for decision in list(decisions):
        if isinstance(decision, OrderReleased):
            decisions.extend(is_over(recording, "delivered_without_release", decision.order_id))


def _open_more(recording: Recording, more: MoreFollows) -> None:
    source, account_id = recording.source, recording.account.account_id
    at_ms, effect = recording.at_ms, recording.envelope.effect
    # Each sweep record of a broadcast has places of its own for what follows from it.
    index = source.index if source.index >= _PLACES else source.index * _PLACES
    sweep = Sweep("more", -1, -1, account_id, source, index, effect, at_ms, more.target_minor)
    recording.context.sweeps.append(sweep)


def apply_decisions(recording: Recording, decisions: list[AnyDecision]) -> None:
    """Apply recorded decisions to the book."""
    if recording.approving:
        follow_deeds(recording, decisions)
    for decision in decisions:
        if isinstance(decision, OrderAnswer):
            order = recording.find_exactly("order", decision.order_id, decision.ce_source, decision.seller_id)
            apply_answer(recording, cast(Order, order), decision)
        elif isinstance(decision, Alert):
            apply_alert(recording, decision)
        elif isinstance(decision, PromiseSettled):
            apply_settled(recording, decision)
        elif isinstance(decision, LatenessRated):
            apply_rated(recording, decision)
        elif isinstance(decision, LimitChanged):
            apply_limit(recording.account, decision)
        elif isinstance(decision, GradeChanged):
            apply_grade(recording, decision)
        elif isinstance(decision, AccountScored):
            apply_score(recording, decision)
        elif isinstance(decision, MeasureTaken):
            apply_measure(recording, decision)
        elif isinstance(decision, LimitProposed):
            apply_proposal(recording, decision)
        elif isinstance(decision, TermsChanged):
            apply_terms(recording.account, decision)
        elif isinstance(decision, ApprovalChanged):
            apply_approval(recording, decision)
        elif isinstance(decision, MoreFollows):
            _open_more(recording, decision)
    if recording.invoices_changed:
        apply_lateness(recording, decisions)
    note_highest(recording.account, recording.today, standing(recording.account, recording.context, recording.at_ms))
    recording.book.touch_account(recording.account)
