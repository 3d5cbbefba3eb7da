"""Refusals that need nothing but the fact and the policy, made once: when the fact is first taken in.

Recovery does not ask again. A ledger of an earlier version may hold such facts as taken in, and stays readable.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from projections.context import Context
from schemas.facts import Fact
from schemas.facts.desk import GradeSet
from schemas.periods import PERIODS, reversed_period
from schemas.reasons import Refusal

Refused = tuple[Refusal, str]
"""Why, and what was expected and received."""


def refused_at_first_look(context: Context, fact: Fact) -> Refused | None:
    """Return why a fact cannot mean what it says, or None."""
    look = _LOOKS.get(type(fact))
    return None if look is None else look(context, fact)


def _period(_: Context, fact: Fact) -> Refused | None:
    message = reversed_period(fact)
    return None if message is None else ("period_ends_before_it_begins", message)


def _grade(context: Context, fact: Any) -> Refused | None:
    """A policy without a table knows no grades of its own, so the desk may use any."""
    known = [row.grade for row in context.policy.grading.table]
    if not known or fact.grade is None or fact.grade in known:
        return None
    return "grade_unknown", f"expected $.grade to be one of {', '.join(known)}, received {fact.grade!r}"


_LOOKS: dict[type, Callable[[Context, Any], Refused | None]] = {GradeSet: _grade, **dict.fromkeys(PERIODS, _period)}
