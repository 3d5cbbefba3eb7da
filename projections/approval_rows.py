"""Rows of approvals: a request with what it asks for, and what an account has open or was spared. Dates are ISO."""

from __future__ import annotations

from typing import Literal, NamedTuple

from msgspec import Struct, field

from projections.version_rows import Versions
from schemas.decisions import Agreement, ApprovalState, Status
from schemas.policy_approvals import Subject


class Approval(Struct, array_like=True, gc=False):
    """A request for approval: who asks for what, and how far it has come.

    `amount` is what is asked for in minor units of `currency`: the limit, the order's amount when it was asked for, the
    write-off, or the largest order that an exception is for. `order_key` and `invoice_key` name rows, "" for none;
    `scope` is (customer, seller, segment). `needs`, `given`, `in_order` and the two days follow from the decisions; ""
    is no day. `limit_before` and `status_before` are how the account stood when it was opened.
    """

    key: str
    ce_source: str
    seller_id: str | None
    versions: Versions
    subject: Subject
    maker: str
    amount: int | None = None
    currency: str | None = None
    unlimited: bool = False
    order_key: str = ""
    invoice_key: str = ""
    checks: list[str] = field(default_factory=list)
    valid_from: str = ""
    valid_until: str = ""
    scope: tuple[str | None, str | None, str | None] | None = None
    state: ApprovalState | Literal["new"] = "new"
    needs: list[str] = field(default_factory=list)
    given: list[Agreement] = field(default_factory=list)
    in_order: bool = False
    remind_on: str = ""
    expires_on: str = ""
    limit_before: tuple[int | None, bool] = (None, False)
    status_before: Status = "active"
    twins: list[str] = field(default_factory=list)


class Word(NamedTuple):
    """What a person says of a request, from which place: whose role it is, for a delegate with whose it is."""

    approval: Approval
    said: Literal["agreed", "refused", "withdrawn"]
    actor: str
    role: str = ""
    in_place_of: str | None = None


class Deed(NamedTuple):
    """What a person does at once unless its band asks for approvers; then it is a request of that person."""

    approval: Approval


class Sparing(Struct, array_like=True, gc=False):
    """An exception in force: the checks it spares the account, or one order of it, up to an amount and a day.

    `order_key` is "" for the whole account, `amount` None for any; `valid_until` is "" for as long as the order is
    open. `amount` is in minor units of `currency`.
    """

    approval_id: str
    checks: list[str]
    order_key: str = ""
    amount: int | None = None
    currency: str | None = None
    valid_from: str = ""
    valid_until: str = ""


class ApprovalFile(Struct, array_like=True, gc=False):
    """What of its approvals an account has to look at: the requests that are open, oldest first, and exceptions."""

    key: str = ""
    open: list[str] = field(default_factory=list)
    sparings: list[Sparing] = field(default_factory=list)
