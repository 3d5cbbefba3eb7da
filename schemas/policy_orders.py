"""The part of a policy that judges orders: what each check answers, the numbers it compares, and for whom else."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from schemas.money import AmountMinor
from schemas.reasons import Answer

BasisPoints = Annotated[int, Meta(ge=0, le=1_000_000)]
Days = Annotated[int, Meta(ge=0, le=3650)]
Words = Annotated[str, Meta(min_length=1, max_length=400)]
Names = tuple[Words, ...]
CheckpointName = Literal["order", "delivery", "invoice"]
Stage = Literal["orders", "delivered", "invoiced", "bills", "fees", "unapplied", "deposits"]


class Checks(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, cache_hash=True):
    """What each check of an order answers when its sentence is true."""

    account_unknown: Answer = "refer"
    account_suspended: Answer = "block"
    account_in_legal: Answer = "block"
    account_on_hold: Answer = "refer"
    fact_unreadable: Answer = "refer"
    adverse_event: Answer = "refer"
    dossier_incomplete: Answer = "pass"
    grade_missing: Answer = "pass"
    grade_without_credit: Answer = "block"
    limit_missing: Answer = "refer"
    limit_expired: Answer = "refer"
    review_overdue: Answer = "warn"
    contract_missing: Answer = "pass"
    contract_expired: Answer = "refer"
    bureau_missing: Answer = "pass"
    bureau_stale: Answer = "warn"
    currency_without_rate: Answer = "refer"
    prepayment_required: Answer = "block"
    terms_exceed_granted: Answer = "refer"
    terms_backdated: Answer = "refer"
    amount_exceeds_released: Answer = "refer"
    order_exceeds_maximum: Answer = "refer"
    orders_split: Answer = "refer"
    oldest_overdue_too_old: Answer = "refer"
    overdue_share_too_high: Answer = "refer"
    overdue_amount_too_high: Answer = "refer"
    dunning_stage_too_high: Answer = "refer"
    limit_is_zero: Answer = "block"
    exposure_exceeds_limit: Answer = "refer"
    scope_limit_exceeded: Answer = "refer"
    block_above_utilisation_bp: BasisPoints = 15_000


class GraceDays(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For so many days after a release by a person, each checkpoint asks no reason again that was known then."""

    order: Days = 0
    delivery: Days = 3
    invoice: Days = 7


class Orders(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, cache_hash=True):
    """The numbers that checks compare. Amounts are in the policy's currency; None switches a comparison off.

    `horizon_days` makes the limit check dynamic: an order counts once its delivery date is that near. An order over
    its amount by no more than both tolerances is the same order; what an order was forgiven adds up. While the oldest
    item is overdue by no more than `overdue_grace_days`, no check of overdue speaks. `dunning_stage` is the first that
    speaks. `asked_before` says what is reported when it leaves unasked: `order` goods and invoices of an order that was
    not released, or beyond what was; `delivery` and `invoice` those that nobody asked about at that checkpoint.
    """

    horizon_days: Days | None = None
    stages_that_count: tuple[Stage, ...] = ("orders", "delivered", "invoiced", "bills", "fees", "unapplied", "deposits")
    tolerance_bp: BasisPoints = 100
    tolerance_minor: AmountMinor = 10_000
    maximum_minor: AmountMinor | None = None
    split_within_days: Days = 3
    backdated_days: Days = 14
    oldest_overdue_days: Days | None = 30
    overdue_grace_days: Days = 5
    overdue_share_bp: BasisPoints | None = 5_000
    overdue_share_from_minor: AmountMinor = 100_000
    overdue_amount_minor: AmountMinor | None = None
    dunning_stage: Annotated[int, Meta(ge=1, le=20)] | None = 3
    disputed_counts_as_overdue: bool = False
    bureau_stale_days: Days = 365
    adverse_event_days: Days = 365
    dossier_fields: Names = ("industry", "country")
    asked_before: tuple[CheckpointName, ...] = ("order",)
    grace_days: GraceDays = GraceDays()


class Override(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Other answers or numbers for some accounts; those for an account go before those for a group, then for all.

    It is for the accounts listed, or for those of a grade and a segment where both are given. Of `checks` and `orders`
    it states only what differs; of several for a group the first that states a thing holds.
    """

    name: Words
    accounts: Names = ()
    grades: Names = ()
    segments: Names = ()
    checks: dict[str, Answer | int] = {}
    orders: dict[str, Any] = {}


class Exclusion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Checks that some accounts are spared for some days, both included, and why. For whom: as in an override."""

    reason: Words
    checks: Annotated[Names, Meta(min_length=1)]
    valid_from: date
    valid_until: date
    accounts: Names = ()
    grades: Names = ()
    segments: Names = ()


class Waiting(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How orders that wait are checked again when headroom rises: oldest first."""

    skip_what_does_not_fit: bool = True
    skips_before_reserving: Annotated[int, Meta(ge=1, le=10_000)] = 20


class Withdrawal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether releases of which nothing has left yet are withdrawn when headroom falls below zero: newest first."""

    when: Literal["never", "headroom_below_zero"] = "headroom_below_zero"


class DunningStage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stage is reached when the oldest undisputed item is overdue for so many days."""

    overdue_days: Days
    channel: Words
    owner_role: Words
    text: Words = "reminder"


class Dunning(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The stages of dunning, from the first on."""

    stages: tuple[DunningStage, ...] = ()
