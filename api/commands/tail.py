"""`obligor tail`: the live feed in a terminal, or as JSON lines for a program."""

from __future__ import annotations

import asyncio
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, Any, get_args

import msgspec
import typer
from rich.console import Console

from api.commands.credentials import authorization
from api.feed_client import FeedClient, FeedRefused, Message, NobodyAnswers
from api.run_file import RunFileInvalid, api_address
from api.subscription import FeedTopic
from api.tail_view import Known, line
from api.tail_words import LANGUAGES, Language, Words
from schemas.decisions import LEVELS, Level

_FORGET_SECONDS = 30.0
_ANSWER_SECONDS = 3.0


def tail(
    url: Annotated[
        str | None, typer.Option(help="Address of an api; else the one of `obligor up`.", envvar="OBLIGOR_URL")
    ] = None,
    only: Annotated[
        str | None, typer.Option(help="Some of alerts,decisions,exposures. [default: alerts,decisions]")
    ] = None,
    account: Annotated[list[str] | None, typer.Option(help="Only this account; may be given several times.")] = None,
    level: Annotated[
        Level | None, typer.Option(help="Only alerts, and only those of this level and graver ones.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, each with its cursor.")] = False,
    after: Annotated[str | None, typer.Option(help="Go on after the event that had this cursor.")] = None,
    language: Annotated[Language, typer.Option(help="Language of the lines.")] = "en",
    data: Annotated[Path, typer.Option(help="Data directory of `obligor up`.")] = Path(".obligor"),
) -> None:
    """Follow decisions and alerts as they happen; ends on Ctrl-C and comes back by itself if the api goes away.

    Example: obligor tail --level warning --account A-1001
    """
    try:
        subscription = make_subscription(only, account or [], level)
        address = url or api_address(data)
    except (ValueError, RunFileInvalid) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    try:
        asyncio.run(_follow(address, subscription, after, json, LANGUAGES[language], authorization(data, address)))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
    except BrokenPipeError:
        # Whoever read the lines has gone; what is still buffered must not fail once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except FeedRefused as refused:
        typer.echo(f"the feed refused: {refused}", err=True)
        raise typer.Exit(2) from refused
    except NobodyAnswers as nobody:
        typer.echo(f"expected an api at {address}, found none ({nobody}); `obligor up` starts one", err=True)
        raise typer.Exit(2) from nobody


def make_subscription(only: str | None, accounts: list[str], level: Level | None) -> Message:
    """Return the first message for the options of the command line.

    >>> make_subscription(None, ["A-1"], "warning")
    {'subscribe': ['alerts'], 'filter': {'account_ids': ['A-1'], 'levels': ['warning', 'critical']}}
    """
    topics = [topic.strip() for topic in only.split(",")] if only else ["alerts"] if level else ["alerts", "decisions"]
    unknown = [topic for topic in topics if topic not in get_args(FeedTopic)]
    if unknown:
        raise ValueError(f"--only: expected some of {', '.join(get_args(FeedTopic))}, received {', '.join(unknown)}")
    chosen: Message = {}
    if accounts:
        chosen["account_ids"] = accounts
    if level:
        chosen["levels"] = [name for name, gravity in LEVELS.items() if gravity >= LEVELS[level]]
    return {"subscribe": topics, "filter": chosen}


async def _follow(
    url: str, subscription: Message, after: str | None, as_json: bool, words: Words, headers: dict[str, str]
) -> None:
    errors = Console(stderr=True, highlight=False)

    def say(sentence: str, **numbers: Any) -> None:
        errors.print(words.sentences[sentence].format(**numbers), style="dim", markup=False)

    def lost(why: str, seconds: float) -> None:
        say("lost", why=why, seconds=seconds) if seconds else say("too_slow")

    def found(again: bool) -> None:
        say("resumed") if again else say("connected", url=url)

    client = FeedClient(url, subscription, after, on_lost=lost, on_found=found, headers=headers)
    printer = JsonLines() if as_json else Lines(Console(highlight=False), Accounts(url, headers), words)
    async with aclosing(client.follow()) as messages:
        async for message in messages:
            if message["type"] == "reset":
                say("reset", why=message["reason"])
            else:
                await printer.show(message)


class JsonLines:
    """Events for programs."""

    async def show(self, message: Message) -> None:
        """Print one event with its topic and cursor."""
        sys.stdout.buffer.write(msgspec.json.encode(message) + b"\n")
        sys.stdout.buffer.flush()


class Lines:
    """Events for people."""

    def __init__(self, console: Console, accounts: Accounts, words: Words) -> None:
        self._console = console
        self._accounts = accounts
        self._words = words

    async def show(self, message: Message) -> None:
        """Print one event as one line, as wide as the terminal is now."""
        event = message["event"]
        if message["topic"] == "exposures":
            known = self._accounts.learn(event)
        else:
            known = await self._accounts.find(event.get("account_id"))
        width = self._console.width if self._console.is_terminal else None
        text = line(event, known, self._words, width)
        self._console.print(text, soft_wrap=True, end="\n")


class Accounts:
    """Names and currencies of accounts, asked of the api once each; what it did not know is asked again later."""

    def __init__(self, url: str, headers: dict[str, str] | None = None) -> None:
        self._url = url
        self._headers = headers or {}
        self._known: dict[str, Known] = {}
        self._asked_at: dict[str, float] = {}

    def learn(self, exposure: Message) -> Known:
        """Note what an exposure says of its account."""
        known = self._known[exposure["account_id"]] = Known(exposure.get("name"), exposure.get("currency"))
        return known

    async def find(self, account_id: str | None) -> Known:
        """Return what is known of an account."""
        if account_id is None or account_id in self._known:
            return self._known.get(account_id or "", Known())
        now = time.monotonic()
        if now - self._asked_at.get(account_id, -_FORGET_SECONDS) < _FORGET_SECONDS:
            return Known()
        self._asked_at[account_id] = now
        exposure = await asyncio.to_thread(self._ask, account_id)
        return self.learn(exposure) if exposure else Known()

    def _ask(self, account_id: str) -> Message | None:
        url = f"{self._url.rstrip('/')}/v1/accounts/{urllib.parse.quote(account_id, safe='')}"
        try:
            request = urllib.request.Request(url, headers=self._headers)
            with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as answer:
                exposure: Message | None = msgspec.json.decode(answer.read())["exposure"]
                return exposure
        except (OSError, msgspec.DecodeError):  # the line is shown without a name
            return None
