"""Accounts as lists show them, and how they stood over time.

An account's exposure is reckoned once for all the records of an hour, after the last of them, so that a view that is
built anew comes to the same points as one that follows live.
"""

from __future__ import annotations

import msgspec

from projections.book import Book
from projections.context import Context
from projections.dossier import dossier_of
from projections.dossier_rows import Dossier
from projections.exposures import exposure_of
from projections.rows import Account
from projections.views.lines import AccountLine, PointLine, number_key, place_of
from projections.views.shelf import Shelf
from schemas.publication import Exposure

HOUR_MS = 3_600_000
_encode = msgspec.json.Encoder().encode
_NO_DOSSIER = Dossier()


class AccountLines:
    """All accounts of a partition, by id, in memory; `pending` are those that were touched and not reckoned yet."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.lines: dict[str, AccountLine] = {line.account_id: line for _, line in shelf.scan("account")}
        self.pending: dict[str, int] = {}

    def at_ms(self, account_id: str, at_ms: int) -> int:
        """Return the time of an account's next record: its fact's, or that of an earlier one if that was later."""
        line = self.lines.get(account_id)
        return max(at_ms, self.pending.get(account_id, 0), 0 if line is None else line.at_ms)

    def is_of_another_hour(self, account_id: str, at_ms: int) -> bool:
        """Return whether what is pending of an account belongs to an hour before this one."""
        pending_ms = self.pending.get(account_id)
        return pending_ms is not None and pending_ms // HOUR_MS != at_ms // HOUR_MS

    def reckon(self, book: Book, context: Context, epoch: int, account_ids: list[str]) -> None:
        """Bring the lines of accounts up to date, and add where they stand to their past."""
        for account_id in account_ids:
            at_ms = self.pending.pop(account_id)
            account = book.account(account_id)
            assert account is not None, f"account {account_id!r} has been touched and has no row"
            exposure = exposure_of(account, context, epoch, at_ms, book)
            line = account_line(account, dossier_of(book, account_id) or _NO_DOSSIER, exposure)
            self.lines[account_id] = line
            self.shelf.put("account", place_of(account_id), line)
            self.shelf.put("point", place_of(account_id) + number_key(at_ms // HOUR_MS), point(exposure))


def account_line(account: Account, dossier: Dossier, exposure: Exposure) -> AccountLine:
    """Return an account as lists show it."""
    cell = exposure.risk_cell
    return AccountLine(
        account_id=account.account_id,
        name=account.name,
        currency=account.currency,
        status=account.status,
        held=account.held,
        grade=account.grade,
        exposure_minor=exposure.exposure_minor,
        net_exposure_minor=exposure.net_exposure_minor,
        limit_minor=exposure.limit_minor,
        unlimited=exposure.unlimited,
        headroom_minor=exposure.headroom_minor,
        utilisation_bp=exposure.utilisation_bp,
        overdue_minor=exposure.overdue_minor,
        combined_level=exposure.combined_level,
        open_alerts=sum(not alert.closed for alert in account.alerts.values()),
        waiting_orders=account.waiting_count,
        manager=dossier.manager_id,
        industry=dossier.industry,
        country=dossier.country,
        cell=None if cell is None else (cell.size, cell.probability, cell.measure),
        score=None if dossier.score is None else dossier.score.points,
        lateness_probability_bp=exposure.lateness_bp,
        expected_loss_minor=exposure.expected_loss_minor,
        seq=account.seq,
        at_ms=exposure.at_ms,
        exposure=_encode(exposure),
    )


def point(exposure: Exposure) -> PointLine:
    """Return where an account stands as a point of its past."""
    return PointLine(
        exposure.at_ms,
        exposure.exposure_minor,
        exposure.net_exposure_minor,
        exposure.limit_minor,
        exposure.unlimited,
        exposure.overdue_minor,
        exposure.orders_minor,
        exposure.pending_minor,
        exposure.delivered_minor,
        exposure.invoiced_minor,
        exposure.bills_minor,
        exposure.unapplied_minor,
        exposure.cover_minor,
    )
