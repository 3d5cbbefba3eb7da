"""Asked again before goods or an invoice leave; what a person agreed to; what is forgiven; which stages count."""

from collections.abc import Callable
from typing import Any

import pytest

from tests import builders as b
from tests.scenario import Scenario, codes, kinds
from tests.unit.core.test_core_headroom import answers, policy

Given = Callable[[int], Scenario]


def asked(scenario: Scenario, checkpoint: str = "delivery", check_id: str = "K1", amount: int = 100) -> list[Any]:
    """Ask about O1 at a checkpoint and return the answers to orders that follow."""
    told = scenario.say(b.check("O1", checkpoint, check_id, amount_minor=amount))
    return [found for found in told if kinds([found])[0].startswith("order_")]


class TestGraceAfterAPersonsRelease:
    """What a person knew is not asked again for some days; what came to light since is asked at once."""

    @pytest.fixture
    def agreed(self, acme: Scenario) -> Scenario:
        """An order over the limit, released by a person on 4 March."""
        acme.say(b.day_closed("2025-03-03"), b.order("O1", 1_500), b.released("O1"))
        return acme

    @pytest.mark.parametrize(("checkpoint", "days"), [("order", 0), ("delivery", 3), ("invoice", 7)])
    def test_each_checkpoint_has_its_own_days(self, agreed: Scenario, checkpoint: str, days: int) -> None:
        agreed.say(*(b.day_closed(f"2025-03-{3 + day:02}") for day in range(1, days + 1)))
        (answer,) = asked(agreed, checkpoint)
        assert (kinds([answer]), answer.checkpoint) == (["order_released O1"], checkpoint)
        agreed.say(b.day_closed(f"2025-03-{4 + days:02}"))
        (answer,) = asked(agreed, checkpoint, "K2")
        assert (kinds([answer]), codes([answer])) == (["order_referred O1"], ["exposure_exceeds_limit"])

    def test_the_release_names_what_was_known(self, acme: Scenario) -> None:
        acme.say(b.order("O1", 1_500))
        assert acme.say(b.released("O1"))[0].reasons == [
            {"code": "released_by_desk", "answer": "pass", "despite": "exposure_exceeds_limit"}
        ]

    def test_what_came_to_light_since_is_asked_at_once(self, agreed: Scenario) -> None:
        agreed.say(b.suspended())
        assert codes(asked(agreed)) == ["account_suspended"]

    def test_a_person_may_release_it_again_knowing_that_too(self, agreed: Scenario) -> None:
        agreed.say(b.suspended())
        asked(agreed)
        agreed.say(b.released("O1"))
        assert codes(asked(agreed, check_id="K2")) == ["released_by_desk"]


class TestTolerance:
    """A cent of freight blocks nothing; more than the policy forgives is a new check."""

    def test_both_tolerances_must_hold(self, given: Given) -> None:
        acme = given(10_000_000)
        acme.say(b.order("O1", 2_000_000), b.suspended())
        assert codes(acme.say(b.amended("O1", 2, amount_minor=2_010_000))) == ["within_tolerance"], "100.00 of 1 %"
        assert codes(acme.say(b.amended("O1", 3, amount_minor=2_010_001))) == ["account_suspended"]

    def test_the_answer_carries_the_numbers(self, acme: Scenario) -> None:
        acme.say(b.order("O1", 1_000))
        (answer,) = [found for found in acme.say(b.amended("O1", amount_minor=1_010)) if hasattr(found, "order_id")]
        assert (answer.order_revision, answer.amount_minor) == (2, 1_010)
        assert answer.reasons == [
            {
                "code": "within_tolerance",
                "released_minor": 1_000,
                "over_minor": 10,
                "tolerance_minor": 10,
                "answer": "pass",
            }
        ]
        assert acme.stands().headroom_minor == -10, "what is forgiven is owed all the same"

    def test_a_little_less_is_the_same_order_too(self, acme: Scenario) -> None:
        acme.say(b.order("O1", 1_000), b.suspended())
        assert answers(acme.say(b.amended("O1", amount_minor=995))) == ["order_released O1"]

    def test_a_waiting_order_is_forgiven_nothing(self, acme: Scenario) -> None:
        acme.say(b.order("O1", 1_001))
        assert codes(acme.say(b.amended("O1", amount_minor=1_002))) == ["exposure_exceeds_limit"]

    def test_a_policy_may_forgive_nothing(self, acme: Scenario) -> None:
        acme.say(policy(orders={"tolerance_minor": 0}), b.order("O1", 1_000))
        assert codes(acme.say(b.amended("O1", amount_minor=1_001))) == ["exposure_exceeds_limit"]

    def test_an_absolute_tolerance_is_in_the_policys_currency(self, given: Given) -> None:
        acme = given(10_000_000)
        acme.say(b.rates_set(USD="2"), b.order("O1", 4_000_000, currency="USD"), b.suspended())
        assert codes(acme.say(b.amended("O1", 2, amount_minor=4_020_000))) == ["within_tolerance"]
        assert codes(acme.say(b.amended("O1", 3, amount_minor=4_020_001))) == ["account_suspended"]


