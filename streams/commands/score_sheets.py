"""A score as tables for the terminal: the whole, every factor, what costs points, what moved."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from rich.box import SIMPLE
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from projections.dossier_view import View
from schemas.factor_words import factor_in_words
from schemas.money import display
from streams.commands.dossier_sheets import sentence
from streams.commands.dossier_words import LANGUAGES as DOSSIER_WORDS
from streams.commands.dossier_words import Language
from streams.commands.score_words import LANGUAGES

_GAUGE, _BAR = 50, 10
_DATES_FROM_WIDTH = 100
"""Narrower terminals leave out the dates that values are of; `--json` has them."""
_MOVES_SHOWN = 12
_NOT_FOR_TERMINALS = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def print_score(console: Console, view: View, language: Language) -> None:
    """Print the score of a dossier's view."""
    words, score = LANGUAGES[language], view["score"]
    name = view["identity"]["name"]
    title = f"{name} ({view['account_id']})" if name else view["account_id"]
    head = Group(*_head(view, language))
    console.print(Panel(head, title=_text(title), subtitle=words["as_of"].format(on=view["on"])))
    if score["points"] is None:
        return
    for part in (
        _reasons(score, language),
        _factors(score, language, with_dates=console.width >= _DATES_FROM_WIDTH),
        _not_known(score, language),
        *_moves(score, language),
    ):
        if part is not None:
            console.print(part)


def _text(value: object, style: str = "") -> Text:
    return Text(_NOT_FOR_TERMINALS.sub("·", str(value)), style)


def _head(view: View, language: Language) -> Iterable[RenderableType]:
    words, score, grade = LANGUAGES[language], view["score"], view["grade"]
    points, band = score["points"], score["band"]
    if band is None:
        needs = ", ".join(factor_in_words(name, language) for name in score["needs_one_of"])
        yield _text(f"{words['score']}: {words['none'].format(needs=needs)}", "bold")
    else:
        of = words["of"].format(points=points, most=score["points_most"])
        yield _text(f"{words['score']} {of}", "bold")
        yield _gauge(points, score["points_most"])
        better = band["better_at_least_points"]
        gap = words["best"] if better is None else words["better"].format(points=better - points, at_least=better)
        in_band = words["band"].format(grade=band["grade"], at_least=band["points_at_least"])
        yield _text(in_band + words["also"] + gap)
    if grade["grade"]:
        yield _text(f"{words['grade_in_force']} {grade['grade']}", "bold")
    because = [sentence(reason, DOSSIER_WORDS[language]) for reason in grade["because"]]
    yield from (_text(f"  {line}", "dim") for line in because)


def _gauge(points: int, most: int) -> Text:
    filled = points * _GAUGE // most
    return Text("█" * filled, "cyan") + Text("░" * (_GAUGE - filled), "dim")


def _reasons(score: View, language: Language) -> RenderableType | None:
    words = LANGUAGES[language]
    lines = [
        _text(f"  {number}. {_reason(reason, score['currency'], language)}")
        for number, reason in enumerate(score["reasons"], 1)
    ]
    return Group(Text(words["reasons"], "bold"), *lines, "") if lines else None


def _reason(reason: dict[str, Any], currency: str, language: Language) -> str:
    words = LANGUAGES[language]
    factor = factor_in_words(reason["factor"], language)
    lost = words["lost"].format(factor=factor, lost=reason["points_lost"], most=reason["points_most"])
    if reason["code"] == "score_factor_missing":
        return lost + words["also"] + words["missing"]
    if reason["code"] == "score_factor_outdated":
        return lost + words["also"] + words["outdated"].format(on=reason["on"])
    shown = _in_unit(reason["value"], reason["unit"], currency, language)
    return lost + words["also"] + words["is"].format(value=shown)


