"""`obligor deadletters`: list, show, send again, dismiss."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from kafka import KafkaProducer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streams.commands.connecting import BrokersOption, DataOption, connected_settings, ending_with_2
from streams.deadletters import (
    ATTEMPTS_MAX,
    DeadLetter,
    Known,
    Outgoing,
    describe,
    dismissal,
    read_letters,
    redrive,
    resolve,
)
from streams.keys import load_signer, signed_headers
from streams.reading import TopicMissing, bounds, consumer_of, partitions_of, read_partition
from streams.settings import Settings, kafka_python_arguments
from streams.topics import SOURCE_BYTES, topic

deadletters = typer.Typer(help="Records that were refused: list, show, send again, dismiss.", no_args_is_help=True)
_notes = Console(stderr=True, highlight=False)
IdArgument = Annotated[str, typer.Argument(help="The dead letter's id: TOPIC/PARTITION/OFFSET.")]


class _Refused(Exception):
    """What was asked cannot be done; the text says why."""


@deadletters.command("list")
def list_letters(
    everything: Annotated[bool, typer.Option("--all", help="Those that need nothing more, too.")] = False,
    reason: Annotated[str | None, typer.Option(help="Only those refused with this code.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    brokers: BrokersOption = None,
    data: DataOption = None,
) -> None:
    """List what was refused and is still open.

    Example: obligor deadletters list --reason field_invalid
    """
    known = _known(brokers, data)[1]
    found = [letter for letter in known.letters.values() if reason in (None, letter.code)]
    found = [letter for letter in found if everything or known.states[letter.id] in ("open", "failed again")]
    if as_json:
        for letter in found:
            sys.stdout.buffer.write(msgspec.json.encode(describe(letter, known)) + b"\n")
        return
    sheet = Table()
    for header in ("id", "account", "code", "path", "at (UTC)", "state", "attempts"):
        sheet.add_column(header, overflow="fold")
    for letter in found:
        cells = (letter.id, letter.account_id or "-", letter.code, letter.path, _moment(letter.at_ms))
        sheet.add_row(*(Text(cell) for cell in cells), known.states[letter.id], str(known.attempts(letter)))
    Console(highlight=False).print(sheet)
    _notes.print(f"{len(found):,} of {len(known.letters):,} dead letters")


@deadletters.command()
def show(identity: IdArgument, brokers: BrokersOption = None, data: DataOption = None) -> None:
    """Show all that is known of one, its bytes included.

    Example: obligor deadletters show credit.orders.v1/3/1042
    """
    with ending_with_2(_Refused):
        known = _known(brokers, data)[1]
        told = describe(_one(known, identity), known)
    for name, value in told.items():
        typer.echo(f"{name}: {value}")


@deadletters.command("redrive")
def redrive_letters(
    identity: Annotated[str | None, typer.Argument(help="The dead letter's id; left out with --all.")] = None,
    value: Annotated[Path | None, typer.Option(help="A file with the mended value.")] = None,
    key: Annotated[str | None, typer.Option(help="The right account_id, where the key was wrong or missing.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that are open.")] = False,
    reason: Annotated[str | None, typer.Option(help="With --all: only those refused with this code.")] = None,
    attempts: Annotated[int, typer.Option(min=1, help="Leave those alone that were sent so often.")] = ATTEMPTS_MAX,
    actor: Annotated[str, typer.Option(help="Who does this, for the ledger.")] = "obligor-cli",
    brokers: BrokersOption = None,
    data: DataOption = None,
) -> None:
    """Send one in again to the topic it came from, as it is or mended; the account is not parked for it any more.

    With another key the account of the old one is told that the letter needs nothing there. Exit code 1 if one was
    left alone.

    Example: obligor deadletters redrive credit.orders.v1/3/1042 --value mended.json
    """
    with ending_with_2(_Refused, OSError):
        if everything == (identity is not None) or (everything and (value or key)):
            raise _Refused("expected one id, or --all without --value and --key")
        settings, known = _known(brokers, data)
        letters = _open_ones(known, reason) if identity is None else [_one(known, identity)]
        tired = [letter for letter in letters if known.attempts(letter) >= attempts]
        mended = None if value is None else value.read_bytes()
        out: list[Outgoing] = []
        for letter in letters:
            if letter not in tired:
                out += _to_send(settings, known, letter, mended, key, actor)
        _send(settings, out)
    _notes.print(f"{len(letters) - len(tired):,} sent again")
    for letter in tired:
        _notes.print(Text(f"{letter.id} was sent {known.attempts(letter)} times already; --attempts allows more"))
    if tired:
        raise typer.Exit(1)


def _to_send(
    settings: Settings, known: Known, letter: DeadLetter, value: bytes | None, key: str | None, actor: str
) -> list[Outgoing]:
    """The record itself, and dismissals of what it makes superfluous: those it descends from, and an old account's."""
    original = _original(settings, letter)
    new_key = None if key is None else key.encode()
    out = [redrive(letter, original, value=value, key=new_key)]
    superfluous = known.before(letter)
    if new_key is not None and new_key != letter.key:
        superfluous = [letter, *superfluous]
    now_ms = time.time_ns() // 1_000_000
    for each in superfluous:
        if known.states[each.id] != "dismissed":
            dismissed = dismissal(each, settings.topic_prefix, actor, f"{letter.id} is sent in again", now_ms)
            out += [dismissed] if dismissed is not None else []
    return out