class TestStagesThatCount:
    """Which stages count is policy: where open orders do not, goods are asked about when they are about to leave."""

    @pytest.fixture
    def delivered_only(self, acme: Scenario) -> Scenario:
        """An account whose open orders do not count."""
        acme.say(policy(orders={"stages_that_count": ["delivered", "invoiced", "unapplied", "bills", "fees"]}))
        return acme

    def test_open_orders_take_up_nothing(self, delivered_only: Scenario) -> None:
        delivered_only.say(b.order("O1", 5_000), b.order("O2", 5_000))
        assert (delivered_only.stands().exposure_minor, delivered_only.stands().waiting_count) == (0, 0)
        delivered_only.say(b.delivery(800))
        assert delivered_only.stands().exposure_minor == 800

    def test_at_delivery_there_must_be_room(self, delivered_only: Scenario) -> None:
        delivered_only.say(b.order("O1", 900), b.invoice(500))
        assert codes(asked(delivered_only, amount=900)) == ["exposure_exceeds_limit"]
        assert answers(delivered_only.say(b.payment(400))) == ["order_released O1"]

    def test_a_deposit_for_an_open_order_frees_nothing_there(self, delivered_only: Scenario) -> None:
        delivered_only.say(b.order("O1", 500), b.payment(500, for_order_id="O1"))
        assert delivered_only.stands().exposure_minor == 0


class TestWaiting:
    """What takes a reason away lets the order go at once; nobody has to run anything."""

    @pytest.mark.parametrize(
        ("stops", "frees"),
        [
            (b.grade_set("E"), b.grade_set("B")),
            (b.contract(valid_until="2025-03-02"), b.contract("CT2", signed_on="2025-03-03")),
            (b.handed_over(), b.reinstated()),
            (b.prepayment_required(), b.payment(100, for_order_id="O1")),
        ],
        ids=["grade", "contract", "legal", "prepayment"],
    )
    def test_it_is_let_go_when_the_cause_is_gone(self, acme: Scenario, stops: b.Said, frees: b.Said) -> None:
        acme.say(stops, b.order("O1", 100))
        assert acme.stands().waiting_count == 1
        assert "order_released O1" in answers(acme.say(frees))

    def test_an_adverse_event_that_is_over_lets_it_go(self, acme: Scenario) -> None:
        acme.say(policy(grading={"adverse_event_grade": None}), b.adverse_event(), b.order("O1", 100))
        assert acme.stands().waiting_count == 1
        assert answers(acme.say(b.adverse_event_resolved())) == ["order_released O1"]

    def test_a_payment_frees_three_of_five_in_order_and_its_reversal_blocks_them_again(self, given: Given) -> None:
        acme = given(1_000)
        acme.say(b.invoice(1_000), *(b.order(f"O{n}", 250 + n) for n in range(1, 6)))
        assert answers(acme.say(b.payment(800))) == [f"order_released O{n}" for n in (1, 2, 3)]
        taken = answers(acme.say(b.payment_reversed()))
        assert taken == [f"order_release_withdrawn O{n}" for n in (3, 2, 1)]
        assert acme.stands().waiting_count == 5

    def test_a_note_looks_at_nothing_again(self, acme: Scenario) -> None:
        acme.say(b.order("O1", 1_050))
        note = {"type": "note_added", "account_id": b.ACCOUNT, "actor": "kim", "reason": "called"}
        assert answers(acme.say(b.Said(note).by("desk", "n1"))) == []


class TestAskedAboutAnOrderThatIsNotThere:
    """Whoever asks before goods leave gets an answer, also about an order that is over or has not come yet."""

    def test_on_a_cancelled_order_nothing_leaves(self, acme: Scenario) -> None:
        acme.say(b.order("O1", 100), b.cancelled("O1"))
        (answer,) = asked(acme)
        assert (kinds([answer]), codes([answer])) == (["order_blocked O1"], ["order_not_open"])
        assert answer.checkpoint == "delivery"
        acme.prove()

    def test_nor_on_a_quotation(self, acme: Scenario) -> None:
        acme.say(b.order("O1", 100, kind="quote"))
        (answer,) = asked(acme)
        assert answer.reasons == [{"code": "order_not_open", "kind": "quote", "answer": "block"}]
        acme.prove()

    def test_what_left_before_an_order_was_closed_may_be_invoiced_and_no_more(self, acme: Scenario) -> None:
        acme.say(b.order("O1", 100), b.delivery(60), b.closed("O1"))
        assert kinds(asked(acme, "invoice", "K1", 60)) == ["order_released O1"]
        assert kinds(asked(acme, "invoice", "K2", 61)) == ["order_blocked O1"]
        acme.prove()

    def test_asking_changes_nothing_and_a_reopened_order_is_checked_as_ever(self, acme: Scenario) -> None:
        acme.say(b.order("O1", 100), b.cancelled("O1"))
        asked(acme)
        assert acme.stands().exposure_minor == 0
        assert kinds(acme.say(b.reopened("O1"))) == ["order_released O1"]
        acme.prove()

    def test_a_question_that_comes_before_the_order_is_answered_with_it(self, acme: Scenario) -> None:
        assert asked(acme) == []
        (answer,) = [found for found in acme.say(b.order("O1", 100)) if kinds([found])[0].startswith("order_")]
        assert (kinds([answer]), answer.checkpoint) == (["order_released O1"], "delivery")
        acme.prove()
