"""The page as the api serves it: its policy, its files, and the words it shares with the terminal."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from fastapi.testclient import TestClient

from api import page, page_build, page_types, page_words
from api.app import create_app
from api.live import Live
from api.reader import Topics
from api.tail_words import CHINESE
from schemas.policy_scorecard import RATIO_NAMES
from schemas.reasons import Refusal
from streams.commands import dossier_words


@pytest.fixture
def client() -> TestClient:
    live = Live(Topics({"bootstrap_servers": ["127.0.0.1:1"]}, "credit"))
    return TestClient(create_app(live, "127.0.0.1"), base_url="http://127.0.0.1")


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(page, "STATIC", tmp_path)
    index = '<meta name="csp-nonce" content="__CSP_NONCE__"><script type="module" src="/static/assets/a.js"></script>'
    (tmp_path / "index.html").write_text(index)
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "a.js").write_text("export {}")
    return tmp_path


def test_the_page_may_load_nothing_from_elsewhere_and_run_nothing_inline(built: Path, client: TestClient) -> None:
    answer = client.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy and "http" not in policy and "*" not in policy


def test_each_answer_has_a_nonce_of_its_own_for_the_styles_of_the_grid(built: Path, client: TestClient) -> None:
    nonces = set()
    for _ in range(2):
        answer = client.get("/")
        found = re.search(r'content="([^"]+)"', answer.text)
        assert found is not None
        assert f"'nonce-{found[1]}'" in answer.headers["Content-Security-Policy"]
        nonces.add(found[1])
    assert len(nonces) == 2


def test_built_files_are_kept_by_browsers_and_the_page_is_not(built: Path) -> None:
    live = Live(Topics({"bootstrap_servers": ["127.0.0.1:1"]}, "credit"))
    client = TestClient(create_app(live, "127.0.0.1"), base_url="http://127.0.0.1")
    assert "immutable" in client.get("/static/assets/a.js").headers["Cache-Control"]
    assert client.get("/").headers["Cache-Control"] == "no-store"


def test_a_page_that_was_not_built_says_how_to_build_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: TestClient
) -> None:
    monkeypatch.setattr(page, "STATIC", tmp_path)
    assert "make setup" in client.get("/").text


def test_the_page_says_reasons_as_the_terminal_does() -> None:
    words = msgspec.json.decode(page_words.shared_words())
    assert words["zh"]["reasons"] == CHINESE.reasons
    assert words["exponents"]["JPY"] == 0


def test_ratios_have_one_name_on_the_page_in_the_dossier_and_in_the_score() -> None:
    names = msgspec.json.decode(page_words.shared_words())["factors"]
    for language, words in dossier_words.LANGUAGES.items():
        assert {name: words[name] for name in RATIO_NAMES} == {name: names[language][name] for name in RATIO_NAMES}
        of_the_page = (page_words.WEB / "src" / "words" / f"fields_{language}.ts").read_text(encoding="utf-8")
        assert [name for name in RATIO_NAMES if f"  {name}:" in of_the_page] == []


def test_the_types_of_the_page_are_those_of_the_api() -> None:
    types = page_types.page_types()
    for name in ("OrderRow", "AlertRow", "SummaryAnswer", "Exposure", "AlertRaised", "Place"):
        assert len(re.findall(rf"^export type {name} =", types, flags=re.M)) == 1
    release = next(line for line in types.splitlines() if line.startswith("  order_release:"))
    assert "order_id: string" in release and "seen_decision_no?: number" in release
    assert "actor" not in release


def test_the_page_is_built_again_only_when_a_source_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = tmp_path / "web"
    shutil.copytree(page_build.WEB, web, ignore=shutil.ignore_patterns("node_modules"))
    monkeypatch.setattr(page_build, "WEB", web)
    monkeypatch.setattr(page_build, "STAMP", tmp_path / "stamp")
    (tmp_path / "stamp").write_text(page_build.fingerprint())
    assert page_build.is_current()
    (web / "src" / "main.tsx").write_text("// another page")
    assert not page_build.is_current()


def test_the_lock_of_packages_names_no_registry() -> None:
    assert "resolved" not in (page_build.WEB / "package-lock.json").read_text()


def test_the_built_page_loads_only_its_own_files() -> None:
    index = page_build.STATIC / "index.html"
    if not index.exists():
        pytest.skip("the page has not been built here: run make setup")
    addresses = re.findall(r'(?:src|href)="([^"]+)"', index.read_text())
    assert addresses and all(address.startswith("/static/") for address in addresses)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_reason_to_refuse_has_words_in_both_languages(language: str) -> None:
    words = page_build.WEB / "src" / "words"
    text = (words / "refusals.ts").read_text(encoding="utf-8")
    begins = {"en": "refusalsEn", "zh": "refusalsZh"}[language]
    own = text[text.index(begins) :].split("\n};", 1)[0]
    known = own + (words / f"fields_{language}.ts").read_text(encoding="utf-8")
    assert [code for code in get_args(Refusal) if not re.search(rf"^\s+{code}:", known, re.MULTILINE)] == []
