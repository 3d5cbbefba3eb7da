"""`obligor learner`: the learner process."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.commands.connecting import BrokersOption, DataOption, connected_settings, ending_with_2
from streams.topics import create_and_check


def learner(
    brokers: BrokersOption = None,
    data: DataOption = None,
    metrics_host: Annotated[str, typer.Option(help="Address for /ready, /live and /metrics.")] = "127.0.0.1",
    metrics_port: Annotated[int, typer.Option(help="Port for them; 0 takes a free one.")] = 0,
) -> None:
    """Run the learner until Ctrl-C or SIGTERM: learns who pays late, measures it, publishes models to be adopted.

    One for a cluster; nothing waits for it, and without it everything else goes on.

    Example: obligor learner --brokers kafka1:9092 --metrics-port 9465
    """
    # river takes a second to load, which no other command should wait for.
    from streams.learner import run_learner

    with ending_with_2(OSError):
        settings = connected_settings(brokers, data)
        create_and_check(settings)
    raise typer.Exit(run_learner(settings, metrics_host=metrics_host, metrics_port=metrics_port))
