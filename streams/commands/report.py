"""`obligor report`: lists out of the ledger, for people and for programs."""

from __future__ import annotations

import csv
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from schemas.money import display
from streams.commands.connecting import BrokersOption, DataOption, connected_settings, ending_with_2
from streams.reading import TopicMissing
from streams.unchecked import Unchecked, read_unchecked

FOUND_SOMETHING = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_notes = Console(stderr=True, highlight=False)

report = typer.Typer(help="Lists out of the ledger.", no_args_is_help=True)


@report.callback()
def lists() -> None:
    """Lists out of the ledger."""


@report.command()
def unchecked(
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only what went out on this day or later.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for a program.")] = False,
    output: Annotated[Path | None, typer.Option(help="Write a CSV file instead.")] = None,
    brokers: BrokersOption = None,
    data: DataOption = None,
) -> None:
    """List deliveries and invoices that went out without having been checked, as far as the policy asks for it.

    Exit code 1 if there are any, 2 if it could not run.

    Example: obligor report unchecked --since 2026-03-01 --output unchecked.csv
    """
    with ending_with_2(TopicMissing, OSError):
        settings = connected_settings(brokers, data)
        columns = (TextColumn("reading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=_notes, disable=as_json, transient=True) as progress:
            task = progress.add_task("", total=None)
            found = read_unchecked(
                settings,
                None if since is None else since.date(),
                begin=lambda total: progress.update(task, total=total),
                advance=lambda count: progress.advance(task, count),
            )
        if output is not None:
            write_csv(output, found)
    if as_json:
        sys.stdout.buffer.write(msgspec.json.encode({"unchecked": found}) + b"\n")
    elif output is None:
        print_unchecked(Console(highlight=False), found)
    raise typer.Exit(FOUND_SOMETHING if found else 0)


def print_unchecked(console: Console, found: list[Unchecked]) -> None:
    """Print a table, the oldest first, and how many there are."""
    if found:
        sheet = Table()
        for header in ("when", "account", "what", "document", "order", "amount", "ledger"):
            sheet.add_column(header, justify="right" if header == "amount" else "left")
        for one in found:
            amount, place = display(one.amount_minor, one.currency), f"{one.partition}/{one.seq}"
            cells = (_when(one), one.account_id, one.checkpoint, one.document_id, one.order_id or "-", amount, place)
            sheet.add_row(*(Text(cell) for cell in cells))
        console.print(sheet)
    console.print(f"{len(found):,} deliveries and invoices went out unchecked")


def write_csv(path: Path, found: list[Unchecked]) -> None:
    """Write a CSV file with a row for each, the oldest first; amounts are in minor units."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["at", *Unchecked.__struct_fields__])
        writer.writerows([_when(one), *msgspec.structs.astuple(one)] for one in found)


def _when(one: Unchecked) -> str:
    return (_EPOCH + timedelta(milliseconds=one.at_ms)).strftime("%Y-%m-%d %H:%M")
