"""A policy as text: every field stated, as TOML that reads back as the same policy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from msgspec import Struct

from schemas.policy import Policy
from schemas.policy_shape import OFF

_LINE = 110
_LISTED_AS_TABLES = {
    "overrides",
    "exclusions",
    "measures",
    "stages",
    "scales",
    "table",
    "grades",
    "bands",
    "factors",
    "lateness",
}
"""Where there is none, a comment says so: after `overrides = []` nobody could add an `[[overrides]]`."""
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def as_document(value: Any) -> Any:
    """Return a policy, or a part of one, as dicts and lists with every field, those that are null too."""
    if isinstance(value, Struct):
        return {name: as_document(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return {key: as_document(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [as_document(part) for part in value]
    return value


def as_toml(policy: Policy) -> str:
    """Return a policy as TOML; what is null is `"off"`."""
    return "\n".join(_table(as_document(policy), "")) + "\n"


def _table(document: dict[str, Any], path: str) -> Iterator[str]:
    tables = {key: part for key, part in document.items() if _is_table(part) or _is_array_of_tables(part)}
    for key, part in document.items():
        if key in _LISTED_AS_TABLES and not part:
            yield f"# no [[{path}{'.' if path else ''}{key}]]"
        elif key not in tables:
            yield _stated(key, part)
    for key, part in tables.items():
        below = f"{path}.{_key(key)}" if path else _key(key)
        if _is_table(part):
            yield from ("", f"[{below}]", *_table(part, below))
            continue
        for item in part:
            yield from ("", f"[[{below}]]", *(_stated(name, stated) for name, stated in item.items()))


def _is_table(part: Any) -> bool:
    return isinstance(part, dict)


def _is_array_of_tables(part: Any) -> bool:
    return isinstance(part, list) and bool(part) and all(isinstance(item, dict) for item in part)


def _stated(key: str, part: Any) -> str:
    line = f"{_key(key)} = {in_line(part)}"
    if len(line) <= _LINE or not isinstance(part, list):
        return line
    return "\n".join([f"{_key(key)} = [", *(f"    {in_line(item)}," for item in part), "]"])


def in_line(part: Any) -> str:
    """Return a value as TOML on one line.

    >>> in_line({"from_minor": 2_500_000, "roles": ["cfo"], "level": None})
    '{from_minor = 2_500_000, roles = ["cfo"], level = "off"}'
    """
    if isinstance(part, dict):
        return "{" + ", ".join(f"{_key(key)} = {in_line(value)}" for key, value in part.items()) + "}"
    if isinstance(part, list):
        return "[" + ", ".join(in_line(item) for item in part) + "]"
    if isinstance(part, bool):
        return str(part).lower()
    if isinstance(part, int):
        return f"{part:_}"
    return part.isoformat() if isinstance(part, date) else _text(OFF if part is None else str(part))


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _text(key)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
