"""Proves what a cluster holds after a campaign of faults, sharing no code with what wrote it.

Run by hand: `python -m tests.verifier HOST:PORT PREFIX`.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from kafka import KafkaConsumer, TopicPartition

from tests.plain_model import Json, PlainAccount
from tests.plain_rates import Rates

SOURCES = ("dossiers", "orders", "invoices", "payments", "bureau", "desk", "control")
ANSWERS = frozenset(["order_released", "order_referred", "order_blocked", "order_release_withdrawn"])
ACTED_ON = ANSWERS | {
    "limit_changed",
    "status_changed",
    "terms_changed",
    "grade_changed",
    "account_scored",
    "limit_proposed",
    "measure_taken",
    "amount_written_off",
    "approval_changed",
    "promise_settled",
}
WATCHED = frozenset(["alert_raised", "alert_escalated", "alert_cleared", "alert_resumed", "alert_handled"])
NAMES = (*SOURCES, "ledger", "decisions", "alerts", "exposures", "deadletters")


class Record(Protocol):
    """What is read of a record."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


World = dict[str, dict[int, list[Any]]]
"""Every record of every topic by short name and partition."""


def read_world(bootstrap: str, prefix: str) -> World:
    """Read everything there is, up to where each partition ends now."""
    world: World = {}
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, max_poll_records=5_000)
    for name in NAMES:
        topic = f"{prefix}.{name}.v1"
        parts = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
        world[name] = {part.partition: [] for part in parts}
        ends = consumer.end_offsets(parts)
        consumer.assign(parts)
        consumer.seek_to_beginning(*parts)
        while any(consumer.position(part) < ends[part] for part in parts):
            for part, records in consumer.poll(timeout_ms=10_000).items():
                world[name][part.partition].extend(records)
    consumer.close()
    return world


@dataclass
class Told:
    """A valid ledger record, read once."""

    offset: int
    entry: Json
    record_hash: str

    @property
    def coordinates(self) -> tuple[str, int]:
        """Topic (in short) and offset of the record it was made of."""
        return self.entry["source"]["topic"].split(".")[-2] if self.topic else "", self.entry["source"]["offset"]

    @property
    def topic(self) -> str:
        """The source topic's full name; empty for a loss that was accepted."""
        return str(self.entry["source"]["topic"])

    @property
    def is_swept(self) -> bool:
        """Whether it follows from another record of the ledger."""
        return bool(self.entry["source"]["index"])


@dataclass
class Verified:
    """What was found wrong, and what there was, by name."""

    findings: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def find(self, text: str) -> None:
        """Note something wrong."""
        self.findings.append(text)


def verify(world: World) -> Verified:
    """Check everything that must hold of records at rest."""
    result = Verified()
    broadcasts: dict[int, list[int]] = {}
    for number in sorted(world["ledger"]):
        ledger = walk_chain(world["ledger"][number], number, result)
        result.counts["records"] += len(ledger)
        check_inputs(world, ledger, number, result)
        check_dead_letters(world, ledger, number, result)
        check_outputs(world, ledger, number, result)
        check_exposures(world, ledger, number, result)
        broadcasts[number] = [_number_of(told) for told in ledger if told.coordinates[0] == "control" and _is_in(told)]
    if len({tuple(numbers) for numbers in broadcasts.values()}) > 1:
        result.find(f"broadcasts differ between partitions: { ({n: len(b) for n, b in broadcasts.items()}) }")
    return result


def walk_chain(records: list[Any], number: int, result: Verified) -> list[Told]:
    """Return the valid records; anything after the last of them that claims a later place is unreachable."""
    ledger: list[Told] = []
    prev, beyond = "0" * 64, 0
    for record in records:
        try:
            entry = json.loads(record.value or b"")
            follows = entry["seq"] == len(ledger) and entry["prev"] == prev and {"source", "decisions"} <= entry.keys()
        except (ValueError, KeyError, TypeError, AttributeError):
            result.counts["void"] += 1
            continue
        if follows:
            prev, beyond = hashlib.sha256(record.value).hexdigest(), 0
            ledger.append(Told(record.offset, entry, prev))
            continue
        result.counts["void"] += 1
        beyond += 1
    result.counts["void_at_the_end"] += beyond
    return ledger


