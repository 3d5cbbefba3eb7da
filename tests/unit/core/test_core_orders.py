"""What becomes of an order: released, referred, blocked; amended, ended, taken up again; decided by the desk."""

from collections.abc import Callable

import pytest

from tests import builders as b
from tests.scenario import Scenario, alerts, codes, kinds
from tests.unit.core.test_core_exposure import stages

Given = Callable[[int], Scenario]


@pytest.mark.parametrize(
    ("amount", "answer"),
    [
        (1_000, "order_released"),
        (1_001, "order_referred"),
        (1_500, "order_referred"),
        (1_502, "order_blocked"),
        (0, "order_released"),
    ],
)
def test_by_how_far_it_is_over_the_limit(acme: Scenario, amount: int, answer: str) -> None:
    assert kinds(acme.say(b.order(amount=amount)))[0] == f"{answer} O1"


def test_an_answer_carries_the_numbers_compared(acme: Scenario) -> None:
    acme.say(b.order("O1", 700))
    answer = acme.say(b.order("O2", 350))[0]
    assert answer.reasons == [
        {
            "code": "exposure_exceeds_limit",
            "amount_minor": 350,
            "exposure_minor": 700,
            "limit_minor": 1_000,
            "over_minor": 50,
            "utilisation_bp": 10_500,
            "answer": "refer",
        }
    ]
    assert (answer.headroom_before_minor, answer.headroom_after_minor) == (300, 300)
    released = acme.say(b.order("O3", 100))[0]
    assert (released.exposure_minor, released.headroom_before_minor, released.headroom_after_minor) == (800, 300, 200)


class TestWhatThePersonSaw:
    """A person decides on the answer they saw: what came since may be another amount or another reason."""

    def test_a_release_of_another_answer_than_the_last_is_refused_and_changes_nothing(self, acme: Scenario) -> None:
        acme.say(b.order(amount=1_100), b.amended(amount_minor=1_400))
        assert codes(acme.say(b.released(seen_decision_no=1))) == ["moved_on"]
        assert stages(acme) == {"pending": 1_400}
        assert kinds(acme.say(b.released(seen_decision_no=2)))[0] == "order_released O1"
        acme.prove()

    def test_a_rejection_of_what_was_released_meanwhile_is_refused(self, acme: Scenario) -> None:
        acme.say(b.order(amount=1_100), b.limit_set(2_000))
        assert codes(acme.say(b.rejected(seen_decision_no=1))) == ["moved_on"]
        assert stages(acme) == {"orders": 1_100}
        assert kinds(acme.say(b.rejected(seen_decision_no=2)))[0] == "order_blocked O1"
        acme.prove()

    def test_a_release_that_came_before_its_order_is_held_against_the_answer_then(self, acme: Scenario) -> None:
        acme.say(b.released(seen_decision_no=1))
        assert "fact_rejected" in {type(told).__struct_config__.tag for told in acme.say(b.order(amount=1_100))}
        assert stages(acme) == {"pending": 1_100}
        acme.prove()


def test_two_orders_can_never_both_take_the_last_headroom(acme: Scenario) -> None:
    acme.say(b.order("O1", 600), b.order("O2", 600))
    assert stages(acme) == {"orders": 600, "pending": 600}


def test_amended_up_over_the_limit_waits_and_amended_down_is_released(acme: Scenario) -> None:
    acme.say(b.order(amount=900))
    assert kinds(acme.say(b.amended(amount_minor=1_050)))[0] == "order_referred O1"
    assert stages(acme) == {"pending": 1_050}
    answer = acme.say(b.amended(amount_minor=950, revision=3))[0]
    assert (kinds([answer]), answer.order_revision, answer.decision_no) == (["order_released O1"], 3, 3)


def test_an_amendment_down_lets_another_order_go(acme: Scenario) -> None:
    acme.say(b.order("O1", 900), b.order("O2", 400))
    decisions = acme.say(b.amended("O1", amount_minor=500))
    assert kinds(decisions)[:2] == ["order_released O1", "order_released O2"]


