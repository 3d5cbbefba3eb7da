"""Credit cover: what others bear is taken off exposure, once, while it is valid, up to its value and conditions."""

from collections.abc import Callable
from typing import Any

import pytest

from tests import builders as b
from tests.scenario import Scenario, codes, kinds
from tests.unit.core.test_core_headroom import answers

Given = Callable[[int], Scenario]


def net(scenario: Scenario) -> tuple[int, int, int | None]:
    """Return cover, net exposure and headroom as they are published."""
    found = scenario.stands()
    assert found.net_exposure_minor == found.exposure_minor - found.cover_minor
    return found.cover_minor, found.net_exposure_minor, found.headroom_minor


def test_a_guarantee_is_taken_off_exposure_and_never_raises_headroom_above_the_limit(acme: Scenario) -> None:
    acme.say(b.invoice(800), b.cover(500))
    assert net(acme) == (500, 300, 700)
    assert acme.stands().utilisation_bp == 3_000
    acme.say(b.payment(600))
    assert net(acme) == (200, 0, 1_000), "no more than the exposure, and no more free than the limit"


def test_a_credit_balance_is_not_covered(acme: Scenario) -> None:
    acme.say(b.cover(500), b.payment(100))
    assert net(acme) == (0, -100, 1_000)


def test_an_order_that_fits_only_with_its_cover_is_released_and_says_so(acme: Scenario) -> None:
    acme.say(b.cover(500))
    released = acme.say(b.order("O1", 1_400))[0]
    assert kinds([released]) == ["order_released O1"]
    assert (released.headroom_before_minor, released.headroom_after_minor) == (1_000, 100)
    over = acme.say(b.order("O2", 101))[0].reasons[0]
    assert (over["code"], over["cover_minor"], over["exposure_minor"], over["over_minor"]) == (
        "exposure_exceeds_limit",
        500,
        1_400,
        1,
    )


def test_a_new_cover_lets_waiting_orders_go_even_where_nothing_is_open(acme: Scenario) -> None:
    acme.say(b.order("O1", 1_050))
    assert acme.stands().waiting_count == 1
    assert answers(acme.say(b.cover(50))) == ["order_released O1"]


def test_a_payment_lets_an_order_go_that_the_cover_then_bears(given: Given) -> None:
    acme = given(100)
    acme.say(b.cover(500), b.invoice(500), b.order("O1", 550))
    assert net(acme) == (500, 0, 100)
    assert answers(acme.say(b.payment(400))) == []
    assert answers(acme.say(b.payment(50, "P2"))) == ["order_released O1"]


def test_no_credit_but_a_letter_of_credit_ships_its_order_and_nothing_else(given: Given) -> None:
    acme = given(0)
    acme.say(b.cover(600, kind="letter_of_credit", order_id="O1"))
    assert answers(acme.say(b.order("O1", 500))) == ["order_released O1"]
    assert net(acme) == (500, 0, 0), "no more than the order"
    assert codes(acme.say(b.order("O2", 10)))[0] == "limit_is_zero"


def test_a_letter_of_credit_follows_its_order_to_the_invoice_and_to_the_payment(acme: Scenario) -> None:
    acme.say(b.order("O1", 300), b.order("O2", 400), b.cover(1_000, order_id="O1"))
    assert net(acme)[0] == 300
    acme.say(b.delivery(300), b.invoice(250, "I1", orders={"O1": 250}), b.invoice(400, "I2", orders={"O2": 400}))
    assert net(acme)[0] == 300, "50 delivered and 250 invoiced"
    acme.say(b.payment(100, pays={"I1": 100}))
    assert net(acme)[0] == 200
    acme.say(b.payment(300, "P2", pays={"I2": 300}))
    assert net(acme) == (200, 100, 900), "what the other order owes is not its business"
    acme.say(b.payment_reversed("P1"))
    assert net(acme)[0] == 300


def test_a_letter_of_credit_follows_a_delivery_that_an_invoice_names(acme: Scenario) -> None:
    acme.say(b.order("O1", 300), b.order("O2", 300), b.cover(1_000, order_id="O1"))
    acme.say(b.delivery(covers={"O1": 100, "O2": 100}), b.invoice(200, deliveries={"D1": 200}))
    assert net(acme)[0] == 300, "200 still to come and half of the invoice"
    acme.say(b.invoice_cancelled())
    assert net(acme)[0] == 300, "200 to come and 100 delivered"


def test_a_corrected_invoice_takes_its_order_out_of_the_letter_of_credit(acme: Scenario) -> None:
    acme.say(b.order("O1", 300), b.cover(1_000, order_id="O1"), b.invoice(300, orders={"O1": 300}))
    assert net(acme)[0] == 300
    acme.say(b.invoice(300, revision=2))
    assert net(acme) == (300, 300, 700), "the order is to come, and the invoice is for something else"


