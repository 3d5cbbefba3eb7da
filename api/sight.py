"""What a caller sees: the one place that accounts are let through, or kept back, by their account managers.

Every read goes through a `Sight`; nothing else hands out lines of accounts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from typing import Any, TypeVar

from api.ledger_view import LedgerView
from projections.views.alert_lines import NO_ACCOUNT
from projections.views.lines import AccountLine, AlertLine, ApprovalLine, OrderLine
from projections.views.partition_view import PartitionView
from projections.views.shelf import Worklist

Scope = frozenset[str]
L = TypeVar("L", OrderLine, AlertLine, ApprovalLine)


class Sight:
    """A view as one caller sees it.

    Args:
        view: what is served.
        managers: the account managers whose accounts are seen; None is all, those without a manager included.
    """

    def __init__(self, view: LedgerView, managers: Scope | None = None) -> None:
        self.view = view
        self.managers = managers

    def sees(self, line: AccountLine) -> bool:
        """Return whether an account is in scope."""
        return self.managers is None or line.manager in self.managers

    def account(self, account_id: str) -> tuple[PartitionView, AccountLine] | None:
        """Return an account with the part of the view it is in; None if it is not known or out of scope alike."""
        part = self.view.of_account(account_id)
        line = part.accounts.lines.get(account_id)
        return (part, line) if line is not None and self.sees(line) else None

    def accounts(self) -> Iterator[tuple[PartitionView, AccountLine]]:
        """Yield all accounts in scope, in no order."""
        for part in self.view.parts:
            for line in part.accounts.lines.values():
                if self.sees(line):
                    yield part, line

    def open(self, kind: Callable[[PartitionView], Worklist[L]]) -> list[L]:
        """Return the open lines of a kind, in no order."""
        return [line for part in self.view.parts for line in kind(part).open.values() if self._shows(part, line)]

    def newest(
        self, kind: Callable[[PartitionView], Worklist[L]], state: str, after: bytes
    ) -> Iterable[tuple[bytes, L]]:
        """Yield the lines of a kind that are in a state which is not open, the last changed first, from a place on."""
        parts = [self._of_part(part, kind(part).newest(state, after)) for part in self.view.parts]
        return merge(*parts, key=lambda found: found[0])

    def _of_part(self, part: PartitionView, lines: Iterable[tuple[bytes, L]]) -> Iterator[tuple[bytes, L]]:
        return ((place, line) for place, line in lines if self._shows(part, line))

    def _shows(self, part: PartitionView, line: Any) -> bool:
        if line.account_id == NO_ACCOUNT:
            return self.managers is None
        account = part.accounts.lines.get(line.account_id)
        return account is not None and self.sees(account)
