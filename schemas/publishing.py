"""The contract for other programs: a JSON Schema (2020-12) for every message, and one AsyncAPI 3.0 document.

`python -m schemas.publishing` writes `schemas/published/`; a test checks that what is there is current. The schemas
are those of the message types, made as strict as the codec where the types alone do not say it.
"""

from __future__ import annotations

import inspect
import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, get_args

import msgspec

from schemas.asyncapi import asyncapi_document
from schemas.codec import FACT_TYPES, TOPIC_OF_TYPE
from schemas.decisions import ACTED_ON_BY_ORDER_SYSTEMS, WATCHED_BY_THE_DESK, Alert, AnyDecision, Decision, OrderAnswer
from schemas.decisions_lateness import FOR_THE_LEARNER, LabelsComplete
from schemas.envelope import EFFECTS
from schemas.facts import Broadcast
from schemas.ledger import AccountSwept, Entry, LossAccepted
from schemas.money import EXPONENTS
from schemas.policy import Policy
from schemas.publication import Exposure, Place
from schemas.reasons import GRAVITY, ORDER_REASONS, REFUSALS

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DIRECTORY = Path(__file__).parent / "published"
_CURRENCY = f"^({'|'.join(sorted(EXPONENTS))})$"
_WITHOUT_CONTROL_CHARACTERS = "^[^\\u0000-\\u001f]+$"
_HASH = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
DECISION_TYPES: dict[str, type[Decision]] = {
    str(kind.__struct_config__.tag): kind for kind in get_args(AnyDecision) if issubclass(kind, Decision)
}
"""Every decision by its tag."""


