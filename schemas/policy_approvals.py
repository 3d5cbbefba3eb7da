"""The part of a policy that says who must agree to what."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.money import AmountMinor
from schemas.policy_orders import Days, Words

Subject = Literal["limit", "temporary_limit", "order_release", "write_off", "exception"]


class Band(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who must agree to an amount from `from_minor` on, up to the next band of the same subject.

    Each role in `roles` is one approver; the same role twice is two people. No role: the maker alone decides.
    """

    subject: Subject
    from_minor: AmountMinor = 0
    roles: tuple[Words, ...] = ()
    in_order: bool = True
    remind_after_days: Days = 2
    expires_after_days: Annotated[int, Meta(ge=1, le=3650)] = 14


class Approvals(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bands by subject and amount, and who has which role: `people` has a list of persons by role.

    A role that nobody is listed for is had by whoever claims it. `limit_set_directly`: whether a `limit_set` without
    an approval holds (`allow`), or becomes a request where its band asks for approvers (`request`).
    """

    bands: tuple[Band, ...] = ()
    people: dict[Words, tuple[Words, ...]] = {}
    limit_set_directly: Literal["allow", "request"] = "allow"
