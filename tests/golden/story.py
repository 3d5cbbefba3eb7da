"""The story that golden ledgers tell: a little of every kind of fact and decision, the same for every version."""

from __future__ import annotations

from tests import builders as b
from tests.builders import Said
from tests.scenario import Scenario

_FOR = "2025-03-"


def _desk(said: Said, number: int) -> Said:
    """Builders number desk facts as they are made; a story needs the same id every time."""
    return said.by("desk", f"story-{number}")


def story() -> list[Said]:
    """Return the facts in their order."""
    parts = [{"instalment_no": n, "amount_minor": 150, "due_on": f"{_FOR}{10 * n}"} for n in (1, 2)]
    return [
        b.order("EARLY", 100),
        b.account_opened(),
        _desk(b.limit_set(1_000), 1),
        b.rates_set(USD="1.25"),
        b.day_closed(f"{_FOR}03"),
        b.order("O1", 300),
        b.order("O2", 250, currency="USD"),
        b.order("O3", 700),
        b.delivery(300, "O1"),
        b.invoice(300, orders={"O1": 300}, instalments=parts),
        b.order("O3", 650),
        b.amended("O3", amount_minor=450),
        b.payment(100, pays={"I2": 60}),
        b.invoice(60, "I2"),
        b.allocated(40, "I1", number=2, discount_minor=3),
        b.payment(200, "P2", status="advised"),
        b.payment_cleared("P2"),
        b.credit_note(20),
        b.disputed(50),
        b.check("O3"),
        b.day_closed(f"{_FOR}11"),
        b.payment_reversed("P2"),
        b.payment(500, "P3", for_order_id="O4"),
        b.order("O4", 600),
        _desk(b.limit_set(2_000, valid_from=f"{_FOR}13", valid_until=f"{_FOR}14"), 2),
        b.day_closed(f"{_FOR}12"),
        b.order("O5", 900),
        b.day_closed(f"{_FOR}14"),
        _desk(b.suspended(), 3),
        b.order("O6", 10),
        _desk(b.released("O6"), 4),
        _desk(b.reinstated(), 5),
        b.delivery(50, "O5", "D2"),
        b.delivery_reversed("D2"),
        b.rates_set(USD="0.8"),
        b.invoice_cancelled("I2"),
        b.cancelled("O2"),
        b.reopened("O2"),
        b.order("O9", 5, currency="JPY"),
        Said({"type": "note_added", "account_id": b.ACCOUNT, "actor": "kim", "reason": "called"}).by("desk", "story-6"),
        b.delegation_set("mia", "dee", f"{_FOR}01", f"{_FOR}31"),
        b.requested(limit_minor=3_000_000, currency="EUR").by("desk", "story-8"),
        _desk(b.agreed("max"), 9),
        b.requested(
            "AP-2", "exception", checks=["limit_expired"], valid_until=f"{_FOR}20", amount_minor=50, currency="EUR"
        ),
        _desk(b.agreed("max", "AP-2"), 10),
        b.order("O10", 20_000_000),
        _desk(b.released("O10", actor="ana"), 11),
        b.requested("AP-3", limit_minor=4_000_000, currency="EUR"),
        _desk(b.not_agreed("max", "AP-3"), 12),
        b.day_closed(f"{_FOR}16"),
        b.day_closed(f"{_FOR}21"),
        _desk(b.acknowledged("ACME/5"), 13),
        _desk(b.snoozed(f"{_FOR}24", "ACME/5"), 14),
        _desk(b.assigned("kai", "ACME/5"), 15),
        _desk(b.promised(90, f"{_FOR}23"), 16),
        b.learner_reported("drift", of="loss", found=2_100, line=1_300),
        b.book_totalled(f"{_FOR}21", 2_000, large_account_ids=[b.ACCOUNT]),
        b.day_closed(f"{_FOR}24"),
        _desk(b.alert_closed("ACME/5"), 17),
        b.dossier_updated(industry="foods", relationship_since_on="2020-05-01").by("crm", "story-18"),
        b.bureau(640).by("bureau", "story-19"),
        b.assessment("management", 9).by("crm", "story-20"),
        b.financials("2024-12-31", {"total_assets_minor": 900, "equity_minor": 450}).by("crm", "story-21"),
        b.reference(points=80).by("crm", "story-22"),
        b.bureau(280, f"{_FOR}25").by("bureau", "story-23"),
    ]


def tell() -> Scenario:
    """Return the scenario after the story, a few records that cannot be read among it."""
    scenario = Scenario()
    for number, said in enumerate(story()):
        scenario.say(said)
        if number == 20:
            scenario.take("orders", b.ACCOUNT, b'{"type": "order_placed"')
            scenario.take("orders", None, b.order("LOST").bytes())
            scenario.say(_desk(b.dismissed("credit.orders.v1/0/7"), 7))
    return scenario
