"""What adopting a policy and adopting a model have in common on the command line."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import typer
from rich.console import Console
from rich.text import Text

from streams.policies import IN_FORCE

REFUSED, COULD_NOT = 1, 2
_notes = Console(stderr=True, highlight=False)


def is_same_person(actor: str, approved_by: str) -> bool:
    """Return whether the second person is the first again.

    >>> is_same_person("j.doe", "J.Doe "), is_same_person("j.doe", "m.keller")
    (True, False)
    """
    return actor.strip().casefold() == approved_by.strip().casefold()


def stop_unless_agreed(what: str) -> None:
    """Ask whether to adopt it; end the command if the answer is no, or nobody can be asked."""
    if not sys.stdin.isatty():
        _notes.print("expected --yes where nobody can be asked")
    elif typer.confirm(f"Adopt {what}?", err=True):
        return
    _notes.print("not adopted")
    raise typer.Exit(COULD_NOT)


def where_in_force(became: Mapping[int, str]) -> str:
    """Return in how many partitions it is in force, in words.

    >>> where_in_force({0: IN_FORCE, 1: ""})
    'is in force in 1 of 2 partitions'
    """
    return f"is in force in {sum(found == IN_FORCE for found in became.values())} of {len(became)} partitions"


def stop_if_refused(became: Mapping[int, str]) -> None:
    """Tell why it was refused and end the command, if it was in any partition."""
    refused = sorted({found for found in became.values() if found not in ("", IN_FORCE)})
    for text in refused:
        _notes.print(Text(f"refused: {text}", "red"))
    if refused:
        raise typer.Exit(REFUSED)


def stop_if_not_everywhere(became: Mapping[int, str]) -> None:
    """Say so and end the command, if a partition does not have it yet."""
    if any(found != IN_FORCE for found in became.values()):
        _notes.print("it is written and takes effect as soon as workers run; see `obligor status`", style="yellow")
        raise typer.Exit(COULD_NOT)
