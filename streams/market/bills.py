"""Bills and notes: some customers pay with a promise to pay later, which nearly always holds."""

from __future__ import annotations

from datetime import timedelta

from schemas.facts.payments import Allocation, BillDishonoured, BillHonoured, BillReceived
from streams.market.trader import Claim, Day, Trader

_RUNS_DAYS = 45
_SHARE_OF_CLAIMS = 0.3


def takes_bill(trader: Trader) -> bool:
    """Return whether this claim is paid with a bill."""
    return trader.profile.pays_by_bill and trader.rng.random() < _SHARE_OF_CLAIMS


def give_bill(trader: Trader, day: Day, claim: Claim) -> None:
    """Give a bill for what is open of a claim; it is honoured when it falls due, or not."""
    amount_minor = claim.open_minor - claim.held_minor
    if amount_minor < 1:
        return
    bill_id = trader.new_id("W", day.date)
    claim.open_minor -= amount_minor
    part = Allocation(invoice_id=claim.invoice_id, instalment_no=claim.instalment_no, amount_minor=amount_minor)
    fact = BillReceived(
        account_id=trader.account_id,
        bill_id=bill_id,
        amount_minor=amount_minor,
        currency=claim.currency,
        received_on=day.date,
        due_on=day.date + timedelta(days=_RUNS_DAYS),
        allocations=(part,),
    )
    day.say(fact, trader.moment(10, 12), f"bill_received-{bill_id}")
    trader.plan(day.date, _RUNS_DAYS, _fall_due, claim, bill_id, amount_minor)


def _fall_due(trader: Trader, day: Day, claim: Claim, bill_id: str, amount_minor: int) -> None:
    turned = trader.profile.kind in ("deteriorating", "bust_out") and trader.turned_days(day.date) > 0
    if trader.rng.random() < (0.25 if turned else 0.01):
        claim.open_minor += amount_minor
        trader.claims.append(claim)
        bounced = BillDishonoured(
            account_id=trader.account_id, bill_id=bill_id, dishonoured_on=day.date, reason="no funds"
        )
        day.say(bounced, trader.moment(10, 12), f"bill_dishonoured-{bill_id}")
        return
    trader.book(-amount_minor, claim.currency)
    honoured = BillHonoured(account_id=trader.account_id, bill_id=bill_id, honoured_on=day.date)
    day.say(honoured, trader.moment(10, 12), f"bill_honoured-{bill_id}")
