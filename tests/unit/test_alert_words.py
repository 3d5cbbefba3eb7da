"""Every alert that the core can raise says in English and Chinese what it is about; nobody reads a code."""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

import pytest

from api.alert_words import subject_in_words
from api.tail_view import Known, line
from api.tail_words import CHINESE, ENGLISH, Words
from projections.lateness_features import FEATURES
from projections.lateness_model import RefusalCode
from schemas.codec import FACT_TYPES
from schemas.decisions import ShipmentUnchecked
from schemas.policy_warnings import Indicator, Occurrence, Warnings

BOTH = pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=["en", "zh"])


def causes_of_the_core() -> set[str]:
    """What a policy can watch, the cells of the risk matrix, and a broadcast that nobody signed."""
    rules = {
        name for name, kind in get_type_hints(Warnings).items() if {Indicator, Occurrence} & {kind, *get_args(kind)}
    }
    return rules | {"risk_cell", "fact_unsigned"}


def codes_of_the_core() -> set[str]:
    """Every code that the core puts into a subject, after its cause."""
    documents = {fact.document[0] for fact in FACT_TYPES.values() if fact.document} | {"order"}
    checkpoints = get_args(get_type_hints(ShipmentUnchecked)["checkpoint"])
    drifting = ({*FEATURES} - {"history"}) | {"loss"}
    return {
        *(f"fact_contradicts/{kind}" for kind in documents),
        *(f"unchecked_shipment/{checkpoint}" for checkpoint in checkpoints),
        *(f"model_drift/{of}" for of in drifting),
        *(f"model_refused/{code}" for code in get_args(RefusalCode)),
        "shared_party/party",
    }


@BOTH
def test_every_cause_has_words(words: Words) -> None:
    assert len(causes_of_the_core()) > 20
    assert causes_of_the_core() - set(words.causes) == set()


@BOTH
def test_every_code_that_an_alert_is_about_has_words(words: Words) -> None:
    assert codes_of_the_core() - set(words.subjects) == set()


def test_words_are_for_what_the_core_says_and_for_codes_that_others_usually_send() -> None:
    named_by_others = ("adverse_event/", "shared_party/")
    spare = {key for key in set(ENGLISH.subjects) - codes_of_the_core() if not key.startswith(named_by_others)}
    assert spare == set()


@pytest.mark.parametrize(
    ("cause", "subject", "english", "chinese"),
    [
        ("fact_contradicts", "invoice/I-9", "contradicting record invoice I-9", "记录相互矛盾 发票 I-9"),
        ("fact_contradicts", "erp/1/7", "contradicting record erp/1/7", "记录相互矛盾 erp/1/7"),
        ("unchecked_shipment", "delivery", "shipped without a check at the delivery", "未检查先发货 发货时"),
        ("adverse_event", "lien 2026-03-05", "adverse event lien 2026-03-05", "负面事件 财产查封 2026-03-05"),
        ("adverse_event", "invoice", "adverse event invoice", "负面事件 invoice"),
        (
            "shared_party",
            "vat/DE811",
            "same party in several accounts VAT number DE811",
            "多个账户为同一主体 增值税号 DE811",
        ),
        ("model_drift", "loss", "the model of late payment drifts: its error", "逾期模型出现漂移： 预测误差"),
        ("review_due", "2026-03-05", "review due 2026-03-05", "应当复审 2026-03-05"),
    ],
)
def test_an_alert_says_what_it_is_about(cause: str, subject: str, english: str, chinese: str) -> None:
    raised: dict[str, Any] = {
        "type": "alert_raised",
        "account_id": "A-1",
        "cause": cause,
        "subject": subject,
        "level": "warning",
        "found": 1,
        "line": 1,
        "measure": "look at it",
        "owner_role": "collector",
    }
    for words, expected in ((ENGLISH, english), (CHINESE, chinese)):
        for event in (raised, {**raised, "type": "alert_handled", "did": "acknowledged", "actor": "kim"}):
            assert expected in line(event, Known(), words, None).plain


def test_an_id_that_begins_like_a_code_stays_an_id() -> None:
    assert subject_in_words("fact_contradicts", "invoices/9", ENGLISH.subjects) == "invoices/9"
    assert subject_in_words("fact_contradicts", "invoice/", ENGLISH.subjects) == "invoice/"
