"""What secures or extends an account's credit, as tables of a dossier: limits of parts, cover, contracts, bills."""

from __future__ import annotations

from collections.abc import Iterable

from projections.dossier_view import View
from schemas.money import display
from streams.commands.dossier_words import Words

Row = dict[str, str]
"""What to show by the name of its column."""
_FOREVER = "9999-12-31"


def temporary_limits(view: View, words: Words) -> Iterable[Row]:
    """Return the limits that hold for some days, or from a day on."""
    currency = view["identity"]["currency"]
    for one in view["limit"]["temporary"]:
        amount = words["unlimited"] if one["unlimited"] else display(one["limit_minor"], currency)
        yield {"value_minor": amount, **_days(one)}


def limits_of_parts(view: View, words: Words) -> Iterable[Row]:
    """Return the limits of single customers, sellers and segments."""
    currency = view["identity"]["currency"]
    for part in view["parts"]:
        kind, _, name = part["key"].partition("/")
        for one in part["limits"]:
            amount = words["unlimited"] if one["unlimited"] else display(one["limit_minor"], currency)
            yield {"part": f"{words.get(kind, kind)} {name}", "value_minor": amount, **_days(one)}


def covers(view: View, words: Words) -> Iterable[Row]:
    """Return guarantees, collateral, insurance and letters of credit with what each bears."""
    for one in view["covers"]:
        yield {
            "cover_id": one["key"],
            "kind": words.get(one["kind"], one["kind"]),
            "provider": one["provider"],
            "value_minor": display(one["value"], one["currency"]),
            "share_bp": _percent(one["share_bp"]),
            "split_bp": "" if one["split_bp"] == 10_000 else _percent(one["split_bp"]),
            "first_loss_minor": display(one["first_loss"], one["currency"]) if one["first_loss"] else "",
            "max_net_days": "" if one["max_net_days"] is None else str(one["max_net_days"]),
            **_days(one),
            "order_id": one["order_key"],
            "withdrawn_on": one["withdrawn_on"],
            "released_on": one["released_on"],
        }


def contracts(view: View, _: Words) -> Iterable[Row]:
    """Return contracts with their terms."""
    for one in view["contracts"]:
        days = "" if one["net_days"] is None else str(one["net_days"])
        yield {
            "contract_id": one["key"],
            "seller_id": one["seller_id"] or "",
            "signed_on": one["signed_on"],
            **_days(one),
            "net_days": days,
        }


def bills(view: View, words: Words) -> Iterable[Row]:
    """Return bills and notes and what became of them."""
    for one in view["bills"]:
        state = "dishonoured" if one["reversed"] else "outstanding" if one["outstanding"] else "honoured"
        yield {
            "bill_id": one["key"],
            "value_minor": display(one["amount"], one["currency"]),
            "due_on": one["due_on"],
            "status": words[state],
        }


def _days(one: View) -> Row:
    last = one["valid_until"]
    return {"valid_from": one["valid_from"], "last_day": "" if last == _FOREVER else last}


def _percent(basis_points: int) -> str:
    return f"{basis_points / 100:.1f} %"


TABLES = {
    "temporary_limits": temporary_limits,
    "limits_of_parts": limits_of_parts,
    "covers": covers,
    "contracts": contracts,
    "bills": bills,
}
"""By the word of each table's title, in the order in which they are shown."""
