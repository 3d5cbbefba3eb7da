"""Facts about who the account is: topic `dossiers`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, Struct, field

from schemas.facts.shape import Fact, Id, Number, Revision, Text
from schemas.money import AmountMinor, Currency, SignedMinor

NetDays = Annotated[int, Meta(ge=0, le=3650)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
ShareBp = Annotated[int, Meta(ge=0, le=10_000)]


class Identifier(Struct, frozen=True, kw_only=True, gc=False):
    """One registration of a party: uscc, vat, lei, duns or another scheme."""

    scheme: Id
    value: Id


class Party(Struct, frozen=True, kw_only=True, gc=False):
    """A legal entity behind the account."""

    party_id: Id
    identifiers: tuple[Identifier, ...] = ()


class AccountOpened(Fact, frozen=True, kw_only=True, tag="account_opened", gc=False, omit_defaults=True):
    """An account exists and may be given a limit; a second one with a higher revision corrects it."""

    document: ClassVar[tuple[str, str] | None] = ("account", "account_id")

    name: Text
    currency: Currency
    opened_on: date
    revision: Revision = 1
    industry: Id | None = None
    country: Id | None = None
    revenue_minor: AmountMinor | None = None
    calendar: Id | None = None
    parties: tuple[Party, ...] = ()
    segment: Id | None = None
    employees: Count | None = None
    relationship_since_on: date | None = None
    manager_id: Id | None = None
    net_days: NetDays | None = None


class DossierUpdated(Fact, frozen=True, kw_only=True, tag="dossier_updated", gc=False, omit_defaults=True):
    """Some fields of the dossier changed; those not given stay."""

    updated_on: date | None = None
    name: Text | None = None
    industry: Id | None = None
    country: Id | None = None
    segment: Id | None = None
    revenue_minor: AmountMinor | None = None
    employees: Count | None = None
    relationship_since_on: date | None = None
    calendar: Id | None = None
    parties: tuple[Party, ...] | None = None
    fields: dict[str, Any] = field(default_factory=dict)


class MemberJoined(Fact, frozen=True, kw_only=True, tag="member_joined", gc=False, omit_defaults=True):
    """A customer now buys under this account's limit."""

    customer_id: Id
    joined_on: date | None = None
    name: Text | None = None
    party_id: Id | None = None


class MemberLeft(Fact, frozen=True, kw_only=True, tag="member_left", gc=False, omit_defaults=True):
    """A customer no longer buys under this account's limit."""

    customer_id: Id
    left_on: date | None = None


class ManagerAssigned(Fact, frozen=True, kw_only=True, tag="manager_assigned", gc=False, omit_defaults=True):
    """An account manager answers for the account from a date on."""

    manager_id: Id
    assigned_on: date | None = None


class FinancialsFiled(Fact, frozen=True, kw_only=True, tag="financials_filed", gc=False, omit_defaults=True):
    """Financial statements of one period; items are minor units by name, those of the year where they flow."""

    period_end_on: date
    currency: Currency
    items: dict[str, SignedMinor]
    audited: bool = False
    period_start_on: date | None = None
    consolidated: bool = False
    manufacturing: bool | None = None


class ReferenceReported(Fact, frozen=True, kw_only=True, tag="reference_reported", gc=False, omit_defaults=True):
    """A trade or bank reference, or what is said of the account's reputation; `points` run from 0 (bad) to 100."""

    referee: Text
    reported_on: date
    rating: Text | None = None
    kind: Literal["trade", "bank", "reputation"] = "trade"
    points: Annotated[int, Meta(ge=0, le=100)] | None = None
    high_credit_minor: AmountMinor | None = None
    currency: Currency | None = None


class AssessmentRecorded(Fact, frozen=True, kw_only=True, tag="assessment_recorded", gc=False, omit_defaults=True):
    """A person's assessment: management, site visit, complaint."""

    subject: Id
    rating: Number
    recorded_on: date


class CoverPledged(Fact, frozen=True, kw_only=True, tag="cover_pledged", gc=False, omit_defaults=True):
    """A guarantee, collateral, insurance or letter of credit.

    Of what is open it bears `share_bp` above `first_loss_minor`, up to its value; `split_bp` is this account's part of
    one cover that several accounts share. `max_net_days`: goods sold on longer terms are not covered. With `order_id`
    it covers that order alone.
    """

    document: ClassVar[tuple[str, str] | None] = ("cover", "cover_id")

    cover_id: Id
    kind: Id
    value_minor: AmountMinor
    currency: Currency
    share_bp: ShareBp = 10_000
    split_bp: ShareBp = 10_000
    first_loss_minor: AmountMinor = 0
    max_net_days: NetDays | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    provider: Text | None = None
    order_id: Id | None = None
    revision: Revision = 1


class CoverWithdrawn(Fact, frozen=True, kw_only=True, tag="cover_withdrawn", gc=False, omit_defaults=True):
    """A provider covers no new shipments from a day on; what was shipped before stays covered."""

    document: ClassVar[tuple[str, str] | None] = ("cover_withdrawal", "cover_id")

    cover_id: Id
    withdrawn_on: date


class CoverReleased(Fact, frozen=True, kw_only=True, tag="cover_released", gc=False, omit_defaults=True):
    """A cover no longer stands."""

    document: ClassVar[tuple[str, str] | None] = ("cover_release", "cover_id")

    cover_id: Id
    released_on: date


class ContractSigned(Fact, frozen=True, kw_only=True, tag="contract_signed", gc=False, omit_defaults=True):
    """A contract with its terms."""

    document: ClassVar[tuple[str, str] | None] = ("contract", "contract_id")

    contract_id: Id
    signed_on: date
    valid_from: date | None = None
    valid_until: date | None = None
    net_days: NetDays | None = None
    seller_id: Id | None = None
    revision: Revision = 1


DossierFact = (
    AccountOpened
    | DossierUpdated
    | MemberJoined
    | MemberLeft
    | ManagerAssigned
    | FinancialsFiled
    | ReferenceReported
    | AssessmentRecorded
    | CoverPledged
    | CoverReleased
    | CoverWithdrawn
    | ContractSigned
)
