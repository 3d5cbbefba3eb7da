"""`obligor dossier`: everything that is known of an account, and how it came about."""

from __future__ import annotations

import sys
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from streams.commands.connecting import COULD_NOT_RUN, BrokersOption, DataOption, connected_settings, ending_with_2
from streams.commands.dossier_sheets import print_dossier, print_history
from streams.commands.dossier_words import LANGUAGES, Language
from streams.dossiers import DossierFold, is_within, read_dossier
from streams.reading import TopicMissing
from streams.settings import Settings

_notes = Console(stderr=True, highlight=False)


def dossier(
    account: Annotated[str, typer.Argument(help="The account.")],
    history: Annotated[bool, typer.Option("--history", help="Every change of every field instead.")] = False,
    field: Annotated[
        list[str] | None,
        typer.Option("--field", help="Only the history of this field, or of what is inside it; may be repeated."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object; of a history, one a line.")] = False,
    language: Annotated[Language, typer.Option(help="Language of the tables.")] = "en",
    brokers: BrokersOption = None,
    data: DataOption = None,
) -> None:
    """Show everything that is known of an account, read from its ledger partition, and with --history since when.

    Example: obligor dossier A-1001 --field limit_minor --field grade
    """
    with ending_with_2(TopicMissing):
        settings = connected_settings(brokers, data)
        fold = read_with_progress(settings, account, with_history=history or bool(field), quiet=as_json)
    words, view = LANGUAGES[language], fold.view()
    if view is None:
        typer.echo(words["unknown"].format(account_id=account), err=True)
        raise typer.Exit(COULD_NOT_RUN)
    console = Console(highlight=False)
    if history or field:
        moments = [moment for moment in fold.history if is_within(moment, tuple(field or ()))]
        if as_json:
            sys.stdout.buffer.write(b"".join(msgspec.json.encode(moment) + b"\n" for moment in moments))
        else:
            print_history(console, moments, words)
    elif as_json:
        sys.stdout.buffer.write(msgspec.json.encode(view) + b"\n")
    else:
        print_dossier(console, view, words)


def read_with_progress(
    settings: Settings, account_id: str, *, quiet: bool, with_history: bool = False, until_ms: int | None = None
) -> DossierFold:
    """Return the fold of an account's ledger partition, with a progress bar unless `quiet`."""
    columns = (TextColumn("reading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_notes, disable=quiet, transient=True) as progress:
        task = progress.add_task("", total=None)
        return read_dossier(
            settings,
            account_id,
            with_history=with_history,
            until_ms=until_ms,
            begin=lambda total: progress.update(task, total=total),
            advance=lambda count: progress.advance(task, count),
        )
