"""Cutting the end off a partition's log, as a power cut does to what the disk had not got yet; the broker is down."""

from __future__ import annotations

import struct
from pathlib import Path

_HEAD = struct.Struct(">qi")


def cut_log(log_directory: Path, topic_partition: str, keep_records: int) -> int:
    """Remove whole batches from the end so that at least `keep_records` records stay; return how many stay.

    Kafka builds indexes anew and brings its checkpoints back to the log's end where the files say less than they do.
    """
    folder = log_directory / topic_partition
    segment = sorted(folder.glob("*.log"))[-1]
    assert segment.name == f"{0:020}.log", f"expected one segment in {folder}, the last is {segment.name}"
    content, at, next_offset = segment.read_bytes(), 0, 0
    while next_offset < keep_records:
        base_offset, length = _HEAD.unpack_from(content, at)
        (last_offset_delta,) = struct.unpack_from(">i", content, at + 23)
        next_offset = base_offset + last_offset_delta + 1
        at += _HEAD.size + length
    segment.write_bytes(content[:at])
    for pattern in ("*.index", "*.timeindex", "*.snapshot"):
        for found in folder.glob(pattern):
            found.unlink()
    (log_directory / ".kafka_cleanshutdown").unlink(missing_ok=True)
    for name in ("recovery-point-offset-checkpoint", "replication-offset-checkpoint"):
        _lower(log_directory / name, topic_partition)
    return next_offset


def _lower(checkpoint: Path, topic_partition: str) -> None:
    """Nothing of the partition is known to be on the disk."""
    if not checkpoint.exists():
        return
    topic, _, number = topic_partition.rpartition("-")
    lines = checkpoint.read_text().splitlines()
    kept = [f"{topic} {number} 0" if line.split()[:2] == [topic, number] else line for line in lines]
    checkpoint.write_text("\n".join(kept) + "\n")