def test_insurance_bears_its_share_above_the_first_loss_up_to_its_value(acme: Scenario) -> None:
    acme.say(b.invoice(600), b.cover(400, kind="insurance", share_bp=9_000, first_loss_minor=100))
    assert net(acme) == (400, 200, 800)
    acme.say(b.payment(300))
    assert net(acme) == (180, 120, 880), "90 % of the 200 above the first loss"
    acme.say(b.payment(250, "P2"))
    assert net(acme) == (0, 50, 950)


def test_covers_bear_one_after_the_other_and_never_more_than_there_is(acme: Scenario) -> None:
    acme.say(b.invoice(500), b.cover(1_000, "I", kind="insurance", share_bp=9_000), b.cover(200, "G"))
    assert net(acme)[0] == 470, "the guarantee 200, the insurer 90 % of the 300 left"
    acme.say(b.cover(5_000, "M"))
    assert net(acme) == (500, 0, 1_000)


def test_a_cover_split_over_several_accounts_counts_once(acme: Scenario) -> None:
    acme.say(b.invoice(900), b.cover(1_000, split_bp=2_500))
    assert net(acme)[0] == 250


def test_a_cover_in_another_currency_is_valued_at_the_rate_in_force_rounded_down(acme: Scenario) -> None:
    acme.say(b.invoice(900), b.cover(300, currency="USD"))
    assert net(acme)[0] == 0, "no rate, no cover: doubt never ships"
    acme.say(b.rates_set(USD="1.3"))
    assert net(acme)[0] == 230
    acme.say(b.order("O1", 330))
    assert acme.stands().headroom_minor == 0
    assert answers(acme.say(b.rates_set(USD="1.5"))) == [], "a rate alone stops new orders only"
    assert acme.stands().headroom_minor == -30
    assert answers(acme.say(b.order("O2", 10))) == ["order_referred O2"]
    assert answers(acme.say(b.rates_set(USD="1.2"))) == ["order_released O2"]


