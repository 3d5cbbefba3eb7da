"""What is wrong with a policy: each error has the path of what it is about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

SHOWN_MAX = 20


class PolicyError(NamedTuple):
    """One thing that is wrong: its path, such as `$.overrides[1].checks.limit_missing`, and what was expected."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.message} - at `{self.path}`"


class PolicyInvalid(ValueError):
    """A policy is not what its shape asks for, or contradicts itself. `errors` has all that is wrong, in its order."""

    def __init__(self, errors: Iterable[PolicyError]) -> None:
        self.errors = tuple(errors)
        super().__init__(self.errors)

    def __str__(self) -> str:
        shown = [str(error) for error in self.errors[:SHOWN_MAX]]
        rest = len(self.errors) - len(shown)
        return "; ".join([*shown, f"and {rest} more"] if rest else shown)
