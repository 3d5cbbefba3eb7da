"""What is concluded about late payment: a prediction when an invoice is issued, its settlement, its label."""

from __future__ import annotations

from datetime import date
from typing import cast

from projections.context import day_number
from projections.dossier import dossier_of
from projections.lateness_features import issue, judge, settle
from projections.lateness_following import (
    KIND,
    WAITING,
    label_rules,
    list_label,
    paying_of,
    recount,
    shape_of,
    standing_of,
)
from projections.lateness_labels import InvoiceStanding, label_of
from projections.lateness_rating import basis_points, scorer_of
from projections.lateness_rows import Followed, Paying
from projections.recording import Recording
from projections.rows import Invoice
from schemas.decisions import AnyDecision
from schemas.decisions_lateness import (
    AboutInvoice,
    LatenessAsked,
    LatenessKnown,
    LatenessSettled,
    OrderOutcome,
)


def follow_lateness(recording: Recording, decisions: list[AnyDecision]) -> None:
    """Add what follows for late payment from a fact, already in effect."""
    paying = paying_of(recording)
    for invoice in recording.invoices_issued:
        if invoice.lateness is None and invoice.amount and not invoice.cancelled:
            _take(recording, paying, invoice, _ask(recording, paying, invoice), decisions)
    followed = _followed(recording)
    for invoice in followed:
        recount(recording, paying, invoice)
        _judge(recording, paying, invoice, decisions)
    if followed:
        recording.keep(KIND, paying)


def _followed(recording: Recording) -> list[Invoice]:
    """Return the invoices that a fact changed and that are followed, each once; none was before they were asked of."""
    changed = {invoice.key: invoice for invoice in (*recording.invoices_issued, *recording.invoices_changed)}
    return [invoice for invoice in changed.values() if invoice.lateness is not None]


def _judge(recording: Recording, paying: Paying, invoice: Invoice, decisions: list[AnyDecision]) -> None:
    followed = invoice.lateness
    assert followed is not None, f"invoice {invoice.key!r} is judged and not followed"
    standing = standing_of(recording, invoice)
    if not invoice.cancelled:
        if not standing.open_minor and standing.paid_minor and not followed.is_settled:
            _take(recording, paying, invoice, _settled(recording, invoice, standing), decisions)
        if not followed.is_judged:
            known = _known(recording, invoice, standing)
            if known is not None:
                _take(recording, paying, invoice, known, decisions)
    list_label(recording, paying, invoice, standing)


def _take(
    recording: Recording, paying: Paying, invoice: Invoice, said: AboutInvoice, decisions: list[AnyDecision]
) -> None:
    _apply(recording, paying, invoice, said)
    decisions.append(cast(AnyDecision, said))


def _ask(recording: Recording, paying: Paying, invoice: Invoice) -> LatenessAsked:
    shape = shape_of(invoice)
    scorer = scorer_of(recording.context)
    found = None if scorer is None else scorer.predict_invoice(paying.payments, shape)
    dossier = dossier_of(recording.book, recording.account.account_id)
    return LatenessAsked(
        invoice_id=invoice.invoice_id,
        on=said_on(recording),
        ce_source=invoice.ce_source,
        seller_id=invoice.seller_id,
        issued_on=invoice.issued_on,
        due_on=invoice.parts[-1].due_on,
        amount_minor=shape.amount_minor,
        payments=paying.payments.said(),
        order_outcome=_order_outcome(recording, invoice),
        country="" if dossier is None else dossier.country or "",
        industry="" if dossier is None else dossier.industry or "",
        grade=recording.account.grade,
        model_id=recording.context.model_id,
        probability_bp=None if found is None else basis_points(found.probability),
        probability=None if found is None else found.probability,
        raw=None if found is None else found.raw,
        reasons=[] if found is None else found.reasons,
    )


