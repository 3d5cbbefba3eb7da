"""The whole book. Amounts are minor units: of `currency` in `by_currency`, of the base currency elsewhere."""

from __future__ import annotations

from msgspec import Struct

from api.answers.lists import AsOf, Page
from schemas.publication import RiskCell


class Totals(Struct, frozen=True, kw_only=True):
    """What some accounts come to together; `key` says which: a currency, grade, industry, country or manager.

    `net_exposure_minor` counts no account below zero: what one has too much makes no other safer. `limit_minor` leaves
    out the unlimited. `unvalued` accounts have no rate and are counted in `accounts` only. A `key` of null is unknown.
    """

    key: str | None
    accounts: int
    exposure_minor: int
    net_exposure_minor: int
    limit_minor: int
    overdue_minor: int
    expected_loss_minor: int | None
    unvalued: int
    share_bp: int


class GroupRow(Totals, frozen=True, kw_only=True):
    """One group of the book, as `Totals`, with the currency that its amounts are in."""

    currency: str


class GroupPage(Page, frozen=True, kw_only=True):
    """The groups of the book in one respect, in the order in which `PortfolioAnswer` has them."""

    groups: list[GroupRow]


class AgeingTotal(Struct, frozen=True, kw_only=True):
    """What of all open items is past due from so many days to so many; 0 to 0 is not due yet, null is without end."""

    from_days: int
    to_days: int | None
    amount_minor: int


class UtilisationBar(Struct, frozen=True, kw_only=True):
    """Accounts whose utilisation is at least `from_bp` and below `to_bp`; null is without end."""

    from_bp: int
    to_bp: int | None
    accounts: int
    net_exposure_minor: int


class Concentration(Struct, frozen=True, kw_only=True):
    """One of the ten largest accounts and its share of the book."""

    account_id: str
    name: str | None
    net_exposure_minor: int
    share_bp: int


class PortfolioAnswer(Struct, frozen=True, kw_only=True):
    """Totals of the book and how it is made up; `currency` is the base currency that other amounts are valued in."""

    currency: str
    total: Totals
    by_currency: list[Totals]
    by_grade: list[Totals]
    by_industry: list[Totals]
    by_country: list[Totals]
    by_manager: list[Totals]
    ageing: list[AgeingTotal]
    utilisation: list[UtilisationBar]
    concentration: list[Concentration]
    as_of: AsOf


class CellRow(RiskCell, frozen=True, kw_only=True):
    """A cell of the risk matrix that holds accounts; `net_exposure_minor` is by currency."""

    accounts: int
    net_exposure_minor: dict[str, int]


class CellMeasure(Struct, frozen=True, kw_only=True):
    """What the policy says is to be done with the accounts of a cell, and the level of the alert, if any."""

    measure: str
    owner_role: str
    level: str | None


class RiskMatrixAnswer(Struct, frozen=True, kw_only=True):
    """The cells that hold accounts, from small to large and from safe to unsafe; classes count from 1.

    `sizes` and `probabilities` say how many classes the policy in force has, 0 where it has no matrix; `sizes_minor`
    are the lower ends of the size classes above the smallest, in `currency`, `grades` those of each class of
    probability, and `measures` has a row for each size.
    """

    cells: list[CellRow]
    sizes: int
    probabilities: int
    sizes_minor: list[int]
    grades: list[list[str]]
    measures: list[list[CellMeasure]]
    currency: str
    as_of: AsOf
