"""The shape of a policy: which check does what, which line warns whom, what is withdrawn."""

from __future__ import annotations

import hashlib
import tomllib
from importlib import resources
from itertools import pairwise
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from schemas.decisions import LEVELS, Level
from schemas.reasons import Answer

BasisPoints = Annotated[int, Meta(ge=0, le=1_000_000)]
Words = Annotated[str, Meta(min_length=1, max_length=400)]


class PolicyInvalid(ValueError):
    """A policy is not what its shape asks for; the text names the path."""


class Checks(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What each check of an order answers when its sentence is true."""

    account_unknown: Answer = "refer"
    account_suspended: Answer = "block"
    fact_unreadable: Answer = "refer"
    limit_missing: Answer = "refer"
    currency_without_rate: Answer = "refer"
    limit_is_zero: Answer = "block"
    exposure_exceeds_limit: Answer = "refer"
    block_above_utilisation_bp: BasisPoints = 11_000


class Waiting(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How orders that wait are checked again when headroom rises: oldest first."""

    skip_what_does_not_fit: bool = True
    skips_before_reserving: Annotated[int, Meta(ge=1, le=10_000)] = 20


class Withdrawal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether releases of which nothing has left yet are withdrawn when headroom falls below zero: newest first."""

    when: Literal["never", "headroom_below_zero"] = "headroom_below_zero"


class Line(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A warning line: from `at_bp` on an alert of this level is open, with its measure, for its owner."""

    at_bp: BasisPoints
    level: Level
    measure: Words
    owner_role: Words


class Indicator(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lines on one number, from low to high; the alert clears below the lowest line less `clear_below_bp`."""

    clear_below_bp: BasisPoints
    lines: Annotated[tuple[Line, ...], Meta(min_length=1)]


class Occurrence(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that warns by happening."""

    level: Level
    measure: Words
    owner_role: Words


class Warnings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Indicators with lines, and occurrences."""

    utilisation: Indicator
    overdue_share: Indicator
    fact_unreadable: Occurrence
    fact_contradicts: Occurrence
    delivered_without_release: Occurrence


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole policy. `fact_ids_kept_days`: a re-sent fact without a document is known again for at least so long."""

    name: Words
    checks: Checks = Checks()
    waiting: Waiting = Waiting()
    withdrawal: Withdrawal = Withdrawal()
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
    for name in ("utilisation", "overdue_share"):
        _check_order(name, getattr(policy.warnings, name))
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
