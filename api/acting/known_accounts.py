"""What this process's views know that acting asks: whose an account is, what it is called elsewhere, old outcomes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Protocol

from api.acting.finding import Finder, Known
from api.acting.outcomes import Outcome, read_outcome
from api.ledger_view import LedgerView
from projections.dossier import dossier_of
from projections.views.lines import TrailLine, place_of
from schemas.ledger import decode_entry

LOOKED_BACK = 2_000
"""So many records of an account are looked through for an old fact."""
_END = b"\xff" * 9


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

    def past(self, account_id: str | None, fact_id: str) -> Outcome | None:
        """Return what became of a fact of an account some time ago, or None if that is not found."""
        view = self._views.serving
        if view is None:
            return None
        part = view.of_account(account_id or "") if account_id else view.parts[0]
        place, wanted = place_of(account_id or ""), fact_id.encode()
        lines = part.shelf.scan("trail", place, place + _END)
        for count, (_, line) in enumerate(lines):
            if count >= LOOKED_BACK:
                return None
            if wanted in line.value and _fact_id(line) == fact_id:
                return read_outcome(part.number, line.value)
        return None


def _fact_id(line: TrailLine) -> str:
    return decode_entry(line.value).fact_id


def _accounts(view: LedgerView) -> Iterator[Known]:
    for part in view.parts:
        for line in part.accounts.lines.values():
            yield Known(line.account_id, line.seq, partial(dossier_of, part.book, line.account_id))
