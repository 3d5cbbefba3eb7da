"""`obligor status`: whether everything that `obligor up` started is ready."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from api.health import Part, ask_all, exit_code
from api.run_file import Run, RunFileInvalid, read_run

_LOOKS = {"ready": "[green]✓ ready[/]", "not ready": "[yellow]? not ready[/]", "down": "[red]✗ down[/]"}


def status(
    json: Annotated[bool, typer.Option("--json", help="Tell a program.")] = False,
    data: Annotated[Path, typer.Option(help="Data directory of `obligor up`.")] = Path(".obligor"),
) -> None:
    """Show what runs and whether it is ready; exit code 1 if something is not, 2 if nothing runs.

    Example: obligor status --json
    """
    try:
        run = read_run(data)
    except RunFileInvalid as invalid:
        typer.echo(str(invalid), err=True)
        raise typer.Exit(2) from invalid
    parts = ask_all(run) if run is not None else []
    code = exit_code(parts)
    if json:
        typer.echo(msgspec.json.encode(as_json(run, parts, code)).decode())
    elif code == 2:
        typer.echo(f"nothing runs over {data}; `obligor up` starts it", err=True)
    else:
        Console().print(as_table(parts))
    raise typer.Exit(code)


def as_json(run: Run | None, parts: list[Part], code: int) -> dict[str, object]:
    """Return the answer for programs."""
    state = {0: "ready", 1: "not ready", 2: "down"}[code]
    return {"state": state, "api": run.api if run else None, "brokers": run.brokers if run else "", "parts": parts}


def as_table(parts: list[Part]) -> Table:
    """Return the answer for people."""
    table = Table("part", "state", "address", "why")
    for part in parts:
        table.add_row(part.part, _LOOKS[part.state], part.address, part.detail)
    return table
