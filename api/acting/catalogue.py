"""Which facts people tell through the api: how their bodies look, and how a body becomes a fact."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

import msgspec
from msgspec import Raw, Struct

from schemas.codec import FACT_TYPES, TOPIC_OF_TYPE, Unreadable, decode_fact
from schemas.facts import Broadcast, Fact
from schemas.periods import reversed_period
from schemas.publishing import fact_schema

_ANSWERS = ("order_released", "order_referred", "order_blocked", "order_release_withdrawn")
_STANDING = ("status_changed", "measure_taken")
_LIMIT = ("limit_changed", "grade_changed", *_STANDING)
_ALERT = ("alert_escalated", "alert_cleared", "alert_handled", "alert_resumed")

MATTERS: dict[str, tuple[tuple[str, ...], str | None]] = {
    "order_release": (_ANSWERS, "order_id"),
    "order_reject": (_ANSWERS, "order_id"),
    "alert_acknowledged": (_ALERT, "alert_id"),
    "alert_assigned": (_ALERT, "alert_id"),
    "alert_snoozed": (_ALERT, "alert_id"),
    "alert_closed": (_ALERT, "alert_id"),
    "approval_given": (("approval_changed",), "approval_id"),
    "approval_refused": (("approval_changed",), "approval_id"),
    "approval_withdrawn": (("approval_changed",), "approval_id"),
    "limit_approved": (("approval_changed",), "approval_id"),
    "limit_denied": (("approval_changed",), "approval_id"),
    "limit_set": (_LIMIT, None),
    "limit_requested": (_LIMIT, None),
    "account_suspended": (_STANDING, None),
    "account_reinstated": (_STANDING, None),
    "account_held": (_STANDING, None),
    "hold_lifted": (_STANDING, None),
    "prepayment_required": (_STANDING, None),
    "handed_over": (_STANDING, None),
    "grade_set": (("grade_changed",), None),
    "terms_set": (("terms_changed",), None),
}
"""Which decisions since a person looked make their command doubtful, and the field that names what it is about."""


class BodyInvalid(Exception):
    """A body that is no fact: a reason code, the path to the field, and what was expected and received."""

    def __init__(self, code: str, path: str, message: str) -> None:
        super().__init__(f"{message} - at `{path}`")
        self.code = code
        self.path = path


class Command(Struct, frozen=True):
    """A fact that somebody tells, as it will stand on its topic."""

    type: str
    topic: str
    fact: Fact | Broadcast
    value: bytes

    @property
    def account_id(self) -> str | None:
        """Return the account that it is about, None for what concerns all."""
        return self.fact.account_id if isinstance(self.fact, Fact) else None

    @property
    def subject(self) -> str | None:
        """Return the order, alert or request that it is about."""
        field = MATTERS.get(self.type, ((), None))[1]
        return None if field is None else getattr(self.fact, field)


@cache
def fields_of(kind: str) -> frozenset[str]:
    """Return the fields that a command's body may have: those of its fact but for the actor, who is the caller."""
    return frozenset(FACT_TYPES[kind].__struct_fields__) - {"actor"}


def read_command(kind: str, body: bytes, actor: str) -> Command:
    """Return the fact that a body stands for.

    Args:
        kind: the fact's type, one of `COMMANDS`.
        body: a JSON object with the fact's fields, without `type` and `actor`.
        actor: who tells it.

    Raises:
        BodyInvalid: the body is no such object.
    """
    topic = TOPIC_OF_TYPE[kind]
    said = _fields(body)
    unknown = sorted(said.keys() - fields_of(kind))
    if unknown:
        expected = ", ".join(sorted(fields_of(kind)))
        raise BodyInvalid("field_invalid", f"$.{unknown[0]}", f"expected one of {expected}, received {unknown[0]!r}")
    whole: dict[str, Any] = {"type": kind, **said}
    if "actor" in FACT_TYPES[kind].__struct_fields__:
        whole["actor"] = actor
    value = msgspec.json.encode(whole)
    return Command(kind, topic, check_fact(topic, value), value)


def check_fact(topic: str, value: bytes) -> Fact | Broadcast:
    """Return the fact in the bytes of a record, held against the same rules as in a worker.

    Raises:
        BodyInvalid: there is none, or its days come in the wrong order.
    """
    fact = decode_fact(topic, value)
    if isinstance(fact, Unreadable):
        raise BodyInvalid(fact.code, fact.path, fact.message)
    contradiction = reversed_period(fact)
    if contradiction is not None:
        raise BodyInvalid("period_ends_before_it_begins", "$", contradiction)
    return fact


def _fields(body: bytes) -> dict[str, Raw]:
    try:
        return msgspec.json.decode(body, type=dict[str, Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BodyInvalid("value_not_json", "$", f"expected a JSON object, received none: {error}") from error


def body_schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of a command's body, in which `example` is one."""
    schema = contract_schema(kind)
    schema["properties"] = {name: found for name, found in schema["properties"].items() if name in fields_of(kind)}
    schema["required"] = [name for name in schema.get("required", ()) if name in fields_of(kind)]
    schema["additionalProperties"] = False
    schema["example"] = {name: value for name, value in schema["example"].items() if name in fields_of(kind)}
    return schema


def contract_schema(kind: str) -> dict[str, Any]:
    """Return the schema of a fact as an OpenAPI document holds it: what it refers to is among the components."""
    whole = fact_schema(kind)
    schema = {name: found for name, found in whole.items() if name not in ("$schema", "$id", "$defs", "x-obligor")}
    schema["example"] = schema.pop("examples")[0]
    return cast("dict[str, Any]", _among_components(schema))


def shared_schemas() -> dict[str, Any]:
    """Return the components that facts refer to."""
    definitions: dict[str, Any] = {}
    for kind in FACT_TYPES:
        definitions |= fact_schema(kind).get("$defs", {})
    return cast("dict[str, Any]", _among_components(definitions))


def _among_components(schema: Any) -> Any:
    text = msgspec.json.encode(schema).replace(b'"#/$defs/', b'"#/components/schemas/')
    return msgspec.json.decode(text)
