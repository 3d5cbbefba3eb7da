"""Any sequence of facts: balances follow from the documents, the ledger replays, nothing is counted twice."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projections.lateness_features import Payments
from projections.partition import Partition
from projections.recording import adds_to_scopes
from projections.rows import (
    ACCOUNT,
    INDEX_CASH,
    INDEX_LABELS,
    INDEX_PARKED,
    INDEX_RELEASED,
    INDEX_UNPAID,
    INDEX_UNREADABLE,
    INDEX_WAITING,
    KINDS,
    Account,
    Cash,
    Invoice,
    Order,
    Stages,
    decode_account,
    decode_document,
)
from schemas.decisions import LEVELS
from schemas.policy import default_policy
from tests import builders as b
from tests.builders import ACCOUNT as ACME
from tests.builders import Said
from tests.late_model import small_model
from tests.plain_book import PlainBook
from tests.scenario import Scenario, rows_of
from tests.unit.core.test_core_financials import WORKED

amounts = st.sampled_from([1, 10, 30, 50, 70, 100, 200, 400])
numbers = st.integers(1, 3)
buyers = st.sampled_from([{}, {}, {"customer_id": "C-1"}, {"customer_id": "C-2", "segment": "retail"}])
days = st.sampled_from(["2025-03-10", "2025-03-20", "2025-04-01", "2025-04-15", "2025-05-01"])


@st.composite
def facts(draw: st.DrawFn, *, all_kinds: bool = True) -> Said:
    """Return a fact about one of a few documents; many refer to documents that are not there, or are repeats."""
    make = draw(st.sampled_from(_ALL if all_kinds else _PLAIN))
    return make(draw)


def _order(draw: st.DrawFn) -> Said:
    kind = draw(st.sampled_from(["order"] * 6 + ["quote"]))
    number, revision, amount = draw(numbers), draw(st.sampled_from([1] * 4 + [2])), draw(amounts)
    lines = draw(st.lists(days, max_size=2, unique=True))
    schedule = [{"deliver_on": on, "amount_minor": amount // len(lines)} for on in lines]
    fields = {"kind": kind, "currency": _currency(number), "revision": revision, "schedule": schedule}
    fields |= draw(
        st.sampled_from([{}, {}, {"terms": {"kind": "prepay"}}, {"terms": {"kind": "open", "net_days": 30}}])
    )
    return b.order(f"O{number}", amount, **fields, **draw(buyers))


def _currency(number: int) -> str:
    """Every third document is in dollars."""
    return "USD" if number == 3 else "EUR"


def _other_currency(draw: st.DrawFn) -> Said:
    """A correction may also say that the currency was wrong."""
    make = draw(st.sampled_from([_order, _invoice, _payment]))
    return make(draw).but(currency=draw(st.sampled_from(["EUR", "USD"])), revision=3)


def _amended(draw: st.DrawFn) -> Said:
    return b.amended(f"O{draw(numbers)}", draw(st.integers(2, 4)), amount_minor=draw(amounts))


def _ended(draw: st.DrawFn) -> Said:
    make = draw(st.sampled_from([b.cancelled, b.closed, b.reopened]))
    return make(f"O{draw(numbers)}", revision=draw(st.integers(5, 9)))


def _delivery(draw: st.DrawFn) -> Said:
    covers = draw(st.dictionaries(numbers.map(lambda n: f"O{n}"), amounts, min_size=1, max_size=2))
    revision, final = draw(st.sampled_from([1, 1, 2])), draw(st.sampled_from([False, False, True]))
    return b.delivery(covers=covers, delivery_id=f"D{draw(numbers)}", revision=revision, final=final)


def _delivery_reversed(draw: st.DrawFn) -> Said:
    return b.delivery_reversed(f"D{draw(numbers)}")


def _invoice(draw: st.DrawFn) -> Said:
    orders = draw(st.dictionaries(numbers.map(lambda n: f"O{n}"), amounts, max_size=2))
    deliveries = draw(st.dictionaries(numbers.map(lambda n: f"D{n}"), amounts, max_size=1))
    amount, number, due = draw(amounts), draw(numbers), {"due_on": draw(days)}
    if draw(st.integers(0, 3)) == 0:
        first = amount // 2
        parts = [
            {"instalment_no": n, "amount_minor": m, "due_on": draw(days)} for n, m in ((1, first), (2, amount - first))
        ]
        due = {"instalments": parts}  # type: ignore[dict-item]
    return b.invoice(
        amount,
        f"I{number}",
        orders=orders,
        deliveries=deliveries,
        revision=draw(st.sampled_from([1, 1, 1, 2])),
        final=draw(st.sampled_from([False, False, True])),
        currency=_currency(number),
        **due,
        **draw(buyers),
    )


def _invoice_amended(draw: st.DrawFn) -> Said:
    fields: dict[str, Any] = draw(
        st.fixed_dictionaries({}, optional={"amount_minor": amounts, "due_on": days, "final": st.booleans()})
    )
    return b.invoice_amended(f"I{draw(numbers)}", draw(st.integers(2, 4)), **fields)


def _invoice_cancelled(draw: st.DrawFn) -> Said:
    return b.invoice_cancelled(f"I{draw(numbers)}")


def _credit_note(draw: st.DrawFn) -> Said:
    invoice_id = draw(st.none() | numbers.map(lambda n: f"I{n}"))
    return b.credit_note(draw(amounts), invoice_id, f"C{draw(numbers)}", revision=draw(st.sampled_from([1, 1, 2])))


def _disputed(draw: st.DrawFn) -> Said:
    return b.disputed(draw(amounts), f"I{draw(numbers)}", f"T{draw(numbers)}")


def _resolved(draw: st.DrawFn) -> Said:
    return b.dispute_resolved(f"T{draw(numbers)}")


def _payment(draw: st.DrawFn) -> Said:
    amount, number = draw(amounts), draw(numbers)
    named = draw(st.dictionaries(numbers.map(lambda n: f"I{n}"), st.just(max(1, amount // 2)), max_size=2))
    return b.payment(
        amount,
        f"P{number}",
        pays=named if amount > 1 else {},
        status=draw(st.sampled_from(["cleared", "cleared", "advised"])),
        currency=_currency(number),
        revision=draw(st.sampled_from([1, 1, 2])),
        **draw(buyers),
    )


def _bill(draw: st.DrawFn) -> Said:
    amount, number = draw(amounts), draw(numbers)
    named = draw(st.dictionaries(numbers.map(lambda n: f"I{n}"), st.just(max(1, amount // 2)), max_size=2))
    return b.bill(
        amount,
        f"B{number}",
        pays=named if amount > 1 else {},
        currency=_currency(number),
        revision=draw(st.sampled_from([1, 1, 2])),
        **draw(buyers),
    )


def _bill_ends(draw: st.DrawFn) -> Said:
    return draw(st.sampled_from([b.bill_honoured, b.bill_honoured, b.bill_dishonoured]))(f"B{draw(numbers)}")


def _deposit(draw: st.DrawFn) -> Said:
    status = draw(st.sampled_from(["cleared", "cleared", "advised"]))
    return b.payment(draw(amounts), f"P{draw(numbers)}", for_order_id=f"O{draw(numbers)}", status=status)


def _cleared(draw: st.DrawFn) -> Said:
    return b.payment_cleared(f"P{draw(numbers)}")


def _payment_reversed(draw: st.DrawFn) -> Said:
    return b.payment_reversed(f"P{draw(numbers)}")


def _allocated(draw: st.DrawFn, discount: bool = False) -> Said:
    source = draw(
        st.sampled_from([{"payment_id": "P1"}, {"payment_id": "P2"}, {"credit_note_id": "C1"}, {"bill_id": "B1"}])
    )
    revision = draw(st.sampled_from([1, 1, 2]))
    granted = draw(st.sampled_from([0, 5])) if discount else 0
    to, which = f"I{draw(numbers)}", f"A{draw(numbers)}"
    return b.allocated(draw(amounts), to, source=source, allocation_id=which, revision=revision, discount_minor=granted)


def _allocated_with_discount(draw: st.DrawFn) -> Said:
    return _allocated(draw, discount=True)


def _allocation_reversed(draw: st.DrawFn) -> Said:
    return b.allocation_reversed(f"A{draw(numbers)}")


def _limit(draw: st.DrawFn) -> Said:
    limit = draw(st.sampled_from([0, 100, 300, 500, 1_000]))
    dates: dict[str, str] = draw(st.fixed_dictionaries({}, optional={"valid_from": days, "valid_until": days}))
    scope: dict[str, Any] = draw(st.sampled_from([{}, {}, {}, {"scope": {"customer_id": "C-1"}}]))
    return b.limit_set(limit, unlimited=draw(st.sampled_from([False] * 7 + [True])), **dates, **scope)


def _desk(draw: st.DrawFn) -> Said:
    make = draw(st.sampled_from([b.released, b.rejected]))
    return make(f"O{draw(numbers)}")


def _status(draw: st.DrawFn) -> Said:
    return draw(st.sampled_from([b.suspended, b.reinstated, b.prepayment_required, b.held, b.hold_lifted]))()


def _handled(draw: st.DrawFn) -> Said:
    alert_id = f"{ACME}/{draw(st.integers(1, 6))}"
    make = draw(st.sampled_from([b.acknowledged, b.alert_closed, lambda which: b.snoozed(draw(days), which)]))
    return make(alert_id)


def _promised(draw: st.DrawFn) -> Said:
    return b.promised(draw(amounts), draw(days), f"R{draw(numbers)}")


def _book(draw: st.DrawFn) -> Said:
    large = draw(st.sampled_from([[], [ACME]]))
    shared = draw(st.sampled_from([[], [{"id": "vat/DE1", "account_ids": [ACME, "B"]}]]))
    return b.book_totalled(draw(days), draw(amounts) * 10, large_account_ids=large, shared_parties=shared)


def _learner(draw: st.DrawFn) -> Said:
    report = draw(st.sampled_from(["drift", "snapshot_refused"]))
    return b.learner_reported(report, of="loss", found=draw(amounts), line=draw(amounts))


def _check(draw: st.DrawFn) -> Said:
    checkpoint = draw(st.sampled_from(["order", "delivery", "invoice"]))
    return b.check(f"O{draw(numbers)}", checkpoint, f"K{draw(numbers)}", amount_minor=draw(amounts))


def _day(draw: st.DrawFn) -> Said:
    return b.day_closed(draw(days))


def _judged(draw: st.DrawFn) -> Said:
    """What an account's grade follows from."""
    on = draw(days)
    grade = b.grade_set(draw(st.sampled_from(["A", "D", None])), valid_until=draw(st.none() | st.just(on)))
    return draw(
        st.sampled_from(
            [b.bureau(draw(st.sampled_from([200, 700, 900])), on), b.adverse_event("lien", on), grade]
            + [b.adverse_event_resolved("lien", on), b.reference(reported_on=on, points=90)]
            + [b.assessment("management", draw(st.sampled_from([0, 9])), on)]
            + [b.financials(on, {**WORKED, "ebit_minor": draw(st.sampled_from([-500, 400]))})]
            + [b.dossier_updated(industry=draw(st.sampled_from(["foods", "textiles"])), revenue_minor=10**9)]
        )
    )


