"""What the embedded broker is told, alone and in a cluster, and which ports it picks."""

import socket
from collections.abc import Callable
from pathlib import Path

from streams.broker import choose_port, cluster, new_cluster_id
from streams.broker_properties import Node, as_properties, server_properties

ALONE = Node(1, 9092, 9093)


def test_a_broker_alone_holds_the_only_copy_and_listens_on_loopback_only() -> None:
    told = server_properties(ALONE, Path("/data/log"))
    assert told["offsets.topic.replication.factor"] == told["transaction.state.log.replication.factor"] == "1"
    assert told["listeners"] == "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093"
    assert told["controller.quorum.bootstrap.servers"] == "127.0.0.1:9093"
    assert "controller.quorum.voters" not in told
    assert told["log.dirs"] == "/data/log"


def test_every_broker_keeps_records_for_ever_and_makes_no_topic_by_itself() -> None:
    told = server_properties(ALONE, Path("/data/log"))
    assert told["log.retention.ms"] == "-1"
    assert told["auto.create.topics.enable"] == told["unclean.leader.election.enable"] == "false"
    assert int(told["message.max.bytes"]) > 8 * 1024 * 1024
    assert told["group.initial.rebalance.delay.ms"] == "0"


def test_a_broker_of_a_cluster_takes_its_factors_from_the_cluster() -> None:
    voters = ("1@127.0.0.1:1", "2@127.0.0.1:2", "3@127.0.0.1:3")
    told = server_properties(Node(2, 9092, 9093, voters), Path("/data"), {"min.insync.replicas": "2"})
    assert told["controller.quorum.voters"] == ",".join(voters)
    assert told["min.insync.replicas"] == "2"
    assert "offsets.topic.replication.factor" not in told
    assert "controller.quorum.bootstrap.servers" not in told


def test_overrides_change_behaviour_but_not_place() -> None:
    told = server_properties(ALONE, Path("/data"), {"num.io.threads": "8", "node.id": "7", "log.dirs": "/elsewhere"})
    assert (told["num.io.threads"], told["node.id"], told["log.dirs"]) == ("8", "1", "/data")


def test_properties_survive_backslashes() -> None:
    assert as_properties({"log.dirs": r"C:\data"}) == "log.dirs=C:\\\\data\n"


def test_the_first_free_port_wins_and_a_taken_one_is_passed_over(free_port: Callable[[], int]) -> None:
    free = free_port()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        held = int(holder.getsockname()[1])
        assert choose_port((0, held, free)) == free
        assert choose_port((held,)) not in (held, 0)
    assert choose_port((free, held), taken=(free,)) != free


def test_a_clusters_brokers_know_each_other_and_share_no_port(tmp_path: Path) -> None:
    ports = [one.port for one in cluster(tmp_path, size=3)]
    assert len(set(ports)) == 3


def test_cluster_ids_are_of_the_form_that_kafka_takes() -> None:
    found = {new_cluster_id() for _ in range(200)}
    assert len(found) == 200
    assert all(len(one) == 22 and not one.startswith("-") for one in found)
