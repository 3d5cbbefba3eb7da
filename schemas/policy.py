"""A whole policy: its shape, how it is read and validated, its identity, and the one in force before any is adopted."""

from __future__ import annotations

import hashlib
import tomllib
from importlib import resources
from itertools import pairwise
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from schemas.decisions import LEVELS
from schemas.money import Currency
from schemas.policy_approvals import Approvals
from schemas.policy_credit import Bureau, Grading, Limits, MeasureRule, RiskMatrix
from schemas.policy_orders import Checks, Dunning, Exclusion, Orders, Override, Waiting, Withdrawal, Words
from schemas.policy_warnings import Indicator, Warnings


class PolicyInvalid(ValueError):
    """A policy is not what its shape asks for; the text names the path."""


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole policy. Its amounts are in `currency`, valued at the rate in force.

    `fact_ids_kept_days`: a re-sent fact without a document is known again for at least so long.
    """

    name: Words
    currency: Currency = "EUR"
    checks: Checks = Checks()
    orders: Orders = Orders()
    overrides: tuple[Override, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    waiting: Waiting = Waiting()
    withdrawal: Withdrawal = Withdrawal()
    dunning: Dunning = Dunning()
    bureau: Bureau = Bureau()
    grading: Grading = Grading()
    limits: Limits = Limits()
    measures: tuple[MeasureRule, ...] = ()
    risk_matrix: RiskMatrix = RiskMatrix()
    approvals: Approvals = Approvals()
    warnings: Warnings
    fact_ids_kept_days: Annotated[int, Meta(ge=1, le=3650)] = 30


def read_policy(document: dict[str, Any]) -> Policy:
    """Return the policy in a document read from TOML or from a `policy_adopted` fact.

    Raises:
        PolicyInvalid: with the path of the first error.
    """
    try:
        policy = msgspec.convert(document, Policy)
    except msgspec.ValidationError as error:
        raise PolicyInvalid(str(error)) from error
    for name, indicator in msgspec.structs.asdict(policy.warnings).items():
        if isinstance(indicator, Indicator):
            _check_order(name, indicator)
    return policy


def _check_order(name: str, indicator: Indicator) -> None:
    places = [(line.at_bp, LEVELS[line.level]) for line in indicator.lines]
    rising = all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(places))
    if not rising:
        raise PolicyInvalid(f"expected lines rising in at_bp and level - at `$.warnings.{name}.lines`")
    if indicator.clear_below_bp > indicator.lines[0].at_bp:
        raise PolicyInvalid(f"expected at most the lowest line's at_bp - at `$.warnings.{name}.clear_below_bp`")


def policy_id(policy: Policy) -> str:
    """Return the policy's identity: the first 16 hexadecimal digits of the SHA-256 of its canonical bytes."""
    return hashlib.sha256(msgspec.json.encode(policy, order="sorted")).hexdigest()[:16]


def default_policy() -> Policy:
    """Return the policy that is in force before any is adopted."""
    text = resources.files("schemas").joinpath("policies/default.toml").read_text(encoding="utf-8")
    return read_policy(tomllib.loads(text))
