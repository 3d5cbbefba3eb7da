"""`obligor broker`: the embedded Kafka by itself, in the foreground."""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TaskID

from streams.broker import Broker, BrokerFailed
from streams.kafka_jars import KAFKA_VERSION, JarsUnavailable, OnJar
from streams.settings import Settings

_notes = Console(stderr=True)


def broker(
    data: Annotated[Path | None, typer.Option(help="Directory that keeps the broker's data.")] = None,
    port: Annotated[int | None, typer.Option(help="Port wanted; another free one is used if it is taken.")] = None,
) -> None:
    """Run the embedded Kafka in the foreground until Ctrl-C; its address is the only line on standard output.

    Example: obligor broker --data .obligor --port 9092
    """
    settings = Settings()
    try:
        with Progress(console=_notes, transient=True) as progress:
            running = Broker(
                data or settings.data,
                port=settings.kafka_port if port is None else port,
                on_jar=jar_progress(progress),
            ).start()
    except (BrokerFailed, JarsUnavailable) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    # Only now: until here Ctrl-C may break off a fetch at once, and the guard ends what was started.
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with running:
        typer.echo(running.bootstrap)
        while running.running and not stopped.wait(0.5):
            pass
        if not stopped.is_set():
            typer.echo(f"expected the broker to run, but it ended; see {running.log_file}", err=True)
            raise typer.Exit(2)


def jar_progress(progress: Progress) -> OnJar:
    """A callback for `Broker(on_jar=...)` that draws the first fetch of Kafka as a bar; nothing when none is needed."""
    tasks: list[TaskID] = []

    def on_jar(done: int, total: int) -> None:
        if not tasks:
            tasks.append(progress.add_task(f"fetching Kafka {KAFKA_VERSION}, once for this user", total=total))
        progress.update(tasks[0], completed=done)

    return on_jar