def _number_of(told: Told) -> int:
    source = told.entry["source"]
    return int(source["offset"] if source["partition"] == 0 else told.entry.get("control_no", -1))


def _is_in(told: Told) -> bool:
    return not told.is_swept and _rejection(told) is None


def _rejection(told: Told) -> Json | None:
    """The decision that refused the record's own fact; one that refuses a fact that had waited is another matter."""
    first = told.entry["decisions"][0] if told.entry["decisions"] else None
    is_refused = first is not None and first["type"] == "fact_rejected" and first.get("path") != "waited"
    return first if is_refused else None


def check_inputs(world: World, ledger: list[Told], number: int, result: Verified) -> None:
    """Every record of the sources is in the ledger once, in its topic's order, or says what is there already."""
    last: dict[str, int] = defaultdict(lambda: -1)
    taken: dict[tuple[str, int], Told] = {}
    for told in ledger:
        name, offset = told.coordinates
        if not name or told.is_swept:
            continue
        if told.entry["source"]["partition"] != number:
            result.find(f"ledger/{number}/{told.offset}: source is of partition {told.entry['source']['partition']}")
        if offset <= last[name]:
            result.find(f"ledger/{number}/{told.offset}: {name}/{offset} taken after {name}/{last[name]}")
        last[name] = offset
        taken[name, offset] = told
    known = Known(ledger)
    for name in SOURCES:
        for record in world[name].get(number, ()):
            result.counts["inputs"] += 1
            where = f"{name}/{number}/{record.offset}"
            told_of = taken.get((name, record.offset))
            if told_of is None:
                _check_repeat(name, record, number, known, where, result)
            elif not _holds(told_of, record):
                result.find(f"{where}: the ledger holds other bytes at seq {told_of.entry['seq']}")


class Known:
    """What the ledger has of facts: their ids, their content, and the numbers of broadcasts."""

    def __init__(self, ledger: list[Told]) -> None:
        self.ids: set[tuple[str, str, str]] = set()
        self.content: set[tuple[str, str]] = set()
        self.days: set[str] = set()
        self.control_no = -1
        for told in ledger:
            if told.is_swept or not told.topic:
                continue
            entry, name = told.entry, told.coordinates[0]
            self.ids.add((name, entry.get("ce_source", ""), entry.get("ce_id", "")))
            self.content.add((name, _canonical(entry["fact"])))
            if name == "control":
                self.control_no = max(self.control_no, _number_of(told))
                self.days.add(entry["fact"].get("business_date", "") if isinstance(entry["fact"], dict) else "")


def _check_repeat(name: str, record: Any, number: int, known: Known, where: str, result: Verified) -> None:
    result.counts["repeats"] += 1
    headers = {key: value.decode(errors="replace") for key, value in record.headers if value is not None}
    content = _canonical(_parsed(record.value))
    if name == "control":
        control_no = record.offset if number == 0 else int(headers.get("control_no", "-1"))
        is_mark = number != 0 and control_no >= 0 and not record.value
        is_repeat = (
            is_mark
            or control_no <= known.control_no
            or (_parsed(record.value) or {}).get("business_date", "~") <= max(known.days, default="")
        )
    else:
        is_repeat = (name, content) in known.content
    if not is_repeat:
        result.find(f"{where}: neither in the ledger nor a repeat; headers {headers}, value {record.value!r:.200}")


def _parsed(value: bytes | None) -> Any:
    try:
        return json.loads(value or b"null")
    except ValueError:
        return None


def _canonical(fact: Any) -> str:
    return json.dumps(fact, sort_keys=True)


def _holds(told: Told, record: Any) -> bool:
    fact = told.entry["fact"]
    if fact is None:
        rejected = _rejection(told)
        return rejected is not None and rejected["digest"] == hashlib.sha256(record.value or b"").hexdigest()
    return bool(fact == _parsed(record.value))


