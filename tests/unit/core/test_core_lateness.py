"""Late payment in the core: what is asked of the model, what it learns from, and when each is said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import to_builtins

from schemas.decisions_lateness import LabelsComplete, LatenessAsked, LatenessKnown, LatenessSettled
from schemas.policy import default_policy
from schemas.publication import topic_of
from tests import builders as b
from tests.builders import Said
from tests.scenario import Scenario, with_limit

_DUE = "2025-03-20"


@pytest.fixture
def acme() -> Iterator[Scenario]:
    scenario = with_limit(1_000_000)
    scenario.say(b.day_closed("2025-03-02"))
    scenario.labels.clear()
    yield scenario
    scenario.prove()


def closed(*days: int, month: int = 3) -> list[Said]:
    return [b.day_closed(f"2025-{month:02}-{day:02}") for day in days]


def through(day: int, *, first: int = 3) -> list[Said]:
    """Every day of March up to one."""
    return closed(*range(first, day + 1))


def labels(scenario: Scenario, kind: type[Any]) -> list[Any]:
    return [found for found in scenario.labels if isinstance(found, kind)]


def known(scenario: Scenario) -> list[tuple[str, bool, str, str]]:
    """What is known as (invoice, late, why, on which day)."""
    return [(each.invoice_id, each.is_late, each.why, each.on) for each in labels(scenario, LatenessKnown)]


def learning(**fields: Any) -> Said:
    document = to_builtins(default_policy())
    return b.policy_adopted({**document, "learning": {**document["learning"], **fields}})


def invoice(amount: int = 100, invoice_id: str = "I1", **fields: Any) -> Said:
    return b.invoice(amount, invoice_id, **{"due_on": _DUE, **fields})


def paid(amount: int, on: int, payment_id: str = "P1", **fields: Any) -> Said:
    return b.payment(amount, payment_id, received_on=f"2025-03-{on:02}", **fields)


class TestAsked:
    def test_an_invoice_is_asked_of_with_what_was_known_before_it(self, acme: Scenario) -> None:
        acme.say(invoice(100, "I1"), invoice(250, "I2"))
        first, second = labels(acme, LatenessAsked)
        assert (first.invoice_id, first.on, first.issued_on, first.due_on) == ("I1", b.DAY, b.DAY, _DUE)
        assert (first.payments.issued, first.payments.waiting) == (0, 0)
        assert (second.payments.issued, second.payments.waiting_minor, second.amount_minor) == (1, 100, 250)

    def test_a_correction_or_amendment_asks_nothing_again(self, acme: Scenario) -> None:
        acme.say(invoice(), invoice(300, revision=2), b.invoice_amended(revision=3, due_on="2025-03-25"))
        assert len(labels(acme, LatenessAsked)) == 1
        acme.say(invoice(50, "I2"))
        assert labels(acme, LatenessAsked)[1].payments.waiting_minor == 300

    def test_it_says_where_the_account_belongs(self, acme: Scenario) -> None:
        acme.say(b.dossier_updated(country="DE", industry="retail"), invoice())
        (asked,) = labels(acme, LatenessAsked)
        assert (asked.country, asked.industry) == ("DE", "retail")

    def test_without_a_model_there_is_no_probability(self, acme: Scenario) -> None:
        acme.say(invoice())
        (asked,) = labels(acme, LatenessAsked)
        assert (asked.model_id, asked.probability_bp, asked.probability, asked.reasons) == (None, None, None, [])

    def test_amounts_are_in_the_account_s_currency(self, acme: Scenario) -> None:
        acme.say(b.rates_set(USD="2"), invoice(100, currency="USD"), invoice(10, "I2"))
        first, second = labels(acme, LatenessAsked)
        assert (first.amount_minor, second.payments.waiting_minor) == (50, 50)

    def test_what_arrives_past_due_is_asked_of_and_known_at_once(self, acme: Scenario) -> None:
        acme.say(*through(10), invoice(due_on="2025-03-05"))
        assert len(labels(acme, LatenessAsked)) == 1
        assert known(acme) == [("I1", True, "past_due", "2025-03-11")]

    def test_the_order_behind_it_is_told_by_how_it_was_let_go(self, acme: Scenario) -> None:
        acme.say(b.order("O1"), invoice(100, "I1", orders={"O1": 100}))
        acme.say(b.suspended(), b.order("O2"), b.released("O2"), b.order("O3"), b.released("O3", exploratory=True))
        acme.say(b.order("O4"), b.delivery(100, "O4", "D4"))
        acme.say(invoice(100, "I2", orders={"O2": 100}), invoice(100, "I3", orders={"O3": 100}))
        acme.say(invoice(100, "I4", deliveries={"D4": 100}), invoice(100, "I5"), b.reinstated())
        outcomes = [each.order_outcome for each in labels(acme, LatenessAsked)]
        assert outcomes == ["released", "overridden", "exploratory", "unreleased", "none"]

    def test_an_order_of_both_kinds_is_told_by_the_bolder_one(self, acme: Scenario) -> None:
        acme.say(b.order("O1"), b.suspended(), b.order("O2"), b.released("O2"), b.reinstated())
        acme.say(invoice(200, orders={"O1": 100, "O2": 100}))
        assert labels(acme, LatenessAsked)[0].order_outcome == "overridden"


class TestKnown:
    @pytest.mark.parametrize(
        ("case", "said", "expected"),
        [
            ("paid on its due day", [*through(19), paid(100, 20)], ("I1", False, "settled", "2025-03-20")),
            ("paid the day after", [*through(20), paid(100, 21)], ("I1", True, "settled", "2025-03-21")),
            ("open when that day is closed", through(21), ("I1", True, "past_due", "2025-03-21")),
            ("open in part", [paid(99, 3), *through(21)], ("I1", True, "past_due", "2025-03-21")),
            ("disputed", [b.disputed(100), *through(21)], ("I1", True, "past_due", "2025-03-21")),
            ("credited in part, the rest paid", [b.credit_note(40), paid(60, 4)], ("I1", False, "settled", b.DAY)),
            ("paid by a bill", [b.bill(100, pays={"I1": 100})], ("I1", False, "settled", b.DAY)),
            ("written off before it is due", [b.written_off(100)], ("I1", True, "written_off", b.DAY)),
            ("written off in part", [b.written_off(1)], ("I1", True, "written_off", b.DAY)),
            ("credited as a whole", [b.credit_note(100, "I1"), *through(22)], None),
            ("cancelled", [b.invoice_cancelled(), *through(22)], None),
            ("not yet past due", through(20), None),
        ],
    )  # fmt: skip
    def test_each_case(
        self, case: str, said: list[Said], expected: tuple[str, bool, str, str] | None, acme: Scenario
    ) -> None:
        acme.say(invoice(), *said)
        assert known(acme) == ([] if expected is None else [expected]), case

    def test_it_is_known_once_whatever_happens_then(self, acme: Scenario) -> None:
        acme.say(invoice(), *through(4), paid(100, 5), b.payment_reversed(), *through(22, first=5), paid(100, 23, "P2"))
        assert known(acme) == [("I1", False, "settled", "2025-03-05")]
        settled = [(each.settled_on, each.days_past_due) for each in labels(acme, LatenessSettled)]
        assert settled == [("2025-03-05", -15), ("2025-03-23", 3)]

    def test_days_of_grace_are_waited_for(self, acme: Scenario) -> None:
        acme.say(
            learning(late_after_days=5),
            invoice(),
            invoice(70, "I2"),
            *through(22),
            paid(100, 23),
            *through(25, first=23),
        )
        assert known(acme) == [("I1", False, "settled", "2025-03-23")]
        acme.say(*closed(26))
        assert known(acme)[1:] == [("I2", True, "past_due", "2025-03-26")]
        assert labels(acme, LatenessKnown)[1].grace_days == 5

    def test_an_invoice_in_instalments_is_judged_by_its_last(self, acme: Scenario) -> None:
        parts = [{"instalment_no": n, "amount_minor": 50, "due_on": f"2025-03-{10 * n}"} for n in (1, 2)]
        acme.say(invoice(instalments=parts), *through(15), paid(50, 16, pays={"I1": 50}), *through(20, first=16))
        assert known(acme) == []
        acme.say(*closed(21))
        assert known(acme) == [("I1", True, "past_due", "2025-03-21")]

    def test_an_early_instalment_still_open_after_the_last_is_late(self, acme: Scenario) -> None:
        parts = [{"instalment_no": n, "amount_minor": 50, "due_on": f"2025-03-{10 * n}"} for n in (1, 2)]
        acme.say(invoice(instalments=parts), b.payment(50), b.allocated(50, number=2), *through(21))
        assert known(acme) == [("I1", True, "past_due", "2025-03-21")]

    def test_where_disputes_are_waited_for_they_are(self, acme: Scenario) -> None:
        acme.say(learning(disputed_counts=False, late_after_days=2), invoice(), b.disputed(100), *through(27))
        assert known(acme) == []
        acme.say(b.dispute_resolved(), *through(30, first=28))
        assert known(acme) == []
        acme.say(*closed(31))
        assert known(acme) == [("I1", True, "past_due", "2025-03-31")]


class TestSaid:
    def test_every_close_says_that_the_days_before_are_complete(self, acme: Scenario) -> None:
        acme.say(*closed(3, 4))
        assert labels(acme, LabelsComplete) == [LabelsComplete(business_date=f"2025-03-0{day}") for day in (3, 4)]

    def test_nothing_is_said_on_a_day_that_was_complete(self, acme: Scenario) -> None:
        acme.say(learning(late_after_days=3))
        for day in range(3, 29):
            acme.say(invoice(10, f"I{day}", due_on=f"2025-03-{day + 1:02}"), *closed(day))
            acme.say(paid(25, day + 1, f"P{day}"))
        complete = ""
        for said in acme.labels:
            if isinstance(said, LabelsComplete):
                complete = said.business_date
            else:
                assert said.on >= complete

    def test_history_is_told_to_the_learner_and_to_nobody_else(self) -> None:
        scenario = Scenario()
        historical = [said.with_headers(effect="historical") for said in (b.account_opened(), invoice(), paid(100, 4))]
        scenario.say(*historical)
        told = [topic_of(found, outcome.effect) for outcome in scenario.ledger for found in outcome.decisions]
        assert [name for name in told if name is not None] == ["labels", "labels", "labels"]
