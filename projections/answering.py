"""Answers to orders: judging one, checking the waiting ones again, withdrawing releases."""

from __future__ import annotations

from typing import Any, cast

from projections.approval_rows import Approval
from projections.checking import HEADROOM_REASONS, check
from projections.checks.case import Case
from projections.context import Context, day_before
from projections.credit_cover import Adding, cover_of
from projections.horizon import beyond, horizon_on
from projections.orders import put_to_wait
from projections.recording import NOT_BINDING, Recording, order_rest
from projections.releasing import forget_place, place_among_released, waiting, withdrawable
from projections.rows import Account, Order, Stages
from projections.rules import rules_of
from projections.standing import Standing, exposure_by, headroom, standing, value
from projections.tolerance import is_within_tolerance, tolerance
from schemas.decisions import (
    AnyDecision,
    Checkpoint,
    OrderAnswer,
    OrderBlocked,
    OrderReferred,
    OrderReleased,
    OrderReleaseWithdrawn,
    Reason,
)
from schemas.reasons import GRAVITY

DECISIONS_PER_RECORD = 200
"""So many decisions a ledger record holds at most; the rest follow as a sweep."""
LOOKED_AT_PER_RECORD = 1_000

_KINDS: dict[str, type[OrderReleased] | type[OrderReferred] | type[OrderBlocked]] = {
    "pass": OrderReleased,
    "warn": OrderReleased,
    "refer": OrderReferred,
    "block": OrderBlocked,
}

_CAN_BE_GONE = ("amount_exceeds_released",)
_ABOUT_THE_LIMIT = ("limit_is_zero", "exposure_exceeds_limit")


def judge(
    recording: Recording, order: Order, answers: str, checkpoint: Checkpoint = "order", *, is_asked: bool = False
) -> AnyDecision | None:
    """Return the answer to an order, already in effect; None for one that needs none.

    `is_asked` says that an order system asks at a checkpoint: then nothing that was forgiven or agreed to before holds
    but for what the policy says.
    """
    if is_over(order) and not is_asked:
        return None
    case = make_case(recording, order, checkpoint)
    answer, reasons = _judgement_when_asked(case) if is_asked else _judgement(case)
    decision: OrderAnswer = _answer(_KINDS[answer], case, reasons, answers, checkpoint)
    apply_answer(recording, order, decision)
    return cast(AnyDecision, decision)


def let_through(recording: Recording, order: Order, despite: list[Reason] | None = None) -> Reason:
    """Return that a person let an order through, and where others had to agree, by which request and who did.

    `despite` names what they knew: an order is not stopped for it again within the days of grace.
    """
    reason: Reason = {"code": "released_by_desk", "answer": "pass"}
    if order.approval_id:
        approval = cast(Approval, recording.find_key("approval", order.approval_id))
        reason["approval_id"] = approval.key
        reason["approvers"] = ", ".join(given.actor for given in approval.given)
    codes = " ".join(str(found["code"]) for found in despite or () if found["answer"] != "pass")
    if codes:
        reason["despite"] = codes
    return reason


def _judgement(case: Case) -> tuple[str, list[Reason]]:
    """An exception holds for what it named and no more, so nothing is forgiven an order that was released by one."""
    order = case.order
    if order.released_by_desk:
        return "pass", [let_through(case.recording, order, check(case)[1])]
    if order.state != "released":
        return check(case)
    if not order_rest(order):
        return "pass", []
    is_by_exception = "released_by_exception" in order.reasons
    if order.let_go and not is_by_exception and is_within_tolerance(case.recording, order, order.amount):
        return "pass", _forgiven(case)
    return check(case)


def _forgiven(case: Case) -> list[Reason]:
    order = case.order
    over = order.amount - order.let_go
    if not over:
        return []
    most = tolerance(case.recording, order, case.numbers, order.let_go)
    return [
        {
            "code": "within_tolerance",
            "released_minor": case.valued(order.let_go, order.currency),
            "over_minor": case.valued(over, order.currency),
            "tolerance_minor": case.valued(most, order.currency),
            "answer": "pass",
        }
    ]


