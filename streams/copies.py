"""Copies of broadcasts: from partition 0 of `control` to all others, numbered by their offset there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from schemas.codec import Unreadable, decode_fact
from schemas.envelope import HeaderInvalid, read_headers
from schemas.publication import Published
from schemas.signature import place_of
from streams.access import Access
from streams.failpoints import reach
from streams.publisher import Publisher
from streams.seat import number_in
from streams.topics import topic

Header = tuple[str, bytes | None]
LOOKED_BACK = 200
"""So many last records of a partition are searched for the number of its last copy."""


class Copier:
    """What the owner of partition 0 does so that all partitions take the same broadcasts in the same order."""

    def __init__(self, access: Access, publisher: Publisher) -> None:
        self._access = access
        self._publisher = publisher
        self._copied: dict[int, int] = {}

    async def complete(self) -> None:
        """Find how far the copies of each partition reach, and make those that are missing."""
        settings, reader = self._access.settings, self._access.reader
        for number in range(1, settings.partitions):
            last = await reader.last(self._access.at("control", number), LOOKED_BACK)
            self._copied[number] = max((self._number(record, number) for record in last), default=-1)
        if not self._copied:
            return
        at = self._access.at("control", 0)
        end = (await reader.ends([at]))[at]
        missing = [
            record async for records in reader.read(at, min(self._copied.values()) + 1, end) for record in records
        ]
        await self.copy(missing, end)

    async def copy(self, records: Iterable[Any], end: int) -> None:
        """Copy broadcasts up to an offset to the partitions that do not have them.

        What is no broadcast leaves an empty mark, the transaction's marker before `end` too: a partition knows by the
        number before the end of `control` that it waits for nothing more.
        """
        copies = [(record.offset, record.timestamp, self._copy_of(record)) for record in records]
        if end > (copies[-1][0] + 1 if copies else 0):
            copies.append((end - 1, copies[-1][1] if copies else 0, _mark(end - 1)))
        await asyncio.gather(*(self._copy_to(number, copies) for number in self._copied))

    async def _copy_to(self, number: int, copies: list[tuple[int, int, Published]]) -> None:
        missing = [copy for copy in copies if copy[0] > self._copied[number]]
        if not missing:
            return
        full_name = topic(self._access.settings.topic_prefix, "control")
        await self._publisher.write(full_name, number, [(at_ms, copied) for _, at_ms, copied in missing])
        self._copied[number] = missing[-1][0]
        reach("in_copy")

    def _copy_of(self, record: Any) -> Published:
        if not _is_broadcast(record) or not self._is_believed(record, 0):
            return _mark(record.offset)
        headers = [header for header in record.headers if header[0] != "control_no"]
        return Published("control", record.key, record.value, [*headers, _numbered(record.offset)])

    def _number(self, record: Any, number: int) -> int:
        """A copy that nobody signed counts for nothing: with a large number it would hide broadcasts."""
        return number_in(record.headers) if self._is_believed(record, number) else -1

    def _is_believed(self, record: Any, number: int) -> bool:
        verifier = self._access.verifier
        full_name = topic(self._access.settings.topic_prefix, "control")
        return verifier is None or verifier.doubt(place_of("control", full_name, number), record) is None


def _mark(offset: int) -> Published:
    # Without a key, a value that is missing and not just empty is refused by the producer.
    return Published("control", None, b"", [("ce_id", b"copy/%d" % offset), _numbered(offset)])


def _numbered(offset: int) -> Header:
    return "control_no", b"%d" % offset


def _is_broadcast(record: Any) -> bool:
    try:
        read_headers(record.headers)
    except HeaderInvalid:
        return False
    return not isinstance(decode_fact("control", record.value), Unreadable)
