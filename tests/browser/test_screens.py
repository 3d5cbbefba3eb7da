"""The other screens in a real browser: found, understood and decided by somebody who has seen nothing but the page."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openpyxl import load_workbook

from tests import builders as b
from tests.order_system import OrderSystem

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]

OpenPage = Callable[..., Any]
DANGEROUS, WAITING = "S-DANGEROUS", "S-WAITING"
ROUTES = (
    "#/accounts",
    f"#/accounts/{DANGEROUS}",
    f"#/accounts/{WAITING}/orders",
    f"#/accounts/{DANGEROUS}/invoices",
    f"#/accounts/{DANGEROUS}/payments",
    f"#/accounts/{DANGEROUS}/files",
    f"#/accounts/{DANGEROUS}/trail",
    "#/portfolio",
    "#/approvals",
    "#/policy",
    "#/policy/adopted",
    "#/system",
)


class Clicks:
    """A person with a mouse, who counts."""

    def __init__(self, page: Any) -> None:
        self.page, self.count = page, 0

    def on(self, role: str, name: str, within: Any = None, *, exact: bool = True) -> None:
        """Click on what is called so."""
        self.count += 1
        (within or self.page).get_by_role(role, name=name, exact=exact).first.click()


@pytest.fixture(scope="module")
def market(shop: OrderSystem) -> Iterator[OrderSystem]:
    """A customer who has far more than was released, and another one whose order waits."""
    shop.open({DANGEROUS: 100_000_000, WAITING: 100_000})
    shop.say(b.order("SO-1", 400_000_000, account_id=DANGEROUS), b.order("SO-2", 250_000, account_id=WAITING))
    shop.wait_for_answers({"SO-1": "order_blocked", "SO-2": "order_blocked"})
    shop.say(b.delivery(400_000_000, "SO-1", "SD-1", account_id=DANGEROUS))
    shop.say(b.invoice(400_000_000, "SI-1", account_id=DANGEROUS))
    shop.say(b.payment(1_000_000, "SP-1", pays={"SI-1": 1_000_000}, account_id=DANGEROUS))
    yield shop


def test_which_customer_is_most_dangerous_now(open_page: OpenPage, market: OrderSystem) -> None:
    page = open_page("#/desk")
    person = Clicks(page)
    person.on("link", "Accounts")
    first = page.get_by_role("row").nth(1)
    first.filter(has_text=DANGEROUS).wait_for(timeout=20_000)
    assert "critical" in first.inner_text()
    assert person.count <= 3


def test_why_an_order_was_blocked_and_letting_it_through(open_page: OpenPage, market: OrderSystem) -> None:
    page = open_page("#/accounts?query=s-wait")
    person = Clicks(page)
    person.on("link", "ACME", page.get_by_role("row").filter(has_text=WAITING), exact=False)
    person.on("link", "Orders", page.get_by_role("navigation", name="Parts of the dossier"), exact=False)
    order = page.get_by_role("row").filter(has_text="SO-2")
    order.get_by_text("over the limit of 1,000.00").wait_for()
    assert person.count <= 3

    person = Clicks(page)
    person.on("button", "Release", order)
    dialog = page.get_by_role("dialog")
    person.on("button", "Release", dialog)
    assert dialog.get_by_text("Say why").is_visible(), "nothing is done without a reason"
    dialog.get_by_label("Reason").fill("paid by phone")
    person.on("button", "Release", dialog)
    dialog.wait_for(state="detached")
    market.wait_for_answers({"SO-2": "order_released"})
    order.get_by_text("released", exact=True).wait_for(timeout=20_000)
    assert person.count <= 3


def test_a_cell_of_the_risk_matrix_shows_who_is_in_it(open_page: OpenPage, market: OrderSystem) -> None:
    page = open_page("#/portfolio")
    matrix = page.get_by_role("table", name="Risk matrix")
    matrix.get_by_role("button").first.wait_for()
    matrix.get_by_role("row").nth(1).get_by_role("button").last.click()
    page.get_by_role("region", name="Risk matrix").get_by_text(DANGEROUS).wait_for()
    assert "cell=4-3" in page.url, "a link shows what its sender saw"
    groups = page.get_by_role("region", name="Made up of")
    groups.get_by_role("button", name="currency").click()
    with page.expect_download() as download:
        groups.get_by_role("link", name="XLSX").click()
    sheet = load_workbook(io.BytesIO(download.value.path().read_bytes())).active
    assert sheet is not None
    shown = groups.get_by_role("row").count() - 1
    assert sheet.max_row - 1 == shown > 0 and sheet.cell(2, 1).value == "EUR"


def test_what_was_decided_can_be_followed_to_its_place_in_the_ledger(open_page: OpenPage, market: OrderSystem) -> None:
    page = open_page(f"#/accounts/{DANGEROUS}/trail")
    item = page.get_by_role("listitem").filter(has_text="order placed").filter(has_text="SO-1")
    item.get_by_text("over the limit of").first.wait_for()
    item.get_by_text("Why, and where it stands").click()
    item.get_by_text(f"{market.topic('orders')}/{market.partition(DANGEROUS)}/").wait_for()
    assert '"order_id": "SO-1"' in item.locator("pre").inner_text()


def test_a_record_that_nobody_could_read_is_mended_and_sent_in_again(open_page: OpenPage, market: OrderSystem) -> None:
    broken = {**b.order("SO-3", 500_000, account_id=WAITING).value, "amount_minor": "fifty"}
    market.put("orders", json.dumps(broken).encode(), WAITING.encode(), partition=market.partition(WAITING))
    page = open_page("#/system")
    letter = page.get_by_role("row").filter(has_text="amount_minor")
    letter.get_by_role("button", name="Look closer").click(timeout=30_000)
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill(json.dumps({**broken, "amount_minor": 500_000}))
    dialog.get_by_role("button", name="Send it in again").click()
    dialog.wait_for(state="detached", timeout=20_000)
    market.wait_for_answers({"SO-3": "order_blocked"})


@pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("dark", "zh")])
def test_every_screen_is_whole_in_both_themes_and_languages(
    open_page: OpenPage, market: OrderSystem, axe: str, theme: str, language: str
) -> None:
    page = open_page(ROUTES[0], theme=theme, language=language)
    page.evaluate(axe)
    for route in ROUTES:
        page.evaluate("hash => { window.location.hash = hash }", route)
        page.locator("main h1, main h2").first.wait_for()
        page.locator("main .spinner").first.wait_for(state="detached")
        assert page.locator("main .state-failed").count() == 0, route
        assert page.evaluate("document.body.scrollWidth <= window.innerWidth"), f"{route} is wider than the window"
        higher = "document.documentElement.scrollHeight > window.innerHeight"
        assert not page.evaluate(higher), f"{route} scrolls beside its content"
        assert (found := _grave(page)) == [], f"{route}: {json.dumps(found, indent=1)}"


def _grave(page: Any) -> list[Any]:
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        (one["id"], [node["html"][:200] for node in one["nodes"][:3]])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]
