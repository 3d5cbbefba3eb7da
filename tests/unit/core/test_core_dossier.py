"""The dossier: each field holds what was said last by its own date, whatever arrives late."""

from __future__ import annotations

import pytest

from projections.dossier import FIELDS_MAX, PERIODS_MAX, dossier_of
from projections.dossier_reports import EVENTS_MAX, REFERENCES_MAX, REPORTS_MAX
from projections.dossier_rows import Dossier
from tests import builders as b
from tests.builders import Said
from tests.scenario import Scenario, kinds


def dossier(scenario: Scenario) -> Dossier:
    """Return the account's dossier; it is known to have one."""
    found = dossier_of(scenario.partition.book, b.ACCOUNT)
    assert found is not None
    return found


FACTS = [
    b.dossier_updated(industry="steel"),
    b.joined("C2"),
    b.left("C2"),
    b.manager_assigned("lee"),
    b.financials("2024-12-31", {"revenue_minor": 1}),
    b.reference(),
    b.assessment("management", 4),
    b.bureau(700),
    b.adverse_event(),
    b.adverse_event_resolved(),
    b.grade_set("B"),
    b.reviewed(),
]


@pytest.mark.parametrize("fact", FACTS, ids=[fact.value["type"] for fact in FACTS])
def test_every_fact_about_the_account_is_acted_on(acme: Scenario, fact: Said) -> None:
    assert "not_yet_acted_on" not in kinds(acme.say(fact))


def test_the_opening_says_who_the_account_is(nobody: Scenario) -> None:
    party = {"party_id": "L1", "identifiers": [{"scheme": "lei", "value": "5299"}]}
    who = {"industry": "steel", "country": "DE", "segment": "key", "revenue_minor": 9, "employees": 7}
    nobody.say(b.account_opened(**who, parties=[party], manager_id="lee", relationship_since_on="2011-05-01"))
    found = dossier(nobody)
    assert (found.name, found.industry, found.country, found.segment) == ("Acme", "steel", "DE", "key")
    assert (found.revenue_minor, found.employees, found.manager_id) == (9, 7, "lee")
    assert (found.opened_on, found.relationship_since_on) == (b.DAY, "2011-05-01")
    assert [(one.party_id, one.identifiers) for one in found.parties] == [("L1", [("lei", "5299")])]


def test_an_update_changes_what_it_names_and_leaves_the_rest(acme: Scenario) -> None:
    acme.say(b.dossier_updated(industry="steel", country="DE"), b.dossier_updated(industry="wire", name="Acme Wire"))
    found = dossier(acme)
    assert (found.industry, found.country, found.name) == ("wire", "DE", "Acme Wire")
    assert acme.partition.book.account(b.ACCOUNT).name == "Acme Wire"  # type: ignore[union-attr]


def test_an_older_update_that_arrives_late_replaces_nothing_newer(acme: Scenario) -> None:
    acme.say(b.dossier_updated(industry="wire", updated_on="2025-04-01"))
    acme.say(b.dossier_updated(industry="steel", country="DE", updated_on="2025-03-20"))
    assert (dossier(acme).industry, dossier(acme).country) == ("wire", "DE")


def test_a_corrected_opening_does_not_undo_a_later_update(acme: Scenario) -> None:
    acme.say(b.dossier_updated(industry="wire", updated_on="2025-04-01"))
    acme.say(b.account_opened(revision=2, industry="steel", country="DE"))
    assert (dossier(acme).industry, dossier(acme).country) == ("wire", "DE")


def test_extra_fields_are_kept_changed_and_dropped_with_null(acme: Scenario) -> None:
    acme.say(b.dossier_updated(fields={"colour": "red", "vip": True}), b.dossier_updated(fields={"colour": None}))
    assert dossier(acme).fields == {"vip": True}


def test_so_many_extra_fields_are_kept_and_no_more(acme: Scenario) -> None:
    acme.say(b.dossier_updated(fields={f"f{number}": number for number in range(FIELDS_MAX + 5)}))
    assert len(dossier(acme).fields) == FIELDS_MAX
    assert f"f{FIELDS_MAX + 4}" in dossier(acme).fields


def test_the_manager_named_for_the_later_day_answers_for_the_account(acme: Scenario) -> None:
    acme.say(b.manager_assigned("lee", assigned_on="2025-04-01"), b.manager_assigned("kim", assigned_on="2025-03-10"))
    assert dossier(acme).manager_id == "lee"


def test_a_member_joins_leaves_and_joins_again(acme: Scenario) -> None:
    acme.say(b.joined("C2", joined_on="2025-01-01", name="Acme South"), b.left("C2", left_on="2025-02-01"))
    member = dossier(acme).members["C2"]
    assert [member.belongs_on(on) for on in ("2024-12-31", "2025-01-01", "2025-02-01")] == [False, True, False]
    acme.say(b.joined("C2", joined_on="2025-03-01"))
    member = dossier(acme).members["C2"]
    assert (member.name, member.belongs_on("2025-03-01")) == ("Acme South", True)


@pytest.mark.parametrize("turned", [False, True])
def test_joining_and_leaving_may_arrive_in_any_order(acme: Scenario, turned: bool) -> None:
    facts = [b.joined("C2", joined_on="2025-01-01"), b.left("C2", left_on="2025-02-01")]
    acme.say(*(reversed(facts) if turned else facts))
    member = dossier(acme).members["C2"]
    assert (member.joined_on, member.left_on) == ("2025-01-01", "2025-02-01")


def test_statements_are_kept_by_period_the_newest_eight(acme: Scenario) -> None:
    years = range(2010, 2010 + PERIODS_MAX + 2)
    acme.say(*(b.financials(f"{year}-12-31", {"revenue_minor": year}) for year in reversed(years)))
    kept = [one.period_end_on[:4] for one in dossier(acme).statements]
    assert kept == [str(year) for year in years][2:]


def test_a_later_filing_replaces_the_period_but_a_draft_no_audited_one(acme: Scenario) -> None:
    acme.say(b.financials("2024-12-31", {"revenue_minor": 1}), b.financials("2024-12-31", {"revenue_minor": 2}))
    acme.say(b.financials("2024-12-31", {"revenue_minor": 3}, audited=True))
    acme.say(b.financials("2024-12-31", {"revenue_minor": 4}))
    acme.say(b.financials("2024-12-31", {"revenue_minor": 9}, consolidated=True))
    assert [one.items["revenue_minor"] for one in dossier(acme).statements] == [3, 9]


def test_references_and_assessments_hold_by_their_own_dates(acme: Scenario) -> None:
    acme.say(
        b.reference("First Bank", "2025-03-02", rating="good"), b.reference("First Bank", "2025-01-02", rating="bad")
    )
    acme.say(b.reference("Steel Ltd", "2024-01-02", points=80), b.assessment("management", 4, "2025-03-01"))
    acme.say(b.assessment("management", 1, "2024-03-01"), b.assessment("site", 3, "2024-03-01"))
    found = dossier(acme)
    assert [(one.referee, one.rating) for one in found.references] == [("Steel Ltd", None), ("First Bank", "good")]
    assert [(one.subject, one.rating) for one in found.assessments] == [("management", 4), ("site", 3)]


def test_the_references_reported_last_are_kept(acme: Scenario) -> None:
    acme.say(*(b.reference(f"R{number:02}", f"2025-01-{number:02}") for number in range(1, REFERENCES_MAX + 4)))
    assert dossier(acme).references[0].referee == "R04"


def test_the_newest_report_of_each_provider_and_party_holds(acme: Scenario) -> None:
    acme.say(b.bureau(700, "2025-02-01"), b.bureau(400, "2025-01-01"), b.bureau(650, "2025-02-01", provider="south"))
    acme.say(b.bureau(300, "2025-02-01", party_id="L2"))
    found = dossier(acme).reports.values()
    assert [(one.provider, one.party_id, one.score) for one in found] == [
        ("north", None, 700),
        ("south", None, 650),
        ("north", "L2", 300),
    ]


def test_the_report_before_is_kept_to_see_the_change_even_if_it_arrives_late(acme: Scenario) -> None:
    acme.say(b.bureau(700, "2025-02-01"), b.bureau(900, "2024-01-01"), b.bureau(800, "2025-01-01"))
    (report,) = dossier(acme).reports.values()
    assert report.before == (800, 0, 1_000, "2025-01-01")
    acme.say(b.bureau(710, "2025-02-01"))
    (report,) = dossier(acme).reports.values()
    assert (report.score, report.before) == (710, (800, 0, 1_000, "2025-01-01"))
    acme.say(b.bureau(500, "2025-03-01"))
    (report,) = dossier(acme).reports.values()
    assert report.before == (710, 0, 1_000, "2025-02-01")


def test_of_too_many_reports_the_oldest_is_let_go(acme: Scenario) -> None:
    facts = [b.bureau(500, f"2025-01-{number % 28 + 1:02}", party_id=f"L{number}") for number in range(REPORTS_MAX)]
    acme.say(b.bureau(500, "2024-01-01"), *facts)
    assert len(dossier(acme).reports) == REPORTS_MAX
    assert all(one.party_id is not None for one in dossier(acme).reports.values())


def open_events(scenario: Scenario) -> list[str]:
    """Return the kinds of the events that are not over."""
    return [one.event for one in dossier(scenario).adverse_events if one.is_open()]


def test_an_adverse_event_is_open_until_it_is_resolved(acme: Scenario) -> None:
    acme.say(b.adverse_event("lien", "2025-02-01"), b.adverse_event("judgment", "2025-02-02"))
    assert open_events(acme) == ["lien", "judgment"]
    acme.say(b.adverse_event_resolved("lien", "2025-03-01"))
    assert open_events(acme) == ["judgment"]


def test_a_resolution_ends_the_event_of_its_id_even_if_it_arrives_first(acme: Scenario) -> None:
    acme.say(b.adverse_event_resolved("lien", "2025-03-01", event_id="E1"))
    acme.say(b.adverse_event("lien", "2025-02-01", event_id="E1"), b.adverse_event("lien", "2025-02-01", event_id="E2"))
    assert [(one.event_id, one.is_open()) for one in dossier(acme).adverse_events] == [("E1", False), ("E2", True)]


def test_a_resolution_ends_nothing_that_was_reported_after_it(acme: Scenario) -> None:
    acme.say(b.adverse_event("lien", "2025-02-01"), b.adverse_event_resolved("lien", "2025-01-15"))
    assert open_events(acme) == ["lien"]


def test_an_event_reported_again_after_its_resolution_is_open_again(acme: Scenario) -> None:
    acme.say(b.adverse_event("lien", "2025-01-01", event_id="E1"))
    acme.say(b.adverse_event_resolved("lien", "2025-02-01", event_id="E1"))
    acme.say(b.adverse_event("lien", "2025-03-01", event_id="E1"))
    assert open_events(acme) == ["lien"]


def test_open_events_outlast_those_that_are_over(acme: Scenario) -> None:
    acme.say(b.adverse_event("lien", "2020-01-01"))
    for number in range(EVENTS_MAX + 1):
        on = f"2021-01-{number % 28 + 1:02}"
        acme.say(b.adverse_event("judgment", on, event_id=f"E{number}"))
        acme.say(b.adverse_event_resolved("judgment", on, event_id=f"E{number}"))
    assert len(dossier(acme).adverse_events) == EVENTS_MAX
    assert open_events(acme) == ["lien"]


def test_the_last_review_and_the_next_one_are_known(acme: Scenario) -> None:
    acme.say(b.reviewed("2025-03-01", next_review_on="2025-09-01"), b.reviewed("2024-03-01"))
    assert (dossier(acme).reviewed_on, dossier(acme).next_review_on) == ("2025-03-01", "2025-09-01")
