"""What each fact about an approval says: who asks for what, who agrees, refuses or asks no longer.

A request and a word about it are only written down here; what follows from them is decided (`approval_steps.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Literal, cast

from msgspec.structs import fields

from projections.approval_rows import Approval, Deed, Word
from projections.approval_rules import Place, place_to_agree, place_to_refuse
from projections.context import Context
from projections.exceptions import approval_file
from projections.recording import NOT_BINDING, Recording
from projections.rows import Invoice, Order
from projections.rules import rules_of
from projections.scope_balances import scope_of_limit
from projections.tolerance import tolerance
from schemas.facts import Fact
from schemas.facts.desk import (
    ApprovalGiven,
    ApprovalRefused,
    ApprovalRequested,
    ApprovalWithdrawn,
    LimitApproved,
    LimitDenied,
    LimitRequested,
    LimitSet,
    OrderRelease,
    WrittenOff,
)
from schemas.policy_approvals import Subject
from schemas.policy_orders import Checks
from schemas.reasons import Refusal

KIND = "approval"
KEPT_AT_MOST = 50
"""So many open requests and exceptions in force an account has at most: each of its facts looks at them."""

_CHECKS = frozenset(field.name for field in fields(Checks)) - {"block_above_utilisation_bp"}


def record_requested(recording: Recording, fact: ApprovalRequested) -> Refusal | None:
    """Take in that a person asks others to agree; it waits for the order or invoice that it names."""
    refusal = _why_incomplete(fact) or _why_not_new(recording, fact.approval_id)
    if refusal is not None:
        return refusal
    approval = _request(recording, fact, fact.approval_id, fact.subject, fact.actor)
    approval.checks = list(dict.fromkeys(fact.checks))
    if fact.subject in ("limit", "temporary_limit"):
        return _note_limit(recording, approval, fact)
    approval.amount, approval.currency = fact.amount_minor, fact.currency
    _note_days(approval, fact)
    if fact.order_id is not None:
        return _note_order(recording, approval, fact.order_id, fact.seller_id)
    if fact.invoice_id is not None:
        return _note_invoice(recording, approval, fact.invoice_id, fact.seller_id)
    _note(recording, approval)
    return None


def record_limit_requested(recording: Recording, fact: LimitRequested) -> Refusal | None:
    """Take in that a person asks for a limit; the same as a request for approval of that subject."""
    approval_id = fact.approval_id or derived_id(recording, "limit")
    subject: Subject = "limit" if fact.valid_until is None else "temporary_limit"
    refusal = _why_not_new(recording, approval_id)
    return refusal or _note_limit(recording, _request(recording, fact, approval_id, subject, fact.actor), fact)


def record_given(recording: Recording, fact: ApprovalGiven | LimitApproved) -> Refusal | None:
    """Take in that an approver agrees."""
    return _answer(recording, fact, "agreed", place_to_agree)


def record_refused(recording: Recording, fact: ApprovalRefused | LimitDenied) -> Refusal | None:
    """Take in that an approver does not agree."""
    return _answer(recording, fact, "refused", place_to_refuse)


def _answer(
    recording: Recording,
    fact: ApprovalGiven | ApprovalRefused | LimitApproved | LimitDenied,
    said: Literal["agreed", "refused"],
    place_of: Callable[[Approval, str, str | None, Context, str], Place | Refusal],
) -> Refusal | None:
    approval = find(recording, fact.approval_id)
    if approval is None:
        recording.park(KIND, fact.approval_id)
        return None
    refusal = _why_not_answered(approval, fact)
    if refusal is not None:
        return refusal
    role = fact.role if isinstance(fact, ApprovalGiven | ApprovalRefused) else None
    place = place_of(approval, fact.actor, role, recording.context, recording.today())
    if isinstance(place, str):
        return place
    recording.approving.append(Word(approval, said, fact.actor, *place))
    return None


def record_withdrawn(recording: Recording, fact: ApprovalWithdrawn) -> Refusal | None:
    """Take in that whoever asked does not ask any more, or needs a granted exception no longer."""
    approval = find(recording, fact.approval_id)
    if approval is None:
        recording.park(KIND, fact.approval_id)
        return None
    is_in_force = approval.state == "granted" and approval.subject == "exception"
    if approval.state != "open" and not is_in_force:
        return "approval_is_closed"
    if fact.actor != approval.maker:
        return "withdrawn_by_another"
    recording.approving.append(Word(approval, "withdrawn", fact.actor))
    return None


def ask_for_release(recording: Recording, fact: OrderRelease, order: Order) -> Refusal | None:
    """Take in that the desk lets an order through: whether it may do so alone is decided by the order's band.

    An `approval_id` that is known must be a granted one of this order; one that is not known is a reference of the
    desk's own.
    """
    named = None if fact.approval_id is None else find(recording, fact.approval_id)
    if named is not None:
        refusal = _why_not_for(recording, named, order)
        if refusal is not None:
            return refusal
        recording.approving.append(Deed(named))
        return None
    approval_id = derived_id(recording, "order_release")
    refusal = _why_asked_already(recording, order_key=order.key) or _why_not_new(recording, approval_id)
    if refusal is not None:
        return refusal
    approval = _request(recording, fact, approval_id, "order_release", fact.actor)
    approval.order_key, approval.amount, approval.currency = order.key, amount_at_stake(order), order.currency
    recording.approving.append(Deed(approval))
    return None


def ask_for_limit(recording: Recording, fact: LimitSet) -> Refusal | None:
    """Take in that the desk sets a limit where the policy wants it asked for: a raise may have to wait, a cut not."""
    approval_id = derived_id(recording, "limit")
    refusal = _why_not_new(recording, approval_id)
    if refusal is not None:
        return refusal
    subject: Subject = "limit" if fact.valid_until is None else "temporary_limit"
    approval = _request(recording, fact, approval_id, subject, fact.actor)
    _note_terms(recording, approval, fact)
    approval.unlimited = fact.unlimited
    recording.approving.append(Deed(approval))
    return None


def ask_for_write_off(recording: Recording, fact: WrittenOff, invoice: Invoice) -> Refusal | None:
    """Take in that the desk gives an amount up: whether it may do so alone is decided by the amount's band."""
    approval_id = derived_id(recording, "write_off")
    refusal = _why_asked_already(recording, invoice_key=invoice.key) or _why_not_new(recording, approval_id)
    if refusal is not None:
        return refusal
    approval = _request(recording, fact, approval_id, "write_off", fact.actor)
    approval.invoice_key, approval.amount, approval.currency = invoice.key, fact.amount_minor, invoice.currency
    recording.approving.append(Deed(approval))
    return None


