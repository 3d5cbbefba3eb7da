"""Facts for every account at once: topic `control`. They are written to its partition 0 and copied to the others."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, Struct

from schemas.facts.shape import Id, Number, Text
from schemas.money import Currency, SignedMinor

DecimalRate = Annotated[str, Meta(pattern=r"^(0\.\d*[1-9]\d*|[1-9]\d{0,17}(\.\d{1,18})?)$", max_length=40)]


class Broadcast(Struct, frozen=True, kw_only=True, tag_field="type", gc=False, omit_defaults=True):
    """Something that holds for all accounts from its place in each ledger partition on."""

    document: ClassVar[tuple[str, str] | None] = None
    acted_on: ClassVar[bool] = True


class DayClosed(Broadcast, frozen=True, kw_only=True, tag="day_closed", gc=False, omit_defaults=True):
    """A business day is over; its record timestamp is the end of that day."""

    business_date: date
    calendar: Id | None = None


class PolicyAdopted(Broadcast, frozen=True, kw_only=True, tag="policy_adopted", gc=False, omit_defaults=True):
    """Another policy is in force; it is carried whole. It takes two people: who adopts it, and who approves that."""

    policy: dict[str, Any]
    actor: Id | None = None
    approved_by: Id | None = None
    reason: Text | None = None


class ModelAdopted(Broadcast, frozen=True, kw_only=True, tag="model_adopted", gc=False, omit_defaults=True):
    """Another model of late payment predicts; its snapshot is carried whole, null for none. It takes two people."""

    model: dict[str, Any] | None
    actor: Id | None = None
    approved_by: Id | None = None
    reason: Text | None = None


class RatesSet(Broadcast, frozen=True, kw_only=True, tag="rates_set", gc=False, omit_defaults=True):
    """Exchange rates in force: units of each currency for one unit of `base`."""

    base: Currency
    rates: dict[Currency, DecimalRate]
    valid_on: date


class Shared(Struct, frozen=True, kw_only=True, gc=False):
    """A party or a cover that several accounts name; `split_bp` is what they claim of a cover together."""

    id: Id
    account_ids: tuple[Id, ...]
    split_bp: Number = 0


class BookTotalled(Broadcast, frozen=True, kw_only=True, tag="book_totalled", gc=False, omit_defaults=True):
    """The whole book at a day's close: what the accounts owe together, and what several of them share.

    Sums are valued in `currency`; `unvalued` accounts could not be. `large_account_ids` are accounts near or above the
    lowest line of concentration. Shared covers are those of which more is claimed than there is.
    """

    business_date: date
    currency: Currency
    net_exposure_minor: SignedMinor
    accounts: Number
    unvalued: Number = 0
    large_account_ids: tuple[Id, ...] = ()
    shared_parties: tuple[Shared, ...] = ()
    shared_covers: tuple[Shared, ...] = ()


class DelegationSet(Broadcast, frozen=True, kw_only=True, tag="delegation_set", gc=False, omit_defaults=True):
    """A person approves in another's place for some days, both included; a later one of the same two replaces it."""

    delegator: Id
    delegate: Id
    valid_from: date
    valid_until: date
    actor: Id
    reason: Text
    roles: tuple[Id, ...] = ()


class ModelFigures(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """How good one model's predictions were: AUC and log-loss in ten thousandths, None where nothing can be measured.

    `probing` is of orders that were released against a block or to try a customer out, where the model could not
    confirm itself.
    """

    labels: Number
    late: Number
    auc_bp: Number | None = None
    log_loss_bp: Number | None = None
    probing_labels: Number = 0
    probing_auc_bp: Number | None = None
    probing_log_loss_bp: Number | None = None


class LearnerReported(Broadcast, frozen=True, kw_only=True, tag="learner_reported", gc=False, omit_defaults=True):
    """The learner saw something that the owner of the model may have to act on.

    `lessons` is how many it had learned. A drift is `of` the loss or a feature, whose mean went from `line` to `found`
    (both in ten thousandths, shifted so that neither is negative); a snapshot was refused for the reason in `of`, told
    in `text`; figures are those of the model that decides and of its challenger over the same labels.
    """

    report: Literal["drift", "snapshot_refused", "figures"]
    model_id: Id
    lessons: Number
    of: Id | None = None
    found: Number = 0
    line: Number = 0
    text: Text | None = None
    champion: ModelFigures | None = None
    challenger: ModelFigures | None = None


class ModelAlertDeed(Broadcast, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What a person does with an alert about the model, which belongs to no account."""

    alert_id: Id
    actor: Id
    reason: Text


class ModelAlertAcknowledged(
    ModelAlertDeed, frozen=True, kw_only=True, tag="model_alert_acknowledged", gc=False, omit_defaults=True
):
    """Somebody has seen an alert about the model of late payment."""


class ModelAlertAssigned(
    ModelAlertDeed, frozen=True, kw_only=True, tag="model_alert_assigned", gc=False, omit_defaults=True
):
    """An alert about the model of late payment has an owner."""

    owner: Id


class ModelAlertClosed(
    ModelAlertDeed, frozen=True, kw_only=True, tag="model_alert_closed", gc=False, omit_defaults=True
):
    """An alert about the model of late payment needs nothing more; its cause warns again under another model."""


ControlFact = (
    DayClosed
    | PolicyAdopted
    | ModelAdopted
    | RatesSet
    | BookTotalled
    | DelegationSet
    | LearnerReported
    | ModelAlertAcknowledged
    | ModelAlertAssigned
    | ModelAlertClosed
)
