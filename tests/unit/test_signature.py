"""What the desk says counts only with a signature: made, checked, kept in the ledger, and not to be used twice."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from api.acting.message import Message, envelope
from api.acting.signing import signing
from api.cli import app
from projections.partition import Partition
from projections.store import MemoryRows
from schemas.ledger import decode_entry
from schemas.signature import Place, Signer, SigningKeyInvalid, Verifier, new_key, public_text, read_signer
from streams.audit import AuditOfPartition
from streams.copies import Copier
from streams.keys import SigningKeyMissing, key_file, load_signer, load_verifier, make_signing_key, signed_headers
from streams.seat import Seat
from streams.settings import Settings
from tests import builders as b
from tests.driving import Stored
from tests.scenario import START_MS, Scenario, alerts, codes, kinds
from tests.unit.test_copies import Topics
from tests.unit.test_seat import Batch, Event

DESK, CONTROL = "credit.desk.v1", "credit.control.v1"


@pytest.fixture(scope="module")
def signer() -> Signer:
    return read_signer(new_key())


def stored(said: b.Said, signer: Signer | None, partition: int = 0, offset: int = 0) -> Stored:
    """A fact as a consumer returns it, signed by a key or by nobody."""
    headers: Any = [(name, text.encode()) for name, text in said.headers.items()]
    key, at_ms = said.key.encode() or None, START_MS + offset
    full_name = f"credit.{said.topic}.v1"
    headers = signed_headers(signer, full_name, partition, key, said.bytes(), headers, at_ms)
    return Stored(offset, key, said.bytes(), headers, at_ms)


def believed(record: Stored, signer: Signer, place: Place = Place(DESK)) -> str:
    """What a worker that trusts this key thinks of a record."""
    doubt = Verifier([signer.public]).doubt(place, record)
    return "" if doubt is None else doubt.code


def test_what_was_signed_is_believed(signer: Signer) -> None:
    assert believed(stored(b.released(), signer), signer) == ""


@pytest.mark.parametrize(
    "altered",
    [
        {"key": b"OTHER"},
        {"timestamp": START_MS + 1},
        {"value": b.released("O2").bytes()},
        {"headers": {"ce_id": b"d99"}},
        {"headers": {"ce_source": b"elsewhere"}},
        {"headers": {"effect": b"historical"}},
        {"headers": {"redrives": b"credit.desk.v1/0/7"}},
        {"headers": {"control_no": b"7"}},
        {"headers": {"obligor_signature": b"nonsense"}},
    ],
    ids=str,
)
def test_whatever_is_altered_the_signature_does_not_hold(signer: Signer, altered: dict[str, Any]) -> None:
    record = stored(b.released(), signer)
    if "headers" in altered:
        altered = {"headers": list({**dict(record.headers), **altered["headers"]}.items())}
    assert believed(replace(record, **altered), signer) == "signature_wrong"


def test_it_holds_on_its_own_topic_and_in_its_own_partition_of_control_only(signer: Signer) -> None:
    assert believed(stored(b.released(), signer), signer, Place("other.desk.v1")) == "signature_wrong"
    day = stored(b.day_closed("2025-03-03").by("clock", "day"), signer, partition=1)
    assert believed(day, signer, Place(CONTROL, 1)) == ""
    assert believed(day, signer, Place(CONTROL, 2)) == "signature_wrong"


def test_nobodys_and_a_strangers_signature_are_told_apart(signer: Signer) -> None:
    assert believed(stored(b.released(), None), signer) == "signature_missing"
    assert believed(stored(b.released(), read_signer(new_key())), signer) == "signature_wrong"


def test_a_signature_without_an_id_is_not_enough(signer: Signer) -> None:
    day = b.Said(b.day_closed("2025-03-03").value, {}, "")
    assert believed(stored(day, signer), signer, Place(CONTROL, 0)) == "signature_wrong"


class Signed(Scenario):
    """A partition whose shell asks for signatures."""

    def __init__(self, signer: Signer) -> None:
        super().__init__(verifier=Verifier([signer.public]))

    def hear(self, said: b.Said, signer: Signer | None) -> list[Any]:
        """Take a fact signed by a key or by nobody."""
        record = stored(said, signer, offset=self._offsets[said.topic])
        return self.take(said.topic, record.key, record.value, record.headers)


def test_writing_to_the_topic_is_not_enough_to_release_an_order(signer: Signer) -> None:
    acme = Signed(signer)
    acme.say(b.account_opened())
    acme.hear(b.limit_set(100), signer)
    assert "order_blocked O1" in kinds(acme.say(b.order(amount=500))) + kinds(acme.say(b.order(amount=500)))
    forged = acme.hear(b.released(), None)
    assert codes(forged) == ["signature_missing"] and "order_released O1" not in kinds(forged)
    assert alerts(forged) == ["raised fact_unreadable critical"]
    assert "order_released O1" in kinds(acme.hear(b.released().by("api", "r1"), signer))
    assert acme.hear(b.released().by("api", "r1"), signer) == [], "the same again is a repeat"
    acme.prove()  # replays and derives again without any key


def test_the_ledger_keeps_the_signature_so_that_an_auditor_can_check_it_again(signer: Signer) -> None:
    acme = Signed(signer)
    acme.say(b.account_opened())
    acme.hear(b.limit_set(100), signer)
    entry = decode_entry(acme.ledger[-1].value)
    assert entry.signature.startswith(signer.name)


def test_an_audit_with_the_key_finds_what_somebody_wrote_into_the_ledger(signer: Signer) -> None:
    acme = Signed(signer)
    acme.say(b.account_opened())
    acme.hear(b.limit_set(100), signer)
    acme.hear(b.released(), None)
    assert _found(acme, signer) == []
    assert _found(acme, read_signer(new_key())) == [("signature", 1)], "by a key that is not trusted"
    acme.verifier = None
    acme.hear(b.limit_set(900), None)
    assert _found(acme, signer) == [("signature", 3)], "unsigned after the first signature"


def _found(scenario: Scenario, signer: Signer) -> list[tuple[str, int | None]]:
    audit = AuditOfPartition(0, 1, "credit", verifier=Verifier([signer.public]))
    for outcome in scenario.ledger:
        audit.feed(outcome.seq, outcome.key, outcome.value)
    return [(finding.what, finding.seq) for finding in audit.report().findings]


def test_white_space_around_a_value_is_not_signed_for_the_ledger_does_not_keep_it(signer: Signer) -> None:
    record = stored(b.released(), signer)
    assert believed(replace(record, value=b"\n " + (record.value or b"") + b"\r\n"), signer) == ""


def test_a_broadcast_that_nobody_signed_alarms_the_desk_and_changes_nothing(signer: Signer) -> None:
    acme = Signed(signer)
    acme.say(b.account_opened())
    told = acme.hear(b.day_closed("2025-03-03"), None)
    assert codes(told) == ["signature_missing"] and alerts(told) == ["raised fact_unsigned critical"]
    assert acme.partition.context.business_date is None
    acme.hear(b.day_closed("2025-03-03").by("clock", "day/2025-03-03"), signer)
    assert acme.partition.context.business_date == "2025-03-03"
    acme.prove()


def _copy(signer: Signer | None, number: int, partition: int, offset: int, value: bytes) -> Stored:
    headers: Any = [("ce_source", b"clock"), ("ce_id", b"c%d" % number), ("control_no", b"%d" % number)]
    headers = signed_headers(signer, CONTROL, partition, None, value, headers, START_MS)
    return Stored(offset, None, value, headers, START_MS)


@pytest.mark.parametrize("value", [b"", b.day_closed("2025-03-01").bytes()], ids=["mark", "copy"])
def test_a_forged_copy_with_a_huge_number_hides_no_broadcast(signer: Signer, value: bytes) -> None:
    rows: Any = MemoryRows()
    seat = Seat(Partition(rows, 1, 2, "credit"), rows, 0, 0, Verifier([signer.public]))
    day = b.day_closed("2025-03-03").bytes()
    records = [_copy(None, 999_999, 1, 0, value), _copy(signer, 0, 1, 1, day)]
    seat.offer("control", Batch(records, 0), Event(), 0, 2)
    assert seat.control_no == 0
    seat.expects_control(1)
    assert not seat.is_holding
    seat.expects_facts(dict.fromkeys(("dossiers", "desk", "orders", "invoices", "payments", "bureau"), 0))
    taken = seat.take(10, 0, 0)
    assert codes(list(taken.outcomes[0].decisions))[0] in ("signature_missing", "value_not_json")
    assert seat.partition.context.business_date == "2025-03-03"


def test_the_copier_does_not_believe_a_forged_number_either(signer: Signer) -> None:
    topics = Topics()
    day = b.day_closed("2025-03-03").by("clock", "day")
    first = stored(day, signer)
    topics.put(0, first.value, first.headers, first.timestamp)
    topics.put(0, b.day_closed("2025-03-04").bytes())
    topics.put(1, b"", [("control_no", b"999999")])
    settings = SimpleNamespace(partitions=3, topic_prefix="credit")
    verifier = Verifier([signer.public])
    access: Any = SimpleNamespace(settings=settings, reader=topics, at=lambda _, number: number, verifier=verifier)
    publisher: Any = topics
    asyncio.run(Copier(access, publisher).complete())
    assert topics.copied(1)[1:] == topics.copied(2) == [(day.bytes(), 0), (b"", 1)], "what nobody signed is a mark"


def test_what_the_api_writes_is_signed_where_that_is_asked_for(signer: Signer) -> None:
    sign = signing(signer, "credit")
    headers = envelope("obligor/api/kim", "1", "order_release")
    said = sign(Message("desk", b"ACME", b.released().bytes(), headers, START_MS))
    assert believed(Stored(0, said.key, said.value, list(said.headers), said.timestamp_ms), signer) == ""
    order = Message("orders", b"ACME", b.order().bytes(), headers, START_MS)
    assert sign(order) == order and signing(None, "credit")(said) == said


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = key_file(Settings(data=tmp_path))
    make_signing_key(path)
    assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700
    first = load_signer(Settings(data=tmp_path))
    make_signing_key(path)
    again = load_signer(Settings(data=tmp_path))
    assert first is not None and again is not None and first.public == again.public
    assert os.listdir(path.parent) == [path.name]


def test_the_public_key_is_shown_and_the_private_one_made_only_if_that_is_asked_for(tmp_path: Path) -> None:
    def signing_key(*arguments: str) -> Any:
        return CliRunner().invoke(app, ["signing-key", "--data", str(tmp_path), *arguments])

    missing = signing_key()
    assert missing.exit_code == 2 and "--make" in missing.stderr and not list(tmp_path.iterdir())
    made, again, shown = signing_key("--make"), signing_key("--make"), signing_key()
    assert made.exit_code == 0 and made.stdout == again.stdout == shown.stdout
    verifier = load_verifier(Settings(data=tmp_path / "auditor", trusted_keys=made.stdout.strip()))
    signer = load_signer(Settings(data=tmp_path))
    assert verifier is not None and verifier.doubt(Place(DESK), stored(b.released(), signer)) is None


def test_signatures_are_asked_for_where_a_key_is_known_unless_the_settings_say_otherwise(tmp_path: Path) -> None:
    assert load_verifier(Settings(data=tmp_path)) is None
    with pytest.raises(SigningKeyMissing, match="OBLIGOR_SIGNING_KEY"):
        load_verifier(Settings(data=tmp_path, require_signatures=True))
    with pytest.raises(SigningKeyMissing, match="no file"):
        load_signer(Settings(data=tmp_path, signing_key=tmp_path / "none.pem"))
    make_signing_key(key_file(Settings(data=tmp_path)))
    assert load_verifier(Settings(data=tmp_path)) is not None
    assert load_verifier(Settings(data=tmp_path, require_signatures=False)) is None


def test_a_key_that_is_trusted_besides_is_believed(tmp_path: Path, signer: Signer) -> None:
    verifier = load_verifier(Settings(data=tmp_path, trusted_keys=public_text(signer.public)))
    assert verifier is not None and verifier.doubt(Place(DESK), stored(b.released(), signer)) is None
    with pytest.raises(SigningKeyInvalid, match="32 bytes"):
        load_verifier(Settings(data=tmp_path, trusted_keys="c2hvcnQ"))
    with pytest.raises(SigningKeyInvalid, match="PEM"):
        read_signer(b"nonsense")
