"""What every document keeps of its identity."""

from __future__ import annotations

from msgspec import Struct, field


class Versions(Struct, array_like=True, gc=False):
    """Which revisions of a document were seen, each with the digest of what it said."""

    seen: dict[int, bytes] = field(default_factory=dict)
    latest: int = 0
