"""Who must agree to what, and who may: bands by amount, roles, people and their delegates. Changes no state."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from projections.approval_rows import Approval
from projections.context import Context, Delegation
from schemas.decisions import Agreement
from schemas.money import convert
from schemas.policy_approvals import Band, Subject
from schemas.reasons import Refusal


class Place(NamedTuple):
    """A place that a person may fill: the role that is asked for, and for a delegate whose it is."""

    role: str
    in_place_of: str | None = None


def amount_in_policy_currency(context: Context, amount: int, currency: str) -> int:
    """Return an amount as bands compare it, in minor units of the policy's currency; at face value without a rate."""
    wanted = context.policy.currency
    if currency == wanted:
        return amount
    valued = convert(amount, currency, wanted, context.base, context.rates)
    return amount if valued is None else valued


def band_for(context: Context, subject: Subject, amount_minor: int | None) -> Band | None:
    """Return the band of an amount in the policy's currency, the highest for None: what has no bound is the gravest.

    None where the policy asks nobody: it has no band for the subject, or none that begins so low.
    """
    bands = [band for band in context.policy.approvals.bands if band.subject == subject]
    reached = [band for band in bands if amount_minor is None or band.from_minor <= amount_minor]
    return max(reached, key=lambda band: band.from_minor, default=None)


def place_to_agree(approval: Approval, actor: str, role: str | None, context: Context, today: str) -> Place | Refusal:
    """Return the place that a person fills by agreeing, or why they may not.

    Without a role it is the first that is asked for and that they have. Whoever asks is never one who agrees, nobody
    fills two places, and what was done in somebody's place was done by both.
    """
    if actor == approval.maker:
        return "maker_is_checker"
    agreed = persons(approval.given)
    if actor in agreed:
        return "approver_already_agreed"
    asked = [needed for needed in approval.needs if role in (None, needed)]
    next_ones = approval.needs[:1] if approval.in_order else approval.needs
    found = [_claim(approval, actor, needed, agreed, context, today) for needed in asked]
    places = [place for place in found if isinstance(place, Place)]
    if not places:
        return _gravest(refusal for refusal in found if not isinstance(refusal, Place))
    return next((place for place in places if place.role in next_ones), "approver_is_out_of_order")


def place_to_refuse(approval: Approval, actor: str, role: str | None, context: Context, today: str) -> Place | Refusal:
    """Return the place from which a person refuses, or why they may not: any that is asked for, in any order.

    Who has agreed already may still refuse as long as the request is open.
    """
    if actor == approval.maker:
        return "maker_is_checker"
    agreed_in = next((given for given in approval.given if given.actor == actor), None)
    if agreed_in is not None:
        return Place(agreed_in.role, agreed_in.in_place_of)
    roles = [*approval.needs, *(given.role for given in approval.given)]
    found = [_claim(approval, actor, asked, set(), context, today) for asked in roles if role in (None, asked)]
    place = next((place for place in found if isinstance(place, Place)), None)
    return place or _gravest(refusal for refusal in found if not isinstance(refusal, Place))


def persons(given: Iterable[Agreement]) -> set[str]:
    """Return everybody whose word was given, by themselves or by a delegate."""
    return {person for one in given for person in (one.actor, one.in_place_of) if person is not None}


def _claim(
    approval: Approval, actor: str, role: str, agreed: set[str], context: Context, today: str
) -> Place | Refusal:
    people = context.policy.approvals.people.get(role, ())
    if not people or actor in people:
        return Place(role)
    acted_for = [given.delegator for given in context.delegations if _holds(given, actor, role, people, today)]
    for delegator in acted_for:
        if delegator != approval.maker and delegator not in agreed:
            return Place(role, delegator)
    if approval.maker in acted_for:
        return "maker_is_checker"
    return "approver_already_agreed" if acted_for else "approver_lacks_role"


def _holds(delegation: Delegation, actor: str, role: str, people: tuple[str, ...], today: str) -> bool:
    if delegation.delegate != actor or delegation.delegator not in people:
        return False
    in_time = delegation.valid_from <= today <= delegation.valid_until
    return in_time and (not delegation.roles or role in delegation.roles)


def _gravest(refusals: Iterable[Refusal]) -> Refusal:
    found = set(refusals)
    for refusal in ("maker_is_checker", "approver_already_agreed"):
        if refusal in found:
            return refusal
    return "approver_lacks_role"