def test_only_the_rest_of_a_part_delivered_order_is_judged(acme: Scenario) -> None:
    acme.say(b.order(amount=500), b.delivery(400), b.amended(amount_minor=1_600))
    assert stages(acme) == {"delivered": 400, "pending": 1_200}


def test_an_ended_order_lets_nothing_leave_and_can_be_reopened(acme: Scenario) -> None:
    acme.say(b.order(amount=500), b.cancelled(), b.order("O2", 1_000))
    assert codes(acme.say(b.cancelled(revision=1004))) == ["order_is_not_open"]
    assert codes(acme.say(b.check())) == ["order_not_open"]
    assert kinds(acme.say(b.reopened(revision=1005)))[0] == "order_referred O1"
    assert codes(acme.say(b.reopened(revision=1006))) == ["order_is_open"]


def test_ending_a_waiting_order_takes_it_off_the_queue(acme: Scenario) -> None:
    acme.say(b.order(amount=2_000))
    assert acme.stands().waiting_count == 1
    acme.say(b.closed())
    assert acme.stands().waiting_count == 0


@pytest.mark.parametrize("kind", ["quote", "contract"])
def test_what_promises_no_delivery_is_not_answered_and_lets_nothing_leave(acme: Scenario, kind: str) -> None:
    assert kinds(acme.say(b.order(amount=5_000, kind=kind))) == []
    assert codes(acme.say(b.released())) == ["order_is_not_waiting"]
    assert codes(acme.say(b.check())) == ["order_not_open"]


def test_a_waiting_order_that_became_a_quote_waits_no_more(acme: Scenario) -> None:
    acme.say(b.order(amount=1_050), b.amended(kind="quote"))
    assert acme.stands().waiting_count == 0
    assert kinds(acme.say(b.limit_set(2_000))) == ["limit_changed"]


@pytest.mark.parametrize("kind", ["order", "call_off", "cash", "consignment"])
def test_all_other_kinds_are(acme: Scenario, kind: str) -> None:
    assert kinds(acme.say(b.order(kind=kind))) == ["order_released O1"]


@pytest.mark.parametrize("checkpoint", ["order", "delivery", "invoice"])
def test_a_check_is_answered_for_its_checkpoint(acme: Scenario, checkpoint: str) -> None:
    acme.say(b.order(amount=900))
    (answer,) = [found for found in acme.say(b.check(checkpoint=checkpoint)) if hasattr(found, "order_id")]
    assert (kinds([answer]), answer.checkpoint, answer.decision_no) == (["order_released O1"], checkpoint, 2)
    assert stages(acme) == {"orders": 900}


def test_a_check_takes_back_what_must_not_leave(acme: Scenario) -> None:
    acme.say(b.order(amount=900), b.suspended())
    assert kinds(acme.say(b.check()))[0] == "order_blocked O1"
    assert stages(acme) == {"pending": 900}


def test_what_has_left_is_never_blocked_again(acme: Scenario) -> None:
    acme.say(b.order(amount=900), b.delivery(900), b.invoice(500, "I9"), b.suspended())
    assert kinds(acme.say(b.check(checkpoint="invoice"))) == ["order_released O1"]
    assert stages(acme) == {"delivered": 900, "invoiced": 500}


@pytest.mark.parametrize("deposit", [1_000, 1_050, 1_200])
def test_a_deposit_counts_once_when_its_order_is_judged_again(acme: Scenario, deposit: int) -> None:
    acme.say(b.order("O0", 1_000), b.payment(deposit, for_order_id="O1"), b.order("O1", 1_000))
    assert stages(acme) == {"orders": 2_000, "deposits": 1_000}
    assert kinds(acme.say(b.check("O1")))[0] == "order_released O1"
    assert kinds(acme.say(b.amended("O1", amount_minor=1_050)))[0] == (
        "order_released O1" if deposit >= 1_050 else "order_referred O1"
    )


