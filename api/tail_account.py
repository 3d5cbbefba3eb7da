"""What decisions about an account's status, terms, proposals, measures, write-offs and approvals say on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from api.tail_approval import approval
from api.tail_words import Words
from schemas.factor_words import factor_in_words
from schemas.money import display
from schemas.policy_words import policy_text_in_words

Event = Mapping[str, Any]
_MOVES_SHOWN = 2


def _status(event: Event, words: Words) -> list[str]:
    status = str(event.get("status"))
    found = [words.sentences.get(status, status)]
    if not event.get("held"):
        return found
    return [words.sentences["held"]] if status == "active" else [*found, words.sentences["held"]]


def _terms(event: Event, words: Words) -> list[str]:
    net_days = event.get("net_days")
    return [words.sentences["terms_missing" if net_days is None else "terms"].format(net_days=net_days)]


def _proposal(event: Event, words: Words) -> list[str]:
    limit = display(event["limit_minor"], str(event["currency"]))
    sentence = words.sentences["adopted" if event.get("adopted") else "proposed"]
    found = [sentence.format(limit=limit, net_days=event["net_days"], grade=event["grade"])]
    bound = next((str(reason["code"]) for reason in event.get("because", ())), "")
    return [*found, words.reasons[bound]] if bound in words.reasons else found


def _grade(event: Event, words: Words) -> list[str]:
    grade, before = str(event["grade"]), str(event["before"])
    sentence = "grade_missing" if not grade else "grade_moved" if before else "grade"
    reasons = [reason for reason in event.get("because", ()) if reason.get("code") in words.reasons]
    why = [words.reasons[reason["code"]].format_map({**reason, **_percent(reason)}) for reason in reasons]
    return [words.sentences[sentence].format(grade=grade, before=before), *why]


def _percent(reason: Event) -> Event:
    return {"probability": f"{int(reason.get('probability_bp', 0)) // 100} %"}


def _score(event: Event, words: Words) -> list[str]:
    points, before = event.get("points"), event.get("before")
    sentence = "score_missing" if points is None else "score" if before is None else "score_moved"
    found = [words.sentences[sentence].format(points=points, before=before, grade=event.get("grade"))]
    return found if before is None else [*found, *_largest_moves(event, words)]


def _largest_moves(event: Event, words: Words) -> list[str]:
    moved = event.get("moved", ())[:_MOVES_SHOWN]
    changes = [(one["factor"], int(one.get("points") or 0) - int(one.get("before") or 0)) for one in moved]
    sentence = words.sentences["factor_moved"]
    return [
        sentence.format(factor=factor_in_words(factor, words.language), change=f"{change:+d}")
        for factor, change in changes
    ]


def _measure(event: Event, words: Words) -> list[str]:
    if event.get("ended"):
        sentence = "measure_ended"
    else:
        sentence = "measure_recovers" if event.get("recovers_on") else "measure"
    does = words.sentences.get(str(event["does"]), str(event["does"]))
    told = words.sentences[sentence].format(does=does, recovers_on=event.get("recovers_on"))
    return [told, policy_text_in_words(str(event["measure"]), words.language)]


def _written_off(event: Event, words: Words) -> list[str]:
    amount, left = (display(event[name], str(event["currency"])) for name in ("amount_minor", "open_minor"))
    return [words.sentences["written_off"].format(amount=amount, invoice_id=event["invoice_id"], left=left)]


SENTENCES: dict[str, Callable[[Event, Words], list[str]]] = {
    "status_changed": _status,
    "terms_changed": _terms,
    "grade_changed": _grade,
    "account_scored": _score,
    "limit_proposed": _proposal,
    "measure_taken": _measure,
    "amount_written_off": _written_off,
    "approval_changed": approval,
}
