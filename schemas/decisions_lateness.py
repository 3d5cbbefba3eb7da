"""What is said of late payment: what was known when an invoice was issued, when it was settled, whether it was late.

They go to the topic `labels`, also of imported history: what a model learns from, and what its figures are made of.
`on` is the day of the partition's books on which they were said, the one after the last closed day, for what a close
itself says the closed day. Probabilities and log-odds are no money: they are doubles.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from schemas.decision_shape import Decision

OrderOutcome = Literal["none", "released", "overridden", "exploratory", "unreleased"]
"""How the order behind an invoice was let go: by the machine, by a person over a stop, by one in order to learn."""


class PaymentsSoFar(Struct, frozen=True, gc=False, omit_defaults=True):
    """How one account has paid, by its own invoices alone. Days are proleptic ordinals, amounts in its own currency.

    Attributes:
        judged, late: invoices of which it was known whether they were late, and those that were.
        waiting_*: open invoices not past due: how many, sum of their days of issue, of their net days, of amounts.
        overdue_*: open invoices past due: how many, sum of their due days, of amounts.
        issued, issued_minor: all invoices and their amounts.
        weight, days: forgetting sum of settled invoices and of their days past due.
        weight_lately, days_lately: the same, forgetting three times as fast.
        late_lately, late_lately_weight: forgetting sum of late ones, and of judged ones, as shares of 1.
        last_late_day: when the last one was known to be late; 0 never.
        disputed: invoices that were disputed at any time.
    """

    judged: int = 0
    late: int = 0
    waiting: int = 0
    waiting_issued_days: int = 0
    waiting_net_days: int = 0
    waiting_minor: int = 0
    overdue: int = 0
    overdue_due_days: int = 0
    overdue_minor: int = 0
    issued: int = 0
    issued_minor: int = 0
    weight: float = 0.0
    days: float = 0.0
    weight_lately: float = 0.0
    days_lately: float = 0.0
    late_lately: float = 0.0
    late_lately_weight: float = 0.0
    last_late_day: int = 0
    disputed: int = 0


class FeatureReason(Struct, frozen=True, gc=False):
    """A feature that raises the chance of lateness, and by how much of the log-odds: weight times scaled value."""

    feature: str
    log_odds: float


class AboutInvoice(Decision, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Said of one invoice of the account: the one of this id, source and seller."""

    invoice_id: str
    on: str
    ce_source: str = ""
    seller_id: str | None = None


class LatenessAsked(AboutInvoice, frozen=True, kw_only=True, tag="lateness_asked", gc=False, omit_defaults=True):
    """An invoice was issued: what was known before it, and with a model how probable it was that it will be late.

    `amount_minor` is in the account's currency, `due_on` that of its last part. `probability` is calibrated, `raw`
    before that, `reasons` at most four; all are absent without a model. An empty segment is not known.
    """

    issued_on: str
    due_on: str
    amount_minor: int
    payments: PaymentsSoFar
    order_outcome: OrderOutcome = "none"
    country: str = ""
    industry: str = ""
    grade: str = ""
    model_id: str | None = None
    probability_bp: int | None = None
    probability: float | None = None
    raw: float | None = None
    reasons: list[FeatureReason] = field(default_factory=list)


class LatenessSettled(AboutInvoice, frozen=True, kw_only=True, tag="lateness_settled", gc=False, omit_defaults=True):
    """An invoice was paid in full, whether or not it was late by then; again if a payment was undone in between."""

    settled_on: str
    days_past_due: int


class LatenessKnown(AboutInvoice, frozen=True, kw_only=True, tag="lateness_known", gc=False, omit_defaults=True):
    """It is known whether an invoice was more than `grace_days` late, once and for all; `why` it is known."""

    is_late: bool
    why: Literal["settled", "past_due", "written_off"]
    grace_days: int = 0


class LabelsComplete(Decision, frozen=True, kw_only=True, tag="labels_complete", gc=False, omit_defaults=True):
    """A day was closed: everything that this partition has to say `on` days before it is out."""

    business_date: str


class LatenessRated(Decision, frozen=True, kw_only=True, tag="lateness_rated", gc=False, omit_defaults=True):
    """The account's own probability of lateness is another one, in basis points; None without a model or an invoice."""

    lateness_bp: int | None = None
    model_id: str | None = None


FOR_THE_LEARNER = (LatenessAsked, LatenessSettled, LatenessKnown, LabelsComplete)
"""What the topic `labels` carries, of history too."""
