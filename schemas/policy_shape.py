"""Whether a document has the shape of a policy: every error with its path, where a decoder stops at the first.

A number or rule that may be left out is switched off by `"off"` too, for TOML has no null.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import Struct, structs

from schemas.policy_errors import PolicyError

OFF = "off"
_NAME_MAX = 60
_PLACE = re.compile(r" - at `\$(.*)`$")


def switched_off(value: Any, kind: Any) -> Any:
    """Return a document with null wherever it says `off` of something that may be null.

    >>> switched_off({"maximum_minor": "off"}, Orders)    # doctest: +SKIP
    {'maximum_minor': None}
    """
    if value == OFF and allows_null(kind):
        return None
    parts = _parts(value, kind)
    if isinstance(value, dict):
        return {**value, **{key: switched_off(part, of) for key, part, of in parts}}
    return [switched_off(part, of) for _, part, of in parts] if parts else value


def shape_errors(value: Any, kind: Any, path: str = "$") -> Iterator[PolicyError]:
    """Yield everything in which a document differs from a type's shape."""
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        none_below = True
        for wrong in _errors_below(value, kind, path):
            none_below = False
            yield wrong
        if none_below:
            yield _error(error, value, kind, path)


def _errors_below(value: Any, kind: Any, path: str) -> Iterator[PolicyError]:
    for key, part, of in _parts(value, kind):
        yield from shape_errors(part, of, _below(path, key))
    if not (_is_struct(kind) and isinstance(value, dict)):
        return
    fields = fields_of(_bare(kind))
    names = [field.name for field in fields]
    for name in value:
        if name not in names:
            yield PolicyError(_below(path, name), unknown_name(name, names))
    for field in fields:
        if field.required and field.name not in value:
            yield PolicyError(_below(path, field.name), "expected a value, there is none")


def unknown_name(name: str, names: list[str]) -> str:
    """Return the message about a name that does not exist, with the one that was perhaps meant.

    >>> unknown_name("limit_mising", ["limit_missing", "limit_expired"])
    "expected a name that exists, was 'limit_mising'; limit_missing?"
    """
    near = get_close_matches(name, names, n=1) if len(name) <= _NAME_MAX else []
    return f"expected a name that exists, was {_shown(name)}{f'; {near[0]}?' if near else ''}"


@cache
def fields_of(kind: type[Struct]) -> tuple[structs.FieldInfo, ...]:
    """Return a struct's fields; kept, because working out their types takes long."""
    return structs.fields(kind)


def allows_null(kind: Any) -> bool:
    """Return whether a type has null among its values."""
    return NoneType in _alternatives(kind)


def _parts(value: Any, kind: Any) -> list[tuple[Any, Any, Any]]:
    """Return what a value consists of: the key or number, the value and the type that each part should have."""
    of = _bare(kind)
    origin, arguments = get_origin(of), get_args(of)
    if _is_struct(of) and isinstance(value, dict):
        return [(field.name, value[field.name], field.type) for field in fields_of(of) if field.name in value]
    if origin is dict and isinstance(value, dict):
        return [(key, part, arguments[1]) for key, part in value.items()]
    if origin is tuple and isinstance(value, list | tuple):
        kinds = [arguments[0]] * len(value) if arguments[-1] is Ellipsis else list(arguments)
        return [(number, part, of) for number, (part, of) in enumerate(zip(value, kinds, strict=False))]
    return []


def _is_struct(kind: Any) -> bool:
    of = _bare(kind)
    return isinstance(of, type) and issubclass(of, Struct)


def _alternatives(kind: Any) -> tuple[Any, ...]:
    if get_origin(kind) is Annotated:
        return _alternatives(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return tuple(one for of in get_args(kind) for one in _alternatives(of))
    return (kind,)


def _bare(kind: Any) -> Any:
    """Return the one type that a value has unless it is null; of several the type as it was."""
    rest = [one for one in _alternatives(kind) if one is not NoneType]
    return rest[0] if len(rest) == 1 else kind


def _below(path: str, key: Any) -> str:
    return f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}"


def _error(error: msgspec.ValidationError, value: Any, kind: Any, path: str) -> PolicyError:
    choices = [choice for one in _alternatives(kind) if get_origin(one) is Literal for choice in get_args(one)]
    if choices and not isinstance(value, list | dict):
        return PolicyError(path, f"expected one of {', '.join(choices)}, was {_shown(value)}")
    text = str(error)
    place = _PLACE.search(text)
    message = _PLACE.sub("", text)
    where = path + place[1] if place else path
    return PolicyError(where, message[:1].lower() + message[1:].replace(", got ", ", was "))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _NAME_MAX + 2 else f"{text[:_NAME_MAX]}..."