def check_dead_letters(world: World, ledger: list[Told], number: int, result: Verified) -> None:
    """Every refused record is a dead letter with its own key and bytes, once for each refusal."""
    expected = {
        f"{told.entry['epoch']}/{number}/{told.entry['seq']}/{n}": told
        for told in ledger
        for n, decision in enumerate(told.entry["decisions"])
        if decision["type"] == "fact_rejected" and decision.get("path") != "waited"
    }
    found: dict[str, Any] = {}
    for record in world["deadletters"].get(number, ()):
        place = dict(record.headers).get("obligor_ledger", b"").decode()
        before = found.setdefault(place, record)
        if (before.key, before.value) != (record.key, record.value):
            result.find(f"deadletters/{number}/{record.offset}: not what stands at {before.offset} for {place}")
    result.counts["dead_letters"] += len(found)
    for place in expected.keys() ^ found.keys():
        result.find(f"deadletters/{number}: {place} is in {'the ledger' if place in expected else 'the topic'} alone")
    for place in expected.keys() & found.keys():
        name, offset = expected[place].coordinates
        source = next(iter(_at(world[name][number], offset)), None)
        letter = found[place]
        if source is None or (source.key, source.value) != (letter.key, letter.value):
            result.find(f"deadletters/{number}/{letter.offset}: not the bytes of {name}/{offset}")


def _at(records: list[Any], offset: int) -> Iterator[Any]:
    """The record at an offset: where nothing is missing before it, at that place in the list."""
    if offset < len(records) and records[offset].offset == offset:
        yield records[offset]
    else:
        yield from (record for record in records if record.offset == offset)


def check_outputs(world: World, ledger: list[Told], number: int, result: Verified) -> None:
    """Readers who drop what is not above the highest place they saw get every decision once, in order, and no other."""
    for name, types in (("decisions", ACTED_ON), ("alerts", WATCHED)):
        expected = [
            ((told.entry["epoch"], told.entry["seq"], n), f"{told.record_hash[:24]}-{n}", decision)
            for told in ledger
            if told.entry["effect"] != "historical"
            for n, decision in enumerate(told.entry["decisions"])
            if decision["type"] in types
        ]
        seen = []
        highest = (-1, -1, -1)
        for record in world[name].get(number, ()):
            value = json.loads(record.value)
            place = (value["ledger"]["epoch"], value["ledger"]["seq"], value["ledger"]["n"])
            if place > highest:
                highest = place
                seen.append((place, value["decision_id"], value))
            else:
                result.counts[f"{name}_repeated"] += 1
        result.counts[name] += len(seen)
        if [(place, identity) for place, identity, _ in seen] != [(place, identity) for place, identity, _ in expected]:
            _find_first_difference(name, number, expected, seen, result)
            continue
        for (place, _, wanted), (_, _, value) in zip(expected, seen, strict=True):
            if any(value.get(key) != part for key, part in wanted.items()):
                result.find(f"{name}/{number}: {place} says something else than the ledger: {value}")


def _find_first_difference(name: str, number: int, expected: list[Any], seen: list[Any], result: Verified) -> None:
    wanted, got = [one[:2] for one in expected], [one[:2] for one in seen]
    place = next((n for n, (a, b) in enumerate(zip(wanted, got)) if a != b), min(len(wanted), len(got)))  # noqa: B905
    counts = f"expected {len(wanted)}, received {len(got)}"
    result.find(f"{name}/{number}: {counts}; at {place} {wanted[place : place + 2]} and {got[place : place + 2]}")


def check_exposures(world: World, ledger: list[Told], number: int, result: Verified) -> None:
    """Work every account out the plain way; at each release and at the end it agrees with what was said."""
    accounts: dict[str, PlainAccount] = defaultdict(PlainAccount)
    rates, today = Rates(), ""
    refused_later = _refused_later(ledger)
    for told in ledger:
        entry = told.entry
        account_id = entry["account_id"]
        if (
            told.coordinates[0] == "control"
            and not told.is_swept
            and isinstance(entry["fact"], dict)
            and entry["fact"].get("type") == "rates_set"
            and _is_in(told)
        ):
            rates = Rates(entry["fact"]["base"], entry["fact"]["rates"])
        today = _day_after(told) or today or datetime.fromtimestamp(entry["at_ms"] / 1000, UTC).date().isoformat()
        if account_id is None:
            continue
        account = accounts[account_id]
        account.last_seq = entry["seq"]
        identity = f"{entry.get('ce_source', '')}/{entry.get('ce_id', '')}"
        if not told.is_swept and _rejection(told) is None and (account_id, identity) not in refused_later:
            account.take(entry["fact"])
        for decision in entry["decisions"]:
            _follow(account, decision, rates, today, f"ledger/{number} seq {entry['seq']}", result)
    _compare_with_published(world, accounts, rates, number, result)