def _rates(draw: st.DrawFn) -> Said:
    return b.rates_set(USD=draw(st.sampled_from(["1", "1.25", "0.8"])))


def _cover(draw: st.DrawFn) -> Said:
    fields: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "share_bp": st.sampled_from([5_000, 9_000]),
                "split_bp": st.sampled_from([3_333]),
                "first_loss_minor": st.sampled_from([10, 100]),
                "max_net_days": st.sampled_from([10, 40]),
                "valid_from": days,
                "valid_until": days,
                "order_id": numbers.map(lambda n: f"O{n}"),
                "currency": st.just("USD"),
            },
        )
    )
    return b.cover(draw(amounts), f"G{draw(numbers)}", revision=draw(st.sampled_from([1, 1, 2, 3])), **fields)


def _contract(draw: st.DrawFn) -> Said:
    fields: dict[str, Any] = draw(
        st.fixed_dictionaries({}, optional={"valid_from": days, "valid_until": days, "net_days": st.just(45)})
    )
    return b.contract(f"CT{draw(numbers)}", draw(days), **fields)


def _cover_ends(draw: st.DrawFn) -> Said:
    return draw(st.sampled_from([b.cover_withdrawn, b.cover_released]))(draw(days), f"G{draw(numbers)}")


def _policy(draw: st.DrawFn) -> Said:
    line = {"level": "notice", "measure": "m", "owner_role": "r"}
    lines = [{**line, "at_bp": draw(st.sampled_from([5_000, 8_000]))}]
    indicator = {"clear_below_bp": 500, "lines": lines}
    occurrence = {"level": "critical", "measure": "m", "owner_role": "r"}
    warnings = {
        "utilisation": indicator,
        "overdue_share": indicator,
        "concentration": {"clear_below_bp": 0, "lines": [{**line, "at_bp": 1_000}]},
        "shared_party": occurrence,
        "broken_promises": {"clear_below_bp": 0, "lines": [{**line, "at_bp": 1}]},
        "order_volume": {"clear_below_bp": 0, "lines": [{**line, "at_bp": 11_000}]},
        "oldest_overdue": {
            "clear_below_bp": 2,
            "lines": [{**line, "at_bp": 5}, {**line, "at_bp": 20, "level": "warning"}],
        },
        "fact_unreadable": occurrence,
        "fact_contradicts": occurrence,
        "delivered_without_release": occurrence,
    }
    waiting = {"skips_before_reserving": 1, "skip_what_does_not_fit": draw(st.booleans())}
    orders: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "horizon_days": st.sampled_from([0, 10, 40]),
                "maximum_minor": st.sampled_from([90, 300]),
                "tolerance_bp": st.just(5_000),
                "asked_before": st.just(["order", "delivery", "invoice"]),
            },
        )
    )
    learning = {"late_after_days": draw(st.sampled_from([0, 0, 7])), "disputed_counts": draw(st.booleans())}
    sections = {"warnings": warnings, "waiting": waiting, "orders": orders, "learning": learning}
    judging = draw(st.sampled_from([{}, {"grading": _DEFAULT["grading"]}, {**_DEFAULT}]))
    return b.policy_adopted({"name": "p", **sections, **judging})


