"""Given, when, then over the core: one partition in memory, facts in, decisions out."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

from projections.chain import Outcome
from projections.exposures import exposure_of
from projections.partition import Partition
from projections.store import MemoryRows
from schemas.codec import Unreadable
from schemas.decisions_lateness import FOR_THE_LEARNER
from schemas.ledger import decode_decisions, decode_entry
from schemas.publication import Exposure
from schemas.signature import SIGNED_TOPICS, Verifier, place_of
from tests.builders import ACCOUNT, Said, account_opened, limit_set

START_MS = 1_740_960_000_000
SWEPT_A_ROUND = 50
_NOT_COMPARED = (b"F", b"Pcontext", b"Pchain")


class Scenario:
    """A partition that facts are told to; remembers its ledger, and at the end can prove that it replays."""

    def __init__(self, number: int = 0, partitions: int = 1, verifier: Verifier | None = None) -> None:
        self.partition = Partition(MemoryRows(), number, partitions, "credit")
        self.ledger: list[Outcome] = []
        self.labels: list[Any] = []
        self.sweeps_at_once = True
        self.verifier = verifier
        self._offsets: Counter[str] = Counter()

    def say(self, *facts: Said) -> list[Any]:
        """Tell facts one after the other; return the decisions that follow, sweeps included.

        What is said for the learner alone is kept in `labels`: hardly a test is about that.
        """
        return [decision for fact in facts for decision in self.take(fact.topic, fact.key, fact.bytes(), fact.headers)]

    def take(self, topic: str, key: str | bytes | None, value: bytes | None, headers: Any = ()) -> list[Any]:
        """Take any bytes; return the decisions that follow, sweeps included, as `say` does."""
        pairs = [(name, text.encode()) for name, text in headers.items()] if isinstance(headers, dict) else headers
        offset = self._offsets[topic]
        self._offsets[topic] += 1
        raw = key.encode() if isinstance(key, str) else key
        record = SimpleNamespace(offset=offset, timestamp=START_MS + offset, key=raw, value=value, headers=list(pairs))
        outcomes = self.partition.take(topic, record, 7, self._doubt(topic, record))
        while self.sweeps_at_once and (swept := self.partition.sweep(SWEPT_A_ROUND, 7)):
            outcomes += swept
        self.ledger += outcomes
        decisions = [decision for outcome in outcomes for decision in outcome.decisions]
        self.labels += [found for found in decisions if isinstance(found, FOR_THE_LEARNER)]
        return [found for found in decisions if not isinstance(found, FOR_THE_LEARNER)]

    def _doubt(self, topic: str, record: Any) -> Unreadable | None:
        """What the shell of a worker that asks for signatures would say."""
        if self.verifier is None or topic not in SIGNED_TOPICS:
            return None
        return self.verifier.doubt(place_of(topic, f"credit.{topic}.v1", self.partition.context.partition), record)

    def stands(self, account_id: str = ACCOUNT) -> Exposure:
        """Return the account's exposure as it would be published."""
        account = self.partition.book.account(account_id)
        assert account is not None, f"account {account_id} is not known"
        return exposure_of(account, self.partition.context, 0, START_MS, self.partition.book)

    def prove(self) -> None:
        """The ledger, replayed and re-derived from nothing, gives the same rows and no divergence."""
        self.partition.commit()
        number, partitions = self.partition.context.partition, self.partition.context.partitions
        replayed, derived = (Partition(MemoryRows(), number, partitions, "credit") for _ in range(2))
        for outcome in self.ledger:
            entry = decode_entry(outcome.value)
            assert decode_decisions(entry.decisions) == outcome.decisions
            replayed.replay(entry, outcome.value)
            divergence = derived.rederive(entry, outcome.value)
            assert divergence is None, divergence
        for other in (replayed, derived):
            other.commit()
            assert rows_of(other) == rows_of(self.partition)
            assert other.chain.prev == self.partition.chain.prev


def rows_of(partition: Partition) -> dict[bytes, bytes]:
    """Return all stored rows but those that may differ: fact ids, positions of repeats, sweeps under way."""
    rows = partition.rows.scan(b"", b"\xff")
    return {key: value for key, value in rows if not key.startswith(_NOT_COMPARED)}


def kinds(decisions: list[Any]) -> list[str]:
    """Return the decisions' types, with the order's id where there is one."""
    return [" ".join(filter(None, (_tag(found), getattr(found, "order_id", "")))) for found in decisions]


def codes(decisions: list[Any]) -> list[str]:
    """Return the codes of all reasons and refusals among the decisions."""
    refused = [found.code for found in decisions if _tag(found) == "fact_rejected"]
    return refused + [reason["code"] for found in decisions for reason in getattr(found, "reasons", [])]


def alerts(decisions: list[Any]) -> list[str]:
    """Return the alerts among the decisions as `raised utilisation notice`."""
    found = [(_tag(alert).partition("_"), alert) for alert in decisions if _tag(alert).startswith("alert_")]
    return [f"{tag[2]} {alert.cause} {alert.level}" for tag, alert in found]


def _tag(decision: Any) -> str:
    return str(decision.__struct_config__.tag)


def with_limit(limit_minor: int = 1_000) -> Scenario:
    """Return an opened account with a limit."""
    scenario = Scenario()
    scenario.say(account_opened(), limit_set(limit_minor))
    return scenario
