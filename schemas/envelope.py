"""The envelope of a fact: CloudEvents headers in Kafka's binary mode, and Obligor's own two."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, get_args

from msgspec import Struct

Effect = Literal["binding", "advisory", "historical"]
EFFECTS: tuple[str, ...] = get_args(Effect)
HEADER_MAX = 500


class Envelope(Struct, frozen=True, gc=False):
    """What the headers say.

    `ce_id` is unique within its `ce_source`; either may be empty. `redrives` is the id of the dead letter that this
    record mends. `control_no` is the offset, in partition 0, of the broadcast that this record is a copy of.
    `signature` is of the topics `desk` and `control`; see `schemas.signature`.
    """

    ce_source: str = ""
    ce_id: str = ""
    effect: Effect = "binding"
    redrives: str = ""
    control_no: int | None = None
    correlation_id: str = ""
    causation_id: str = ""
    signature: str = ""


class HeaderInvalid(ValueError):
    """A header that Obligor reads is not what it should be; the text names it."""


DEFAULT = Envelope()


def read_headers(headers: Iterable[tuple[str, bytes | None]]) -> Envelope:
    """Return the envelope; headers that are not known are ignored, of repeated ones the last holds.

    Raises:
        HeaderInvalid: a known header is not UTF-8, holds a control character, is longer than 500 bytes, or has an
            unknown effect.

    >>> read_headers([("ce_id", b"7"), ("effect", b"historical")]).effect
    'historical'
    """
    known: dict[str, str] = {}
    for name, value in headers:
        if name in _READ and value is not None:
            known[name] = _shared_text(name, value) if name in _SHARED else _text(name, value)
    if len(known) == 2 and "ce_id" in known and "ce_source" in known:
        return Envelope(known["ce_source"], known["ce_id"])
    if not known:
        return DEFAULT
    effect = known.get("effect", "binding")
    if effect not in EFFECTS:
        raise HeaderInvalid(f"header effect must be one of {', '.join(EFFECTS)}, was {effect!r}")
    said = known.get
    return Envelope(
        said("ce_source", ""),
        said("ce_id", ""),
        effect,  # type: ignore[arg-type]
        said("redrives", ""),
        _whole(said("control_no")),
        said("ce_correlationid", ""),
        said("ce_causationid", ""),
        said("obligor_signature", ""),
    )


_READ = frozenset(
    {
        "ce_source",
        "ce_id",
        "effect",
        "redrives",
        "control_no",
        "ce_correlationid",
        "ce_causationid",
        "obligor_signature",
    }
)


def fits_header(text: str) -> bool:
    """Return whether a text may stand in a header of a fact: at most `HEADER_MAX` bytes, no control character.

    >>> fits_header("2026/\u53d1\u7968-7"), fits_header("a\\nb"), fits_header("\u53d1" * 200)
    (True, False, False)
    """
    return len(text) <= HEADER_MAX and len(text.encode()) <= HEADER_MAX and not any(found < " " for found in text)


def _text(name: str, value: bytes) -> str:
    if len(value) > HEADER_MAX:
        raise HeaderInvalid(f"header {name} must have at most {HEADER_MAX} bytes, had {len(value)}")
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        raise HeaderInvalid(f"header {name} must be UTF-8, was {value[:40]!r}") from error
    # Nearly every text is printable, which is quick to tell; some that are not, such as wide spaces, are fine too.
    if not text.isprintable() and any(character < " " for character in text):
        raise HeaderInvalid(f"header {name} must hold no control character, was {value[:40]!r}")
    return text


_SHARED = frozenset({"ce_source", "effect"})
"""Headers that say the same in very many records."""
_shared_text = lru_cache(maxsize=4_096)(_text)


def _whole(number: str | None) -> int | None:
    if number is None:
        return None
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        raise HeaderInvalid(f"header control_no must be a whole number below 10^18, was {number!r}")
    return int(number)
