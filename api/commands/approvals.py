"""`obligor approvals`: the requests that wait for approvers, the next to expire first."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from api.commands.credentials import authorization
from api.run_file import RunFileInvalid, api_address
from api.tail_approval import roles, what
from api.tail_view import clean
from api.tail_words import LANGUAGES, Language, Words

_ANSWER_SECONDS = 5.0
_AT_MOST = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def approvals(
    role: Annotated[str | None, typer.Option(help="Only those that wait for this role.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, as published.")] = False,
    url: Annotated[
        str | None, typer.Option(help="Address of an api; else the one of `obligor up`.", envvar="OBLIGOR_URL")
    ] = None,
    language: Annotated[Language, typer.Option(help="Language of the table.")] = "en",
    data: Annotated[Path, typer.Option(help="Data directory of `obligor up`.")] = Path(".obligor"),
) -> None:
    """List the requests that wait for approvers, the next to expire first.

    Example: obligor approvals --role credit_manager
    """
    try:
        address = url or api_address(data)
        found, total = _ask(address, role, authorization(data, address))
    except RunFileInvalid as invalid:
        typer.echo(str(invalid), err=True)
        raise typer.Exit(2) from invalid
    except urllib.error.HTTPError as refused:
        typer.echo(f"expected an answer of {address}, received {refused}; OBLIGOR_KEY names a key to show", err=True)
        raise typer.Exit(2) from refused
    except (OSError, ValueError) as error:
        typer.echo(f"expected an api at {address}, found none ({error}); `obligor up` starts one", err=True)
        raise typer.Exit(2) from error
    if json:
        for approval in found:
            typer.echo(msgspec.json.encode(approval).decode())
    elif found:
        Console(highlight=False).print(as_table(found, LANGUAGES[language]))
    else:
        typer.echo(LANGUAGES[language].sentences["ask/none"])
    if total > len(found):
        typer.echo(LANGUAGES[language].sentences["ask/more"].format(count=total - len(found)), err=True)


def _ask(address: str, role: str | None, headers: dict[str, str]) -> tuple[list[dict[str, Any]], int]:
    query = urllib.parse.urlencode({"limit": _AT_MOST, **({} if role is None else {"role": role})})
    request = urllib.request.Request(f"{address.rstrip('/')}/v1/approvals?{query}", headers=headers)
    with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as answer:
        content = msgspec.json.decode(answer.read())
    return content["approvals"], content["total"]


def as_table(found: list[dict[str, Any]], words: Words) -> Table:
    """Return requests for people: account, request, what is asked for, who agreed, who has to, and the two days."""
    columns = ("account", "request", "what", "given", "needs", "last_step", "expires")
    table = Table(*(words.sentences[f"ask/column/{name}"] for name in columns))
    for approval in found:
        given = ", ".join(str(one["actor"]) for one in approval.get("given", ()))
        cells = (approval["account_id"], approval["approval_id"], what(approval, words), given or "-")
        days = (_day(approval), str(approval.get("expires_on", "-")))
        table.add_row(*(clean(str(cell)) for cell in (*cells, roles(approval, words), *days)))
    return table


def _day(approval: Mapping[str, Any]) -> str:
    return (_EPOCH + timedelta(milliseconds=int(approval.get("changed_at_ms", 0)))).date().isoformat()
