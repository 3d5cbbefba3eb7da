"""The command line: every command of every part, and the only file that knows all four packages."""

from __future__ import annotations

import sys

import typer
from pydantic import ValidationError

from streams.commands.broker import broker
from streams.commands.import_receivables import import_receivables
from streams.commands.send import send
from streams.commands.simulate import simulate
from streams.commands.topics import topics
from streams.commands.worker import worker

app = typer.Typer(
    name="obligor",
    help="The live credit-risk monitor for companies that sell on credit terms.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(broker)
app.add_typer(topics, name="topics")
app.command()(worker)
app.command("import")(import_receivables)
app.command()(send)
app.command()(simulate)


def main() -> None:
    """Run the command line; settings that make no sense end with exit code 2 and say which."""
    try:
        app()
    except ValidationError as error:
        for found in error.errors():
            place = ".".join(str(part) for part in found["loc"]) or "settings"
            typer.echo(f"OBLIGOR_{place.upper()}: {found['msg']}, was {found['input']!r}", err=True)
        sys.exit(2)
