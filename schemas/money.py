"""Money: integers of minor units beside an ISO 4217 code, and exact conversion between currencies."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Annotated

from msgspec import Meta

AMOUNT_MINOR_MAX = 10**15
"""Largest amount of one document, in minor units; sums of ten thousand of them still fit 64 bits."""

HELD_MINOR_MAX = 4 * 10**18
"""Largest sum of amounts; two of them still fit 64 bits."""

AmountMinor = Annotated[int, Meta(ge=0, le=AMOUNT_MINOR_MAX, description="minor units of the currency, tax included")]
PositiveMinor = Annotated[int, Meta(ge=1, le=AMOUNT_MINOR_MAX, description="minor units of the currency, above zero")]
SignedMinor = Annotated[
    int, Meta(ge=-HELD_MINOR_MAX, le=HELD_MINOR_MAX, description="minor units of the currency, below zero too")
]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217 code")]

_EXPONENT_0 = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_EXPONENT_3 = "BHD IQD JOD KWD LYD OMR TND"
_EXPONENT_2 = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY "
    "COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS "
    "INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR "
    "MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD "
    "SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW ZWG"
)
EXPONENTS: dict[str, int] = {
    code: exponent
    for exponent, codes in ((0, _EXPONENT_0), (2, _EXPONENT_2), (3, _EXPONENT_3))
    for code in codes.split()
}
"""Decimal places of each currency that may appear in a fact. Source: ISO 4217 list one."""

Rates = dict[str, str]
"""Units of each currency for one unit of the base, as decimal strings; the base itself is not listed."""


def convert(amount_minor: int, currency: str, into: str, base: str, rates: Rates, *, up: bool = True) -> int | None:
    """Return the amount in minor units of `into`, rounded away from zero, or None where a rate is missing.

    Rounding up keeps a converted exposure from being understated. Not `up`: towards zero, for what reduces exposure.

    >>> convert(10_800, "USD", "EUR", "EUR", {"USD": "1.08"})
    10000
    >>> convert(100, "USD", "EUR", "EUR", {"USD": "1.08"}), convert(100, "USD", "EUR", "EUR", {"USD": "1.08"}, up=False)
    (93, 92)
    >>> convert(100, "JPY", "EUR", "EUR", {}) is None
    True
    """
    if currency == into:
        return amount_minor
    if (currency != base and currency not in rates) or (into != base and into not in rates):
        return None
    over, under = _factor(currency, into, rates.get(currency, "1"), rates.get(into, "1"))
    magnitude = -(-abs(amount_minor) * over // under) if up else abs(amount_minor) * over // under
    return held(magnitude if amount_minor >= 0 else -magnitude)


def held(amount_minor: int) -> int:
    """Return an amount as far as 64 bits hold it: an absurd rate must stop no reader.

    >>> held(10**30) == -held(-(10**30)) == HELD_MINOR_MAX
    True
    """
    if -HELD_MINOR_MAX <= amount_minor <= HELD_MINOR_MAX:
        return amount_minor
    return HELD_MINOR_MAX if amount_minor > 0 else -HELD_MINOR_MAX


@lru_cache(maxsize=1024)
def _factor(currency: str, into: str, currency_rate: str, into_rate: str) -> tuple[int, int]:
    """Return numerator and denominator of the exact factor between minor units."""
    exact = Fraction(into_rate) / Fraction(currency_rate) * Fraction(10) ** (EXPONENTS[into] - EXPONENTS[currency])
    return exact.numerator, exact.denominator


def display(amount_minor: int, currency: str) -> str:
    """Return the amount with its decimal places and code, digits grouped.

    >>> display(-123456789, "EUR")
    '-1,234,567.89 EUR'
    >>> display(500, "JPY")
    '500 JPY'
    """
    exponent = EXPONENTS.get(currency, 2)
    whole, fraction = divmod(abs(amount_minor), 10**exponent)
    sign = "-" if amount_minor < 0 else ""
    decimals = f".{fraction:0{exponent}d}" if exponent else ""
    return f"{sign}{whole:,}{decimals} {currency}"
