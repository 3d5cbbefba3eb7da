"""A fact on its way to Kafka: what import, send and simulate produce and only `producing` writes."""

from __future__ import annotations

from datetime import date
from functools import cache

import msgspec
from msgspec import Struct

from schemas.facts import Broadcast, Fact

Header = tuple[str, bytes]
DAY_MS = 86_400_000
END_OF_DAY_MS = DAY_MS - 1
"""When `day_closed` is stamped: after every fact of its day, before any of the next."""
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_SPECVERSION: Header = ("ce_specversion", b"1.0")
_encode = msgspec.json.Encoder().encode


class Message(Struct, frozen=True, gc=False):
    """One record of a source topic.

    `topic_name` is without prefix and version, `key` is None for a broadcast, `value` is None only on purpose.
    """

    topic_name: str
    key: str | None
    value: bytes | None
    timestamp_ms: int
    headers: tuple[Header, ...] = ()


class Origin(Struct, frozen=True):
    """Who says a fact and how it is meant; the same for all messages of one import, feed or simulation."""

    source: str
    effect: str = "binding"

    def headers(self, kind: str, fact_id: str) -> tuple[Header, ...]:
        """The envelope of one fact; an empty `fact_id` is left out."""
        return (("ce_id", fact_id.encode()), *_shared(self, kind)) if fact_id else _shared(self, kind)


@cache
def _shared(origin: Origin, kind: str) -> tuple[Header, ...]:
    plain: tuple[Header, ...] = (("ce_source", origin.source.encode()), ("ce_type", kind.encode()), _SPECVERSION)
    return plain if origin.effect == "binding" else (*plain, ("effect", origin.effect.encode()))


def at_ms(day: date, moment_ms: int = 0) -> int:
    """The moment of a day as milliseconds since 1970 UTC.

    >>> at_ms(date(1970, 1, 2), 5)
    86400005
    """
    return (day.toordinal() - _EPOCH_ORDINAL) * DAY_MS + moment_ms


def message(topic_name: str, fact: Fact | Broadcast, *, timestamp_ms: int, origin: Origin, fact_id: str) -> Message:
    """The message that says a fact; its key is the account, or nothing for a broadcast."""
    key = None if isinstance(fact, Broadcast) else fact.account_id
    kind = str(fact.__struct_config__.tag)
    return Message(topic_name, key, _encode(fact), timestamp_ms, origin.headers(kind, fact_id))
