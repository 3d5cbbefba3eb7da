"""`obligor send`: JSON lines into the source topics."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.console import Console
from rich.progress import Progress

from schemas.envelope import EFFECTS
from streams.commands.connecting import BrokersOption, DataOption, connected_settings, ending_with_2
from streams.lines import LineInvalid, read_line
from streams.message import Message, Origin
from streams.producing import Producing

_notes = Console(stderr=True)
_SHOWN_MAX = 50


@dataclass
class Tally:
    """The lines that were not sent, by number, and why."""

    invalid: list[tuple[int, str]] = field(default_factory=list)


def send(
    file: Annotated[str, typer.Argument(help="JSON lines, one fact each; - is standard input.")] = "-",
    source: Annotated[str, typer.Option(help="`ce_source` of lines that name none.")] = "send",
    effect: Annotated[
        str, typer.Option(help="binding, advisory or historical, for lines that do not say.")
    ] = "binding",
    validate: Annotated[bool, typer.Option(help="Refuse lines that are no valid fact; else send them anyway.")] = True,
    brokers: BrokersOption = None,
    data: DataOption = None,
) -> None:
    """Send facts, one JSON object a line: the fact itself, or {"topic", "key", "headers", "value", "at_ms"}.

    Lines that are not valid are reported and left out; exit code 1 if there were any.

    Example: obligor send facts.jsonl --source shop
    """
    with ending_with_2(OSError):
        if effect not in EFFECTS:
            raise OSError(f"expected --effect to be one of {', '.join(EFFECTS)}, received {effect!r}")
        settings, tally = connected_settings(brokers, data), Tally()
        with _opened(file) as lines, Producing(settings) as producing:
            found = messages(
                lines, tally, Origin(source, effect), now_ms=time.time_ns() // 1_000_000, validate=validate
            )
            count = producing.send_all(found)
    for number, reason in tally.invalid[:_SHOWN_MAX]:
        _notes.print(f"line {number}: {reason}", style="red", markup=False, highlight=False)
    _notes.print(f"{count:,} facts sent, {len(tally.invalid):,} lines not valid")
    if tally.invalid:
        raise typer.Exit(1)


def messages(
    lines: Iterator[bytes], tally: Tally, origin: Origin, *, now_ms: int, validate: bool = True
) -> Iterator[Message]:
    """The messages of the valid lines; the others are put into `tally`, empty ones are skipped."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield read_line(line, number, origin=origin, now_ms=now_ms, validate=validate)
        except LineInvalid as error:
            tally.invalid.append((number, str(error)))


@contextmanager
def _opened(file: str) -> Iterator[Iterator[bytes]]:
    """The lines of a file with a progress bar, or those of standard input as they come."""
    if file == "-":
        yield iter(sys.stdin.buffer)
        return
    path = Path(file)
    with path.open("rb") as opened, Progress(console=_notes, transient=True) as progress:
        yield _tracked(opened, progress, path)


def _tracked(opened: BinaryIO, progress: Progress, path: Path) -> Iterator[bytes]:
    task = progress.add_task(path.name, total=path.stat().st_size)
    for line in opened:
        progress.advance(task, len(line))
        yield line