def test_a_part_delivered_order_with_a_deposit_is_judged_by_what_is_still_at_risk(given: Given) -> None:
    acme = given(800)
    acme.say(b.payment(500, for_order_id="O1"), b.order("O1", 1_000), b.delivery(400))
    assert acme.stands().exposure_minor == 500
    answer = acme.say(b.check())[0]
    assert (kinds([answer]), answer.headroom_before_minor, answer.headroom_after_minor) == (
        ["order_released O1"],
        800,
        300,
    )


def test_the_desk_lets_an_order_through_as_it_stands(acme: Scenario) -> None:
    acme.say(b.order(amount=2_000))
    answer = acme.say(b.released())[0]
    assert (kinds([answer]), codes([answer])) == (["order_released O1"], ["released_by_desk"])
    assert stages(acme) == {"orders": 2_000}
    assert codes(acme.say(b.released())) == ["order_is_not_waiting"]
    assert codes(acme.say(b.amended(amount_minor=1_900)))[0] == "released_by_desk"
    assert kinds(acme.say(b.amended(amount_minor=1_950, revision=3)))[0] == "order_blocked O1"


def test_the_desk_refuses_an_order_for_good(acme: Scenario) -> None:
    acme.say(b.order(amount=1_050))
    decisions = acme.say(b.rejected())
    assert (kinds(decisions), codes(decisions)[0]) == (["order_blocked O1"], "rejected_by_desk")
    assert stages(acme) == {}
    assert kinds(acme.say(b.limit_set(9_000))) == ["limit_changed"]
    assert codes(acme.say(b.cancelled(), b.rejected())) == ["order_is_not_open"]


def test_the_desk_changes_its_mind(acme: Scenario) -> None:
    acme.say(b.order(amount=500), b.rejected())
    assert kinds(acme.say(b.released())) == ["order_released O1"]
    assert stages(acme) == {"orders": 500}


def test_the_desk_refusing_one_lets_another_go(acme: Scenario) -> None:
    acme.say(b.order("O1", 900), b.order("O2", 900))
    assert kinds(acme.say(b.rejected("O1")))[:2] == ["order_blocked O1", "order_released O2"]


def test_a_suspension_stops_orders_and_its_end_lets_them_go(acme: Scenario) -> None:
    assert kinds(acme.say(b.suspended())) == ["status_changed"]
    assert codes(acme.say(b.order(amount=500))) == ["account_suspended"]
    assert kinds(acme.say(b.suspended())) == []
    assert kinds(acme.say(b.reinstated())) == ["status_changed", "order_released O1"]


def test_an_unknown_account_is_referred_until_it_is_opened(nobody: Scenario) -> None:
    assert codes(nobody.say(b.order(amount=500))) == ["account_unknown", "limit_missing"]
    assert codes(nobody.say(b.account_opened())) == ["limit_missing"]
    assert kinds(nobody.say(b.limit_set(1_000))) == ["limit_changed", "order_released O1"]


def test_a_limit_before_the_account_is_opened_makes_its_currency(nobody: Scenario) -> None:
    nobody.say(b.rates_set(USD="1"), b.order(amount=500, currency="USD"))
    assert "limit_changed" in kinds(nobody.say(b.limit_set(1_000)))
    assert "order_released O1" in kinds(nobody.say(b.account_opened()))
    assert nobody.stands().currency == "EUR"


def test_an_unreadable_record_parks_the_account_until_it_is_redriven(acme: Scenario) -> None:
    decisions = acme.take("invoices", "ACME", b"{")
    assert codes(decisions) == ["value_not_json"]
    assert alerts(decisions) == ["raised fact_unreadable critical"]
    assert codes(acme.say(b.order(amount=500))) == ["fact_unreadable"]
    mended = b.invoice(100).with_headers(redrives="credit.invoices.v1/0/0")
    assert kinds(acme.say(mended)) == ["order_released O1", "alert_cleared"]
    assert acme.stands().unreadable_count == 0


