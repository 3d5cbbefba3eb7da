"""Ways around a credit check that users of other systems found. Each is closed here, and this file shows how."""

from collections.abc import Callable
from typing import Any

from tests import builders as b
from tests.scenario import Scenario, alerts, codes, kinds
from tests.unit.core.test_core_headroom import answers, policy

Given = Callable[[int], Scenario]
SIXTY_DAYS = {"kind": "open", "net_days": 60}


class TestOrderClosedAndReopened:
    """Close an order, use its headroom for another, open it again: elsewhere it comes back released."""

    def test_it_is_checked_as_a_new_one(self, acme: Scenario) -> None:
        acme.say(b.order("O1", 900), b.closed("O1"), b.order("O2", 900))
        assert answers(acme.say(b.reopened("O1"))) == ["order_blocked O1"]

    def test_a_persons_release_does_not_come_back_with_it(self, acme: Scenario) -> None:
        acme.say(b.order("O1", 2_000), b.released("O1"), b.cancelled("O1"))
        assert codes(acme.say(b.reopened("O1")))[0] == "exposure_exceeds_limit"

    def test_goods_that_leave_for_a_closed_order_are_told(self, acme: Scenario) -> None:
        acme.say(b.order("O1", 500), b.closed("O1"))
        assert "shipment_unchecked O1" in kinds(acme.say(b.delivery(500)))


class TestQuotationCopied:
    """A quotation is not checked; turning it, or a copy of it, into an order must be."""

    def test_a_quotation_that_becomes_an_order_is_checked_then(self, acme: Scenario) -> None:
        assert answers(acme.say(b.order("Q1", 5_000, kind="quote"))) == []
        assert answers(acme.say(b.amended("Q1", kind="order"))) == ["order_blocked Q1"]

    def test_a_copy_under_another_id_is_an_order_like_any_other(self, acme: Scenario) -> None:
        acme.say(b.order("Q1", 900, kind="quote"), b.suspended())
        assert answers(acme.say(b.order("O1", 900, parent_order_id="Q1"))) == ["order_blocked O1"]

    def test_nothing_leaves_on_a_quotation_quietly(self, acme: Scenario) -> None:
        acme.say(b.order("Q1", 500, kind="quote"))
        told = acme.say(b.delivery(500, "Q1"))
        assert "shipment_unchecked Q1" in kinds(told)
        assert "raised delivered_without_release critical" in alerts(told)


class TestMemberOverTheGroupsLimit:
    """Sub-customers of one parent share one limit: elsewhere each of them has it to itself."""

    def test_members_share_one_limit(self, acme: Scenario) -> None:
        acme.say(b.order("O1", 700, customer_id="NORTH"))
        assert answers(acme.say(b.order("O2", 350, customer_id="SOUTH"))) == ["order_referred O2"]

    def test_a_members_own_limit_is_no_way_over_the_groups(self, acme: Scenario) -> None:
        acme.say(b.limit_set(5_000, scope={"customer_id": "SOUTH"}), b.order("O1", 700, customer_id="NORTH"))
        assert codes(acme.say(b.order("O2", 350, customer_id="SOUTH"))) == ["exposure_exceeds_limit"]

    def test_the_groups_limit_is_no_way_over_a_members(self, acme: Scenario) -> None:
        acme.say(b.limit_set(200, scope={"customer_id": "SOUTH"}))
        assert codes(acme.say(b.order("O1", 250, customer_id="SOUTH"))) == ["scope_limit_exceeded"]


class TestCashOrderTurnedToCredit:
    """An account that must prepay orders for cash, and changes the terms once the order is in."""

    def test_an_order_that_is_to_be_prepaid_is_taken_in_and_on_terms_no_more(self, acme: Scenario) -> None:
        acme.say(b.prepayment_required())
        assert answers(acme.say(b.order("O1", 500, kind="cash"))) == ["order_released O1"]
        assert codes(acme.say(b.amended("O1", kind="order"))) == ["prepayment_required"]

    def test_prepay_terms_turned_to_open_terms_are_the_same_trick(self, acme: Scenario) -> None:
        acme.say(b.prepayment_required(), b.order("O1", 500, terms={"kind": "prepay"}))
        assert answers(acme.say(b.amended("O1", terms=SIXTY_DAYS))) == ["order_blocked O1"]

    def test_terms_let_no_goods_leave_only_money_does(self, acme: Scenario) -> None:
        acme.say(b.prepayment_required(), b.order("O1", 500, terms={"kind": "prepay"}))
        assert codes(acme.say(b.check("O1", amount_minor=500))) == ["prepayment_required"]
        assert answers(acme.say(b.payment(500, for_order_id="O1"))) == ["order_released O1"]
        assert answers(acme.say(b.check("O1", check_id="K2", amount_minor=500))) == ["order_released O1"]

    def test_a_reversed_deposit_is_no_deposit(self, acme: Scenario) -> None:
        acme.say(b.prepayment_required(), b.order("O1", 500, terms={"kind": "prepay"}))
        acme.say(b.payment(500, for_order_id="O1"), b.payment_reversed())
        assert codes(acme.say(b.check("O1", amount_minor=500))) == ["prepayment_required"]


