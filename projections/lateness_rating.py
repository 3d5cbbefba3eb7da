"""The account's own probability of late payment: what the model in force says of an invoice like its usual ones.

It is asked as if such an invoice were issued today: of the amount that the account's invoices have on average, at the
terms of the latest one. So it follows every settlement, label and item past due, also where nothing is sold any more.
"""

from __future__ import annotations

from datetime import date

from projections.context import Context, day_number
from projections.lateness_features import Invoice
from projections.lateness_following import KIND, paying_of
from projections.lateness_model import Scorer
from projections.lateness_rows import Paying
from projections.recording import Recording
from schemas.decisions import AnyDecision
from schemas.decisions_lateness import LatenessRated

TOLD_FROM_BP = 100
"""A change of less than one percent is not told: it decides nothing, and the ledger is kept for ever."""
_MODELS_KEPT = 16
_LAST_DAY = date.max.toordinal()
_scorers: dict[str, Scorer] = {}


def scorer_of(context: Context) -> Scorer | None:
    """Return the model in force, ready for predictions; None for no model."""
    if context.model is None or context.model_id is None:
        return None
    found = _scorers.get(context.model_id)
    if found is None:
        if len(_scorers) >= _MODELS_KEPT:
            _scorers.clear()
        found = _scorers[context.model_id] = Scorer(context.model)
    return found


def follow_rating(recording: Recording, decisions: list[AnyDecision]) -> bool:
    """Add that the account's own probability of lateness is another one, if it is, in effect; return whether."""
    paying, model_id = paying_of(recording), recording.context.model_id or ""
    lateness_bp = _rating(recording, paying)
    before = recording.account.lateness_bp
    if paying.rated_by == model_id:
        if lateness_bp is None or before is None:
            if lateness_bp is before:
                return False
        elif abs(lateness_bp - before) < TOLD_FROM_BP:
            return False
    rated = LatenessRated(lateness_bp=lateness_bp, model_id=recording.context.model_id)
    apply_rated(recording, rated)
    decisions.append(rated)
    return lateness_bp != before


def _rating(recording: Recording, paying: Paying) -> int | None:
    scorer, payments = scorer_of(recording.context), paying.payments
    if scorer is None or not payments.issued:
        return None
    today = day_number(recording.today())
    due_day = min(today + paying.net_days, _LAST_DAY)
    usual = Invoice(today, due_day, date.fromordinal(due_day).day, payments.issued_minor // payments.issued)
    return basis_points(scorer.predict_invoice(payments, usual).probability)


def basis_points(probability: float) -> int:
    """Return a probability in basis points.

    >>> basis_points(0.28104)
    2810
    """
    return round(probability * 10_000)


def apply_rated(recording: Recording, rated: LatenessRated) -> None:
    """Note what was told of the account's own probability of lateness."""
    paying = paying_of(recording)
    paying.rated_by = rated.model_id or ""
    recording.account.lateness_bp = rated.lateness_bp
    recording.keep(KIND, paying)
