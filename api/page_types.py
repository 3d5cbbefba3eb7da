"""Write the TypeScript types of what the api answers, publishes and takes, from the very structs that it uses.

`python -m api.page_types` writes `api/web/src/api/generated.ts`; the page's build does it each time, so that a page
that reads a field which is not there does not build.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from api import answers
from api.access.permissions import COMMANDS
from api.page_words import WEB
from schemas.codec import FACT_TYPES
from schemas.decisions import ACTED_ON_BY_ORDER_SYSTEMS, WATCHED_BY_THE_DESK
from schemas.publication import Exposure, Place

GENERATED = WEB / "src" / "api" / "generated.ts"
_HEAD = """/** Made from the api's own structs by `python -m api.page_types`: not to be edited. */
"""
_PUBLISHED = """
/** What every published decision carries beside its own fields. */
export interface Identity {
  account_id: string;
  decision_id: string;
  ledger: Place;
  effect: string;
  policy_id: string;
  at_ms: number;
}
"""
_Schema = Mapping[str, Any]


def page_types() -> str:
    """Return the TypeScript source of all types, in a stable order."""
    decisions = (*ACTED_ON_BY_ORDER_SYSTEMS, *WATCHED_BY_THE_DESK)
    types = [*_answers(), Exposure, Place, *decisions]
    _, components = msgspec.json.schema_components(types, ref_template="{name}")
    named = "".join(f"\nexport type {_name(name)} = {_type(schema)};\n" for name, schema in sorted(components.items()))
    orders = " | ".join(sorted(each.__name__ for each in ACTED_ON_BY_ORDER_SYSTEMS))
    alerts = " | ".join(sorted(each.__name__ for each in WATCHED_BY_THE_DESK))
    unions = f"\nexport type AnyDecision = {orders};\n\nexport type AnyAlert = {alerts};\n"
    return _HEAD + named + _PUBLISHED + unions + _commands(set(components))


def write_page_types() -> None:
    """Write the file if it is not what it should be; an unchanged file keeps its time."""
    text = page_types()
    if not GENERATED.exists() or GENERATED.read_text(encoding="utf-8") != text:
        GENERATED.write_text(text, encoding="utf-8")


def _answers() -> Iterator[type[Struct]]:
    for found in pkgutil.iter_modules(answers.__path__):
        module = importlib.import_module(f"{answers.__name__}.{found.name}")
        for _, member in inspect.getmembers(module, inspect.isclass):
            if issubclass(member, Struct) and member.__module__ == module.__name__:
                yield member


def _commands(known: set[str]) -> str:
    """The body of each command: the fact without its type and without the actor, who is the caller."""
    facts = {kind: FACT_TYPES[kind] for kind in sorted(COMMANDS)}
    schemas, components = msgspec.json.schema_components(list(facts.values()), ref_template="{name}")
    parts = {str(schema.get("$ref")) for schema in schemas}
    others = sorted(components.keys() - parts - known)
    named = "".join(f"\nexport type {_name(name)} = {_type(components[name])};\n" for name in others)
    bodies = "".join(f"  {kind}: {_body(components[fact.__name__])};\n" for kind, fact in facts.items())
    return f"{named}\n/** The body of each command, by its type. */\nexport interface Commands {{\n{bodies}}}\n"


def _body(schema: _Schema) -> str:
    left = {name: value for name, value in schema["properties"].items() if name not in ("type", "actor")}
    return _object({**schema, "properties": left})


def _type(schema: _Schema) -> str:
    if "$ref" in schema:
        return _name(str(schema["$ref"]))
    if "enum" in schema:
        return " | ".join(msgspec.json.encode(value).decode() for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(each) for each in schema["anyOf"]))
    kind = schema.get("type")
    if isinstance(kind, list):
        return " | ".join(_type({**schema, "type": each}) for each in kind)
    if kind == "array":
        return _array(schema)
    if kind == "object":
        return _object(schema)
    return _PLAIN.get(str(kind), "unknown")


_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def _array(schema: _Schema) -> str:
    if "prefixItems" in schema:
        return f"[{', '.join(_type(each) for each in schema['prefixItems'])}]"
    items = schema.get("items")
    return f"({_type(items)})[]" if isinstance(items, Mapping) else "unknown[]"


def _object(schema: _Schema) -> str:
    if "properties" not in schema:
        values = schema.get("additionalProperties")
        return f"Record<string, {_type(values) if isinstance(values, Mapping) else 'unknown'}>"
    required = set(schema.get("required", ()))
    fields = (
        f"{name}{'' if name in required else '?'}: {_type(value)}" for name, value in schema["properties"].items()
    )
    return f"{{ {'; '.join(fields)} }}"


def _name(name: str) -> str:
    """A name that two modules use comes with its module; the contract keeps the short one."""
    module, _, short = name.rpartition(".")
    whose = "" if module.startswith("schemas") else module.rpartition(".")[2].title()
    return re.sub(r"\W", "", whose + short)


if __name__ == "__main__":
    write_page_types()
    sys.stdout.write(f"{GENERATED}\n")
