"""What people do with alerts: seen, assigned, snoozed until a day, closed with a reason."""

from typing import Any

import pytest

from schemas.decisions import AlertCleared, AlertHandled, AlertRaised, AlertResumed
from tests import builders as b
from tests.scenario import Scenario, alerts, codes, with_limit
from tests.unit.core.test_core_early_warning import lines, watching


@pytest.fixture
def alerted() -> Scenario:
    """Return an account with an open notice on the limit used: 60 % of it, with lines at 50 and 80 %."""
    scenario = with_limit(1_000)
    scenario.say(watching(utilisation=lines((5_000, "notice"), (8_000, "warning"), clear_below=1_000)))
    scenario.say(b.day_closed("2025-03-31"))
    assert alerts(scenario.say(b.invoice(600, due_on="2025-06-30"))) == ["raised utilisation notice"]
    return scenario


def test_who_has_seen_an_alert_and_whose_it_is_are_told(alerted: Scenario) -> None:
    (seen,) = alerted.say(b.acknowledged())
    (given,) = alerted.say(b.assigned("kai"))
    assert isinstance(seen, AlertHandled) and isinstance(given, AlertHandled)
    assert (seen.did, seen.actor, seen.owner) == ("acknowledged", "kim", None)
    assert (given.did, given.actor, given.owner) == ("assigned", "kim", "kai")
    assert (given.cause, given.level, given.found, given.line) == ("utilisation", "notice", 6_000, 5_000)
    alerted.prove()


@pytest.mark.parametrize("handled", [b.acknowledged, b.alert_closed, lambda **seen: b.snoozed("2025-04-10", **seen)])
def test_an_alert_that_got_graver_than_was_seen_is_not_put_away(alerted: Scenario, handled: Any) -> None:
    alerted.say(b.invoice(250, "I2", due_on="2025-06-30"))
    assert codes(alerted.say(handled(seen_level="notice"))) == ["moved_on"]
    (done,) = alerted.say(handled(seen_level="critical"))
    assert isinstance(done, AlertHandled) and done.level == "warning"
    alerted.prove()


def test_an_owner_stays_when_the_alert_escalates(alerted: Scenario) -> None:
    alerted.say(b.assigned("kai"), b.invoice(250, "I2"))
    (seen,) = alerted.say(b.acknowledged())
    assert isinstance(seen, AlertHandled) and (seen.level, seen.owner) == ("warning", "kai")


def test_a_snoozed_alert_is_quiet_until_its_day_and_then_speaks_if_its_cause_holds(alerted: Scenario) -> None:
    (snoozed,) = alerted.say(b.snoozed("2025-04-10"))
    assert isinstance(snoozed, AlertHandled) and snoozed.snoozed_until == "2025-04-10"
    assert alerts(alerted.say(b.day_closed("2025-04-08"))) == []
    (resumed,) = alerted.say(b.day_closed("2025-04-09"))
    assert isinstance(resumed, AlertResumed)
    assert (resumed.alert_id, resumed.snoozed_until, resumed.found) == ("ACME/1", None, 6_000)
    assert alerts(alerted.say(b.day_closed("2025-04-10"))) == []
    alerted.prove()


def test_a_graver_level_speaks_through_a_snooze_and_ends_it(alerted: Scenario) -> None:
    alerted.say(b.snoozed("2025-04-10"))
    (escalated,) = alerted.say(b.invoice(250, "I2", due_on="2025-06-30"))
    assert (escalated.level, escalated.snoozed_until) == ("warning", None)
    assert alerts(alerted.say(b.day_closed("2025-04-09"))) == []
    alerted.prove()


def test_what_happens_during_a_snooze_is_recorded_as_quiet(alerted: Scenario) -> None:
    alerted.say(b.snoozed("2025-04-10"))
    (cleared,) = alerted.say(b.payment(600))
    assert isinstance(cleared, AlertCleared) and cleared.snoozed_until == "2025-04-10"
    (raised,) = alerted.say(b.invoice(600, "I2", due_on="2025-06-30"))
    assert isinstance(raised, AlertRaised) and raised.snoozed_until == "2025-04-10"
    (resumed,) = alerted.say(b.day_closed("2025-04-09"))
    assert isinstance(resumed, AlertResumed) and resumed.alert_id == "ACME/2"
    alerted.prove()


def test_a_cause_that_comes_back_graver_than_what_was_snoozed_is_not_quiet(alerted: Scenario) -> None:
    alerted.say(b.snoozed("2025-04-10"), b.payment(600))
    (raised,) = alerted.say(b.invoice(900, "I2", due_on="2025-06-30"))
    assert (raised.level, raised.snoozed_until) == ("warning", None)


def test_a_snooze_until_a_day_that_has_come_makes_nothing_quiet(alerted: Scenario) -> None:
    (snoozed,) = alerted.say(b.snoozed("2025-04-01"))
    assert isinstance(snoozed, AlertHandled) and snoozed.snoozed_until is None
    assert alerts(alerted.say(b.day_closed("2025-04-01"))) == []


def test_a_closed_alert_stays_closed_while_its_number_stands_where_it_stood(alerted: Scenario) -> None:
    (closed,) = alerted.say(b.alert_closed())
    assert isinstance(closed, AlertHandled) and (closed.did, closed.combined_level) == ("closed", None)
    assert alerted.stands().combined_level is None
    assert alerts(alerted.say(b.invoice(50, "I2"))) == []
    alerted.prove()


def test_a_closed_alert_speaks_again_at_a_graver_level(alerted: Scenario) -> None:
    alerted.say(b.alert_closed())
    (escalated,) = alerted.say(b.invoice(250, "I2", due_on="2025-06-30"))
    assert (escalated.alert_id, escalated.level, escalated.combined_level) == ("ACME/1", "warning", "warning")
    assert alerts(alerted.say(b.acknowledged())) == ["handled utilisation warning"]
    alerted.prove()


def test_a_closed_alert_is_told_as_cleared_when_its_cause_goes_and_a_new_one_may_come(alerted: Scenario) -> None:
    alerted.say(b.alert_closed())
    assert alerts(alerted.say(b.payment(600))) == ["cleared utilisation notice"]
    (raised,) = alerted.say(b.invoice(600, "I2", due_on="2025-06-30"))
    assert (raised.alert_id, raised.level) == ("ACME/2", "notice")
    alerted.prove()


def test_a_closed_alert_about_one_document_is_over(alerted: Scenario) -> None:
    """What happened has no number that could clear: the next contradiction is another alert."""
    alerted.say(b.invoice(601, due_on="2025-06-30"), b.alert_closed("ACME/2"))
    again = alerts(alerted.say(b.invoice(602, due_on="2025-06-30")))
    assert again == ["raised fact_contradicts warning"]
    alerted.prove()


@pytest.mark.parametrize("alert_id", ["ACME/2", "ACME/0", "OTHER/1", "ACME", "ACME/x", "ACME/1/1"])
def test_an_alert_that_was_never_raised_is_not_known(alerted: Scenario, alert_id: str) -> None:
    assert codes(alerted.say(b.acknowledged(alert_id))) == ["alert_unknown"]
    alerted.prove()


def test_an_alert_that_is_closed_or_cleared_needs_nobody(alerted: Scenario) -> None:
    alerted.say(b.alert_closed())
    assert codes(alerted.say(b.snoozed("2025-04-10"))) == ["alert_is_closed"]
    alerted.say(b.payment(600))
    assert codes(alerted.say(b.alert_closed())) == ["alert_is_closed"]
    alerted.prove()
