"""Cells as people write them, turned into texts, dates and exact amounts; a cell that cannot be is a `CellInvalid`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache

from schemas.money import AMOUNT_MINOR_MAX, EXPONENTS
from streams.tables import Cell

_ID_MAX = 200
_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")
_SIGNIFICANT_DIGITS = 15
"""A spreadsheet computes with doubles and shows 15 digits: 0.1 + 0.2 is 0.3 there. Source: Excel specifications."""


class CellInvalid(ValueError):
    """A cell that is not what its column must hold; the text says what was expected and received."""


def text_of(cell: Cell) -> str:
    """A cell as text without surrounding blanks; a whole number from a spreadsheet has no decimals.

    >>> text_of(1001.0), text_of("  发票 1 "), text_of(None)
    ('1001', '发票 1', '')
    """
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    return str(cell).strip()


def id_of(cell: Cell) -> str:
    """A cell as an identifier.

    Raises:
        CellInvalid: empty, over 200 characters, or with control characters.
    """
    text = text_of(cell)
    if not text:
        raise CellInvalid("expected a value, found none")
    if len(text) > _ID_MAX:
        raise CellInvalid(f"expected at most {_ID_MAX} characters, received {len(text)}")
    if _CONTROL_CHARACTER.search(text):
        raise CellInvalid(f"expected no control characters, received {text!r}")
    return text


def date_of(cell: Cell, formats: Sequence[str]) -> date:
    """A cell as a date; a date cell of a spreadsheet as it is, else the first format that fits.

    >>> date_of("03/01/2012", ("%d/%m/%Y",))
    datetime.date(2012, 1, 3)
    """
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = text_of(cell)
    found = _parse_date(text, tuple(formats))
    if found is None:
        raise CellInvalid(f"expected a date as {' or '.join(formats)}, received {text!r}")
    return found


@lru_cache(maxsize=100_000)
def _parse_date(text: str, formats: tuple[str, ...]) -> date | None:
    plain = unicodedata.normalize("NFKC", text)
    for one in formats:
        try:
            return datetime.strptime(plain, one).date()
        except ValueError:
            continue
    return None


def currency_of(cell: Cell, names: Mapping[str, str]) -> str:
    """A cell as an ISO 4217 code, in whatever case, or by one of the other names given."""
    text = text_of(cell)
    code = names.get(text, text.upper())
    if code not in EXPONENTS:
        raise CellInvalid(f"expected an ISO 4217 currency code, received {code!r}")
    return code


def amount_of(cell: Cell, currency: str, *, decimal_mark: str = ".", thousands_mark: str = ",") -> int:
    """A cell as minor units of a currency, exactly; negative with a minus on either side or in brackets.

    >>> amount_of("1,234.50", "EUR"), amount_of("(3.10)", "EUR"), amount_of("500-", "JPY"), amount_of(97.6, "USD")
    (123450, -310, -500, 9760)

    Raises:
        CellInvalid: no number, thousands grouped otherwise than by three, more decimals than the currency has, or
            beyond what one document may have.
    """
    exact = _decimal(cell, decimal_mark, thousands_mark)
    scaled = exact.scaleb(EXPONENTS[currency])
    if scaled != scaled.to_integral_value():
        raise CellInvalid(f"expected at most {EXPONENTS[currency]} decimals for {currency}, received {exact}")
    if abs(scaled) > AMOUNT_MINOR_MAX:
        raise CellInvalid(f"expected at most {AMOUNT_MINOR_MAX} minor units, received {exact}")
    return int(scaled)


def _decimal(cell: Cell, decimal_mark: str, thousands_mark: str) -> Decimal:
    if isinstance(cell, bool | date | time):
        raise CellInvalid(f"expected an amount, received {cell!r}")
    if isinstance(cell, int):
        return Decimal(cell)
    if isinstance(cell, float):
        return _from_double(cell)
    return _from_text(text_of(cell), decimal_mark, thousands_mark)


def _from_double(number: float) -> Decimal:
    """The decimal that the spreadsheet showed, where the double allows only one.

    Raises:
        CellInvalid: not finite, or too large for its cents to be certain.
    """
    if number != number or abs(number) >= 10**_SIGNIFICANT_DIGITS:
        raise CellInvalid(f"expected an amount of at most {_SIGNIFICANT_DIGITS} digits, received {number!r}")
    return Decimal(f"{number:.{_SIGNIFICANT_DIGITS}g}")


def _from_text(text: str, decimal_mark: str, thousands_mark: str) -> Decimal:
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    is_bracketed = plain.startswith("(") and plain.endswith(")")
    is_trailing = plain.endswith("-")
    body = plain[1:-1] if is_bracketed else plain[:-1] if is_trailing else plain
    if not _number_pattern(decimal_mark, thousands_mark).fullmatch(body):
        raise CellInvalid(f"expected an amount such as 1{thousands_mark}234{decimal_mark}50, received {text!r}")
    if (is_bracketed or is_trailing) and body[0] in "+-":
        raise CellInvalid(f"expected one sign, received {text!r}")
    number = Decimal(body.replace(thousands_mark, "").replace(decimal_mark, "."))
    return -number if is_bracketed or is_trailing else number


@lru_cache(maxsize=16)
def _number_pattern(decimal_mark: str, thousands_mark: str) -> re.Pattern[str]:
    decimal, thousands = re.escape(decimal_mark), re.escape(thousands_mark)
    whole = rf"(\d{{1,3}}({thousands}\d{{3}})+|\d+)" if thousands_mark else r"\d+"
    return re.compile(rf"[+-]?({whole}({decimal}\d*)?|{decimal}\d+)", re.ASCII)
