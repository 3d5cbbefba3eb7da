"""`obligor worker`: one worker process."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.commands.connecting import BrokersOption, DataOption, connected_settings, ending_with_2
from streams.topics import create_and_check
from streams.worker import run_worker


def worker(
    brokers: BrokersOption = None,
    data: DataOption = None,
    metrics_host: Annotated[str, typer.Option(help="Address for /ready, /live and /metrics.")] = "127.0.0.1",
    metrics_port: Annotated[int, typer.Option(help="Port for them; 0 takes a free one.")] = 0,
    clock: Annotated[bool, typer.Option(help="Close each business day (UTC) when it is over.")] = True,
) -> None:
    """Run one worker until Ctrl-C or SIGTERM: takes facts in, keeps exposure, answers orders, raises alerts.

    Run as many as there are cores to spare, on any hosts; they share the partitions.

    Example: obligor worker --brokers kafka1:9092,kafka2:9092 --metrics-port 9464
    """
    with ending_with_2(OSError):
        settings = connected_settings(brokers, data)
        create_and_check(settings)
    raise typer.Exit(run_worker(settings, metrics_host=metrics_host, metrics_port=metrics_port, clock=clock))