def amount_at_stake(order: Order) -> int:
    """Return what the release of an order lets go, in its own currency: the order, or more if more is asked for."""
    return max(order.amount, order.asked)


def outgrows(recording: Recording, order: Order, approval: Approval) -> bool:
    """Return whether an order is larger than its request was for, by more than the policy forgives a released order."""
    agreed, now = approval.amount or 0, amount_at_stake(order)
    if now <= agreed:
        return False
    numbers = rules_of(recording.account, recording.context, recording.book).orders
    return now - agreed > tolerance(recording, order, numbers, agreed)


def open_amount(invoice: Invoice) -> int:
    """Return what of an invoice is still to be paid."""
    return sum(part.open() for part in invoice.parts)


def find(recording: Recording, approval_id: str) -> Approval | None:
    """Return a request by its id, which is one for the account whoever sent it."""
    return cast("Approval | None", recording.book.document(KIND, recording.account.account_id, approval_id))


def derived_id(recording: Recording, what: str) -> str:
    """Return the id of a request that a fact opens without naming one: the same whenever the fact is read."""
    envelope = recording.envelope
    identity = blake2b(f"{envelope.ce_source}/{envelope.ce_id}".encode(), digest_size=6)
    return f"{what}-{identity.hexdigest()}"


def _request(recording: Recording, fact: Fact, approval_id: str, subject: Subject, maker: str) -> Approval:
    source = recording.envelope.ce_source
    return Approval(approval_id, source, None, recording.first_version(fact), subject, maker)


def _note(recording: Recording, approval: Approval) -> None:
    recording.touch(KIND, approval)
    recording.approving.append(approval)


def _note_limit(recording: Recording, approval: Approval, fact: ApprovalRequested | LimitRequested) -> Refusal | None:
    account = recording.account
    scopes = scope_of_limit(fact.scope, account.account_id)
    if len(scopes) > 1:
        return "limit_scope_names_several"
    has_currency = scopes or account.opened or account.limit_minor is not None or account.temporary
    if has_currency and fact.currency != account.currency:
        return "limit_currency_differs_from_account"
    if len(scope_of_limit(fact.scope, account.account_id)) > 1:
        return "limit_scope_names_several"
    _note_terms(recording, approval, fact)
    _note(recording, approval)
    return None


