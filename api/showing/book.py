"""The whole book: totals, groups, ageing and concentration, in the base currency."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Callable

import msgspec
from msgspec import Struct

from api.answers.lists import AsOf
from api.answers.portfolio import (
    AgeingTotal,
    CellMeasure,
    CellRow,
    Concentration,
    GroupRow,
    PortfolioAnswer,
    RiskMatrixAnswer,
    Totals,
    UtilisationBar,
)
from api.paging import Order
from api.sight import Sight
from projections.context import Context
from projections.views.due_lines import BUCKETS, ageing
from projections.views.lines import AccountLine, DueLine, place_of
from projections.views.partition_view import PartitionView
from schemas.money import convert

LARGEST = 10
_AT_ONCE = 500
"""So many accounts are added up before feed and requests have their turn."""
_BARS: tuple[tuple[int, int | None], ...] = (
    (0, 2_500),
    (2_500, 5_000),
    (5_000, 7_500),
    (7_500, 8_000),
    (8_000, 9_000),
    (9_000, 10_000),
    (10_000, 12_000),
    (12_000, None),
)
_BAR_ENDS = [end for _, end in _BARS if end is not None]
"""Basis points of utilisation; the default policy warns at 8,000, 9,000 and 10,000."""


class Sum(Struct):
    """What some accounts come to together; amounts are minor units of one currency."""

    accounts: int = 0
    exposure: int = 0
    owed: int = 0
    limit: int = 0
    overdue: int = 0
    loss: int | None = None
    unvalued: int = 0

    def add(self, line: AccountLine, into: str, context: Context) -> int:
        """Count an account in, and return its net exposure, never below zero."""
        self.accounts += 1
        if line.currency == into:
            amounts = (line.exposure_minor, line.net_exposure_minor, line.limit_minor or 0, line.overdue_minor)
            loss = line.expected_loss_minor
        else:
            of_line = (line.exposure_minor, line.net_exposure_minor, line.limit_minor or 0, line.overdue_minor)
            valued = [convert(amount, line.currency, into, context.base, context.rates) for amount in of_line]
            if None in valued:
                self.unvalued += 1
                return 0
            amounts = (valued[0] or 0, valued[1] or 0, valued[2] or 0, valued[3] or 0)
            loss = line.expected_loss_minor
            loss = None if loss is None else convert(loss, line.currency, into, context.base, context.rates)
        owed = max(0, amounts[1])
        self.exposure += amounts[0]
        self.owed += owed
        self.limit += amounts[2]
        self.overdue += amounts[3]
        if loss is not None:
            self.loss = (self.loss or 0) + loss
        return owed

    def totals(self, key: str | None, whole: int) -> Totals:
        """Return this as it is answered; `whole` is what shares are of."""
        return Totals(
            key=key,
            accounts=self.accounts,
            exposure_minor=self.exposure,
            net_exposure_minor=self.owed,
            limit_minor=self.limit,
            overdue_minor=self.overdue,
            expected_loss_minor=self.loss,
            unvalued=self.unvalued,
            share_bp=share_bp(self.owed, whole),
        )


_DIMENSIONS: dict[str, Callable[[AccountLine], str | None]] = {
    "by_grade": lambda line: line.grade or None,
    "by_industry": lambda line: line.industry,
    "by_country": lambda line: line.country,
    "by_manager": lambda line: line.manager,
}
_BY_NAME = frozenset({"by_grade", "by_currency"})
"""Groups that are looked for by name: they come in the order of their names, all others the largest first."""


def order_of(group: str) -> Order[Totals]:
    """Return the order of the groups of a respect, such as `by_grade`; the one without a key is the last."""
    return Order(
        lambda one: None if one.key is None or group in _BY_NAME else one.net_exposure_minor,
        lambda one: "\U0010ffff" if one.key is None else one.key,
        is_descending=True,
    )


class Book:
    """The whole book, account by account.

    Args:
        context: the base currency and the rates that amounts are valued by.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self.total = Sum()
        self.by_currency: dict[str, Sum] = {}
        self.groups: dict[str, dict[str | None, Sum]] = {name: {} for name in _DIMENSIONS}
        self.ageing = [0] * len(BUCKETS)
        self.bars = [Sum() for _ in _BARS]
        self.owed: list[tuple[int, AccountLine]] = []

    def add(self, part: PartitionView, line: AccountLine) -> None:
        """Count an account in."""
        context, base = self.context, self.context.base
        self.owed.append((self.total.add(line, base, context), line))
        self.by_currency.setdefault(line.currency, Sum()).add(line, line.currency, context)
        for name, key in _DIMENSIONS.items():
            self.groups[name].setdefault(key(line), Sum()).add(line, base, context)
        if line.utilisation_bp is not None:
            self.bars[bisect_right(_BAR_ENDS, line.utilisation_bp)].add(line, base, context)
        due: DueLine | None = part.shelf.get("due", place_of(line.account_id))
        if due is not None:
            self._add_ageing(due, part.partition.context.business_date)

    def _add_ageing(self, due: DueLine, business_date: str | None) -> None:
        context = self.context
        for currency, amounts in ageing(due, business_date).items():
            for number, amount in enumerate(amounts):
                valued = convert(amount, currency, context.base, context.base, context.rates) if amount else 0
                self.ageing[number] += valued or 0

    def answer(self, as_of: AsOf) -> PortfolioAnswer:
        """Return the totals of what was counted in."""
        whole = self.total.owed
        largest = sorted(self.owed, key=lambda found: (-found[0], found[1].account_id))[:LARGEST]
        return PortfolioAnswer(
            currency=self.context.base,
            total=self.total.totals(None, whole),
            by_currency=order_of("by_currency").sort(
                found.totals(name, found.owed) for name, found in self.by_currency.items()
            ),
            **{
                name: order_of(name).sort(found.totals(key, whole) for key, found in sums.items())
                for name, sums in self.groups.items()
            },
            ageing=[
                AgeingTotal(from_days=first, to_days=last, amount_minor=amount)
                for (first, last), amount in zip(BUCKETS, self.ageing, strict=True)
            ],
            utilisation=[
                UtilisationBar(from_bp=first, to_bp=end, accounts=found.accounts, net_exposure_minor=found.owed)
                for (first, end), found in zip(_BARS, self.bars, strict=True)
            ],
            concentration=[_concentration(owed, line, whole) for owed, line in largest if owed],
            as_of=as_of,
        )


