"""An account's exposure as it is published."""

from __future__ import annotations

from projections.alerts import combined_level
from projections.book import Book
from projections.book_totals import shared_by
from projections.context import Context
from projections.risk_matrix import place
from projections.rows import Account, Stages
from projections.standing import Standing, standing, utilisation_bp, value
from schemas.decisions import Level
from schemas.money import held
from schemas.publication import EXPOSURE_NUMBER, CurrencyBalances, Exposure, Place, RiskCell

_STAGES = tuple(name.removesuffix("_minor") for name in CurrencyBalances.__struct_fields__)


def exposure_of(account: Account, context: Context, epoch: int, at_ms: int, book: Book | None = None) -> Exposure:
    """Return the account's balances in its currency, against its limit, and given the book what others may have too."""
    parties, covers = ((), ()) if book is None else shared_by(book, account)
    stages, unvalued = _valued(account, context)
    now = standing(account, context, at_ms)
    limit, net_exposure_minor = now.limit, now.net_exposure_minor()
    return Exposure(
        account_id=account.account_id,
        currency=account.currency,
        orders_minor=stages.orders,
        pending_minor=stages.pending,
        delivered_minor=stages.delivered,
        invoiced_minor=stages.invoiced,
        overdue_minor=stages.overdue,
        disputed_minor=stages.disputed,
        bills_minor=stages.bills,
        fees_minor=0,
        unapplied_minor=stages.unapplied,
        uncleared_minor=stages.uncleared,
        deposits_minor=stages.deposits,
        exposure_minor=now.exposure_minor,
        cover_minor=now.cover_minor,
        net_exposure_minor=net_exposure_minor,
        limit_minor=None if limit.unlimited else limit.limit_minor,
        headroom_minor=now.headroom_minor,
        utilisation_bp=utilisation_bp(net_exposure_minor, limit),
        status=account.status,
        ledger=Place(epoch, context.partition, account.seq, EXPOSURE_NUMBER),
        at_ms=at_ms,
        business_date=context.business_date,
        unlimited=limit.unlimited,
        name=account.name,
        opened=account.opened,
        waiting_count=account.waiting_count,
        parked_count=account.parked_count,
        unreadable_count=account.unreadable_count,
        unvalued=unvalued,
        combined_level=_combined_level(account, context) if account.alerts else None,
        grade=account.grade,
        risk_cell=_risk_cell(account, context, now),
        by_currency=_by_currency(account),
        held=account.held,
        parties=parties,
        covers=covers,
        net_days=account.net_days,
        lateness_bp=account.lateness_bp,
        expected_loss_minor=_expected_loss(account, context, net_exposure_minor),
    )


def _expected_loss(account: Account, context: Context, net_exposure_minor: int) -> int | None:
    """Return net exposure times probability of late payment times loss given default, rounded up.

    Late is not lost, so that this is far above what will be lost; it puts accounts in an order, and so is prudent.
    """
    if account.lateness_bp is None:
        return None
    lost = max(0, net_exposure_minor) * account.lateness_bp * context.policy.expected_loss.loss_given_default_bp
    return -(-lost // 10**8)


def _combined_level(account: Account, context: Context) -> Level | None:
    return combined_level(account.alerts.items(), context.policy.warnings.combined)


def _risk_cell(account: Account, context: Context, now: Standing) -> RiskCell | None:
    placed = place(account, context, now)
    if placed is None:
        return None
    return RiskCell(size=placed.size + 1, probability=placed.probability + 1, measure=placed.cell.measure)


def _valued(account: Account, context: Context) -> tuple[Stages, tuple[str, ...]]:
    if len(account.stages) == 1 and account.currency in account.stages:
        return account.stages[account.currency], ()
    sums = Stages()
    unvalued = []
    for currency in sorted(account.stages):
        amounts = [(name, amount) for name in _STAGES if (amount := getattr(account.stages[currency], name))]
        if amounts and value(1, currency, account, context) is None:
            unvalued.append(currency)
        for name, amount in amounts:
            valued = value(amount, currency, account, context)
            setattr(sums, name, held(getattr(sums, name) + (amount if valued is None else valued)))
    return sums, tuple(unvalued)


def _by_currency(account: Account) -> dict[str, CurrencyBalances] | None:
    if not account.stages or (len(account.stages) == 1 and account.currency in account.stages):
        return None
    return {
        currency: CurrencyBalances(**{f"{name}_minor": getattr(stages, name) for name in _STAGES})
        for currency, stages in sorted(account.stages.items())
    }
