"""What is known of an account's paying when an invoice is issued."""

from __future__ import annotations

from datetime import date, timedelta

from msgspec.structs import asdict

from projections.lateness_features import (
    FEATURES,
    Invoice,
    Payments,
    Population,
    dispute,
    fall_overdue,
    features_of,
    issue,
    judge,
    late_rate,
    leave_overdue,
    leave_waiting,
    settle,
)

_START = date(2026, 1, 5)


def invoice(on: int = 0, net_days: int = 30, amount_minor: int = 10_000) -> Invoice:
    due_on = _START + timedelta(days=on + net_days)
    return Invoice((_START + timedelta(days=on)).toordinal(), due_on.toordinal(), due_on.day, amount_minor)


def told(payments: Payments, population: Population, new: Invoice) -> dict[str, float]:
    return dict(zip(FEATURES, features_of(payments, population, new), strict=True))


def pay(payments: Payments, population: Population, *, on: int, days_late: int) -> None:
    """One invoice from its issue to its settlement, with all that is noted on the way."""
    new = invoice(on)
    issue(payments, new)
    is_late = days_late > 0
    if is_late:
        fall_overdue(payments, new)
    (leave_overdue if is_late else leave_waiting)(payments, new)
    settle(payments, days_late)
    judge(payments, is_late=is_late, day=new.due_day + min(days_late, 1))
    population.settle(days_late)
    population.judge(is_late=is_late)


def test_a_new_account_looks_like_the_average_one() -> None:
    features = told(Payments(), Population(judged=97, late=24, settled=97, days=2.0), invoice())
    assert features["late_rate"] == features["late_lately"] == features["days_beyond"] == features["history"] == 0
    assert features["late_rate_of_all"] == 0.25
    assert features["since_late"] == 1
    assert features["amount_to_usual"] == 0.5


def test_who_pays_later_than_others_stands_out() -> None:
    prompt, slow, population = Payments(), Payments(), Population()
    for number in range(6):
        pay(prompt, population, on=40 * number, days_late=-5)
        pay(slow, population, on=40 * number, days_late=15)
    features = {name: told(payments, population, invoice(300)) for name, payments in (("p", prompt), ("s", slow))}
    for name in ("late_rate", "late_lately", "days_beyond", "days_beyond_lately", "days_beyond_bounded"):
        assert features["p"][name] < 0 < features["s"][name]
    assert features["s"]["since_late"] < 1 == features["p"]["since_late"]


def test_a_turn_shows_first_in_what_is_lately() -> None:
    payments, population = Payments(), Population()
    for number in range(12):
        pay(payments, population, on=40 * number, days_late=-5 if number < 9 else 20)
    features = told(payments, population, invoice(520))
    assert features["days_beyond_lately"] > features["days_beyond"] > 0
    assert features["late_lately"] > features["late_rate"]


def test_what_is_overdue_counts_before_it_is_paid() -> None:
    payments, population = Payments(), Population()
    late = invoice(0, amount_minor=30_000)
    issue(payments, late)
    fall_overdue(payments, late)
    issue(payments, invoice(20))
    features = told(payments, population, invoice(50))
    assert features["overdue_age"] == 20
    assert features["overdue_share"] == 0.75
    assert features["days_beyond"] == 10
    assert features["overdue_items"] == 0.5
    assert features["open_items"] == 1 / 3


def test_a_new_item_overdue_by_a_day_makes_nobody_look_better() -> None:
    payments, population = Payments(), Population()
    for number in range(5):
        pay(payments, population, on=40 * number, days_late=30)
    before = told(payments, Population(), invoice(231))["days_beyond"]
    new = invoice(200)
    issue(payments, new)
    fall_overdue(payments, new)
    assert told(payments, Population(), invoice(231))["days_beyond"] == before


def test_an_invoice_that_stands_shortly_before_its_due_day_is_half_late() -> None:
    payments, population = Payments(), Population()
    issue(payments, invoice(0))
    early, soon = (told(payments, population, invoice(on))["late_rate"] for on in (1, 29))
    assert 0 < early < soon
    assert soon < 2 / 3, "not more than if it were late already"


def test_everything_open_is_gone_when_all_is_paid() -> None:
    payments, population = Payments(), Population()
    for number in range(7):
        pay(payments, population, on=3 * number, days_late=number - 3)
    assert (payments.waiting, payments.waiting_issued_days, payments.waiting_net_days, payments.waiting_minor) == (
        0,
    ) * 4
    assert (payments.overdue, payments.overdue_due_days, payments.overdue_minor) == (0, 0, 0)
    assert (payments.judged, payments.late) == (population.judged, population.late) == (7, 3)


def test_the_day_and_the_amount_of_an_invoice() -> None:
    payments = Payments()
    for number in range(8):
        issue(payments, invoice(number))
    dispute(payments)
    features = told(payments, Population(), invoice(9, amount_minor=40_000))
    assert features["amount_to_usual"] > 0.5
    assert features["net_days"] == 0.5
    assert features["disputed_share"] == 0.1
    on_saturday, on_monday = date(2026, 5, 2), date(2026, 5, 4)
    for day, expected in ((on_saturday, 1), (on_monday, 0)):
        new = Invoice(day.toordinal() - 30, day.toordinal(), day.day, 1)
        assert told(Payments(), Population(), new)["due_at_weekend"] == expected
    assert told(Payments(), Population(), Invoice(1, 31, 31, 1))["due_at_month_end"] == 1


def test_the_account_s_own_rate_is_mixed_with_that_of_all() -> None:
    population = Population(judged=7, late=1)
    assert late_rate(Payments(), population) == 0.2
    assert late_rate(Payments(judged=2, late=2), population) == 0.6


def test_what_is_told_is_what_is_kept() -> None:
    payments = Payments()
    pay(payments, Population(), on=0, days_late=4)
    assert asdict(payments.said()) == asdict(payments)
    assert features_of(payments.said(), Population(), invoice(60)) == features_of(payments, Population(), invoice(60))
