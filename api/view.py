"""What is known of each account now: its latest exposure, its open alerts and requests, its last decisions.

Held in memory and folded from the output topics from their beginning each time the process starts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec
from msgspec import Struct
from sortedcontainers import SortedDict

from api.events import Event
from schemas.decisions import LEVELS
from schemas.publication import Place, RiskCell

DECISIONS_KEPT = 50


class _ExposureRow(Struct, gc=False):
    account_id: str
    status: str
    ledger: Place
    name: str | None = None
    currency: str = ""
    net_exposure_minor: int = 0
    risk_cell: RiskCell | None = None


class _AlertRow(Struct, gc=False):
    alert_id: str
    did: str = ""


class _ApprovalRow(Struct, gc=False):
    approval_id: str
    state: str
    needs: tuple[str, ...] = ()
    expires_on: str = ""


class OpenApproval(Struct, frozen=True, gc=False):
    """A request that waits for approvers; `value` is its latest publication, `needs` the roles still to agree."""

    account_id: str
    needs: tuple[str, ...]
    expires_on: str
    value: msgspec.Raw


class OpenAlert(Struct, frozen=True, gc=False):
    """An alert that was neither cleared nor closed; `value` is its latest publication."""

    account_id: str
    level: str
    place: tuple[int, int, int]
    value: msgspec.Raw


Placed = tuple[RiskCell, str, int]


class CellView(Struct):
    """What a cell of the risk matrix holds; exposures by currency, in minor units."""

    accounts: int = 0
    net_exposure_minor: dict[str, int] = {}

    def take(self, placed: Placed, sign: int) -> None:
        """Count an account in, or with a sign of -1 out again."""
        _, currency, net_exposure_minor = placed
        self.accounts += sign
        total = self.net_exposure_minor.get(currency, 0) + sign * net_exposure_minor
        self.net_exposure_minor[currency] = total


class AccountView(Struct):
    """One account; `exposure` is None while only decisions or alerts of it are known, as of an unknown account."""

    account_id: str
    status: str | None = None
    name: str | None = None
    exposure: msgspec.Raw | None = None
    place: tuple[int, int, int] = (-1, -1, -1)
    placed: Placed | None = None
    open_alerts: dict[str, OpenAlert] = {}
    open_approvals: dict[str, OpenApproval] = {}
    decisions: deque[msgspec.Raw] = msgspec.field(default_factory=lambda: deque(maxlen=DECISIONS_KEPT))


_read_exposure = msgspec.json.Decoder(_ExposureRow).decode
_read_alert = msgspec.json.Decoder(_AlertRow).decode
_read_approval = msgspec.json.Decoder(_ApprovalRow).decode


class View:
    """All accounts, by account id."""

    def __init__(self) -> None:
        self._accounts: SortedDict = SortedDict()
        self.unreadable = 0
        self._matrix: dict[RiskCell, CellView] = {}

    def __len__(self) -> int:
        return len(self._accounts)

    def take_exposure(self, value: bytes | None) -> None:
        """Replace an account's exposure unless it is older than the one known.

        Judged by account and not by partition: in a compacted topic a repetition may be all that is left.
        """
        if value is None:
            return
        try:
            row = _read_exposure(value)
        except msgspec.DecodeError:
            self.unreadable += 1
            return
        account = self._account(row.account_id)
        place = (row.ledger.epoch, row.ledger.seq, row.ledger.n)
        if place >= account.place:
            account.place, account.status, account.name = place, row.status, row.name
            account.exposure = msgspec.Raw(value)
            self._replace_in_matrix(account, row)

    def _replace_in_matrix(self, account: AccountView, row: _ExposureRow) -> None:
        if account.placed is not None:
            self._matrix[account.placed[0]].take(account.placed, -1)
        account.placed = None if row.risk_cell is None else (row.risk_cell, row.currency, row.net_exposure_minor)
        if account.placed is not None:
            self._matrix.setdefault(account.placed[0], CellView()).take(account.placed, 1)

    def risk_matrix(self) -> list[tuple[RiskCell, CellView]]:
        """Return the cells that have accounts, from small to large and from safe to unsafe."""
        found = [(cell, counted) for cell, counted in self._matrix.items() if counted.accounts]
        return sorted(found, key=lambda each: (each[0].size, each[0].probability, each[0].measure))

    def take(self, events: Iterable[Event]) -> None:
        """Fold decisions and alerts that are no repetitions."""
        for event in events:
            if event.account_id is None or event.topic == "exposures":
                continue
            account = self._account(event.account_id)
            if event.topic == "decisions":
                account.decisions.append(msgspec.Raw(event.value))
                if event.event_type == "approval_changed":
                    self._take_approval(account, event)
            else:
                self._take_alert(account, event)

    def account(self, account_id: str) -> AccountView | None:
        """Return one account, or None if nothing was ever published of it."""
        found: AccountView | None = self._accounts.get(account_id)
        return found

    def accounts(self, after: str, limit: int, status: str | None, query: str | None) -> list[AccountView]:
        """Return a page of accounts above an id, in order of id; `query` is a part of the id or name in any case."""
        wanted = (query or "").casefold()
        matching = (
            account
            for account in self._above(after)
            if (status is None or account.status == status)
            and (not wanted or wanted in account.account_id.casefold() or wanted in (account.name or "").casefold())
        )
        return list(islice(matching, limit))

    def alerts(self, level: str | None, limit: int) -> tuple[list[OpenAlert], int]:
        """Return the open alerts, gravest and newest first, and how many there are."""
        found = [
            alert
            for account in self._accounts.values()
            for alert in account.open_alerts.values()
            if level is None or alert.level == level
        ]
        found.sort(key=lambda alert: (LEVELS.get(alert.level, 0), alert.place), reverse=True)
        return found[:limit], len(found)

    def approvals(self, role: str | None, limit: int) -> tuple[list[OpenApproval], int]:
        """Return the requests that wait for a role or for any, the next to expire first, and how many there are."""
        found = [
            approval
            for account in self._accounts.values()
            for approval in account.open_approvals.values()
            if role is None or role in approval.needs
        ]
        found.sort(key=lambda approval: approval.expires_on)
        return found[:limit], len(found)

    def _above(self, after: str) -> Iterator[AccountView]:
        for account_id in self._accounts.irange(minimum=after, inclusive=(False, True)):
            yield self._accounts[account_id]

    def _account(self, account_id: str) -> AccountView:
        account: AccountView | None = self._accounts.get(account_id)
        if account is None:
            account = self._accounts[account_id] = AccountView(account_id)
        return account

    def _take_approval(self, account: AccountView, event: Event) -> None:
        try:
            row = _read_approval(event.value)
        except msgspec.DecodeError:
            self.unreadable += 1
            return
        if row.state == "open":
            value = msgspec.Raw(event.value)
            approval = OpenApproval(account.account_id, row.needs, row.expires_on, value)
            account.open_approvals[row.approval_id] = approval
        else:
            account.open_approvals.pop(row.approval_id, None)

    def _take_alert(self, account: AccountView, event: Event) -> None:
        try:
            row = _read_alert(event.value)
        except msgspec.DecodeError:
            self.unreadable += 1
            return
        if event.event_type == "alert_cleared" or row.did == "closed":
            account.open_alerts.pop(row.alert_id, None)
        else:
            level = event.level or "notice"
            account.open_alerts[row.alert_id] = OpenAlert(
                account.account_id, level, event.place, msgspec.Raw(event.value)
            )
