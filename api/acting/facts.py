"""Facts as programs send them over HTTP: each held against the codec, its account found, its id given.

A fact is either itself, `{"type": ..., "account_id": ...}`, or `{"fact": {...}, "id", "at_ms", "party"}` around it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Raw, Struct

from api.access.permissions import COMMANDS
from api.acting.catalogue import BodyInvalid, check_fact
from api.acting.finding import CUSTOMER, PARTY, Name
from api.acting.message import CONTROL, Message, envelope
from schemas.codec import FACT_TYPES, TOPIC_OF_TYPE
from schemas.envelope import HEADER_MAX, fits_header
from schemas.facts import Broadcast, Fact

FACTS_MAX = 1_000
ID_MAX = 200
_OWN = frozenset({"book_totalled"})
"""What Obligor itself says."""
_TOLD_BY_PEOPLE = frozenset(kind for kind in COMMANDS if TOPIC_OF_TYPE[kind] in ("desk", CONTROL)) | _OWN
SENT_BY_PROGRAMS = tuple(kind for kind in TOPIC_OF_TYPE if kind not in _TOLD_BY_PEOPLE)
"""The types of facts that may be sent; the others are decided by people."""


class Registration(Struct, frozen=True, forbid_unknown_fields=True):
    """A party's number in a register."""

    scheme: str
    value: str


class Sent(Struct, frozen=True, forbid_unknown_fields=True):
    """A fact with what belongs around it; `id` is unique within its source, `at_ms` the fact's own time."""

    fact: Raw
    id: str | None = None
    at_ms: int | None = None
    party: Registration | None = None


class AccountNotFound(Exception):
    """No account has a name, or several have; `candidates` are those."""

    def __init__(self, path: str, name: Name, candidates: list[str]) -> None:
        found = f"several: {', '.join(candidates[:10])}" if candidates else "none"
        super().__init__(f"expected one account with {name[0]} {name[1]!r}, found {found} - at `{path}`")
        self.path = path
        self.candidates = candidates


class _Named(Struct):
    type: str = ""
    account_id: str | None = None
    customer_id: str | None = None
    party_id: str | None = None


Find = Callable[[Name], list[str]]
_AT_MS_MAX = 253_402_300_799_999
"""The end of the year 9999."""


class Reading(Struct, frozen=True):
    """How the facts of one request are read.

    Args:
        source: `ce_source` of all.
        effect: how all are meant.
        key: makes ids for facts that need one and have none; empty if there is no such.
        now_ms: the time of facts that do not say.
        find: returns the accounts that something names.
    """

    source: str
    effect: str
    key: str
    now_ms: int
    find: Find


def read_facts(body: bytes) -> tuple[list[Raw], list[str]]:
    """Return the facts of a body, one or a list of at most 1,000, and the path to each.

    Raises:
        BodyInvalid: it is neither.
    """
    try:
        found = msgspec.json.decode(body, type=list[Raw] | dict[str, Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BodyInvalid("value_not_json", "$", f"expected a fact or a list of facts: {error}") from error
    if isinstance(found, dict):
        return [Raw(body)], ["$"]
    if not 0 < len(found) <= FACTS_MAX:
        raise BodyInvalid("field_invalid", "$", f"expected 1 to {FACTS_MAX} facts, received {len(found)}")
    return found, [f"$[{index}]" for index in range(len(found))]


def read_fact(item: Raw, reading: Reading, number: int, count: int) -> tuple[Message, Fact | Broadcast, str]:
    """Return the message that a fact is sent as, the fact, and its `ce_id` or an empty text.

    Raises:
        BodyInvalid: it is no fact that a program may send.
        AccountNotFound: it names no account, and what it names belongs to none or to several.
    """
    sent = _sent(item)
    value = bytes(sent.fact)
    named = _named(value)
    if named.type in _TOLD_BY_PEOPLE:
        message = f"expected a fact that programs send, received {named.type}; people tell it as a command"
        raise BodyInvalid("type_unknown", "$.type", message)
    topic = TOPIC_OF_TYPE.get(named.type)
    if topic is None:
        raise BodyInvalid("type_unknown", "$.type", f"expected a known type of fact, received {named.type[:100]!r}")
    if topic != CONTROL and named.account_id is None:
        value = _with_account(value, _account_of(named, sent.party, reading.find))
    fact = check_fact(topic, value)
    ce_id = _id_of(fact, sent, reading, number, count)
    at_ms = reading.now_ms if sent.at_ms is None else sent.at_ms
    if not 0 <= at_ms <= _AT_MS_MAX:
        raise BodyInvalid("field_invalid", "$.at_ms", f"expected milliseconds since 1970, received {at_ms}")
    key = fact.account_id.encode() if isinstance(fact, Fact) else None
    headers = envelope(reading.source, ce_id, named.type, reading.effect)
    return Message(topic, key, value, headers, at_ms), fact, ce_id


def _sent(item: Raw) -> Sent:
    try:
        names = msgspec.json.decode(item, type=dict[str, Raw]).keys()
        return msgspec.json.decode(item, type=Sent) if "fact" in names and "type" not in names else Sent(item)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message, _, path = str(error).partition(" - at `")
        raise BodyInvalid("field_invalid", path.rstrip("`") or "$", message) from error


def _named(value: bytes) -> _Named:
    """Only what tells topic and account; what else is wrong the codec says."""
    try:
        return msgspec.json.decode(value, type=_Named)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message, _, path = str(error).partition(" - at `")
        raise BodyInvalid("field_invalid", path.rstrip("`") or "$", message) from error


def _account_of(named: _Named, party: Registration | None, find: Find) -> str:
    name: Name
    if party is not None:
        path, name = "$.party", (party.scheme, party.value)
    elif named.customer_id is not None:
        path, name = "$.customer_id", (CUSTOMER, named.customer_id)
    elif named.party_id is not None:
        path, name = "$.party_id", (PARTY, named.party_id)
    else:
        message = "expected account_id, customer_id, party_id or a party around the fact, received none"
        raise BodyInvalid("field_invalid", "$.account_id", message)
    found = find(name)
    if len(found) != 1:
        raise AccountNotFound(path, name, found)
    return found[0]


def _with_account(value: bytes, account_id: str) -> bytes:
    fields: dict[str, Any] = msgspec.json.decode(value, type=dict[str, Raw])
    kind = fields.pop("type")
    return msgspec.json.encode({"type": kind, "account_id": account_id, **fields})


def _id_of(fact: Fact | Broadcast, sent: Sent, reading: Reading, number: int, count: int) -> str:
    ce_id = sent.id or (reading.key if count == 1 else f"{reading.key}-{number}" if reading.key else "")
    if len(ce_id) > ID_MAX or not fits_header(ce_id):
        message = f"expected 1 to {ID_MAX} characters, {HEADER_MAX} bytes at most, none of them a control character"
        raise BodyInvalid("header_invalid", "$.id", message)
    needs_one = FACT_TYPES[str(fact.__struct_config__.tag)].document is None
    if not ce_id and needs_one and getattr(fact, "revision", None) is None:
        message = "expected an id around the fact or a header Idempotency-Key: nothing else tells a repetition of it"
        raise BodyInvalid("fact_id_missing", "$.id", message)
    return ce_id
