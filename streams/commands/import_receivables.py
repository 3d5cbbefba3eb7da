"""`obligor import`: a table of receivables as history."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table as Sheet
from rich.text import Text

from schemas.money import display
from streams.commands.connecting import BrokersOption, DataOption, connected_settings, ending_with_2
from streams.importer import AsOfMissing, Import
from streams.message import Message
from streams.producing import Producing
from streams.receivables import Item, Receivables, Reject, read_receivables
from streams.receivables_map import MapInvalid, ReceivablesMap, load_map, shipped_maps
from streams.tables import Row, Table, TableUnreadable, read_table

_notes = Console(stderr=True)
_SHOWN_MAX = 20


def import_receivables(
    file: Annotated[Path, typer.Argument(help="A CSV or XLSX file.")],
    map_name: Annotated[
        str, typer.Option("--map", help=f"A map file, or one that ships with Obligor: {', '.join(shipped_maps())}.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and check everything, send nothing.")] = False,
    encoding: Annotated[str | None, typer.Option(help="Of a CSV file; else UTF-8 or GB18030 is found out.")] = None,
    rejects: Annotated[Path | None, typer.Option(help="Write the rows that do not go in to this CSV file.")] = None,
    through: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Close business days up to this one.")
    ] = None,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day a list of open items was taken.")
    ] = None,
    brokers: BrokersOption = None,
    data: DataOption = None,
) -> None:
    """Turn a table of receivables into facts in the order in which they happened.

    They are historical: nothing is published from them. Importing the same rows again changes nothing. Rows that are
    not understood are reported by line and left out; exit code 1 if there were any.

    Example: obligor import ibm-late-payment-histories.csv --map ibm-late-payment
    """
    with ending_with_2(MapInvalid, TableUnreadable, AsOfMissing, OSError):
        rules = load_map(map_name)
        settings = None if dry_run else connected_settings(brokers, data)
        found, read_as = _read(file, rules, encoding)
        facts = Import(found.items, rules, as_of=_date(as_of), through=_date(through))
        if rejects is not None:
            write_rejects(rejects, _open(file, rules, encoding), found.rejects)
        if settings is not None:
            with Producing(settings) as producing:
                producing.send_all(_tracked(facts))
    _report(found, facts, read_as, is_sent=not dry_run)
    if found.rejects:
        raise typer.Exit(1)


def _date(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _open(file: Path, rules: ReceivablesMap, encoding: str | None) -> Table:
    return read_table(
        file, encoding=encoding, delimiter=rules.delimiter, sheet=rules.sheet, header_line=rules.header_line
    )


def _read(file: Path, rules: ReceivablesMap, encoding: str | None) -> tuple[Receivables, str]:
    columns = (SpinnerColumn(), TextColumn("reading {task.completed:,} rows"))
    with Progress(*columns, console=_notes, transient=True) as progress:
        task = progress.add_task("", total=None)
        table = _open(file, rules, encoding)

        def counted() -> Iterator[Row]:
            for row in table.rows:
                progress.advance(task)
                yield row

        counting = Table(table.headers, counted(), table.encoding)
        return read_receivables(counting, rules, latest=date.today()), table.encoding


def _tracked(facts: Import) -> Iterator[Message]:
    columns = (TextColumn("sending"), BarColumn(), MofNCompleteColumn(), TextColumn("facts"), TimeRemainingColumn())
    with Progress(*columns, console=_notes) as progress:
        yield from progress.track(facts.messages(), total=facts.count)


def write_rejects(path: Path, table: Table, rejects: Sequence[Reject]) -> None:
    """Write the rejected rows as CSV: line and reason, then the row as it was under the table's own headers."""
    reasons = {reject.line: reject.reason for reject in rejects}
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("line", "reason", *table.headers))
        writer.writerows((row.line, reasons[row.line], *row.cells) for row in table.rows if row.line in reasons)


def _report(found: Receivables, facts: Import, read_as: str, *, is_sent: bool) -> None:
    for reject_sheet in _reject_sheets(found.rejects):
        _notes.print(reject_sheet)
    accounts = len({item.account_id for item in found.items})
    counted = f"{len(found.items):,} documents of {accounts:,} accounts, {len(facts.dates):,} days, read as {read_as}"
    _notes.print(f"{counted}; {found.repeated:,} rows repeated, {len(found.rejects):,} rejected", highlight=False)
    for currency, (count, total_minor) in sorted(_totals(found.items).items()):
        _notes.print(f"  {count:,} in {currency}, {display(total_minor, currency)}", highlight=False)
    _notes.print(f"{facts.count:,} facts {'sent' if is_sent else 'to send; this was a dry run'}", highlight=False)


def _totals(items: Sequence[Item]) -> dict[str, tuple[int, int]]:
    totals: dict[str, tuple[int, int]] = {}
    for item in items:
        count, total_minor = totals.get(item.currency, (0, 0))
        totals[item.currency] = count + 1, total_minor + item.amount_minor
    return totals


def _reject_sheets(rejects: Sequence[Reject]) -> Iterator[Sheet]:
    if not rejects:
        return
    rest = len(rejects) - _SHOWN_MAX
    sheet = Sheet(title="rows that did not go in", caption=f"and {rest:,} more" if rest > 0 else None)
    sheet.add_column("line", justify="right")
    sheet.add_column("reason", overflow="fold")
    for reject in rejects[:_SHOWN_MAX]:
        sheet.add_row(str(reject.line), Text(reject.reason))
    yield sheet
