"""Early warning: a number that crosses a line opens one alert, which escalates and clears, by itself as days pass."""

from typing import Any

import pytest

from schemas.decisions import AlertCleared, AlertRaised, Level
from tests import builders as b
from tests.scenario import Scenario, alerts, with_limit
from tests.unit.core.test_core_headroom import policy

BIG = 1_000_000


def line(at: int, level: Level, **fields: Any) -> dict[str, Any]:
    """Return a warning line."""
    return {"at_bp": at, "level": level, "measure": "call", "owner_role": "collector", **fields}


def lines(*places: tuple[int, Level], clear_below: int = 0) -> dict[str, Any]:
    """Return an indicator."""
    return {"clear_below_bp": clear_below, "lines": [line(at, level) for at, level in places]}


def watching(**indicators: dict[str, Any]) -> b.Said:
    """Return the default policy with some indicators instead, and without overdue share."""
    never = lines((10_001, "critical"))
    return policy(warnings={"overdue_share": never, **indicators})


@pytest.fixture
def watched() -> Scenario:
    """Return an account of which only the oldest overdue item is watched."""
    scenario = with_limit(BIG)
    scenario.say(watching(oldest_overdue=lines((5, "notice"), (20, "warning"), (45, "critical"), clear_below=4)))
    scenario.say(b.day_closed("2025-03-31"))
    return scenario


def test_an_item_that_stays_open_warns_escalates_and_clears_by_the_calendar_alone(watched: Scenario) -> None:
    watched.say(b.invoice(100, due_on="2025-04-02"))
    assert alerts(watched.say(b.day_closed("2025-04-06"))) == []
    assert alerts(watched.say(b.day_closed("2025-04-07"))) == ["raised oldest_overdue notice"]
    assert alerts(watched.say(b.day_closed("2025-04-21"))) == []
    assert alerts(watched.say(b.day_closed("2025-04-22"))) == ["escalated oldest_overdue warning"]
    assert alerts(watched.say(b.day_closed("2025-05-17"))) == ["escalated oldest_overdue critical"]
    assert alerts(watched.say(b.payment(100))) == ["cleared oldest_overdue critical"]
    watched.prove()


def test_the_account_is_not_looked_at_on_the_days_between(watched: Scenario) -> None:
    watched.say(b.invoice(100, due_on="2025-04-02"), b.day_closed("2025-04-07"))
    length = len(watched.ledger)
    for day in range(8, 22):
        watched.say(b.day_closed(f"2025-04-{day:02}"))
    assert len(watched.ledger) == length + 14, "each day is one record, and none of them touches the account"


def test_an_item_that_arrives_overdue_is_followed_from_there(watched: Scenario) -> None:
    assert alerts(watched.say(b.invoice(100, due_on="2025-03-20"))) == ["raised oldest_overdue notice"]
    assert alerts(watched.say(b.day_closed("2025-04-09"))) == ["escalated oldest_overdue warning"]
    watched.prove()


def test_once_the_oldest_is_paid_the_next_one_is_followed(watched: Scenario) -> None:
    watched.say(b.invoice(100, "I1", due_on="2025-03-20"), b.invoice(100, "I2", due_on="2025-04-10"))
    assert alerts(watched.say(b.payment(100))) == ["cleared oldest_overdue notice"]
    assert alerts(watched.say(b.day_closed("2025-04-14"))) == []
    assert alerts(watched.say(b.day_closed("2025-04-15"))) == ["raised oldest_overdue notice"]
    watched.prove()


def test_a_disputed_item_is_passed_over_until_the_dispute_is_settled(watched: Scenario) -> None:
    watched.say(b.invoice(100, "I1", due_on="2025-03-01"), b.day_closed("2025-04-01"))
    assert alerts(watched.say(b.disputed(100))) == ["cleared oldest_overdue warning"]
    watched.say(b.invoice(100, "I2", due_on="2025-04-01"))
    assert alerts(watched.say(b.day_closed("2025-04-06"))) == ["raised oldest_overdue notice"]
    assert alerts(watched.say(b.dispute_resolved())) == ["escalated oldest_overdue warning"]
    watched.prove()


def test_it_stays_open_until_it_is_clearly_below_the_lowest_line(watched: Scenario) -> None:
    watched.say(b.invoice(100, "I1", due_on="2025-03-20"), b.invoice(100, "I2", due_on="2025-03-30"))
    assert alerts(watched.say(b.payment(100))) == []
    assert alerts(watched.say(b.payment(100, "P2"))) == ["cleared oldest_overdue notice"]


def test_an_alert_names_its_measure_its_owner_and_by_when(watched: Scenario) -> None:
    dated = {"clear_below_bp": 0, "lines": [line(5, "notice", due_days=7)]}
    watched.say(watching(oldest_overdue=dated))
    (raised,) = watched.say(b.invoice(100, due_on="2025-03-20"))
    assert isinstance(raised, AlertRaised)
    assert (raised.measure, raised.owner_role, raised.due_on) == ("call", "collector", "2025-04-08")
    assert (raised.found, raised.line) == (11, 5)


def test_open_alerts_of_an_account_come_to_one_level() -> None:
    """Two warnings are a warning; a third makes the account critical, though none of them is."""
    acme = with_limit(1_000)
    warn = {"utilisation": lines((5_000, "warning")), "oldest_overdue": lines((5, "warning"))}
    acme.say(watching(**warn, combined={"warnings_are_critical": 3}), b.day_closed("2025-03-31"))
    assert acme.stands().combined_level is None
    acme.say(b.invoice(600, due_on="2025-03-20"))
    assert acme.stands().combined_level == "warning"
    (contradicted,) = acme.say(b.invoice(601, due_on="2025-03-20"))[1:]
    assert (contradicted.cause, contradicted.level) == ("fact_contradicts", "warning")
    assert (contradicted.combined_level, acme.stands().combined_level) == ("critical", "critical")
    cleared = [found for found in acme.say(b.payment(600)) if isinstance(found, AlertCleared)]
    assert [found.combined_level for found in cleared] == ["warning", "warning"]
    acme.prove()


