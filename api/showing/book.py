"""The whole book: totals, groups, ageing and concentration, in the base currency."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from api.answers.portfolio import (
    AgeingTotal,
    CellMeasure,
    CellRow,
    Concentration,
    PortfolioAnswer,
    RiskMatrixAnswer,
    Totals,
    UtilisationBar,
)
from api.sight import Sight
from projections.context import Context
from projections.views.due_lines import BUCKETS, ageing
from projections.views.lines import AccountLine, DueLine, place_of
from projections.views.partition_view import PartitionView
from schemas.money import convert

LARGEST = 10
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
"""Basis points of utilisation; the default policy warns at 8,000, 9,000 and 10,000."""


class _Valued(Struct, frozen=True, gc=False):
    """An account's amounts in another currency; `owed` is net exposure, never below zero."""

    line: AccountLine
    part: PartitionView
    exposure: int
    owed: int
    limit: int
    overdue: int
    expected_loss: int | None
    has_rate: bool = True


def portfolio(sight: Sight) -> PortfolioAnswer:
    """Return the totals of the book as a caller sees it."""
    context = sight.view.parts[0].partition.context
    book = [_valued(part, line, context.base, context) for part, line in sight.accounts()]
    whole = sum(found.owed for found in book)
    return PortfolioAnswer(
        currency=context.base,
        total=_totals(None, book, whole),
        by_currency=_by_currency(sight, context),
        by_grade=_groups(book, whole, lambda line: line.grade or None),
        by_industry=_groups(book, whole, lambda line: line.industry),
        by_country=_groups(book, whole, lambda line: line.country),
        by_manager=_groups(book, whole, lambda line: line.manager),
        ageing=_ageing(book, context),
        utilisation=[_bar(book, first, end) for first, end in _BARS],
        concentration=_largest(book, whole),
        as_of=sight.view.as_of(),
    )


def _valued(part: PartitionView, line: AccountLine, into: str, context: Context) -> _Valued:
    def value(amount: int) -> int | None:
        return convert(amount, line.currency, into, context.base, context.rates)

    if value(1) is None:
        return _Valued(line, part, 0, 0, 0, 0, None, has_rate=False)
    loss = line.expected_loss_minor
    return _Valued(
        line,
        part,
        value(line.exposure_minor) or 0,
        value(max(0, line.net_exposure_minor)) or 0,
        value(line.limit_minor or 0) or 0,
        value(line.overdue_minor) or 0,
        None if loss is None else value(loss),
    )


def _totals(key: str | None, found: Sequence[_Valued], whole: int) -> Totals:
    owed = sum(one.owed for one in found)
    losses = [one.expected_loss for one in found if one.expected_loss is not None]
    return Totals(
        key=key,
        accounts=len(found),
        exposure_minor=sum(one.exposure for one in found),
        net_exposure_minor=owed,
        limit_minor=sum(one.limit for one in found),
        overdue_minor=sum(one.overdue for one in found),
        expected_loss_minor=sum(losses) if losses else None,
        unvalued=sum(not one.has_rate for one in found),
        share_bp=share_bp(owed, whole),
    )


def share_bp(part: int, whole: int) -> int:
    """Return a part of a whole in basis points, 0 of nothing.

    >>> share_bp(1, 3), share_bp(1, 0)
    (3333, 0)
    """
    return part * 10_000 // whole if whole > 0 else 0


def _groups(book: Iterable[_Valued], whole: int, key: Callable[[AccountLine], str | None]) -> list[Totals]:
    """Return the totals of each group, the largest first; accounts of which the key is not known are the last."""
    groups: dict[str | None, list[_Valued]] = {}
    for found in book:
        groups.setdefault(key(found.line), []).append(found)
    totals = [_totals(name, found, whole) for name, found in groups.items()]
    return sorted(totals, key=lambda one: (one.key is None, -one.net_exposure_minor, one.key or ""))


def _by_currency(sight: Sight, context: Context) -> list[Totals]:
    """Return the totals of the accounts of each currency, in that currency; shares are of the accounts' own book."""
    groups: dict[str, list[_Valued]] = {}
    for part, line in sight.accounts():
        groups.setdefault(line.currency, []).append(_valued(part, line, line.currency, context))
    return [_totals(name, found, sum(one.owed for one in found)) for name, found in sorted(groups.items())]


def _ageing(book: Iterable[_Valued], context: Context) -> list[AgeingTotal]:
    amounts = [0] * len(BUCKETS)
    for found in book:
        line: DueLine | None = found.part.shelf.get("due", place_of(found.line.account_id))
        if line is None:
            continue
        for currency, by_bucket in ageing(line, found.part.partition.context.business_date).items():
            for number, amount in enumerate(by_bucket):
                amounts[number] += convert(amount, currency, context.base, context.base, context.rates) or 0
    return [
        AgeingTotal(from_days=first, to_days=last, amount_minor=amount)
        for (first, last), amount in zip(BUCKETS, amounts, strict=True)
    ]


def _bar(book: Iterable[_Valued], first: int, end: int | None) -> UtilisationBar:
    found = [
        one
        for one in book
        if one.line.utilisation_bp is not None
        and first <= one.line.utilisation_bp
        and (end is None or one.line.utilisation_bp < end)
    ]
    owed = sum(one.owed for one in found)
    return UtilisationBar(from_bp=first, to_bp=end, accounts=len(found), net_exposure_minor=owed)


def _largest(book: Iterable[_Valued], whole: int) -> list[Concentration]:
    ranked = sorted(book, key=lambda one: (-one.owed, one.line.account_id))[:LARGEST]
    return [
        Concentration(
            account_id=one.line.account_id,
            name=one.line.name,
            net_exposure_minor=one.owed,
            share_bp=share_bp(one.owed, whole),
        )
        for one in ranked
        if one.owed
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
