"""What the people at the desk do: limits, suspensions, orders that wait; and what bureaus report."""

from __future__ import annotations

from datetime import timedelta

from schemas.facts.bureau import BureauReported
from schemas.facts.desk import (
    AccountReinstated,
    AccountSuspended,
    ApprovalGiven,
    ApprovalRefused,
    ApprovalRequested,
    LimitSet,
    OrderReject,
    OrderRelease,
)
from schemas.facts.dossiers import AccountOpened, CoverPledged, Identifier, MemberJoined, Party
from streams.market import paying
from streams.market.trader import MINUTE_MS, Day, Order, Trader

_CREDIT_MANAGER, _ANALYST, _FINANCE_DIRECTOR = "credit.manager", "credit.analyst", "finance.director"
_RELEASED_ALONE_BELOW_MINOR, _APPROVED_FROM_MINOR, _TWO_APPROVE_FROM_MINOR = 1_000_000, 2_500_000, 10_000_000
"""Whom the default policy asks: an order of less the analyst alone, a higher limit one other, or two."""
_REFUSED_FROM_DAYS, _SUSPENDED_FROM_DAYS = 50, 60
_MONDAY = 0


def open_account(trader: Trader, day: Day) -> None:
    """Open the account and give it its limit; a new customer of a running market waits a day for that."""
    profile = trader.profile
    opened_ms = trader.moment(1, 4)
    fact = AccountOpened(
        account_id=profile.account_id,
        name=profile.name,
        currency=profile.currency,
        opened_on=day.date,
        industry=profile.industry,
        country=profile.country,
        revenue_minor=min(10**15, profile.limit_minor * 40),
        segment=profile.segment,
        manager_id=profile.salesperson_id,
        net_days=profile.net_days,
        parties=(Party(party_id=f"party-{profile.account_id}", identifiers=(_registration(trader),)),),
    )
    day.say(fact, opened_ms, f"account_opened-{profile.account_id}")
    for number, customer_id in enumerate(profile.customers):
        joined = MemberJoined(account_id=profile.account_id, customer_id=customer_id, joined_on=day.date)
        day.say(joined, opened_ms + (number + 1) * MINUTE_MS, f"member_joined-{customer_id}")
    _bureau_report(trader, day)
    if profile.insured_share_bp:
        _insure(trader, day)


def _insure(trader: Trader, day: Day) -> None:
    """Insure a part of what the customer may owe, for a year."""
    cover_id = f"insurance-{trader.account_id}"
    fact = CoverPledged(
        account_id=trader.account_id,
        cover_id=cover_id,
        kind="insurance",
        value_minor=trader.profile.limit_minor // 2,
        currency=trader.profile.currency,
        share_bp=trader.profile.insured_share_bp,
        max_net_days=120,
        valid_from=day.date,
        valid_until=day.date + timedelta(days=365),
        provider="Sample Credit Insurance",
    )
    day.say(fact, trader.moment(4, 4.1), f"cover_pledged-{cover_id}")


def _registration(trader: Trader) -> Identifier:
    return Identifier(scheme="vat", value=f"{trader.profile.country}{trader.profile.number:09d}")


def grant_first_limit(trader: Trader, day: Day) -> None:
    """Set the limit that the account starts with."""
    _set_limit(trader, day, trader.profile.limit_minor, "first limit after review of the dossier")


def _set_limit(trader: Trader, day: Day, limit_minor: int, reason: str, *, for_days: int | None = None) -> None:
    if for_days is None:
        trader.limit_minor = limit_minor
    fact = LimitSet(
        account_id=trader.account_id,
        limit_minor=limit_minor,
        currency=trader.profile.currency,
        valid_from=day.date if for_days else None,
        valid_until=day.date + timedelta(days=for_days) if for_days else None,
        actor=_CREDIT_MANAGER,
        reason=reason,
    )
    day.say(fact, trader.moment(4.2, 5), f"limit_set-{trader.new_id('M', day.date)}")


def look_at(trader: Trader, day: Day, order: Order) -> None:
    """Look at an order that waits: let some through, refuse some of those that pay late, leave the rest to time.

    What an analyst may not release alone is left to time too.
    """
    point = trader.rng.random()
    if trader.is_suspended or point > 0.4:
        return
    if point >= 0.32 and paying.overdue_days(trader, day.date) > _REFUSED_FROM_DAYS:
        _refuse(trader, day, order)
    elif point < 0.32 and order.amount_minor < _RELEASED_ALONE_BELOW_MINOR:
        _release(trader, day, order, exploratory=point < 0.08)


def _release(trader: Trader, day: Day, order: Order, *, exploratory: bool) -> None:
    release = OrderRelease(
        account_id=trader.account_id,
        order_id=order.order_id,
        actor=_ANALYST,
        reason="to learn how the customer pays" if exploratory else "payment promised",
        exploratory=exploratory,
    )
    day.say(release, trader.moment(9, 16), f"order_release-{order.order_id}-{day.date}")
    order.reserved_minor = order.reserved_minor or trader.book(order.amount_minor, order.currency)