def test_many_alerts_of_one_cause_count_once_for_the_account() -> None:
    acme = with_limit(1_000)
    for number in range(4):
        acme.say(b.invoice(10, f"I{number}"), b.invoice(11, f"I{number}"))
    assert acme.stands().combined_level == "warning"


def ordering(weeks: int, amount: int = 100) -> Scenario:
    """Return an account that has ordered as much in each of so many weeks, the last of which is over."""
    scenario = with_limit(100_000)
    scenario.say(policy(warnings={"order_volume": lines((30_000, "notice"), (60_000, "warning"), clear_below=5_000)}))
    for week in range(weeks):
        on = f"2025-{1 + week // 4:02}-{1 + 7 * (week % 4):02}"
        scenario.say(b.day_closed(on), b.order(f"W{week}", amount))
    return scenario


def test_orders_far_above_the_usual_week_warn_and_clear_when_they_are_a_week_old() -> None:
    acme = ordering(6)
    acme.say(b.day_closed("2025-02-19"))
    assert alerts(acme.say(b.order("O1", 200))) == []
    assert alerts(acme.say(b.order("O2", 150))) == ["raised order_volume notice"]
    assert alerts(acme.say(b.order("O3", 300))) == ["escalated order_volume warning"]
    assert alerts(acme.say(b.day_closed("2025-02-24"))) == []
    assert alerts(acme.say(b.day_closed("2025-03-05"))) == ["cleared order_volume warning"]
    acme.prove()


def test_a_new_account_has_no_usual_week_yet() -> None:
    acme = ordering(3)
    assert alerts(acme.say(b.day_closed("2025-02-19"), b.order("O1", 50_000))) == []


def test_an_adverse_event_warns_until_it_is_resolved() -> None:
    acme = with_limit(1_000)
    acme.say(b.day_closed("2025-03-31"))
    raised = next(found for found in acme.say(b.adverse_event("insolvency")) if isinstance(found, AlertRaised))
    assert (raised.cause, raised.subject, raised.level) == ("adverse_event", "insolvency 2025-03-03", "critical")
    again = b.adverse_event("insolvency", provider="other")
    assert not any("adverse_event" in told for told in alerts(acme.say(again)))
    assert "cleared adverse_event critical" in alerts(acme.say(b.adverse_event_resolved("insolvency", "2025-04-01")))
    acme.prove()


def test_a_weak_score_warns() -> None:
    acme = with_limit(1_000)
    acme.say(watching(score_weakness=lines((500, "notice"), (800, "critical"))), b.day_closed("2025-03-31"))
    assert about("score_weakness", acme.say(b.bureau(600, "2025-03-01"))) == []
    assert about("score_weakness", acme.say(b.bureau(450, "2025-03-10"))) == ["raised score_weakness notice"]
    assert about("score_weakness", acme.say(b.bureau(100, "2025-03-20"))) == ["escalated score_weakness critical"]
    acme.prove()


def about(cause: str, decisions: list[Any]) -> list[str]:
    """Return the alerts of one cause."""
    return [told for told in alerts(decisions) if cause in told]


def test_a_score_that_falls_little_by_little_warns_by_the_whole_fall() -> None:
    acme = with_limit(1_000)
    acme.say(watching(score_fall=lines((150, "notice")), score_fall_days=180), b.day_closed("2025-03-31"))
    for month, score in ((1, 800), (2, 750), (3, 700)):
        assert about("score_fall", acme.say(b.bureau(score, f"2025-{month:02}-10"))) == []
    assert about("score_fall", acme.say(b.bureau(640, "2025-03-31"))) == ["raised score_fall notice"]
    acme.prove()


def test_a_fall_is_forgotten_once_its_height_is_long_ago() -> None:
    acme = with_limit(1_000)
    acme.say(watching(score_fall=lines((150, "notice")), score_fall_days=60), b.day_closed("2025-03-31"))
    acme.say(b.bureau(800, "2025-03-01"))
    assert about("score_fall", acme.say(b.bureau(600, "2025-03-31"))) == ["raised score_fall notice"]
    assert about("score_fall", acme.say(b.day_closed("2025-06-30"))) == ["cleared score_fall notice"]
    acme.prove()


def paying(days_late: list[int]) -> Scenario:
    """Return an account that paid an invoice a month, each so many days late."""
    acme = with_limit(1_000_000)
    acme.say(watching(payment_delay=lines((10, "notice")), payment_drift=lines((5, "warning"))))
    for month, late in enumerate(days_late, start=1):
        for n in range(2):
            due, paid = f"2025-{month:02}-01", f"2025-{month:02}-{1 + late:02}"
            acme.say(b.invoice(100, f"I{month}-{n}", due_on=due), b.payment(100, f"P{month}-{n}", received_on=paid))
        acme.say(b.day_closed(f"2025-{month:02}-27"))
    return acme


def test_an_account_that_pays_later_and_later_is_warned_of_before_it_is_very_late() -> None:
    acme = paying([2, 2, 2, 2, 10, 25])
    assert {"payment_delay", "payment_drift"} <= set(acme.partition.book.account("ACME").alerts)  # type: ignore[union-attr]
    acme.prove()


def test_one_that_always_paid_late_does_not_drift() -> None:
    acme = paying([8, 8, 8, 8, 8, 8])
    assert not {"payment_delay", "payment_drift"} & set(acme.partition.book.account("ACME").alerts)  # type: ignore[union-attr]
