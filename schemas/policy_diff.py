"""In what two policies differ, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from schemas.policy import Policy
from schemas.policy_text import as_document

_NAMED_BY = (
    ("name",),
    ("provider",),
    ("grade",),
    ("subject", "from_minor"),
    ("level",),
    ("overdue_days",),
    ("factor",),
    ("from_bp",),
)


class Absent:
    """Stands for what the other policy does not have."""

    def __repr__(self) -> str:
        return "absent"


ABSENT = Absent()


class Difference(NamedTuple):
    """One field: its path, what it was and what it is; `ABSENT` for an item or key that only one of the two has.

    Items of a list are named by what tells them apart, such as `grading.table[B]`, so that one more does not make
    all later ones differ.
    """

    path: str
    before: Any
    after: Any


def differences(before: Policy, after: Policy) -> list[Difference]:
    """Return everything in which the second policy differs from the first, in the order of the policy's fields."""
    return list(_differences("", as_document(before), as_document(after)))


def _differences(path: str, before: Any, after: Any) -> Iterator[Difference]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            below = f"{path}.{key}" if path else str(key)
            yield from _differences(below, before.get(key, ABSENT), after.get(key, ABSENT))
        return
    if isinstance(before, list) and isinstance(after, list):
        was, now = _named(before), _named(after)
        if was is not None and now is not None:
            yield from _differences_of_lists(path, was, now)
            return
    yield Difference(path, before, after)


def _differences_of_lists(path: str, was: dict[str, Any], now: dict[str, Any]) -> Iterator[Difference]:
    for name in [*was, *(name for name in now if name not in was)]:
        yield from _differences(f"{path}[{name}]", was.get(name, ABSENT), now.get(name, ABSENT))
    stayed_before, stayed_now = [name for name in was if name in now], [name for name in now if name in was]
    if stayed_before != stayed_now:
        yield Difference(f"{path} (order)", stayed_before, stayed_now)


def _named(items: list[Any]) -> dict[str, Any] | None:
    """The items by name, or None if they have none of their own."""
    if not all(isinstance(item, dict) for item in items):
        return None
    for keys in _NAMED_BY:
        if all(key in item for item in items for key in keys):
            named = {" from ".join(str(item[key]) for key in keys): item for item in items}
            return named if len(named) == len(items) else None
    return {str(number): item for number, item in enumerate(items)}
