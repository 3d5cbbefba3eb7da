"""An open alert, as its account keeps it."""

from __future__ import annotations

from msgspec import Struct


class OpenAlert(Struct, array_like=True, gc=False):
    """An alert that was raised and not cleared; `closed`: by a person, while its cause still holds."""

    alert_id: str
    level: str
    line: int
    subject: str | None
    measure: str
    owner_role: str
    due_on: str | None = None
    owner: str | None = None
    snoozed_until: str | None = None
    acknowledged: bool = False
    closed: bool = False
    found: int = 0
