"""What a map says of a table of receivables: its shape, which column is what, and when each becomes known."""

from __future__ import annotations

import tomllib
import unicodedata
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from schemas.facts.control import DecimalRate
from schemas.money import EXPONENTS
from streams.tables import TableUnreadable

Shape = Literal["history", "open_items"]
ItemKind = Literal["invoice", "credit", "payment"]
KnownAt = Literal["opening", "issue", "settlement", "later"]
"""When a column's value is known: with the account, with the invoice, when it is settled, or only afterwards."""

REQUIRED: dict[Shape, frozenset[str]] = {
    "history": frozenset({"account", "invoice", "issued_on", "due_on", "amount", "settled_on"}),
    "open_items": frozenset({"account", "invoice", "due_on", "amount"}),
}
_OPTIONAL = frozenset({"currency", "name", "country", "customer", "issued_on", "open_amount", "kind"})


class MapInvalid(Exception):
    """A map that cannot be used; the text names what was expected."""


class Rates(Struct, frozen=True, forbid_unknown_fields=True):
    """Units of each currency for one unit of `base`, as decimal texts."""

    base: str
    rates: dict[str, str]


class ReceivablesMap(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One map.

    Attributes:
        shape: `history` has one row an invoice with its life, `open_items` what was open on a date.
        source: `ce_source` of the facts; with a row's identity it makes importing twice harmless.
        columns: header, or headers to choose from, of each field.
        identity: the fields that tell rows apart; all but the account make the document's id.
        currency: of all amounts, where there is no column for it.
        account_currency: of the accounts; else the one that most of an account's rows are in.
        date_formats: tried in order, as `strptime` knows them.
        known: headers by when they are known, so that nothing learns from what it could not have seen.
        kinds: words for invoice, credit and unapplied payment in the column `kind`.
        currency_names: other names of currencies and the codes they stand for.
        as_of: the day of a list of open items, if not given on the command line.
    """

    shape: Shape
    source: str
    columns: dict[str, str | list[str]]
    identity: tuple[str, ...] = ("account", "invoice")
    currency: str | None = None
    account_currency: str | None = None
    date_formats: tuple[str, ...] = ("%Y-%m-%d",)
    decimal_mark: str = "."
    thousands_mark: str = ","
    known: dict[KnownAt, list[str]] = {}
    kinds: dict[ItemKind, list[str]] = {}
    as_of: date | None = None
    rates: Rates | None = None
    currency_names: dict[str, str] = {}
    delimiter: str | None = None
    sheet: str | None = None
    header_line: int | None = None


def load_map(name: str) -> ReceivablesMap:
    """Read a map from a path, or one that ships with Obligor by its name.

    Raises:
        MapInvalid: no such map, or it is not one.
    """
    try:
        text = _text_of(name)
        found = msgspec.convert(tomllib.loads(text), ReceivablesMap)
    except (msgspec.ValidationError, tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise MapInvalid(f"map {name}: {error}") from error
    problem = _problem(found)
    if problem is not None:
        raise MapInvalid(f"map {name}: {problem}")
    return found


def shipped_maps() -> list[str]:
    """The names of the maps that ship with Obligor."""
    names = [entry.name for entry in resources.files("streams").joinpath("maps").iterdir()]
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


def _text_of(name: str) -> str:
    path = Path(name)
    if path.suffix == ".toml" and path.exists():
        return path.read_text(encoding="utf-8")
    shipped = name.removesuffix(".toml")
    if shipped not in shipped_maps():
        raise MapInvalid(f"expected a map file or one of {', '.join(shipped_maps())}, received {name!r}")
    return resources.files("streams").joinpath("maps", f"{shipped}.toml").read_text(encoding="utf-8")


def _problem(found: ReceivablesMap) -> str | None:
    fields = found.columns.keys()
    missing = REQUIRED[found.shape] - fields
    if missing:
        return f"expected columns for {', '.join(sorted(missing))}, found {', '.join(sorted(fields))}"
    unknown = fields - REQUIRED[found.shape] - _OPTIONAL - set(found.identity)
    if unknown:
        return f"expected no columns for {', '.join(sorted(unknown))} in shape {found.shape}"
    if not set(found.identity) <= fields or "account" not in found.identity or len(found.identity) < 2:
        return f"expected identity to be account and other columns, received {', '.join(found.identity)}"
    if "currency" not in fields and found.currency is None:
        return "expected a currency or a column for it, found neither"
    for code in (found.currency, found.account_currency):
        if code is not None and code not in EXPONENTS:
            return f"expected an ISO 4217 currency code, received {code!r}"
    if found.decimal_mark == found.thousands_mark or len(found.decimal_mark) != 1:
        return f"expected different marks for decimals and thousands, received {found.decimal_mark!r} for both"
    return _rates_problem(found.rates) or _known_problem(found)


def _rates_problem(rates: Rates | None) -> str | None:
    if rates is None:
        return None
    unknown = {rates.base, *rates.rates} - EXPONENTS.keys()
    if unknown:
        return f"expected ISO 4217 currency codes in rates, received {', '.join(sorted(unknown))}"
    try:
        msgspec.convert(rates.rates, dict[str, DecimalRate])
    except msgspec.ValidationError as error:
        return f"expected decimal rates above zero: {error}"
    return None


def _known_problem(found: ReceivablesMap) -> str | None:
    seen: dict[str, KnownAt] = {}
    for when, headers in found.known.items():
        for header in headers:
            if header in seen:
                return f"expected {header!r} to be known once, found it under {seen[header]} and {when}"
            seen[header] = when
    for field in REQUIRED[found.shape] - {"settled_on"}:
        for header in alternatives(found, field):
            if seen.get(header) in ("settlement", "later"):
                return f"expected {header!r} ({field}) to be known at issue, found it under {seen[header]}"
    return None


def alternatives(found: ReceivablesMap, field: str) -> list[str]:
    """The headers that may hold a field, the first that is there counts."""
    named = found.columns.get(field, [])
    return [named] if isinstance(named, str) else named


def find_columns(found: ReceivablesMap, headers: tuple[str, ...]) -> dict[str, int]:
    """The place of each field's column among the headers; blanks, case and full-width forms make no difference.

    Raises:
        TableUnreadable: a column that the shape needs is not there; the headers found are named.
    """
    places = {_plain(header): place for place, header in reversed(list(enumerate(headers)))}
    columns = {
        field: places[plain]
        for field in found.columns
        for plain in [_plain(header) for header in reversed(alternatives(found, field))]
        if plain in places
    }
    for field in sorted(REQUIRED[found.shape] | set(found.identity) | (_currency_column(found))):
        if field not in columns:
            wanted = " or ".join(repr(header) for header in alternatives(found, field))
            raise TableUnreadable(f"expected a column {wanted} for {field}, found headers: {', '.join(headers)}")
    return columns


def _currency_column(found: ReceivablesMap) -> set[str]:
    return {"currency"} if found.currency is None else set()


def _plain(header: str) -> str:
    return "".join(unicodedata.normalize("NFKC", header).casefold().split())
