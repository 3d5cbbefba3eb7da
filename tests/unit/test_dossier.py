"""The dossier as read from a ledger: what is known, what follows from it, and who said each field when."""

from __future__ import annotations

import io
import re
from string import Formatter
from typing import Any, get_args

import msgspec
import pytest
from rich.console import Console

from projections.financials import ITEMS as ITEMS_READ
from projections.financials import RATIOS
from schemas.decisions import Status
from schemas.ledger import decode_entry, encode_entry
from streams.commands.dossier_sheets import print_dossier, print_history
from streams.commands.dossier_words import LANGUAGES, Language
from streams.dossiers import DossierFold, Moment, is_within
from tests import builders as b
from tests.scenario import Scenario
from tests.unit.core.test_core_financials import WORKED

ITEM_NAMES = set(ITEMS_READ)
ITEMS = {**WORKED, "goodwill_minor": 7}


@pytest.fixture(scope="module")
def told() -> Scenario:
    """An account of which a lot is known, beside another one and a closed day."""
    scenario = Scenario()
    party = {"party_id": "L1", "identifiers": [{"scheme": "lei", "value": "5299"}]}
    scenario.say(b.account_opened(account_id="OTHER"), b.account_opened(industry="steel", parties=[party]))
    scenario.say(b.limit_set(100_000), b.limit_set(5, account_id="OTHER"), b.manager_assigned("lee"))
    scenario.say(b.dossier_updated(industry="wire", country="DE", fields={"colour": "red"}))
    scenario.say(b.joined("C2", name="Acme South"), b.left("C2", left_on="2025-03-09"))
    scenario.say(b.financials("2023-12-31", {**ITEMS, "current_assets_minor": 300}), b.financials("2024-12-31", ITEMS))
    scenario.say(b.financials("2025-01-31", {"revenue_minor": 1}, consolidated=True))
    scenario.say(b.reference(points=80), b.assessment("management", 4), b.bureau(700), b.bureau(650, "2025-03-04"))
    scenario.say(b.adverse_event("lien", event_id="E1"), b.adverse_event_resolved("lien", event_id="E1"))
    scenario.say(b.invoice(900, due_on="2025-03-10"), b.payment(900, received_on="2025-03-20"))
    scenario.say(b.cover(500), b.reviewed(next_review_on="2025-09-01"))
    scenario.say(b.grade_set("A", valid_until="2025-03-31"), b.day_closed("2025-03-31"))
    return scenario


def folded(scenario: Scenario, account_id: str = b.ACCOUNT, *, with_history: bool = False) -> DossierFold:
    """Return the fold of a scenario's ledger for one account."""
    fold = DossierFold(0, 1, "credit", account_id, with_history=with_history)
    for offset, outcome in enumerate(scenario.ledger):
        fold.feed(offset, outcome.value)
    return fold


def view(scenario: Scenario, account_id: str = b.ACCOUNT) -> dict[str, Any]:
    """Return the dossier of an account that is known."""
    found = folded(scenario, account_id).view()
    assert found is not None
    return found


def test_the_view_holds_what_was_said_and_what_follows(told: Scenario) -> None:
    found = view(told)
    identity = found["identity"]
    assert (identity["industry"], identity["country"], identity["manager_id"]) == ("wire", "DE", "lee")
    assert identity["parties"] == [{"party_id": "L1", "identifiers": [{"scheme": "lei", "value": "5299"}]}]
    assert identity["fields"] == {"colour": "red"}
    assert found["members"][0]["left_on"] == "2025-03-09"
    report = found["bureau"]["reports"][0]
    assert (report["points"], report["points_before"], report["age_days"]) == (650, 700, 28)
    assert found["adverse_events"][0]["open"] is False
    assert found["behaviour"]["delay_lately_centidays"] == 1_000
    assert found["behaviour"]["sold_minor_by_month"]["2025-03"] == 900
    assert found["covers"][0]["value"] == 500
    assert found["standing"]["highest_exposure_minor"] == 900
    assert found["reviews"] == {"reviewed_on": b.DAY, "next_review_on": "2025-09-01"}
    assert found["on"] == "2025-04-01"


def test_the_view_tells_why_the_grade_is_what_it_is(told: Scenario) -> None:
    grade = view(told)["grade"]
    scorecard = {"code": "scorecard", "points": 592, "at_least_points": 530, "better_at_least_points": 605}
    assert (grade["grade"], grade["because"]) == ("C", [scorecard, {"code": "score_without_model"}])


