"""What an override or an exclusion of a policy names, and the checks and numbers that hold with an override."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, structs

from schemas.policy_errors import PolicyError, repeated
from schemas.policy_orders import Checks, Exclusion, Orders, Override
from schemas.policy_shape import shape_errors, switched_off, unknown_name

StructT = TypeVar("StructT", bound=Struct)

CHECK_CODES = tuple(field.name for field in structs.fields(Checks) if field.name != "block_above_utilisation_bp")
"""The checks that a policy answers, by the code of their reason."""


def changed(own: StructT, changes: dict[str, Any]) -> StructT:
    """Return the same with some fields changed; what is a section of its own is changed field by field too."""
    kind = type(own)
    return msgspec.convert(_merged(msgspec.to_builtins(own), switched_off(changes, kind)), kind)


def _merged(own: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {
        **own,
        **{name: _merged(own[name], to) if isinstance(to, dict) else to for name, to in changes.items()},
    }


def override_errors(overrides: Sequence[Override]) -> Iterator[PolicyError]:
    """Yield what is wrong with overrides: for nobody, without effect, of names or values that do not exist."""
    paths = [f"$.overrides[{number}].name" for number in range(len(overrides))]
    yield from repeated([override.name for override in overrides], paths)
    for number, override in enumerate(overrides):
        path = f"$.overrides[{number}]"
        yield from _scope_errors(override, path)
        if not override.checks and not override.orders:
            yield PolicyError(path, "expected checks or orders that differ, there are none")
        yield from shape_errors(switched_off(override.checks, Checks), Checks, f"{path}.checks")
        yield from shape_errors(switched_off(override.orders, Orders), Orders, f"{path}.orders")
        if "stages_that_count" in override.orders:
            yield PolicyError(
                f"{path}.orders.stages_that_count", "expected to be stated for all accounts in [orders] only"
            )


def exclusion_errors(exclusions: Sequence[Exclusion]) -> Iterator[PolicyError]:
    """Yield what is wrong with exclusions: for nobody, of checks that do not exist, over before they begin."""
    for number, exclusion in enumerate(exclusions):
        path = f"$.exclusions[{number}]"
        yield from _scope_errors(exclusion, path)
        for place, code in enumerate(exclusion.checks):
            if code not in CHECK_CODES:
                yield PolicyError(f"{path}.checks[{place}]", unknown_name(code, list(CHECK_CODES)))
        if exclusion.valid_until < exclusion.valid_from:
            found = f"expected {exclusion.valid_from} or later, was {exclusion.valid_until}"
            yield PolicyError(f"{path}.valid_until", found)


def _scope_errors(rule: Override | Exclusion, path: str) -> Iterator[PolicyError]:
    by_group = bool(rule.grades or rule.segments)
    if not rule.accounts and not by_group:
        yield PolicyError(path, "expected accounts, grades or segments that it is for, there are none")
    if rule.accounts and by_group:
        yield PolicyError(f"{path}.accounts", "expected either accounts, or grades and segments, there are both")