@cache
def examples() -> dict[str, dict[str, Any]]:
    """Return an example of each fact (`facts`) and of each message that is published (`published`), by type."""
    text = resources.files("schemas").joinpath("examples.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = json.loads(text)
    return found


def documents() -> dict[str, bytes]:
    """Return every published file: its path below `schemas/published`, and its bytes."""
    schemas = {f"facts/{tag}.json": fact_schema(tag) for tag in FACT_TYPES}
    schemas |= {f"decisions/{tag}.json": decision_schema(kind) for tag, kind in DECISION_TYPES.items()}
    schemas["exposure.json"] = exposure_schema()
    schemas["ledger_record.json"] = ledger_record_schema()
    schemas["policy.json"] = _whole(Policy, "policy")
    schemas["asyncapi.json"] = asyncapi_document(
        {
            tag: (topic, kind.__doc__ or tag)
            for tag, kind in DECISION_TYPES.items()
            if (topic := topic_of_decision(kind)) is not None
        }
    )
    return {path: _text(schema) for path, schema in sorted(schemas.items())}


def fact_schema(tag: str) -> Schema:
    """Return the schema of a fact as an order system writes it."""
    kind = FACT_TYPES[tag]
    schema = _whole(kind, f"fact:{tag}")
    document = kind.document
    schema["x-obligor"] = {
        "topic": TOPIC_OF_TYPE[tag],
        "key": None if issubclass(kind, Broadcast) else "account_id",
        "natural_key": None if document is None else ["ce_source", "seller_id", document[0], document[1]],
        "acted_on": kind.acted_on,
    }
    schema["examples"] = [examples()["facts"][tag]]
    return schema


def topic_of_decision(kind: type[Decision]) -> str | None:
    """Return the output topic of a decision, or None if it stays in the ledger."""
    if kind in ACTED_ON_BY_ORDER_SYSTEMS:
        return "decisions"
    if kind in FOR_THE_LEARNER:
        return "labels"
    return "alerts" if kind in WATCHED_BY_THE_DESK else None


def _account_id(kind: type[Decision]) -> Schema:
    if kind is LabelsComplete:
        return {"type": "null"}
    if not issubclass(kind, Alert):
        return {"type": "string"}
    return {"type": ["string", "null"], "description": "null in an alert about the model, which is about no account"}


def decision_schema(kind: type[Decision]) -> Schema:
    """Return the schema of a decision as it is published; of one that stays in the ledger, as it stands there."""
    tag = str(kind.__struct_config__.tag)
    schema = _whole(kind, f"decision:{tag}")
    topic = topic_of_decision(kind)
    schema["x-obligor"] = {"topic": topic or "ledger", "key": "account_id"}
    _name_codes(schema, kind)
    if topic is None:
        return schema
    schema["properties"] |= {
        "decision_id": {"type": "string", "description": "the same in every repetition of this message"},
        "account_id": _account_id(kind),
        "ledger": {"$ref": "#/$defs/Place"},
        "effect": {"enum": [effect for effect in EFFECTS if effect != "historical" or topic == "labels"]},
        "policy_id": {"type": "string", "description": "which policy was in force"},
        "at_ms": {"type": "integer", "description": "the record timestamp of the fact that this follows from"},
    }
    if topic == "decisions":
        schema["properties"]["model_id"] = {"type": "string", "description": "which model was in force; none without"}
    schema["required"] += ["decision_id", "account_id", "ledger", "effect", "policy_id", "at_ms"]
    schema["$defs"] = schema.get("$defs", {}) | _components([Place])
    schema["examples"] = [examples()["published"][tag]]
    return schema


def exposure_schema() -> Schema:
    """Return the schema of an account's exposure."""
    schema = _whole(Exposure, "exposure")
    schema["x-obligor"] = {"topic": "exposures", "key": "account_id"}
    schema["examples"] = [examples()["published"]["exposure"]]
    return schema


def ledger_record_schema() -> Schema:
    """Return the schema of a ledger record with every decision that may stand in it."""
    schema = _whole(Entry, "ledger_record")
    definitions = _components([*DECISION_TYPES.values(), AccountSwept, LossAccepted])
    for kind in DECISION_TYPES.values():
        _name_codes(definitions[kind.__name__], kind)
    properties = schema["properties"]
    properties["fact"] = {"description": "the JSON value of the source record, byte for byte; null if it was none"}
    properties["decisions"] = {
        "type": "array",
        "items": {"anyOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in DECISION_TYPES.values()]},
    }
    properties["effect"] = {"enum": list(EFFECTS)}
    properties["prev"] = _HASH | {"description": "SHA-256 of the value bytes of the record before, zeros for the first"}
    schema["$defs"] |= definitions
    schema["x-obligor"] = {"topic": "ledger", "key": "account_id"}
    return schema


def _whole(kind: type[msgspec.Struct], name: str) -> Schema:
    """A self-contained schema: the type at the top, everything that it refers to under `$defs`."""
    definitions = _components([kind])
    own = definitions.pop(kind.__name__)
    schema: Schema = {"$schema": DIALECT, "$id": f"urn:obligor:v1:{name}", **own}
    if kind in FACT_TYPES.values():
        for field in schema["properties"].keys() & {"currency", "base"}:
            _set_pattern(schema["properties"][field], _CURRENCY)
    if definitions:
        schema["$defs"] = definitions
    return schema


def _components(kinds: list[type[Any]]) -> dict[str, Schema]:
    _, components = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    for schema in components.values():
        schema["description"] = " ".join(inspect.cleandoc(schema.get("description", "")).split())
        for name, field in schema.get("properties", {}).items():
            if name.endswith("_id"):
                _set_pattern(field, _WITHOUT_CONTROL_CHARACTERS)
    return {name: components[name] for name in sorted(components)}


def _set_pattern(field: Schema, pattern: str) -> None:
    """Ask text for a pattern, in a field that may also be null too; text without any bounds is no id from outside."""
    for choice in field.get("anyOf", [field]):
        if choice.get("type") == "string" and choice.keys() & {"minLength", "pattern"}:
            choice["pattern"] = pattern


def _name_codes(schema: Schema, kind: type[Decision]) -> None:
    if issubclass(kind, OrderAnswer):
        item = schema["properties"]["reasons"]["items"]
        item["properties"] = {"code": {"enum": list(ORDER_REASONS)}, "answer": {"enum": list(GRAVITY)}}
        item["required"] = ["code", "answer"]
    elif "code" in schema["properties"]:
        schema["properties"]["code"] = {"enum": list(REFUSALS)}


def _text(document: Schema) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def write(directory: Path = DIRECTORY) -> None:
    """Write every published file and remove those that are no longer published."""
    wanted = documents()
    for path in directory.rglob("*.json"):
        if path.relative_to(directory).as_posix() not in wanted:
            path.unlink()
    for name, content in wanted.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    write()
