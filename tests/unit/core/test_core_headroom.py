"""Headroom that rises lets waiting orders go, oldest first; headroom that falls takes releases back, newest first."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from schemas.policy import default_policy
from tests import builders as b
from tests.scenario import Scenario, alerts, codes, kinds
from tests.unit.core.test_core_exposure import stages

Given = Callable[[int], Scenario]


def policy(**changes: Any) -> b.Said:
    """Return the default policy with some sections changed, as a broadcast."""
    document = msgspec.to_builtins(default_policy())
    for section, values in changes.items():
        document[section] = {**document[section], **values}
    return b.policy_adopted(document)


def answers(decisions: list[Any]) -> list[str]:
    """Return the answers to orders among the decisions."""
    return [kind for kind in kinds(decisions) if kind.startswith("order_")]


def test_a_payment_lets_three_of_five_waiting_orders_go_in_order(given: Given) -> None:
    acme = given(1_000)
    acme.say(b.invoice(1_000), *(b.order(f"O{n}", 250 + n) for n in range(1, 6)))
    assert stages(acme)["pending"] == 1_265
    freed = answers(acme.say(b.payment(800)))
    assert freed == ["order_released O1", "order_released O2", "order_released O3"]


def test_a_small_order_may_pass_a_large_one_that_does_not_fit(acme: Scenario) -> None:
    acme.say(b.invoice(1_000), b.order("O1", 900), b.order("O2", 200))
    assert answers(acme.say(b.payment(300))) == ["order_released O2"]


def test_nothing_passes_where_the_policy_says_so(acme: Scenario) -> None:
    acme.say(policy(waiting={"skip_what_does_not_fit": False}))
    acme.say(b.invoice(1_000), b.order("O1", 900), b.order("O2", 200))
    assert answers(acme.say(b.payment(300))) == []
    assert answers(acme.say(b.payment(600, "P2"))) == ["order_released O1"]


def test_an_order_passed_over_too_often_has_the_next_headroom_to_itself(acme: Scenario) -> None:
    acme.say(policy(waiting={"skips_before_reserving": 3}), b.invoice(500), b.order("BIG", 900))
    for n in range(1, 4):
        assert answers(acme.say(b.order(f"O{n}", 10))) == [f"order_released O{n}"]
    refused = acme.say(b.order("O4", 10))
    assert codes(refused) == ["headroom_reserved_for_earlier_order"]
    assert refused[0].reasons[0]["order_id"] == "BIG"
    assert answers(acme.say(b.payment(200))) == [], "not even then may a smaller one pass"
    freed = answers(acme.say(b.payment(300, "P2"), b.cancelled("O1"), b.cancelled("O2")))
    assert freed[0] == "order_released BIG"


def test_an_order_above_the_limit_reserves_nothing(acme: Scenario) -> None:
    acme.say(policy(waiting={"skips_before_reserving": 1}), b.order("HUGE", 5_000), b.order("O1", 10))
    assert answers(acme.say(b.order("O2", 10))) == ["order_released O2"]


@pytest.mark.parametrize(
    "frees",
    [
        b.payment(500),
        b.credit_note(500, "I1"),
        b.invoice_cancelled(),
        b.invoice_amended(amount_minor=400),
        b.limit_set(1_700),
        b.limit_set(0, unlimited=True),
        b.cancelled("O0"),
        b.closed("O0"),
        b.amended("O0", amount_minor=0),
        b.delivery_reversed("D9"),
        b.payment_cleared("P0"),
    ],
    ids=lambda fact: fact.value["type"],
)
def test_whatever_raises_headroom_lets_a_waiting_order_go(given: Given, frees: b.Said) -> None:
    acme = given(1_600)
    acme.say(b.order("O0", 500), b.invoice(900), b.payment(500, "P0", status="advised"))
    acme.say(b.order("O9", 100), b.delivery(200, "O9", "D9"))
    assert acme.stands().headroom_minor == 0
    acme.say(b.order("O1", 100))
    assert acme.stands().waiting_count == 1
    assert answers(acme.say(frees))[-1] == "order_released O1"


def test_advised_cash_lets_nothing_go(acme: Scenario) -> None:
    acme.say(b.invoice(1_000), b.order())
    assert answers(acme.say(b.payment(1_000, status="advised"))) == []


def test_only_headroom_reasons_are_cleared_by_headroom(acme: Scenario) -> None:
    acme.say(b.suspended(), b.invoice(500), b.order())
    assert answers(acme.say(b.payment(500))) == []


def test_a_bounced_payment_takes_releases_back_newest_first(acme: Scenario) -> None:
    acme.say(b.invoice(600), b.payment(600), *(b.order(f"O{n}", 250) for n in range(1, 5)))
    taken = acme.say(b.payment_reversed())
    assert answers(taken) == [f"order_release_withdrawn O{n}" for n in (4, 3, 2)]
    assert codes(taken) == ["headroom_fell_below_zero"] * 3
    assert stages(acme) == {"invoiced": 600, "orders": 250, "pending": 750}
    assert answers(acme.say(b.payment(600, "P2"))) == [f"order_released O{n}" for n in (2, 3, 4)]


def test_a_limit_cut_takes_back_no_more_than_it_must(acme: Scenario) -> None:
    acme.say(b.order("O1", 300), b.order("O2", 300), b.order("O3", 100))
    assert answers(acme.say(b.limit_set(650))) == ["order_release_withdrawn O3"]
    assert answers(acme.say(b.limit_set(600))) == []


def test_what_the_desk_released_is_never_taken_back(acme: Scenario) -> None:
    acme.say(b.order("O1", 1_050), b.released("O1"))
    assert answers(acme.say(b.limit_set(10))) == []


@pytest.mark.parametrize("done", [b.delivery(1), b.invoice(1, "I9", orders={"O1": 1})], ids=["delivered", "invoiced"])
def test_what_has_left_or_is_invoiced_is_never_taken_back(acme: Scenario, done: b.Said) -> None:
    acme.say(b.order(amount=500), done)
    assert answers(acme.say(b.limit_set(10))) == []


@pytest.mark.parametrize(
    ("done", "undone"),
    [(b.delivery(1), b.delivery_reversed()), (b.invoice(1, "I9", orders={"O1": 1}), b.invoice_cancelled("I9"))],
)
def test_what_came_back_may_be_taken_back(acme: Scenario, done: b.Said, undone: b.Said) -> None:
    acme.say(b.order(amount=500), done, undone)
    assert answers(acme.say(b.limit_set(10))) == ["order_release_withdrawn O1"]


def test_nothing_is_taken_back_where_the_policy_says_so(acme: Scenario) -> None:
    acme.say(policy(withdrawal={"when": "never"}), b.order(amount=500))
    assert answers(acme.say(b.limit_set(10))) == []


def test_a_fall_below_what_was_below_already_takes_back_only_the_difference(acme: Scenario) -> None:
    acme.say(b.order("O0", 1_500), b.released("O0"), b.limit_set(1_600), b.order("O1", 100))
    acme.say(b.limit_set(1_500))
    assert acme.stands().headroom_minor == 0
    acme.say(b.order("O2", 400), b.released("O2"))
    assert answers(acme.say(b.invoice(50))) == []


def test_more_than_two_hundred_answers_follow_in_further_records(given: Given) -> None:
    acme = given(0)
    acme.say(*(b.order(f"O{n:03}", 1) for n in range(450)))
    ledger = len(acme.ledger)
    decisions = acme.say(b.limit_set(10_000))
    assert answers(decisions) == [f"order_released O{n:03}" for n in range(450)]
    sizes = [len(outcome.decisions) for outcome in acme.ledger[ledger:]]
    assert len(sizes) == 3
    assert max(sizes) <= 203
    places = {(outcome.source.topic, outcome.source.offset, outcome.source.index) for outcome in acme.ledger}
    assert len(places) == len(acme.ledger)
    taken = answers(acme.say(b.limit_set(100)))
    assert taken == [f"order_release_withdrawn O{n:03}" for n in range(449, 99, -1)]


def test_what_follows_in_a_sweep_over_many_accounts_has_places_of_its_own(given: Given) -> None:
    acme = given(0)
    acme.say(*(b.order(f"O{n:03}", 1) for n in range(450)))
    others = [f"A{n}" for n in range(3)]
    acme.say(*(b.order("O1", 1, account_id=name) for name in [*others, "ZZ"]))
    released = acme.say(
        policy(
            checks={
                "account_unknown": "pass",
                "limit_missing": "pass",
                "limit_is_zero": "warn",
                "exposure_exceeds_limit": "warn",
            }
        )
    )
    assert len(answers(released)) == 454
    places = {(outcome.source.topic, outcome.source.offset, outcome.source.index) for outcome in acme.ledger}
    assert len(places) == len(acme.ledger)


def test_an_order_between_two_parts_of_a_sweep_meets_the_account_as_it_will_be(given: Given) -> None:
    """More decisions of the account are taken before its next fact."""
    acme = given(0)
    acme.say(*(b.order(f"O{n:03}", 1) for n in range(250)))
    acme.sweeps_at_once = False
    acme.say(b.limit_set(250))
    assert acme.stands().waiting_count == 51
    acme.say(b.order("LATE", 1))
    assert stages(acme) == {"orders": 250, "pending": 1}


def test_no_limit_refers_and_zero_blocks_and_unlimited_releases(nobody: Scenario) -> None:
    nobody.say(b.account_opened())
    assert codes(nobody.say(b.order("O1", 100))) == ["limit_missing"]
    assert nobody.stands().headroom_minor is None
    assert codes(nobody.say(b.limit_set(0)))[:2] == ["limit_is_zero", "exposure_exceeds_limit"]
    assert (nobody.stands().headroom_minor, nobody.stands().utilisation_bp) == (0, None)
    assert answers(nobody.say(b.limit_set(0, unlimited=True))) == ["order_released O1"]
    assert (nobody.stands().limit_minor, nobody.stands().unlimited) == (None, True)
    assert answers(nobody.say(b.limit_set(50))) == ["order_release_withdrawn O1"]


def test_a_temporary_limit_begins_and_lapses_with_the_days(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-03-03"))
    acme.say(b.limit_set(2_000, valid_from="2025-03-06", valid_until="2025-03-07"), b.order(amount=1_050))
    assert acme.say(b.day_closed("2025-03-04")) == []
    begun = acme.say(b.day_closed("2025-03-05"))
    assert kinds(begun)[:2] == ["limit_changed", "order_released O1"]
    assert begun[0].temporary_until == "2025-03-07"
    assert acme.say(b.day_closed("2025-03-06")) == []
    assert kinds(acme.say(b.day_closed("2025-03-07")))[:2] == ["limit_changed", "order_release_withdrawn O1"]
    assert acme.stands().limit_minor == 1_000


def test_a_temporary_limit_gives_way_to_no_lasting_one_while_it_holds(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-03-03"), b.limit_set(2_000, valid_until="2025-03-07"), b.limit_set(500))
    assert acme.stands().limit_minor == 2_000
    acme.say(b.day_closed("2025-03-07"))
    assert acme.stands().limit_minor == 500


def test_a_limit_from_a_day_on_is_the_lasting_one_until_the_next(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-03-03"), b.limit_set(2_000, valid_from="2025-03-05"), b.day_closed("2025-03-04"))
    assert acme.stands().limit_minor == 2_000
    acme.say(b.limit_set(500))
    assert acme.stands().limit_minor == 500


def test_a_limit_of_a_part_is_not_the_accounts(acme: Scenario) -> None:
    assert acme.say(b.limit_set(5, scope={"seller_id": "DE"})) == []
    assert acme.stands().limit_minor == 1_000


def test_rates_that_move_let_orders_go_and_stop_new_ones_only(acme: Scenario) -> None:
    acme.say(b.rates_set(USD="1"), b.invoice(900, currency="USD"), b.order(amount=150))
    assert answers(acme.say(b.rates_set(USD="1.25"))) == ["order_released O1"]
    assert answers(acme.say(b.rates_set(USD="1"))) == []
    assert acme.stands().headroom_minor == -50
    assert answers(acme.say(b.order("O2", 20))) == ["order_referred O2"]
    assert answers(acme.say(b.invoice(10, "I2"))) == ["order_release_withdrawn O1"], "what is sold since does withdraw"


def test_a_new_policy_judges_what_waits(acme: Scenario) -> None:
    acme.say(b.order(amount=1_050))
    assert answers(acme.say(policy(checks={"exposure_exceeds_limit": "warn"}))) == ["order_released O1"]


def test_a_broken_policy_changes_nothing(acme: Scenario) -> None:
    assert codes(acme.say(b.policy_adopted({"name": "x"}))) == ["policy_invalid"]
    assert codes(acme.say(policy(checks={"limit_is_zero": "perhaps"}))) == ["policy_invalid"]


def test_a_warning_is_raised_escalated_and_cleared_once(acme: Scenario) -> None:
    assert alerts(acme.say(b.invoice(790, "I1"))) == []
    assert alerts(acme.say(b.invoice(10, "I2"))) == ["raised utilisation notice"]
    assert alerts(acme.say(b.invoice(50, "I3"))) == []
    assert alerts(acme.say(b.invoice(100, "I4"))) == ["escalated utilisation warning"]
    assert alerts(acme.say(b.invoice(100, "I5"))) == ["escalated utilisation critical"]
    assert alerts(acme.say(b.payment(250))) == [], "back to 80 %: still open, at its gravest"
    assert alerts(acme.say(b.payment(40, "P2"), b.invoice(40, "I6"), b.payment(50, "P3"), b.invoice(60, "I7"))) == []
    assert alerts(acme.say(b.payment(110, "P4"))) == ["cleared utilisation critical"]
    assert alerts(acme.say(b.invoice(40, "I8"))) == []


def test_a_warning_carries_what_was_found_and_who_acts(acme: Scenario) -> None:
    alert = acme.say(b.invoice(1_200))[-1]
    assert (alert.found, alert.line, alert.owner_role, alert.level) == (12_000, 10_000, "credit_manager", "critical")


def test_overdue_warns_by_its_share_of_what_is_open(acme: Scenario) -> None:
    acme.say(b.invoice(100, "I1", due_on="2025-04-01"), b.invoice(300, "I2", due_on="2025-04-10"))
    assert alerts(acme.say(b.day_closed("2025-04-02"))) == ["raised overdue_share notice"]
    told = alerts(acme.say(b.day_closed("2025-04-11")))
    assert told == ["escalated overdue_share warning", "raised oldest_overdue notice"]
    assert alerts(acme.say(b.payment(400))) == ["cleared overdue_share warning", "cleared oldest_overdue notice"]


def test_lines_that_a_policy_moves_are_followed_at_once(acme: Scenario) -> None:
    acme.say(b.invoice(600))
    line = {"at_bp": 5_000, "level": "notice", "measure": "m", "owner_role": "r"}
    moved = policy(warnings={"utilisation": {"clear_below_bp": 100, "lines": [line]}})
    assert alerts(acme.say(moved)) == ["raised utilisation notice"]
    assert alerts(acme.say(policy())) == ["cleared utilisation notice"]


def test_what_the_policy_lets_go_over_the_limit_is_not_taken_back_for_it(given: Given) -> None:
    acme = given(1_000)
    acme.say(policy(checks={"exposure_exceeds_limit": "warn"}))
    assert answers(acme.say(b.order("O1", 900), b.order("O2", 300))) == ["order_released O1", "order_released O2"]
    assert acme.stands().headroom_minor == -200
    assert answers(acme.say(b.invoice(50, "I9"))) == []
    assert answers(acme.say(b.limit_set(500))) == [], "it would be let go again at the next fact"
    assert answers(acme.say(policy(), b.limit_set(400))) == ["order_release_withdrawn O2"], (
        "another policy takes it back"
    )
    acme.prove()


def test_an_adopted_policy_lets_waiting_orders_go(given: Given) -> None:
    acme = given(1_000)
    assert answers(acme.say(b.order("O1", 900), b.order("O2", 150), b.order("O3", 5_000))) == [
        "order_released O1",
        "order_referred O2",
        "order_blocked O3",
    ]
    generous = policy(checks={"exposure_exceeds_limit": "warn"})
    assert answers(acme.say(generous)) == ["order_released O2", "order_released O3"]