_DEFAULT: dict[str, Any] = {
    name: section
    for name, section in msgspec.to_builtins(default_policy()).items()
    if name in ("grading", "scorecard", "limits")
}
"""How the default policy judges accounts: by its scorecard, or without that by its table."""


def _model(draw: st.DrawFn) -> Said:
    found = draw(st.sampled_from([None, small_model(-1.0), small_model(1.0), small_model(4.0)]))
    return b.model_adopted(None if found is None else msgspec.to_builtins(found))


_PLAIN = [_order, _order, _amended, _ended, _delivery, _delivery, _delivery_reversed, _invoice, _invoice]
_PLAIN += [_invoice_amended, _invoice_cancelled, _credit_note, _payment, _payment, _cleared, _payment_reversed]
_PLAIN += [_allocated, _allocation_reversed, _bill, _bill, _bill_ends]
_ALL = [*_PLAIN, _deposit, _deposit, _disputed, _resolved, _allocated_with_discount, _limit, _limit, _desk, _desk]
_ALL += [
    _book,
    _learner,
    _model,
    _handled,
    _handled,
    _promised,
    _other_currency,
    _status,
    _check,
    _day,
    _day,
    _rates,
    _policy,
]
_ALL += [_cover, _cover, _cover_ends, _contract]
_ALL += [_judged, _judged]

