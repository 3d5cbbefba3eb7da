"""What `obligor tail` says of each event, in both languages and at every width."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from api.feed_client import Backoff
from api.tail_view import Known, clean, line, percent
from api.tail_words import CHINESE, ENGLISH, LANGUAGES, Words
from schemas.decisions import ACTED_ON_BY_ORDER_SYSTEMS, LEVELS
from schemas.policy_approvals import Subject
from schemas.reasons import APPROVAL_REASONS, ORDER_REASONS

ORDER: dict[str, Any] = {
    "type": "order_released",
    "order_id": "O-17",
    "amount_minor": 123_400,
    "currency": "EUR",
    "reasons": [],
    "headroom_after_minor": 376_600,
    "account_id": "A-1001",
    "at_ms": 1_772_719_320_000,
}
EXCEEDS = {"code": "exposure_exceeds_limit", "over_minor": 750, "limit_minor": 5_000, "utilisation_bp": 11_500}
ALERT: dict[str, Any] = {
    "type": "alert_raised",
    "alert_id": "A-1001/1",
    "cause": "utilisation",
    "level": "warning",
    "found": 9_123,
    "line": 9_000,
    "measure": "call the customer",
    "owner_role": "credit_analyst",
    "account_id": "A-1001",
    "at_ms": 1_772_719_320_000,
}
EXPOSURE: dict[str, Any] = {
    "account_id": "A-1001",
    "currency": "JPY",
    "exposure_minor": 4_200,
    "limit_minor": 5_000,
    "utilisation_bp": 8_400,
    "overdue_minor": 10,
    "at_ms": 1_772_719_320_000,
}
KNOWN = Known("Nordwind GmbH", "EUR")


def said(event: dict[str, Any], known: Known = KNOWN, words: Words = ENGLISH, width: int | None = None) -> str:
    return line(event, known, words, width).plain


def test_a_release_says_what_is_left() -> None:
    told = " ".join(said(ORDER).split())
    assert told == "2026-03-05 14:02 ✓ released Nordwind GmbH A-1001 order O-17 1,234.00 EUR, 3,766.00 EUR left"


def test_amounts_about_the_account_are_in_its_currency() -> None:
    told = said(ORDER | {"type": "order_referred", "reasons": [EXCEEDS]}, Known("N", "JPY"))
    assert told.endswith("order O-17 1,234.00 EUR, 750 JPY over the limit of 5,000 JPY (115.0 %)")


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (ALERT, "▲ WARNING"),
        (ALERT | {"level": "critical", "type": "alert_escalated"}, "■ CRITICAL"),
        (ALERT | {"level": "notice"}, "● NOTICE"),
        (ALERT | {"type": "alert_cleared"}, "○ cleared"),
        (ORDER | {"type": "order_referred"}, "? referred"),
        (ORDER | {"type": "order_blocked"}, "✗ blocked"),
        (ORDER | {"type": "order_release_withdrawn"}, "↩ withdrawn"),
        (EXPOSURE, "4,200 JPY of 5,000 JPY (84.0 %), 10 JPY overdue"),
        (ALERT, "limit used 91.2 %, line 90.0 % → credit analyst: call the customer"),
        (ALERT | {"type": "alert_cleared", "found": 312, "cause": "overdue_share"}, "overdue share now 3.1 %"),
        (ALERT | {"cause": "fact_contradicts", "subject": "I-9"}, "contradicting record I-9"),
        ({"type": "status_changed", "status": "suspended"}, "suspended"),
        ({"type": "status_changed", "status": "active", "held": True}, "-            on hold"),
        ({"type": "limit_changed", "limit_minor": 100, "currency": "EUR"}, "limit is now 1.00 EUR"),
        ({"type": "limit_changed", "limit_minor": None, "currency": "EUR"}, "no limit is set any more"),
        (ORDER | {"effect": "advisory"}, "advice only"),
        ({"type": "score_changed", "order_id": "O", "alert_id": "U"}, "· score_cha…"),
    ],
)
def test_each_kind_of_event_is_told_by_shape_and_word(event: dict[str, Any], expected: str) -> None:
    assert expected in said(event)


@pytest.mark.parametrize("words", [ENGLISH, CHINESE])
def test_there_are_words_for_every_reason_level_and_decision(words: Words) -> None:
    assert set(words.reasons) >= set(ORDER_REASONS)
    decisions = {str(kind.__struct_config__.tag) for kind in ACTED_ON_BY_ORDER_SYSTEMS}
    assert set(words.headings) >= decisions | set(LEVELS) | {"cleared", "exposure_changed"}


SCORED = {"code": "bureau_score", "points": 640, "age_days": 3, "provider": "north"}


@pytest.mark.parametrize(
    ("grade", "before", "because", "expected"),
    [
        ("B", "", [SCORED], " B, bureau score 640 of 1000"),
        (
            "C",
            "B",
            [{"code": "payment_delay", "delay_days": 18}, SCORED],
            "B → C, pays 18 days late, bureau score",
        ),
        ("A", "C", [{"code": "grade_set_by_desk", "actor": "kim"}], "C → A, set by kim"),
        ("E", "B", [{"code": "adverse_event", "event": "lien", "reported_on": "2025-01-02"}], "adverse event lien"),
        ("", "B", [], "none any more, was B"),
    ],
)
def test_a_change_of_grade_says_from_what_it_follows(
    grade: str, before: str, because: list[dict[str, Any]], expected: str
) -> None:
    event = {"type": "grade_changed", "account_id": "A-1001", "grade": grade, "before": before, "because": because}
    assert expected in said(event)


MOVED = [
    {"factor": "days_beyond_terms", "before": 107, "points": 90},
    {"factor": "equity_ratio_trend", "before": 6, "points": 8},
    {"factor": "industry", "before": 8, "points": 9},
]


@pytest.mark.parametrize(
    ("fields", "words", "expected"),
    [
        ({"points": 655, "grade": "B", "moved": MOVED}, ENGLISH, " 655 of 1000, B by the scorecard"),
        (
            {"points": 655, "before": 670, "grade": "B", "moved": MOVED},
            ENGLISH,
            " 670 → 655 of 1000, B by the scorecard, days beyond terms -17, equity ratio, trend +2",
        ),
        (
            {"points": 655, "before": 670, "grade": "B", "moved": MOVED},
            CHINESE,
            " 670 → 655 分（满分 1000），评分卡等级 B，平均迟付天数 -17，权益比率变动 +2",
        ),
        ({"points": None, "before": 670, "grade": ""}, ENGLISH, " none any more, was 670"),
    ],
)
def test_a_score_says_what_moved_it_most(fields: dict[str, Any], words: Words, expected: str) -> None:
    assert said({"type": "account_scored", "account_id": "A-1001", **fields}, words=words).endswith(expected)


def test_a_grade_made_worse_by_the_model_says_how_likely_a_late_payment_is() -> None:
    because = [{"code": "lateness_probability", "probability_bp": 6_512}, {"code": "scorecard", "points": 700}]
    event = {"type": "grade_changed", "account_id": "A-1001", "grade": "C", "before": "B", "because": because}
    assert "B → C, pays late with a probability of 65 %, score 700 of 1000" in said(event)


ASKED = {
    "type": "approval_changed",
    "account_id": "A-1001",
    "approval_id": "AP-9",
    "subject": "limit",
    "state": "open",
    "needs": ["credit_manager", "finance_director"],
    "given": [],
    "maker": "ana",
    "in_order": True,
    "amount_minor": 5_000_000,
    "currency": "EUR",
    "because": [{"code": "asked", "actor": "ana"}],
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "AP-9 limit 50,000.00 EUR: waits for credit manager, then finance director"),
        ({"in_order": False}, "waits for credit manager and finance director"),
        ({"needs": ["treasurer"], "because": [{"code": "reminded"}]}, "still waits for treasurer"),
        ({"state": "granted", "given": [{"role": "r", "actor": "max"}]}, "granted (max)"),
        ({"state": "granted"}, "granted (ana)"),
        ({"state": "refused", "because": [{"code": "refused", "actor": "fin"}]}, "refused by fin"),
        ({"state": "withdrawn", "because": [{"code": "order_released"}]}, "over, the order is released"),
        ({"state": "withdrawn", "because": [{"code": "moon_is_full"}]}, "moon is full"),
        ({"subject": "order_release", "order_id": "O-7"}, "AP-9 release of order O-7 50,000.00 EUR"),
        ({"unlimited": True}, "AP-9 limit no limit at all"),
        ({"state": "expired", "because": []}, "AP-9 limit 50,000.00 EUR: expired"),
    ],
)
def test_a_request_says_what_it_is_for_and_who_it_waits_for(changes: dict[str, Any], expected: str) -> None:
    assert expected in said(ASKED | changes)


def test_there_are_words_for_all_that_happens_to_a_request() -> None:
    asked = {f"ask/{code}" for code in APPROVAL_REASONS} | {f"ask/{subject}" for subject in get_args(Subject)}
    assert set(ENGLISH.sentences) >= asked


def test_both_languages_have_the_same_words() -> None:
    english, chinese = msgspec.to_builtins(ENGLISH), msgspec.to_builtins(CHINESE)
    assert (english.pop("language"), chinese.pop("language")) == ("en", "zh")
    assert {name: set(table) for name, table in english.items()} == {
        name: set(table) for name, table in chinese.items()
    }


def test_a_release_names_who_agreed_to_it() -> None:
    reason = {"code": "released_by_desk", "answer": "pass", "approval_id": "AP-9", "approvers": "max, fin"}
    assert "released by the desk, approved by max, fin (AP-9)" in said(ORDER | {"reasons": [reason]})


def test_a_reason_of_a_later_version_is_told_by_its_code() -> None:
    assert "bureau is stale" in said(ORDER | {"type": "order_referred", "reasons": [{"code": "bureau_is_stale"}]})
    # Known, but without the numbers that its phrase needs.
    assert "fact unreadable" in said(ORDER | {"type": "order_referred", "reasons": [{"code": "fact_unreadable"}]})


@given(
    st.sampled_from([ORDER, ORDER | {"type": "order_blocked", "reasons": [EXCEEDS, EXCEEDS]}, ALERT, EXPOSURE]),
    st.text(max_size=40),
    st.sampled_from(sorted(LANGUAGES)),
    st.integers(40, 160),
)
def test_a_line_fits_the_terminal_and_stays_one_line(
    event: dict[str, Any], name: str, language: str, width: int
) -> None:
    told = said(event | {"account_id": name, "order_id": name}, Known(name), LANGUAGES[language], width)
    assert cell_len(told) <= width
    assert told == clean(told)


def test_names_cannot_write_over_the_terminal() -> None:
    told = said(ORDER | {"order_id": "O\x1b[2J\r\n"}, Known("Evil\u202e\x9b"))
    assert not set("\x1b\r\n\u202e\x9b") & set(told)


def test_percentages_are_not_rounded_up_to_a_line() -> None:
    assert percent(8_999) == "89.9 %"


def test_waiting_grows_until_something_is_received() -> None:
    backoff = Backoff(first_seconds=1, most_seconds=4)
    waits = [backoff.again() for _ in range(5)]
    assert all(most / 2 <= wait <= most for wait, most in zip(waits, [1, 2, 4, 4, 4], strict=True))
    backoff.worked()
    assert backoff.again() <= 1
