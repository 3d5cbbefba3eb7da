"""The command line: every command of every part, and the only file that knows all four packages."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer
from kafka.errors import KafkaError
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress

from api.access.admission import CredentialsMissing, check_reachable, is_loopback
from api.access.gate import Access
from api.access.oidc import Provider
from api.acting.acting import Acting
from api.acting.mending import Mending
from api.acting.signing import signing
from api.commands.approvals import approvals
from api.commands.credentials import leave_key, open_access
from api.commands.people import access_log, keys, open_page, page_link, people
from api.commands.serve import serve_api
from api.commands.status import status
from api.commands.tail import tail
from api.run_file import NAME as RUN_FILE
from api.run_file import Run, WorkerAddress, write_run
from api.webhooks.delivery import Patience
from streams.broker import Broker, BrokerFailed, choose_port
from streams.commands.accept_loss import accept_loss
from streams.commands.audit import audit
from streams.commands.broker import broker, jar_progress
from streams.commands.connecting import BrokersOption, DataOption, connected_settings, ending_with_2
from streams.commands.deadletters import deadletters
from streams.commands.dossier import dossier
from streams.commands.import_receivables import import_receivables
from streams.commands.learn import learn
from streams.commands.learner import learner
from streams.commands.model import model
from streams.commands.policy import policy
from streams.commands.report import report
from streams.commands.score import score
from streams.commands.send import send
from streams.commands.signing_key import signing_key
from streams.commands.simulate import simulate
from streams.commands.topics import topics
from streams.commands.worker import worker
from streams.deadletters import read_letter, redrive
from streams.kafka_jars import JarsUnavailable
from streams.keys import key_file, load_signer, make_signing_key
from streams.market.live import DEMO_SPEED, run_live
from streams.producing import SendFailed
from streams.settings import Settings, aiokafka_arguments
from streams.supervision import Child, ChildFailed, Supervisor
from streams.topics import TopicsUnfit, create_and_check

READY_S = 90.0
_notes = Console(stderr=True, highlight=False)

app = typer.Typer(
    name="obligor",
    help="The live credit-risk monitor for companies that sell on credit terms.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command()
def up(
    data: DataOption = None,
    brokers: BrokersOption = None,
    kafka_port: Annotated[int | None, typer.Option(help="Port wanted for the embedded Kafka.")] = None,
    api_port: Annotated[int | None, typer.Option(help="Port wanted for the api.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="How many worker processes.")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Play a living market and show its feed here.")] = False,
    speed: Annotated[float, typer.Option(min=1, help="Demo: simulated seconds in a second.")] = DEMO_SPEED,
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open the api's page in a browser.")] = True,
) -> None:
    """Run everything on this machine: Kafka if none is given, topics, workers, learner and the api, until Ctrl-C.

    Example: obligor up --demo --data .obligor
    """
    given = {
        "data": data,
        "brokers": brokers,
        "kafka_port": kafka_port,
        "api_port": api_port,
        "workers": workers,
    }
    settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    stopped = threading.Event()
    try:
        with _embedded(settings) as running:
            if isinstance(running, Broker):
                settings = settings.with_brokers(running.bootstrap)
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: stopped.set())
            _run_parts(settings, stopped, running, demo=demo, speed=speed, open_page=open_page)
    except (BrokerFailed, JarsUnavailable, ChildFailed, KafkaError, TopicsUnfit, CredentialsMissing) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


class _NoBroker:
    """Stands where the embedded broker would be when a cluster is given."""

    running = True

    def __enter__(self) -> _NoBroker:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def _embedded(settings: Settings) -> Broker | _NoBroker:
    if not settings.embedded:
        return _NoBroker()
    with Progress(console=_notes, transient=True) as progress:
        return Broker(settings.data, port=settings.kafka_port, on_jar=jar_progress(progress)).start()


def _run_parts(
    settings: Settings,
    stopped: threading.Event,
    running: Broker | _NoBroker,
    *,
    demo: bool,
    speed: float,
    open_page: bool,
) -> None:
    create_and_check(settings)
    if settings.signing_key is None:
        make_signing_key(key_file(settings))
    access = open_access(settings.data, settings.access_path, settings.api_names, _provider(settings))
    check_reachable(settings.api_host, access)
    supervisor = Supervisor(settings.data / "logs", lambda text: _notes.print(text, style="yellow"))
    try:
        run = _start_children(settings, supervisor, clock=not demo)
        if not supervisor.wait_ready(READY_S, stopped.wait):
            return
        write_run(settings.data, run)
        typer.echo(f"ready  api {run.api}  kafka {run.brokers}  data {settings.data.absolute()}")
        link = page_link(access, str(run.api))
        typer.echo(f"open   {link}")
        if open_page and sys.stdout.isatty():
            typer.launch(link)
        _stay(settings, supervisor, stopped, running, str(run.api), demo=demo, speed=speed)
    finally:
        supervisor.stop()
        (settings.data / RUN_FILE).unlink(missing_ok=True)


def _start_children(settings: Settings, supervisor: Supervisor, *, clock: bool) -> Run:
    connection = ["--brokers", settings.brokers, "--data", str(settings.data)]
    taken: list[int] = []

    def start(name: str, *arguments: str) -> WorkerAddress:
        port = choose_port([], taken)
        taken.append(port)
        child = Child(name, [*arguments, "--metrics-port", str(port)], f"http://127.0.0.1:{port}/ready")
        supervisor.start(child)
        return WorkerAddress(child.process.pid if child.process else 0, port)

    closing = "--clock" if clock else "--no-clock"
    workers = tuple(start(f"worker-{number}", "worker", *connection, closing) for number in range(settings.workers))
    learning = start("learner", "learner", *connection)
    port = choose_port([settings.api_port], taken)
    url = f"http://127.0.0.1:{port}"
    arguments = ["serve", *connection, "--host", settings.api_host, "--port", str(port)]
    arguments += [] if clock else ["--simulated-time"]
    supervisor.start(Child("api", arguments, f"{url}/v1/health/ready"))
    return Run(url, settings.brokers, workers, learning)


def _stay(
    settings: Settings,
    supervisor: Supervisor,
    stopped: threading.Event,
    running: Broker | _NoBroker,
    url: str,
    *,
    demo: bool,
    speed: float,
) -> None:
    """Watch the processes until told to stop; in the demo, play the market and show the feed meanwhile."""
    market = threading.Thread(target=_play, args=(settings, speed, stopped)) if demo else None
    feed = _show_feed(url, settings.data) if demo else None
    if market is not None:
        market.start()
    while not stopped.wait(0.5):
        supervisor.look()
        if not running.running:
            typer.echo("the embedded Kafka has ended; everything stops", err=True)
            break
    stopped.set()
    if feed is not None:
        feed.terminate()
        feed.wait()
    if market is not None:
        market.join(20)


def _play(settings: Settings, speed: float, stopped: threading.Event) -> None:
    try:
        run_live(settings, speed=speed, stop_event=stopped)
    except SendFailed as error:
        if not stopped.is_set():
            typer.echo(f"the market has stopped: {error}", err=True)


def _show_feed(url: str, data: Path) -> subprocess.Popen[bytes]:
    language = "zh" if os.environ.get("LANG", "").startswith("zh") else "en"
    command = [sys.executable, "-m", "api.cli", "tail", "--url", url, "--data", str(data), "--language", language]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)


@app.command()
def serve(
    brokers: BrokersOption = None,
    data: DataOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    trust_this_machine: Annotated[
        bool, typer.Option("--trust-this-machine", help="Ask nobody on this machine who they are.")
    ] = False,
    simulated_time: Annotated[
        bool, typer.Option("--simulated-time", help="Stamp what people tell with the newest time in the ledger.")
    ] = False,
) -> None:
    """Serve the HTTP api and the live feed; as many processes as wanted.

    Example: obligor serve --brokers kafka1:9092 --port 8400
    """
    with ending_with_2(OSError):
        settings = connected_settings(brokers, data)
        sign = signing(load_signer(settings), settings.topic_prefix)
    acting = Acting(
        aiokafka_arguments(settings),
        settings.topic_prefix,
        sign,
        webhook_networks=settings.networks,
        patience=Patience(settings.webhook_attempts),
        mending=Mending(read_letter, redrive),
        simulated_time=simulated_time,
    )
    raise typer.Exit(
        serve_api(
            aiokafka_arguments(settings),
            settings.topic_prefix,
            host or settings.api_host,
            settings.api_port if port is None else port,
            acting=acting,
            data=settings.data,
            access=None if trust_this_machine else _access(settings, host or settings.api_host),
            on_started=typer.echo,
            on_error=lambda text: typer.echo(text, err=True),
        )
    )


def _access(settings: Settings, host: str) -> Access:
    """Who is asked; on this machine the commands of whoever may read the data directory are known."""
    access = open_access(settings.data, settings.access_path, settings.api_names, _provider(settings))
    if is_loopback(host):
        leave_key(access, settings.data)
    return access


def _provider(settings: Settings) -> Provider | None:
    if not settings.oidc_issuer:
        return None
    return Provider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value(),
        redirect_url=f"{settings.api_url.rstrip('/')}/v1/login/callback",
        name_claim=settings.oidc_name_claim,
        roles_claim=settings.oidc_roles_claim,
        roles=settings.oidc_roles,
        managers_claim=settings.oidc_managers_claim,
    )


app.command()(broker)
app.add_typer(topics, name="topics")
app.command()(worker)
app.command()(learner)
app.command("import")(import_receivables)
app.command()(learn)
app.command()(send)
app.command()(simulate)
app.command()(tail)
app.command()(status)
app.command("open")(open_page)
app.add_typer(people, name="people")
app.add_typer(keys, name="keys")
app.command("access-log")(access_log)
app.command("signing-key")(signing_key)
app.command()(approvals)
app.command()(audit)
app.command()(dossier)
app.command()(score)
app.add_typer(policy, name="policy")
app.add_typer(model, name="model")
app.add_typer(report, name="report")
app.add_typer(deadletters, name="deadletters")
app.command("accept-loss")(accept_loss)


def main() -> None:
    """Run the command line; settings that make no sense end with exit code 2 and say which."""
    try:
        app()
    except ValidationError as error:
        for found in error.errors():
            place = ".".join(str(part) for part in found["loc"]) or "settings"
            typer.echo(f"OBLIGOR_{place.upper()}: {found['msg']}, was {found['input']!r}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