quick = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
sequences = st.lists(facts(), min_size=10, max_size=40)


def started(limit_minor: int = 500) -> Scenario:
    """Return an account that has a limit."""
    scenario = Scenario()
    scenario.say(b.account_opened(), b.limit_set(limit_minor), b.rates_set(USD="1.25"))
    return scenario


class Rows:
    """Everything that is stored of one account, decoded."""

    def __init__(self, partition: Partition) -> None:
        partition.commit()
        self.business_date = partition.context.business_date
        self.account: Account = decode_account(partition.rows.get(ACCOUNT + ACME.encode()) or b"")
        rows = list(partition.rows.scan(b"", b"\xff"))
        letters = {letter: kind for kind, (letter, _) in KINDS.items()}
        self.documents: dict[str, list[Any]] = defaultdict(list)
        self.listed: dict[bytes, list[bytes]] = defaultdict(list)
        for key, value in rows:
            if key[:1] in letters:
                self.documents[letters[key[:1]]].append(decode_document(letters[key[:1]], value))
            else:
                self.listed[key[:1]].append(key)

    def check(self) -> None:
        """Summaries and lists agree with the documents."""
        self._check_sums()
        orders: list[Order] = self.documents["order"]
        waiting = [order for order in orders if order.state == "waiting"]
        assert self.account.waiting_count == len(waiting) == len(self.listed[INDEX_WAITING])
        may_be_withdrawn = [
            order
            for order in orders
            if order.is_open and order.state == "released" and not order.released_by_desk
            if not order.delivered and not order.invoiced
        ]
        assert len(self.listed[INDEX_RELEASED]) == len(may_be_withdrawn)
        assert self.account.parked_count == len(self.listed[INDEX_PARKED])
        assert self.account.unreadable_count == len(self.listed[INDEX_UNREADABLE])
        self._check_cash()
        self._check_covers()
        self._check_scopes()
        self._check_paying()
        self._check_score()

    def _check_score(self) -> None:
        """The score that was told is what its factors came to then."""
        for dossier in self.documents["dossier"]:
            if dossier.score is not None:
                assert sum(dossier.score.factors.values()) == dossier.score.points

    def _check_paying(self) -> None:
        """What is open and past due, disputed and judged is a plain count over the invoices."""
        invoices: list[Invoice] = [found for found in self.documents["invoice"] if found.lateness is not None]
        assert all(found.cancelled for found in self.documents["invoice"] if found.lateness is None)
        still = [found.lateness for found in invoices if found.lateness and not found.cancelled and found.counted[0]]
        closed = 0 if self.business_date is None else date.fromisoformat(self.business_date).toordinal()
        overdue = [found for found in still if found.due_day < closed]
        waiting = [found for found in still if found.due_day >= closed]
        payments = Payments() if not self.documents["paying"] else self.documents["paying"][0].payments
        assert (payments.issued, payments.overdue, payments.waiting) == (len(invoices), len(overdue), len(waiting))
        assert payments.overdue_minor == sum(found.amount_minor for found in overdue)
        assert payments.overdue_due_days == sum(found.due_day for found in overdue)
        assert payments.waiting_minor == sum(found.amount_minor for found in waiting)
        assert payments.waiting_issued_days == sum(found.issued_day for found in waiting)
        known = [found.lateness for found in invoices if found.lateness]
        assert payments.judged == sum(found.is_judged for found in known)
        assert payments.disputed == sum(found.was_disputed for found in known)
        listed = [found for found in known if found.listed_on]
        assert len(listed) == len(self.listed[INDEX_LABELS])
        assert not listed or self.documents["paying"][0].listed == len(listed)

    def _check_scopes(self) -> None:
        """What a part of the account owes is what its documents add to exposure."""
        sums: dict[tuple[str, str], int] = defaultdict(int)
        kinds = ("order", "invoice", "payment", "credit_note", "bill")
        for found in [found for kind in kinds for found in self.documents[kind]]:
            for scope in found.scopes:
                sums[scope, found.currency] += adds_to_scopes(found)
        kept = {
            (found.key, currency): amount
            for found in self.documents["scope"]
            for currency, amount in found.exposure.items()
        }
        assert {place: amount for place, amount in kept.items() if amount} == {
            place: amount for place, amount in sums.items() if amount
        }

    def _check_covers(self) -> None:
        """What a cover's sums hold is what documents remember that they added to it."""
        for covering in self.account.covers:
            sums: dict[str, int] = defaultdict(int)
            for found in self.documents["order"] + self.documents["invoice"] + self.documents["bill"]:
                sums[found.currency] += found.cover_counts.get(covering.mark, 0)
            assert {name: amount for name, amount in covering.sums.items() if amount} == {
                name: amount for name, amount in sums.items() if amount
            }
            assert min(sums.values(), default=0) >= 0
            assert min((covering.before or {}).values(), default=0) >= 0

    def _check_sums(self) -> None:
        sums: dict[str, list[int]] = defaultdict(lambda: [0] * len(Stages.__struct_fields__))
        for order in self.documents["order"]:
            for place, amount in zip((0, 1, 2, 8), order.counted, strict=True):
                sums[order.currency][place] += amount
            sums[order.currency][9] += order.beyond
        for invoice in self.documents["invoice"]:
            for place, amount in zip((3, 4, 5, 10), invoice.counted, strict=True):
                sums[invoice.currency][place] += amount
        for cash in self._cash():
            for place, amount in zip((6, 7, 11, 4), cash.counted, strict=True):
                sums[cash.currency][place] += amount
        for bill in self.documents["bill"]:
            is_overdue = self.business_date is not None and bill.due_on < self.business_date
            assert bill.counted[3] == (bill.counted[2] if is_overdue else 0)
        for currency, stages in self.account.stages.items():
            assert list(msgspec.structs.astuple(stages)) == sums[currency], currency
            assert min(sums[currency]) >= 0, "no stage is ever below zero"

    def _cash(self) -> list[Cash]:
        return self.documents["payment"] + self.documents["credit_note"] + self.documents["bill"]

    def _check_cash(self) -> None:
        cash = self._cash()
        invoices: list[Invoice] = self.documents["invoice"]
        applied: dict[str, int] = defaultdict(int)
        for invoice in invoices:
            for part in invoice.parts:
                of_part = [found.amount for found in invoice.applications if found.number == part.number]
                assert part.applied == sum(of_part) <= part.amount
            for found in invoice.applications:
                applied[found.cash_key] += found.amount
        unpaid = {
            invoice.currency for invoice in invoices if not invoice.cancelled for part in invoice.parts if part.open()
        }
        for kind, letter in (("payment", "p"), ("credit_note", "q"), ("bill", "b")):
            for found in self.documents[kind]:
                assert sum(found.applied.values()) == applied[f"{letter}:{found.key}"]
        idle = {found.currency for found in cash if not found.explicit and found.free() > 0}
        assert not idle & unpaid, "cash that nobody allocated lies idle beside an unpaid invoice"
        assert bool(self.listed[INDEX_CASH]) == bool(idle)
        open_parts = [part for found in invoices if not found.cancelled for part in found.parts if part.open()]
        assert len(self.listed[INDEX_UNPAID]) == len(open_parts)


