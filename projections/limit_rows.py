"""What an account keeps beside its summary of limits, terms, reviews, and the measures that are in force."""

from __future__ import annotations

from msgspec import Struct, field

from schemas.decisions import Status


class KeptLimit(Struct, array_like=True, gc=False):
    """A temporary limit that a measure set aside; ISO dates."""

    valid_from: str
    valid_until: str
    limit_minor: int
    unlimited: bool


class LimitFile(Struct, array_like=True, gc=False):
    """How an account came to its limit and terms; dates are ISO, "" for none.

    `set_by` is `desk`, `approval` or `proposal`. `granted_days` are the terms a person granted until `granted_until`.
    `proposed` is what was proposed last as (limit, net days, grade). `looks_on` is the day of the next proposal.
    """

    key: str = ""
    set_by: str = ""
    set_on: str = ""
    granted_days: int | None = None
    granted_until: str = ""
    proposed: tuple[int, int, str] | None = None
    looks_on: str = ""


class MeasureInForce(Struct, array_like=True, gc=False):
    """A measure that was taken. `recovers_on` is when it ends unless its condition holds again, "" while it holds.

    `limit_minor` and `net_days` are the most that it allows. Once a person decided otherwise it is `overridden`: it
    changes nothing any more, and is kept so that it is not taken again while its condition holds.
    """

    name: str
    does: str
    taken_on: str
    recovers_on: str = ""
    limit_minor: int | None = None
    net_days: int | None = None
    overridden: bool = False


class MeasureFile(Struct, array_like=True, gc=False):
    """The measures in force, and what a person or the policy had decided without them."""

    key: str = ""
    in_force: list[MeasureInForce] = field(default_factory=list)
    limit_minor: int | None = None
    set_aside: list[KeptLimit] = field(default_factory=list)
    status: Status = "active"
