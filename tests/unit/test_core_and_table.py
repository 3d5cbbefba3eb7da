"""The core says to the learner what can be read off the table by hand, whatever the number of partitions."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

import msgspec
import pytest

from projections.lateness_model import encode_model
from schemas.decisions_lateness import LatenessAsked
from streams.importer import Import
from streams.label_intake import Day, LabelIntake
from streams.learning import CHAMPION, Learner
from streams.lesson_order import AnyLabel, read_label
from streams.receivables import Item
from streams.receivables_map import load_map
from tests.driving import Drive
from tests.late_payers import made_items
from tests.plain_lateness import History, days_of


def told_by_the_core(items: list[Item], partitions: int = 1) -> Drive:
    """An import of a table, taken in."""
    return Drive(partitions).say(Import(items, load_map("ibm-late-payment"), through=_after(items)).messages())


def _after(items: list[Item]) -> date:
    return max(max(each.issued_on or each.due_on, each.settled_on or each.due_on) for each in items)


def days_in(drive: Drive) -> list[Day]:
    """What the topic labels holds, as the days that are learned."""
    intake = LabelIntake(drive.partitions)
    for number, records in drive.log["labels"].items():
        for record in records:
            intake.take(number, read_label(record.value or b""))
    intake.finish()
    days = []
    while (day := intake.next_day()) is not None:
        days.append(day)
    return days


def plain(account_id: str, said: AnyLabel) -> tuple[str, dict[str, Any]]:
    """A label without what only a running system knows: who said it, and the grade of the account."""
    fields = msgspec.to_builtins(said)
    return account_id, {name: value for name, value in fields.items() if name not in ("ce_source", "grade")}


def said_on(days: list[Day]) -> list[tuple[str, dict[str, Any]]]:
    return [plain(label.account_id, label.said) for day in days for label in day.labels]


def learned(days: list[Day]) -> Learner:
    learner = Learner()
    for day in days:
        for label in day.labels:
            learner.take(label)
    return learner


@pytest.mark.parametrize("partitions", [1, 3])
def test_the_core_says_what_the_table_says(partitions: int) -> None:
    items = made_items(accounts=8, invoices=15)
    offline = list(days_of(History(items).labels()))
    online = days_in(told_by_the_core(items, partitions))
    assert said_on(online) == said_on(offline)
    assert encode_model(learned(online).snapshots()[CHAMPION]) == encode_model(learned(offline).snapshots()[CHAMPION])


def test_nothing_of_the_future_reaches_what_is_asked() -> None:
    """Two worlds that are one up to a day ask the same until then, however invoices end afterwards."""
    items = made_items(accounts=4, invoices=12)
    cut = date(2024, 9, 1)
    expected = asked_until(items, cut)
    assert len(expected) > 10
    random = Random(1)
    assert asked_until([_ended_otherwise(each, cut, random) for each in items], cut) == expected


def asked_until(items: list[Item], cut: date) -> list[tuple[str, dict[str, Any]]]:
    days = days_in(told_by_the_core(items))
    return [
        plain(label.account_id, label.said)
        for day in days
        if day.on <= cut.isoformat()
        for label in day.labels
        if isinstance(label.said, LatenessAsked)
    ]


def _ended_otherwise(item: Item, cut: date, random: Random) -> Item:
    if item.settled_on is None or item.settled_on <= cut:
        return item
    first = max(cut + timedelta(days=1), item.issued_on or item.due_on)
    settled_on = first + timedelta(days=random.randrange(90)) if random.random() < 0.9 else None
    return msgspec.structs.replace(item, settled_on=settled_on)
