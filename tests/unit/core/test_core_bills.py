"""Bills and notes: they take the place of the invoices they pay, and are owed until they are honoured."""

import pytest

from tests import builders as b
from tests.scenario import Scenario, alerts, codes, kinds
from tests.unit.core.test_core_exposure import stages
from tests.unit.core.test_core_headroom import answers, policy
from tests.unit.core.test_core_overdue_checks import OFF
from tests.unit.core.test_core_scopes import free


def test_a_bill_takes_the_place_of_the_invoice_it_pays(acme: Scenario) -> None:
    acme.say(b.invoice(300), b.bill(300, pays={"I1": 300}))
    found = acme.stands()
    assert (found.bills_minor, found.invoiced_minor, found.exposure_minor) == (300, 0, 300)
    acme.say(b.bill_honoured())
    assert acme.stands().exposure_minor == 0


def test_what_a_dishonoured_bill_paid_is_open_again(acme: Scenario) -> None:
    acme.say(b.invoice(300), b.bill(300, pays={"I1": 300}), b.bill_dishonoured())
    assert stages(acme) == {"invoiced": 300}


def test_a_bill_dishonoured_after_it_was_honoured_is_owed_again(acme: Scenario) -> None:
    acme.say(b.invoice(600), b.bill(600), b.bill_honoured(), b.order("O1", 500))
    assert answers(acme.say(b.bill_dishonoured())) == ["order_release_withdrawn O1"]
    assert acme.stands().exposure_minor == 600


def test_only_its_honouring_frees_headroom(acme: Scenario) -> None:
    acme.say(b.invoice(900), b.order("O1", 500))
    assert answers(acme.say(b.bill(900))) == []
    assert answers(acme.say(b.bill_honoured())) == ["order_released O1"]


def test_without_a_word_a_bill_pays_what_is_due_first_and_gives_way_to_a_later_word(acme: Scenario) -> None:
    acme.say(b.invoice(100, "I1", due_on="2025-05-01"), b.invoice(100, "I2", due_on="2025-04-01"), b.bill(100))
    overdue = acme.say(b.day_closed("2025-04-15"))
    assert "alert_raised" not in kinds(overdue), "what was due first is on the bill"
    acme.say(b.allocated(100, "I1", source={"bill_id": "B1"}))
    assert stages(acme) == {"invoiced": 100, "bills": 100}
    assert acme.stands().overdue_minor == 100


def test_what_of_a_bill_pays_nothing_is_shown_and_frees_nothing_until_it_is_honoured(acme: Scenario) -> None:
    acme.say(b.invoice(60), b.bill(100))
    assert stages(acme) == {"bills": 60, "uncleared": 40}
    acme.say(b.bill_honoured())
    assert stages(acme) == {"unapplied": 40}


def test_a_bill_that_came_first_pays_the_invoice_that_follows(acme: Scenario) -> None:
    acme.say(b.bill(100), b.invoice(80))
    assert stages(acme) == {"bills": 80, "uncleared": 20}


@pytest.mark.parametrize(
    ("crosses", "then"),
    [(b.bill_honoured(), {}), (b.bill_dishonoured(), {"invoiced": 300})],
    ids=["honoured", "dishonoured"],
)
def test_what_becomes_of_a_bill_waits_until_it_is_known(acme: Scenario, crosses: b.Said, then: dict[str, int]) -> None:
    assert kinds(acme.say(crosses)) == ["fact_waits"]
    acme.say(b.invoice(300), b.bill(300))
    assert stages(acme) == then


def test_a_bill_waits_for_the_invoice_it_names(acme: Scenario) -> None:
    assert kinds(acme.say(b.bill(100, pays={"I1": 100}))) == ["fact_waits"]
    acme.say(b.invoice(100, "I0"), b.invoice(100, "I1"))
    assert stages(acme) == {"invoiced": 100, "bills": 100}


def test_a_corrected_bill_is_what_its_highest_revision_says(acme: Scenario) -> None:
    acme.say(b.invoice(300), b.bill(300, pays={"I1": 300}), b.bill(200, revision=2, pays={"I1": 200}))
    assert stages(acme) == {"invoiced": 100, "bills": 200}
    acme.say(b.bill_dishonoured())
    assert codes(acme.say(b.bill(300, revision=3))) == ["bill_already_dishonoured"]


def test_a_discount_granted_with_a_bill_goes_with_it(acme: Scenario) -> None:
    acme.say(b.invoice(100), b.bill(95, pays={}), b.allocated(95, source={"bill_id": "B1"}, discount_minor=5))
    assert stages(acme) == {"bills": 95}
    acme.say(b.bill_dishonoured())
    assert stages(acme) == {"invoiced": 100}


def test_bills_may_be_no_part_of_what_a_policy_compares(acme: Scenario) -> None:
    """A bank that has bought the bills bears them; the desk then leaves them out of the check."""
    counted = ["orders", "delivered", "invoiced", "unapplied", "deposits"]
    acme.say(policy(orders={"stages_that_count": counted}), b.invoice(900), b.bill(900))
    assert acme.stands().bills_minor == 900
    assert answers(acme.say(b.order("O1", 800))) == ["order_released O1"]


def test_a_bill_is_of_the_customer_whose_invoice_it_pays(acme: Scenario) -> None:
    acme.say(b.limit_set(500, scope={"customer_id": "C-1"}), b.order("O1", 100, customer_id="C-1"))
    acme.say(b.invoice(300, customer_id="C-1"), b.bill(300))
    assert free(acme) == {"customer/C-1": 100}
    acme.say(b.bill_honoured())
    assert free(acme) == {"customer/C-1": 400}


