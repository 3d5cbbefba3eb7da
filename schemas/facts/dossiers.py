"""Facts about who the account is: topic `dossiers`."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from msgspec import Struct, field

from schemas.facts.shape import Fact, Id, Text
from schemas.money import AmountMinor, Currency


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
    revision: int = 1
    industry: Id | None = None
    country: Id | None = None
    revenue_minor: AmountMinor | None = None
    calendar: Id | None = None
    parties: tuple[Party, ...] = ()


class DossierUpdated(Fact, frozen=True, kw_only=True, tag="dossier_updated", gc=False, omit_defaults=True):
    """Some fields of the dossier changed; those not given stay."""

    acted_on: ClassVar[bool] = False

    updated_on: date | None = None
    fields: dict[str, Any] = field(default_factory=dict)


class MemberJoined(Fact, frozen=True, kw_only=True, tag="member_joined", gc=False, omit_defaults=True):
    """A customer now buys under this account's limit."""

    acted_on: ClassVar[bool] = False

    customer_id: Id
    joined_on: date | None = None


class MemberLeft(Fact, frozen=True, kw_only=True, tag="member_left", gc=False, omit_defaults=True):
    """A customer no longer buys under this account's limit."""

    acted_on: ClassVar[bool] = False

    customer_id: Id
    left_on: date | None = None


class ManagerAssigned(Fact, frozen=True, kw_only=True, tag="manager_assigned", gc=False, omit_defaults=True):
    """An account manager answers for the account from a date on."""

    acted_on: ClassVar[bool] = False

    manager_id: Id
    assigned_on: date | None = None


class FinancialsFiled(Fact, frozen=True, kw_only=True, tag="financials_filed", gc=False, omit_defaults=True):
    """Financial statements of one period; items are minor units by name."""

    acted_on: ClassVar[bool] = False

    period_end_on: date
    currency: Currency
    items: dict[str, int]
    audited: bool = False


class ReferenceReported(Fact, frozen=True, kw_only=True, tag="reference_reported", gc=False, omit_defaults=True):
    """A trade or bank reference."""

    acted_on: ClassVar[bool] = False

    referee: Text
    reported_on: date
    rating: Text | None = None


class AssessmentRecorded(Fact, frozen=True, kw_only=True, tag="assessment_recorded", gc=False, omit_defaults=True):
    """A person's assessment: management, site visit, complaint."""

    acted_on: ClassVar[bool] = False

    subject: Id
    rating: int
    recorded_on: date


class CoverPledged(Fact, frozen=True, kw_only=True, tag="cover_pledged", gc=False, omit_defaults=True):
    """A guarantee, collateral, insurance or letter of credit."""

    document: ClassVar[tuple[str, str] | None] = ("cover", "cover_id")
    acted_on: ClassVar[bool] = False

    cover_id: Id
    kind: Id
    value_minor: AmountMinor
    currency: Currency
    share_bp: int = 10_000
    valid_from: date | None = None
    valid_until: date | None = None
    provider: Text | None = None
    revision: int = 1


class CoverReleased(Fact, frozen=True, kw_only=True, tag="cover_released", gc=False, omit_defaults=True):
    """A cover no longer stands."""

    document: ClassVar[tuple[str, str] | None] = ("cover_release", "cover_id")
    acted_on: ClassVar[bool] = False

    cover_id: Id
    released_on: date


class ContractSigned(Fact, frozen=True, kw_only=True, tag="contract_signed", gc=False, omit_defaults=True):
    """A contract with its terms."""

    document: ClassVar[tuple[str, str] | None] = ("contract", "contract_id")
    acted_on: ClassVar[bool] = False

    contract_id: Id
    signed_on: date
    valid_until: date | None = None
    net_days: int | None = None
    revision: int = 1


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
    | ContractSigned
)