@deadletters.command()
def dismiss(
    identity: IdArgument,
    actor: Annotated[str, typer.Option(help="Who decided it.")],
    reason: Annotated[str, typer.Option(help="Why it needs nothing.")],
    brokers: BrokersOption = None,
    data: DataOption = None,
) -> None:
    """Say that one needs nothing: its account is not parked for it any more.

    Example: obligor deadletters dismiss credit.orders.v1/3/1042 --actor j.doe --reason "test message"
    """
    with ending_with_2(_Refused):
        settings, known = _known(brokers, data)
        letter = _one(known, identity)
        out = dismissal(letter, settings.topic_prefix, actor, reason, time.time_ns() // 1_000_000)
        if out is None:
            raise _Refused(f"{identity} has no account as its key, so none is parked for it")
        _send(settings, [out])
    _notes.print(f"{identity} is dismissed")


def _one(known: Known, identity: str) -> DeadLetter:
    found = known.letters.get(identity)
    if found is None:
        raise _Refused(f"expected the id of a dead letter, received {identity!r}")
    return found


def _open_ones(known: Known, reason: str | None) -> list[DeadLetter]:
    """Those to be sent in again: of a chain of failures only the last one."""
    followed = {letter.redrives for letter in known.letters.values()}
    return [
        letter
        for letter in known.letters.values()
        if known.states[letter.id] == "open" and letter.id not in followed and _is_meant(letter, reason)
    ]


def _is_meant(letter: DeadLetter, reason: str | None) -> bool:
    """Sending in again signs: what was refused for its signature is sent only where that is asked for by name."""
    return letter.code == reason or (reason is None and not letter.code.startswith("signature_"))


def _known(brokers: str | None, data: Path | None) -> tuple[Settings, Known]:
    with ending_with_2(TopicMissing):
        settings = connected_settings(brokers, data)
        with consumer_of(settings) as consumer:
            letters = read_letters(_whole(consumer, topic(settings.topic_prefix, "deadletters")))
            return settings, resolve(letters, _after(consumer, settings, letters))


def _whole(consumer: Any, full_name: str) -> Iterator[Any]:
    for number, (start, end) in bounds(consumer, full_name, partitions_of(consumer, full_name)).items():
        for records in read_partition(consumer, full_name, number, start, end):
            yield from records


def _after(consumer: Any, settings: Settings, letters: dict[str, DeadLetter]) -> Iterator[Any]:
    """What may mend or dismiss one: with another key it may have gone to any partition of its topic."""
    sources = {letter.topic for letter in letters.values()}
    for full_name in sorted({*sources, topic(settings.topic_prefix, "desk")} if letters else ()):
        yield from _whole(consumer, full_name)


def _original(settings: Settings, letter: DeadLetter) -> int:
    """The record time of what was refused: it is sent in again as of then."""
    with consumer_of(settings) as consumer:
        start, end = bounds(consumer, letter.topic, [letter.partition])[letter.partition]
        if not start <= letter.offset < end:
            return letter.at_ms
        for records in read_partition(consumer, letter.topic, letter.partition, letter.offset, letter.offset + 1):
            return int(records[0].timestamp)
    return letter.at_ms


def _send(settings: Settings, out: list[Outgoing]) -> None:
    """Send in order and wait for each: a dismissal must not overtake what replaces the letter."""
    producer = KafkaProducer(
        **kafka_python_arguments(settings), acks="all", enable_idempotence=True, max_request_size=SOURCE_BYTES
    )
    signer = load_signer(settings)
    try:
        for one in out:
            partition = 0 if one.topic.endswith(".control.v1") else None
            headers = signed_headers(signer, one.topic, 0, one.key, one.value, [*one.headers], one.timestamp_ms)
            sent = producer.send(one.topic, one.value, one.key, headers, partition, one.timestamp_ms)
            sent.get(timeout=30)
    finally:
        producer.close(timeout=5)


def _moment(at_ms: int) -> str:
    try:
        return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return str(at_ms)
