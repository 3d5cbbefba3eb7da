"""What the default policy tells people to do is said in their language; what a company wrote itself stays as it is."""

from __future__ import annotations

import io
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console

from api.page_words import shared_words
from api.tail_view import Known, line
from api.tail_words import CHINESE, ENGLISH
from schemas.policy_words import POLICY_TEXTS, policy_text_in_words
from streams.commands import dossier_sheets, dossier_words

ROOT = Path(__file__).parent.parent.parent
UNSIGNED = "find out who wrote to the topic control, and stop them"
"""What the core itself asks for: no policy is in force for a broadcast that nobody signed."""


def texts_of(policy: Any) -> Iterator[str]:
    """Every measure, text and name within a policy, but for the policy's own name."""
    if isinstance(policy, list):
        for part in policy:
            yield from texts_of(part)
    elif isinstance(policy, dict):
        for name, value in policy.items():
            if name in ("measure", "text", "name") and isinstance(value, str):
                yield value
            else:
                yield from texts_of(value)


def default_texts() -> set[str]:
    policy = tomllib.loads((ROOT / "schemas" / "policies" / "default.toml").read_text(encoding="utf-8"))
    del policy["name"]
    return set(texts_of(policy))


def test_every_text_of_the_default_policy_is_there_in_chinese() -> None:
    assert len(default_texts()) > 50
    assert default_texts() | {UNSIGNED} == set(POLICY_TEXTS["zh"])
    assert [text for text, said in POLICY_TEXTS["zh"].items() if not re.search(r"[\u4e00-\u9fff]", said)] == []


def test_measures_that_an_old_ledger_names_are_said_in_chinese_too() -> None:
    ledger = (ROOT / "tests" / "golden" / "core-1.0.0.jsonl").read_text(encoding="utf-8")
    measures = set(re.findall(r'"measure":"([^"]+)"', ledger))
    assert measures and measures - set(POLICY_TEXTS["zh"]) == set()


ALERT: dict[str, Any] = {
    "type": "alert_raised",
    "account_id": "A-1",
    "cause": "utilisation",
    "level": "warning",
    "found": 9_123,
    "line": 9_000,
    "measure": "remind the customer",
    "owner_role": "collector",
}
MEASURE: dict[str, Any] = {
    "type": "measure_taken",
    "account_id": "A-1",
    "does": "suspend",
    "measure": "suspend before the agency",
}


def test_the_feed_in_a_terminal_says_measures_in_its_language() -> None:
    assert line(ALERT, Known(), CHINESE, None).plain.endswith("→ 催收员: 提醒客户付款")
    assert line(ALERT, Known(), ENGLISH, None).plain.endswith("→ collector: remind the customer")
    assert line(MEASURE, Known(), CHINESE, None).plain.endswith("按规则停用，委外催收前停用")
    told = {**ALERT, "cause": "measure_taken", "subject": "suspend before the agency"}
    assert "已采取措施 委外催收前停用 →" in line(told, Known(), CHINESE, None).plain


def test_what_a_policy_of_ones_own_says_stays_as_it_was_written() -> None:
    assert line({**ALERT, "measure": "frag Kim"}, Known(), CHINESE, None).plain.endswith("→ 催收员: frag Kim")
    assert policy_text_in_words("remind the customer!", "zh") == "remind the customer!"


def test_the_page_has_the_same_texts() -> None:
    assert msgspec.json.decode(shared_words())["policy_texts"]["zh"] == POLICY_TEXTS["zh"]


def test_a_dossier_names_measures_in_its_language() -> None:
    in_force = [{"name": "suspend before the agency", "does": "suspend", "taken_on": "2026-03-05", "recovers_on": None}]
    for language, expected in (("zh", "委外催收前停用"), ("en", "suspend before the agency")):
        out = io.StringIO()
        words = dossier_words.LANGUAGES[language]
        for sheet in dossier_sheets._rows(words, "measures", {"measures": in_force}):
            Console(file=out, width=200).print(sheet)
        assert expected in out.getvalue()
