"""What is wrong with a policy: each error has the path of what it is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

ERRORS_MAX = 500
"""More are not looked for: what is so wrong is no policy, and somebody has to wait for the answer."""
SHOWN_MAX = 20
_TEXT_MAX = 300


class PolicyError(NamedTuple):
    """One thing that is wrong: its path, such as `$.overrides[1].checks.limit_missing`, and what was expected."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.message} - at `{self.path}`"


class PolicyInvalid(ValueError):
    """A policy is not what its shape asks for, or contradicts itself. `errors` has all that is wrong, in its order."""

    def __init__(self, errors: Iterable[PolicyError]) -> None:
        self.errors = tuple(islice(errors, ERRORS_MAX))
        super().__init__(self.errors)

    def __str__(self) -> str:
        shown = [str(error)[:_TEXT_MAX] for error in self.errors[:SHOWN_MAX]]
        rest = len(self.errors) - len(shown)
        return "; ".join([*shown, f"and {rest} more"] if rest else shown)


def repeated(names: Sequence[str], paths: Sequence[str], expected: str = "expected each once") -> Iterator[PolicyError]:
    """Yield each name that stood before already, with its own path."""
    seen: set[str] = set()
    for name, path in zip(names, paths, strict=True):
        if name in seen:
            yield PolicyError(path, f"{expected}, was {name!r} again")
        seen.add(name)
