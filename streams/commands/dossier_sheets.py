"""A dossier as tables for the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import dropwhile
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from projections.dossier_view import View
from projections.financials import ITEMS
from schemas.money import display
from streams.commands.dossier_pledges import TABLES
from streams.commands.dossier_words import Words
from streams.dossiers import Moment

_IDENTITY = (
    "industry",
    "country",
    "segment",
    "revenue_minor",
    "employees",
    "relationship_since_on",
    "opened_on",
    "manager_id",
    "net_days",
    "calendar",
)
_STANDING = (
    "exposure_minor",
    "net_exposure_minor",
    "limit_minor",
    "headroom_minor",
    "utilisation_bp",
    "overdue_minor",
    "disputed_minor",
    "granted_net_days",
    "highest_exposure_minor",
)
_BEHAVIOUR = (
    "settled_count",
    "late_count",
    "delay_lately_centidays",
    "delay_long_run_centidays",
    "longest_delay_days",
    "last_settled_on",
)
_PERIODS_SHOWN = 4
_BAR = 30
_NOT_FOR_TERMINALS = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control and direction characters: a name that was sent to us must not steer the terminal of who reads it."""


def print_dossier(console: Console, view: View, words: Words) -> None:
    """Print a dossier; what is empty is left out."""
    identity = view["identity"]
    title = f"{identity['name'] or view['account_id']}  ({view['account_id']})"
    head = _pairs([*_identity(view, words), ("", ""), *_standing(view, words)])
    console.print(Panel(head, title=_cell(title), subtitle=words["as_of"].format(on=view["on"])))
    for part in _parts(view, words):
        console.print(part)


def _parts(view: View, words: Words) -> Iterable[RenderableType]:
    yield from _because(view, words)
    yield from _rows(words, "measures", view)
    yield from _rows(words, "members", view)
    yield from _bureau(view["bureau"], words)
    for title in ("adverse_events", "references", "assessments"):
        yield from _rows(words, title, view)
    yield from _statements(view["financials"], words)
    yield from _ratios(view["financials"], words)
    yield from _behaviour(view["behaviour"], words)
    yield from _pledges(view, words)


def _pairs(pairs: Iterable[tuple[str, str]]) -> Table:
    sheet = Table.grid(padding=(0, 2))
    for label, value in pairs:
        sheet.add_row(_cell(label, "dim"), _cell(value))
    return sheet


def _identity(view: View, words: Words) -> Iterable[tuple[str, str]]:
    identity, reviews = view["identity"], view["reviews"]
    for name in _IDENTITY:
        if identity[name] is not None:
            yield words[name], _told(name, identity[name], identity["currency"])
    for party in identity["parties"]:
        ids = ", ".join(f"{one['scheme']} {one['value']}" for one in party["identifiers"])
        yield words["parties"], f"{party['party_id']}  {ids}".rstrip()
    for name, value in identity["fields"].items():
        yield str(name), str(value)
    for name, value in reviews.items():
        if value:
            yield words[name], value


def _standing(view: View, words: Words) -> Iterable[tuple[str, str]]:
    standing, grade, currency = view["standing"], view["grade"], view["identity"]["currency"]
    held = f", {words['held']}" if standing["held"] else ""
    yield words["status"], f"{words[standing['status']]}{held}"
    since = f"  {words['changed_on']} {grade['changed_on']}" if grade["changed_on"] else ""
    yield words["grade"], f"{grade['grade'] or words['none']}{since}"
    score = view["score"]
    if score is not None and score["points"] is not None:
        yield words["score"], f"{score['points']} / {score['points_most']}"
    for name in _STANDING:
        if standing[name] is not None:
            yield words[name], _told(name, standing[name], currency)
    limit = view["limit"]
    if limit["set_by"] is not None:
        yield words["set_by"], f"{words[limit['set_by']]}  {limit['set_on']}"
    if limit["proposed_minor"] is not None:
        yield words["proposed_minor"], display(limit["proposed_minor"], currency)


def _told(name: str, value: Any, currency: str) -> str:
    if name.endswith("_minor"):
        return display(value, currency)
    if name.endswith("_bp"):
        return _percent(value)
    if name.endswith("_centidays"):
        return f"{value / 100:.1f}"
    return str(value)


def _percent(basis_points: int) -> str:
    return f"{basis_points / 100:.1f} %"


def _because(view: View, words: Words) -> Iterable[RenderableType]:
    if view["grade"]["because"]:
        lines = [_cell(f"  {sentence(reason, words)}") for reason in view["grade"]["because"]]
        yield Group(Text(words["because"], "bold"), *lines, "")


def sentence(reason: dict[str, Any], words: Words) -> str:
    """Return a reason of a grade in words, with what was asked."""
    told = words[reason["code"]].format(**reason, probability=_percent(reason.get("probability_bp", 0)))
    asked = (
        "at_least_points",
        "at_most_days",
        "better_at_least_points",
        "better_at_most_days",
        "best_grade",
        "valid_until",
    )
    return "; ".join([told, *(words[name].format(value=reason[name]) for name in asked if name in reason)])


_COLUMNS = {
    "measures": ("name", "does", "taken_on", "recovers_on"),
    "members": ("customer_id", "name", "party_id", "joined_on", "left_on"),
    "adverse_events": ("event", "provider", "party_id", "reported_on", "resolved_on"),
    "references": ("referee", "kind", "reported_on", "rating", "points"),
    "assessments": ("subject", "rating", "recorded_on"),
}


def _rows(words: Words, title: str, view: View) -> Iterable[RenderableType]:
    if not view[title]:
        return
    columns = _COLUMNS[title]
    sheet = _sheet(words[title], [words[name] for name in columns])
    for row in view[title]:
        sheet.add_row(*(_cell(_in_words(title, name, row.get(name), words)) for name in columns))
    yield sheet


