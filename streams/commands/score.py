"""`obligor score`: the score of an account explained in words, today or as of an earlier day."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from streams.clock import end_of_day_ms
from streams.commands.connecting import COULD_NOT_RUN, BrokersOption, DataOption, connected_settings, ending_with_2
from streams.commands.dossier import read_with_progress
from streams.commands.dossier_words import Language
from streams.commands.score_sheets import print_score
from streams.commands.score_words import LANGUAGES
from streams.reading import TopicMissing


def score(
    account: Annotated[str, typer.Argument(help="The account.")],
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="What was known, and concluded, at the end of this day."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    language: Annotated[Language, typer.Option(help="Language of the tables.")] = "en",
    brokers: BrokersOption = None,
    data: DataOption = None,
) -> None:
    """Explain the score of an account: every factor, what costs points, what is missing, what moved it.

    Example: obligor score A-1001 --as-of 2026-03-31 --language zh
    """
    until = None if as_of is None else as_of.date()
    with ending_with_2(TopicMissing):
        settings = connected_settings(brokers, data)
        until_ms = None if until is None else end_of_day_ms(until)
        fold = read_with_progress(settings, account, quiet=as_json, until_ms=until_ms)
    words, view = LANGUAGES[language], fold.view()
    if view is None:
        at = "" if until is None else words["at"].format(on=until)
        typer.echo(words["unknown"].format(account_id=account, at=at), err=True)
        raise typer.Exit(COULD_NOT_RUN)
    if view["score"] is None:
        typer.echo(words["no_scorecard"], err=True)
        raise typer.Exit(COULD_NOT_RUN)
    if as_json:
        shown = {name: view[name] for name in ("account_id", "on", "grade", "score")}
        sys.stdout.buffer.write(msgspec.json.encode(shown) + b"\n")
    else:
        print_score(Console(highlight=False), view, language)
