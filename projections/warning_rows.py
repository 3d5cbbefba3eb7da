"""Rows of early warning: causes that are to be quiet, promises to pay, and an account's usual orders."""

from __future__ import annotations

from msgspec import Struct


class Quiet(Struct, array_like=True):
    """A cause that was snoozed: alerts of it up to this level are quiet until a day; it outlives the alert."""

    key: str
    until: str
    level: str