def _judgement_when_asked(case: Case) -> tuple[str, list[Reason]]:
    order = case.order
    if is_over(order):
        return _judgement_when_over(case)
    if order.state == "released" and not order_rest(order):
        return check(case, only=_CAN_BE_GONE)
    if not order.released_by_desk:
        return check(case)
    answer, reasons = check(case, known=_agreed_to(case))
    return (
        (answer, [*reasons, let_through(case.recording, order)])
        if GRAVITY[answer] <= GRAVITY["warn"]
        else (answer, reasons)
    )


def is_over(order: Order) -> bool:
    """Return whether nothing may leave on an order: it is cancelled or closed, or binds nobody."""
    return order.kind in NOT_BINDING or not order.is_open


def _judgement_when_over(case: Case) -> tuple[str, list[Reason]]:
    """Goods that left before an order was closed may still be invoiced."""
    order = case.order
    if case.checkpoint == "invoice" and order.asked <= order.delivered:
        return "pass", []
    return "block", [{"code": "order_not_open", "kind": order.kind, "answer": "block"}]


def _agreed_to(case: Case) -> list[str]:
    """Return the reasons that a person released the order despite, for as many days as its checkpoint grants."""
    order = case.order
    grace: int = getattr(case.numbers.grace_days, case.checkpoint)
    return order.despite if day_before(case.recording.today(), grace) <= order.let_go_on else []


def make_case(recording: Recording, order: Order, checkpoint: Checkpoint = "order") -> Case:
    """Return an order with everything that its checks compare."""
    account, context = recording.account, recording.context
    now = standing(account, context, recording.at_ms)
    rules = rules_of(account, context, recording.book)
    own, need, unpaid = _own_need_unpaid(recording, order, context.policy.orders.stages_that_count, checkpoint)
    valued = value(own, order.currency, account, context) if own else 0
    counted = own if valued is None else valued
    needed = value(need, order.currency, account, context)
    without = now.exposure_minor - counted
    cover, cover_with = _covers(account, context, order, without, counted, needed or 0)
    return Case(
        recording=recording,
        account=account,
        order=order,
        rules=rules,
        numbers=rules.orders,
        checkpoint=checkpoint,
        need_minor=needed,
        unpaid=unpaid,
        exposure_minor=without,
        limit=now.limit,
        headroom_minor=headroom(without - cover, now.limit),
        unvalued=now.unvalued,
        reserved_for=_reserved_for(recording, order, now) if account.waiting_count else None,
        cover_minor=cover,
        cover_adds_minor=cover_with - cover,
        own_minor=counted,
    )


def _covers(account: Account, context: Context, order: Order, without: int, counted: int, need: int) -> tuple[int, int]:
    """Return what others bear of the exposure without an order, and with it released."""
    if not account.covers:
        return 0, 0
    net_days = order.net_days
    before = cover_of(account, context, without, Adding(order.key, net_days, -counted))
    return before, cover_of(account, context, without + need, Adding(order.key, net_days, need - counted))


def _own_need_unpaid(
    recording: Recording, order: Order, stages_that_count: tuple[str, ...], checkpoint: str
) -> tuple[int, int, int]:
    """Return what an order adds to exposure now, what its release would beyond what has left, and what is not paid.

    Where open orders do not count, an order needs headroom when its goods are about to leave.
    """
    released, _, delivered, _ = order.counted
    rest = order_rest(order)
    deposit = sum(order.deposits.values()) if order.deposits else 0
    unpaid = max(0, rest + delivered - deposit)
    if order.schedule:
        horizon = horizon_on(recording.book, recording.account, recording.context, recording.at_ms)
        rest -= beyond(order, rest, horizon)
        released -= order.beyond
    if exposure_by(stages_that_count) is not Stages.exposure:
        released, rest, delivered, deposit = _as_counted(
            stages_that_count, checkpoint, (released, rest, delivered, deposit)
        )
    if not deposit:
        return released, rest, unpaid
    left = max(0, delivered - deposit)
    return max(0, released + delivered - deposit) - left, max(0, rest + delivered - deposit) - left, unpaid


