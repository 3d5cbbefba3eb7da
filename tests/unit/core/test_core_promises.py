"""Promises to pay: kept by what was received by their day, broken when that day's cash is booked without it."""

import pytest

from schemas.decisions import AnyDecision, PromiseSettled
from tests import builders as b
from tests.scenario import Scenario, alerts, with_limit


@pytest.fixture
def owing() -> Scenario:
    """Return an account that owes 1,000 and has promised 600 of it by the 10th of April."""
    scenario = with_limit(100_000)
    scenario.say(b.day_closed("2025-03-31"), b.invoice(1_000, due_on="2025-12-31"), b.promised(600, "2025-04-10"))
    return scenario


def settled(decisions: list[AnyDecision]) -> list[str]:
    """Return which promises were settled, and how."""
    return [f"{found.promise_id} {found.outcome}" for found in decisions if isinstance(found, PromiseSettled)]


def test_a_promise_is_kept_once_payments_since_reach_it(owing: Scenario) -> None:
    assert settled(owing.say(b.payment(350, "P1"))) == []
    assert settled(owing.say(b.payment(250, "P2"))) == ["R1 kept"]
    assert alerts(owing.say(b.day_closed("2025-04-10"))) == []
    owing.prove()


def test_a_promise_is_broken_when_the_day_after_its_own_is_closed_and_the_amount_has_not_come(owing: Scenario) -> None:
    owing.say(b.payment(599))
    assert settled(owing.say(b.day_closed("2025-04-09"), b.day_closed("2025-04-10"))) == []
    decisions = owing.say(b.day_closed("2025-04-11"))
    assert settled(decisions) == ["R1 broken"]
    assert next(found.received_minor for found in decisions if isinstance(found, PromiseSettled)) == 599
    assert alerts(decisions) == ["raised broken_promises notice"]
    assert settled(owing.say(b.payment(1, "P2", received_on="2025-04-11"), b.day_closed("2025-04-12"))) == []
    owing.prove()


def test_cash_of_the_promised_day_booked_the_next_morning_keeps_the_promise(owing: Scenario) -> None:
    owing.say(b.day_closed("2025-04-10"))
    assert settled(owing.say(b.payment(600, received_on="2025-04-10"))) == ["R1 kept"]
    assert alerts(owing.say(b.day_closed("2025-04-11"))) == []
    owing.prove()


def test_cash_of_the_day_after_comes_too_late_though_the_promise_is_not_judged_yet(owing: Scenario) -> None:
    owing.say(b.day_closed("2025-04-10"))
    assert settled(owing.say(b.payment(600, received_on="2025-04-11"))) == []
    assert settled(owing.say(b.day_closed("2025-04-11"))) == ["R1 broken"]
    owing.prove()


def test_a_broken_promise_is_kept_after_all_when_its_cash_is_booked_days_later(owing: Scenario) -> None:
    owing.say(b.promised(300, "2025-04-10", "R2"))
    assert settled(owing.say(b.day_closed("2025-04-11"))) == ["R1 broken", "R2 broken"]
    decisions = owing.say(b.payment(600, received_on="2025-04-10"))
    assert settled(decisions) == ["R1 kept", "R2 kept"]
    assert alerts(decisions) == ["cleared broken_promises warning"]
    owing.prove()


def test_a_kept_promise_is_broken_when_its_payment_bounces_after_its_day(owing: Scenario) -> None:
    owing.say(b.payment(600), b.day_closed("2025-04-20"))
    decisions = owing.say(b.payment_reversed())
    assert settled(decisions) == ["R1 broken"]
    assert alerts(decisions) == ["raised broken_promises notice"]
    owing.prove()


def test_a_kept_promise_is_open_again_when_its_payment_bounces_before_its_day_is_over(owing: Scenario) -> None:
    owing.say(b.payment(600))
    assert settled(owing.say(b.payment_reversed())) == ["R1 reopened"]
    assert settled(owing.say(b.day_closed("2025-04-10"))) == []
    assert settled(owing.say(b.day_closed("2025-04-11"))) == ["R1 broken"]
    owing.prove()


def test_a_promise_that_is_open_again_may_be_kept_again(owing: Scenario) -> None:
    owing.say(b.payment(600), b.payment_reversed())
    assert settled(owing.say(b.payment(600, "P2", received_on="2025-04-10"))) == ["R1 kept"]
    owing.prove()


def test_a_kept_promise_stays_so_when_what_came_too_late_or_is_not_needed_bounces(owing: Scenario) -> None:
    owing.say(b.payment(600), b.payment(50, "P2"), b.day_closed("2025-04-20"))
    owing.say(b.payment(700, "P3", received_on="2025-04-15"))
    assert settled(owing.say(b.payment_reversed("P2"), b.payment_reversed("P3"))) == []
    owing.prove()


def test_a_payment_corrected_to_a_later_day_breaks_the_promise_it_kept(owing: Scenario) -> None:
    owing.say(b.payment(600), b.day_closed("2025-04-20"))
    assert settled(owing.say(b.payment(600, received_on="2025-04-12", revision=2))) == ["R1 broken"]
    owing.prove()


