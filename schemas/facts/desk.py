"""Facts about what people decided: topic `desk`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from schemas.decisions import Level
from schemas.facts.shape import DeskFact, Id, Number
from schemas.money import AmountMinor, Currency


class Scope(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Which part of an account a limit is for; an empty scope is the whole account."""

    customer_id: Id | None = None
    seller_id: Id | None = None
    segment: Id | None = None


class LimitSet(DeskFact, frozen=True, kw_only=True, tag="limit_set", gc=False, omit_defaults=True):
    """The account's limit from now on or, with `valid_until`, for some days only; 0 means no credit."""

    limit_minor: AmountMinor
    currency: Currency
    unlimited: bool = False
    scope: Scope | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    approval_id: Id | None = None


class OrderRelease(DeskFact, frozen=True, kw_only=True, tag="order_release", gc=False, omit_defaults=True):
    """A person lets a waiting order through as it stands; `seen_decision_no` is the last answer to it they saw.

    `exploratory`: in order to learn how the customer pays; its outcome is reported apart, for no model chose it.
    """

    order_id: Id
    approval_id: Id | None = None
    seller_id: Id | None = None
    seen_decision_no: Number | None = None
    exploratory: bool = False


class OrderReject(DeskFact, frozen=True, kw_only=True, tag="order_reject", gc=False, omit_defaults=True):
    """A person refuses an order; it is not checked again by itself; `seen_decision_no` is the last answer they saw."""

    order_id: Id
    seller_id: Id | None = None
    seen_decision_no: Number | None = None


class AccountSuspended(DeskFact, frozen=True, kw_only=True, tag="account_suspended", gc=False, omit_defaults=True):
    """No order of the account is released."""


class AccountReinstated(DeskFact, frozen=True, kw_only=True, tag="account_reinstated", gc=False, omit_defaults=True):
    """The account is active again, whatever it was before; a hold on it stays."""


class DeadLetterDismissed(
    DeskFact, frozen=True, kw_only=True, tag="dead_letter_dismissed", gc=False, omit_defaults=True
):
    """A person looked at an unreadable record and it needs nothing; the account is no longer parked for it."""

    dead_letter: Id


class LimitRequested(DeskFact, frozen=True, kw_only=True, tag="limit_requested", gc=False, omit_defaults=True):
    """A person asks for another limit."""

    limit_minor: AmountMinor
    currency: Currency
    valid_from: date | None = None
    valid_until: date | None = None
    approval_id: Id | None = None
    scope: Scope | None = None


