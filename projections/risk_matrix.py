"""The risk matrix: size by probability places an account, and its cell names what is to be done."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from projections.alerts import clear_alert, escalate, raise_alert
from projections.context import Context
from projections.recording import Recording
from projections.rows import Account
from projections.standing import Standing, value
from schemas.decisions import LEVELS, AnyDecision
from schemas.policy_credit import MatrixCell

_CAUSE = "risk_cell"


class Placed(NamedTuple):
    """Where an account stands: classes of size and of probability, from 0 for the smallest and the safest."""

    size: int
    probability: int
    cell: MatrixCell


def place(account: Account, context: Context, now: Standing, more_bp: int = 0) -> Placed | None:
    """Return the account's cell, None where the policy has no matrix.

    Size is net exposure or limit, whichever is larger, against the policy's classes at the rate in force, at face value
    where there is none. The probability is by grade or by the model, whichever is less safe. `more_bp` makes the
    account so much larger than it is.
    """
    matrix, limit = context.policy.risk_matrix, now.limit
    if not matrix.cells:
        return None
    amount = max(now.net_exposure_minor(), 0 if limit.unlimited else limit.limit_minor or 0)
    if more_bp:
        amount += amount * more_bp // 10_000
    size = bisect_right(_sizes(account, context), amount)
    last = len(matrix.probabilities) - 1
    probability = _classes(context).get(account.grade, last)
    if account.lateness_bp is not None and matrix.lateness_from_bp:
        probability = max(probability, min(last, bisect_right(matrix.lateness_from_bp, account.lateness_bp)))
    return Placed(size, probability, matrix.cells[size][probability])


_POLICIES_KEPT = 64
_classes_known: dict[str, dict[str, int]] = {}


def _classes(context: Context) -> dict[str, int]:
    """Return the class of probability of each grade that the policy in force names; found once for each policy."""
    found = _classes_known.get(context.policy_id)
    if found is None:
        if len(_classes_known) >= _POLICIES_KEPT:
            _classes_known.clear()
        found = _classes_known[context.policy_id] = {}
        for at, grades in enumerate(context.policy.risk_matrix.probabilities):
            for grade in grades:
                found.setdefault(grade, at)
    return found


def _sizes(account: Account, context: Context) -> Sequence[int]:
    sizes = context.policy.risk_matrix.sizes_minor
    if account.currency == context.policy.currency:
        return sizes
    return [_valued(size, account, context) for size in sizes]


def _valued(size_minor: int, account: Account, context: Context) -> int:
    valued = value(size_minor, context.policy.currency, account, context)
    return size_minor if valued is None else valued


def follow_cell(recording: Recording, now: Standing, decisions: list[AnyDecision]) -> None:
    """Add the alert that the account's cell asks for, or its end, already in effect.

    It ends only where the account would be in a cell without a level even if it were a tenth larger.
    """
    account, context = recording.account, recording.context
    placed, opened = place(account, context, now), account.alerts.get(_CAUSE)
    if placed is not None and placed.cell.level is not None:
        number = 10 * (placed.size + 1) + placed.probability + 1
        if opened is None:
            decisions.append(raise_alert(recording, _CAUSE, placed.cell, number, number))
        elif LEVELS[placed.cell.level] > LEVELS[opened.level]:
            decisions.append(escalate(recording, _CAUSE, placed.cell, number, number))
    elif opened is not None:
        nearly = place(account, context, now, more_bp=1_000)
        if nearly is None or nearly.cell.level is None:
            decisions.append(clear_alert(recording, _CAUSE, 0))
