"""What must hold of everything that a run leaves behind, whatever went wrong in it."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from typing import Any

from projections.context import CONTEXT_KEY, decode_context
from projections.partition import Partition
from projections.store import MemoryRows
from schemas.ledger import decode_entry
from streams.audit import AuditOfPartition
from streams.outputs import CHECKED_TOPICS, DuePublications, OutputWalk
from tests import verifier
from tests.scenario import rows_of as rows_to_compare
from tests.simulation.cluster import Cluster, Ended
from tests.simulation.options import Options


def simulate(options: Options) -> Ended:
    """Run, and return what is there with everything that is wrong with it."""
    ended = Cluster(options).run()
    if not ended.findings:
        _verify(ended)
        for number in range(options.partitions):
            _audit(ended, number)
            _replay(ended, number)
        if options.is_cold:
            _compare_with_undisturbed(ended)
    return ended


def _verify(ended: Ended) -> None:
    names = verifier.NAMES
    world: verifier.World = {
        name: {
            number: [_plain(record) for record in ended.log.part(name, number).records]
            for number in range(ended.options.partitions)
        }
        for name in names
    }
    result = verifier.verify(world)
    ended.counts.update(result.counts)
    ended.findings += [f"verifier: {finding}" for finding in result.findings]


def _plain(record: Any) -> Any:
    return replace(record, headers=list(record.headers))


def _audit(ended: Ended, number: int) -> None:
    due = DuePublications()
    audit = AuditOfPartition(number, ended.options.partitions, "credit", on_record=due.note)
    for record in ended.log.part("ledger", number).records:
        audit.feed(record.offset, record.key, record.value)
    report = audit.report()
    ended.findings += [f"audit: {finding}" for finding in (*report.findings, *report.changed_rules)]
    for name in CHECKED_TOPICS:
        walk = OutputWalk(name, due.due[name], report.checked.records - 1, report.checked.records - 1)
        for record in ended.log.part(name, number).records:
            walk.feed(record.offset, record.value, list(record.headers))
        walk.finish()
        ended.findings += [f"audit of {name}/{number}/{offset}: {text}" for offset, text in walk.problems]


def _replay(ended: Ended, number: int) -> None:
    """The rows that a worker was left with are those of a plain replay of the whole ledger."""
    place = (number, ended.options.partitions, "credit")
    replayed = Partition(MemoryRows(), *place)
    for record in ended.log.part("ledger", number).records:
        entry = decode_entry(record.value or b"")
        if (entry.seq, entry.prev) == (replayed.chain.seq, replayed.chain.prev):
            replayed.replay(entry, record.value or b"")
    replayed.commit()
    memory = MemoryRows()
    memory.write(ended.rows[number].items())
    kept = Partition(memory, *place)
    expected, received = rows_to_compare(replayed), rows_to_compare(kept)
    for key in sorted(expected.keys() | received.keys()):
        if expected.get(key) != received.get(key):
            text = f"expected {expected.get(key)!r}, received {received.get(key)!r}"
            ended.findings.append(f"state of partition {number}: row {key!r}: {text}")
    if kept.chain.seq != replayed.chain.seq or kept.chain.prev != replayed.chain.prev:
        text = f"at seq {kept.chain.seq}, the replay ends at {replayed.chain.seq}"
        ended.findings.append(f"state of partition {number}: {text}")
    if CONTEXT_KEY in ended.rows[number]:
        _compare_context(ended, number, decode_context(ended.rows[number][CONTEXT_KEY]), replayed.context)


def _compare_context(ended: Ended, number: int, kept: Any, replayed: Any) -> None:
    """All but the number of the last broadcast, which counts repeats that leave no record."""
    for name in ("policy_id", "business_date", "tomorrow", "base", "rates", "ids_generation", "ids_since", "sweeps"):
        expected, received = getattr(replayed, name), getattr(kept, name)
        if name != "sweeps" and expected != received:
            ended.findings.append(f"context of partition {number}: {name}: expected {expected}, received {received}")


def _compare_with_undisturbed(ended: Ended) -> None:
    """Where all was there before anybody looked, what befell the workers changes nothing for any account."""
    other = Cluster(replace(ended.options, has_faults=False, hosts=1)).run()
    ended.findings += [f"undisturbed: {finding}" for finding in other.findings]
    for number in range(ended.options.partitions):
        expected, received = _by_account(other, number), _by_account(ended, number)
        for account_id in sorted(expected.keys() | received.keys(), key=str):
            wanted, found = expected.get(account_id, []), received.get(account_id, [])
            if wanted != found:
                short = min(len(wanted), len(found))
                at = next((n for n in range(short) if wanted[n] != found[n]), short)
                text = f"at {at} expected {wanted[at : at + 1]}, received {found[at : at + 1]}"
                ended.findings.append(f"undisturbed/{number}: {account_id} has another story, {text}")


def _by_account(ended: Ended, number: int) -> dict[str | None, list[Any]]:
    """Every account's ledger records without their places in the ledger."""
    found: dict[str | None, list[Any]] = defaultdict(list)
    seq, prev = 0, "0" * 64
    for record in ended.log.part("ledger", number).records:
        entry = decode_entry(record.value or b"")
        if (entry.seq, entry.prev) == (seq, prev):
            seq, prev = seq + 1, verifier.hashlib.sha256(record.value or b"").hexdigest()
            source = entry.source
            decisions = [_without_place(decision) for decision in json.loads(bytes(entry.decisions))]
            offset = -1 if source.topic == "credit.control.v1" else source.offset
            found[entry.account_id].append((source.topic, offset, bool(source.index), decisions))
    return found


def _without_place(decision: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in decision.items() if name != "ledger"}