def _factors(score: View, language: Language, *, with_dates: bool) -> RenderableType:
    words = LANGUAGES[language]
    sheet = Table(box=SIMPLE, pad_edge=False, show_footer=True)
    sheet.add_column(words["factor"], words["total"], overflow="fold")
    sheet.add_column(words["value"], justify="right", overflow="fold")
    if with_dates:
        sheet.add_column(words["on"])
    sheet.add_column(words["points"], str(score["points"]), justify="right")
    sheet.add_column(words["most"], str(score["points_most"]), justify="right")
    sheet.add_column("", no_wrap=True)
    dates = [""] if with_dates else []
    for source, of_source in groupby(score["factors"], key=lambda one: one["source"]):
        factors = list(of_source)
        sums = [Text(str(sum(one[name] for one in factors)), "bold") for name in ("points", "points_most")]
        sheet.add_row(Text(words[source], "bold"), "", *dates, *sums, "")
        for one in factors:
            sheet.add_row(*_factor(one, score["currency"], language, with_dates=with_dates))
    return sheet


def _factor(one: View, currency: str, language: Language, *, with_dates: bool) -> list[Text]:
    words = LANGUAGES[language]
    if one["state"] == "known":
        value = _text(_in_unit(one["value"], one["unit"], currency, language))
    else:
        value = _text(words["missing"] if one["state"] == "missing" else words["outdated"].format(on=one["on"]), "dim")
    share = one["points"] * _BAR // one["points_most"]
    style = "green" if share >= 7 else "yellow" if share >= 4 else "red"
    bar = Text("█" * share, style if one["state"] == "known" else "dim") + Text("░" * (_BAR - share), "dim")
    dates = [_text(one["on"] or "", "dim")] if with_dates else []
    name = _text(f"  {factor_in_words(one['factor'], language)}")
    return [name, value, *dates, Text(str(one["points"])), Text(str(one["points_most"]), "dim"), bar]


def _in_unit(value: int | str, unit: str, currency: str, language: Language) -> str:
    if isinstance(value, str):
        return value
    if unit == "bp":
        return f"{value / 100:,.1f} %"
    if unit == "times_bp":
        return f"{value / 10_000:,.2f}"
    if unit == "thousandths":
        return f"{value / 1000:,.2f}"
    if unit == "minor":
        return display(value, currency)
    words = LANGUAGES[language]
    return words[unit].format(value=f"{value:,}") if unit in words else f"{value:,}"


def _not_known(score: View, language: Language) -> RenderableType | None:
    if not score["missing"]:
        return None
    points = sum(one["points_lost"] for one in score["missing"])
    names = [f"{factor_in_words(one['factor'], language)} (+{one['points_lost']})" for one in score["missing"]]
    title = LANGUAGES[language]["not_known"].format(points=points)
    return Group(Text(title, "bold"), Padding(_text(", ".join(names)), (0, 0, 0, 2)), "")


def _moves(score: View, language: Language) -> Iterable[RenderableType | None]:
    told, words = score["told"], LANGUAGES[language]
    if told is None:
        return
    if told["before"] is None:
        title = words["first"]
    else:
        title = words["moved"].format(before=told["before"], points=told["points"])
    yield Text(words["told"].format(on=told["scored_on"], points=told["points"]), "bold")
    yield _moved(title, told["moved"], language)
    if score["moved_since"]:
        title = words["moved_since"].format(
            before=told["points"], points=score["points"], line=score["tell_from_points"]
        )
        yield _moved(title, score["moved_since"], language)


def _moved(title: str, moves: list[View], language: Language) -> RenderableType:
    sheet = Table.grid(padding=(0, 2))
    sheet.add_column(justify="right")
    for one in moves[:_MOVES_SHOWN]:
        before, points = one["before"] or 0, one["points"] or 0
        style = "green" if points > before else "red"
        sheet.add_row(
            Text(f"{points - before:+d}", style),
            _text(factor_in_words(one["factor"], language)),
            Text(_from_to(one, language), "dim"),
        )
    if len(moves) > _MOVES_SHOWN:
        rest = sum((one["points"] or 0) - (one["before"] or 0) for one in moves[_MOVES_SHOWN:])
        sheet.add_row(Text(f"{rest:+d}"), Text("…"), "")
    return Group(_text(f"  {title}"), Padding(sheet, (0, 0, 1, 4)))


def _from_to(one: View, language: Language) -> str:
    words = LANGUAGES[language]
    if one["before"] is None:
        return words["counts_now"]
    return words["no_longer"] if one["points"] is None else f"{one['before']} → {one['points']}"
