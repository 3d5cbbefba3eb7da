"""JSON lines as `obligor send` takes them: a fact, or a fact with its key and headers around it.

A line is either the fact itself, `{"type": ..., "account_id": ...}`, or `{"topic", "key", "headers", "value", "at_ms"}`
of which only `value` is needed; `raw` in place of `value` is text that is sent as it stands, to try dead letters.
"""

from __future__ import annotations

import hashlib

import msgspec
from msgspec import Struct

from schemas.codec import FACT_TYPES, TOPIC_OF_TYPE, Unreadable, decode_fact
from schemas.envelope import EFFECTS
from schemas.facts import Broadcast
from schemas.periods import reversed_period
from streams.message import Header, Message, Origin

_NULL = b"null"


class LineInvalid(ValueError):
    """A line that cannot be sent; the text says what was expected."""


class Wrapped(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A fact with its key and headers around it."""

    value: msgspec.Raw = msgspec.Raw(_NULL)
    raw: str | None = None
    topic: str | None = None
    key: str | None = None
    headers: dict[str, str] = {}
    at_ms: int | None = None


class _Fact(Struct):
    type: str = ""
    account_id: str | None = None
    at_ms: int | None = None


_encode = msgspec.json.Encoder().encode


def to_line(message: Message) -> bytes:
    """One line that `read_line` turns into the same message."""
    wrapped = Wrapped(
        value=msgspec.Raw(message.value or _NULL),
        topic=message.topic_name,
        key=message.key,
        headers={name: text.decode() for name, text in message.headers},
        at_ms=message.timestamp_ms,
    )
    return _encode(wrapped) + b"\n"


def read_line(line: bytes, number: int, *, origin: Origin, now_ms: int, validate: bool = True) -> Message:
    """The message that a line stands for.

    Args:
        line: one JSON object.
        number: the line's number; part of the id of a fact that has none of its own.
        origin: source and effect for lines whose headers do not say.
        now_ms: the timestamp of facts that give no `at_ms`.
        validate: refuse what is no readable fact.

    Raises:
        LineInvalid: the line is no such object, its topic is not known, or the fact is not valid.
    """
    wrapped = _wrapped(line)
    text = bytes(wrapped.value) if wrapped.raw is None else wrapped.raw.encode()
    value = None if text == _NULL else text
    fact = _peek(value)
    topic_name = wrapped.topic or TOPIC_OF_TYPE.get(fact.type)
    if topic_name is None:
        raise LineInvalid(f"expected a topic or a known type of fact, received type {fact.type!r} - at `$.type`")
    if validate:
        _validate(topic_name, value, wrapped.headers.get("effect", origin.effect))
    at_ms = wrapped.at_ms if wrapped.at_ms is not None else fact.at_ms if fact.at_ms is not None else now_ms
    key = wrapped.key if wrapped.key is not None else None if topic_name == "control" else fact.account_id
    return Message(topic_name, key, value, at_ms, _headers(wrapped, fact.type, origin, value or b"", number))


def _wrapped(line: bytes) -> Wrapped:
    try:
        names = msgspec.json.decode(line, type=dict[str, msgspec.Raw]).keys()
        if "type" not in names and names & {"value", "raw"}:
            return msgspec.json.decode(line, type=Wrapped)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LineInvalid(str(error)) from error
    return Wrapped(value=msgspec.Raw(line.strip()))


def _peek(value: bytes | None) -> _Fact:
    """Type, account and time as far as they can be read."""
    try:
        return msgspec.json.decode(value or b"{}", type=_Fact)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Fact()


def _validate(topic_name: str, value: bytes | None, effect: str) -> None:
    if effect not in EFFECTS:
        raise LineInvalid(f"expected effect to be one of {', '.join(EFFECTS)}, received {effect!r}")
    if topic_name not in TOPIC_OF_TYPE.values():
        known = ", ".join(sorted(set(TOPIC_OF_TYPE.values())))
        raise LineInvalid(f"expected a topic of {known}, received {topic_name!r} - at `$.topic`")
    found = decode_fact(topic_name, value)
    if isinstance(found, Unreadable):
        raise LineInvalid(f"{found.message} - at `{found.path}` ({found.code})")
    contradiction = reversed_period(found)
    if contradiction is not None:
        raise LineInvalid(f"{contradiction} (period_ends_before_it_begins)")


def _headers(wrapped: Wrapped, kind: str, origin: Origin, value: bytes, number: int) -> tuple[Header, ...]:
    fact_id = "" if _has_natural_key(kind) else hashlib.sha256(value + b"\n%d" % number).hexdigest()[:32]
    defaults = dict(origin.headers(kind, fact_id))
    given = {name: text.encode() for name, text in wrapped.headers.items()}
    return tuple((defaults | given).items())


def _has_natural_key(kind: str) -> bool:
    known = FACT_TYPES.get(kind)
    return known is not None and not issubclass(known, Broadcast) and known.document is not None
