"""The longest terms an account is granted: the desk's while they last, else the dossier's, else its grade's."""

from typing import Any

from tests import builders as b
from tests.scenario import Scenario, kinds


def told(decisions: list[Any]) -> list[tuple[int | None, str]]:
    """Return the changes of terms among the decisions."""
    return [(found.net_days, found.cause) for found in decisions if kinds([found]) == ["terms_changed"]]


def test_the_desk_grants_terms_and_takes_them_back(acme: Scenario) -> None:
    assert told(acme.say(b.terms_set(60))) == [(60, "desk")]
    assert acme.stands().net_days == 60
    assert told(acme.say(b.terms_set(60))) == [], "the same again changes nothing"
    assert told(acme.say(b.terms_set())) == [(None, "lapsed")]


def test_terms_for_some_days_lapse_by_themselves(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-03-03"), b.terms_set(90, valid_until="2025-03-05"))
    assert told(acme.say(b.day_closed("2025-03-04"))) == []
    assert told(acme.say(b.day_closed("2025-03-05"))) == [(None, "lapsed")]


def test_terms_that_are_over_when_they_are_set_grant_nothing(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-03-31"))
    assert told(acme.say(b.terms_set(90, valid_until="2025-03-05"))) == []


def test_days_of_cash_on_delivery_are_terms_too(acme: Scenario) -> None:
    assert told(acme.say(b.terms_set(0))) == [(0, "desk")]
