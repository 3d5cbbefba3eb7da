"""Policies and models that people adopt: a second person approves, and what is no policy or no sound model is refused.

Whatever is refused changes nothing: the last good one stays in force.
"""

from __future__ import annotations

from projections.context import Context
from projections.lateness_model import LatenessModel, ModelRefused, model_in
from projections.model_alerts import raise_model_alert
from schemas.decisions import AnyDecision, FactRejected
from schemas.facts import Broadcast
from schemas.facts.control import ModelAdopted, PolicyAdopted
from schemas.policy import PolicyInvalid, read_policy


def refuse_adoption(context: Context, fact: Broadcast, at_ms: int) -> list[AnyDecision]:
    """Return why a policy or model is not adopted, with the alert that follows; empty for all other broadcasts."""
    if isinstance(fact, PolicyAdopted):
        try:
            read_policy(fact.policy)
        except PolicyInvalid as error:
            return [FactRejected(code="policy_invalid", path="$.policy", message=str(error))]
    elif isinstance(fact, ModelAdopted):
        refused = _refuse_model(context, fact)
        if refused is not None:
            rejected = FactRejected(code="model_invalid", path="$.model", message=f"{refused.code}: {refused.text}")
            return [rejected, *raise_model_alert(context, "model_refused", at_ms, refused.code)]
    else:
        return []
    return _refuse_alone(fact)


def is_by_two_people(fact: PolicyAdopted | ModelAdopted) -> bool:
    """Return whether another person approved than who adopts, however either name is written."""
    if fact.actor is None or fact.approved_by is None:
        return False
    return fact.actor.strip().casefold() != fact.approved_by.strip().casefold()


def _refuse_alone(fact: PolicyAdopted | ModelAdopted) -> list[AnyDecision]:
    """Nobody changes by what everybody is judged alone."""
    if is_by_two_people(fact):
        return []
    received = f"actor {fact.actor or 'nobody'} and approved_by {fact.approved_by or 'nobody'}"
    message = f"expected two different people, received {received}"
    return [FactRejected(code="adoption_needs_second_person", path="$.approved_by", message=message)]


def _refuse_model(context: Context, fact: ModelAdopted) -> ModelRefused | None:
    if fact.model is None:
        return None
    model = model_in(fact.model)
    if isinstance(model, ModelRefused):
        return model
    days = context.policy.learning.late_after_days
    if model.grace_days == days:
        return None
    return ModelRefused(
        "model_grace_days_differ", f"grace_days: expected {days} as in the policy, was {model.grace_days}"
    )


def adopted_model(fact: ModelAdopted) -> LatenessModel | None:
    """Return the model that a fact puts in force, which is sound; None for none."""
    model = None if fact.model is None else model_in(fact.model)
    assert not isinstance(model, ModelRefused), f"the ledger took a model in that is refused: {model}"
    return model
