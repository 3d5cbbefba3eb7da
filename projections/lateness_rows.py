"""The rows of late payment: how an account has paid, and where each of its invoices stands in that."""

from __future__ import annotations

from msgspec import Struct, field

from projections.lateness_features import Payments


class Paying(Struct, array_like=True, gc=False):
    """One for each account, under the empty key.

    `listed` counts entries of the index of labels to come, `net_days` are the terms of its latest invoice. `rated_by`
    is the model that its present probability of lateness is of, empty for none.
    """

    key: str = ""
    payments: Payments = field(default_factory=Payments)
    listed: int = 0
    net_days: int = 0
    rated_by: str = ""


class Followed(Struct, array_like=True, gc=False):
    """An invoice that a label is awaited of, or was.

    `issued_day`, `due_day` and `amount_minor` are what it counts as; `counted` says among which of the account's open
    ones: 0 none, 1 not past due, 2 past due. `listed_on` is the day after whose next one its label may be known.
    """

    issued_day: int
    due_day: int
    amount_minor: int
    counted: int = 0
    is_settled: bool = False
    is_judged: bool = False
    was_disputed: bool = False
    dispute_ended_day: int | None = None
    listed_on: str = ""
