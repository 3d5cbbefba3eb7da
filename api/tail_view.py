"""One line for each event of the feed, in words, for a terminal of any width."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from api.alert_words import subject_in_words
from api.tail_account import SENTENCES
from api.tail_words import Words
from schemas.decisions import LEVELS
from schemas.money import display
from schemas.policy_warnings import IN_BASIS_POINTS, IN_DAYS
from schemas.policy_words import policy_text_in_words

WIDE_FROM = 110
"""Terminals of so many columns have room for the whole date, the account's id beside its name, and the measure."""
_NAME_WIDTH, _NAME_WIDTH_NARROW, _ID_WIDTH, _HEADING_WIDTH = 22, 13, 12, 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOT_FOR_TERMINALS = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

Event = Mapping[str, Any]


class Known(NamedTuple):
    """What is known of an account beside the event: its name, and the currency of its exposure and limit."""

    name: str | None = None
    currency: str | None = None


class Look(NamedTuple):
    """How one kind of event looks: told apart by shape and word too, not by colour alone."""

    shape: str
    style: str


LOOKS: dict[str, Look] = {
    "order_released": Look("✓", "green"),
    "order_referred": Look("?", "yellow"),
    "order_blocked": Look("✗", "red"),
    "order_release_withdrawn": Look("↩", "magenta"),
    "limit_changed": Look("↕", "blue"),
    "status_changed": Look("⇄", "blue"),
    "terms_changed": Look("↕", "blue"),
    "grade_changed": Look("⇄", "blue"),
    "account_scored": Look("⇄", "blue"),
    "limit_proposed": Look("↕", "dim"),
    "measure_taken": Look("!", "bold yellow"),
    "amount_written_off": Look("−", "magenta"),
    "approval_changed": Look("§", "blue"),
    "alert_handled": Look("·", "dim"),
    "promise_settled": Look("¤", "cyan"),
    "alert_resumed": Look("▲", "yellow"),
    "exposure_changed": Look("=", "dim"),
    "notice": Look("●", "cyan"),
    "warning": Look("▲", "bold yellow"),
    "critical": Look("■", "bold white on red"),
    "cleared": Look("○", "green"),
}
_UNKNOWN = Look("·", "")
_ORDER_ANSWERS = ("order_released", "order_referred", "order_blocked", "order_release_withdrawn")
_ALERTS = (*LEVELS, "cleared", "alert_resumed")
_COUNTED = frozenset({"score_weakness", "score_fall", "broken_promises"})
_HAS_NUMBERS = (IN_BASIS_POINTS | IN_DAYS | _COUNTED) - {"cover_expiring"}
"""Causes told with the number that was found and the line."""
_ALSO = (("due", "due_on"), ("quiet", "snoozed_until"))
"""What is said of an alert besides, and the field that it needs."""


def line(event: Event, known: Known, words: Words, width: int | None) -> Text:
    """Return an event as one line; `width` None is a line of any length, for what is not a terminal."""
    wide = width is None or width >= WIDE_FROM
    kind = kind_of(event)
    look = LOOKS.get(kind, _UNKNOWN)
    text = Text(no_wrap=True, end="")
    text.append(_time(event, wide) + ("  " if wide else " "), "dim")
    text.append(f"{look.shape} {_fit(words.headings.get(kind, kind), _HEADING_WIDTH)}", look.style)
    text.append(" ")
    _append_account(text, event, known, wide)
    text.append(" ")
    text.append(clean(words.sentences["separator"].join(_sentences(event, kind, known, words, wide))))
    if width is not None and text.cell_len > width:
        text.truncate(width, overflow="ellipsis")
    return text


def kind_of(event: Event) -> str:
    """Return the event's type, or for an alert that is open its level."""
    event_type = str(event.get("type", "exposure_changed"))
    if event_type in ("alert_raised", "alert_escalated"):
        return str(event.get("level"))
    return "cleared" if event_type == "alert_cleared" else event_type


def clean(text: str) -> str:
    """Return text without what would move a terminal's cursor or turn its writing round.

    >>> clean("ACME\\x1b[2J\\u202e")
    'ACME·[2J·'
    """
    return _NOT_FOR_TERMINALS.sub("·", text)


def percent(basis_points: int | None) -> str:
    """Return basis points as a percentage with one decimal, rounded down.

    >>> percent(9999)
    '99.9 %'
    """
    return "-" if basis_points is None else f"{basis_points // 100:,}.{basis_points % 100 // 10} %"


def _time(event: Event, wide: bool) -> str:
    at = _EPOCH + timedelta(milliseconds=min(max(int(event.get("at_ms", 0)), 0), 253_402_300_799_000))
    return at.strftime("%Y-%m-%d %H:%M" if wide else "%m-%d %H:%M")


def _fit(text: str, width: int) -> str:
    text = clean(text)
    return set_cell_size(text, width) if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


def _append_account(text: Text, event: Event, known: Known, wide: bool) -> None:
    account_id = str(event.get("account_id") or "-")
    name_width = _NAME_WIDTH if wide else _NAME_WIDTH_NARROW
    text.append(_fit(known.name or account_id, name_width), "bold")
    if wide:
        text.append(" " + _fit(account_id if known.name else "", _ID_WIDTH), "dim")


