"""Models that may be adopted: the snapshots in `models`, which one is in force, and putting another one in force."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from projections.lateness_model import ModelRefused
from schemas.facts.control import ModelAdopted
from schemas.ledger import decode_entry
from streams.message import Message, Origin, message
from streams.reading import bounds, consumer_of, partitions_of, read_partition
from streams.settings import Settings
from streams.snapshots import Snapshot, read_snapshot
from streams.topics import topic

SOURCE = "model-command"
NO_MODEL = "none"
"""Adopted instead of a snapshot, it leaves the scorecard to decide alone."""


class Published(Struct, frozen=True):
    """A record of `models`: its key, and the snapshot or why it is not taken."""

    key: str
    found: Snapshot | ModelRefused


class ModelMissing(LookupError):
    """There is no such snapshot, or it may not be adopted; the text says which and why."""


def published_models(settings: Settings) -> list[Published]:
    """Return all snapshots, oldest first; of one key the last.

    Raises:
        TopicMissing: the topics were never created.
        KafkaError: the broker does not answer.
    """
    found: dict[str, Published] = {}
    with consumer_of(settings) as consumer:
        for record in _records(consumer, settings, "models"):
            key = (record.key or b"").decode(errors="replace")
            found.pop(key, None)
            if record.value is not None:
                found[key] = Published(key, read_snapshot(record.value))
    return list(found.values())


def model_named(settings: Settings, model_id: str) -> Snapshot:
    """Return the snapshot of this id.

    Raises:
        ModelMissing: there is none, or it is refused.
    """
    for published in published_models(settings):
        if published.key != model_id:
            continue
        if isinstance(published.found, ModelRefused):
            raise ModelMissing(f"{model_id} is refused, {published.found.code}: {published.found.text}")
        return published.found
    raise ModelMissing(f"expected a snapshot {model_id!r} in topic models, there is none")


def model_in_force(settings: Settings) -> str | None:
    """Return the id of the model that the newest ledger record of the first partition names; None for no model."""
    with consumer_of(settings) as consumer:
        last = None
        for record in _records(consumer, settings, "ledger", last=1):
            try:
                last = decode_entry(record.value).model_id
            except msgspec.DecodeError:
                last = None
    return last


def _records(consumer: Any, settings: Settings, name: str, last: int | None = None) -> Iterator[Any]:
    full_name = topic(settings.topic_prefix, name)
    partitions_of(consumer, full_name)
    start, end = bounds(consumer, full_name, [0])[0]
    if last is not None:
        start = max(start, end - last)
    for records in read_partition(consumer, full_name, 0, start, end):
        yield from records


def adoption(snapshot: Snapshot | None, *, actor: str, approved_by: str, reason: str, now_ms: int) -> Message:
    """Return the message that adopts a snapshot, or none: it carries the model whole, and who decided and who agreed.

    Raises:
        msgspec.ValidationError: a name or the reason is empty, or longer than the contract allows.
    """
    said = {
        "type": "model_adopted",
        "model": None if snapshot is None else msgspec.to_builtins(snapshot.model),
        "actor": actor,
        "approved_by": approved_by,
        "reason": reason,
    }
    return message(
        "control",
        msgspec.convert(said, ModelAdopted),
        timestamp_ms=now_ms,
        origin=Origin(SOURCE),
        fact_id=f"{NO_MODEL if snapshot is None else snapshot.model_id}-{now_ms}",
    )