def _settled(recording: Recording, invoice: Invoice, standing: InvoiceStanding) -> LatenessSettled:
    assert standing.settled_day is not None, f"invoice {invoice.key!r} is settled on no day"
    return LatenessSettled(
        invoice_id=invoice.invoice_id,
        on=said_on(recording),
        ce_source=invoice.ce_source,
        seller_id=invoice.seller_id,
        settled_on=date.fromordinal(standing.settled_day).isoformat(),
        days_past_due=standing.settled_day - standing.due_day,
    )


def _known(recording: Recording, invoice: Invoice, standing: InvoiceStanding) -> LatenessKnown | None:
    rules = label_rules(recording.context.policy.learning)
    business_date = recording.context.business_date
    is_late = label_of(standing, rules, closed_day=0 if business_date is None else day_number(business_date))
    if is_late is None:
        return None
    return LatenessKnown(
        invoice_id=invoice.invoice_id,
        on=said_on(recording),
        ce_source=invoice.ce_source,
        seller_id=invoice.seller_id,
        is_late=is_late,
        why="written_off" if standing.written_off_minor else "past_due" if standing.open_minor else "settled",
        grace_days=rules.grace_days,
    )


def said_on(recording: Recording) -> str:
    """Return the day of the books: what a close says belongs to the day that it closes."""
    context = recording.context
    if recording.topic == "control" and context.business_date is not None:
        return context.business_date
    return recording.today()


_GRAVITY: dict[str, int] = {"none": 0, "released": 1, "unreleased": 2, "overridden": 3, "exploratory": 4}


def _order_outcome(recording: Recording, invoice: Invoice) -> OrderOutcome:
    """Return how the orders behind an invoice were let go: of several the one that says most of a customer not tried.

    An order by an exception that people approved is one that they let go over a stop.
    """
    found: OrderOutcome = "none"
    for order_key, delivery_key, _ in invoice.covers:
        keys = [key for key, _ in recording.delivery(delivery_key).covers] if delivery_key else [order_key]
        for key in filter(None, keys):
            order = recording.order(key)
            outcome: OrderOutcome = "released"
            if order.state != "released":
                outcome = "unreleased"
            elif order.released_by_desk and order.exploratory:
                outcome = "exploratory"
            elif order.released_by_desk or "released_by_exception" in order.reasons:
                outcome = "overridden"
            if _GRAVITY[outcome] > _GRAVITY[found]:
                found = outcome
    return found


def apply_lateness(recording: Recording, decisions: list[AnyDecision]) -> None:
    """Apply what the ledger recorded of late payment."""
    paying = paying_of(recording)
    said = [decision for decision in decisions if isinstance(decision, AboutInvoice)]
    for about in said:
        if isinstance(about, LatenessAsked):
            _apply(recording, paying, _invoice(recording, about), about)
    followed = _followed(recording)
    for invoice in followed:
        recount(recording, paying, invoice)
        for about in said:
            if not isinstance(about, LatenessAsked) and _invoice(recording, about).key == invoice.key:
                _apply(recording, paying, invoice, about)
        list_label(recording, paying, invoice, standing_of(recording, invoice))
    if followed:
        recording.keep(KIND, paying)


def _invoice(recording: Recording, about: AboutInvoice) -> Invoice:
    return cast(Invoice, recording.find_exactly("invoice", about.invoice_id, about.ce_source, about.seller_id))


def _apply(recording: Recording, paying: Paying, invoice: Invoice, said: AboutInvoice) -> None:
    if isinstance(said, LatenessAsked):
        shape = shape_of(invoice)
        invoice.lateness = Followed(shape.issued_day, shape.due_day, shape.amount_minor, counted=WAITING)
        issue(paying.payments, shape)
        paying.net_days = shape.net_days
        return
    followed = invoice.lateness
    assert followed is not None, f"invoice {invoice.key!r} has a label and was not asked of"
    if isinstance(said, LatenessSettled):
        settle(paying.payments, said.days_past_due)
        followed.is_settled = True
    elif isinstance(said, LatenessKnown):
        judge(paying.payments, is_late=said.is_late, day=day_number(said.on))
        followed.is_judged = True
