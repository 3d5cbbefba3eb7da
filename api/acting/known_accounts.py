"""What this process's views know that acting asks: whose an account is, what it is called elsewhere, old outcomes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Protocol

from api.acting.finding import Finder, Known
from api.acting.outcomes import Outcome, read_outcome
from api.ledger_view import LedgerView
from projections.dossier import dossier_of
from projections.views.past_lines import find_fact

LAG_MAX_RECORDS = 2_000
"""Views that lack more records may lack some that the newest part of the ledger, as this process has it, lacks too."""


class NotReadYet(Exception):
    """The views do not serve yet; the text says why."""


class Serving(Protocol):
    """The views of a process as far as this matters."""

    @property
    def serving(self) -> LedgerView | None: ...


class KnownAccounts:
    """Accounts as the views have them now."""

    def __init__(self, views: Serving) -> None:
        self._views = views
        self._finder: tuple[LedgerView, Finder] | None = None

    @property
    def view(self) -> LedgerView:
        """Return what serves.

        Raises:
            NotReadYet: nothing does.
        """
        view = self._views.serving
        if view is None:
            raise NotReadYet("expected accounts to be known by now, the ledger is still being read")
        return view

    def finder(self) -> Finder:
        """Return what finds accounts, up to date.

        Raises:
            NotReadYet: the views do not serve.
        """
        view = self.view
        if self._finder is None or self._finder[0] is not view:
            self._finder = (view, Finder(lambda: _accounts(view)))
        self._finder[1].refresh()
        return self._finder[1]

    @property
    def is_whole(self) -> bool:
        """Return whether the views have the whole ledger but for its newest part: what is not found was never told."""
        view = self._views.serving
        return view is not None and view.lag <= LAG_MAX_RECORDS

    def past(self, name: str) -> Outcome | None:
        """Return what became of a fact at any time, by id or place; None if the views do not have it.

        Where several accounts have facts of one id, it is the first of them.
        """
        view = self._views.serving
        parts = [] if view is None else view.parts
        found = [(part.number, line) for part in parts if (line := find_fact(part.shelf, name)) is not None]
        outcomes = [read_outcome(number, line.value) for number, line in found]
        return min(outcomes, key=lambda outcome: outcome.at_ms, default=None)


def _accounts(view: LedgerView) -> Iterator[Known]:
    for part in view.parts:
        for line in part.accounts.lines.values():
            yield Known(line.account_id, line.seq, partial(dossier_of, part.book, line.account_id))
