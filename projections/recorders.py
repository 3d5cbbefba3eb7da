"""Which function records which fact. Adding a fact that is acted on = one function and one entry here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import msgspec

from projections import (
    accounts,
    alert_handling,
    approvals,
    bills,
    cash,
    contracts,
    covers,
    deliveries,
    dossier,
    dossier_reports,
    invoices,
    orders,
    pledges,
    promises,
    statuses,
    terms,
    write_offs,
)
from projections.applying import pay_from_free_cash, settle_provisionally
from projections.behaviour import count_settled
from projections.grading_dates import note_next_grading
from projections.pledges import follow_run_off
from projections.recording import Parked, Recording
from projections.versions import mark, verdict_on
from schemas.codec import decode_fact
from schemas.facts import Fact
from schemas.facts.bureau import AdverseEventReported, AdverseEventResolved, BureauReported
from schemas.facts.desk import (
    AccountHeld,
    AccountReinstated,
    AccountReviewed,
    AccountSuspended,
    AlertAcknowledged,
    AlertAssigned,
    AlertClosed,
    AlertSnoozed,
    ApprovalGiven,
    ApprovalRefused,
    ApprovalRequested,
    ApprovalWithdrawn,
    DeadLetterDismissed,
    GradeSet,
    HandedOver,
    HoldLifted,
    LimitApproved,
    LimitDenied,
    LimitRequested,
    LimitSet,
    OrderReject,
    OrderRelease,
    PrepaymentRequired,
    PromiseMade,
    TermsSet,
    WrittenOff,
)
from schemas.facts.dossiers import (
    AccountOpened,
    AssessmentRecorded,
    ContractSigned,
    CoverPledged,
    CoverReleased,
    CoverWithdrawn,
    DossierUpdated,
    FinancialsFiled,
    ManagerAssigned,
    MemberJoined,
    MemberLeft,
    ReferenceReported,
)
from schemas.facts.invoices import (
    CreditNoteIssued,
    DisputeResolved,
    InvoiceAmended,
    InvoiceCancelled,
    InvoiceDisputed,
    InvoiceIssued,
)
from schemas.facts.orders import (
    CheckRequested,
    DeliveryReversed,
    OrderAmended,
    OrderCancelled,
    OrderClosed,
    OrderDelivered,
    OrderPlaced,
    OrderReopened,
)
from schemas.facts.payments import (
    Allocated,
    AllocationReversed,
    BillDishonoured,
    BillHonoured,
    BillReceived,
    PaymentCleared,
    PaymentReceived,
    PaymentReversed,
)
from schemas.reasons import Refusal

RECORDERS: dict[type[Fact], Callable[[Recording, Any], Refusal | None]] = {
    AccountOpened: accounts.record_opened,
    ContractSigned: contracts.record_signed,
    CoverPledged: pledges.record_pledged,
    CoverWithdrawn: pledges.record_withdrawn,
    CoverReleased: pledges.record_released,
    LimitSet: accounts.record_limit,
    AccountSuspended: statuses.record_status,
    AccountReinstated: statuses.record_status,
    PrepaymentRequired: statuses.record_status,
    HandedOver: statuses.record_status,
    AccountHeld: statuses.record_hold,
    HoldLifted: statuses.record_hold,
    TermsSet: terms.record_terms,
    WrittenOff: write_offs.record_written_off,
    DeadLetterDismissed: accounts.record_dismissed,
    PromiseMade: promises.record_promise,
    AlertAcknowledged: alert_handling.record_handling,
    AlertAssigned: alert_handling.record_handling,
    AlertSnoozed: alert_handling.record_handling,
    AlertClosed: alert_handling.record_handling,
    OrderRelease: accounts.record_release,
    OrderReject: accounts.record_reject,
    ApprovalRequested: approvals.record_requested,
    LimitRequested: approvals.record_limit_requested,
    ApprovalGiven: approvals.record_given,
    LimitApproved: approvals.record_given,
    ApprovalRefused: approvals.record_refused,
    LimitDenied: approvals.record_refused,
    ApprovalWithdrawn: approvals.record_withdrawn,
    OrderPlaced: orders.record_placed,
    OrderAmended: orders.record_amended,
    OrderCancelled: orders.record_ended,
    OrderClosed: orders.record_ended,
    OrderReopened: orders.record_reopened,
    CheckRequested: orders.record_check,
    OrderDelivered: deliveries.record_delivered,
    DeliveryReversed: deliveries.record_reversed,
    InvoiceIssued: invoices.record_issued,
    InvoiceAmended: invoices.record_amended,
    InvoiceCancelled: invoices.record_cancelled,
    InvoiceDisputed: invoices.record_disputed,
    DisputeResolved: invoices.record_resolved,
    CreditNoteIssued: cash.record_credit_note,
    PaymentReceived: cash.record_received,
    PaymentCleared: cash.record_cleared,
    PaymentReversed: cash.record_reversed,
    BillReceived: bills.record_received,
    BillHonoured: bills.record_honoured,
    BillDishonoured: bills.record_dishonoured,
    Allocated: cash.record_allocated,
    AllocationReversed: cash.record_allocation_reversed,
    DossierUpdated: dossier.record_updated,
    MemberJoined: dossier.record_joined,
    MemberLeft: dossier.record_left,
    ManagerAssigned: dossier.record_manager,
    FinancialsFiled: dossier.record_financials,
    AssessmentRecorded: dossier.record_assessment,
    AccountReviewed: dossier.record_reviewed,
    GradeSet: dossier.record_grade,
    ReferenceReported: dossier_reports.record_reference,
    BureauReported: dossier_reports.record_report,
    AdverseEventReported: dossier_reports.record_adverse_event,
    AdverseEventResolved: dossier_reports.record_resolved,
}


def record(recording: Recording, fact: Fact) -> Refusal | None:
    """Take a fact into the book, with all that waited for it; return why not, leaving the book as it was."""
    recorder = RECORDERS.get(type(fact))
    if recorder is None:
        if fact.document is not None:
            mark(recording, fact)
        return None
    refusal = recorder(recording, fact)
    if refusal is not None:
        return refusal
    if recording.regrades:
        note_next_grading(recording)
    while recording.arrived:
        kind, document_id = recording.arrived.pop(0)
        for parked in recording.unpark(kind, document_id):
            _TAKE_UP[parked.what](recording, parked, document_id)
    while recording.freed:
        settle_provisionally(recording, *recording.cash(recording.freed.pop(0)))
    while recording.unpaid:
        pay_from_free_cash(recording, recording.unpaid.pop(0))
    if recording.account.covers:
        follow_run_off(recording)
    if recording.settling:
        recording.regrades = count_settled(recording) or recording.regrades
    return None


def _take_up_fact(recording: Recording, parked: Parked, _: str) -> None:
    fact = cast(Fact, decode_fact(parked.topic, parked.value))
    envelope = msgspec.structs.replace(recording.envelope, ce_source=parked.ce_source, ce_id=parked.ce_id)
    late = msgspec.structs.replace(recording, envelope=envelope, topic=parked.topic, value=parked.value)
    verdict = verdict_on(late, fact)
    if verdict == "repeat":
        return
    accepted = verdict in (None, "new", "correction")
    refusal = RECORDERS[type(fact)](late, fact) if accepted else cast(Refusal, verdict)
    if refusal is not None:
        recording.late_refusals.append((refusal, f"{parked.ce_source}/{parked.ce_id}"))
    recording.regrades = recording.regrades or late.regrades
    recording.rescores = recording.rescores or late.rescores


_TAKE_UP: dict[str, Callable[[Recording, Parked, str], None]] = {
    "fact": _take_up_fact,
    "cover": covers.take_up_cover,
    "named": cash.take_up_named,
    "deposit": cash.take_up_deposit,
}