def test_a_payment_that_bounces_a_year_after_the_promise_was_kept_changes_it_no_more(owing: Scenario) -> None:
    owing.say(b.payment(600), b.day_closed("2026-04-20"))
    assert settled(owing.say(b.payment_reversed())) == []
    owing.prove()


def test_the_id_of_a_settled_promise_may_be_used_again_and_what_was_settled_stays(owing: Scenario) -> None:
    owing.say(b.payment(600), b.day_closed("2025-04-20"), b.promised(100, "2025-05-01"))
    assert settled(owing.say(b.payment_reversed())) == []
    assert settled(owing.say(b.payment(100, "P2"))) == ["R1 kept"]
    owing.prove()


def test_money_that_was_there_before_keeps_no_promise() -> None:
    acme = with_limit(100_000)
    acme.say(b.day_closed("2025-03-31"), b.payment(600), b.promised(600, "2025-04-10"))
    assert settled(acme.say(b.day_closed("2025-04-11"))) == ["R1 broken"]
    acme.prove()


def test_money_that_was_there_before_takes_nothing_from_a_promise_when_it_bounces(owing: Scenario) -> None:
    owing.say(b.payment(500), b.promised(300, "2025-04-10", "R2"))
    assert settled(owing.say(b.payment_reversed())) == []
    assert settled(owing.say(b.payment(300, "P2"))) == ["R2 kept"]
    owing.prove()


def test_money_advised_before_a_promise_counts_when_it_clears_and_no_more_when_it_bounces(owing: Scenario) -> None:
    owing.say(b.payment(300, status="advised"), b.promised(300, "2025-04-10", "R2"))
    assert settled(owing.say(b.payment_cleared())) == ["R2 kept"]
    assert settled(owing.say(b.payment_reversed())) == ["R2 reopened"]
    owing.prove()


def test_advised_money_counts_when_it_has_cleared(owing: Scenario) -> None:
    assert settled(owing.say(b.payment(600, status="advised"))) == []
    assert settled(owing.say(b.payment_cleared())) == ["R1 kept"]
    owing.prove()


def test_a_payment_that_bounced_counts_no_more(owing: Scenario) -> None:
    owing.say(b.payment(500, "P1"), b.payment_reversed("P1"))
    assert settled(owing.say(b.payment(599, "P2"))) == []
    assert settled(owing.say(b.payment(1, "P3"))) == ["R1 kept"]
    owing.prove()


def test_a_corrected_payment_counts_as_corrected(owing: Scenario) -> None:
    owing.say(b.payment(599))
    assert settled(owing.say(b.payment(600, revision=2))) == ["R1 kept"]


def test_only_money_in_its_currency_counts(owing: Scenario) -> None:
    owing.say(b.rates_set(USD="1"))
    assert settled(owing.say(b.payment(600, currency="USD"))) == []


def test_a_promise_may_be_changed_while_it_is_open_and_keeps_what_has_come(owing: Scenario) -> None:
    owing.say(b.payment(400), b.promised(700, "2025-04-20"))
    assert settled(owing.say(b.day_closed("2025-04-11"))) == []
    assert settled(owing.say(b.payment(300, "P2"))) == ["R1 kept"]
    owing.prove()


def test_a_promise_moved_to_a_later_day_counts_what_was_received_up_to_that_day(owing: Scenario) -> None:
    owing.say(b.day_closed("2025-04-10"))
    assert settled(owing.say(b.payment(600, received_on="2025-04-11"))) == []
    assert settled(owing.say(b.promised(600, "2025-04-20"))) == ["R1 kept"]
    owing.prove()


def about_promises(decisions: list[AnyDecision]) -> list[str]:
    """Return the alerts about broken promises: the policy takes measures too."""
    return [told for told in alerts(decisions) if "broken_promises" in told]


def test_more_broken_promises_make_it_worse_and_a_year_later_they_are_forgotten(owing: Scenario) -> None:
    owing.say(b.promised(500, "2025-04-12", "R2"), b.promised(500, "2025-04-14", "R3"))
    assert about_promises(owing.say(b.day_closed("2025-04-11"))) == ["raised broken_promises notice"]
    assert about_promises(owing.say(b.day_closed("2025-04-13"))) == ["escalated broken_promises warning"]
    assert about_promises(owing.say(b.day_closed("2025-04-15"))) == ["escalated broken_promises critical"]
    owing.say(b.payment(1_000, received_on="2025-04-16"))
    assert about_promises(owing.say(b.day_closed("2026-05-31"))) == ["cleared broken_promises critical"]
    owing.prove()


def test_a_promise_for_a_day_before_it_was_made_is_refused_and_not_broken(owing: Scenario) -> None:
    (refused,) = owing.say(b.promised(100, "2025-03-02", "R2"))
    assert refused.code == "period_ends_before_it_begins"
    assert settled(owing.say(b.day_closed("2025-04-01"))) == []
    owing.prove()
