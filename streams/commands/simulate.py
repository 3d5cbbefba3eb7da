"""`obligor simulate`: a believable market, into Kafka or a file."""

from __future__ import annotations

import signal
from datetime import date, datetime
from pathlib import Path
from threading import Event
from tomllib import TOMLDecodeError
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from schemas.policy import PolicyInvalid
from streams.commands.connecting import BrokersOption, DataOption, connected_settings, ending_with_2
from streams.commands.simulate_report import print_report, report_on
from streams.lines import to_line
from streams.market.live import OnDay, run_live
from streams.simulator import DEFAULT_START, Market

_notes = Console(stderr=True)

ReportOption = Annotated[
    bool, typer.Option(help="Try a policy on the market, in memory, and tell what it caught, missed and cost.")
]
PolicyOption = Annotated[
    Path | None, typer.Option(help="With --report: the policy to try; else the default one.", exists=True)
]
JsonOption = Annotated[bool, typer.Option("--json", help="With --report: print JSON.")]


def simulate(
    accounts: Annotated[int, typer.Option(min=1, help="How many accounts trade.")] = 200,
    days: Annotated[int, typer.Option(min=1, help="How many days to play.")] = 90,
    seed: Annotated[int, typer.Option(help="The same seed is the same market.")] = 1,
    speed: Annotated[
        float,
        typer.Option(min=0, help="Simulated seconds in a second: 86400 is a day a second; 0 as fast as possible."),
    ] = 0.0,
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First business date.")] = datetime(
        DEFAULT_START.year, DEFAULT_START.month, DEFAULT_START.day
    ),
    out: Annotated[Path | None, typer.Option(help="Write JSON lines for `obligor send` instead of sending.")] = None,
    report: ReportOption = False,
    policy: PolicyOption = None,
    json: JsonOption = False,
    resume: Annotated[bool, typer.Option(help="Go on after the last day an earlier run closed.")] = True,
    brokers: BrokersOption = None,
    data: DataOption = None,
) -> None:
    """Play a market of customers who order, pay, dispute and fail, the same for the same seed.

    At a speed, orders leave only when they were released; at speed 0 the market goes by its own book of each account.

    Example: obligor simulate --accounts 200 --days 365 --seed 7 --speed 86400

    Example: obligor simulate --report --accounts 500 --days 365 --seed 7 --policy mine.toml
    """
    if report:
        _report(accounts, days, seed, start.date(), policy, as_json=json)
        return
    with ending_with_2(OSError), _day_bar() as progress:
        on_day = _advance(progress, progress.add_task("market", total=days, facts=0, counted="0 facts", day=""))
        if out is not None:
            count = _write(out, Market(seed, accounts, start.date()), days, on_day)
            note = f"{count:,} facts written to {out}"
        else:
            count = run_live(
                connected_settings(brokers, data),
                accounts,
                seed,
                speed,
                _stop_on_signals(),
                start=start.date(),
                days=days,
                prehistory_days=0,
                resume=resume,
                on_day=on_day,
            )
            note = f"{count:,} facts sent"
    _notes.print(note)


def _report(accounts: int, days: int, seed: int, start: date, policy: Path | None, *, as_json: bool) -> None:
    with ending_with_2(OSError, PolicyInvalid, TOMLDecodeError):
        with _day_bar() as progress:
            task = progress.add_task("trial", total=2 * days, counted="", day="")
            merits = report_on(
                accounts,
                days,
                seed,
                start=start,
                policy=policy,
                on_day=lambda today: progress.update(task, advance=1, day=str(today)),
            )
        print_report(merits, Console(), as_json=as_json)


def _write(out: Path, market: Market, days: int, on_day: OnDay) -> int:
    count = 0
    with out.open("wb") as file:
        for messages in market.days(days):
            count += len(messages)
            file.writelines(to_line(message) for message in messages)
            on_day(market.next_date, len(messages))
    return count


def _stop_on_signals() -> Event:
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _day_bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} days  {task.fields[day]}  {task.fields[counted]}"),
        TimeElapsedColumn(),
        console=_notes,
    )


def _advance(progress: Progress, task: TaskID) -> OnDay:
    """A day that was only replayed to resume has no facts and is not counted."""

    def on_day(today: date, facts: int) -> None:
        done = progress.tasks[0].fields["facts"] + facts
        progress.update(task, advance=1 if facts else 0, facts=done, counted=f"{done:,} facts", day=str(today))

    return on_day
