"""Every golden ledger replays; the one of this core version is derived again byte for byte."""

from pathlib import Path

import pytest

from projections.partition import Partition
from projections.store import MemoryRows
from schemas.ledger import CORE, decode_decisions, decode_entry
from tests.golden.story import tell
from tests.scenario import rows_of

LEDGERS = sorted(Path(__file__).parent.glob("core-*.jsonl"))
OURS = Path(__file__).with_name(f"core-{CORE}.jsonl")


def records(path: Path) -> list[bytes]:
    """Return a ledger's records."""
    return path.read_bytes().splitlines()


def test_there_is_one_of_this_version() -> None:
    assert OURS in LEDGERS, "run python -m tests.golden and commit what it adds"


def test_the_story_is_told_byte_for_byte() -> None:
    for told, golden in zip(tell().ledger, records(OURS), strict=True):
        assert told.value == golden


def test_it_is_derived_again() -> None:
    partition = Partition(MemoryRows(), 0, 1, "credit")
    for value in records(OURS):
        assert partition.rederive(decode_entry(value), value) is None


@pytest.mark.parametrize("path", LEDGERS, ids=lambda path: path.stem)
def test_it_replays(path: Path) -> None:
    partition = Partition(MemoryRows(), 0, 1, "credit")
    for value in records(path):
        partition.replay(decode_entry(value), value)
    partition.commit()
    if path == OURS:
        told = tell()
        told.partition.commit()
        assert rows_of(partition) == rows_of(told.partition)


def test_the_story_has_a_little_of_everything() -> None:
    kinds = {
        str(found.__struct_config__.tag)
        for value in records(OURS)
        for found in decode_decisions(decode_entry(value).decisions)
    }
    assert {
        "order_released",
        "order_referred",
        "order_blocked",
        "order_release_withdrawn",
        "limit_changed",
        "approval_changed",
        "status_changed",
        "alert_raised",
        "alert_escalated",
        "alert_cleared",
        "alert_handled",
        "alert_resumed",
        "promise_settled",
        "account_scored",
        "grade_changed",
        "fact_rejected",
        "fact_waits",
        "not_yet_acted_on",
    } <= kinds