class TestRecurringInvoiceOverTheLimit:
    """Subscriptions are invoiced without an order, so no order is there to stop: elsewhere they go on for ever."""

    def test_it_counts_warns_and_stops_the_next_order(self, acme: Scenario) -> None:
        acme.say(b.invoice(900, "I1"))
        told = acme.say(b.invoice(200, "I2"))
        assert "escalated utilisation critical" in alerts(told)
        assert answers(acme.say(b.order("O1", 10))) == ["order_referred O1"]

    def test_it_takes_back_what_was_released_and_has_not_left(self, acme: Scenario) -> None:
        acme.say(b.order("O1", 900))
        assert answers(acme.say(b.invoice(200, "I1"))) == ["order_release_withdrawn O1"]

    def test_a_policy_has_every_invoice_without_an_order_told(self, acme: Scenario) -> None:
        acme.say(policy(orders={"asked_before": ["order", "invoice"]}))
        (told,) = [found for found in acme.say(b.invoice(200, "I1")) if kinds([found]) == ["shipment_unchecked"]]
        assert (told.checkpoint, told.document_id, told.amount_minor, told.order_id) == ("invoice", "I1", 200, "")


class TestSplitOrders:
    """One large order becomes several small ones, each below what one order may be."""

    def test_orders_of_a_few_days_count_together(self, given: Given) -> None:
        acme = given(10_000)
        acme.say(policy(orders={"maximum_minor": 1_000}))
        assert codes(acme.say(b.order("BIG", 1_001))) == ["order_exceeds_maximum"]
        assert answers(acme.say(b.order("O1", 600))) == ["order_released O1"]
        split = acme.say(b.order("O2", 600))
        assert codes(split) == ["orders_split"]
        assert split[0].reasons[0] == {
            "code": "orders_split",
            "amount_minor": 600,
            "together_minor": 1_200,
            "maximum_minor": 1_000,
            "within_days": 3,
            "answer": "refer",
        }

    def test_waiting_does_not_make_them_one_by_one(self, given: Given) -> None:
        """The days are counted from the day each order came, and no date in an order changes that."""
        acme = given(10_000)
        acme.say(policy(orders={"maximum_minor": 1_000}), b.day_closed("2025-03-02"), b.order("O1", 600))
        acme.say(b.order("O2", 600, placed_on="2024-01-01"))
        assert acme.stands().waiting_count == 1
        acme.say(b.day_closed("2025-03-20"), b.limit_set(20_000))
        assert acme.stands().waiting_count == 1
        assert answers(acme.say(b.order("O3", 600))) == ["order_released O3"], "long after, it is no part of it"

    def test_the_rest_of_a_split_is_let_go_when_the_other_part_is_given_up(self, given: Given) -> None:
        acme = given(10_000)
        acme.say(policy(orders={"maximum_minor": 1_000}), b.order("O1", 600), b.order("O2", 600))
        assert answers(acme.say(b.cancelled("O1"))) == ["order_released O2"]

    def test_raising_a_small_order_afterwards_is_seen_too(self, given: Given) -> None:
        acme = given(10_000)
        acme.say(policy(orders={"maximum_minor": 1_000}), b.order("O1", 600), b.order("O2", 300))
        assert codes(acme.say(b.amended("O2", amount_minor=500))) == ["orders_split"]


