"""The short campaign of `make faults`, and that its proof can fail."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from random import Random

import pytest

from streams.broker import QUICK_START, Broker
from streams.message import Message
from streams.simulator import facts
from tests.driving import Drive, Stored
from tests.faults.campaign import Campaign, short_options
from tests.faults.chaos import disturbed
from tests.verifier import Verified, World, check_exposures, check_inputs, verify, walk_chain


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_nothing_is_lost_in_the_short_campaign(tmp_path: Path) -> None:
    with Broker(tmp_path / "broker", port=0, jvm_options=QUICK_START) as broker:
        assert Campaign(short_options(20_260), broker, tmp_path, print).run() == []


@pytest.fixture(scope="module")
def sound() -> World:
    """Everything a cluster holds after disturbed facts went through it without a fault."""
    messages = facts(2_500, seed=8, accounts=12)
    last = messages[-1].timestamp_ms
    broken = [Message("orders", f"A-{10_001 + number}", b"{", last) for number in range(6)]
    drive = Drive(2).say([*disturbed(messages, seed=8), *broken])
    return {name: dict(partitions) for name, partitions in drive.log.items()}


@pytest.fixture
def world(sound: World) -> World:
    """A copy that a test may damage."""
    return copy.deepcopy(sound)


def test_the_verifier_finds_nothing_where_nothing_is_wrong(world: World) -> None:
    result = verify(world)
    assert result.findings == []
    assert result.counts["releases"] > 200
    assert result.counts["repeats"] > 20
    assert result.counts["accounts"] == 12


def test_the_verifier_finds_an_input_that_was_skipped(world: World) -> None:
    records = world["orders"][0]
    value = b'{"type":"order_placed","account_id":"A-1","order_id":"never seen"}'
    records.append(Stored(len(records), b"A-1", value, []))
    assert any("neither in the ledger nor a repeat" in finding for finding in verify(world).findings)


def test_the_verifier_finds_a_ledger_that_was_cut(world: World) -> None:
    del world["ledger"][0][-30:]
    assert len(verify(world).findings) > 3


@pytest.mark.parametrize("name", ["decisions", "alerts", "deadletters"])
def test_the_verifier_finds_an_output_that_is_missing_and_forgives_one_repeated(world: World, name: str) -> None:
    number = max(world[name], key=lambda each: len(world[name][each]))
    records = world[name][number]
    at = len(records) // 2
    records.insert(at + 1, copy.copy(records[at]))
    assert verify(world).findings == []
    del records[at : at + 2]
    assert verify(world).findings


def test_the_verifier_finds_an_exposure_that_is_off_by_one(world: World) -> None:
    record = world["exposures"][0][-1]
    value = json.loads(record.value)
    value["exposure_minor"] += 1
    record.value = json.dumps(value).encode()
    assert any("expected exposure" in finding for finding in verify(world).findings)


def test_the_verifier_finds_an_order_released_beyond_the_limit(world: World) -> None:
    """The ledger says a limit a tenth of what it was: the chain is broken there, so only the model is asked."""
    ledger = walk_chain(world["ledger"][0], 0, Verified())
    for told in ledger:
        for decision in told.entry["decisions"]:
            if decision["type"] == "limit_changed":
                decision["limit_minor"] //= 10
    result = Verified()
    check_exposures(world, ledger, 0, result)
    assert any("released by machine" in finding for finding in result.findings)


def test_the_verifier_finds_topics_taken_out_of_order(world: World) -> None:
    ledger = walk_chain(world["ledger"][0], 0, Verified())
    places = [n for n, told in enumerate(ledger) if told.coordinates[0] == "orders"]
    first, second = places[10:12]
    ledger[first], ledger[second] = ledger[second], ledger[first]
    result = Verified()
    check_inputs(world, ledger, 0, result)
    assert any("taken after" in finding for finding in result.findings)


def test_disturbed_facts_are_all_there_some_twice_some_late() -> None:
    plain = facts(3_000, seed=1, accounts=10)
    found = list(disturbed(plain, seed=Random(1).randint(1, 9)))
    assert len(found) > len(plain) + 20
    assert {id(message) for message in found} == {id(message) for message in plain}
    broadcasts = [message for message in plain if message.topic_name == "control"]
    assert list(dict.fromkeys(message for message in found if message.topic_name == "control")) == broadcasts
    assert found[: len(plain)] != plain
