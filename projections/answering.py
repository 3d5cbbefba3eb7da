"""Answers to orders: judging one, checking the waiting ones again, withdrawing releases."""

from __future__ import annotations

from typing import Any, cast

from projections.approval_rows import Approval
from projections.checks import HEADROOM_REASONS, Case, check
from projections.context import Context
from projections.credit_cover import Adding, cover_of
from projections.exceptions import spared
from projections.orders import put_to_wait
from projections.recording import NOT_BINDING, Recording, order_rest
from projections.releasing import forget_place, place_among_released, waiting, withdrawable
from projections.rows import Account, Order
from projections.standing import Standing, headroom, standing, value
from schemas.decisions import (
    AnyDecision,
    OrderAnswer,
    OrderBlocked,
    OrderReferred,
    OrderReleased,
    OrderReleaseWithdrawn,
    Reason,
)

DECISIONS_PER_RECORD = 200
"""So many decisions a ledger record holds at most; the rest follow as a sweep."""
LOOKED_AT_PER_RECORD = 1_000

_KINDS: dict[str, type[OrderReleased] | type[OrderReferred] | type[OrderBlocked]] = {
    "pass": OrderReleased,
    "warn": OrderReleased,
    "refer": OrderReferred,
    "block": OrderBlocked,
}


def judge(recording: Recording, order: Order, answers: str, checkpoint: Any = "order") -> AnyDecision | None:
    """Return the answer to an order, already in effect; None for one that needs none."""
    if order.kind in NOT_BINDING or not order.is_open:
        return None
    case = make_case(recording, order)
    answer, reasons = _judgement(recording, order, case)
    decision: OrderAnswer = _answer(_KINDS[answer], case, reasons, answers, checkpoint)
    apply_answer(recording, order, decision)
    return cast(AnyDecision, decision)


def let_through(recording: Recording, order: Order) -> Reason:
    """Return that a person let an order through, and where others had to agree, by which request and who did."""
    reason: Reason = {"code": "released_by_desk", "answer": "pass"}
    if order.approval_id:
        approval = cast(Approval, recording.find_key("approval", order.approval_id))
        reason["approval_id"] = approval.key
        reason["approvers"] = ", ".join(given.actor for given in approval.given)
    return reason


def _judgement(recording: Recording, order: Order, case: Case) -> tuple[str, list[Reason]]:
    if order.released_by_desk:
        return "pass", [let_through(recording, order)]
    has_left = order.state == "released" and not order_rest(order)
    return ("pass", []) if has_left else check(case, spared(recording, order))


def make_case(recording: Recording, order: Order) -> Case:
    """Return an order with everything that its checks compare."""
    account, context = recording.account, recording.context
    now = standing(account, context, recording.at_ms)
    own, need = _own_and_need(order)
    valued = value(own, order.currency, account, context) if own else 0
    counted = own if valued is None else valued
    needed = value(need, order.currency, account, context)
    without = now.exposure_minor - counted
    cover, cover_with = _covers(account, context, order, without, counted, needed or 0)
    return Case(
        account=account,
        order=order,
        policy=context.policy,
        need_minor=needed,
        exposure_minor=without,
        limit=now.limit,
        headroom_minor=headroom(without - cover, now.limit),
        unvalued=now.unvalued,
        reserved_for=_reserved_for(recording, order, now) if account.waiting_count else None,
        cover_minor=cover,
        cover_adds_minor=cover_with - cover,
    )


def _covers(account: Account, context: Context, order: Order, without: int, counted: int, need: int) -> tuple[int, int]:
    """Return what others bear of the exposure without an order, and with it released."""
    if not account.covers:
        return 0, 0
    before = cover_of(account, context, without, Adding(order.key, None, -counted))
    return before, cover_of(account, context, without + need, Adding(order.key, None, need - counted))


def _own_and_need(order: Order) -> tuple[int, int]:
    """Return what an order adds to exposure now, and what its release would, beyond what has left already."""
    released, _, delivered, _ = order.counted
    rest = order_rest(order)
    if not order.deposits:
        return released, rest
    deposit = sum(order.deposits.values())
    left = max(0, delivered - deposit)
    return max(0, released + delivered - deposit) - left, max(0, rest + delivered - deposit) - left


def _reserved_for(recording: Recording, order: Order, now: Standing) -> Order | None:
    """Return the oldest waiting order if it was passed too often, waits for headroom only and fits the limit."""
    oldest = next(waiting(recording))
    passes = recording.account.release_no - oldest.releases_before
    if (
        oldest is order
        or order.number < oldest.number
        or passes < recording.context.policy.waiting.skips_before_reserving
    ):
        return None
    fits = _fits(recording, oldest, now) and HEADROOM_REASONS.issuperset(oldest.reasons)
    return oldest if fits else None