def _concentration(owed: int, line: AccountLine, whole: int) -> Concentration:
    return Concentration(
        account_id=line.account_id, name=line.name, net_exposure_minor=owed, share_bp=share_bp(owed, whole)
    )


def share_bp(part: int, whole: int) -> int:
    """Return a part of a whole in basis points, 0 of nothing.

    >>> share_bp(1, 3), share_bp(1, 0)
    (3333, 0)
    """
    return part * 10_000 // whole if whole > 0 else 0


async def portfolio(sight: Sight) -> PortfolioAnswer:
    """Return the totals of the book as a caller sees it; others have their turn while it is added up."""
    book = Book(sight.view.parts[0].partition.context)
    for number, (part, line) in enumerate(list(sight.accounts())):
        book.add(part, line)
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)
    return book.answer(sight.view.as_of())


def group_rows(book: PortfolioAnswer, group: str) -> list[GroupRow]:
    """Return the groups of a book in a respect, such as `by_grade`, each with the currency of its amounts."""
    totals: list[Totals] = getattr(book, group)
    return [
        GroupRow(
            **msgspec.structs.asdict(one),
            currency=one.key if group == "by_currency" and one.key is not None else book.currency,
        )
        for one in totals
    ]


def risk_matrix(sight: Sight) -> RiskMatrixAnswer:
    """Return the cells of the risk matrix that hold accounts, as a caller sees them."""
    cells: dict[tuple[int, int, str], list[AccountLine]] = {}
    for _, line in sight.accounts():
        if line.cell is not None:
            cells.setdefault(line.cell, []).append(line)
    policy = sight.view.parts[0].partition.context.policy
    matrix = policy.risk_matrix
    return RiskMatrixAnswer(
        cells=[_cell(cell, cells[cell]) for cell in sorted(cells)],
        sizes=len(matrix.cells),
        probabilities=len(matrix.probabilities),
        sizes_minor=list(matrix.sizes_minor),
        grades=[list(grades) for grades in matrix.probabilities],
        measures=[
            [CellMeasure(measure=one.measure, owner_role=one.owner_role, level=one.level) for one in row]
            for row in matrix.cells
        ],
        currency=policy.currency,
        as_of=sight.view.as_of(),
    )


def _cell(cell: tuple[int, int, str], lines: list[AccountLine]) -> CellRow:
    owed: dict[str, int] = {}
    for line in lines:
        owed[line.currency] = owed.get(line.currency, 0) + line.net_exposure_minor
    return CellRow(
        size=cell[0],
        probability=cell[1],
        measure=cell[2],
        accounts=len(lines),
        net_exposure_minor={currency: amount for currency, amount in sorted(owed.items()) if amount},
    )