@quick
@given(sequences)
def test_summaries_and_lists_agree_with_the_documents(said: list[Said]) -> None:
    scenario = started()
    scenario.say(*said)
    Rows(scenario.partition).check()


@quick
@given(sequences)
def test_the_ledger_replays_and_rederives(said: list[Said]) -> None:
    scenario = started()
    scenario.say(*said)
    scenario.prove()


@quick
@given(sequences)
def test_a_fact_said_twice_leaves_no_trace(said: list[Said]) -> None:
    """Refused facts are refused again, broadcasts are told apart by their place; all else is known."""
    scenario = started()
    for fact in said:
        refused = any(found.__struct_config__.tag == "fact_rejected" for found in scenario.say(fact))
        length = len(scenario.ledger)
        if not refused and fact.topic != "control":
            scenario.say(fact)
        assert len(scenario.ledger) == length


@quick
@given(sequences, st.integers(1, 7))
def test_when_rows_are_written_makes_no_difference(said: list[Said], every: int) -> None:
    opening = [b.account_opened(), b.limit_set(500), b.rates_set(USD="1.25")]
    once, often = Scenario(), Scenario()
    once.say(*opening)
    often.say(*opening)
    once.say(*said)
    for at, fact in enumerate(said):
        if at % every == 0:
            often.partition.commit()
            often.partition = reopened(often.partition)
        often.say(fact)
    assert [outcome.value for outcome in once.ledger] == [outcome.value for outcome in often.ledger]
    for scenario in (once, often):
        scenario.partition.commit()
    assert rows_of(once.partition) == rows_of(often.partition)


