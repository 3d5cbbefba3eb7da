"""Dead letters: what became of each, and the records that send one in again."""

from __future__ import annotations

import json

from streams.deadletters import DeadLetter, describe, dismissal, read_letters, redrive, resolve
from tests.driving import Stored

_MARKS = [
    ("obligor_code", b"field_invalid"),
    ("obligor_path", b"$.amount_minor"),
    ("obligor_message", b"Expected `int`, got `str`"),
    ("obligor_at_ms", b"17"),
    ("obligor_core", b"1.0.0"),
    ("obligor_ledger", b"0/1/42/0"),
]


class _Read(Stored):
    topic = "credit.orders.v1"
    partition = 1


def _stored(offset: int, *headers: tuple[str, bytes], topic: str = "credit.orders.v1", value: bytes = b"{}") -> _Read:
    record = _Read(offset, b"A-1", value, list(headers))
    record.topic = topic
    return record


def _letter(offset: int, *headers: tuple[str, bytes]) -> _Read:
    identity = f"credit.orders.v1/1/{offset}".encode()
    return _stored(offset, ("ce_id", b"7"), *headers, ("obligor_dead_letter", identity), *_MARKS)


def _letters(*records: _Read) -> dict[str, DeadLetter]:
    return read_letters(records)


def test_a_dead_letter_keeps_its_own_headers_apart_from_those_that_say_why() -> None:
    letters = _letters(_letter(5), _letter(5), _stored(9))
    assert list(letters) == ["credit.orders.v1/1/5"], "repeated ones count once, what names no source is none"
    letter = letters["credit.orders.v1/1/5"]
    assert letter.headers == (("ce_id", b"7"),)
    assert (letter.topic, letter.partition, letter.offset) == ("credit.orders.v1", 1, 5)
    assert (letter.code, letter.path, letter.at_ms, letter.account_id) == ("field_invalid", "$.amount_minor", 17, "A-1")


def test_sent_again_it_carries_its_id_and_its_own_headers_and_bytes() -> None:
    letter = _letters(_letter(5, ("redrives", b"credit.orders.v1/1/2")))["credit.orders.v1/1/5"]
    sent = redrive(letter, 99)
    assert sent.headers == [("ce_id", b"7"), ("redrives", b"credit.orders.v1/1/5")]
    assert (sent.topic, sent.key, sent.value, sent.timestamp_ms) == ("credit.orders.v1", b"A-1", b"{}", 99)
    mended = redrive(letter, 99, value=b'{"a":1}', key=b"A-2")
    assert (mended.key, mended.value) == (b"A-2", b'{"a":1}')


def test_what_became_of_each_is_seen_in_what_came_later() -> None:
    letters = _letters(_letter(5), _letter(6), _letter(7), _letter(8), _letter(10, ("redrives", _id(7))))
    fact = json.dumps({"type": "dead_letter_dismissed", "dead_letter": _id(8).decode()}).encode()
    later = [
        _stored(9, ("redrives", _id(6))),
        _stored(10, ("redrives", _id(7))),
        _stored(0, topic="credit.desk.v1", value=fact),
        _stored(1, topic="credit.desk.v1", value=b"dead_letter_dismissed, but no JSON"),
    ]
    known = resolve(letters, later)
    assert [known.states[_id(n).decode()] for n in (5, 6, 7, 8, 10)] == [
        "open",
        "sent again",
        "failed again",
        "dismissed",
        "open",
    ]
    assert known.attempts(letters[_id(10).decode()]) == 1, "those it descends from count"
    assert [each.offset for each in known.before(letters[_id(10).decode()])] == [7]


def test_a_dismissal_is_a_desk_fact_of_the_account_that_is_parked() -> None:
    letter = _letters(_letter(5))["credit.orders.v1/1/5"]
    out = dismissal(letter, "credit", "j.doe", "a test", 3)
    assert out is not None
    assert (out.topic, out.key) == ("credit.desk.v1", b"A-1")
    assert json.loads(out.value or b"") == {
        "type": "dead_letter_dismissed",
        "account_id": "A-1",
        "dead_letter": letter.id,
        "actor": "j.doe",
        "reason": "a test",
    }
    assert dict(out.headers)["ce_id"] == f"dead_letter_dismissed-{letter.id}".encode()


def test_bytes_that_are_no_text_can_be_shown() -> None:
    record = _letter(5)
    record.key, record.value = b"\xff", b"\xfe{"
    letters = _letters(record)
    told = describe(letters["credit.orders.v1/1/5"], resolve(letters, []))
    assert (told["key"], told["value"], told["account_id"]) == ("\\xff", "\\xfe{", None)
    json.dumps(told)


def _id(offset: int) -> bytes:
    return f"credit.orders.v1/1/{offset}".encode()
