"""Which partition a key belongs to: the murmur2 of Kafka's Java client, which all clients must use for an account."""

from __future__ import annotations


def murmur2(key: bytes) -> int:
    """Return Kafka's murmur2 hash of a key as an unsigned 32-bit number.

    Source: org.apache.kafka.common.utils.Utils.murmur2.

    >>> murmur2(b"21") == (-973932308) % 2**32
    True
    """
    length = len(key)
    mixed = (0x9747B28C ^ length) & 0xFFFFFFFF
    whole = length & ~3
    for at in range(0, whole, 4):
        word = int.from_bytes(key[at : at + 4], "little") * 0x5BD1E995 & 0xFFFFFFFF
        word = (word ^ word >> 24) * 0x5BD1E995 & 0xFFFFFFFF
        mixed = mixed * 0x5BD1E995 & 0xFFFFFFFF ^ word
    tail = key[whole:]
    if tail:
        mixed = (mixed ^ int.from_bytes(tail, "little")) * 0x5BD1E995 & 0xFFFFFFFF
    mixed = (mixed ^ mixed >> 13) * 0x5BD1E995 & 0xFFFFFFFF
    return mixed ^ mixed >> 15


def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition of a key, as Kafka's default partitioner does."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions
