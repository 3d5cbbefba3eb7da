"""The whole book comes back at a day's close: concentration, the same party twice, a cover promised twice."""

from typing import Any

import pytest

from schemas.decisions import AlertRaised
from tests import builders as b
from tests.scenario import Scenario, alerts, with_limit
from tests.unit.core.test_core_early_warning import lines
from tests.unit.core.test_core_headroom import policy

ACME = "ACME"


def about_the_book(decisions: list[Any]) -> list[str]:
    """Return the alerts that follow from the book."""
    causes = ("concentration", "shared_party", "cover_overcommitted")
    return [told for told in alerts(decisions) if told.split()[1] in causes]


@pytest.fixture
def selling() -> Scenario:
    """Return an account that owes 1,000, and the lines of concentration: 10 % and 20 % of the book."""
    scenario = with_limit(1_000_000)
    scenario.say(policy(warnings={"concentration": lines((1_000, "notice"), (2_000, "critical"), clear_below=100)}))
    scenario.say(b.day_closed("2025-03-31"), b.invoice(1_000, due_on="2025-12-31"))
    return scenario


def test_a_large_share_of_the_book_warns_escalates_and_clears(selling: Scenario) -> None:
    large = {"large_account_ids": [ACME]}
    assert about_the_book(selling.say(b.book_totalled("2025-03-31", 10_100, **large))) == []
    assert about_the_book(selling.say(b.book_totalled("2025-04-01", 8_000, **large))) == ["raised concentration notice"]
    assert about_the_book(selling.say(b.book_totalled("2025-04-02", 4_000, **large))) == [
        "escalated concentration critical"
    ]
    assert about_the_book(selling.say(b.book_totalled("2025-04-03", 10_500, **large))) == []
    assert about_the_book(selling.say(b.book_totalled("2025-04-04", 20_000))) == ["cleared concentration critical"]
    assert about_the_book(selling.say(b.book_totalled("2025-04-05", 20_000))) == []
    selling.prove()


def test_only_accounts_that_the_book_names_are_looked_at(selling: Scenario) -> None:
    selling.say(b.account_opened(account_id="OTHER"), b.order("O1", 5, account_id="OTHER"))
    length = len(selling.ledger)
    selling.say(b.book_totalled("2025-03-31", 8_000, large_account_ids=[ACME, "ELSEWHERE"]))
    assert len(selling.ledger) == length + 2, "the totals, and the one account"
    selling.say(b.book_totalled("2025-04-01", 20_000), b.book_totalled("2025-04-02", 20_000))
    assert len(selling.ledger) == length + 5, "it is looked at once more when it is named no longer"


def test_the_same_day_told_again_leaves_no_trace(selling: Scenario) -> None:
    selling.say(b.book_totalled("2025-04-01", 8_000, large_account_ids=[ACME]))
    length = len(selling.ledger)
    selling.say(b.book_totalled("2025-04-01", 500, large_account_ids=[ACME]), b.book_totalled("2025-03-31", 500))
    assert len(selling.ledger) == length
    selling.prove()


def test_a_book_in_another_currency_is_valued(selling: Scenario) -> None:
    selling.say(b.rates_set(USD="2"))
    told = selling.say(b.book_totalled("2025-04-01", 9_000, currency="USD", large_account_ids=[ACME]))
    assert about_the_book(told) == ["raised concentration critical"]


def test_a_party_that_another_account_has_too_warns_until_it_has_not(selling: Scenario) -> None:
    shared = [{"id": "vat/DE1", "account_ids": [ACME, "B"]}]
    decisions = selling.say(b.book_totalled("2025-04-01", 10**9, shared_parties=shared))
    assert about_the_book(decisions) == ["raised shared_party notice"]
    assert next(found.subject for found in decisions if isinstance(found, AlertRaised)) == "vat/DE1"
    assert about_the_book(selling.say(b.book_totalled("2025-04-02", 10**9, shared_parties=shared))) == []
    assert about_the_book(selling.say(b.book_totalled("2025-04-03", 10**9))) == ["cleared shared_party notice"]
    selling.prove()


def test_a_shared_party_that_a_person_accepted_is_not_raised_every_day(selling: Scenario) -> None:
    shared = [{"id": "vat/DE1", "account_ids": [ACME, "B"]}]
    (raised,) = [
        found
        for found in selling.say(b.book_totalled("2025-04-01", 10**9, shared_parties=shared))
        if isinstance(found, AlertRaised)
    ]
    selling.say(b.alert_closed(raised.alert_id))
    assert about_the_book(selling.say(b.book_totalled("2025-04-02", 10**9, shared_parties=shared))) == []
    selling.prove()


def test_a_cover_of_which_more_is_claimed_than_there_is_warns_in_each_account(selling: Scenario) -> None:
    shared = [{"id": "G-1", "account_ids": [ACME, "B"], "split_bp": 15_000}]
    decisions = selling.say(b.book_totalled("2025-04-01", 10**9, shared_covers=shared))
    assert about_the_book(decisions) == ["raised cover_overcommitted warning"]
    (raised,) = [found for found in decisions if isinstance(found, AlertRaised)]
    assert (raised.subject, raised.found, raised.line) == ("G-1", 15_000, 10_000)
    selling.prove()


def test_an_exposure_names_what_other_accounts_may_have_too() -> None:
    acme = Scenario()
    registered = {"party_id": "P1", "identifiers": [{"scheme": "vat", "value": "DE1"}]}
    acme.say(b.account_opened(parties=[registered, {"party_id": "P2"}]))
    (exposure,) = acme.partition.exposures(0)
    assert exposure.parties == ("vat/DE1", "party/P2")