def test_a_dismissed_dead_letter_parks_no_more(acme: Scenario) -> None:
    acme.take("invoices", "ACME", b"{")
    acme.take("invoices", "ACME", None)
    acme.say(b.order(amount=500))
    assert kinds(acme.say(b.dismissed("credit.invoices.v1/0/0"), b.dismissed("credit.invoices.v1/0/0"))) == []
    assert kinds(acme.say(b.dismissed("credit.invoices.v1/0/1"))) == ["order_released O1", "alert_cleared"]


def test_a_redriven_record_that_is_refused_again_takes_the_place_of_the_first(acme: Scenario) -> None:
    acme.take("invoices", "ACME", b"{")
    acme.take("invoices", "ACME", b"[", {"redrives": "credit.invoices.v1/0/0"})
    assert acme.stands().unreadable_count == 1
    unpaid = b.invoice(100, instalments=[]).with_headers(redrives="credit.invoices.v1/0/1")
    assert codes(acme.say(unpaid)) == ["due_date_missing"]
    assert acme.stands().unreadable_count == 1
    acme.say(b.invoice(100, "I2"))
    assert codes(acme.say(b.invoice(90, "I2").with_headers(redrives="credit.invoices.v1/0/2"))) == [
        "exists_with_different_content"
    ]
    assert acme.stands().unreadable_count == 0


def test_goods_that_leave_without_a_release_are_alerted_until_it_is_given(acme: Scenario) -> None:
    acme.say(b.order(amount=2_000))
    assert "raised delivered_without_release critical" in alerts(acme.say(b.delivery(500)))
    assert alerts(acme.say(b.delivery(100, delivery_id="D2"))) == []
    assert "cleared delivered_without_release critical" in alerts(acme.say(b.released()))


def test_goods_of_a_released_order_leave_quietly(acme: Scenario) -> None:
    assert alerts(acme.say(b.order(amount=500), b.delivery(500))) == []


def test_an_unreleased_delivery_corrected_down_leaves_a_rest_to_judge(acme: Scenario) -> None:
    acme.say(b.order(amount=1_050), b.delivery(1_050))
    assert stages(acme) == {"delivered": 1_050}
    assert "order_referred O1" in kinds(acme.say(b.delivery(200, revision=2)))
    assert stages(acme) == {"delivered": 200, "pending": 850} or stages(acme) == {"delivered": 200, "orders": 850}


def test_an_order_in_a_currency_without_a_rate_is_referred_until_there_is_one(acme: Scenario) -> None:
    assert codes(acme.say(b.order("O1", 500, currency="USD"))) == ["currency_without_rate"]
    assert kinds(acme.say(b.order("O2", 100))) == ["order_released O2"]
    assert kinds(acme.say(b.rates_set(USD="1.25")))[0] == "order_released O1"
    assert acme.stands().exposure_minor == 500


def test_a_balance_without_a_rate_puts_every_order_in_doubt_and_none_once_it_is_gone(acme: Scenario) -> None:
    acme.say(b.invoice(500, currency="USD"))
    assert codes(acme.say(b.order("O1", 100)))[0] == "currency_without_rate"
    assert acme.stands().unvalued == ("USD",)
    assert "order_released O1" in kinds(acme.say(b.payment(500, currency="USD")))
    assert acme.stands().unvalued == ()


def test_an_order_changes_its_currency(acme: Scenario) -> None:
    acme.say(b.rates_set(USD="2"), b.order(amount=500), b.amended(currency="USD"))
    assert acme.stands().exposure_minor == 250
    acme.say(b.delivery(10))
    assert codes(acme.say(b.amended(currency="EUR", revision=3))) == ["currency_differs_from_document"]
