"""Made invoices of accounts that each pay in a way of their own, and the public set of late payments if it is there."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from streams.learning import Learner
from streams.receivables import Item, read_receivables
from streams.receivables_map import load_map
from streams.scoreboard import Lesson
from streams.study import Study
from streams.tables import read_table
from tests.plain_lateness import History, days_of

_BESIDE = [above / "shared" / "data" / "ibm-late-payment-histories.csv" for above in Path(__file__).parents[2:]]
PUBLIC_SET = next((path for path in _BESIDE if path.exists()), _BESIDE[0])
needs_public_set = pytest.mark.skipif(
    not PUBLIC_SET.exists(), reason="needs ibm-late-payment-histories.csv in ../shared/data beside the checkout"
)
_FIRST = date(2024, 1, 1)


def made_items(seed: int = 1, *, accounts: int = 12, invoices: int = 30, worse_from: date | None = None) -> list[Item]:
    """Invoices over about two years at 30 days; from `worse_from` on everybody pays twenty days later."""
    random = Random(seed)
    items = []
    for account in range(accounts):
        usual = random.gauss(-2, 12)
        for number in range(invoices):
            issued_on = _FIRST + timedelta(days=random.randrange(700))
            due_on = issued_on + timedelta(days=30)
            later = 20 if worse_from is not None and issued_on >= worse_from else 0
            days = max(0, round(30 + random.gauss(usual, 8) + later))
            items.append(item(f"A{account}", f"I{number}", issued_on, due_on, issued_on + timedelta(days=days)))
    return items


def item(account_id: str, document_id: str, issued_on: date, due_on: date, settled_on: date | None) -> Item:
    """An invoice of 100.00 EUR."""
    return Item(account_id, document_id, "invoice", "EUR", 10_000, due_on, issued_on, None, settled_on, country="DE")


def public_items() -> list[Item]:
    """The invoices of the public set."""
    return read_receivables(read_table(PUBLIC_SET), load_map("ibm-late-payment")).items


def lessons_of(items: list[Item], grace_days: int = 0) -> tuple[Learner, list[Lesson]]:
    """A learner that has learned from invoices, and its lessons in order."""
    learner = Learner()
    taken = [learner.take(label) for day in days_of(History(items, grace_days).labels()) for label in day.labels]
    return learner, [lesson for lesson in taken if lesson is not None]


def study_of(items: list[Item]) -> tuple[Study, list[bytes]]:
    """A study of invoices, and the log of lessons that it wrote."""
    study, written = Study(), []
    for day in days_of(History(items).labels()):
        written += study.write(day)
        study.learn(day)
    return study, written