def _refused_later(ledger: list[Told]) -> set[tuple[str, str]]:
    """Facts that waited for a document and were refused when it came: they never had an effect."""
    return {
        (told.entry["account_id"], decision["message"].removesuffix(" waited for its document"))
        for told in ledger
        for decision in told.entry["decisions"]
        if decision["type"] == "fact_rejected" and decision.get("path") == "waited"
    }


def _day_after(told: Told) -> str | None:
    """The day that a closed one is followed by."""
    fact = told.entry["fact"]
    if told.is_swept or not isinstance(fact, dict) or fact.get("type") != "day_closed" or not _is_in(told):
        return None
    return str(date.fromisoformat(fact["business_date"]) + timedelta(days=1))


def _follow(account: PlainAccount, decision: Json, rates: Rates, today: str, where: str, result: Verified) -> None:
    if decision["type"] not in ANSWERS and decision["type"] != "limit_changed":
        return
    account.answer(decision)
    if decision["type"] != "order_released":
        return
    result.counts["releases"] += 1
    by_desk = any(reason["code"] == "released_by_desk" for reason in decision["reasons"])
    rounding = 3 if account.is_foreign else 0
    exposure = account.exposure(rates)
    if abs(exposure - decision["exposure_minor"]) > rounding and not account.is_off:
        account.is_off = True  # all that follows differs by the same
        text = f"exposure with it is {exposure}, the decision says {decision['exposure_minor']}"
        result.find(f"{where}: release of {decision['order_id']}: {text}")
    if by_desk or account.unlimited or not account.reserves(decision["order_id"]):
        return
    net = exposure - account.covers.borne(exposure, today)
    if account.limit is None or net > account.limit + rounding:
        result.find(f"{where}: {decision['order_id']} released by machine, {net} over a limit of {account.limit}")
    after = decision["headroom_after_minor"]
    if after is None or after < 0:
        result.find(f"{where}: {decision['order_id']} released by machine with headroom {after} after it")


def _compare_with_published(
    world: World, accounts: dict[str, PlainAccount], rates: Rates, number: int, result: Verified
) -> None:
    last: dict[str, Json] = {}
    highest: dict[str, tuple[int, int]] = {}
    for record in world["exposures"].get(number, ()):
        value = json.loads(record.value)
        place = (value["ledger"]["epoch"], value["ledger"]["seq"])
        account_id = value["account_id"]
        if place >= highest.get(account_id, (-1, -1)):
            highest[account_id], last[account_id] = place, value
    for account_id in accounts.keys() ^ last.keys():
        result.find(f"exposures/{number}: {account_id!r} is {'not ' if account_id in accounts else 'only '}published")
    for account_id in accounts.keys() & last.keys():
        result.counts["accounts"] += 1
        account, value = accounts[account_id], last[account_id]
        if value["ledger"]["seq"] != account.last_seq:
            text = f"published as of seq {value['ledger']['seq']}, its last is {account.last_seq}"
            result.find(f"exposures/{number}: {account_id}: {text}")
        rounding = 3 if account.is_foreign else 0
        expected = {name: account.stage(name, rates) for name in ("orders", "pending", "delivered")}
        expected["exposure"] = account.exposure(rates)
        for name, amount in expected.items():
            if abs(value[f"{name}_minor"] - amount) > rounding:
                text = f"expected {name} {amount}, published {value[f'{name}_minor']}"
                result.find(f"exposures/{number}: {account_id}: {text}")


def main() -> None:
    """Verify a cluster and print what was found."""
    bootstrap, prefix = sys.argv[1:3]
    result = verify(read_world(bootstrap, prefix))
    print(json.dumps(dict(result.counts)))
    for finding in result.findings:
        print(finding)
    sys.exit(1 if result.findings else 0)


if __name__ == "__main__":
    main()
