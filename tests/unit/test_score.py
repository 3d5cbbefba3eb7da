"""`obligor score` explains a score: every factor, what costs points, what is missing, what moved it, as of any day."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import msgspec
import pytest
from rich.console import Console

from schemas.policy import default_policy
from streams.clock import end_of_day_ms
from streams.commands.dossier_words import Language
from streams.commands.score_sheets import print_score
from streams.commands.score_words import LANGUAGES
from streams.dossiers import DossierFold
from tests import builders as b
from tests.scenario import START_MS, Scenario
from tests.unit.core.test_core_financials import WORKED


@pytest.fixture(scope="module")
def told() -> Scenario:
    """An account with statements, an outdated report, five payments ten days late, then an invoice that is overdue."""
    scenario = Scenario()
    said = {"industry": "foods\x1b[2J", "revenue_minor": 1_200_000_000, "relationship_since_on": "2021-05-01"}
    scenario.say(b.account_opened(**said), b.bureau(700, "2022-03-01"))
    scenario.say(b.financials("2024-12-31", WORKED), b.assessment("management", 7))
    for name in ("I1", "I2", "I3", "I4", "I5"):
        scenario.say(b.invoice(900, name, due_on="2025-02-10"))
        scenario.say(b.payment(900, f"P{name}", pays={name: 900}, received_on="2025-02-20"))
    scenario.say(b.invoice(900, "LATE", due_on="2025-03-04"), b.day_closed("2025-03-05"))
    return scenario


def view(scenario: Scenario, until_ms: int | None = None) -> dict[str, Any]:
    """Return the dossier of the account as a fold of the ledger has it, with its score."""
    fold = DossierFold(0, 1, "credit", b.ACCOUNT, until_ms=until_ms)
    for offset, outcome in enumerate(scenario.ledger):
        fold.feed(offset, outcome.value)
    found = fold.view()
    assert found is not None
    return found


def printed(scenario: Scenario, language: Language = "en", width: int = 80) -> str:
    """Return what a terminal of some width shows."""
    console = Console(file=io.StringIO(), width=width, highlight=False)
    print_score(console, view(scenario), language)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_the_view_has_every_factor_with_its_points_and_they_add_up(told: Scenario) -> None:
    score = view(told)["score"]
    assert [one["factor"] for one in score["factors"]] == [one.factor for one in default_policy().scorecard.factors]
    assert sum(one["points"] for one in score["factors"]) == score["points"]
    states = {one["factor"]: (one["state"], one["value"], one["on"]) for one in score["factors"]}
    assert states["days_beyond_terms"] == ("known", 10, "2025-02-20")
    assert states["bureau_score"] == ("outdated", None, "2022-03-01")
    assert states["references"] == ("missing", None, None)


def test_the_view_says_what_is_missing_with_the_points_it_could_bring(told: Scenario) -> None:
    missing = view(told)["score"]["missing"]
    assert missing[0] == {"factor": "bureau_score", "points_lost": 99}
    assert [one["points_lost"] for one in missing] == sorted((one["points_lost"] for one in missing), reverse=True)


def test_the_view_says_what_moved_at_the_last_telling_and_since(told: Scenario) -> None:
    score = view(told)["score"]
    moved = score["told"]["moved"]
    assert moved == [{"factor": "overdue_share", "before": 50, "points": 0}]
    assert score["told"]["before"] - 50 == score["told"]["points"] == score["points"]
    assert score["moved_since"] == []


def test_the_view_is_json(told: Scenario) -> None:
    score = view(told)["score"]
    assert msgspec.json.decode(msgspec.json.encode(score)) == msgspec.to_builtins(score)


def test_as_of_an_earlier_moment_nothing_later_is_known(told: Scenario) -> None:
    """Facts of one topic are a millisecond apart: all but the opening and the report came later."""
    assert view(told, START_MS)["score"]["points"] is None, "an outdated report alone gives no score"
    assert view(told, end_of_day_ms(date.fromisoformat(b.DAY)))["score"] == view(told)["score"]


WORDS = {
    "en": (
        *("score 672 of 1000", "B by score", "38 more points to 710", "What costs most points", "10 days", "together"),
        *("outdated, of 2022-03-01", "days beyond terms", "12,000,000.00 EUR", "3 years", "What moved then", "-50"),
    ),
    "zh": (
        *("评分 672 分（满分 1000）", "主要失分项", "已过期，为 2022-03-01", "平均迟付天数", "10 天", "合作年数"),
        *("合计", "当时的变动", "-50"),
    ),
}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [80, 120])
def test_it_is_printed_in_both_languages_at_any_width(told: Scenario, language: Language, width: int) -> None:
    text = printed(told, language, width)
    assert [word for word in WORDS[language] if word not in text] == []
    assert "\x1b" not in text
    assert ("2025-02-20" in text) is (width == 120), "narrow terminals leave the dates out"


def test_an_account_of_which_too_little_is_known_says_what_would_be_needed() -> None:
    scenario = Scenario()
    scenario.say(b.account_opened())
    assert view(scenario)["score"]["points"] is None
    assert "none: nothing is known of payment index, bureau score, Altman Z''" in printed(scenario)


def test_with_a_policy_without_a_scorecard_there_is_none() -> None:
    scenario = Scenario()
    document = msgspec.to_builtins(default_policy())
    scenario.say(b.account_opened(), b.policy_adopted({**document, "scorecard": {}}))
    assert view(scenario)["score"] is None


def test_both_languages_have_the_same_words() -> None:
    assert set(LANGUAGES["en"]) == set(LANGUAGES["zh"])