def test_the_view_is_json(told: Scenario) -> None:
    assert msgspec.json.decode(msgspec.json.encode(view(told))) == msgspec.to_builtins(view(told))


def test_a_measure_that_was_taken_is_in_the_view_and_in_the_history(told: Scenario) -> None:
    (measure,) = view(told)["measures"]
    taken = history(told, f"measures.{measure['name']}.taken_on")
    assert [(moment.new, moment.fact) for moment in taken] == [(measure["taken_on"], "adverse_event_reported")]
    assert measure["name"] in printed(told, "en")


def test_who_set_the_limit_is_told(told: Scenario) -> None:
    assert view(told)["limit"]["set_by"] == "desk"
    assert "a person" in printed(told, "en")


def test_another_account_leaves_no_trace(told: Scenario) -> None:
    found = view(told, "OTHER")
    assert (found["identity"]["industry"], found["standing"]["limit_minor"], found["members"]) == (None, 5, [])
    assert {moment.seq for moment in folded(told, "OTHER", with_history=True).history} == {0, 3}


def test_an_account_that_no_fact_named_has_no_dossier(told: Scenario) -> None:
    assert folded(told, "NOBODY").view() is None


def history(scenario: Scenario, *fields: str) -> list[Moment]:
    """Return the history of some fields, or of all."""
    return [one for one in folded(scenario, with_history=True).history if is_within(one, fields)]


def test_history_tells_each_change_with_its_place_and_source(told: Scenario) -> None:
    first, second = history(told, "industry")
    assert (first.old, first.new, first.fact) == (None, "steel", "account_opened")
    assert (second.old, second.new, second.fact, second.ce_source) == ("steel", "wire", "dossier_updated", "crm")
    entry = decode_entry(told.ledger[second.seq].value)
    assert (entry.account_id, entry.at_ms) == (b.ACCOUNT, second.at_ms)
    assert second.source.startswith("credit.dossiers.v1/0/")


def test_history_tells_who_decided_and_what_lapsed_by_itself(told: Scenario) -> None:
    first, _, scored, adverse, by_desk, lapsed = history(told, "grade")
    assert (first.old, first.new, first.fact) == (None, "C", "financials_filed")
    assert (scored.new, scored.fact) == ("C", "bureau_reported"), "interim statements without a balance say nothing"
    assert (adverse.new, adverse.fact) == ("E", "adverse_event_reported")
    assert (by_desk.new, by_desk.fact, by_desk.actor, by_desk.reason) == ("A", "grade_set", "kim", "asked")
    assert (lapsed.new, lapsed.fact, lapsed.actor) == ("C", "account_swept", None)


def test_history_names_fields_inside_what_is_named(told: Scenario) -> None:
    names = {moment.field for moment in history(told, "members", "statements.2025-01-31/consolidated", "covers")}
    assert {"members.C2.name", "members.C2.joined_on", "members.C2.left_on"} <= names
    assert "statements.2025-01-31/consolidated.items.revenue_minor" in names
    assert any(name.startswith("covers.") and name.endswith(".value") for name in names)
    assert not any(name.startswith("statements.2024") for name in names)


def test_history_ends_where_the_dossier_stands(told: Scenario) -> None:
    last = {moment.field: moment.new for moment in history(told)}
    assert (last["industry"], last["members.C2.left_on"], last["granted_net_days"]) == (
        "wire",
        "2025-03-09",
        view(told)["standing"]["granted_net_days"],
    )
    assert last["reports.north.score"] == 650


def test_records_of_a_second_writer_are_passed_over(told: Scenario) -> None:
    void = encode_entry(msgspec.structs.replace(decode_entry(told.ledger[2].value), prev="f" * 64))
    fold = DossierFold(0, 1, "credit", b.ACCOUNT)
    for offset, outcome in enumerate(told.ledger):
        fold.feed(2 * offset, outcome.value)
        fold.feed(2 * offset + 1, void)
    assert fold.view() == view(told)


