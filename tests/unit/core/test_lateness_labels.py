"""When an invoice is late, and when that is known. Due on day 100."""

from __future__ import annotations

from typing import Any

import pytest

from projections.lateness_labels import InvoiceStanding, LabelRules, label_of

_OPEN: dict[str, Any] = {"due_day": 100, "open_minor": 500}
_PAID: dict[str, Any] = {"due_day": 100, "open_minor": 0, "paid_minor": 500}
_STRICT, _FIVE_DAYS, _WAITING = LabelRules(), LabelRules(grace_days=5), LabelRules(disputed_counts=False)


@pytest.mark.parametrize(
    ("case", "standing", "rules", "closed_day", "expected"),
    [
        ("open before it is due", _OPEN, _STRICT, 99, None),
        ("open at the end of its due day", _OPEN, _STRICT, 100, None),
        ("open at the end of the next day", _OPEN, _STRICT, 101, True),
        ("paid on its due day", {**_PAID, "settled_day": 100}, _STRICT, 99, False),
        ("paid the day after", {**_PAID, "settled_day": 101}, _STRICT, 100, True),
        ("overdue within the days of grace", _OPEN, _FIVE_DAYS, 105, None),
        ("open on the day after", _OPEN, _FIVE_DAYS, 106, True),
        ("paid on the last of them", {**_PAID, "settled_day": 105}, _FIVE_DAYS, 104, False),
        ("paid in part", {**_OPEN, "open_minor": 1, "paid_minor": 499}, _STRICT, 101, True),
        ("credited as a whole in time", {**_OPEN, "open_minor": 0, "settled_day": 90}, _STRICT, 100, None),
        ("credited as a whole too late", {**_OPEN, "open_minor": 0, "settled_day": 120}, _STRICT, 120, None),
        ("credited in part, the rest paid", {**_PAID, "paid_minor": 100, "settled_day": 100}, _STRICT, 99, False),
        ("written off before it is due", {**_OPEN, "written_off_minor": 500}, _STRICT, 50, True),
        ("written off in part, the rest paid", {**_PAID, "written_off_minor": 1, "settled_day": 9}, _STRICT, 9, True),
        ("disputed, disputes count", {**_OPEN, "disputed_minor": 500}, _STRICT, 101, True),
        ("disputed, disputes are waited for", {**_OPEN, "disputed_minor": 500}, _WAITING, 150, None),
        ("a part disputed, the other not paid", {**_OPEN, "disputed_minor": 499}, _WAITING, 101, True),
        ("the dispute has ended today", {**_OPEN, "dispute_ended_day": 150}, _WAITING, 150, None),
        ("not paid the day after it had ended", {**_OPEN, "dispute_ended_day": 150}, _WAITING, 151, True),
        ("paid when it had ended", {**_PAID, "dispute_ended_day": 150, "settled_day": 150}, _WAITING, 149, False),
        ("a dispute over before it is due", {**_OPEN, "dispute_ended_day": 50}, _WAITING, 99, None),
    ],
)
def test_each_case(
    case: str, standing: dict[str, Any], rules: LabelRules, closed_day: int, expected: bool | None
) -> None:
    assert label_of(InvoiceStanding(**standing), rules, closed_day=closed_day) is expected, case