def _note_terms(recording: Recording, approval: Approval, fact: ApprovalRequested | LimitRequested | LimitSet) -> None:
    approval.amount, approval.currency = fact.limit_minor, fact.currency
    if fact.scope is not None and scope_of_limit(fact.scope, recording.account.account_id):
        approval.scope = (fact.scope.customer_id, fact.scope.seller_id, fact.scope.segment)
    _note_days(approval, fact)


def _note_days(approval: Approval, fact: ApprovalRequested | LimitRequested | LimitSet) -> None:
    approval.valid_from = "" if fact.valid_from is None else fact.valid_from.isoformat()
    approval.valid_until = "" if fact.valid_until is None else fact.valid_until.isoformat()


def _note_order(recording: Recording, approval: Approval, order_id: str, seller_id: str | None) -> Refusal | None:
    order = cast("Order | None", recording.find_or_wait("order", order_id, seller_id))
    if order is None:
        return None
    if not order.is_open:
        return "order_is_not_open"
    is_release = approval.subject == "order_release"
    is_settled = order.state == "released" and not order.asked
    if is_release and (is_settled or order.kind in NOT_BINDING):
        return "order_is_not_waiting"
    refusal = _why_asked_already(recording, order_key=order.key) if is_release else None
    if refusal is not None:
        return refusal
    approval.order_key = order.key
    if approval.amount is None:
        approval.amount = amount_at_stake(order)
    approval.currency = approval.currency or order.currency
    _note(recording, approval)
    return None


def _note_invoice(recording: Recording, approval: Approval, invoice_id: str, seller_id: str | None) -> Refusal | None:
    invoice = cast("Invoice | None", recording.find_or_wait("invoice", invoice_id, seller_id))
    if invoice is None:
        return None
    if invoice.cancelled:
        return "invoice_already_cancelled"
    if approval.currency not in (None, invoice.currency):
        return "currency_differs_from_document"
    refusal = _why_asked_already(recording, invoice_key=invoice.key)
    if refusal is not None:
        return refusal
    if (approval.amount or 0) > open_amount(invoice):
        return "write_off_exceeds_open"
    approval.invoice_key, approval.currency = invoice.key, invoice.currency
    _note(recording, approval)
    return None


def _why_incomplete(fact: ApprovalRequested) -> Refusal | None:
    if fact.subject == "order_release":
        is_whole = fact.order_id is not None
    elif fact.subject == "write_off":
        is_whole = fact.invoice_id is not None and fact.amount_minor is not None
    elif fact.subject == "exception":
        is_whole = bool(fact.checks) and (fact.order_id is not None or fact.valid_until is not None)
        is_whole = is_whole and (fact.amount_minor is None or fact.order_id is not None or fact.currency is not None)
    else:
        is_whole = fact.limit_minor is not None and fact.currency is not None
        is_whole = is_whole and (fact.subject == "limit" or fact.valid_until is not None)
    if not is_whole:
        return "approval_subject_incomplete"
    return None if _CHECKS.issuperset(fact.checks) else "check_unknown"


def _why_not_new(recording: Recording, approval_id: str) -> Refusal | None:
    if find(recording, approval_id) is not None:
        return "approval_exists"
    return "too_many_approvals_open" if recording.account.approvals >= KEPT_AT_MOST else None


def _why_asked_already(recording: Recording, *, order_key: str = "", invoice_key: str = "") -> Refusal | None:
    if not recording.account.approvals:
        return None
    for key in approval_file(recording).open:
        found = cast(Approval, recording.find_key(KIND, key))
        about = (found.order_key, found.invoice_key)
        if found.subject in ("order_release", "write_off") and about == (order_key, invoice_key):
            return "approval_already_asked"
    return None


def _why_not_for(recording: Recording, approval: Approval, order: Order) -> Refusal | None:
    is_this = approval.subject == "order_release" and approval.order_key == order.key
    if not is_this or approval.currency != order.currency or outgrows(recording, order, approval):
        return "approval_is_for_something_else"
    if approval.state != "granted":
        return "approval_is_not_granted"
    return "approval_is_closed" if recording.today() > approval.expires_on else None


def _why_not_answered(approval: Approval, fact: Fact) -> Refusal | None:
    is_for_limit = approval.subject in ("limit", "temporary_limit")
    if isinstance(fact, LimitApproved | LimitDenied) and not is_for_limit:
        return "approval_is_for_something_else"
    return None if approval.state == "open" else "approval_is_closed"
