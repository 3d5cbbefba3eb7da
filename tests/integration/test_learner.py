"""The learner over a real broker: killed at any moment it learns everything once, and the same as offline."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec
import pytest
from kafka import KafkaProducer

from projections.lateness_model import encode_model
from schemas.decisions_lateness import LabelsComplete
from schemas.partitioning import partition_of
from schemas.publication import Place
from streams.failpoints import EXIT_CODE
from streams.settings import Settings
from streams.snapshots import Snapshot, read_snapshot
from streams.study import Study
from streams.topics import topic
from tests.late_payers import made_items, study_of
from tests.learner_process import LearnerProcess, lessons_in
from tests.order_system import OrderSystem
from tests.plain_lateness import History
from tests.worker_process import wait_until

pytestmark = pytest.mark.kafka
ITEMS = made_items(accounts=8, invoices=40)


def publish(settings: Settings, items: list[Any]) -> None:
    """Write what the partitions of a ledger would say of invoices, some of it twice."""
    days: defaultdict[str, list[Any]] = defaultdict(list)
    for label in History(items).labels():
        days[label.said.on].append(label)
    producer = KafkaProducer(bootstrap_servers=settings.brokers, acks="all", linger_ms=20)
    seqs = [0] * settings.partitions

    def say(number: int, value: dict[str, Any]) -> None:
        value["ledger"] = Place(0, number, seqs[number], 0)
        for _ in range(1 + (seqs[number] % 7 == 0)):
            producer.send(topic(settings.topic_prefix, "labels"), msgspec.json.encode(value), partition=number)
        seqs[number] += 1

    for on in [*sorted(days), "2099-01-01"]:
        for label in days.get(on, []):
            say(partition_of(label.account_id.encode(), settings.partitions), msgspec.json.decode(label.value))
        for number in range(settings.partitions):
            say(
                number,
                {**msgspec.to_builtins(LabelsComplete(business_date=on)), "account_id": None, "effect": "binding"},
            )
    producer.flush()
    producer.close()


def weights(study: Study) -> list[bytes]:
    return [encode_model(model) for model in study.learner.snapshots().values()]


def test_killed_it_learns_everything_once_and_the_same_and_a_second_one_ends(
    settings: Settings, tmp_path: Path
) -> None:
    expected, _ = study_of(ITEMS)
    publish(settings, ITEMS)
    with (
        LearnerProcess(settings, tmp_path / "learner.log") as learner,
        LearnerProcess(settings, tmp_path / "second.log") as second,
        OrderSystem(settings) as shop,
    ):
        shop.put("models", b'{"model_id": "champion-7"}', b"champion-7")
        for failpoint in ("after_append:3", "before_ack:80"):
            learner.start(OBLIGOR_FAILPOINT=failpoint)
            assert learner.wait_for_exit(60) == EXIT_CODE
        learner.start_ready()
        lessons = expected.log.number
        wait_until("all to be learned", lambda: learner.count("obligor_learner_lessons") == lessons, 60)
        wait_until("nothing to be held", lambda: learner.count("obligor_learner_held") == 0, 20)

        second.start()
        wait_until("one of them to end", lambda: not (learner.running and second.running), 60)
        ended, other = (learner, second) if second.running else (second, learner)
        assert b"another learner of this group" in ended.log_since_start()
        assert other.wait_ready().stop() == 0

        found = lessons_in(shop)
        assert weights(found) == weights(expected)
        assert found.log.void == 0 and found.log.number == len(shop.records("lessons"))
        check_snapshots(shop)
        reports = [json.loads(record.value) for record in shop.records("control", 0)]
        assert ("snapshot_refused", "model_unreadable") in {(each["report"], each.get("of")) for each in reports}


def check_snapshots(shop: OrderSystem) -> None:
    """Each is the fold of the lessons up to where it says that it stands."""
    snapshots = [read_snapshot(record.value) for record in shop.records("models")]
    sound = [each for each in snapshots if isinstance(each, Snapshot)]
    assert {each.model.name for each in sound} == {"champion", "challenger"}
    assert len(snapshots) - len(sound) == 1
    last = max(sound, key=lambda each: each.lessons)
    again = Study()
    again.restore(record.value for record in shop.records("lessons")[: last.lessons])
    assert again.learner.snapshots()[last.model.name] == last.model
