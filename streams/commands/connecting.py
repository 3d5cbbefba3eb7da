"""The options with which a command finds its broker, and the one way commands end when they cannot run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from kafka.errors import KafkaError

from schemas.signature import SigningKeyInvalid
from streams.broker import BrokerFailed, with_running_broker
from streams.keys import SigningKeyMissing
from streams.producing import SendFailed
from streams.settings import Settings

BrokersOption = Annotated[
    str | None, typer.Option("--brokers", help="Cluster address HOST:PORT[,HOST:PORT]; else the embedded broker.")
]
DataOption = Annotated[Path | None, typer.Option("--data", help="Data directory of the embedded broker.")]
COULD_NOT_RUN = 2


def connected_settings(brokers: str | None, data: Path | None) -> Settings:
    """Settings from the environment and these options, naming brokers.

    Raises:
        BrokerFailed: no cluster is configured and no embedded broker runs.
    """
    given: dict[str, Any] = {"brokers": brokers, "data": data}
    return with_running_broker(Settings(**{name: value for name, value in given.items() if value is not None}))


@contextmanager
def ending_with_2(*expected: type[Exception]) -> Iterator[None]:
    """Turn what keeps a command from running into its text and exit code 2."""
    try:
        yield
    except (BrokerFailed, SendFailed, KafkaError, SigningKeyInvalid, SigningKeyMissing, *expected) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(COULD_NOT_RUN) from error
