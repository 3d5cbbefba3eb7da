"""`obligor topics`: list, create and check the topics."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from kafka.errors import KafkaError

from streams import topics as cluster_topics
from streams.broker import BrokerFailed, with_running_broker
from streams.settings import Settings

topics = typer.Typer(help="List, create and check the topics.", no_args_is_help=True)
Brokers = Annotated[str | None, typer.Option(help="Cluster address HOST:PORT[,HOST:PORT]; else the embedded broker.")]
Data = Annotated[Path | None, typer.Option(help="Data directory of the embedded broker.")]


@topics.command("list")
def list_topics(brokers: Brokers = None, data: Data = None) -> None:
    """Show every topic as it should be, needing no broker.

    Example: obligor topics list
    """
    for one in cluster_topics.desired_topics(_settings(brokers, data)):
        typer.echo(f"{one.name}  partitions={one.partitions} replicas={one.replication_factor}")
        typer.echo("  " + " ".join(f"{key}={value}" for key, value in sorted(one.config.items())))


@topics.command()
def create(brokers: Brokers = None, data: Data = None) -> None:
    """Create the topics that are missing and check all of them; exit code 1 if one is not what it must be.

    Example: obligor topics create --brokers broker-1:9092,broker-2:9092
    """
    with _exit_codes():
        settings = with_running_broker(_settings(brokers, data))
        for name in cluster_topics.create_and_check(settings):
            typer.echo(f"created {name}")
        typer.echo(f"{len(cluster_topics.NAMES)} topics are as they must be")


@topics.command()
def check(brokers: Brokers = None, data: Data = None) -> None:
    """Check the topics and change nothing; exit code 1 lists every difference.

    Example: obligor topics check --brokers broker-1:9092
    """
    with _exit_codes():
        cluster_topics.check(with_running_broker(_settings(brokers, data)))
        typer.echo(f"{len(cluster_topics.NAMES)} topics are as they must be")


def _settings(brokers: str | None, data: Path | None) -> Settings:
    given: dict[str, Any] = {"brokers": brokers, "data": data}
    return Settings(**{key: value for key, value in given.items() if value is not None})


@contextmanager
def _exit_codes() -> Iterator[None]:
    try:
        yield
    except cluster_topics.TopicsUnfit as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    except (BrokerFailed, KafkaError) as error:
        typer.echo(str(error) or type(error).__name__, err=True)
        raise typer.Exit(2) from error
