"""One published record as the feed sees it: what filters and order need to know, and its bytes untouched."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
from msgspec import Struct

from schemas.publication import Place

EXPOSURE_CHANGED = "exposure_changed"


class Record(NamedTuple):
    """One record of an output topic; `topic` without prefix and version."""

    topic: str
    partition: int
    offset: int
    value: bytes | None


class Event(Struct, frozen=True, gc=False):
    """A record that could be read. `place` is its (epoch, seq, n) in the ledger partition of the same number."""

    topic: str
    partition: int
    offset: int
    account_id: str | None
    event_type: str
    level: str | None
    place: tuple[int, int, int]
    value: bytes


class _Header(Struct, gc=False):
    ledger: Place
    account_id: str | None = None
    type: str = EXPOSURE_CHANGED
    level: str | None = None


_decode = msgspec.json.Decoder(_Header).decode


def read_event(record: Record) -> Event | None:
    """Return the event of a record, or None if its value is no published JSON object."""
    if record.value is None:
        return None
    try:
        header = _decode(record.value)
        if not record.value.isascii():
            record.value.decode()  # text that is not read is skipped unseen, and clients would get it
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    ledger = header.ledger
    place = (ledger.epoch, ledger.seq, ledger.n)
    return Event(*record[:3], header.account_id, header.type, header.level, place, record.value)


def in_ledger_order(events: Iterable[Event]) -> list[Event]:
    """Return events that arrived together as they happened: a decision before the exposure it led to.

    The order within a topic's partition does not change, for places only rise there.
    """
    return sorted(events, key=lambda event: (event.partition, event.place))
