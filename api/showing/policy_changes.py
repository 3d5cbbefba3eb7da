"""In what two policies differ, as a table for people: each value in the unit that its field's name says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct

from api.exporting import Cell, heading
from schemas.money import EXPONENTS
from schemas.policy_diff import ABSENT, Difference
from schemas.policy_warnings import IN_BASIS_POINTS, IN_DAYS

OFF = "off"
"""What is said of a field that is null: the policy does not use it."""
_PERCENT, _DAYS = "percent", "days"
_THRESHOLDS = frozenset({"at_bp", "clear_below_bp"})
"""Fields that are in the unit of the indicator they belong to, whatever their names end in."""


class ChangeRow(Struct, frozen=True, kw_only=True):
    """One place in which two policies differ; a value is empty where a policy has nothing there.

    `unit` is a currency, `percent`, `days`, or empty; amounts of policies in two currencies name both.
    """

    path: str
    unit: str
    old: Cell
    new: Cell


def change_row(change: Difference, old_currency: str, new_currency: str) -> ChangeRow:
    """Return a difference as a row: `change_row(change, "EUR", "EUR").unit` of `limits.grades[A].cap_minor` is EUR."""
    kind = _unit_at(change.path)
    money = old_currency if old_currency == new_currency else f"{old_currency} / {new_currency}"
    return ChangeRow(
        path=change.path,
        unit=money if kind == "money" else kind,
        old=_cell(change.before, kind, old_currency),
        new=_cell(change.after, kind, new_currency),
    )


def _unit_at(path: str) -> str:
    """Return the unit of the field that a path ends in, such as `warnings.utilisation.lines[notice].at_bp`."""
    parts = path.split(".")
    name, above = parts[-1], [part.partition("[")[0] for part in parts[:-1]]
    if name in _THRESHOLDS:
        indicator = above[-2] if above[-1:] == ["lines"] and len(above) > 1 else (above or [""])[-1]
        return _DAYS if indicator in IN_DAYS else _PERCENT if indicator in IN_BASIS_POINTS else ""
    return _unit_of(name)


def _unit_of(name: str) -> str:
    if name.endswith("_minor"):
        return "money"
    if name.endswith("_bp"):
        return _PERCENT
    return _DAYS if name.endswith("_days") else ""


def _cell(value: Any, unit: str, currency: str) -> Cell:
    """Return one value as a cell: a number stays a number, what is made of several becomes a text."""
    if value is ABSENT:
        return None
    if value is None:
        return OFF
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return _number(value, unit, currency)
    if isinstance(value, Mapping):
        inner = ((name, one) for name, one in value.items() if one is not None and one != [])
        return ", ".join(f"{heading(name)} {_text(one, _unit_of(name), currency)}" for name, one in inner)
    if isinstance(value, Sequence):
        return "; ".join(_text(one, unit, currency) for one in value)
    return str(value)


def _text(value: Any, unit: str, currency: str) -> str:
    """Return a value within another as text; the steps of a scale are what it begins at and what that gives."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " → ".join(_text(one, unit, currency) for one in value)
    cell = _cell(value, unit, currency)
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


def _number(value: int, unit: str, currency: str) -> Cell:
    if unit == "money":
        return Decimal(value).scaleb(-EXPONENTS.get(currency, 2))
    return Decimal(value).scaleb(-2) if unit == _PERCENT else value