def printed(scenario: Scenario, language: Language) -> str:
    """Return a dossier and its history as they are printed."""
    console = Console(file=io.StringIO(), width=240, highlight=False)
    print_dossier(console, view(scenario), LANGUAGES[language])
    print_history(console, history(scenario), LANGUAGES[language])
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            [
                "industry",
                "wire",
                "592 / 1000",
                "592 points of 1000",
                "asked: at least 530",
                "current ratio",
                "Altman",
                "goodwill",
            ],
        ),
        ("zh", ["行业", "wire", "评分卡 592 分", "要求不低于 530", "流动比率", "Altman 模型", "变更历史"]),
    ],
)
def test_it_is_printed_in_both_languages(told: Scenario, language: Language, words: list[str]) -> None:
    text = printed(told, language)
    assert [word for word in words if word not in text] == []


@pytest.fixture(scope="module")
def secured() -> Scenario:
    """An account with what secures and extends its credit: cover, contract, bill, temporary and scoped limits."""
    scenario = Scenario()
    scenario.say(b.account_opened(), b.limit_set(100_000), b.day_closed("2025-03-02"))
    scenario.say(b.limit_set(150_000, valid_from="2025-03-10", valid_until="2025-03-12"))
    scenario.say(b.limit_set(30_000, scope={"customer_id": "C2"}))
    scenario.say(b.cover(50_000, kind="insurance", share_bp=9_000, valid_until="2025-06-30", provider="Kredo"))
    scenario.say(b.contract(net_days=30, valid_until="2025-12-31"), b.bill(700))
    return scenario


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Temporary limits", "1,500.00 EUR", "customer C2", "500.00 EUR", "90.0 %", "insurance"]),
        ("zh", ["临时额度", "1,500.00 EUR", "客户 C2", "信用保险", "承担比例", "签订日", "未兑付"]),
    ],
)
def test_what_secures_and_extends_credit_is_told_in_words_and_money(
    secured: Scenario, language: Language, words: list[str]
) -> None:
    text = printed(secured, language)
    assert [word for word in words if word not in text] == []
    tables = re.split("History|变更历史", text)[0]
    assert [raw for raw in ("share_bp", "ce_source", "50000", "9999-12-31") if raw in tables] == []


def test_what_a_firm_did_not_file_is_named_and_not_guessed(told: Scenario) -> None:
    assert "missing: current assets" in printed(told, "en")


def test_ratios_are_printed_with_their_trend_and_with_what_they_would_be_divided_by() -> None:
    scenario = Scenario()
    scenario.say(b.account_opened(), b.financials("2023-12-31", {**WORKED, "current_assets_minor": 300}))
    scenario.say(b.financials("2024-12-31", {**WORKED, "interest_minor": 0}))
    text = printed(scenario, "en")
    (line,) = [line for line in text.splitlines() if "current ratio" in line]
    assert [cell.strip() for cell in line.split("│")[1:-1]] == ["current ratio", "200.0 %", "150.0 %", "+50.0 %"]
    assert "interest is not above zero" in text
    assert "4.012  safe" in text


def test_what_was_sent_does_not_steer_the_terminal() -> None:
    scenario = Scenario()
    evil = "Acme\x1b[2J\u202e"
    scenario.say(b.account_opened(name=evil), b.reference(evil), b.dossier_updated(fields={evil: evil}))
    text = printed(scenario, "en")
    assert "Acme·[2J·" in text
    assert "\x1b" not in text and "\u202e" not in text


def test_a_field_that_never_changed_has_no_history(told: Scenario) -> None:
    console = Console(file=io.StringIO(), width=240)
    print_history(console, history(told, "segment"), LANGUAGES["en"])
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == "no changes\n"


def test_a_temporary_limit_comes_and_goes_in_the_history() -> None:
    scenario = Scenario()
    scenario.say(b.account_opened(), b.limit_set(100), b.limit_set(900, valid_until="2025-03-10"))
    scenario.say(b.day_closed("2025-03-10"))
    came, went = history(scenario, "temporary_limits./2025-03-10.limit_minor")
    assert (came.new, came.actor, went.new, went.fact) == (900, "kim", None, "account_swept")


def test_an_account_of_which_only_its_name_is_known_is_printed() -> None:
    scenario = Scenario()
    scenario.say(b.account_opened())
    assert "no changes" not in printed(scenario, "en")


def test_both_languages_have_the_same_words_with_the_same_blanks() -> None:
    english, chinese = LANGUAGES["en"], LANGUAGES["zh"]
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        assert _blanks(text) == _blanks(chinese[key]), key


def _blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_ratio_item_and_status_has_its_words() -> None:
    assert {formula.name for formula in RATIOS} | ITEM_NAMES | set(get_args(Status)) <= LANGUAGES["en"].keys()
