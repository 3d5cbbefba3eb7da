"""`obligor people`, `obligor keys`, `obligor access-log`, `obligor open`: who may do what, from the machine itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from api.access.gate import Access
from api.access.people import PersonInvalid
from api.commands.credentials import open_access
from api.run_file import RunFileInvalid, api_address

DataOption = Annotated[Path, typer.Option("--data", help="Data directory of `obligor up`.", envvar="OBLIGOR_DATA")]
PathOption = Annotated[
    Path | None, typer.Option("--store", help="File of people and keys.", envvar="OBLIGOR_ACCESS_PATH")
]
RoleOption = Annotated[list[str], typer.Option("--role", help="May be given several times.")]
ManagerOption = Annotated[
    list[str] | None, typer.Option("--manager", help="Only accounts of this account manager; several times.")
]
_HERE = Path(".obligor")

people = typer.Typer(help="People who log in with a password.", no_args_is_help=True)
keys = typer.Typer(
    help="Keys of programs: what each may do, and the sources (`ce_source`) it may tell facts under.",
    no_args_is_help=True,
)


@contextmanager
def _opened(data: Path, store: Path | None) -> Iterator[Access]:
    access = open_access(data, store)
    try:
        yield access
    except PersonInvalid as invalid:
        typer.echo(str(invalid), err=True)
        raise typer.Exit(2) from invalid
    finally:
        access.store.close()


@people.command("add")
def add_person(
    name: str, role: RoleOption, manager: ManagerOption = None, data: DataOption = _HERE, store: PathOption = None
) -> None:
    """Add a person; the password is asked for, or read from standard input.

    Example: obligor people add l.wei --role analyst --role approver
    """
    with _opened(data, store) as access:
        person = access.people.add(name, _password(), role, manager or None)
    typer.echo(f"{person.name} may log in as {', '.join(sorted(person.roles))}")


@people.command("list")
def list_people(data: DataOption = _HERE, store: PathOption = None) -> None:
    """List people, their roles and whose accounts they see."""
    sheet = Table("name", "roles", "accounts of")
    with _opened(data, store) as access:
        for person in access.people.all():
            seen = "everybody" if person.managers is None else ", ".join(sorted(person.managers))
            sheet.add_row(person.name, ", ".join(sorted(person.roles)), seen)
    Console(highlight=False).print(sheet)


@people.command("remove")
def remove_person(name: str, data: DataOption = _HERE, store: PathOption = None) -> None:
    """Remove a person; their sessions end."""
    with _opened(data, store) as access:
        found = access.people.remove(name)
    _tell(found, f"{name} is removed", f"expected a person, found none of the name {name!r}")


@people.command("password")
def change_password(name: str, data: DataOption = _HERE, store: PathOption = None) -> None:
    """Give a person another password; their sessions end."""
    with _opened(data, store) as access:
        found = access.people.set_password(name, _password())
    _tell(found, f"{name} has another password", f"expected a person, found none of the name {name!r}")


@keys.command("add")
def add_key(
    name: Annotated[str, typer.Option(help="Which program it is for.")],
    role: RoleOption = ["machine"],  # noqa: B006
    scope: Annotated[
        list[str] | None,
        typer.Option(help="Only this: feed:decisions, facts:orders, or a permission; several times."),
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(help="Facts are told under this `ce_source` only; several times. Without it: the name."),
    ] = None,
    manager: ManagerOption = None,
    days: Annotated[int | None, typer.Option(min=1, help="Expires after so many days.")] = None,
    data: DataOption = _HERE,
    store: PathOption = None,
) -> None:
    """Make a key for a program; it is shown once and cannot be shown again.

    What it tells over HTTP is told under its sources only, so that no program changes documents of another.

    Example: obligor keys add --name shop --source shop-de --scope feed:decisions --scope facts:orders
    """
    expires = None if days is None else int((datetime.now(UTC) + timedelta(days=days)).timestamp() * 1000)
    with _opened(data, store) as access:
        _, text = access.keys.add(name, role, scope or None, manager or None, expires, source or None)
    typer.echo(text)


@keys.command("bind")
def bind_key(
    name: Annotated[str, typer.Argument(help="Name or id of the key.")],
    source: Annotated[list[str], typer.Option(help="Facts are told under this `ce_source` only; several times.")],
    data: DataOption = _HERE,
    store: PathOption = None,
) -> None:
    """Bind a key to sources, in place of those it has; the key itself stays.

    For keys made before keys had sources, which may tell facts under any; `list` shows them with `any`.

    Example: obligor keys bind erp --source erp-de --source erp-cn
    """
    with _opened(data, store) as access:
        found = access.keys.bind(name, source)
    _tell(found, f"{name} speaks as {', '.join(sorted(source))}", f"expected a key, found none of the name {name!r}")


@keys.command("list")
def list_keys(data: DataOption = _HERE, store: PathOption = None) -> None:
    """List keys, what they are narrowed to, and when each was used last."""
    sheet = Table("name", "id", "roles", "scopes", "sources", "expires", "used")
    with _opened(data, store) as access:
        for key in access.keys.all():
            scopes = "-" if key.scopes is None else ", ".join(sorted(key.scopes))
            sources = "any" if key.sources is None else ", ".join(sorted(key.sources))
            times = (_moment(key.expires_at_ms), _moment(key.used_at_ms))
            sheet.add_row(key.name, key.key_id, ", ".join(sorted(key.roles)), scopes, sources, *times)
    Console(highlight=False).print(sheet)


@keys.command("remove")
def remove_key(name: str, data: DataOption = _HERE, store: PathOption = None) -> None:
    """Remove a key by its name or id; it ends at once."""
    with _opened(data, store) as access:
        found = access.keys.remove(name)
    _tell(found, f"{name} is removed", f"expected a key, found none of the name {name!r}")


def access_log(
    actor: Annotated[str | None, typer.Option(help="Only what this person or program did.")] = None,
    account: Annotated[str | None, typer.Option(help="Only about this account.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="So many entries, newest first.")] = 100,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    data: DataOption = _HERE,
    store: PathOption = None,
) -> None:
    """Show who read which dossier and took which export; exit code 1 if the log was altered.

    Example: obligor access-log --account A-1001
    """
    sheet = Table("at (UTC)", "who", "did", "account", "what")
    with _opened(data, store) as access:
        for entry in access.log.entries(limit=limit, actor=actor, account_id=account):
            told = entry.access
            if json:
                sys.stdout.buffer.write(msgspec.json.encode(entry) + b"\n")
            path = f"{told.path}?{told.query}" if told.query else told.path
            sheet.add_row(_moment(entry.at_ms), told.actor, told.did, told.account_id or "-", path)
        broken = access.log.broken_at()
    if not json:
        Console(highlight=False).print(sheet)
    if broken is not None:
        typer.echo(f"entry {broken} of the access log is not what was written", err=True)
        raise typer.Exit(1)


def open_page(
    show: Annotated[bool, typer.Option("--show", help="Only print the link.")] = False,
    data: DataOption = _HERE,
    store: PathOption = None,
) -> None:
    """Open the page of `obligor up`: with a link that works once, or where people log in.

    Example: obligor open
    """
    try:
        address = api_address(data)
    except RunFileInvalid as invalid:
        typer.echo(str(invalid), err=True)
        raise typer.Exit(2) from invalid
    with _opened(data, store) as access:
        link = page_link(access, address)
    typer.echo(link)
    if not show:
        typer.launch(link)


def page_link(access: Access, address: str) -> str:
    """Return what opens the page: a link that works once while nobody is set up, else the page itself."""
    if access.asks_people():
        return f"{address}/"
    return f"{address}/v1/login?token={access.sessions.make_link_token()}"


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("password", hide_input=True, confirmation_prompt=True))


def _tell(found: bool, done: str, missing: str) -> None:
    typer.echo(done if found else missing, err=not found)
    if not found:
        raise typer.Exit(1)


def _moment(at_ms: int | None) -> str:
    return "-" if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
