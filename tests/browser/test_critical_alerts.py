"""Critical alerts: heard by sound and desktop notice if switched on, and told in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests import builders as b
from tests.order_system import OrderSystem

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]

OpenPage = Callable[..., Any]
RECORD_NOISE = """
window.notices = [];
window.tones = [];
window.asked = 0;
window.Notification = class {
  static permission = "default";
  static async requestPermission() {
    window.asked += 1;
    return (this.permission = "granted");
  }
  constructor(title, { body }) {
    window.notices.push([title, body]);
  }
};
window.AudioContext = class {
  state = "suspended";
  currentTime = 0;
  destination = null;
  async resume() {
    this.state = "running";
  }
  createOscillator() {
    const tone = { frequency: { value: 0 }, connect: (next) => next, stop() {} };
    tone.start = (at) => window.tones.push([tone.frequency.value, at]);
    return tone;
  }
  createGain() {
    return { gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} }, connect: (next) => next };
  }
};
"""
"""Keeps what the page would have shown on the desktop and played, and how often it asked for leave to."""

ONE_SOUND = [[880, 0], [660, 0.14]]


def noise(page: Any) -> dict[str, Any]:
    """What was shown and played so far."""
    found: dict[str, Any] = page.evaluate("({ notices, tones, asked })")
    return found


def wait_for_alert(page: Any, account_id: str, text: str) -> None:
    """Wait until the page shows an alert of an account, so that whatever it does about it is done."""
    alerts = page.get_by_role("region", name="Alerts", exact=True)
    alerts.get_by_role("row").filter(has_text=text).first.wait_for(timeout=10_000)
    heard = "account_id => feedMessages.some(({ event }) => event?.account_id === account_id && event.alert_id)"
    assert page.evaluate(heard, account_id), "the alert came by the feed"


def read_out(page: Any, text: str) -> None:
    """Wait until a screen reader was given a critical alert, which the page does whatever is switched on."""
    page.locator("[aria-live=assertive]").filter(has_text=text).wait_for(state="attached", timeout=10_000)


def test_a_page_is_quiet_until_somebody_wants_it_otherwise(open_page: OpenPage, shop: OrderSystem) -> None:
    shop.open({"Q-1": 100_000})
    page = open_page("#/desk?account=Q-1", before=RECORD_NOISE)
    page.get_by_role("heading", name="Orders waiting").first.click()
    shop.say(b.adverse_event(account_id="Q-1"))
    read_out(page, "adverse event judgment")
    assert noise(page) == {"notices": [], "tones": [], "asked": 0}


def test_only_a_critical_alert_is_heard_and_once(open_page: OpenPage, shop: OrderSystem) -> None:
    shop.open({"N-1": 100_000, "W-1": 100_000})
    page = open_page("#/desk?account=W-1", before=RECORD_NOISE)
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Sound for critical alerts").check()
    page.get_by_label("Desktop notice for critical alerts").check()
    page.get_by_role("button", name="Close", exact=True).click()
    assert noise(page) == {"notices": [], "tones": [], "asked": 1}

    shop.say(b.order("WO-1", 95_000, account_id="W-1"))
    wait_for_alert(page, "W-1", "limit used")
    assert noise(page) == {"notices": [], "tones": [], "asked": 1}

    shop.say(b.adverse_event(account_id="N-1"))
    read_out(page, "adverse event judgment")
    notice = ["Critical: N-1: adverse event judgment 2025-03-03", "stop deliveries; secure what is open"]
    assert noise(page) == {"notices": [notice], "tones": ONE_SOUND, "asked": 1}


def test_what_is_to_be_done_is_said_in_the_readers_language(open_page: OpenPage, shop: OrderSystem) -> None:
    shop.open({"L-1": 100_000})
    page = open_page("#/desk?account=L-1", language="zh")
    shop.say(b.adverse_event(account_id="L-1"))
    read_out(page, "负面事件 法院判决 2025-03-03")
    page.goto(page.url.partition("#")[0] + "#/accounts/L-1")
    page.get_by_text("停止发货，保全未结款项").first.wait_for(timeout=10_000)
    page.get_by_role("listitem").filter(has_text="出现负面事件后额度减半").first.wait_for(timeout=10_000)
