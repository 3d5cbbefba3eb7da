"""One running system and one browser for all browser tests: a broker, a worker, an api, Debian's chromium.

A page that asked another host for anything, or that wrote an error to its console, fails the test that opened it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from api.page_build import STATIC, WEB
from streams.broker import Broker
from streams.settings import Settings
from streams.topics import create_and_check
from tests.browser.killable_api import KillableApi
from tests.order_system import OrderSystem
from tests.worker_process import ObservedWorker

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
RECORD_FEED = """
window.feedMessages = [];
const Plain = window.WebSocket;
window.WebSocket = class extends Plain {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) => window.feedMessages.push(JSON.parse(data)));
  }
};
window.openedAt = Date.now();
"""
"""Keeps what the feed said, and when this page was loaded: a reload would show."""


@pytest.fixture(scope="session", autouse=True)
def something_to_look_with() -> None:
    """Skip where there is no chromium or no built page."""
    if CHROMIUM is None:
        pytest.skip("expected chromium on this machine (apt-get install chromium), found none")
    if not (STATIC / "index.html").exists():
        pytest.skip("expected a built page (make page), found none")


@pytest.fixture(scope="session")
def settings(something_to_look_with: None, broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Topics of the browser tests' own."""
    data = tmp_path_factory.mktemp("browser")
    found = Settings(brokers=broker.bootstrap, topic_prefix="browser", group_id="browser", partitions=3, data=data)
    create_and_check(found)
    return found


@pytest.fixture(scope="session")
def worker(settings: Settings) -> Iterator[ObservedWorker]:
    """A worker over them."""
    with ObservedWorker(settings, settings.data / "worker.log").start_ready() as process:
        yield process


@pytest.fixture(scope="session")
def api(settings: Settings, worker: ObservedWorker) -> Iterator[KillableApi]:
    """An api over them."""
    with KillableApi(settings, settings.data / "api.log") as process:
        yield process


@pytest.fixture(scope="session")
def shop(settings: Settings, worker: ObservedWorker) -> Iterator[OrderSystem]:
    """An order system over them."""
    with OrderSystem(settings) as system:
        yield system


@pytest.fixture(scope="module")
def browser(something_to_look_with: None) -> Iterator[Any]:
    """The machine's chromium; for a module only, for its driver holds this thread's event loop while it runs."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Any, api: KillableApi) -> Iterator[Callable[..., Any]]:
    """A function that opens a page of the api.

    `may_fail` are parts of console errors that the test provokes; `before` is a script that runs before the page's own.
    """
    opened: list[tuple[Any, list[str], list[str]]] = []

    def open_(hash_: str = "#/desk", *, may_fail: tuple[str, ...] = (), before: str = "", **chosen: str) -> Any:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
        page = context.new_page()
        errors: list[str] = []
        elsewhere: list[str] = []
        page.on("console", lambda said: _note_error(errors, said, may_fail))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: _note_host(elsewhere, request.url, api.url))
        opened.append((context, errors, elsewhere))
        page.add_init_script(RECORD_FEED + before)
        page.add_init_script(f"localStorage.setItem('obligor.settings', JSON.stringify({chosen!r}))")
        page.goto(f"{api.url}/{hash_}")
        page.locator(".connection-live").wait_for(timeout=20_000)
        return page

    yield open_
    for context, errors, elsewhere in opened:
        context.close()
        assert errors == []
        assert elsewhere == []


def _note_error(errors: list[str], said: Any, may_fail: tuple[str, ...]) -> None:
    if said.type == "error" and not any(part in said.text for part in may_fail):
        errors.append(said.text)


def _note_host(elsewhere: list[str], url: str, own: str) -> None:
    parts = urlsplit(url)
    if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != urlsplit(own).netloc:
        elsewhere.append(url)


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which finds what people with disabilities would stumble over."""
    found = WEB / "node_modules" / "axe-core" / "axe.min.js"
    if not found.exists():
        pytest.skip("expected the page's packages (make page), found none")
    return found.read_text(encoding="utf-8")
