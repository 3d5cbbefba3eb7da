"""The embedded broker: a real Kafka that keeps its data and leaves no process behind, however its owner ends."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient

import streams.broker
from streams.broker import QUICK_START, Broker, BrokerFailed, with_running_broker
from streams.settings import Settings

pytestmark = pytest.mark.kafka
COMMAND = "import typer; from streams.commands.broker import broker; typer.run(broker)"


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker that a test may stop and kill."""
    with Broker(tmp_path, port=0, jvm_options=QUICK_START) as running:
        yield running


@pytest.fixture
def command(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """`obligor broker` as a process of its own."""
    arguments = [sys.executable, "-W", "ignore", "-c", COMMAND, "--data", str(tmp_path), "--port", "0"]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, start_new_session=True)
    yield process
    process.kill()
    process.wait()
    assert process.stdout
    process.stdout.close()


def test_what_was_acknowledged_survives_a_stop_and_a_crash_at_the_same_address(own_broker: Broker) -> None:
    address = own_broker.bootstrap
    _create(address, "kept")
    _send(address, "kept", b"before the stop")
    own_broker.stop()
    assert not own_broker.running

    own_broker.start()
    _send(address, "kept", b"before the crash")
    own_broker.kill()

    own_broker.start()
    assert own_broker.bootstrap == address
    assert _read(address, "kept", 2) == [b"before the stop", b"before the crash"]


def test_a_taken_port_is_left_to_its_holder_and_the_wanted_one_comes_back(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        wanted = int(holder.getsockname()[1])
        with Broker(tmp_path, port=wanted, jvm_options=QUICK_START) as first:
            used = first.port
            _create(first.bootstrap, "kept")
        assert used != wanted
        with Broker(tmp_path, port=wanted, jvm_options=QUICK_START) as again:
            assert again.port == used, "the last address comes first"
    with (
        Broker(tmp_path, port=0, jvm_options=QUICK_START) as anywhere,
        KafkaAdminClient(bootstrap_servers=anywhere.bootstrap) as admin,
    ):
        assert "kept" in admin.list_topics()


def test_moving_both_ports_keeps_the_data(tmp_path: Path) -> None:
    with Broker(tmp_path, port=0, jvm_options=QUICK_START) as first:
        _create(first.bootstrap, "kept")
        _send(first.bootstrap, "kept", b"value")
    (tmp_path / "kafka" / "ports.json").unlink()
    with Broker(tmp_path, port=0, jvm_options=QUICK_START) as moved:
        assert _read(moved.bootstrap, "kept", 1) == [b"value"]


def test_a_second_broker_on_the_same_data_is_refused(own_broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams.broker, "_LOCK_SECONDS", 0)
    data = own_broker.log_file.parents[1]
    with pytest.raises(BrokerFailed, match="another broker is using it"):
        Broker(data, port=0).start()
    assert own_broker.running


def test_a_broker_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(BrokerFailed, match=r"num\.io\.threads"):
        Broker(tmp_path, port=0, overrides={"num.io.threads": "many"}).start()


def test_programs_find_the_running_broker_by_its_data(own_broker: Broker) -> None:
    settings = Settings(data=own_broker.log_file.parents[1])
    assert with_running_broker(settings).bootstrap == [own_broker.bootstrap]
    own_broker.stop()
    with pytest.raises(BrokerFailed, match="got neither"):
        with_running_broker(settings)


def test_a_paused_broker_wakes_with_its_data(own_broker: Broker) -> None:
    _create(own_broker.bootstrap, "kept")
    own_broker.pause()
    own_broker.resume()
    _send(own_broker.bootstrap, "kept", b"value")
    assert _read(own_broker.bootstrap, "kept", 1) == [b"value"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_ends_cleanly_and_leaves_nothing(command: subprocess.Popen[str], number: signal.Signals) -> None:
    family = _family(command)
    # As a terminal does on Ctrl-C: to the whole foreground group, of which the broker is no part.
    os.killpg(command.pid, number)
    assert command.wait(30) == 0
    _gone(family)


def test_killing_the_owner_ends_the_broker(command: subprocess.Popen[str]) -> None:
    family = _family(command)
    command.kill()
    _gone(family)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_killing_the_guard_ends_the_broker(own_broker: Broker) -> None:
    jvm = psutil.Process(own_broker.pid)
    jvm.parent().kill()
    _gone([jvm])
    own_broker.stop()
    own_broker.start()


def test_the_command_says_when_its_broker_died(command: subprocess.Popen[str]) -> None:
    family = _family(command)
    next(one for one in family if one.name() == "java").kill()
    assert command.wait(30) == 2
    _gone(family)


def _family(command: subprocess.Popen[str]) -> list[psutil.Process]:
    """The command's process and all it started, once it has told its address, which is all it tells."""
    assert command.stdout
    host, port = command.stdout.readline().strip().split(":")
    assert (host, port.isdigit()) == ("127.0.0.1", True)
    owner = psutil.Process(command.pid)
    children = owner.children(recursive=True)
    assert "java" in {one.name() for one in children}
    return [*children]


def _gone(processes: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(processes, timeout=30)
    assert alive == []


def _create(bootstrap: str, name: str) -> None:
    with KafkaAdminClient(bootstrap_servers=bootstrap) as admin:
        admin.create_topics({name: {"num_partitions": 1, "replication_factor": 1}}, wait_for_metadata=True)


def _send(bootstrap: str, name: str, value: bytes) -> None:
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    producer.send(name, value).get(30)
    producer.close()


def _read(bootstrap: str, name: str, count: int) -> list[bytes]:
    consumer = KafkaConsumer(
        name, bootstrap_servers=bootstrap, auto_offset_reset="earliest", group_id=None, consumer_timeout_ms=20_000
    )
    values = [next(consumer).value for _ in range(count)]
    consumer.close()
    return values