def reopened(partition: Partition) -> Partition:
    """Return a partition that knows nothing but what was written."""
    return Partition(partition.rows, partition.context.partition, partition.context.partitions, partition.prefix)


@quick
@given(sequences)
def test_machine_releases_never_take_headroom_below_zero(said: list[Said]) -> None:
    scenario = started()
    for fact in said:
        for found in scenario.say(fact):
            if found.__struct_config__.tag != "order_released" or found.headroom_after_minor is None:
                continue
            let_go = ("released_by_desk", "within_tolerance")
            if not any(reason["code"] in let_go for reason in found.reasons):
                adds = found.headroom_before_minor - found.headroom_after_minor
                assert adds <= 0 or found.headroom_after_minor >= 0


@quick
@given(sequences)
def test_cover_is_never_more_than_there_is_to_bear(said: list[Said]) -> None:
    scenario = started()
    for fact in said:
        scenario.say(fact)
        found = scenario.stands()
        assert 0 <= found.cover_minor <= max(0, found.exposure_minor)
        assert found.net_exposure_minor == found.exposure_minor - found.cover_minor
        if found.headroom_minor is not None:
            assert found.headroom_minor == found.limit_minor - max(0, found.net_exposure_minor)  # type: ignore[operator]


@quick
@given(sequences)
def test_alerts_are_raised_once_escalated_upwards_and_cleared_once(said: list[Said]) -> None:
    scenario = started()
    is_open: dict[tuple[str, str | None], tuple[str, str]] = {}
    closed = set()
    used = set()
    for found in scenario.say(*said):
        kind = found.__struct_config__.tag
        if not kind.startswith("alert_"):
            continue
        key = (found.cause, found.subject)
        if kind == "alert_raised":
            assert key not in is_open and found.alert_id not in used
            used.add(found.alert_id)
            is_open[key] = (found.alert_id, found.level)
        elif kind == "alert_escalated":
            assert is_open[key][0] == found.alert_id and LEVELS[found.level] > LEVELS[is_open[key][1]]
            is_open[key] = (found.alert_id, found.level)
            closed.discard(found.alert_id)
        elif kind == "alert_cleared":
            assert is_open.pop(key)[0] == found.alert_id
        else:
            assert is_open[key] == (found.alert_id, found.level) and found.alert_id not in closed
            if kind == "alert_handled" and found.did == "closed":
                closed.add(found.alert_id)
                if found.subject is not None:
                    del is_open[key]


