"""Signs what this process writes, so that workers take it for what people decided."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from api.acting.message import Message
from schemas.signature import SIGNED_TOPICS, Signer, place_of

_BROADCAST_PARTITION = 0


def signing(signer: Signer | None, prefix: str) -> Callable[[Message], Message]:
    """Return what signs messages of the topics that are signed; without a key they stay as they are."""

    def sign(message: Message) -> Message:
        if signer is None or message.topic not in SIGNED_TOPICS:
            return message
        place = place_of(message.topic, f"{prefix}.{message.topic}.v1", _BROADCAST_PARTITION)
        headers = signer.signed(place, message.key, message.value, [*message.headers], message.timestamp_ms)
        kept = tuple((name, value) for name, value in headers if value is not None)
        return msgspec.structs.replace(message, headers=kept)

    return sign
