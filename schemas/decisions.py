"""Decisions: what follows from a fact. They stand in the ledger beside it, and most are published.

In the ledger a decision has no id: its place (partition, seq, n) and the record's hash are its identity, and the
published form adds them (`publication.py`).
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from schemas.decision_shape import Decision as Decision
from schemas.decision_shape import Reason as Reason
from schemas.decisions_lateness import (
    LabelsComplete,
    LatenessAsked,
    LatenessKnown,
    LatenessRated,
    LatenessSettled,
)

Level = Literal["notice", "warning", "critical"]
LEVELS: dict[str, int] = {"notice": 0, "warning": 1, "critical": 2}
Checkpoint = Literal["order", "delivery", "invoice"]
Status = Literal["active", "prepayment", "suspended", "legal"]
ApprovalState = Literal["open", "granted", "refused", "withdrawn", "expired"]


class OrderAnswer(Decision, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """An answer to an order system; of one order only the highest `decision_no` counts.

    `headroom_before_minor` is what was free without this order, `headroom_after_minor` what is free with it if it is
    released; both are None where the account has no limit. `amount_minor` is in `currency`; exposure, limit and
    headroom are in `account_currency`, which is given where it is another one.
    """

    decision_no: int
    order_id: str
    order_revision: int
    checkpoint: Checkpoint
    answers: str
    amount_minor: int
    currency: str
    reasons: list[Reason]
    exposure_minor: int
    limit_minor: int | None
    headroom_before_minor: int | None
    headroom_after_minor: int | None
    seller_id: str | None = None
    ce_source: str = ""
    account_currency: str | None = None


class OrderReleased(OrderAnswer, frozen=True, kw_only=True, tag="order_released", gc=False, omit_defaults=True):
    """Ship it."""


class OrderReferred(OrderAnswer, frozen=True, kw_only=True, tag="order_referred", gc=False, omit_defaults=True):
    """A person has to look at it; do not ship."""


class OrderBlocked(OrderAnswer, frozen=True, kw_only=True, tag="order_blocked", gc=False, omit_defaults=True):
    """Do not ship."""


class OrderReleaseWithdrawn(
    OrderAnswer, frozen=True, kw_only=True, tag="order_release_withdrawn", gc=False, omit_defaults=True
):
    """It was released, nothing of it has left yet, and it must not leave."""


class LimitChanged(Decision, frozen=True, kw_only=True, tag="limit_changed", gc=False, omit_defaults=True):
    """The limit in force is another one; None is no limit set, `unlimited` no limit needed.

    `cause` is one of desk, temporary (one begins), lapsed, proposal, measure, approval.
    """

    limit_minor: int | None
    currency: str
    unlimited: bool = False
    temporary_until: str | None = None
    cause: str = ""
    approval_id: str | None = None


class StatusChanged(Decision, frozen=True, kw_only=True, tag="status_changed", gc=False, omit_defaults=True):
    """The account is now active, sells against prepayment only, is suspended or with a lawyer or agency.

    `held`: whatever its status, every new order waits for a person. `cause` is desk or measure.
    """

    status: Status
    held: bool = False
    cause: str = ""


class TermsChanged(Decision, frozen=True, kw_only=True, tag="terms_changed", gc=False, omit_defaults=True):
    """The longest terms granted are others; None: none are set.

    `cause` is what grants them: desk, contract, dossier, grade, measure; lapsed where nothing does any more.
    """

    net_days: int | None
    cause: str = ""


class GradeChanged(Decision, frozen=True, kw_only=True, tag="grade_changed", gc=False, omit_defaults=True):
    """The account has another grade; `because` names what it follows from, with the numbers compared."""

    grade: str
    before: str
    because: list[Reason] = field(default_factory=list)


class ScoreMoved(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A factor of the score whose points moved; None where it did not count before, or does not any more.

    Without a value it is not known, or outdated.
    """

    factor: str
    before: int | None
    points: int | None
    value: int | str | None = None


