"""`obligor accept-loss`: open a partition that stays closed because records were lost."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from streams.accepting import NothingLost
from streams.accepting import accept_loss as append_acceptance
from streams.commands.connecting import BrokersOption, DataOption, connected_settings, ending_with_2
from streams.ledger import AppendUnknown, LedgerForked
from streams.reader import ReadFailed


def accept_loss(
    partition: Annotated[int, typer.Option(min=0, help="The partition that stays closed.")],
    actor: Annotated[str, typer.Option(help="Who accepts it.")],
    reason: Annotated[str, typer.Option(help="What happened, as far as is known.")],
    found: Annotated[
        list[str] | None, typer.Option(help="What a worker says is wrong, where this command does not see it itself.")
    ] = None,
    brokers: BrokersOption = None,
    data: DataOption = None,
) -> None:
    """Accept that records were lost and let a partition go on in a new epoch; it is written into the ledger.

    Do this only once it is certain that they will not come back: facts that are gone from the ledger and still in
    their topics are taken in again, decisions that were published stay published.

    Example: obligor accept-loss --partition 3 --actor j.doe --reason "disk of broker 1 lost, restored from Monday"
    """
    with ending_with_2(NothingLost, LedgerForked, AppendUnknown, ReadFailed):
        settings = connected_settings(brokers, data)
        if partition >= settings.partitions:
            raise NothingLost(f"expected a partition from 0 to {settings.partitions - 1}, received {partition}")
        loss = asyncio.run(append_acceptance(settings, partition, actor, reason, found or []))
    for finding in loss.findings:
        typer.echo(f"accepted: {finding}")
    for name, offset in sorted(loss.positions.items()):
        typer.echo(f"{name} goes on at offset {offset + 1}")
