"""Who owns the model of late payment in the market that is played: adopts the first one that has learned enough."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from streams.message import Message, at_ms
from streams.models import Published, adoption, model_in_force, published_models
from streams.scoreboard import CHAMPION
from streams.settings import Settings
from streams.snapshots import Snapshot

LEARNED_ENOUGH = 500
"""Invoices after which the figures of a model say something."""
_LOOKS_ON = 4
_OWNER, _SECOND_PERSON = "model.owner", "finance.director"


def first_worth_adopting(published: Sequence[Published]) -> Snapshot | None:
    """Return the newest snapshot of the champion if it has learned enough, else None.

    >>> first_worth_adopting([])
    """
    found = [one.found for one in published if isinstance(one.found, Snapshot) and one.found.model.name == CHAMPION]
    return found[-1] if found and found[-1].model.learned >= LEARNED_ENOUGH else None


class ModelOwner:
    """Looks at what the learner published on Fridays, until a model is in force."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._has_adopted = False

    def after(self, today: date) -> Message | None:
        """Return the adoption that follows from looking after a day, None for none."""
        if self._has_adopted or today.weekday() != _LOOKS_ON:
            return None
        if model_in_force(self._settings) is not None:
            self._has_adopted = True
            return None
        snapshot = first_worth_adopting(published_models(self._settings))
        if snapshot is None:
            return None
        self._has_adopted = True
        reason = f"learned {snapshot.model.learned} invoices"
        return adoption(snapshot, actor=_OWNER, approved_by=_SECOND_PERSON, reason=reason, now_ms=at_ms(today) + 1)
