"""What `obligor learn` learns: a table told to the rules in memory, the ledgers of a running system, or a market."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from streams.importer import Import
from streams.known_at_issue import require_known_at_issue
from streams.lateness_replay import CoreInMemory, labels_in_ledgers, learned, said_by
from streams.learning import Learner
from streams.message import Message
from streams.receivables import Reject, read_receivables
from streams.receivables_map import load_map
from streams.settings import Settings
from streams.simulator import DEFAULT_START, Market
from streams.tables import read_table

_notes = Console(stderr=True, highlight=False)


def from_table(
    file: Path, map_name: str, late_after: int, encoding: str | None, *, quiet: bool
) -> tuple[Learner, list[Reject]]:
    """Learn a table as an import of it would be learned; return the rows left out too."""
    rules = load_map(map_name)
    require_known_at_issue(rules)
    table = read_table(
        file, encoding=encoding, delimiter=rules.delimiter, sheet=rules.sheet, header_line=rules.header_line
    )
    found = read_receivables(table, rules, latest=date.today())
    importing, core = Import(found.items, rules), CoreInMemory(late_after)
    with _bar("facts", importing.count, quiet) as advance:
        study = learned(said_by(core, advance.each(importing.messages())))
    return study.learner, found.rejects


def from_market(
    days: int, accounts: int, seed: int, worse_after: int, late_after: int, *, quiet: bool, start: date = DEFAULT_START
) -> Learner:
    """Learn a simulated market whose orders leave when the rules let them go."""
    worse_from = start + timedelta(days=worse_after) if worse_after else None
    market, core = Market(seed, accounts, start, worse_from=worse_from), CoreInMemory(late_after)

    def messages() -> Iterator[Message]:
        for _ in advance.each(range(days)):
            yield from market.day(market.next_date, core.may_leave)

    with _bar("days", days, quiet) as advance:
        return learned(said_by(core, messages())).learner


def from_ledgers(settings: Settings, *, quiet: bool) -> Learner:
    """Learn what the ledgers of a running system say."""
    with _bar("records", None, quiet) as advance:
        labels = list(labels_in_ledgers(settings, advance))
    return learned(labels, settings.partitions).learner


class _Advance:
    """Moves a progress bar."""

    def __init__(self, progress: Progress, task: Any) -> None:
        self._progress, self._task = progress, task

    def __call__(self, done: int, total: int) -> None:
        self._progress.update(self._task, completed=done, total=total)

    def each(self, things: Iterable[Any]) -> Iterator[Any]:
        """Yield each, and move on by one."""
        for thing in things:
            yield thing
            self._progress.advance(self._task)


@contextmanager
def _bar(what: str, total: int | None, quiet: bool) -> Iterator[_Advance]:
    columns = (TextColumn("learning"), BarColumn(), MofNCompleteColumn(), TextColumn(what))
    with Progress(*columns, console=_notes, disable=quiet, transient=True) as progress:
        yield _Advance(progress, progress.add_task("learning", total=total))