@quick
@given(sequences)
def test_decision_numbers_of_an_order_only_count_up(said: list[Said]) -> None:
    scenario = started()
    last: dict[str, int] = defaultdict(int)
    for found in scenario.say(*said):
        if hasattr(found, "decision_no"):
            assert found.decision_no == last[found.order_id] + 1
            last[found.order_id] = found.decision_no


@quick
@given(st.lists(facts(all_kinds=False), max_size=40), st.sampled_from([300, 1_000, 100_000]))
def test_stages_equal_a_plain_sum_over_the_documents(said: list[Said], limit_minor: int) -> None:
    scenario, book = started(limit_minor), PlainBook()
    for fact in said:
        if book.knows_what_it_names(fact):
            book.take(fact, scenario.say(fact))
            account = scenario.partition.book.account(ACME)
            assert account is not None
            assert {name: stages for name in account.stages if any(stages := book.stages_in(account, name))} == {
                name: stages for name in set(book.currencies()) if any(stages := book.stages(name))
            }


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(facts(all_kinds=False), max_size=30), st.randoms(use_true_random=False))
def test_any_interleaving_of_topics_ends_in_the_same_exposure(said: list[Said], random: Any) -> None:
    by_topic: dict[str, list[Said]] = defaultdict(list)
    for fact in said:
        by_topic[fact.topic].append(fact)
    turns = [fact.topic for fact in said]
    random.shuffle(turns)
    one, other = started(10**12), started(10**12)
    one.say(*said)
    other.say(*(by_topic[topic].pop(0) for topic in turns))
    assert at_risk(one) == at_risk(other)


def at_risk(scenario: Scenario) -> dict[str, tuple[int, ...]]:
    """Return what is at risk by currency: which invoice its cash pays does not matter.

    Orders count whether they wait or not: what is refused when it arrives parks the account, what is refused after it
    waited does not.
    """
    account = scenario.partition.book.account(ACME)
    assert account is not None
    found = {
        currency: (
            stages.orders + stages.pending,
            stages.delivered,
            stages.invoiced + stages.bills - stages.unapplied,
            stages.deposits,
        )
        for currency, stages in sorted(account.stages.items())
    }
    return {currency: amounts for currency, amounts in found.items() if any(amounts)}