def _sentences(event: Event, kind: str, known: Known, words: Words, wide: bool) -> list[str]:
    if kind in _ORDER_ANSWERS:
        found = _order(event, known, words, wide)
    elif kind in _ALERTS:
        found = _alert(event, kind, words, wide)
    elif kind == "promise_settled":
        found = _promise(event, words)
    elif kind == "alert_handled":
        found = _handled(event, words)
    elif kind == "limit_changed":
        found = _limit(event, words)
    elif kind in SENTENCES:
        found = SENTENCES[kind](event, words)
    elif kind == "exposure_changed":
        found = _exposure(event, words)
    else:
        found = []
    return [*found, words.sentences["advisory"]] if event.get("effect") == "advisory" else found


def _order(event: Event, known: Known, words: Words, wide: bool) -> list[str]:
    currency = str(event["currency"])
    amount = display(event["amount_minor"], currency)
    sentence = words.sentences["order" if wide else "order/short"]
    found = [sentence.format(order_id=event["order_id"], amount=amount)]
    account_currency = known.currency or currency
    found += [reason_in_words(reason, account_currency, words, wide) for reason in event.get("reasons", ())]
    headroom_minor = event.get("headroom_after_minor")
    if kind_of(event) == "order_released" and headroom_minor is not None:
        left = display(headroom_minor, account_currency)
        found.append(words.sentences["headroom_left"].format(headroom=left))
    return found


def reason_in_words(reason: Mapping[str, Any], account_currency: str, words: Words, wide: bool) -> str:
    """Return a reason as a phrase; a code without words, as of a later version, as it is."""
    code = str(reason.get("code"))
    phrase = words.reasons.get(f"{code}/approved" if reason.get("approvers") else code)
    if not wide:
        phrase = words.reasons.get(f"{code}/short", phrase)
    numbers = {key.removesuffix("_minor"): _number(key, value, account_currency) for key, value in reason.items()}
    numbers["utilisation"] = percent(reason.get("utilisation_bp"))
    numbers["share"] = percent(reason.get("share_bp"))
    numbers["check"] = str(reason.get("check", "")).replace("_", " ")
    try:
        return code.replace("_", " ") if phrase is None else phrase.format_map(numbers)
    except KeyError:
        return code.replace("_", " ")


def _number(key: str, value: object, currency: str) -> str:
    return display(value, currency) if key.endswith("_minor") and isinstance(value, int) else str(value)


def _alert(event: Event, kind: str, words: Words, wide: bool) -> list[str]:
    cause = str(event["cause"])
    found, reached = (_in_its_unit(cause, event[name], words) for name in ("found", "line"))
    about = _about(event, words)
    if not event.get("subject") and cause in _HAS_NUMBERS:
        sentence = words.sentences["cleared" if kind == "cleared" else "crossed"]
        about += f" {sentence.format(found=found, line=reached)}"
    role = words.roles.get(str(event["owner_role"]), str(event["owner_role"]))
    if kind == "cleared" or not wide:
        return [about]
    also = [words.sentences[name].format_map(event) for name, key in _ALSO if event.get(key)]
    return [f"{about} → {role}: {policy_text_in_words(str(event['measure']), words.language)}", *also]


def _about(event: Event, words: Words) -> str:
    cause, subject = str(event["cause"]), event.get("subject")
    about = words.causes.get(cause, cause.replace("_", " "))
    if not subject:
        return about
    named = policy_text_in_words(str(subject), words.language) if cause == "measure_taken" else str(subject)
    return f"{about} {subject_in_words(cause, named, words.subjects)}"


def _in_its_unit(cause: str, number: int, words: Words) -> str:
    if cause in IN_BASIS_POINTS:
        return percent(number)
    return words.sentences["days"].format(count=number) if cause in IN_DAYS else str(number)


def _promise(event: Event, words: Words) -> list[str]:
    sentence = words.sentences.get(str(event.get("outcome")))
    currency = str(event["currency"])
    amount, received = (display(event[name], currency) for name in ("amount_minor", "received_minor"))
    return [] if sentence is None else [sentence.format(amount=amount, received=received, pay_by_on=event["pay_by_on"])]


def _handled(event: Event, words: Words) -> list[str]:
    about = _about(event, words)
    sentence = words.sentences.get(str(event.get("did")))
    if sentence is None or (event["did"] == "snoozed" and not event.get("snoozed_until")):
        return [about]
    return [about, sentence.format_map(event)]


def _limit(event: Event, words: Words) -> list[str]:
    if event.get("unlimited"):
        return [words.sentences["unlimited"]]
    if event.get("limit_minor") is None:
        return [words.sentences["limit_missing"]]
    found = [words.sentences["limit"].format(limit=display(event["limit_minor"], str(event["currency"])))]
    if event.get("temporary_until"):
        found.append(words.sentences["until"].format(temporary_until=event["temporary_until"]))
    return found


def _exposure(event: Event, words: Words) -> list[str]:
    currency = str(event["currency"])
    exposure = display(event["exposure_minor"], currency)
    limit_minor = event.get("limit_minor")
    if limit_minor is None:
        found = [words.sentences["exposure_alone"].format(exposure=exposure)]
    else:
        used = percent(event.get("utilisation_bp"))
        limit = display(limit_minor, currency)
        found = [words.sentences["exposure"].format(exposure=exposure, limit=limit, utilisation=used)]
    if event.get("overdue_minor"):
        found.append(words.sentences["overdue"].format(overdue=display(event["overdue_minor"], currency)))
    return found
