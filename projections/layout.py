"""What stored rows look like in this version: state that another one left is rebuilt from the ledger, not opened."""

from __future__ import annotations

from functools import cache
from typing import Any

from msgspec import inspect

from projections.chain import Chain
from projections.context import Context
from projections.recording import Parked
from projections.rows import KINDS, SHEETS, Account
from projections.store import Rows
from schemas.ledger import CORE, digest

LAYOUT_KEY = b"Playout"


@cache
def layout() -> bytes:
    """Return what tells this version's rows from another's: the version of the rules, and the shape of every row.

    The shape is read off the row types, so nobody has to remember to count a number up.
    """
    kinds = [(kind, letter, shape_of(inspect.type_info(row))) for kind, (letter, row) in sorted(KINDS.items())]
    rest = [shape_of(inspect.type_info(row)) for row in (Account, Chain, Context, Parked)]
    return f"{CORE} {digest(repr((kinds, SHEETS, rest)).encode())[:16]}".encode()


def shape_of(found: Any) -> str:
    """Return a type as a text that is the same in every process: its fields by name and place, with their types."""
    if isinstance(found, inspect.StructType):
        fields = ", ".join(f"{field.encode_name}: {shape_of(field.type)}" for field in found.fields)
        return f"{found.cls.__name__}({fields})"
    if isinstance(found, inspect.UnionType):
        return " | ".join(sorted(shape_of(member) for member in found.types))
    if isinstance(found, tuple):
        return f"[{', '.join(shape_of(member) for member in found)}]"
    if isinstance(found, inspect.Type):
        return f"{type(found).__name__}{shape_of(tuple(getattr(found, name) for name in found.__struct_fields__))}"
    return repr(found)


def is_of_this_version(rows: Rows) -> bool:
    """Return whether stored rows were written by this version, so that they may be read as its own."""
    return rows.get(LAYOUT_KEY) == layout()
