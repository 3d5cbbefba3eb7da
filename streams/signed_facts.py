"""The signatures that a ledger partition keeps, checked again by whoever knows the keys."""

from __future__ import annotations

from typing import cast

from schemas.envelope import Effect, Envelope
from schemas.ledger import Entry, decode_decisions, is_refusal
from schemas.signature import SIGNED_TOPICS, Verifier, place_of
from streams.topics import short_name

_DOUBTED = ("signature_missing", "signature_wrong")


class SignaturesOfPartition:
    """Takes the records of a partition in order; `count` is how many signatures held."""

    def __init__(self, verifier: Verifier) -> None:
        self.count = 0
        self._verifier = verifier

    def check(self, entry: Entry) -> str | None:
        """Return what is wrong with a record's signature, None if nothing is.

        Records from before the first signature were taken in by workers that asked for none.
        """
        name = short_name(entry.source.topic) if entry.source.topic else ""
        if name not in SIGNED_TOPICS or entry.source.index or self._was_doubted(entry):
            return None
        place = place_of(name, entry.source.topic, entry.source.partition)
        key = None if entry.account_id is None else entry.account_id.encode()
        doubt = self._verifier.doubt_of(place, key, entry.at_ms, _envelope(entry), bytes(entry.fact))
        if doubt is None:
            self.count += 1
        elif entry.signature or self.count:
            return f"taken in although {doubt.message}"
        return None

    @staticmethod
    def _was_doubted(entry: Entry) -> bool:
        """What could not be embedded was refused for that, and its bytes are not here."""
        if not is_refusal(entry.decisions):
            return False
        return getattr(decode_decisions(entry.decisions)[0], "code", "") in _DOUBTED or bytes(entry.fact) == b"null"


def _envelope(entry: Entry) -> Envelope:
    return Envelope(
        ce_source=entry.ce_source,
        ce_id=entry.ce_id,
        effect=cast(Effect, entry.effect),
        redrives=entry.redrives,
        control_no=entry.control_no,
        signature=entry.signature,
    )