class ApprovalRequested(DeskFact, frozen=True, kw_only=True, tag="approval_requested", gc=False, omit_defaults=True):
    """A person asks others to agree to something; what it is for is named and nothing else follows from it.

    `limit` and `temporary_limit` need `limit_minor`, `order_release` an `order_id`, `write_off` an `invoice_id` and
    `amount_minor`, `exception` the `checks` that an account, or one order of it, is spared until `valid_until`.
    """

    document: ClassVar[tuple[str, str] | None] = ("approval", "approval_id")

    approval_id: Id
    subject: Literal["limit", "temporary_limit", "order_release", "write_off", "exception"]
    currency: Currency | None = None
    limit_minor: AmountMinor | None = None
    amount_minor: AmountMinor | None = None
    order_id: Id | None = None
    seller_id: Id | None = None
    invoice_id: Id | None = None
    checks: tuple[Id, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None
    scope: Scope | None = None


class ApprovalGiven(DeskFact, frozen=True, kw_only=True, tag="approval_given", gc=False, omit_defaults=True):
    """One approver agrees, in a role."""

    approval_id: Id
    role: Id | None = None


class ApprovalRefused(DeskFact, frozen=True, kw_only=True, tag="approval_refused", gc=False, omit_defaults=True):
    """One approver does not agree, and that ends the request."""

    approval_id: Id
    role: Id | None = None


class ApprovalWithdrawn(DeskFact, frozen=True, kw_only=True, tag="approval_withdrawn", gc=False, omit_defaults=True):
    """Whoever asked does not ask any more; of a granted exception: it holds no longer."""

    approval_id: Id


class GradeSet(DeskFact, frozen=True, kw_only=True, tag="grade_set", gc=False, omit_defaults=True):
    """A person sets the grade; without `grade` it follows from the policy again."""

    grade: Id | None = None
    valid_until: date | None = None


class TermsSet(DeskFact, frozen=True, kw_only=True, tag="terms_set", gc=False, omit_defaults=True):
    """The longest terms that the account is granted; without `net_days` they follow from contract and grade again."""

    net_days: Annotated[int, Meta(ge=0, le=3650)] | None = None
    valid_until: date | None = None


class LimitApproved(DeskFact, frozen=True, kw_only=True, tag="limit_approved", gc=False, omit_defaults=True):
    """A request for a limit was approved by one of its approvers."""

    approval_id: Id


class LimitDenied(DeskFact, frozen=True, kw_only=True, tag="limit_denied", gc=False, omit_defaults=True):
    """A request for a limit was denied."""

    approval_id: Id


class PrepaymentRequired(DeskFact, frozen=True, kw_only=True, tag="prepayment_required", gc=False, omit_defaults=True):
    """New orders are to be paid before they are delivered."""


class AccountHeld(DeskFact, frozen=True, kw_only=True, tag="account_held", gc=False, omit_defaults=True):
    """Every new order waits for a person."""


class HoldLifted(DeskFact, frozen=True, kw_only=True, tag="hold_lifted", gc=False, omit_defaults=True):
    """New orders need no person any more; nothing else ends a hold."""


class AlertAcknowledged(DeskFact, frozen=True, kw_only=True, tag="alert_acknowledged", gc=False, omit_defaults=True):
    """Somebody has seen an alert, at `seen_level`."""

    alert_id: Id
    seen_level: Level | None = None


class AlertAssigned(DeskFact, frozen=True, kw_only=True, tag="alert_assigned", gc=False, omit_defaults=True):
    """An alert has an owner."""

    alert_id: Id
    owner: Id


class AlertSnoozed(DeskFact, frozen=True, kw_only=True, tag="alert_snoozed", gc=False, omit_defaults=True):
    """An alert is to be quiet before a day, unless its cause gets graver; what happens to it is still recorded."""

    alert_id: Id
    until_on: date
    seen_level: Level | None = None


class AlertClosed(DeskFact, frozen=True, kw_only=True, tag="alert_closed", gc=False, omit_defaults=True):
    """An alert needs nothing more: it speaks again at a graver level, or when its cause has gone and comes back."""

    alert_id: Id
    seen_level: Level | None = None


class PromiseMade(DeskFact, frozen=True, kw_only=True, tag="promise_made", gc=False, omit_defaults=True):
    """A customer promised to pay so much by the end of a day; while it is open a later one of its id replaces it."""

    promise_id: Id
    amount_minor: AmountMinor
    currency: Currency
    promised_on: date
    pay_by_on: date


class ContactRecorded(DeskFact, frozen=True, kw_only=True, tag="contact_recorded", gc=False, omit_defaults=True):
    """Somebody spoke with the customer."""

    acted_on: ClassVar[bool] = False

    channel: Id
    contacted_on: date


class RepaymentPlanAgreed(
    DeskFact, frozen=True, kw_only=True, tag="repayment_plan_agreed", gc=False, omit_defaults=True
):
    """Open items are to be paid in agreed parts."""

    acted_on: ClassVar[bool] = False

    plan_id: Id
    currency: Currency


class ChargeWaived(DeskFact, frozen=True, kw_only=True, tag="charge_waived", gc=False, omit_defaults=True):
    """Interest or a fee is not asked for."""

    acted_on: ClassVar[bool] = False

    amount_minor: AmountMinor
    currency: Currency


class WrittenOff(DeskFact, frozen=True, kw_only=True, tag="written_off", gc=False, omit_defaults=True):
    """An amount of an invoice is given up, at most what is open of it."""

    invoice_id: Id
    amount_minor: AmountMinor
    currency: Currency
    seller_id: Id | None = None


class HandedOver(DeskFact, frozen=True, kw_only=True, tag="handed_over", gc=False, omit_defaults=True):
    """The account went to a lawyer or an agency; it is legal until it is reinstated."""

    to: Id


class AccountReviewed(DeskFact, frozen=True, kw_only=True, tag="account_reviewed", gc=False, omit_defaults=True):
    """The periodic review was done."""

    reviewed_on: date
    next_review_on: date | None = None


class NoteAdded(DeskFact, frozen=True, kw_only=True, tag="note_added", gc=False, omit_defaults=True):
    """Somebody wrote something down."""

    acted_on: ClassVar[bool] = False


DeskDecision = (
    LimitSet
    | OrderRelease
    | OrderReject
    | AccountSuspended
    | AccountReinstated
    | DeadLetterDismissed
    | LimitRequested
    | ApprovalRequested
    | ApprovalGiven
    | ApprovalRefused
    | ApprovalWithdrawn
    | GradeSet
    | TermsSet
    | LimitApproved
    | LimitDenied
    | PrepaymentRequired
    | AccountHeld
    | HoldLifted
    | AlertAcknowledged
    | AlertAssigned
    | AlertSnoozed
    | AlertClosed
    | PromiseMade
    | ContactRecorded
    | RepaymentPlanAgreed
    | ChargeWaived
    | WrittenOff
    | HandedOver
    | AccountReviewed
    | NoteAdded
)
