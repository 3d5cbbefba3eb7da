"""What speaks for and against a policy after a trial, beside the same market under a plain static limit."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import Any, get_args

import msgspec
from msgspec import Struct

from schemas.decisions import LEVELS
from schemas.policy import default_policy
from schemas.policy_orders import Checks
from schemas.reasons import Answer
from streams.market.payers import SHARES
from streams.market.trial import Seen, Trial

AIMED_SPREAD_BP = {"critical": 500, "warning": 1_500, "notice": 8_000}
CAUGHT_AT_LEAST_BP = 9_000
PROMPT_BLOCKED_AT_MOST_BP = 500
LEAD_AT_LEAST_DAYS = 30


class Outcome(Struct, frozen=True, kw_only=True):
    """What happened with the accounts that defaulted; money in minor units of the accounts' currency."""

    defaults: int
    at_default_minor: int
    released_orders: int
    released_minor: int


class OfKind(Struct, frozen=True, kw_only=True):
    """Accounts of one kind of payer: how many, how many ever saw a block, defaulted, and were caught before."""

    kind: str
    accounts: int
    blocked: int
    defaulted: int
    caught: int


class Merits(Struct, frozen=True, kw_only=True):
    """The numbers of one trial. Shares are in basis points, None where there is nothing to share.

    `alerts` counts each alert once, at the gravest level it reached. `caught` are accounts that turned bad and had an
    order blocked, were suspended or put on prepayment, or had a critical alert, after they turned and before they
    defaulted; `lead_days` is the median time from the first such sign to the default.
    """

    seed: int
    accounts: int
    days: int
    facts: int
    policy_id: str
    alerts: dict[str, int]
    spread_bp: dict[str, int]
    alerts_per_100_accounts_week: float
    defaulted: int
    caught: int
    caught_bp: int | None
    lead_days: int | None
    prompt: int
    prompt_blocked: int
    prompt_blocked_bp: int | None
    criticals: int
    criticals_followed: int
    criticals_followed_bp: int | None
    policy: Outcome
    static_limit: Outcome | None
    kinds: list[OfKind]


def plain_static_limit() -> dict[str, Any]:
    """Return a policy that knows the limit and nothing else: what is over it is blocked, what is not is released."""
    answers: dict[str, Any] = {
        name: "pass" for name in Checks.__struct_fields__ if getattr(Checks(), name) in get_args(Answer)
    }
    answers.update(account_unknown="refer", limit_missing="refer", limit_is_zero="block")
    answers.update(exposure_exceeds_limit="block", block_above_utilisation_bp=10_000)
    whole: dict[str, Any] = msgspec.to_builtins(default_policy())
    kept = {"name": "plain static limit", "checks": answers, "withdrawal": {"when": "never"}}
    return {**kept, "warnings": _without_indicators(whole["warnings"])}


def _without_indicators(warnings: dict[str, Any]) -> dict[str, Any]:
    required = ("utilisation", "overdue_share", "fact_unreadable", "fact_contradicts", "delivered_without_release")
    return {name: warnings[name] for name in required}


def merits_of(trial: Trial, static: Trial | None = None) -> Merits:
    """Return the numbers of a trial, with those of the same market under a plain static limit for comparison."""
    seen = list(trial.seen.values())
    levels = Counter(level for one in seen for level in one.levels.values())
    criticals = [critical for one in seen for critical in one.criticals()]
    followed = sum(critical.was_followed for critical in criticals)
    defaulted = [one for one in seen if one.turned and one.defaulted_on is not None]
    caught = [one for one in defaulted if one.caught_on() is not None]
    prompt = [one for one in seen if one.kind == "prompt"]
    prompt_blocked = sum(one.blocked_orders > 0 for one in prompt)
    return Merits(
        seed=trial.seed,
        accounts=trial.accounts,
        days=trial.days,
        facts=trial.facts,
        policy_id=trial.policy_id,
        alerts={level: levels[level] for level in LEVELS},
        spread_bp={level: _share_bp(levels[level], levels.total()) or 0 for level in LEVELS},
        alerts_per_100_accounts_week=round(levels.total() * 100 * 7 / (trial.accounts * trial.days), 2),
        defaulted=len(defaulted),
        caught=len(caught),
        caught_bp=_share_bp(len(caught), len(defaulted)),
        lead_days=_median_lead_days(caught),
        prompt=len(prompt),
        prompt_blocked=prompt_blocked,
        prompt_blocked_bp=_share_bp(prompt_blocked, len(prompt)),
        criticals=len(criticals),
        criticals_followed=followed,
        criticals_followed_bp=_share_bp(followed, len(criticals)),
        policy=_outcome(trial),
        static_limit=None if static is None else _outcome(static),
        kinds=[_of_kind(kind, [one for one in seen if one.kind == kind]) for kind, _ in SHARES],
    )


def _share_bp(part: int, whole: int) -> int | None:
    return part * 10_000 // whole if whole else None


def _median_lead_days(caught: list[Seen]) -> int | None:
    leads = []
    for one in caught:
        first = one.caught_on()
        if first is not None and one.defaulted_on is not None:
            leads.append((one.defaulted_on - first).days)
    return int(median(leads)) if leads else None


def _outcome(trial: Trial) -> Outcome:
    seen = trial.seen.values()
    return Outcome(
        defaults=sum(one.defaulted_on is not None for one in seen),
        at_default_minor=sum(one.at_default_minor for one in seen),
        released_orders=sum(one.released_orders for one in seen),
        released_minor=sum(one.released_minor for one in seen),
    )


def _of_kind(kind: str, seen: list[Seen]) -> OfKind:
    return OfKind(
        kind=kind,
        accounts=len(seen),
        blocked=sum(one.blocked_orders > 0 for one in seen),
        defaulted=sum(one.defaulted_on is not None for one in seen),
        caught=sum(one.defaulted_on is not None and one.caught_on() is not None for one in seen),
    )
