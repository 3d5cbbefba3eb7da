"""From a record's bytes to a fact, or to the reason why it is none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast, get_args

import msgspec
from msgspec import Struct

from schemas.facts import FACTS_BY_TOPIC, Broadcast, Fact
from schemas.money import EXPONENTS

if TYPE_CHECKING:
    from schemas.reasons import Refusal

NOT_EMBEDDED = frozenset({"value_missing", "value_too_large", "value_not_json"})
"""Codes of values that the ledger does not embed: they would make its own record unreadable."""

VALUE_MAX_BYTES = 1_000_000
"""A larger fact is a dead letter. Source: design, topics."""


class Unreadable(Struct, frozen=True, gc=False):
    """Why bytes are no fact: a reason code, the path to the field, and a sentence."""

    code: Refusal
    path: str
    message: str


class _Tagged(Struct):
    type: str


_DECODERS = {topic: msgspec.json.Decoder(union) for topic, union in FACTS_BY_TOPIC.items()}
_TAG_DECODER = msgspec.json.Decoder(_Tagged)
TOPIC_OF_TYPE: dict[str, str] = {
    str(kind.__struct_config__.tag): topic for topic, union in FACTS_BY_TOPIC.items() for kind in get_args(union)
}
"""The source topic that carries each type of fact."""
FACT_TYPES: dict[str, type[Fact] | type[Broadcast]] = {
    str(kind.__struct_config__.tag): kind for union in FACTS_BY_TOPIC.values() for kind in get_args(union)
}
_CURRENCY_FIELD = {
    kind: next((field for field in kind.__struct_fields__ if field in ("currency", "base")), None)
    for kind in FACT_TYPES.values()
}
"""The field of each type of fact that names its currency; None where it has none."""
_LONG = 4_000
_DEEP = 50
_PATH = re.compile(r" - at `(.*)`$")
_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f]")


def decode_fact(topic: str, value: bytes | None) -> Fact | Broadcast | Unreadable:
    """Return the fact in the bytes of a record of a source topic, or why there is none.

    Args:
        topic: name of the source topic without prefix and version, such as `orders`.
        value: the record's value.

    >>> decode_fact("payments", b'{"type": "payment_received", "account_id": 7}')
    Unreadable(code='field_invalid', path='$.account_id', message='Expected `str`, got `int`')
    """
    if value is None:
        return Unreadable("value_missing", "$", "expected a JSON object, received no value")
    if len(value) > VALUE_MAX_BYTES:
        return Unreadable("value_too_large", "$", f"expected at most {VALUE_MAX_BYTES} bytes, received {len(value)}")
    try:
        fact = cast("Fact | Broadcast", _DECODERS[topic].decode(value))
        if not value.isascii():
            value.decode()  # fields that are not read are skipped unseen, and the ledger keeps them
        if len(value) > _LONG or value.count(b"[") > _DEEP or value.count(b"{") > _DEEP:
            _check_whole(value)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _explain(topic, value, error)
    field = _CURRENCY_FIELD[type(fact)]
    if field is not None:
        currency = getattr(fact, field)
        if currency is not None and currency not in EXPONENTS:
            return Unreadable("currency_unknown", f"$.{field}", f"expected an ISO 4217 code, received {currency!r}")
    return fact if b"\\" not in value else _without_control_characters(fact)


def _check_whole(value: bytes) -> None:
    """Other readers of the ledger refuse numbers of thousands of digits, and what is nested without end."""
    try:
        level = [msgspec.json.decode(value)]
    except msgspec.ValidationError as error:
        raise msgspec.DecodeError(str(error)) from error
    for _ in range(_DEEP):
        level = [
            item
            for found in level
            if isinstance(found, dict | list)
            for item in (found.values() if isinstance(found, dict) else found)
        ]
    if level:
        raise msgspec.DecodeError(f"expected at most {_DEEP} levels of nesting")


def has_control_character(text: str) -> bool:
    """Return whether a text could break the keys of rows, which are separated by control characters."""
    return _CONTROL_CHARACTER.search(text) is not None


def _without_control_characters(fact: Fact | Broadcast) -> Fact | Broadcast | Unreadable:
    """Ids become keys of rows that are separated by control characters, so they may hold none."""
    for path, text in _strings(msgspec.to_builtins(fact), "$"):
        if path.endswith("_id") and has_control_character(text):
            return Unreadable("field_invalid", path, f"expected no control character, received {text!r}")
    return fact


def _strings(value: object, path: str) -> list[tuple[str, str]]:
    if isinstance(value, str):
        return [(path, value)]
    if isinstance(value, dict):
        return [found for name, item in value.items() for found in _strings(item, f"{path}.{name}")]
    if isinstance(value, list | tuple):
        return [found for index, item in enumerate(value) for found in _strings(item, f"{path}[{index}]")]
    return []


def _explain(topic: str, value: bytes, error: Exception) -> Unreadable:
    try:
        value.decode()
        _check_whole(value)  # the ledger embeds what is JSON, and an error may hide another behind it
        tag = _TAG_DECODER.decode(value).type
    except msgspec.ValidationError as invalid:
        return Unreadable("type_missing", "$.type", _sentence(invalid))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as malformed:
        return Unreadable("value_not_json", "$", str(malformed) or "nested too deeply")
    if tag not in TOPIC_OF_TYPE:
        return Unreadable("type_unknown", "$.type", f"expected a known type of fact, received {tag[:100]!r}")
    if TOPIC_OF_TYPE[tag] != topic:
        return Unreadable("fact_on_wrong_topic", "$.type", f"expected {tag} on {TOPIC_OF_TYPE[tag]}, was on {topic}")
    if not isinstance(error, msgspec.ValidationError):
        return Unreadable("value_not_json", "$", str(error) or "nested too deeply")
    found = _PATH.search(str(error))
    return Unreadable("field_invalid", found[1] if found else "$", _sentence(error))


def _sentence(error: Exception) -> str:
    return _PATH.sub("", str(error))
