"""Any sequence of facts: a view built anew equals one that followed live, and both say what the core knows."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from projections.rows import Cash, Invoice, Order, decode_document
from projections.store import MemoryRows
from projections.views.lines import DueLine
from projections.views.partition_view import PartitionView
from projections.views.past_lines import find_fact
from schemas.ledger import decode_entry
from tests.builders import ACCOUNT as ACME
from tests.builders import Said
from tests.properties.test_core_sequences import quick, sequences, started
from tests.scenario import Scenario

_NOT_COMPARED = (b"F", b"Pcontext", b"Pchain")


def told(said: list[Said]) -> Scenario:
    scenario = started()
    scenario.say(*said)
    return scenario


def follow(scenario: Scenario, view: PartitionView, until: int | None = None) -> PartitionView:
    for outcome in scenario.ledger[view.partition.chain.seq : until]:
        assert view.take(outcome.seq, outcome.value)
    return view


def new_view(rows: MemoryRows | None = None) -> PartitionView:
    return PartitionView(rows or MemoryRows(), 0, 1, "credit")


def rows_of(view: PartitionView) -> dict[bytes, bytes]:
    rows = view.rows.scan(b"", b"\xff")
    return {key: value for key, value in rows if not key.startswith(_NOT_COMPARED)}


@quick
@given(sequences, st.lists(st.integers(1, 60), max_size=6), st.booleans())
def test_a_view_built_anew_equals_one_that_followed(said: list[Said], commits: list[int], restarts: bool) -> None:
    scenario = told(said)
    followed = new_view()
    for until in sorted(commits):
        follow(scenario, followed, until).commit()
        if restarts:
            followed = new_view(cast(MemoryRows, followed.rows))
    follow(scenario, followed).commit()
    anew = follow(scenario, new_view())
    anew.commit()
    assert rows_of(followed) == rows_of(anew)
    assert followed.partition.chain == anew.partition.chain
    _check_that_facts_are_found(scenario, followed)
    for name in ("orders", "alerts", "approvals"):
        assert getattr(followed, name).open == getattr(anew, name).open
        reopened = new_view(cast(MemoryRows, anew.rows))
        assert getattr(reopened, name).open == getattr(anew, name).open


@quick
@given(sequences)
def test_a_view_says_what_the_core_knows(said: list[Said]) -> None:
    scenario = told(said)
    view = follow(scenario, new_view())
    view.commit()
    scenario.partition.commit()
    account = scenario.partition.book.account(ACME)
    assert account is not None
    line = view.accounts.lines[ACME]
    stands = scenario.stands()
    for name in ("exposure_minor", "net_exposure_minor", "limit_minor", "headroom_minor", "overdue_minor", "status"):
        assert getattr(line, name) == getattr(stands, name)
    documents = {kind: list(_documents(scenario, kind)) for kind in ("o", "i", "b")}
    states = {order.key: order.state if order.is_open else "closed" for order in documents["o"]}
    assert {one.key: one.state for _, one in view.shelf.scan("order")} == states
    assert {one.key for one in view.orders.open.values()} == {key for key, at in states.items() if at == "waiting"}
    listed = {one.alert_id for one in view.alerts.open.values() if one.account_id == ACME}
    of_model = scenario.partition.context.model_alerts.values()
    assert {one.alert_id for one in view.alerts.open.values()} - listed == {alert.alert_id for alert in of_model}
    assert listed == {alert.alert_id for alert in account.alerts.values() if not alert.closed}
    assert line.open_alerts == len(listed)
    due: DueLine = view.shelf.get("due", f"{ACME}\x00".encode()) or DueLine()
    assert {currency: sum(found.values()) for currency, found in due.open.items()} == _open_by_currency(
        documents["i"], documents["b"]
    )


def _check_that_facts_are_found(scenario: Scenario, view: PartitionView) -> None:
    """By their ids, and of several the first."""
    first: dict[str, bytes] = {}
    for outcome in scenario.ledger:
        fact_id = decode_entry(outcome.value).fact_id
        if fact_id:
            first.setdefault(fact_id, outcome.value)
    for fact_id, value in first.items():
        found = find_fact(view.shelf, fact_id)
        assert found is not None and found.value == value
        assert find_fact(view.shelf, fact_id[:-1]) is None or fact_id[:-1] in first


def _documents(scenario: Scenario, letter: str) -> Any:
    start = f"{letter}{ACME}\x00".encode()
    kind = {"o": "order", "i": "invoice", "b": "bill"}[letter]
    for _, value in scenario.partition.rows.scan(start, start + b"\xff"):
        yield cast(Order | Invoice | Cash, decode_document(kind, value))


def _open_by_currency(invoices: list[Invoice], bills: list[Cash]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for invoice in invoices:
        found[invoice.currency] += invoice.counted[0]
    for bill in bills:
        found[bill.currency] += bill.counted[2]
    return {currency: amount for currency, amount in found.items() if amount}