class AccountScored(Decision, frozen=True, kw_only=True, tag="account_scored", gc=False, omit_defaults=True):
    """The account has another score from 0 to 1000, None any more; `grade` is that of its band alone.

    `before` and `grade_before` are the last score told. `reasons` are at most four factors that lost most points;
    `moved` says what moved since then, the largest first, so that `points` is `before` and all of it together.
    """

    points: int | None
    grade: str
    before: int | None = None
    grade_before: str = ""
    reasons: list[Reason] = field(default_factory=list)
    moved: list[ScoreMoved] = field(default_factory=list)


class LimitProposed(Decision, frozen=True, kw_only=True, tag="limit_proposed", gc=False, omit_defaults=True):
    """What limit and terms the policy proposes for grade and size, and what bounded them: the first of `because` did.

    With `adopted` the proposal is the lasting limit from now on, as the policy allows; else a person decides.
    """

    limit_minor: int
    currency: str
    net_days: int
    grade: str
    because: list[Reason] = field(default_factory=list)
    adopted: bool = False


class MeasureTaken(Decision, frozen=True, kw_only=True, tag="measure_taken", gc=False, omit_defaults=True):
    """A measure of the policy is now in force, or with `ended` no longer; what it changed follows as decisions.

    With `recovers_on` its condition holds no longer, and it ends on that day unless the condition holds again.
    `limit_minor` and `net_days` are the most that it allows from now on.
    """

    measure: str
    does: str
    ended: bool = False
    recovers_on: str | None = None
    limit_minor: int | None = None
    net_days: int | None = None
    because: list[Reason] = field(default_factory=list)