class TestBackdatedTerms:
    """An order on terms is dated back, so that it seems to be of a time when longer terms were granted."""

    def test_an_order_that_came_long_after_its_date_is_referred(self, acme: Scenario) -> None:
        told = acme.say(b.order("O1", terms=SIXTY_DAYS, placed_on="2025-02-01"))
        assert codes(told) == ["terms_backdated"]
        assert told[0].reasons[0]["backdated_days"] == 30

    def test_dating_a_released_order_back_is_a_new_check(self, acme: Scenario) -> None:
        assert answers(acme.say(b.order("O1", terms=SIXTY_DAYS))) == ["order_released O1"]
        assert codes(acme.say(b.amended("O1", placed_on="2025-01-01"))) == ["terms_backdated"]

    def test_longer_terms_on_a_released_order_are_a_new_check(self, acme: Scenario) -> None:
        acme.say(b.terms_set(30), b.order("O1", terms={"kind": "open", "net_days": 30}))
        assert codes(acme.say(b.amended("O1", terms=SIXTY_DAYS))) == ["terms_exceed_granted"]
        assert answers(acme.say(b.terms_set(60))) == ["order_released O1"]

    def test_time_alone_does_not_mend_it(self, acme: Scenario) -> None:
        acme.say(b.order("O1", terms=SIXTY_DAYS, placed_on="2025-02-01"), b.day_closed("2025-03-20"))
        assert answers(acme.say(b.limit_set(5_000))) == []
        assert answers(acme.say(b.amended("O1", placed_on=b.DAY))) == ["order_released O1"]


class TestCurrencyMismatch:
    """The amount of an order is compared with a limit in another currency as if both were the same."""

    def test_an_order_is_valued_at_the_rate_in_force(self, acme: Scenario) -> None:
        acme.say(b.rates_set(USD="0.5"))
        assert answers(acme.say(b.order("O1", 800, currency="USD"))) == ["order_blocked O1"]
        assert answers(acme.say(b.order("O2", 400, currency="USD"))) == ["order_released O2"]
        assert acme.stands().exposure_minor == 800

    def test_changing_the_currency_of_a_released_order_is_a_new_check(self, acme: Scenario) -> None:
        acme.say(b.rates_set(USD="0.5"), b.order("O1", 900))
        assert answers(acme.say(b.amended("O1", currency="USD"))) == ["order_blocked O1"]

    def test_without_a_rate_a_person_decides(self, acme: Scenario) -> None:
        assert codes(acme.say(b.order("O1", 1, currency="USD"))) == ["currency_without_rate"]


class TestManySmallSteps:
    """Tolerance is for a cent of freight, not for growing an order one cent at a time."""

    def test_what_is_forgiven_adds_up(self, acme: Scenario) -> None:
        acme.say(b.order("O1", 900), b.suspended())
        for revision, amount in ((2, 905), (3, 909)):
            assert codes(acme.say(b.amended("O1", revision, amount_minor=amount))) == ["within_tolerance"]
        assert answers(acme.say(b.amended("O1", 4, amount_minor=910))) == ["order_blocked O1"]

    def test_more_than_was_released_is_not_let_out_at_a_checkpoint(self, acme: Scenario) -> None:
        acme.say(b.order("O1", 300), b.delivery(200))
        assert answers(acme.say(b.check("O1", amount_minor=103))) == ["order_released O1"]
        assert codes(acme.say(b.check("O1", check_id="K2", amount_minor=104))) == ["amount_exceeds_released"]

    def test_nor_after_all_that_was_ordered_has_left(self, acme: Scenario) -> None:
        acme.say(b.order("O1", 300), b.delivery(300))
        assert codes(acme.say(b.check("O1", amount_minor=100))) == ["amount_exceeds_released"]
        assert acme.stands().waiting_count == 0, "what has left is not taken back"
        assert answers(acme.say(b.released("O1"))) == ["order_released O1"]

    def test_goods_beyond_the_order_are_told_when_they_left_all_the_same(self, acme: Scenario) -> None:
        acme.say(b.order("O1", 300))
        assert kinds(acme.say(b.delivery(303))) == []
        assert "shipment_unchecked O1" in kinds(acme.say(b.delivery(100, "O1", "D2")))


class TestWaitingForAHoldToEnd:
    """A hold is lifted for one order, and everything that waited goes with it."""

    def test_orders_of_the_time_of_the_hold_wait_for_a_person_one_by_one(self, acme: Scenario) -> None:
        acme.say(b.held(), b.order("O1", 100), b.order("O2", 100))
        told: list[Any] = acme.say(b.hold_lifted())
        assert answers(told) == []
        assert codes(acme.say(b.amended("O1", amount_minor=50))) == ["account_on_hold"]
        assert answers(acme.say(b.released("O1"))) == ["order_released O1"]
        assert answers(acme.say(b.order("O3", 100))) == ["order_released O3"], "what comes afterwards needs nobody"
        assert acme.stands().waiting_count == 1
