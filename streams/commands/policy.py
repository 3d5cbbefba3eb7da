"""`obligor policy`: check, show, compare and adopt the rules that orders and accounts are judged by."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from schemas.policy import Policy, default_policy, policy_id
from schemas.policy_diff import ABSENT, Difference, differences
from schemas.policy_text import as_document, as_toml, in_line
from streams.commands.adopting import (
    is_same_person,
    stop_if_not_everywhere,
    stop_if_refused,
    stop_unless_agreed,
    where_in_force,
)
from streams.commands.connecting import BrokersOption, DataOption, connected_settings, ending_with_2
from streams.commands.policy_files import FileInvalid, print_errors, read_file
from streams.policies import Adopted, adoption, policy_in_force, put_in_force
from streams.reading import TopicMissing

INVALID = 1
policy = typer.Typer(
    help="The rules that orders and accounts are judged by: check, show, compare, adopt.", no_args_is_help=True
)
_notes = Console(stderr=True, highlight=False)
_out = Console(highlight=False)
FileArgument = Annotated[Path, typer.Argument(help="A policy as TOML, or as JSON if it ends in .json.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]


@policy.command()
def check(file: FileArgument, as_json: JsonOption = False) -> None:
    """Check a policy file: every error with its path and its line. Exit code 1 if there is one.

    Example: obligor policy check mine.toml
    """
    with ending_with_2(OSError):
        try:
            found = read_file(file)
        except FileInvalid as invalid:
            if as_json:
                _write({"valid": False, "id": None, "name": None, "errors": invalid.errors})
            else:
                print_errors(_out, invalid)
            raise typer.Exit(INVALID) from invalid
    if as_json:
        _write({"valid": True, "id": policy_id(found), "name": found.name, "errors": []})
    else:
        _out.print(Text.assemble(("fine", "green"), f": {found.name}, id {policy_id(found)}"))


@policy.command()
def show(
    file: Annotated[Path | None, typer.Argument(help="A policy file; else the policy in force.")] = None,
    default: Annotated[bool, typer.Option("--default", help="The default policy, with its comments.")] = False,
    as_json: JsonOption = False,
    brokers: BrokersOption = None,
    data: DataOption = None,
) -> None:
    """Show the policy in force, or a file's, whole and with every value that it leaves to the default of its field.

    Example: obligor policy show > mine.toml

    Example: obligor policy show --default

    Example: obligor policy show mine.toml --json
    """
    if file is not None or default:
        whole = default_policy() if file is None else _read(file)
        shown = Adopted(whole, policy_id(whole))
        note = "the default policy" if file is None else f"from {file}"
    else:
        shown = _in_force(brokers, data)
        note = _how(shown)
    if as_json:
        how = {
            "actor": shown.actor,
            "approved_by": shown.approved_by,
            "reason": shown.reason,
            "at_ms": shown.at_ms,
            "in_ledger": shown.in_ledger,
        }
        _write({"id": shown.policy_id, "name": shown.policy.name, **how, "policy": as_document(shown.policy)})
        return
    is_default = shown.policy == default_policy() and file is None
    text = _default_text() if is_default else as_toml(shown.policy)
    sys.stdout.write(f"# id {shown.policy_id}, {note}\n{text}")


@policy.command()
def diff(
    first: Annotated[Path, typer.Argument(help="A policy file; alone, it is compared with the policy in force.")],
    second: Annotated[Path | None, typer.Argument(help="What the first is compared with.")] = None,
    as_json: JsonOption = False,
    brokers: BrokersOption = None,
    data: DataOption = None,
) -> None:
    """Show in what a policy file differs from the policy in force, or a second file from the first.

    Exit code 1 if a file is no policy; differences are no fault.

    Example: obligor policy diff mine.toml

    Example: obligor policy diff before.toml after.toml --json
    """
    if second is None:
        after = _read(first)
        before, names = _in_force(brokers, data).policy, ("in force", str(first))
    else:
        before, after, names = _read(first), _read(second), (str(first), str(second))
    found = differences(before, after)
    if as_json:
        told = [{"path": one.path, "before": _json(one.before), "after": _json(one.after)} for one in found]
        _write({"before": policy_id(before), "after": policy_id(after), "differences": told})
    else:
        _print_differences(found, names)


@policy.command()
def adopt(
    file: FileArgument,
    actor: Annotated[str, typer.Option(help="Who decides it, for the ledger.")],
    approved_by: Annotated[str, typer.Option(help="Who approves it, for the ledger: somebody else.")],
    reason: Annotated[str, typer.Option(help="Why, for the ledger.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait until every partition has it.")] = 60.0,
    as_json: JsonOption = False,
    brokers: BrokersOption = None,
    data: DataOption = None,
) -> None:
    """Put a policy in force, without restart: waiting orders are checked again by it.

    It is checked, compared with the policy in force and shown; after a yes it is written to the ledger of every
    partition. Exit code 1 if it is no policy or was refused, 2 if it was not adopted, or not everywhere in time.

    Example: obligor policy adopt mine.toml --actor j.doe --approved-by m.weber --reason "autumn review"

    Example: obligor policy adopt mine.toml --actor j.doe --approved-by m.weber --reason "autumn review" --yes --json
    """
    if is_same_person(actor, approved_by):
        raise typer.BadParameter("expected another person than --actor", param_hint="--approved-by")
    new = _read(file)
    with ending_with_2(TopicMissing, msgspec.ValidationError):
        message = adoption(new, actor, approved_by, reason, time.time_ns() // 1_000_000)
        settings = connected_settings(brokers, data)
        now = policy_in_force(settings)
        if now.policy_id == policy_id(new) and now.in_ledger:
            _told(as_json, new, {}, f"nothing to do: {new.name} is in force, {_how(now)}")
            return
        if not as_json:
            _print_differences(differences(now.policy, new), ("in force", str(file)))
        if not yes:
            stop_unless_agreed(f"{new.name}, id {policy_id(new)}")
        with _bar(hidden=as_json) as advance:
            became = put_in_force(settings, message, wait, advance)
    _told(as_json, new, became, f"{new.name}, id {policy_id(new)}, {where_in_force(became)}")
    stop_if_refused(became)
    stop_if_not_everywhere(became)


def _read(file: Path) -> Policy:
    with ending_with_2(OSError):
        try:
            return read_file(file)
        except FileInvalid as invalid:
            print_errors(_notes, invalid)
            raise typer.Exit(INVALID) from invalid


def _in_force(brokers: str | None, data: Path | None) -> Adopted:
    with ending_with_2(TopicMissing):
        return policy_in_force(connected_settings(brokers, data))


def _how(found: Adopted) -> str:
    if found.at_ms is None:
        return "the default policy, in force until another one is adopted"
    day = datetime.fromtimestamp(found.at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    people = f"{found.actor or 'somebody unnamed'}, approved by {found.approved_by or 'nobody'},"
    by = f"adopted by {people} on {day}: {found.reason or 'no reason given'}"
    words = " ".join(by.split())
    return words if found.in_ledger else f"{words} (no worker has taken it in yet)"


def _default_text() -> str:
    return resources.files("schemas").joinpath("policies/default.toml").read_text(encoding="utf-8")


def _print_differences(found: list[Difference], names: tuple[str, str]) -> None:
    sheet = Table(caption=_counted(len(found)))
    sheet.add_column("field", overflow="fold", style="cyan")
    for name in names:
        sheet.add_column(Text(name), overflow="fold")
    for one in found:
        sheet.add_row(Text(one.path), Text(_shown(one.before), "red"), Text(_shown(one.after), "green"))
    _out.print(sheet)


def _counted(count: int) -> str:
    return "no difference" if not count else "1 difference" if count == 1 else f"{count} differences"


def _shown(value: Any) -> str:
    return "" if value is ABSENT else in_line(value)


def _json(value: Any) -> Any:
    return None if value is ABSENT else value


def _told(as_json: bool, new: Policy, became: dict[int, str], text: str) -> None:
    if as_json:
        partitions = {str(number): found or "waiting" for number, found in became.items()}
        _write({"id": policy_id(new), "name": new.name, "partitions": partitions})
    else:
        _out.print(Text(text))


@contextmanager
def _bar(*, hidden: bool) -> Iterator[Any]:
    columns = (TextColumn("in force in"), MofNCompleteColumn(), TextColumn("partitions"), BarColumn())
    with Progress(*columns, console=_notes, disable=hidden, transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda count, total: progress.update(task, completed=count, total=total)


def _write(told: Any) -> None:
    sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
