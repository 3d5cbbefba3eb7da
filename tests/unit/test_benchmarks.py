"""The simple work means the same in every engine: each one's form of it raises the same alerts from the same facts."""

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.simple_work import Input, end_accounts, expected_alerts, inputs

FACTS = list(inputs(6_000))


def by_step(facts: Iterable[Input]) -> set[str]:
    return expected_alerts(list(facts))


def by_obligor(facts: Iterable[Input]) -> set[str]:
    from benchmarks.engines.obligor import SimplePartition
    from projections.store import MemoryRows

    partitions = [SimplePartition(MemoryRows(), number, 12, "credit") for number in range(12)]
    alerts = []
    for offset, fact in enumerate(facts):
        record = SimpleNamespace(offset=offset, timestamp=0, key=fact.key, value=fact.value, headers=())
        for outcome in partitions[fact.partition].take(fact.topic, record, 0):
            alerts += [outcome.account_id for _ in outcome.decisions]
        if offset % 500 == 0:
            for partition in partitions:
                partition.commit()
                partition._states.clear()
    assert len(alerts) == len(set(alerts))
    return {account for account in alerts if account is not None}


def by_quix(facts: Iterable[Input]) -> set[str]:
    pytest.importorskip("quixstreams")
    from benchmarks.engines.quix import raise_alert

    states: dict[bytes, dict[str, Any]] = {}
    alerts = set()
    for fact in facts:
        stored = states.setdefault(fact.key, {})
        state = SimpleNamespace(get=stored.get, set=stored.__setitem__)
        alerts |= {fact.key.decode() for _ in raise_alert(fact.value, state)}
    return alerts


def by_bytewax(facts: Iterable[Input]) -> set[str]:
    from benchmarks.engines.bytewax import raise_alert

    states: dict[bytes, Any] = {}
    alerts = set()
    for fact in facts:
        states[fact.key], raised = raise_alert(states.get(fact.key), fact.value)
        alerts |= {fact.key.decode() for _ in raised}
    return alerts


def by_faust_table(facts: Iterable[Input]) -> set[str]:
    from benchmarks.engines.faust_table import raise_alert

    table: dict[str, Any] = {}
    return {fact.key.decode() for fact in facts if raise_alert(table, fact.key, fact.value)}


@pytest.mark.parametrize("alerts_of", [by_obligor, by_quix, by_bytewax, by_faust_table])
def test_every_engine_raises_the_same_alerts(alerts_of: Callable[[Iterable[Input]], set[str]]) -> None:
    assert alerts_of(FACTS) == by_step(FACTS)


def test_alerts_do_not_depend_on_the_order_of_the_topics() -> None:
    payments_first = sorted(FACTS, key=lambda fact: fact.topic != "payments")

    assert by_bytewax(payments_first) == by_bytewax(FACTS)


def test_every_topic_partition_ends_with_an_alert() -> None:
    last = {(fact.topic, fact.partition): fact.key.decode() for fact in FACTS}

    assert set(last.values()) == end_accounts()
    assert end_accounts() < by_step(FACTS)
