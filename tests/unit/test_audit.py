"""The audit over ledgers in memory: a clean one is clean, and whatever is done to one is found and named."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import msgspec
import pytest

from schemas.ledger import CORE, GENESIS, Source, decode_decisions, decode_entry, encode_entry
from streams.audit import AuditOfPartition, Report
from streams.outputs import CHECKED_TOPICS, DuePublications, OutputWalk
from streams.simulator import facts
from tests.driving import PREFIX, Drive, Stored

Ledger = list[Stored]


@pytest.fixture(scope="module")
def drive() -> Drive:
    """One partition over which a small market went, with releases, alerts, rejections and closed days."""
    return Drive(1).say(facts(1_500, seed=11, accounts=10))


@pytest.fixture
def ledger(drive: Drive) -> Ledger:
    """A copy of its ledger that a test may damage."""
    return list(drive.log["ledger"][0])


def _audit(ledger: Ledger, *, log_start: int = 0) -> tuple[Report, DuePublications]:
    due = DuePublications()
    audit = AuditOfPartition(0, 1, PREFIX, log_start=log_start, on_record=due.note)
    for offset, record in enumerate(ledger):
        audit.feed(log_start + offset, record.key, record.value)
    return audit.report(), due


def _with_outputs(ledger: Ledger, drive: Drive) -> list[str]:
    report, due = _audit(ledger)
    problems = [finding.message for finding in report.findings]
    for name in CHECKED_TOPICS:
        walk = OutputWalk(name, due.due[name], due.published, report.checked.records - 1)
        for record in drive.log[name][0]:
            walk.feed(record.offset, record.value, record.headers)
        walk.finish()
        problems += [message for _, message in walk.problems]
    return problems


def _changed(record: Stored, **fields: object) -> Stored:
    entry = decode_entry(record.value or b"")
    return Stored(record.offset, record.key, encode_entry(msgspec.structs.replace(entry, **fields)), [])


def _rechained(ledger: Ledger, start: int) -> Ledger:
    """Give all records from `start` on a `seq` and `prev` that follow, as a forger with time would."""
    found = ledger[:start]
    for record in ledger[start:]:
        prev = hashlib.sha256(found[-1].value or b"").hexdigest() if found else GENESIS
        published = min(decode_entry(record.value or b"").published, len(found) - 1)
        found.append(_changed(record, seq=len(found), prev=prev, published=published))
    return found


def _released_at(ledger: Ledger) -> int:
    return next(seq for seq, record in enumerate(ledger) if b'"order_released"' in (record.value or b""))


def test_a_clean_ledger_is_clean_and_the_report_says_what_was_checked(ledger: Ledger, drive: Drive) -> None:
    report, _ = _audit(ledger)
    assert report.findings == []
    checked = report.checked
    assert checked.records == checked.rederived == len(ledger) > 1_500
    assert checked.decisions > 300
    assert checked.accounts == 10
    assert (checked.void, checked.epochs, checked.cores) == (0, {0}, {CORE})
    assert checked.first_at_ms is not None and checked.last_at_ms is not None
    assert checked.first_at_ms < checked.last_at_ms
    assert _with_outputs(ledger, drive) == []


def test_a_released_order_that_was_blocked_is_found_with_its_coordinates(ledger: Ledger) -> None:
    seq = _released_at(ledger)
    value = (ledger[seq].value or b"").replace(b'"order_released"', b'"order_blocked"', 1)
    forged = [*ledger[:seq], Stored(seq, ledger[seq].key, value, []), *ledger[seq + 1 :]]
    report, _ = _audit(_rechained(forged, seq + 1))
    first = report.findings[0]
    entry = decode_entry(value)
    assert (first.seq, first.ledger_offset, first.what) == (seq, seq, "decisions")
    assert first.source == f"{entry.source.topic}/0/{entry.source.offset}/0"
    assert "order_blocked" in first.recorded
    assert "order_released" in first.derived


@pytest.mark.parametrize("at", [0, 1, 700, -2])
def test_one_changed_byte_breaks_the_chain_at_the_next_record(ledger: Ledger, at: int) -> None:
    at %= len(ledger)
    value = bytearray(ledger[at].value or b"")
    position = value.index(b'"recorded_at_ms":') + len(b'"recorded_at_ms":')
    value[position] ^= 1
    ledger[at] = Stored(at, ledger[at].key, bytes(value), [])
    report, _ = _audit(ledger)
    assert report.findings[0].what == "chain"
    assert (report.findings[0].seq, report.findings[0].ledger_offset) == (at + 1, at + 1)


def test_every_single_bit_of_a_record_in_the_middle_is_guarded(ledger: Ledger) -> None:
    at = _released_at(ledger)
    value = ledger[at].value or b""
    for position in range(0, len(value), 7):
        changed = bytearray(value)
        changed[position] ^= 1
        damaged = [*ledger[:at], Stored(at, ledger[at].key, bytes(changed), []), *ledger[at + 1 : at + 10]]
        report, _ = _audit(damaged)
        assert report.findings, f"byte {position} of {value!r}"


def test_the_last_record_changed_is_found_by_what_was_published(ledger: Ledger, drive: Drive) -> None:
    seq = _released_at(ledger)
    short = ledger[: seq + 1]
    short[seq] = _changed(short[seq], recorded_at_ms=1)
    assert _audit(short)[0].findings == [], "nothing of the ledger itself follows a last record"
    assert any("expected identity" in problem for problem in _with_outputs(short, drive))


def test_a_record_dropped_from_the_middle_is_found(ledger: Ledger) -> None:
    del ledger[700]
    report, _ = _audit(ledger)
    assert (report.findings[0].seq, report.findings[0].ledger_offset) == (701, 700)
    assert "expected seq 700, received 701" in report.findings[0].message
    assert report.checked.records == 700


def test_a_dropped_tail_is_found_by_what_was_published(ledger: Ledger, drive: Drive) -> None:
    last = max(seq for seq, record in enumerate(ledger) if b'"order_released"' in (record.value or b""))
    problems = _with_outputs(ledger[:last], drive)
    assert any(f"seq {last} was published and the ledger ends at seq {last - 1}" in problem for problem in problems)


def test_a_cut_head_is_found(ledger: Ledger) -> None:
    report, _ = _audit(ledger[5:], log_start=5)
    assert "the log starts at 5" in report.findings[0].message
    assert report.checked.records == 0


def test_records_swapped_are_found(ledger: Ledger) -> None:
    ledger[700], ledger[701] = ledger[701], ledger[700]
    report, _ = _audit(ledger)
    assert report.findings[0].what == "chain"
    assert report.findings[0].ledger_offset == 702
    assert report.checked.records == 701


def test_a_record_put_in_is_found_though_it_follows_the_one_before(ledger: Ledger) -> None:
    seq = 700
    forged = _changed(ledger[seq], recorded_at_ms=1)
    report, _ = _audit([*ledger[:seq], forged, *ledger[seq:]])
    assert report.findings[0].what == "chain"
    assert "a record was put in before them" in report.findings[0].message


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("key", lambda record: Stored(record.offset, b"somebody else", record.value, [])),
        ("policy_id", lambda record: _changed(record, policy_id="0" * 16)),
        ("epoch", lambda record: _changed(record, epoch=3)),
        ("published", lambda record: _changed(record, published=10_000)),
        ("source", lambda record: _changed(record, source=Source("credit.orders.v1", 0, 0, 0))),
        ("record", lambda record: Stored(0, record.key, (record.value or b"")[:-1] + b',"note":"x"}', [])),
    ],
)
def test_a_forged_field_is_found_even_if_the_chain_is_made_to_fit(
    ledger: Ledger, what: str, change: Callable[[Stored], Stored]
) -> None:
    seq = next(n for n in range(_released_at(ledger) + 1, len(ledger)) if b'"index":0' in (ledger[n].value or b""))
    ledger[seq] = change(ledger[seq])
    report, _ = _audit(_rechained(ledger, seq + 1))
    assert (report.findings[0].what, report.findings[0].seq) == (what, seq)


def test_what_a_second_writer_left_is_void_and_no_finding(ledger: Ledger) -> None:
    fork = 700
    others = [_changed(record, recorded_at_ms=1, published=fork - 1) for record in ledger[fork : fork + 3]]
    for number in (1, 2):
        others[number] = _changed(others[number], prev=hashlib.sha256(others[number - 1].value or b"").hexdigest())
    noise = [Stored(0, None, b"no json", []), Stored(0, None, None, []), ledger[5]]
    bogus = _changed(ledger[fork], seq=999_999)
    report, _ = _audit([*ledger[: fork + 2], *others, *noise, bogus, *ledger[fork + 2 :]])
    assert report.findings == []
    assert report.checked.void == len(report.voids) == 7
    assert [void.why.partition(":")[0] for void in report.voids] == [
        *["another writer's, from seq 700 on"] * 3,
        *["no ledger record"] * 2,
        "repeats a valid record",
        "follows no record that is there",
    ]


def test_a_difference_to_another_core_is_a_changed_rule_and_history_goes_on_as_recorded(ledger: Ledger) -> None:
    seq = _released_at(ledger)
    value = (ledger[seq].value or b"").replace(b'"order_released"', b'"order_referred"', 1)
    older = [_changed(record, core="0.9.0") for record in ledger]
    older[seq] = _changed(Stored(seq, ledger[seq].key, value, []), core="0.9.0")
    report, _ = _audit(_rechained(older[: seq + 1], 1))
    assert report.findings == []
    assert report.checked.changed_rules == 1
    assert report.changed_rules[0].seq == seq


def test_an_account_left_out_of_a_sweep_is_found(ledger: Ledger) -> None:
    swept = next(seq for seq, record in enumerate(ledger) if b'"account_swept"' in (record.value or b""))
    report, _ = _audit(_rechained([*ledger[:swept], *ledger[swept + 1 :]], swept))
    assert report.findings
    assert report.findings[0].what in ("sweep", "decisions", "record")


def test_outputs_are_compared_as_readers_see_them(ledger: Ledger, drive: Drive) -> None:
    report, due = _audit(ledger)
    decisions = drive.log["decisions"][0]

    def problems(records: list[Stored], *, may_be_newer: bool = False, last_seq: int | None = None) -> list[str]:
        walk = OutputWalk("decisions", due.due["decisions"], due.published, last_seq or report.checked.records - 1)
        for offset, record in enumerate(records):
            walk.feed(offset, record.value, record.headers, may_be_newer=may_be_newer)
        walk.finish()
        return [message for _, message in walk.problems]

    assert problems(decisions) == []
    assert problems([*decisions[:9], *decisions[3:]]) == [], "a repetition is harmless"
    assert "is not published before" in problems([*decisions[:9], *decisions[10:]])[0]
    assert "is not published before" in problems([decisions[1], decisions[0], *decisions[2:]])[0], "late is lost"
    assert "the ledger says it is" in problems(decisions[:-3])[0]
    forged = Stored(0, None, (decisions[4].value or b"").replace(b'"decision_id":"', b'"decision_id":"0'), [])
    assert "expected identity" in problems([*decisions[:4], forged, *decisions[5:]])[0]
    assert "none that can be read" in problems([Stored(0, None, b"{}", []), *decisions])[0]
    assert problems(decisions, may_be_newer=True, last_seq=10_000) == []


def test_what_was_published_of_records_that_are_lost_and_accepted_is_no_fault(drive: Drive) -> None:
    due = DuePublications()
    ledger = drive.log["ledger"][0]
    lost_from = _released_at(ledger) + 1
    for record in ledger[:lost_from]:
        entry = decode_entry(record.value or b"")
        due.note(entry, decode_decisions(entry.decisions), hashlib.sha256(record.value or b"").hexdigest())
    due.epoch_starts[1] = lost_from
    walk = OutputWalk("decisions", due.due["decisions"], due.published, lost_from, due.epoch_starts)
    for record in drive.log["decisions"][0]:
        walk.feed(record.offset, record.value, record.headers)
    walk.finish()
    assert walk.problems == []
    assert walk.lost == len(drive.log["decisions"][0]) - len(due.due["decisions"]) > 100
