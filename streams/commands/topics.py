"""`obligor topics`: list, create and check the topics."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from streams import topics as cluster_topics
from streams.acls import PARTS, as_commands, rules
from streams.commands.connecting import BrokersOption, DataOption, connected_settings, ending_with_2
from streams.settings import Settings

topics = typer.Typer(help="List, create and check the topics; who may write and read them.", no_args_is_help=True)


@topics.command("list")
def list_topics() -> None:
    """Show every topic as it should be; needs no broker.

    Example: obligor topics list
    """
    for one in cluster_topics.desired_topics(Settings()):
        typer.echo(f"{one.name}  partitions={one.partitions} replicas={one.replication_factor}")
        typer.echo("  " + " ".join(f"{key}={value}" for key, value in sorted(one.config.items())))


@topics.command()
def create(brokers: BrokersOption = None, data: DataOption = None) -> None:
    """Create the topics that are missing and check all of them; exit code 1 if one is not what it must be.

    Example: obligor topics create --brokers broker-1:9092,broker-2:9092
    """
    with ending_with_2(), _ending_with_1():
        for name in cluster_topics.create_and_check(connected_settings(brokers, data)):
            typer.echo(f"created {name}")
        typer.echo(f"{len(cluster_topics.NAMES)} topics are as they must be")


@topics.command()
def check(brokers: BrokersOption = None, data: DataOption = None) -> None:
    """Check the topics and change nothing; exit code 1 lists every difference.

    Example: obligor topics check --brokers broker-1:9092
    """
    with ending_with_2(), _ending_with_1():
        cluster_topics.check(connected_settings(brokers, data))
        typer.echo(f"{len(cluster_topics.NAMES)} topics are as they must be")


@topics.command()
def acls(
    principal: Annotated[
        list[str] | None, typer.Option(help="PART=PRINCIPAL such as order-system=User:erp; several times.")
    ] = None,
    brokers: BrokersOption = None,
    command_config: Annotated[str | None, typer.Option(help="File with the login for kafka-acls.sh.")] = None,
) -> None:
    """Print the commands that let each part write and read its topics and nothing else; changes nothing.

    Example: obligor topics acls --principal order-system=User:erp --principal worker=User:obligor-worker
    """
    named = dict(one.partition("=")[::2] for one in principal or ())
    unknown = sorted(name for name, who in named.items() if name not in PARTS or not who)
    if unknown:
        typer.echo(f"expected PART=PRINCIPAL with a part of {', '.join(PARTS)}, received {unknown}", err=True)
        raise typer.Exit(2)
    settings = Settings() if brokers is None else Settings(brokers=brokers)
    principals = named or {name: f"User:obligor-{name}" for name in PARTS}
    for line in as_commands(rules(settings, principals), settings.brokers or "BROKERS", command_config):
        typer.echo(line)


@contextmanager
def _ending_with_1() -> Iterator[None]:
    try:
        yield
    except cluster_topics.TopicsUnfit as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
