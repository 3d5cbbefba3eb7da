"""Cursors: an opaque text for one place in the feed, the same on every api process.

Inside is a version, the epoch (which topics these are: a re-created topic is another one) and, for every output
partition of every feed topic, the offset of the next record. So a cursor needs no memory on the server, and one of an
event that a filter let through is as good as any other.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence

FEED_TOPICS = ("alerts", "decisions", "exposures")
"""What can be subscribed to, in the order in which cursors list them."""

EPOCH_BYTES = 6
_VERSION = b"\x01"
_OFFSET_MAX = 2**63 - 1


class CursorUnknown(Exception):
    """A cursor that means no place in this feed; the message says why, for the client."""


class Layout:
    """Where in a cursor each partition stands, and of which topics.

    Args:
        topic_ids: the ids of the feed's topics, in the order of `FEED_TOPICS`.
        partitions: how many partitions each of them has.
    """

    def __init__(self, topic_ids: Sequence[str], partitions: int) -> None:
        self.partitions = partitions
        self.epoch = hashlib.sha256("\n".join((*topic_ids, str(partitions))).encode()).digest()[:EPOCH_BYTES]

    @property
    def streams(self) -> int:
        """How many (topic, partition) pairs there are."""
        return len(FEED_TOPICS) * self.partitions

    def stream(self, topic: str, partition: int) -> int:
        """Return the number of a (topic, partition), from 0."""
        return FEED_TOPICS.index(topic) * self.partitions + partition

    def place(self, stream: int) -> tuple[str, int]:
        """Return the (topic, partition) of a number; the inverse of `stream`."""
        topic, partition = divmod(stream, self.partitions)
        return FEED_TOPICS[topic], partition

    def streams_of(self, topics: Iterable[str]) -> list[int]:
        """Return the numbers of all partitions of some topics."""
        return [self.stream(topic, partition) for topic in topics for partition in range(self.partitions)]

    def decode(self, cursor: str) -> list[int]:
        """Return the next offset of each stream.

        Raises:
            CursorUnknown: it was not made by this feed.
        """
        try:
            content = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise CursorUnknown("the cursor is not one of this feed") from error
        if content[:1] != _VERSION:
            raise CursorUnknown("the cursor is not one of this feed")
        if content[1 : 1 + EPOCH_BYTES] != self.epoch:
            raise CursorUnknown("the cursor is of another epoch: the topics are not the ones it was made for")
        offsets = _decode_offsets(content[1 + EPOCH_BYTES :])
        if len(offsets) != self.streams:
            raise CursorUnknown("the cursor is not one of this feed")
        return offsets


class Positions:
    """The next offset of each stream, with the cursor that says so; moving one encodes only that one anew."""

    __slots__ = ("_cursor", "_head", "_offsets", "_pieces")

    def __init__(self, layout: Layout, offsets: Sequence[int]) -> None:
        self._head = _VERSION + layout.epoch
        self._offsets = list(offsets)
        self._pieces = [_encode_offset(offset) for offset in offsets]
        self._cursor: str | None = None

    def __getitem__(self, stream: int) -> int:
        return self._offsets[stream]

    @property
    def offsets(self) -> list[int]:
        """The offsets now; a copy."""
        return list(self._offsets)

    def move(self, stream: int, offset: int) -> None:
        """Set the next offset of one stream."""
        self._offsets[stream] = offset
        self._pieces[stream] = _encode_offset(offset)
        self._cursor = None

    @property
    def cursor(self) -> str:
        """The cursor of this place."""
        if self._cursor is None:
            content = self._head + b"".join(self._pieces)
            self._cursor = base64.urlsafe_b64encode(content).rstrip(b"=").decode()
        return self._cursor


def _encode_offset(offset: int) -> bytes:
    encoded = bytearray()
    while offset > 0x7F:
        encoded.append(offset & 0x7F | 0x80)
        offset >>= 7
    encoded.append(offset)
    return bytes(encoded)


def _decode_offsets(content: bytes) -> list[int]:
    offsets, offset, shift = [], 0, 0
    for byte in content:
        offset |= (byte & 0x7F) << shift
        shift += 7
        if offset > _OFFSET_MAX or shift > 70:
            raise CursorUnknown("the cursor is not one of this feed")
        if byte < 0x80:
            offsets.append(offset)
            offset = shift = 0
    if shift:
        raise CursorUnknown("the cursor is not one of this feed")
    return offsets
