"""What a request for approval says on a terminal: what is asked for, and who it waits for or how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.tail_words import Words
from schemas.money import display

Event = Mapping[str, Any]


def approval(event: Event, words: Words) -> list[str]:
    """Return what is asked for and how the request stands, such as `AP-9 limit 50,000.00 EUR: waits for ...`."""
    about = f"{event.get('approval_id')} {what(event, words)}"
    return [words.sentences["approval"].format(about=about, state=_state(event, words))]


def what(event: Event, words: Words) -> str:
    """Return what is asked for, such as `release of order O-7 50,000.00 EUR`."""
    subject = str(event.get("subject"))
    found = [words.sentences.get(f"ask/{subject}", subject)]
    found += [str(event[name]) for name in ("order_id", "invoice_id") if event.get(name)]
    if event.get("unlimited"):
        found.append(words.sentences["ask/unlimited"])
    elif event.get("amount_minor") is not None and event.get("currency"):
        found.append(display(event["amount_minor"], str(event["currency"])))
    return " ".join(found)


def _state(event: Event, words: Words) -> str:
    because: Mapping[str, Any] = next(iter(event.get("because", ())), {})
    code, state = str(because.get("code", "")), str(event.get("state"))
    if state == "open":
        sentence = "ask/reminded" if code == "reminded" else "ask/open"
        return words.sentences[sentence].format(roles=roles(event, words))
    if state == "granted":
        actors = ", ".join(str(given["actor"]) for given in event.get("given", ())) or str(event.get("maker"))
        return words.sentences["ask/granted"].format(actors=actors)
    sentence = words.sentences.get(f"ask/{code}", code.replace("_", " ") or state)
    return sentence.format(actor=because.get("actor", ""))


def roles(event: Event, words: Words) -> str:
    """Return the roles still to agree, one after the other or together."""
    needs = [words.roles.get(str(role), str(role)) for role in event.get("needs", ())]
    between = words.sentences["ask/then" if event.get("in_order") else "ask/and"]
    return between.join(needs)