def _as_counted(
    stages_that_count: tuple[str, ...], checkpoint: str, amounts: tuple[int, int, int, int]
) -> tuple[int, int, int, int]:
    released, rest, delivered, deposit = amounts
    if "orders" not in stages_that_count:
        released, deposit = 0, 0
        rest = rest if checkpoint != "order" and "delivered" in stages_that_count else 0
    if "delivered" not in stages_that_count:
        delivered = 0
    return released, rest, delivered, deposit if "deposits" in stages_that_count else 0


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
        need -= cover_of(account, context, need, Adding(order.key, order.net_days, need))
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
    """Bring an order's row in line with a decision about it.

    More than was ordered was asked for where a released order of which nothing is left is refused: what has left stays
    as it is.
    """
    order.decision_no = decision.decision_no
    if is_over(order):
        _note_passed(recording, order, decision)
        return
    order.reasons = [str(reason["code"]) for reason in decision.reasons]
    if isinstance(decision, OrderReleased):
        forget_place(recording, order)
        _note_release(recording, order, decision)
        order.state = "released"
        if not order.released_by_desk and not order.delivered and not order.invoiced:
            place_among_released(recording, order)
    elif order.state == "released" and not order_rest(order) and not isinstance(decision, OrderReleaseWithdrawn):
        pass
    elif order.state != "rejected":
        order.released_by_desk = False
        put_to_wait(recording, order)
    recording.recount_order(order)


def _note_release(recording: Recording, order: Order, decision: OrderAnswer) -> None:
    """Remember with which amount, and despite what, an order was let go, and what may leave or be invoiced."""
    last = decision.reasons[-1] if decision.reasons else {}
    if order.state != "released" or last.get("code") != "within_tolerance":
        order.let_go = max(order.amount, order.asked if order.released_by_desk else 0)
    if "despite" in last:
        order.despite, order.let_go_on = str(last["despite"]).split(), recording.today()
    _note_passed(recording, order, decision)


def _note_passed(recording: Recording, order: Order, decision: OrderAnswer) -> None:
    if isinstance(decision, OrderReleased) and decision.checkpoint == "delivery":
        order.passed = (max(order.asked, order.passed[0]), order.passed[1])
    elif isinstance(decision, OrderReleased) and decision.checkpoint == "invoice":
        order.passed = (order.passed[0], max(order.asked, order.passed[1]))
    order.asked, order.asked_at = 0, "order"
    recording.touch("order", order)


def check_waiting_again(recording: Recording, answers: str, room: int) -> tuple[list[AnyDecision], bool]:
    """Release what fits now, oldest first; return the answers and whether more may follow.

    An order that was stopped at a checkpoint is asked about at that checkpoint again.
    """
    decisions: list[AnyDecision] = []
    policy = recording.context.policy.waiting
    for looked_at, order in enumerate(waiting(recording)):
        if len(decisions) >= room or looked_at >= LOOKED_AT_PER_RECORD:
            return decisions, len(decisions) >= room
        case = make_case(recording, order, order.asked_at)
        answer, reasons = check(case)
        codes = [str(reason["code"]) for reason in reasons]
        if answer in ("pass", "warn") or codes != order.reasons:
            decision = _answer(_KINDS[answer], case, reasons, answers, case.checkpoint)
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
    """Take back releases, newest first, until headroom is at the target; return them and whether more may follow.

    What the policy would let go again at once stays: an order that adds nothing, or that may go over the limit.
    """
    decisions: list[AnyDecision] = []
    for looked_at, order in enumerate(withdrawable(recording)):
        if looked_at >= LOOKED_AT_PER_RECORD:
            break
        now = standing(recording.account, recording.context, recording.at_ms)
        if now.headroom_minor is None or now.headroom_minor >= target_minor:
            break
        if len(decisions) >= room:
            return decisions, True
        case = make_case(recording, order)
        if GRAVITY[check(case, only=_ABOUT_THE_LIMIT)[0]] > GRAVITY["warn"]:
            decisions.append(_withdraw(case, answers, now))
    return decisions, False


def _withdraw(case: Case, answers: str, now: Standing) -> OrderReleaseWithdrawn:
    reason: Reason = {
        "code": "headroom_fell_below_zero",
        "answer": "block",
        "exposure_minor": now.exposure_minor,
        "limit_minor": now.limit.limit_minor or 0,
        "headroom_minor": now.headroom_minor or 0,
        **({"cover_minor": now.cover_minor} if now.cover_minor else {}),
    }
    decision: OrderReleaseWithdrawn = _answer(OrderReleaseWithdrawn, case, [reason], answers, "order")
    apply_answer(case.recording, case.order, decision)
    return decision