def _refuse(trader: Trader, day: Day, order: Order) -> None:
    reject = OrderReject(
        account_id=trader.account_id, order_id=order.order_id, actor=_ANALYST, reason="no room and payments slow down"
    )
    day.say(reject, trader.moment(9, 16), f"order_reject-{order.order_id}-{day.date}")
    order.is_refused = True


def review(trader: Trader, day: Day) -> None:
    """On business days: sometimes another limit, on Mondays suspension and reinstatement, now and then a bureau."""
    if not day.is_business:
        return
    point = trader.rng.random()
    if point < 0.004:
        _change_limit(trader, day)
    elif point < 0.005:
        _set_limit(trader, day, trader.limit_minor * 3 // 2, "seasonal business", for_days=21)
    elif point < 0.017:
        _bureau_report(trader, day)
    if day.date.weekday() == _MONDAY:
        _review_overdue(trader, day)


def _change_limit(trader: Trader, day: Day) -> None:
    turned = trader.profile.kind in ("deteriorating", "bust_out") and trader.turned_days(day.date) > 20
    factor = trader.rng.uniform(0.5, 0.8) if turned else trader.rng.uniform(0.9, 1.4)
    limit_minor = round(trader.limit_minor * factor / 100_000) * 100_000
    if limit_minor > trader.limit_minor and limit_minor >= _APPROVED_FROM_MINOR:
        _request_limit(trader, day, limit_minor)
    else:
        _set_limit(trader, day, limit_minor, "payments slow down" if turned else "periodic review")


def _request_limit(trader: Trader, day: Day, limit_minor: int) -> None:
    """Ask for a higher limit; those who must agree do so on the next days, or one does not."""
    approval_id = trader.new_id("R", day.date)
    fact = ApprovalRequested(
        account_id=trader.account_id,
        approval_id=approval_id,
        subject="limit",
        limit_minor=limit_minor,
        currency=trader.profile.currency,
        actor=_ANALYST,
        reason="sells more than the limit allows",
    )
    day.say(fact, trader.moment(6, 7), f"approval_requested-{approval_id}")
    approvers = ((_CREDIT_MANAGER, "credit_manager"), (_FINANCE_DIRECTOR, "finance_director"))
    needed = approvers[: 1 if limit_minor < _TWO_APPROVE_FROM_MINOR else 2]
    trader.plan(day.date, trader.rng.randint(1, 3), _answer_request, approval_id, limit_minor, needed)


def _answer_request(
    trader: Trader, day: Day, approval_id: str, limit_minor: int, needed: tuple[tuple[str, str], ...]
) -> None:
    (actor, role), *others = needed
    agrees = trader.rng.random() > 0.2
    kind = ApprovalGiven if agrees else ApprovalRefused
    fact = kind(
        account_id=trader.account_id,
        approval_id=approval_id,
        role=role,
        actor=actor,
        reason="pays as agreed" if agrees else "wants newer statements first",
    )
    day.say(fact, trader.moment(10, 16), f"{fact.__struct_config__.tag}-{approval_id}-{role}")
    if agrees and others:
        trader.plan(day.date, 1, _answer_request, approval_id, limit_minor, tuple(others))
    elif agrees:
        trader.limit_minor = limit_minor


def _bureau_report(trader: Trader, day: Day) -> None:
    fact = BureauReported(
        account_id=trader.account_id,
        party_id=f"party-{trader.account_id}",
        provider="sample-bureau",
        score=_bureau_score(trader, day),
        scale_min=0,
        scale_max=100,
        reported_on=day.date,
    )
    day.say(fact, trader.moment(2, 3), f"bureau_reported-{trader.new_id('U', day.date)}")


def _bureau_score(trader: Trader, day: Day) -> int:
    """A bureau knows a company well and moves slowly; that one pays worse it hears with a delay."""
    usual = trader.profile.bureau_score + trader.rng.randint(-3, 3)
    turned_days = trader.turned_days(day.date) if trader.profile.kind in ("deteriorating", "bust_out") else 0
    return max(3, min(99, usual - max(0, min(60, (turned_days - 20) // 3))))


def _review_overdue(trader: Trader, day: Day) -> None:
    overdue_days = paying.overdue_days(trader, day.date)
    if not trader.is_suspended and overdue_days > _SUSPENDED_FROM_DAYS and trader.rng.random() < 0.5:
        trader.is_suspended = True
        suspended = AccountSuspended(
            account_id=trader.account_id, actor=_CREDIT_MANAGER, reason=f"oldest invoice {overdue_days} days overdue"
        )
        day.say(suspended, trader.moment(5, 6), f"account_suspended-{trader.account_id}-{day.date}")
    elif trader.is_suspended and overdue_days < 10:
        trader.is_suspended = False
        reinstated = AccountReinstated(
            account_id=trader.account_id, actor=_CREDIT_MANAGER, reason="overdue invoices are paid"
        )
        day.say(reinstated, trader.moment(5, 6), f"account_reinstated-{trader.account_id}-{day.date}")