class Agreement(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who agreed to a request in which role; a delegate acts in the place of whoever has the role."""

    role: str
    actor: str
    in_place_of: str | None = None


class AmountWrittenOff(Decision, frozen=True, kw_only=True, tag="amount_written_off", gc=False, omit_defaults=True):
    """A person gave up an amount of an invoice; `open_minor` is what is still to be paid of it."""

    invoice_id: str
    amount_minor: int
    currency: str
    open_minor: int
    actor: str
    seller_id: str | None = None
    approval_id: str | None = None


class ApprovalChanged(Decision, frozen=True, kw_only=True, tag="approval_changed", gc=False, omit_defaults=True):
    """A request for approval was opened, advanced, granted, refused, withdrawn or has expired.

    `needs` are the roles still to agree, one after the other with `in_order`, else in any order; `given` names who
    agreed so far. `amount_minor` in `currency` is what is asked for: the limit, the order's amount, the write-off, the
    largest order of an exception. Without an answer it is reminded of on `remind_on`, and `expires_on` is its last day.
    `because` says what led to this state, and who did it.
    """

    approval_id: str
    subject: str
    state: ApprovalState
    needs: list[str]
    given: list[Agreement]
    maker: str
    in_order: bool = False
    amount_minor: int | None = None
    currency: str | None = None
    unlimited: bool = False
    order_id: str | None = None
    invoice_id: str | None = None
    checks: list[str] = field(default_factory=list)
    valid_from: str | None = None
    valid_until: str | None = None
    remind_on: str | None = None
    expires_on: str | None = None
    because: list[Reason] = field(default_factory=list)


class ShipmentUnchecked(Decision, frozen=True, kw_only=True, tag="shipment_unchecked", gc=False, omit_defaults=True):
    """Goods left, or an invoice went out, for an order that was never checked for that."""

    checkpoint: Literal["delivery", "invoice"]
    document_id: str
    order_id: str
    amount_minor: int
    currency: str


class PromiseSettled(Decision, frozen=True, kw_only=True, tag="promise_settled", gc=False, omit_defaults=True):
    """A promise to pay was kept, is broken, or is neither any more; `received_minor` of it came in by its day."""

    promise_id: str
    outcome: Literal["kept", "broken", "reopened"]
    amount_minor: int
    received_minor: int
    currency: str
    pay_by_on: str


class Alert(Decision, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A warning to the desk; `found` and `line` are in the unit that `cause` has.

    `due_on` is by when the owner should have taken the measure. With `snoozed_until` it is recorded and meant to be
    quiet. `combined_level` is what the account's open alerts, this one as told here included, come to together.
    """

    alert_id: str
    cause: str
    level: Level
    found: int
    line: int
    measure: str
    owner_role: str
    subject: str | None = None
    due_on: str | None = None
    snoozed_until: str | None = None
    combined_level: Level | None = None


class AlertRaised(Alert, frozen=True, kw_only=True, tag="alert_raised", gc=False, omit_defaults=True):
    """A line was crossed, or something happened that the desk must know."""


class AlertEscalated(Alert, frozen=True, kw_only=True, tag="alert_escalated", gc=False, omit_defaults=True):
    """An open alert reached a graver level."""


class AlertCleared(Alert, frozen=True, kw_only=True, tag="alert_cleared", gc=False, omit_defaults=True):
    """The cause of an open alert is gone."""


class AlertResumed(Alert, frozen=True, kw_only=True, tag="alert_resumed", gc=False, omit_defaults=True):
    """The snooze of an open alert is over and its cause still holds."""


class AlertHandled(Alert, frozen=True, kw_only=True, tag="alert_handled", gc=False, omit_defaults=True):
    """A person acknowledged, assigned, snoozed or closed an open alert."""

    did: Literal["acknowledged", "assigned", "snoozed", "closed"]
    actor: str
    owner: str | None = None


class FactRejected(Decision, frozen=True, kw_only=True, tag="fact_rejected", gc=False, omit_defaults=True):
    """A record has no effect: it could not be read, or contradicts what is known. It is a dead letter."""

    code: str
    path: str = ""
    message: str = ""
    digest: str = ""
    parks: bool = False


class FactWaits(Decision, frozen=True, kw_only=True, tag="fact_waits", gc=False, omit_defaults=True):
    """A fact, or a part of it, names a document that is not known yet and takes effect when it arrives."""

    kind: str
    id: str


class NotYetActedOn(Decision, frozen=True, kw_only=True, tag="not_yet_acted_on", gc=False, omit_defaults=True):
    """A fact is kept; nothing follows from it in this version."""


class MoreFollows(Decision, frozen=True, kw_only=True, tag="more_follows", gc=False, omit_defaults=True):
    """The rest of this account's decisions follow as sweep records.

    With `target_minor` releases are still to be withdrawn until headroom is there; without, waiting orders are still
    to be checked.
    """

    target_minor: int | None = None


AnyDecision = (
    OrderReleased
    | OrderReferred
    | OrderBlocked
    | OrderReleaseWithdrawn
    | LimitChanged
    | StatusChanged
    | TermsChanged
    | GradeChanged
    | AccountScored
    | LimitProposed
    | MeasureTaken
    | AmountWrittenOff
    | ApprovalChanged
    | ShipmentUnchecked
    | PromiseSettled
    | LatenessAsked
    | LatenessSettled
    | LatenessKnown
    | LabelsComplete
    | LatenessRated
    | AlertRaised
    | AlertEscalated
    | AlertCleared
    | AlertResumed
    | AlertHandled
    | FactRejected
    | FactWaits
    | NotYetActedOn
    | MoreFollows
)

ACTED_ON_BY_ORDER_SYSTEMS = (
    OrderReleased,
    OrderReferred,
    OrderBlocked,
    OrderReleaseWithdrawn,
    LimitChanged,
    StatusChanged,
    TermsChanged,
    GradeChanged,
    AccountScored,
    LimitProposed,
    MeasureTaken,
    AmountWrittenOff,
    ApprovalChanged,
    PromiseSettled,
)
WATCHED_BY_THE_DESK = (AlertRaised, AlertEscalated, AlertCleared, AlertResumed, AlertHandled)
