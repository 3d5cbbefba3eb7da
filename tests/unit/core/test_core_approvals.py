"""Requests for approval: who must agree by amount, in which order, who may not, and what happens if nobody does.

Ana is the analyst who asks. Max and Mia are credit managers, Fin is the finance director, Dee stands in for others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from projections.scope_balances import balance_of
from projections.scopes import scoped_limit
from schemas.decisions import ApprovalChanged
from tests import builders as b
from tests.scenario import Scenario, alerts, codes, kinds
from tests.unit.core.test_core_headroom import policy

Given = Callable[[int], Scenario]

PEOPLE = {"credit_manager": ["max", "mia"], "finance_director": ["fin"]}


def band(subject: str, from_minor: int, *roles: str, **more: Any) -> dict[str, Any]:
    """Return one band, reminded after 2 days and expired after 10."""
    days = {"remind_after_days": 2, "expires_after_days": 10}
    return {"subject": subject, "from_minor": from_minor, "roles": list(roles), **days, **more}


def bands(*rows: dict[str, Any], people: dict[str, list[str]] | None = None, **more: Any) -> b.Said:
    """Return a policy with these bands and people."""
    return policy(approvals={"bands": list(rows), "people": PEOPLE if people is None else people, **more})


BOTH = ("credit_manager", "finance_director")
RULES = bands(
    band("limit", 0),
    band("limit", 1_500, "credit_manager"),
    band("limit", 5_000, *BOTH, in_order=True),
    band("temporary_limit", 0, *BOTH, in_order=False),
    band("order_release", 500, *BOTH, in_order=True),
    band("write_off", 100, "credit_manager"),
    band("exception", 0, "credit_manager"),
    band("exception", 900, *BOTH, in_order=True),
)


@pytest.fixture
def desk(given: Given) -> Scenario:
    """An account with a limit of 10.00 on 4 March, under these rules."""
    acme = given(1_000)
    acme.say(RULES, b.day_closed(b.DAY))
    return acme


def steps(decisions: list[Any]) -> list[str]:
    """Return each step of a request as `AP-1 open: credit_manager, finance_director` with who must still agree."""
    found = [decision for decision in decisions if isinstance(decision, ApprovalChanged)]
    return [f"{of.approval_id} {of.state}" + (f": {', '.join(of.needs)}" if of.needs else "") for of in found]


def because(decisions: list[Any]) -> list[str]:
    """Return what led to each step."""
    found = [decision for decision in decisions if isinstance(decision, ApprovalChanged)]
    return [str(reason["code"]) for of in found for reason in of.because]


def limit_of(acme: Scenario) -> int | None:
    """Return the limit in force."""
    return acme.stands().limit_minor


class TestBands:
    """By the amount that is asked for, nobody, one or several must agree."""

    def test_a_small_limit_needs_nobody_else(self, desk: Scenario) -> None:
        said = desk.say(b.requested(limit_minor=1_400, currency="EUR"))
        assert steps(said) == ["AP-1 granted"]
        assert limit_of(desk) == 1_400

    def test_a_larger_one_needs_one_approver(self, desk: Scenario) -> None:
        assert steps(desk.say(b.requested(limit_minor=1_500, currency="EUR"))) == ["AP-1 open: credit_manager"]
        assert limit_of(desk) == 1_000
        (told,) = [found for found in desk.say(b.agreed("mia")) if kinds([found]) == ["limit_changed"]]
        assert (told.limit_minor, told.cause, told.approval_id) == (1_500, "approval", "AP-1")
        assert limit_of(desk) == 1_500

    def test_a_limit_raise_with_two_approvers_and_one_refusal(self, desk: Scenario) -> None:
        assert steps(desk.say(b.requested(limit_minor=8_000, currency="EUR"))) == [
            "AP-1 open: credit_manager, finance_director"
        ]
        assert steps(desk.say(b.agreed("max"))) == ["AP-1 open: finance_director"]
        refused = desk.say(b.not_agreed("fin"))
        assert steps(refused) == ["AP-1 refused: finance_director"]
        assert limit_of(desk) == 1_000
        assert codes(desk.say(b.agreed("fin"))) == ["approval_is_closed"]

        desk.say(b.requested("AP-2", limit_minor=6_000, currency="EUR"), b.agreed("max", "AP-2"))
        assert steps(desk.say(b.agreed("fin", "AP-2"))) == ["AP-2 granted"]
        assert limit_of(desk) == 6_000

    def test_amounts_are_compared_in_the_currency_of_the_policy(self, given: Given) -> None:
        acme = given(1_000)
        acme.say(RULES, b.rates_set("EUR", JPY="150"))
        said = acme.say(b.order("O1", 100_000, currency="JPY"), b.released("O1"))
        assert "order_released O1" not in kinds(said), "about 666.67 euros ask for approvers"

    def test_every_step_names_who_did_it(self, desk: Scenario) -> None:
        desk.say(b.requested(limit_minor=8_000, currency="EUR"))
        (step,) = desk.say(b.agreed("max"))
        assert [(given.role, given.actor) for given in step.given] == [("credit_manager", "max")]
        assert step.because == [{"code": "agreed", "actor": "max", "role": "credit_manager"}]
        assert (step.maker, step.amount_minor, step.currency, step.expires_on) == ("ana", 8_000, "EUR", "2025-03-14")


class TestOrder:
    """One after the other, or together."""

    def test_in_order_the_second_waits_for_the_first(self, desk: Scenario) -> None:
        desk.say(b.requested(limit_minor=8_000, currency="EUR"))
        assert codes(desk.say(b.agreed("fin"))) == ["approver_is_out_of_order"]
        assert steps(desk.say(b.agreed("max"), b.agreed("fin"))) == ["AP-1 open: finance_director", "AP-1 granted"]

    def test_together_they_agree_in_any_order(self, desk: Scenario) -> None:
        asked = {"limit_minor": 2_000, "currency": "EUR", "valid_from": "2025-03-04", "valid_until": "2025-03-06"}
        desk.say(b.requested(subject="temporary_limit", **asked))
        assert steps(desk.say(b.agreed("fin"))) == ["AP-1 open: credit_manager"]
        assert steps(desk.say(b.agreed("max"))) == ["AP-1 granted"]
        assert limit_of(desk) == 2_000
        desk.say(b.day_closed("2025-03-06"))
        assert limit_of(desk) == 1_000, "it lapses by itself"

    def test_a_later_approver_may_refuse_before_the_first_agrees(self, desk: Scenario) -> None:
        desk.say(b.requested(limit_minor=8_000, currency="EUR"))
        assert steps(desk.say(b.not_agreed("fin"))) == ["AP-1 refused: credit_manager, finance_director"]

    def test_who_agreed_may_take_it_back_as_long_as_it_is_open(self, desk: Scenario) -> None:
        desk.say(b.requested(limit_minor=8_000, currency="EUR"), b.agreed("max"))
        assert steps(desk.say(b.not_agreed("max"))) == ["AP-1 refused: finance_director"]


class TestSeparation:
    """Who asks does not agree, nobody agrees twice, and a role is had by whom the policy lists."""

    def test_the_maker_is_never_the_checker(self, given: Given) -> None:
        acme = given(1_000)
        acme.say(bands(band("limit", 0, "credit_manager"), people={}))
        acme.say(b.requested(limit_minor=2_000, currency="EUR"))
        assert codes(acme.say(b.agreed("ana"))) == ["maker_is_checker"]
        assert codes(acme.say(b.not_agreed("ana"))) == ["maker_is_checker"]
        assert steps(acme.say(b.agreed("anybody"))) == ["AP-1 granted"], "nobody is listed, so who claims it has it"

    def test_nobody_fills_two_places(self, given: Given) -> None:
        acme = given(1_000)
        acme.say(bands(band("limit", 0, "credit_manager", "credit_manager")))
        acme.say(b.requested(limit_minor=2_000, currency="EUR"), b.agreed("max"))
        assert codes(acme.say(b.agreed("max"))) == ["approver_already_agreed"]
        assert steps(acme.say(b.agreed("mia"))) == ["AP-1 granted"]

    def test_a_role_is_had_by_whom_the_policy_lists(self, desk: Scenario) -> None:
        desk.say(b.requested(limit_minor=2_000, currency="EUR"))
        assert codes(desk.say(b.agreed("zoe"))) == ["approver_lacks_role"]
        assert codes(desk.say(b.agreed("fin", role="finance_director"))) == ["approver_lacks_role"]
        assert codes(desk.say(b.not_agreed("zoe"))) == ["approver_lacks_role"]

    def test_only_the_maker_withdraws(self, desk: Scenario) -> None:
        desk.say(b.requested(limit_minor=2_000, currency="EUR"))
        assert codes(desk.say(b.no_longer_asked("max"))) == ["withdrawn_by_another"]
        assert steps(desk.say(b.no_longer_asked("ana"))) == ["AP-1 withdrawn: credit_manager"]
        assert codes(desk.say(b.agreed("max"))) == ["approval_is_closed"]


class TestDelegation:
    """Somebody who is away lets another act in their place, from a day to a day."""

    def test_a_delegate_acts_from_the_first_day_to_the_last(self, desk: Scenario) -> None:
        desk.say(b.delegation_set("fin", "dee", "2025-03-05", "2025-03-06"))
        desk.say(b.requested(limit_minor=8_000, currency="EUR"), b.agreed("max"))
        assert codes(desk.say(b.agreed("dee"))) == ["approver_lacks_role"], "today is the 4th"
        desk.say(b.day_closed("2025-03-04"))
        (granted, _) = [found for found in desk.say(b.agreed("dee")) if not kinds([found])[0].startswith("alert")]
        assert granted.state == "granted"
        assert (granted.given[1].actor, granted.given[1].in_place_of) == ("dee", "fin")
        desk.say(b.requested("AP-2", limit_minor=9_000, currency="EUR"), b.agreed("max", "AP-2"))
        desk.say(b.day_closed("2025-03-06"))
        assert codes(desk.say(b.agreed("dee", "AP-2"))) == ["approver_lacks_role"]

    def test_a_delegation_may_be_for_some_roles_only(self, desk: Scenario) -> None:
        desk.say(b.delegation_set("fin", "dee", "2025-03-01", "2025-12-31", roles=["credit_manager"]))
        desk.say(b.requested(limit_minor=8_000, currency="EUR"), b.agreed("max"))
        assert codes(desk.say(b.agreed("dee"))) == ["approver_lacks_role"]

    def test_a_later_delegation_of_the_same_two_replaces_the_first(self, desk: Scenario) -> None:
        desk.say(b.delegation_set("max", "dee", "2025-03-01", "2025-12-31"))
        desk.say(b.delegation_set("max", "dee", "2025-03-01", "2025-03-03"))
        desk.say(b.requested(limit_minor=2_000, currency="EUR"))
        assert codes(desk.say(b.agreed("dee"))) == ["approver_lacks_role"]

    def test_a_delegate_of_the_maker_does_not_agree_in_their_place(self, desk: Scenario) -> None:
        desk.say(b.delegation_set("max", "dee", "2025-03-01", "2025-12-31"))
        desk.say(b.requested(limit_minor=2_000, currency="EUR", actor="max"))
        assert codes(desk.say(b.agreed("dee"))) == ["maker_is_checker"]
        assert steps(desk.say(b.agreed("mia"))) == ["AP-1 granted"]

    def test_what_a_delegate_did_counts_as_done_by_both(self, given: Given) -> None:
        acme = given(1_000)
        acme.say(bands(band("limit", 0, "credit_manager", "credit_manager")))
        acme.say(b.delegation_set("max", "dee", "2025-03-01", "2025-12-31"), b.day_closed(b.DAY))
        acme.say(b.requested(limit_minor=2_000, currency="EUR"), b.agreed("dee"))
        assert codes(acme.say(b.agreed("max"))) == ["approver_already_agreed"]
        acme.say(b.delegation_set("max", "eve", "2025-03-01", "2025-12-31"))
        assert codes(acme.say(b.agreed("eve"))) == ["approver_already_agreed"]
        assert steps(acme.say(b.agreed("mia"))) == ["AP-1 granted"]

    def test_a_delegation_that_ends_before_it_begins_is_refused(self, desk: Scenario) -> None:
        refused = desk.say(b.delegation_set("fin", "dee", "2025-03-06", "2025-03-05"))
        assert codes(refused) == ["period_ends_before_it_begins"]
        assert desk.partition.context.delegations == []
        desk.say(b.delegation_set("fin", "dee", "2025-03-05", "2025-03-06"))
        assert len(desk.partition.context.delegations) == 1
        desk.prove()

    def test_delegations_that_are_over_are_forgotten(self, desk: Scenario) -> None:
        desk.say(b.delegation_set("fin", "dee", "2025-03-05", "2025-03-06"))
        desk.say(b.day_closed("2025-03-05"))
        assert len(desk.partition.context.delegations) == 1
        desk.say(b.day_closed("2025-03-06"))
        assert desk.partition.context.delegations == []


class TestTime:
    """A request that nobody answers is reminded of once, and expires."""

    def test_it_is_reminded_of_once_and_expires(self, desk: Scenario) -> None:
        desk.say(b.requested(limit_minor=2_000, currency="EUR"))
        assert desk.say(b.day_closed("2025-03-04")) == []
        reminded = desk.say(b.day_closed("2025-03-05"))
        assert because(reminded) == ["reminded"]
        assert alerts(reminded) == ["raised approval_waiting notice"]
        assert desk.say(b.day_closed("2025-03-06"), b.day_closed("2025-03-13")) == []
        expired = desk.say(b.day_closed("2025-03-14"))
        assert steps(expired) == ["AP-1 expired: credit_manager"]
        assert alerts(expired) == ["cleared approval_waiting notice"]
        assert codes(desk.say(b.agreed("max"))) == ["approval_is_closed"]
        assert limit_of(desk) == 1_000

    def test_it_may_be_granted_on_its_last_day(self, desk: Scenario) -> None:
        desk.say(b.requested(limit_minor=2_000, currency="EUR"), b.day_closed("2025-03-13"))
        granted = desk.say(b.agreed("max"))
        assert steps(granted) == ["AP-1 granted"]
        assert "cleared approval_waiting notice" in alerts(granted)

    def test_a_temporary_limit_is_not_waited_for_beyond_its_own_last_day(self, desk: Scenario) -> None:
        asked = {"limit_minor": 2_000, "currency": "EUR", "valid_until": "2025-03-05"}
        desk.say(b.requested(subject="temporary_limit", **asked))
        assert steps(desk.say(b.day_closed("2025-03-05"))) == ["AP-1 expired: credit_manager, finance_director"]


class TestRelease:
    """A person lets an order through that is over the limit: by its amount alone, or with those who must agree."""

    def test_a_small_order_is_released_by_the_desk_alone(self, desk: Scenario) -> None:
        desk.say(b.invoice(1_000), b.order("O1", 400))
        assert kinds(desk.say(b.released("O1")))[0] == "order_released O1"

    def test_a_release_over_the_limit_waits_for_the_second_approver(self, desk: Scenario) -> None:
        desk.say(b.order("O1", 1_200))
        asked = desk.say(b.released("O1", actor="ana"))
        (step,) = asked
        assert step.needs == ["credit_manager", "finance_director"]
        assert step.order_id == "O1"
        assert desk.say(b.agreed("max", step.approval_id))[0].state == "open"
        assert desk.stands().pending_minor == 1_200
        released = desk.say(b.agreed("fin", step.approval_id))
        (answer,) = [found for found in released if kinds([found]) == ["order_released O1"]]
        assert answer.reasons == [
            {
                "code": "released_by_desk",
                "answer": "pass",
                "approval_id": step.approval_id,
                "approvers": "max, fin",
                "despite": "exposure_exceeds_limit",
            }
        ]
        assert desk.stands().orders_minor == 1_200

    def test_nothing_else_is_taken_back_for_it(self, desk: Scenario) -> None:
        desk.say(b.order("O1", 600), b.order("O2", 700), b.requested(subject="order_release", order_id="O2"))
        released = desk.say(b.agreed("max"), b.agreed("fin"))
        assert [kind for kind in kinds(released) if kind.startswith("order")] == ["order_released O2"]

    def test_a_higher_amount_is_another_question(self, desk: Scenario) -> None:
        desk.say(b.order("O1", 1_200), b.requested(subject="order_release", order_id="O1"), b.agreed("max"))
        amended = desk.say(b.amended("O1", amount_minor=1_900))
        assert steps(amended) == ["AP-1 withdrawn: finance_director"]
        assert because(amended) == ["order_amount_rose"]

    def test_a_cent_of_freight_is_the_same_question(self, desk: Scenario) -> None:
        desk.say(b.order("O1", 1_200), b.requested(subject="order_release", order_id="O1"), b.agreed("max"))
        assert steps(desk.say(b.amended("O1", amount_minor=1_201))) == []
        assert "order_released O1" in kinds(desk.say(b.agreed("fin")))

    def test_more_goods_than_were_ordered_are_a_question_of_their_own(self, desk: Scenario) -> None:
        desk.say(b.order("O1", 400), b.check("O1", "delivery", "K1", amount_minor=900))
        (step,) = [found for found in desk.say(b.released("O1")) if isinstance(found, ApprovalChanged)]
        assert (step.state, step.amount_minor) == ("open", 900), "400 need nobody, 900 do"
        said = desk.say(b.agreed("max", step.approval_id), b.agreed("fin", step.approval_id))
        assert "order_released O1" in kinds(said)

    def test_what_was_released_by_approval_is_checked_anew_at_a_higher_amount(self, desk: Scenario) -> None:
        desk.say(b.order("O1", 1_200), b.requested(subject="order_release", order_id="O1"))
        desk.say(b.agreed("max"), b.agreed("fin"))
        assert "order_blocked O1" in kinds(desk.say(b.amended("O1", amount_minor=1_900)))

    def test_a_granted_request_lets_the_same_order_through_again(self, desk: Scenario) -> None:
        desk.say(b.order("O1", 1_200), b.requested(subject="order_release", order_id="O1"))
        desk.say(b.agreed("max"), b.agreed("fin"), b.closed("O1"), b.reopened("O1"))
        assert desk.stands().pending_minor == 1_200, "reopened, it is checked like any other"
        released = desk.say(b.released("O1", approval_id="AP-1"))
        assert kinds(released)[0] == "order_released O1"

    def test_but_no_other_order_and_not_before_it_is_granted(self, desk: Scenario) -> None:
        desk.say(b.order("O1", 1_200), b.order("O2", 1_200), b.requested(subject="order_release", order_id="O1"))
        assert codes(desk.say(b.released("O1", approval_id="AP-1"))) == ["approval_is_not_granted"]
        assert codes(desk.say(b.released("O2", approval_id="AP-1"))) == ["approval_is_for_something_else"]
        assert codes(desk.say(b.released("O1"))) == ["approval_already_asked"]

    def test_an_order_that_was_not_known_yet_asks_when_it_comes(self, desk: Scenario) -> None:
        desk.say(b.released("O1", actor="ana"))
        said = desk.say(b.order("O1", 1_200))
        assert [found.state for found in said if isinstance(found, ApprovalChanged)] == ["open"]
        assert "order_referred O1" in kinds(said)


class TestDirectly:
    """By the policy a limit that is set directly holds, or asks."""

    def test_a_raise_asks_and_a_cut_does_not_wait(self, given: Given) -> None:
        acme = given(1_000)
        acme.say(bands(band("limit", 500, "credit_manager"), limit_set_directly="request"))
        asked = acme.say(b.limit_set(2_000, actor="ana"))
        assert [found.state for found in asked] == ["open"]
        assert limit_of(acme) == 1_000
        acme.say(b.limit_set(800, actor="ana"))
        assert limit_of(acme) == 800

    def test_no_limit_at_all_goes_to_the_highest_band(self, given: Given) -> None:
        acme = given(1_000)
        acme.say(bands(band("limit", 0), band("limit", 9_999_999, "credit_manager"), limit_set_directly="request"))
        (step,) = acme.say(b.limit_set(0, unlimited=True))
        assert step.needs == ["credit_manager"]
        acme.say(b.agreed("max", step.approval_id))
        assert acme.stands().utilisation_bp is None
        assert acme.stands().limit_minor is None

    def test_by_default_it_holds(self, desk: Scenario) -> None:
        desk.say(b.limit_set(9_000))
        assert limit_of(desk) == 9_000

    def test_the_older_words_for_a_limit_mean_the_same(self, desk: Scenario) -> None:
        (step,) = desk.say(b.limit_requested(2_000))
        assert (step.subject, step.needs) == ("limit", ["credit_manager"])
        assert codes(desk.say(b.limit_requested(2_000, approval_id=step.approval_id))) == ["approval_exists"]
        desk.say(b.limit_approved("max", step.approval_id))
        assert limit_of(desk) == 2_000
        desk.say(b.limit_requested(3_000, approval_id="AP-2"))
        assert steps(desk.say(b.limit_denied("max", "AP-2"))) == ["AP-2 refused: credit_manager"]


class TestWriteOff:
    """What is given up: by the desk alone up to an amount, beyond it with an approver."""

    def test_a_small_amount_needs_nobody(self, desk: Scenario) -> None:
        (told,) = desk.say(b.invoice(500), b.written_off(99))
        assert (told.amount_minor, told.open_minor, told.approval_id) == (99, 401, None)

    def test_a_larger_one_asks(self, desk: Scenario) -> None:
        (step,) = desk.say(b.invoice(500), b.written_off(100))
        assert (step.state, step.invoice_id, step.needs) == ("open", "I1", ["credit_manager"])
        assert desk.stands().invoiced_minor == 500
        assert codes(desk.say(b.written_off(100))) == ["approval_already_asked"]
        (_, told) = desk.say(b.agreed("max", step.approval_id))
        assert (told.amount_minor, told.open_minor, told.approval_id) == (100, 400, step.approval_id)
        assert desk.stands().invoiced_minor == 400

    def test_it_may_be_asked_for(self, desk: Scenario) -> None:
        asked = {"invoice_id": "I1", "amount_minor": 300}
        desk.say(b.invoice(500), b.requested(subject="write_off", **asked))
        desk.say(b.agreed("max"))
        assert desk.stands().invoiced_minor == 200
        assert codes(desk.say(b.requested("AP-2", subject="write_off", **asked))) == ["write_off_exceeds_open"]

    def test_no_more_is_given_up_than_is_still_open(self, desk: Scenario) -> None:
        desk.say(b.invoice(500), b.requested(subject="write_off", invoice_id="I1", amount_minor=300))
        desk.say(b.payment(400), b.agreed("max"))
        assert desk.stands().invoiced_minor == 0

    def test_a_payment_in_full_makes_it_pointless(self, desk: Scenario) -> None:
        desk.say(b.invoice(500), b.requested(subject="write_off", invoice_id="I1", amount_minor=300))
        said = desk.say(b.payment(500))
        assert because(said) == ["invoice_settled"]

    def test_what_is_given_up_frees_headroom_at_once(self, desk: Scenario) -> None:
        desk.say(
            b.invoice(1_000), b.order("O1", 200), b.requested(subject="write_off", invoice_id="I1", amount_minor=300)
        )
        assert "order_released O1" in kinds(desk.say(b.agreed("max")))


class TestException:
    """An exception holds for what it named and no more."""

    def test_for_one_order_and_the_check_it_names(self, desk: Scenario) -> None:
        desk.say(b.suspended(), b.order("O1", 200), b.order("O2", 200))
        desk.say(b.requested(subject="exception", checks=["account_suspended"], order_id="O1"))
        assert kinds(desk.say(b.agreed("max")))[:2] == ["approval_changed O1", "order_released O1"]
        assert desk.stands().pending_minor == 200, "O2 was not named"

    def test_it_spares_no_other_check(self, desk: Scenario) -> None:
        desk.say(b.suspended(), b.order("O1", 1_200))
        desk.say(b.requested(subject="exception", checks=["account_suspended"], order_id="O1"))
        said = desk.say(b.agreed("max"), b.agreed("fin"))
        assert "order_released O1" not in kinds(said)
        assert "exposure_exceeds_limit" in codes(said)

    def test_for_the_account_until_its_last_day(self, desk: Scenario) -> None:
        desk.say(b.suspended(), b.order("O1", 200))
        asked = {"checks": ["account_suspended"], "valid_until": "2025-03-06", "amount_minor": 300, "currency": "EUR"}
        desk.say(b.requested(subject="exception", **asked))
        assert "order_released O1" in kinds(desk.say(b.agreed("max"))), "what waits is checked again"
        assert kinds(desk.say(b.order("O2", 200))) == ["order_released O2"]
        assert kinds(desk.say(b.order("O3", 301))) == ["order_blocked O3"], "larger than what was agreed to"
        desk.say(b.day_closed("2025-03-06"))
        assert kinds(desk.say(b.order("O4", 10))) == ["order_blocked O4"]

    def test_it_ends_when_its_maker_withdraws_it(self, desk: Scenario) -> None:
        desk.say(b.suspended())
        asked = {"checks": ["account_suspended"], "valid_until": "2025-12-31", "amount_minor": 300, "currency": "EUR"}
        desk.say(b.requested(subject="exception", **asked), b.agreed("max"))
        assert steps(desk.say(b.no_longer_asked())) == ["AP-1 withdrawn"]
        assert kinds(desk.say(b.order("O2", 200))) == ["order_blocked O2"]

    def test_it_does_not_grow_with_the_order_and_ends_with_it(self, desk: Scenario) -> None:
        desk.say(b.suspended(), b.order("O1", 200))
        desk.say(b.requested(subject="exception", checks=["account_suspended"], order_id="O1"), b.agreed("max"))
        assert kinds(desk.say(b.amended("O1", amount_minor=201))) == ["order_blocked O1"]
        assert kinds(desk.say(b.amended("O1", 3, amount_minor=200))) == ["order_released O1"]
        desk.say(b.closed("O1"))
        assert kinds(desk.say(b.reopened("O1"))) == ["order_blocked O1"]

    def test_without_a_bound_it_goes_to_the_highest_band(self, desk: Scenario) -> None:
        asked = {"checks": ["account_suspended"], "valid_until": "2025-12-31"}
        said = desk.say(b.requested(subject="exception", **asked))
        assert steps(said) == ["AP-1 open: credit_manager, finance_director"]


class TestOvertaken:
    """What was asked is no longer the question: the request ends by itself, and whoever still wants it asks again."""

    @pytest.mark.parametrize(
        ("happens", "code"),
        [
            pytest.param([b.cancelled("O1")], "order_ended", id="order cancelled"),
            pytest.param([b.amended("O1", amount_minor=2_000)], "order_amount_rose", id="order amended up"),
            pytest.param([b.amended("O1", kind="quote")], "order_ended", id="order turned into a quote"),
            pytest.param([b.rejected("O1")], "order_rejected", id="order rejected"),
            pytest.param([b.limit_set(5_000)], "order_released", id="order released by a raised limit"),
            pytest.param([b.suspended()], "status_changed", id="account suspended"),
        ],
    )
    def test_a_release(self, desk: Scenario, happens: list[b.Said], code: str) -> None:
        desk.say(b.order("O1", 1_200), b.requested(subject="order_release", order_id="O1"))
        said = desk.say(*happens)
        assert [step for step in steps(said) if step.startswith("AP-1 withdrawn")]
        assert because(said) == [code]
        assert codes(desk.say(b.agreed("max"))) == ["approval_is_closed"]

    def test_a_smaller_amount_leaves_it_open(self, desk: Scenario) -> None:
        desk.say(b.order("O1", 1_200), b.requested(subject="order_release", order_id="O1"))
        assert steps(desk.say(b.amended("O1", amount_minor=1_100))) == []
        desk.say(b.agreed("max"))
        assert "order_released O1" in kinds(desk.say(b.agreed("fin")))

    def test_a_limit_that_somebody_else_set(self, desk: Scenario) -> None:
        desk.say(b.requested(limit_minor=8_000, currency="EUR"))
        assert because(desk.say(b.limit_set(700))) == ["limit_changed"]
        assert limit_of(desk) == 700, "a cut is not undone by approvers who did not know of it"

    def test_one_limit_granted_ends_the_other_request(self, desk: Scenario) -> None:
        desk.say(b.requested(limit_minor=2_000, currency="EUR"), b.requested("AP-2", limit_minor=3_000, currency="EUR"))
        assert steps(desk.say(b.agreed("max"))) == ["AP-1 granted", "AP-2 withdrawn: credit_manager"]

    def test_a_request_for_a_suspended_account_made_in_its_knowledge_stands(self, desk: Scenario) -> None:
        desk.say(b.suspended())
        assert steps(desk.say(b.requested(limit_minor=2_000, currency="EUR"))) == ["AP-1 open: credit_manager"]
        assert steps(desk.say(b.agreed("max"))) == ["AP-1 granted"]

    def test_an_account_that_turns_out_to_be_in_another_currency(self) -> None:
        new = Scenario()
        new.say(RULES, b.requested(limit_minor=2_000, currency="USD"))
        assert because(new.say(b.account_opened())) == ["currency_changed"]
        new.prove()


class TestWaiting:
    """What comes before what it is about waits for it."""

    def test_an_agreement_before_its_request(self, desk: Scenario) -> None:
        desk.say(b.agreed("max"), b.agreed("zoe"), b.agreed("fin"))
        said = desk.say(b.requested(limit_minor=8_000, currency="EUR"))
        assert steps(said) == [
            "AP-1 open: credit_manager, finance_director",
            "AP-1 open: finance_director",
            "AP-1 granted",
        ]
        assert codes(said) == ["approver_lacks_role"], "and what may not be is refused then"
        assert limit_of(desk) == 8_000

    def test_a_request_before_its_order(self, desk: Scenario) -> None:
        desk.say(b.requested(subject="order_release", order_id="O1"), b.agreed("max"))
        said = desk.say(b.order("O1", 1_200))
        assert steps(said) == ["AP-1 open: credit_manager, finance_director", "AP-1 open: finance_director"]
        assert "order_released O1" in kinds(desk.say(b.agreed("fin")))

    def test_the_id_of_a_request_is_one_for_the_account(self, desk: Scenario) -> None:
        desk.say(b.requested(limit_minor=8_000, currency="EUR").by("crm"))
        said = desk.say(b.requested(limit_minor=2_000, currency="EUR").by("erp"))
        assert codes(said) == ["exists_with_different_content"]

    def test_a_repeated_request_leaves_no_trace(self, desk: Scenario) -> None:
        asked = b.requested(limit_minor=8_000, currency="EUR")
        desk.say(asked)
        assert desk.say(asked) == []


def test_a_limit_for_a_part_of_the_account_is_granted_for_that_part(desk: Scenario) -> None:
    asked = {"limit_minor": 2_000, "currency": "EUR", "scope": {"seller_id": "DE"}}
    desk.say(b.requested(**asked), b.agreed("max"))
    assert limit_of(desk) == 1_000, "the account's own limit stays"
    account = desk.partition.book.account(b.ACCOUNT)
    assert account is not None
    (scope,) = account.scope_limits
    assert scoped_limit(balance_of(desk.partition.book, b.ACCOUNT, scope), "2025-03-04").limit_minor == 2_000
    two = {"customer_id": "C1", "seller_id": "DE"}
    assert codes(desk.say(b.requested("AP-2", limit_minor=5, currency="EUR", scope=two))) == [
        "limit_scope_names_several"
    ]
