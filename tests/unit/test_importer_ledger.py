"""What the core makes of imports and of the simulated market: nothing from a second import, hardly a refusal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct

from projections.exposures import exposure_of
from projections.partition import Partition
from projections.store import MemoryRows
from schemas.decisions import AnyDecision, FactRejected
from schemas.publication import Exposure
from streams.importer import Import
from streams.message import Header, Message
from streams.receivables import Item, read_receivables
from streams.receivables_map import Rates, ReceivablesMap, load_map
from streams.simulator import Market
from streams.tables import read_table


class Consumed(Struct, frozen=True):
    """A record as a consumer sees it."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]


class OnePartition:
    """The core with everything on one partition, and how many ledger records it wrote."""

    def __init__(self) -> None:
        self.partition = Partition(MemoryRows(), 0, 1, "credit")
        self.offsets: Counter[str] = Counter()
        self.written = 0

    def take(self, messages: Iterable[Message]) -> list[AnyDecision]:
        """Take messages in and return all decisions."""
        decisions: list[AnyDecision] = []
        for each in messages:
            offset = self.offsets[each.topic_name]
            self.offsets[each.topic_name] += 1
            copy: tuple[Header, ...] = (("control_no", b"%d" % offset),) if each.topic_name == "control" else ()
            key = None if each.key is None else each.key.encode()
            record = Consumed(offset, each.timestamp_ms, key, each.value, (*each.headers, *copy))
            for outcome in [*self.partition.take(each.topic_name, record, 0), *self.partition.sweep(100_000, 0)]:
                self.written += 1
                decisions.extend(outcome.decisions)
        return decisions

    def exposure(self, account_id: str) -> Exposure:
        """The account's exposure now."""
        account = self.partition.book.account(account_id)
        assert account is not None
        return exposure_of(account, self.partition.context, 0, 0)


def history() -> list[Item]:
    """Three years of invoices: longer than the core remembers fact ids."""
    first = date(2015, 1, 1)
    return [
        Item(
            account_id=f"A-{number % 7}",
            document_id=f"I-{number}",
            kind="invoice",
            currency="USD",
            amount_minor=1_000 + number,
            due_on=first + timedelta(days=number * 5 + 30),
            issued_on=first + timedelta(days=number * 5),
            settled_on=first + timedelta(days=number * 5 + number % 60),
        )
        for number in range(220)
    ]


def test_importing_a_history_again_adds_nothing_to_the_ledger() -> None:
    core, rules = OnePartition(), load_map("ibm-late-payment")
    first = core.take(Import(history(), rules).messages())
    assert not [each for each in first if isinstance(each, FactRejected)]
    written = core.written
    assert written > 1_000
    core.take(Import(history()[::-1], rules).messages())
    assert core.written == written
    assert core.exposure("A-3").exposure_minor == 0


def test_open_items_stand_in_the_core_as_they_stood_in_the_list(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    text = (
        "客户编号,发票号,类型,币种,金额,未清金额,开票日期,到期日\n"
        "C-1,1,发票,CNY,12000.00,7000.50,2025-01-05,2025-02-04\n"
        "C-1,2,发票,CNY,300.00,300.00,2025-01-20,2025-03-20\n"
        "C-1,3,发票,USD,100.00,40.00,2025-01-20,2025-02-20\n"
        "C-1,4,贷项,CNY,-500.00,-200.00,2025-01-21,\n"
        "C-1,5,预收款,CNY,1000.00,1000.00,2025-01-25,\n"
    )
    path.write_bytes(text.encode("gb18030"))
    rules: ReceivablesMap = msgspec.structs.replace(
        load_map("open-items"), rates=Rates(base="CNY", rates={"USD": "0.125"})
    )
    core = OnePartition()
    items = read_receivables(read_table(path), rules).items
    core.take(Import(items, rules, as_of=date(2025, 2, 28)).messages())
    exposure = core.exposure("C-1")
    assert exposure.exposure_minor == 700_050 + 30_000 + 4_000 * 8 - 20_000 - 100_000
    assert exposure.currency == "CNY"
    assert exposure.parked_count == 0
    assert exposure.overdue_minor == 700_050 - 120_000 + 4_000 * 8


def test_the_core_refuses_hardly_anything_of_the_market_and_answers_in_every_way() -> None:
    core = OnePartition()
    decisions = core.take(each for day in Market(3, 80).days(90) for each in day)
    said = Counter(type(each).__name__ for each in decisions)
    refused = [each for each in decisions if isinstance(each, FactRejected)]
    assert len(refused) <= 5
    assert {each.code for each in refused} <= {"order_is_not_waiting"}
    assert said["OrderReleased"] > 10 * said["OrderBlocked"] > 0
    assert said["OrderReferred"] > 0
    assert said["AlertRaised"] > said["AlertCleared"] > 0
