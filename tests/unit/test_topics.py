"""What the topics must be like, and how what is wrong is told."""

import pytest

from streams.settings import Settings
from streams.topics import (
    LEDGER,
    NAMES,
    OUTPUTS,
    SINGLE,
    SOURCES,
    Found,
    Topic,
    TopicsUnfit,
    desired_topics,
    plan,
    raise_unless_fit,
    short_name,
    topic,
)

SETTINGS = Settings(partitions=12, replication_factor=3, min_insync_replicas=2, topic_prefix="eu.credit")
DESIRED = {short_name(one.name): one for one in desired_topics(SETTINGS)}


def as_found(one: Topic, **changed: str) -> Found:
    return Found(one.partitions, one.replication_factor, {**one.config, **changed})


def test_all_share_one_partition_count_but_those_with_one_writer() -> None:
    assert {DESIRED[name].partitions for name in (*SOURCES, LEDGER, *OUTPUTS)} == {12}
    assert {DESIRED[name].partitions for name in SINGLE} == {1}
    assert set(DESIRED) == set(NAMES)


def test_only_the_latest_state_is_compacted_and_nothing_is_ever_deleted_by_age() -> None:
    compacted = {name for name, one in DESIRED.items() if one.config["cleanup.policy"] == "compact"}
    assert compacted == {"exposures", "models", "webhooks"}
    assert {one.config["retention.ms"] for one in DESIRED.values()} == {"-1"}


def test_sources_keep_the_producers_time_roll_by_size_and_take_any_date() -> None:
    longest = "9223372036854775807"
    for name in SOURCES:
        config = DESIRED[name].config
        assert config["message.timestamp.type"] == "CreateTime"
        assert config["segment.ms"] == config["message.timestamp.after.max.ms"] == longest
    assert {DESIRED[name].config["message.timestamp.type"] for name in (LEDGER, *OUTPUTS)} == {"LogAppendTime"}


def test_sizes_and_safety() -> None:
    assert {DESIRED[name].config["max.message.bytes"] for name in SOURCES} == {"4194304"}
    assert {DESIRED[name].config["max.message.bytes"] for name in (LEDGER, "deadletters")} == {"8388608"}
    assert {one.config["unclean.leader.election.enable"] for one in DESIRED.values()} == {"false"}
    assert {one.config["min.insync.replicas"] for one in DESIRED.values()} == {"2"}


def test_what_is_missing_is_created_and_what_fits_is_left_alone() -> None:
    found = {one.name: as_found(one) for name, one in DESIRED.items() if name != "alerts"}
    result = plan(DESIRED.values(), found)
    assert result.create == [DESIRED["alerts"]]
    assert result.problems == []


def test_every_difference_of_every_topic_is_one_line() -> None:
    found = {one.name: as_found(one) for one in DESIRED.values()}
    orders, ledger = DESIRED["orders"], DESIRED["ledger"]
    found[orders.name] = Found(6, 1, {**orders.config, "retention.ms": "604800000"})
    found[ledger.name] = as_found(ledger, **{"cleanup.policy": "compact", "min.insync.replicas": "1"})
    assert plan(DESIRED.values(), found).problems == [
        "eu.credit.orders.v1: expected 12 partitions, got 6",
        "eu.credit.orders.v1: expected 3 replicas or more, got 1",
        "eu.credit.orders.v1: expected retention.ms=-1, got 604800000",
        "eu.credit.ledger.v1: expected cleanup.policy=delete, got compact",
        "eu.credit.ledger.v1: expected min.insync.replicas=2 or more, got 1",
    ]


@pytest.mark.parametrize("key", ["max.message.bytes", "min.insync.replicas"])
def test_more_room_and_more_safety_are_no_problem(key: str) -> None:
    one = DESIRED["orders"]
    safer = Found(one.partitions, 5, {**one.config, key: str(int(one.config[key]) + 1)})
    assert plan([one], {one.name: safer}).problems == []


def test_operators_choose_how_long_published_decisions_are_kept_but_not_facts() -> None:
    week = {"retention.ms": "604800000"}
    for name in ("decisions", "alerts", "labels"):
        assert plan([DESIRED[name]], {DESIRED[name].name: as_found(DESIRED[name], **week)}).problems == []
    for name in (*SOURCES, LEDGER, "deadletters"):
        assert plan([DESIRED[name]], {DESIRED[name].name: as_found(DESIRED[name], **week)}).problems != []


def test_a_setting_that_the_cluster_does_not_know_is_a_problem() -> None:
    one = DESIRED["orders"]
    found = Found(one.partitions, 3, {key: value for key, value in one.config.items() if key != "segment.ms"})
    with pytest.raises(TopicsUnfit, match=r"expected segment\.ms=9223372036854775807, got None"):
        raise_unless_fit(plan([one], {one.name: found}))


def test_names_are_dotted_and_versioned() -> None:
    assert [short_name(topic("eu.credit", name)) for name in NAMES] == list(NAMES)