def _fits(recording: Recording, order: Order, now: Standing) -> bool:
    account, context = recording.account, recording.context
    need = value(order_rest(order), order.currency, account, context)
    if need is None or now.limit.limit_minor is None:
        return False
    if account.covers:
        need -= cover_of(account, context, need, Adding(order.key, None, need))
    return need <= now.limit.limit_minor


def _answer(kind: type[Any], case: Case, reasons: list[Reason], answers: str, checkpoint: str) -> Any:
    order, need, before = case.order, case.need_minor, case.headroom_minor
    released = kind is OrderReleased
    exposure = case.exposure_minor + (need or 0) if released else case.exposure_minor
    cover = case.cover_minor + case.cover_adds_minor
    after = headroom(exposure - cover, case.limit) if released else before
    return kind(
        decision_no=order.decision_no + 1,
        order_id=order.order_id,
        order_revision=order.versions.latest,
        checkpoint=checkpoint,
        answers=answers,
        amount_minor=order.amount,
        currency=order.currency,
        reasons=reasons,
        exposure_minor=exposure,
        limit_minor=None if case.limit.unlimited else case.limit.limit_minor,
        headroom_before_minor=before,
        headroom_after_minor=after,
        seller_id=order.seller_id,
        ce_source=order.ce_source,
        account_currency=None if order.currency == case.account.currency else case.account.currency,
    )


def apply_answer(recording: Recording, order: Order, decision: OrderAnswer) -> None:
    """Bring an order's row in line with a decision about it."""
    order.decision_no = decision.decision_no
    order.reasons = [str(reason["code"]) for reason in decision.reasons]
    if isinstance(decision, OrderReleased):
        forget_place(recording, order)
        order.state = "released"
        if not order.released_by_desk and not order.delivered and not order.invoiced:
            place_among_released(recording, order)
    elif order.state != "rejected":
        put_to_wait(recording, order)
    recording.recount_order(order)


def check_waiting_again(recording: Recording, answers: str, room: int) -> tuple[list[AnyDecision], bool]:
    """Release what fits now, oldest first; return the answers and whether more may follow."""
    decisions: list[AnyDecision] = []
    policy = recording.context.policy.waiting
    for looked_at, order in enumerate(waiting(recording)):
        if len(decisions) >= room or looked_at >= LOOKED_AT_PER_RECORD:
            return decisions, len(decisions) >= room
        case = make_case(recording, order)
        answer, reasons = check(case, spared(recording, order))
        codes = [str(reason["code"]) for reason in reasons]
        if answer in ("pass", "warn") or codes != order.reasons:
            decision = _answer(_KINDS[answer], case, reasons, answers, "order")
            apply_answer(recording, order, decision)
            decisions.append(decision)
        if order.state == "waiting" and _blocks_the_queue(recording, order, codes, policy):
            return decisions, False
    return decisions, False


def _blocks_the_queue(recording: Recording, order: Order, codes: list[str], policy: Any) -> bool:
    if not policy.skip_what_does_not_fit:
        return True
    passes = recording.account.release_no - order.releases_before
    if passes < policy.skips_before_reserving or not HEADROOM_REASONS.issuperset(codes):
        return False
    return _fits(recording, order, standing(recording.account, recording.context, recording.at_ms))


def withdraw_releases(
    recording: Recording, answers: str, target_minor: int, room: int
) -> tuple[list[AnyDecision], bool]:
    """Take back releases, newest first, until headroom is at the target; return them and whether more may follow."""
    decisions: list[AnyDecision] = []
    for order in withdrawable(recording):
        now = standing(recording.account, recording.context, recording.at_ms)
        if now.headroom_minor is None or now.headroom_minor >= target_minor:
            break
        if len(decisions) >= room:
            return decisions, True
        decisions.append(_withdraw(recording, order, answers, now))
    return decisions, False


def _withdraw(recording: Recording, order: Order, answers: str, now: Standing) -> OrderReleaseWithdrawn:
    case = make_case(recording, order)
    reason: Reason = {
        "code": "headroom_fell_below_zero",
        "answer": "block",
        "exposure_minor": now.exposure_minor,
        "limit_minor": now.limit.limit_minor or 0,
        "headroom_minor": now.headroom_minor or 0,
        **({"cover_minor": now.cover_minor} if now.cover_minor else {}),
    }
    decision: OrderReleaseWithdrawn = _answer(OrderReleaseWithdrawn, case, [reason], answers, "order")
    apply_answer(recording, order, decision)
    return decision