def _in_words(title: str, column: str, value: Any, words: Words) -> Any:
    if title == "measures" and column == "name":
        return words.get(f"policy/{value}", value)
    return words.get(value, value) if column in ("does", "kind", "event") and isinstance(value, str) else value


def _sheet(title: str, headers: Iterable[str]) -> Table:
    sheet = Table(title=Text(title, "bold"), title_justify="left")
    for header in headers:
        sheet.add_column(Text(header), overflow="fold")
    return sheet


def _cell(value: Any, style: str = "") -> Text:
    return Text("" if value is None else _NOT_FOR_TERMINALS.sub("·", str(value)), style)


def _bureau(bureau: View, words: Words) -> Iterable[RenderableType]:
    if not bureau["reports"]:
        return
    together = "" if bureau["points"] is None else ": " + words["combined"].format(points=bureau["points"])
    columns = ("provider", "party_id", "score", "scale", "points", "points_before", "reported_on", "age_days", "stale")
    sheet = _sheet(words["bureau"] + together, [words[name] for name in columns])
    for report in bureau["reports"]:
        shown = {**report, "scale": f"{report['scale_min']}-{report['scale_max']}"}
        shown["stale"] = words["yes"] if report["stale"] else words["no"]
        sheet.add_row(*(_cell(shown[name]) for name in columns))
    yield sheet


def _statements(financials: View, words: Words) -> Iterable[RenderableType]:
    shown = financials["statements"][-_PERIODS_SHOWN:]
    if not shown:
        return
    currency = shown[-1]["currency"]
    ends = [one["period_end_on"] for one in shown]
    sheet = _sheet(words["statements"].format(currency=currency), [words["item"], *ends])
    named = {name for one in shown for name in one["items"]}
    for name in [*(name for name in ITEMS if name in named), *sorted(named - ITEMS.keys())]:
        amounts = [_amount(one["items"].get(name), one["currency"]) for one in shown]
        label = words[name] if name in ITEMS else name.removesuffix("_minor").replace("_", " ")
        sheet.add_row(_cell(label), *amounts)
    yield sheet


def _amount(amount: int | None, currency: str) -> Text:
    return Text("" if amount is None else display(amount, currency).rpartition(" ")[0], justify="right")


def _ratios(financials: View, words: Words) -> Iterable[RenderableType]:
    if not financials["ratios"]:
        return
    sheet = _sheet(words["ratios"], [words[name] for name in ("ratio", "value", "before", "change")])
    for one in financials["ratios"]:
        before = _in_unit(one["before"], one["unit"])
        sheet.add_row(Text(words[one["ratio"]]), _value(one, words), Text(before), _change(one))
    altman = financials["altman"]
    zone = "" if altman["zone"] is None else f"  {words[altman['zone']]}"
    sheet.add_section()
    sheet.add_row(Text(f"{words['altman']} {altman['model']}"), _value(altman, words) + Text(zone, "bold"))
    yield sheet


def _value(found: View, words: Words) -> Text:
    if found["value"] is not None:
        return Text(_in_unit(found["value"], found["unit"]))
    if found["missing"]:
        return Text(words["missing"].format(items=", ".join(words.get(name, name) for name in found["missing"])), "dim")
    divisor = found["not_above_zero"]
    return Text(words["not_above_zero"].format(item=words.get(divisor, divisor)), "dim")


def _in_unit(value: int | None, unit: str) -> str:
    if value is None:
        return ""
    if unit == "bp":
        return _percent(value)
    return f"{value / 1000:.3f}" if unit == "thousandths" else str(value)


def _change(ratio: View) -> Text:
    if not ratio["change"]:
        return Text("")
    sign = "+" if ratio["change"] > 0 else ""
    return Text(sign + _in_unit(ratio["change"], ratio["unit"]), "green" if ratio["better"] else "red")


def _behaviour(behaviour: View | None, words: Words) -> Iterable[RenderableType]:
    if behaviour is None:
        return
    told = [(words[name], _told(name, behaviour[name], "")) for name in _BEHAVIOUR if behaviour[name] is not None]
    yield Group(Text(words["behaviour"], "bold"), _pairs(told), "")
    sold = behaviour["sold_minor_by_month"]
    most = max(sold.values())
    if most > 0:
        bars = [
            (month, f"{'█' * max(0, amount * _BAR // most):{_BAR}} {display(amount, behaviour['currency'])}")
            for month, amount in dropwhile(lambda one: not one[1], sold.items())
        ]
        yield Group(Text(words["sold"], "bold"), _pairs(bars), "")


def _pledges(view: View, words: Words) -> Iterable[RenderableType]:
    """Columns that are empty in every row are left out."""
    for title, rows_of in TABLES.items():
        rows = list(rows_of(view, words))
        if not rows:
            continue
        columns = [name for name in rows[0] if any(row[name] for row in rows)]
        sheet = _sheet(words[title], [words[name] for name in columns])
        for row in rows:
            sheet.add_row(*(_cell(row[name]) for name in columns))
        yield sheet


def print_history(console: Console, moments: list[Moment], words: Words) -> None:
    """Print changes, oldest first."""
    if not moments:
        console.print(words["no_changes"])
        return
    columns = ("when", "ledger", "fact", "who", "field", "old", "new")
    sheet = _sheet(words["history"], [words[name] for name in columns])
    for one in moments:
        who = one.actor or one.ce_source
        place = f"{one.partition}/{one.seq}"
        cells = (_day(one.at_ms), place, one.fact, who, one.field, one.old, one.new)
        sheet.add_row(*(_cell(value) for value in cells))
    console.print(sheet)


def _day(at_ms: int) -> str:
    try:
        return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return str(at_ms)
