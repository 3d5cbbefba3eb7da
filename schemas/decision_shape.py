"""What all decisions are made of."""

from __future__ import annotations

from msgspec import Struct

Reason = dict[str, str | int]
"""`code`, `answer`, and the numbers compared, each with its unit in its name."""


class Decision(Struct, frozen=True, kw_only=True, tag_field="type", gc=False, omit_defaults=True):
    """Something concluded about one account."""
