"""What is kept of a part of an account: what its documents owe together, and the limits that were set for it."""

from __future__ import annotations

from msgspec import Struct, field


class ScopedLimit(Struct, array_like=True, gc=False):
    """A limit for a part of an account; ISO dates, both included. The lasting one begins on "" and never ends."""

    valid_from: str
    valid_until: str
    limit_minor: int
    unlimited: bool


class ScopeBalance(Struct, array_like=True, gc=False):
    """One customer, seller or segment of an account: exposure by currency, and its limits from the oldest on."""

    key: str
    exposure: dict[str, int] = field(default_factory=dict)
    limits: list[ScopedLimit] = field(default_factory=list)
