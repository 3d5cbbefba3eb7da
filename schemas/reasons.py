"""Reason codes, in order of precedence: the first that applies is named first.

Names are the violated sentence. Three lists: why an order does not go through, why a fact is refused, and what led to
the state of a request for approval.
"""

from __future__ import annotations

from typing import Literal, get_args

Answer = Literal["pass", "warn", "refer", "block"]
"""What a check says of an order; the gravest answer of all checks decides."""

GRAVITY: dict[str, int] = {answer: rank for rank, answer in enumerate(get_args(Answer))}

OrderReason = Literal[
    "account_unknown",
    "account_suspended",
    "account_in_legal",
    "account_on_hold",
    "rejected_by_desk",
    "order_not_open",
    "fact_unreadable",
    "adverse_event",
    "dossier_incomplete",
    "grade_missing",
    "grade_without_credit",
    "limit_missing",
    "limit_expired",
    "review_overdue",
    "contract_missing",
    "contract_expired",
    "bureau_missing",
    "bureau_stale",
    "currency_without_rate",
    "prepayment_required",
    "terms_exceed_granted",
    "terms_backdated",
    "amount_exceeds_released",
    "order_exceeds_maximum",
    "orders_split",
    "oldest_overdue_too_old",
    "overdue_share_too_high",
    "overdue_amount_too_high",
    "dunning_stage_too_high",
    "limit_is_zero",
    "exposure_exceeds_limit",
    "scope_limit_exceeded",
    "headroom_reserved_for_earlier_order",
    "headroom_fell_below_zero",
    "within_tolerance",
    "released_by_desk",
    "released_by_exception",
    "excluded_by_policy",
]
"""Why an order is not released, or why it is released all the same (the last four)."""

Refusal = Literal[
    "value_missing",
    "value_too_large",
    "value_not_json",
    "type_missing",
    "type_unknown",
    "fact_on_wrong_topic",
    "field_invalid",
    "header_invalid",
    "signature_missing",
    "signature_wrong",
    "key_missing",
    "key_differs_from_account_id",
    "key_on_wrong_partition",
    "control_copy_without_number",
    "currency_unknown",
    "fact_id_missing",
    "policy_invalid",
    "model_invalid",
    "adoption_needs_second_person",
    "due_date_missing",
    "instalments_differ_from_amount",
    "instalment_numbers_repeat",
    "allocations_exceed_amount",
    "allocation_source_missing",
    "currency_differs_from_account",
    "currency_differs_from_document",
    "exists_with_different_content",
    "revision_is_superseded",
    "period_ends_before_it_begins",
    "grade_unknown",
    "moved_on",
    "order_is_not_open",
    "order_is_open",
    "order_is_not_waiting",
    "delivery_already_reversed",
    "invoice_already_cancelled",
    "payment_already_reversed",
    "payment_already_cleared",
    "allocation_already_reversed",
    "dispute_already_resolved",
    "bill_already_honoured",
    "bill_already_dishonoured",
    "cover_already_released",
    "limit_scope_names_several",
    "write_off_exceeds_open",
    "limit_currency_differs_from_account",
    "alert_unknown",
    "alert_is_closed",
    "approval_exists",
    "approval_subject_incomplete",
    "check_unknown",
    "too_many_approvals_open",
    "approval_already_asked",
    "approval_is_for_something_else",
    "approval_is_not_granted",
    "approval_is_closed",
    "withdrawn_by_another",
    "maker_is_checker",
    "approver_already_agreed",
    "approver_lacks_role",
    "approver_is_out_of_order",
]
"""Why a fact is refused: it stays in the ledger as refused, and as a dead letter."""

ApprovalReason = Literal[
    "asked",
    "agreed",
    "reminded",
    "refused",
    "withdrawn",
    "expired",
    "status_changed",
    "limit_changed",
    "currency_changed",
    "order_ended",
    "order_rejected",
    "order_released",
    "order_amount_rose",
    "invoice_settled",
]
"""What led to the state of a request: what a person said or did, a day, or that what it was about has changed."""

ORDER_REASONS: tuple[str, ...] = get_args(OrderReason)
REFUSALS: tuple[str, ...] = get_args(Refusal)
APPROVAL_REASONS: tuple[str, ...] = get_args(ApprovalReason)

PRECEDENCE: dict[str, int] = {code: rank for rank, code in enumerate(ORDER_REASONS)}

SETTLED_REFUSALS: frozenset[str] = frozenset(REFUSALS[REFUSALS.index("exists_with_different_content") :])
"""Refusals of facts that were fully understood: the account is as known as before, so it is not parked for them."""
