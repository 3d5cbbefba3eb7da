"""How an account is doing, from its row and the first of its unpaid items."""

from __future__ import annotations

from projections.ageing import dunning_stage, overdue_days
from projections.alerts import combined_level
from projections.conditions import Situation
from projections.promises import broken_promises
from projections.recording import Recording
from projections.rows import Account
from schemas.decisions import Level
from schemas.policy_warnings import Combined

_OWN_DOING = frozenset({"measure_taken", "utilisation"})
"""Alerts that make no account worse: a measure's own, and a limit used up, which a cut would be its own reason for."""


def situation_of(recording: Recording) -> Situation:
    """Return how the account is doing now."""
    account, policy = recording.account, recording.context.policy
    days = overdue_days(recording, disputed_counts=policy.orders.disputed_counts_as_overdue)
    return Situation(
        grade=account.grade,
        level=_level(account, policy.warnings.combined),
        causes=frozenset(key.partition("/")[0] for key, alert in account.alerts.items() if not alert.closed),
        overdue_days=days,
        broken_promises=broken_promises(recording.book, account.account_id, recording.today()),
        dunning_stage=dunning_stage(policy.dunning, days),
    )


def _level(account: Account, rule: Combined) -> Level | None:
    return combined_level(
        [(key, alert) for key, alert in account.alerts.items() if key.partition("/")[0] not in _OWN_DOING], rule
    )


def has_critical_alert(account: Account) -> bool:
    """Return whether something grave is open, other than that the limit is used up."""
    return any(
        alert.level == "critical" and not alert.closed and key.partition("/")[0] not in _OWN_DOING
        for key, alert in account.alerts.items()
    )
