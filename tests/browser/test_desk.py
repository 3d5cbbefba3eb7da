"""The desk in a real browser, against a real broker: seen, decided, and back in the order system."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests import builders as b
from tests.browser.killable_api import KillableApi
from tests.order_system import OrderSystem

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]

OpenPage = Callable[..., Any]
CLOSED = """async () => {
  const { alerts } = await (await fetch("/v1/alerts?state=closed")).json();
  return alerts.some(({ account_id, cause }) => account_id === null && cause === "model_drift");
}"""
SEEN_MS = 1_000


def order_row(page: Any, order_id: str) -> Any:
    """The row of an order in the queue."""
    return page.get_by_role("region", name="Orders waiting").get_by_role("row").filter(has_text=order_id)


def say_why(page: Any, why: str) -> None:
    """Answer the dialog that asks for a reason, by keys alone."""
    page.get_by_role("dialog").wait_for()
    page.keyboard.type(why)
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for(state="detached")


def test_an_order_blocked_in_kafka_is_seen_at_once_and_released_from_the_page(
    open_page: OpenPage, shop: OrderSystem
) -> None:
    shop.open({"D-1": 100_000})
    page = open_page("#/desk?account=D-1")
    waited_ms = []
    for number in range(3):
        began = time.monotonic()
        shop.say(b.order(f"DO-{number}", 200_000, account_id="D-1"))
        order_row(page, f"DO-{number}").wait_for(timeout=10_000)
        waited_ms.append(1_000 * (time.monotonic() - began))
    assert min(waited_ms) < SEEN_MS, waited_ms

    order_row(page, "DO-1").click()
    page.get_by_role("button", name="Release").click()
    assert "100,000" not in page.get_by_role("dialog").inner_text(), "amounts are shown in major units"
    say_why(page, "paid by phone")
    page.get_by_text("Order DO-1 is released").wait_for()
    shop.wait_for_answers({"DO-1": "order_released"})
    released = next(told for told in shop.decisions() if told.get("order_id") == "DO-1" and "released" in told["type"])
    assert released["type"] == "order_released"
    assert released["reasons"][0]["code"] == "released_by_desk"


def test_a_server_that_was_killed_is_caught_up_with_without_a_reload_a_gap_or_a_repetition(
    open_page: OpenPage, shop: OrderSystem, api: KillableApi
) -> None:
    shop.open({"K-1": 100_000})
    gone, not_read_yet = "ERR_CONNECTION_REFUSED", "503 (Service Unavailable)"
    page = open_page("#/desk?account=K-1", may_fail=(gone, not_read_yet))
    opened_at = page.evaluate("window.openedAt")
    shop.say(b.order("KO-0", 200_000, account_id="K-1"))
    order_row(page, "KO-0").wait_for(timeout=10_000)
    api.kill()
    page.locator(".connection-lost").wait_for(timeout=10_000)
    missed = [f"KO-{number}" for number in range(1, 6)]
    shop.say(*[b.order(name, 200_000, account_id="K-1") for name in missed])
    shop.wait_for_answers(dict.fromkeys(missed, "order_blocked"))
    api.start_again()
    page.get_by_text("Caught up:").wait_for(timeout=30_000)
    for name in ["KO-0", *missed]:
        assert order_row(page, name).count() == 1
    assert page.evaluate("window.openedAt") == opened_at, "the page was not loaded again"
    heard = [
        told["event"]["order_id"]
        for told in page.evaluate("window.feedMessages")
        if told["type"] == "event" and told["event"].get("account_id") == "K-1" and "order_id" in told["event"]
    ]
    assert heard == ["KO-0", *missed]


def test_a_morning_by_keys_alone(open_page: OpenPage, shop: OrderSystem) -> None:
    shop.open({"M-1": 100_000, "M-2": 100_000})
    shop.say(b.order("MO-1", 300_000, account_id="M-1"), b.order("MO-2", 99_000, account_id="M-2"))
    shop.wait_for_answers({"MO-1": "order_blocked", "MO-2": "order_released"})
    page = open_page("#/desk?account=M-1")
    keys = page.keyboard
    order_row(page, "MO-1").wait_for()
    keys.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    keys.press("Escape")
    keys.press("j")
    keys.press("r")
    say_why(page, "promised for Friday")
    shop.wait_for_answers({"MO-1": "order_released"})

    page.goto(page.url.replace("account=M-1", "account=M-2"))
    alerts = page.get_by_role("region", name="Alerts", exact=True)
    alerts.get_by_role("row").filter(has_text="limit used").first.wait_for()
    keys.press("w")
    keys.press("a")
    say_why(page, "seen")
    page.get_by_text("Acknowledge: done").wait_for()
    keys.press("s")
    say_why(page, "customer called")
    page.get_by_text("Snooze: done").wait_for()

    keys.press("/")
    keys.type("M-2")
    page.get_by_role("option").filter(has_text="M-2").first.wait_for()
    keys.press("Enter")
    page.wait_for_url("**/#/accounts/M-2")
    keys.press("Escape")
    keys.press("g")
    keys.press("d")
    page.wait_for_url("**/#/desk")


RUN_AXE = """axe.run(document, {
  resultTypes: ["violations"],
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
})"""


def test_an_alert_about_the_model_is_handled_though_it_has_no_account(open_page: OpenPage, shop: OrderSystem) -> None:
    shop.say(b.learner_reported("drift", of="loss", found=2_100, line=1_300))
    page = open_page()
    alerts = page.get_by_role("region", name="Alerts", exact=True)
    row = alerts.get_by_role("row").filter(has_text="All accounts")
    row.first.wait_for(timeout=20_000)
    row.first.click()
    assert alerts.get_by_role("button", name="Snooze").is_disabled()
    for act in ("Acknowledge", "Close alert"):
        alerts.get_by_role("button", name=act).click()
        say_why(page, "looked into")
        page.get_by_text(f"{act}: done").wait_for()
    page.wait_for_function(CLOSED)


SCREENS = ["#/desk", "#/accounts", "#/accounts/X-1", "#/portfolio", "#/approvals", "#/policy", "#/system"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nobody_is_shut_out(open_page: OpenPage, shop: OrderSystem, axe: str, theme: str) -> None:
    shop.open({"X-1": 100_000})
    shop.say(b.order("XO-1", 99_000, account_id="X-1"), b.order("XO-2", 99_000, account_id="X-1"))
    shop.wait_for_answers({"XO-2": "order_blocked"})
    page = open_page(theme=theme)
    page.evaluate(axe)
    for hash_ in SCREENS:
        page.evaluate("hash => { location.hash = hash }", hash_)
        page.locator("main .spinner").first.wait_for(state="detached")
        page.wait_for_load_state("networkidle")
        found = page.evaluate(RUN_AXE)
        grave = [
            (one["id"], [node["html"][:200] for node in one["nodes"][:3]])
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        assert grave == [], f"{hash_}: {json.dumps(grave, indent=1)}"