def test_a_bill_for_goods_on_longer_terms_than_a_cover_covers_is_not_covered(acme: Scenario) -> None:
    acme.say(b.cover(1_000, max_net_days=60), b.invoice(300, "I1", due_on="2025-04-02"))
    acme.say(b.bill(300, pays={"I1": 300}, due_on="2025-07-01"))
    assert acme.stands().cover_minor == 0
    acme.say(b.bill(300, pays={"I1": 300}, due_on="2025-04-20", revision=2))
    assert acme.stands().cover_minor == 300


def test_a_withdrawn_cover_still_bears_what_is_on_a_bill_now(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-03-03"), b.cover(500), b.invoice(300), b.cover_withdrawn("2025-03-04"), b.bill(300))
    assert acme.stands().cover_minor == 300
    acme.say(b.bill_honoured(), b.invoice(200, "I2"))
    assert acme.stands().cover_minor == 0


def test_a_bill_that_nobody_honours_is_overdue_once_its_day_is_closed(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-03-03"), b.invoice(300, due_on="2025-03-10"), b.bill(300, due_on="2025-05-01"))
    assert alerts(acme.say(b.day_closed("2025-04-30"), b.day_closed("2025-05-01"))) == []
    assert acme.stands().overdue_minor == 0
    assert alerts(acme.say(b.day_closed("2025-05-02"))) == ["raised overdue_share warning"]
    found = acme.stands()
    assert (found.overdue_minor, found.bills_minor, found.invoiced_minor, found.exposure_minor) == (300, 300, 0, 300)
    assert alerts(acme.say(b.bill_honoured())) == ["cleared overdue_share warning"]
    assert acme.stands().overdue_minor == 0


def test_the_invoice_is_overdue_in_place_of_its_dishonoured_bill(acme: Scenario) -> None:
    acme.say(b.invoice(300, due_on="2025-03-10"), b.bill(300, due_on="2025-05-01"), b.day_closed("2025-05-05"))
    assert acme.stands().overdue_minor == 300
    acme.say(b.bill_dishonoured())
    found = acme.stands()
    assert (found.overdue_minor, found.bills_minor, found.invoiced_minor) == (300, 0, 300)


def test_an_overdue_bill_is_as_old_as_its_own_due_date(acme: Scenario) -> None:
    acme.say(policy(orders={**OFF, "oldest_overdue_days": 10}))
    acme.say(b.invoice(300, due_on="2025-03-10"), b.bill(300, due_on="2025-05-01"), b.day_closed("2025-05-11"))
    assert answers(acme.say(b.order("O1", 10))) == ["order_released O1"]
    acme.say(b.day_closed("2025-05-12"))
    assert answers(acme.say(b.order("O2", 10))) == ["order_referred O2"]


def test_a_bill_that_is_put_off_is_overdue_no_longer(acme: Scenario) -> None:
    acme.say(b.invoice(300), b.bill(300, due_on="2025-05-01"), b.day_closed("2025-05-05"))
    acme.say(b.bill(300, due_on="2025-06-01", revision=2))
    assert acme.stands().overdue_minor == 0
    acme.say(b.day_closed("2025-06-02"))
    assert acme.stands().overdue_minor == 300


def test_what_is_overdue_is_a_share_of_invoices_and_bills(acme: Scenario) -> None:
    acme.say(policy(orders={**OFF, "overdue_share_from_minor": 0, "overdue_share_bp": 4_999}))
    acme.say(b.day_closed("2025-05-10"), b.invoice(100, "I1", due_on="2025-09-01"), b.invoice(300, "I2"))
    acme.say(b.bill(200, "B1", pays={"I2": 200}, due_on="2025-05-01"))
    acme.say(b.bill(100, "B2", pays={"I2": 100}, due_on="2025-09-01"))
    told = acme.say(b.order("O1", 10))
    share = {"overdue_minor": 200, "invoiced_minor": 400, "share_bp": 5_000, "allowed_bp": 4_999}
    (reason,) = told[0].reasons
    assert share.items() <= reason.items()


def test_a_bill_taken_after_its_due_date_is_overdue_at_once(acme: Scenario) -> None:
    acme.say(b.day_closed("2025-05-05"), b.invoice(300, due_on="2025-06-01"))
    assert alerts(acme.say(b.bill(300, due_on="2025-05-04"))) == ["raised overdue_share warning"]


def test_an_overdue_bill_rises_to_the_lines_on_days_as_the_calendar_passes(acme: Scenario) -> None:
    """No fact comes, and no invoice is open: the account is swept for the bill alone."""
    acme.say(b.day_closed("2025-03-03"), b.invoice(300), b.bill(300, due_on="2025-05-01"))
    acme.say(b.day_closed("2025-05-10"))
    assert alerts(acme.say(b.day_closed("2025-05-11"))) == ["raised oldest_overdue notice"]
    acme.say(b.day_closed("2025-05-30"))
    assert alerts(acme.say(b.day_closed("2025-05-31"))) == ["escalated oldest_overdue warning"]
    acme.say(b.day_closed("2025-06-14"))
    assert alerts(acme.say(b.day_closed("2025-06-15"))) == ["escalated oldest_overdue critical"]
