"""Facts that hold from a day to a day: the later may not come first, else they would have no effect and say nothing."""

from __future__ import annotations

from typing import Any, Final

from schemas.facts.control import DelegationSet
from schemas.facts.desk import ApprovalRequested, LimitRequested, LimitSet, PromiseMade
from schemas.facts.dossiers import ContractSigned, CoverPledged

PERIODS: Final[dict[type, tuple[str, str]]] = {
    ApprovalRequested: ("valid_from", "valid_until"),
    ContractSigned: ("valid_from", "valid_until"),
    CoverPledged: ("valid_from", "valid_until"),
    DelegationSet: ("valid_from", "valid_until"),
    LimitRequested: ("valid_from", "valid_until"),
    LimitSet: ("valid_from", "valid_until"),
    PromiseMade: ("promised_on", "pay_by_on"),
}
"""The first and the last day of each, by name."""


def reversed_period(fact: Any) -> str | None:
    """Return what was expected and received where a fact ends before it begins, else None."""
    names = PERIODS.get(type(fact))
    if names is None:
        return None
    first, last = (getattr(fact, name) for name in names)
    if first is None or last is None or last >= first:
        return None
    return f"expected $.{names[1]} to be {first} or later, received {last}"
