"""A whole policy: its shape, how it is read and validated, its identity, and the one in force before any is adopted."""

from __future__ import annotations

import hashlib
import tomllib
from contextlib import suppress
from functools import cache
from importlib import resources
from itertools import chain
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from schemas.money import Currency
from schemas.policy_approvals import Approvals
from schemas.policy_consistency import consistency_errors
from schemas.policy_credit import Bureau, ExpectedLoss, Grading, Limits, MeasureRule, RiskMatrix
from schemas.policy_errors import PolicyInvalid
from schemas.policy_learning import Learning
from schemas.policy_orders import Checks, Dunning, Exclusion, Orders, Override, Waiting, Withdrawal, Words
from schemas.policy_scorecard import Scorecard
from schemas.policy_shape import fields_of, shape_errors, switched_off
from schemas.policy_warnings import Warnings

__all__ = ["Policy", "PolicyInvalid", "default_policy", "policy_id", "read_policy", "recorded_policy"]


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
    scorecard: Scorecard = Scorecard()
    limits: Limits = Limits()
    measures: tuple[MeasureRule, ...] = ()
    risk_matrix: RiskMatrix = RiskMatrix()
    expected_loss: ExpectedLoss = ExpectedLoss()
    approvals: Approvals = Approvals()
    warnings: Warnings
    learning: Learning = Learning()
    fact_ids_kept_days: Annotated[int, Meta(ge=1, le=3650)] = 30


def read_policy(document: dict[str, Any]) -> Policy:
    """Return the policy in a document read from TOML or from a `policy_adopted` fact.

    Raises:
        PolicyInvalid: with every error of its shape and, in the sections whose shape is right, of what they say.
    """
    invalid = PolicyInvalid(
        chain(shape_errors(switched_off(document, Policy), Policy), consistency_errors(_sections(document)))
    )
    if invalid.errors:
        raise invalid
    return recorded_policy(document)


def recorded_policy(document: dict[str, Any]) -> Policy:
    """Return the policy in a document that was found good when it was adopted, by the rules of that time.

    Raises:
        PolicyInvalid: its shape is wrong.
    """
    try:
        return msgspec.convert(switched_off(document, Policy), Policy)
    except msgspec.ValidationError as error:
        raise PolicyInvalid(shape_errors(switched_off(document, Policy), Policy)) from error


def _sections(document: dict[str, Any]) -> dict[str, Any]:
    """Return the sections that have the right shape, with what holds where the document does not say."""
    found: dict[str, Any] = {}
    for field in fields_of(Policy):
        if field.name not in document:
            if not field.required:
                found[field.name] = field.default
            continue
        with suppress(msgspec.ValidationError):
            found[field.name] = msgspec.convert(switched_off(document[field.name], field.type), field.type)
    return found


def policy_id(policy: Policy) -> str:
    """Return the policy's identity: the first 16 hexadecimal digits of the SHA-256 of its canonical bytes."""
    return hashlib.sha256(msgspec.json.encode(policy, order="sorted")).hexdigest()[:16]


@cache
def default_policy() -> Policy:
    """Return the policy that is in force before any is adopted."""
    text = resources.files("schemas").joinpath("policies/default.toml").read_text(encoding="utf-8")
    return read_policy(tomllib.loads(text))