def test_a_cover_begins_and_lapses_with_the_days(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-03-03"), b.order("O1", 1_050))
    assert acme.say(b.cover(500, valid_from="2025-03-06", valid_until="2025-03-07")) == []
    assert acme.say(b.day_closed("2025-03-04")) == []
    assert answers(acme.say(b.day_closed("2025-03-05"))) == ["order_released O1"]
    assert answers(acme.say(b.day_closed("2025-03-06"))) == []
    assert answers(acme.say(b.day_closed("2025-03-07"))) == ["order_release_withdrawn O1"]
    assert net(acme)[0] == 0


def test_a_correction_changes_a_cover_and_may_bring_a_lapsed_one_back(acme: Scenario) -> None:
    acme.say(b.invoice(800), b.cover(500, valid_until="2025-03-05"), b.cover(300, revision=2))
    assert net(acme)[0] == 300
    acme.say(b.cover(300, revision=3, valid_until="2025-03-05"), b.day_closed("2025-03-05"))
    assert net(acme)[0] == 0
    acme.say(b.cover(400, revision=4, valid_until="2025-03-31"))
    assert net(acme)[0] == 400
    assert codes(acme.say(b.cover(999, revision=2))) == ["exists_with_different_content"]


def test_a_released_cover_bears_nothing_and_is_gone(acme: Scenario) -> None:
    acme.say(b.cover(500), b.order("O1", 1_200))
    assert answers(acme.say(b.cover_released())) == ["order_release_withdrawn O1"]
    assert codes(acme.say(b.cover(500, revision=2))) == ["cover_already_released"]
    assert codes(acme.say(b.cover_withdrawn("2025-03-03"))) == ["cover_already_released"]


def test_a_cover_released_from_a_later_day_stands_until_then(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-03-03"), b.invoice(700), b.cover(500), b.cover_released("2025-03-06"))
    acme.say(b.day_closed("2025-03-04"))
    assert net(acme)[0] == 500
    acme.say(b.day_closed("2025-03-05"))
    assert net(acme)[0] == 0


@pytest.mark.parametrize("later", [b.cover_released(), b.cover_withdrawn("2025-03-03")], ids=["released", "withdrawn"])
def test_what_becomes_of_a_cover_waits_until_it_is_known(acme: Scenario, later: b.Said) -> None:
    assert kinds(acme.say(later)) == ["fact_waits"]
    acme.say(b.order("O1", 700), b.cover(500))
    assert net(acme)[0] == 0


def test_a_letter_of_credit_waits_for_its_order(given: Given) -> None:
    acme = given(0)
    assert kinds(acme.say(b.cover(500, order_id="O1"))) == ["fact_waits"]
    assert answers(acme.say(b.order("O1", 500))) == ["order_released O1"]


def test_a_withdrawn_cover_still_bears_what_was_shipped_and_no_order_to_come(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-03-03"), b.cover(1_500), b.invoice(300), b.order("O1", 200), b.delivery(200))
    acme.say(b.order("O2", 900))
    assert net(acme) == (1_400, 0, 1_000)
    acme.say(b.cover_withdrawn("2025-03-04"))
    assert net(acme) == (500, 900, 100)
    acme.say(b.invoice(200, "I2", orders={"O1": 200}))
    assert net(acme)[0] == 500, "invoiced now, shipped before"
    acme.say(b.delivery(900, "O2", "D2"))
    assert net(acme) == (500, 900, 100), "shipped after"
    acme.say(b.payment(300))
    assert net(acme) == (200, 900, 100), "paid is no longer borne, and nothing new takes its place"
    acme.say(b.payment_reversed())
    assert net(acme)[0] == 200


def test_a_withdrawal_to_come_begins_with_its_day(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-03-03"), b.cover(1_500), b.cover_withdrawn("2025-03-06"))
    assert answers(acme.say(b.order("O1", 1_200))) == ["order_released O1"]
    assert acme.say(b.day_closed("2025-03-04")) == []
    assert answers(acme.say(b.day_closed("2025-03-05"))) == ["order_release_withdrawn O1"]


def test_a_withdrawal_dated_back_leaves_only_what_is_known_to_be_older(acme: Scenario) -> None:
    acme.say(b.cover(900), b.invoice(300, "I1", issued_on="2025-02-20"), b.invoice(400, "I2", issued_on="2025-03-01"))
    acme.say(b.cover_withdrawn("2025-02-25"))
    assert net(acme)[0] == 300


def test_goods_on_longer_terms_than_a_cover_covers_are_not_covered(acme: Scenario) -> None:
    acme.say(b.invoice(300, "I1", due_on="2025-04-02"), b.invoice(200, "I2", due_on="2025-06-01"))
    acme.say(b.cover(1_000, kind="insurance", max_net_days=60))
    assert net(acme)[0] == 300
    acme.say(b.invoice(100, "I3", due_on="2025-07-01"))
    assert net(acme) == (300, 300, 700)
    acme.say(b.invoice_amended("I3", due_on="2025-03-20"))
    assert net(acme)[0] == 400
    acme.say(b.payment(200, pays={"I2": 200}))
    assert net(acme) == (400, 0, 1_000)


def test_what_a_correction_of_the_cover_makes_of_open_invoices(acme: Scenario) -> None:
    acme.say(b.cover(1_000, max_net_days=60), b.invoice(200, "I2", due_on="2025-06-01"))
    assert net(acme)[0] == 0
    acme.say(b.cover(1_000, max_net_days=120, revision=2))
    assert net(acme)[0] == 200
    acme.say(b.payment(200), b.invoice(50, "I3"), b.cover(1_000, max_net_days=5, revision=3))
    assert net(acme)[0] == 0


def test_an_order_on_longer_terms_than_a_cover_covers_has_to_fit_the_limit_itself(acme: Scenario) -> None:
    acme.say(b.terms_set(120), b.cover(500, max_net_days=60))
    long, short = ({"kind": "open", "net_days": days} for days in (90, 60))
    assert codes(acme.say(b.order("O1", 1_001, terms=long))) == ["exposure_exceeds_limit"]
    assert answers(acme.say(b.order("O2", 1_500, terms=short))) == ["order_released O2"]
    assert net(acme) == (500, 1_000, 0)
    acme.say(b.amended("O2", terms=long))
    assert net(acme)[0] == 0
    acme.say(b.cover(500, max_net_days=90, revision=2), b.delivery(1_500, "O2"))
    assert net(acme)[0] == 500


def test_what_was_not_covered_is_not_when_the_cover_is_changed_or_withdrawn(acme: Scenario) -> None:
    acme.say(b.terms_set(120), b.cover(500, max_net_days=60))
    acme.say(b.order("O1", 400, terms={"kind": "open", "net_days": 90}), b.delivery(100))
    acme.say(b.cover(700, max_net_days=60, revision=2))
    assert net(acme)[0] == 0
    acme.say(b.cover_withdrawn("2025-03-03"))
    assert net(acme)[0] == 0


def test_a_deposit_frees_headroom_for_its_order_and_for_no_other(acme: Scenario) -> None:
    """Cash for one order is no cover of another, but what its order needs no longer is free again."""
    acme.say(b.invoice(900), b.order("O1", 500), b.order("O2", 150))
    assert acme.stands().waiting_count == 2
    assert answers(acme.say(b.payment(400, for_order_id="O1"))) == ["order_released O1"]
    assert acme.stands().headroom_minor == 0
    assert codes(acme.say(b.order("O3", 10))) == ["exposure_exceeds_limit"], "400 is tied to the first"
    freed = answers(acme.say(b.cancelled("O1")))
    assert freed == ["order_released O2", "order_released O3"], "now it pays what is due first"


def test_a_repeat_changes_nothing(acme: Scenario) -> None:
    acme.say(b.invoice(800), b.cover(500))
    length = len(acme.ledger)
    acme.say(b.cover(500))
    assert len(acme.ledger) == length
    assert codes(acme.say(b.cover(501))) == ["exists_with_different_content"]


def told(decisions: list[Any]) -> list[str]:
    """Return what is said of a cover's facts."""
    return [kind for kind in kinds(decisions) if kind == "not_yet_acted_on"]


def test_covers_are_acted_on(acme: Scenario) -> None:
    assert told(acme.say(b.cover(500), b.cover_withdrawn("2025-03-03"), b.cover_released())) == []
