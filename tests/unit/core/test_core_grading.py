"""The grade under a policy without a scorecard: desk, else a table of bureau and behaviour; better only later."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from projections.context import new_context
from projections.dossier_rows import Dossier, Report
from projections.grading import grade_of
from projections.rows import Account
from schemas.decisions import GradeChanged
from schemas.policy import default_policy
from schemas.policy_credit import GradeRow, Grading
from schemas.policy_scorecard import Scorecard
from tests import builders as b
from tests.builders import Said
from tests.scenario import Scenario

TABLE = [
    {"grade": "A", "bureau_at_least": 750, "delay_at_most_days": 5},
    {"grade": "B", "bureau_at_least": 600, "delay_at_most_days": 15},
    {"grade": "C", "credit": False},
]


def policy(**grading: Any) -> Said:
    """Return the adoption of the default policy with this way of grading, and without what names its own grades."""
    named = ("limits", "measures", "risk_matrix", "scorecard")
    document = {name: value for name, value in msgspec.to_builtins(default_policy()).items() if name not in named}
    defaults = {"table": TABLE, "delay_needs_invoices": 2, "adverse_event_grade": "C", "improve_after_days": 30}
    return b.policy_adopted({**document, "grading": {**defaults, **grading}})


def paid_late(days: int, number: int = 1, amount: int = 100) -> list[Said]:
    """Return an invoice that fell due on 1 March and its payment so many days later."""
    pays = {f"I{number}": amount}
    on = f"2025-03-{1 + days:02}"
    return [
        b.invoice(amount, f"I{number}", issued_on="2025-02-01", due_on="2025-03-01"),
        b.payment(amount, f"P{number}", pays=pays, received_on=on),
    ]


def grades(decisions: list[Any]) -> list[str]:
    """Return the changes of grade among the decisions as `A to B`."""
    return [f"{one.before or '-'} to {one.grade or '-'}" for one in decisions if isinstance(one, GradeChanged)]


def because(decisions: list[Any]) -> list[dict[str, Any]]:
    """Return why the last change of grade among the decisions was made."""
    return [one for one in decisions if isinstance(one, GradeChanged)][-1].because  # type: ignore[return-value]


@pytest.fixture
def graded(acme: Scenario) -> Scenario:
    """An account under the table above, on 2 April 2025."""
    acme.say(policy(), b.day_closed("2025-04-01"))
    return acme


@pytest.mark.parametrize(("score", "grade"), [(1_000, "A"), (750, "A"), (749, "B"), (600, "B"), (599, "C"), (0, "C")])
def test_without_invoices_the_bureau_decides(graded: Scenario, score: int, grade: str) -> None:
    assert grades(graded.say(b.bureau(score))) == [f"- to {grade}"]


@pytest.mark.parametrize(("days", "grade"), [(0, "A"), (5, "A"), (6, "B"), (15, "B"), (16, "C")])
def test_without_a_bureau_the_days_late_decide(graded: Scenario, days: int, grade: str) -> None:
    assert grades(graded.say(*paid_late(days, 1))) == []
    assert grades(graded.say(*paid_late(days, 2))) == [f"- to {grade}"]


def test_the_worse_of_both_decides_and_is_named_first(graded: Scenario) -> None:
    graded.say(*paid_late(10, 1), *paid_late(10, 2))
    decisions = graded.say(b.bureau(500, "2025-03-23"))
    assert grades(decisions) == ["B to C"]
    assert because(decisions) == [
        {"code": "bureau_score", "points": 500, "age_days": 10, "provider": "north", "better_at_least_points": 600},
        {"code": "payment_delay", "delay_days": 10, "settled_count": 2},
    ]


def test_the_reasons_name_what_the_grade_asks(graded: Scenario) -> None:
    assert because(graded.say(b.bureau(800, b.DAY))) == [
        {"code": "bureau_score", "points": 800, "age_days": 30, "provider": "north", "at_least_points": 750}
    ]


def test_nothing_known_is_no_grade(graded: Scenario) -> None:
    assert grades(graded.say(b.dossier_updated(industry="steel"), *paid_late(0))) == []


def test_with_an_empty_table_no_grade_follows_from_anything(acme: Scenario) -> None:
    decisions = acme.say(policy(table=[]), b.bureau(100), *paid_late(20, 1), *paid_late(20, 2), b.adverse_event())
    assert grades(decisions) == []


def test_a_worse_grade_comes_at_once_and_a_better_one_after_its_time(graded: Scenario) -> None:
    graded.say(b.bureau(800, "2025-04-01"))
    assert grades(graded.say(b.bureau(650, "2025-04-02"))) == ["A to B"]
    assert grades(graded.say(b.bureau(800, "2025-04-03"))) == []
    assert grades(graded.say(b.day_closed("2025-04-30"))) == []
    assert grades(graded.say(b.day_closed("2025-05-01"))) == ["B to A"]


def test_a_better_grade_after_a_quiet_time_comes_at_once(graded: Scenario) -> None:
    graded.say(b.bureau(650, "2025-04-01"), b.day_closed("2025-06-01"))
    assert grades(graded.say(b.bureau(800, "2025-06-01"))) == ["B to A"]


def test_an_adverse_event_leaves_no_better_grade_and_its_end_gives_it_back(graded: Scenario) -> None:
    graded.say(b.bureau(800))
    decisions = graded.say(b.adverse_event("lien", "2025-04-01"))
    assert grades(decisions) == ["A to C"]
    assert because(decisions)[0] == {"code": "adverse_event", "event": "lien", "reported_on": "2025-04-01"}
    assert grades(graded.say(b.adverse_event_resolved("lien", "2025-04-02"))) == []
    assert grades(graded.say(b.day_closed("2025-05-01"))) == ["C to A"]


def test_an_adverse_event_grades_an_account_of_which_nothing_else_is_known(graded: Scenario) -> None:
    assert grades(graded.say(b.adverse_event("lien"))) == ["- to C"]


def test_an_adverse_event_makes_no_grade_better(acme: Scenario) -> None:
    acme.say(policy(adverse_event_grade="B"), b.bureau(500))
    assert grades(acme.say(b.adverse_event("lien"))) == []


def test_an_account_that_meets_no_row_has_no_grade() -> None:
    context = new_context(0, 1)
    rows = (GradeRow(grade="A", bureau_at_least=750),)
    context.adopt(msgspec.structs.replace(default_policy(), grading=Grading(table=rows), scorecard=Scorecard()))
    dossier = Dossier(reports={"north": Report("north", None, 10, 0, 100, b.DAY)})
    assert grade_of(Account("A-1", "EUR"), dossier, None, context, b.DAY) == ("", [])


def test_what_the_desk_sets_holds_against_the_table(graded: Scenario) -> None:
    graded.say(b.bureau(500))
    decisions = graded.say(b.grade_set("A"))
    assert grades(decisions) == ["C to A"]
    assert because(decisions) == [{"code": "grade_set_by_desk", "actor": "kim"}]
    assert grades(graded.say(b.bureau(300, "2025-04-01"), b.adverse_event())) == []


def test_what_the_desk_set_lapses_after_its_last_day(graded: Scenario) -> None:
    graded.say(b.bureau(500), b.grade_set("A", valid_until="2025-04-05"))
    assert grades(graded.say(b.day_closed("2025-04-04"))) == []
    assert grades(graded.say(b.day_closed("2025-04-05"))) == ["A to C"]


def test_when_the_desk_withdraws_its_grade_the_table_holds_at_once(graded: Scenario) -> None:
    graded.say(b.bureau(800), b.grade_set("C"))
    assert grades(graded.say(b.grade_set(None))) == ["C to A"]


def test_the_desk_grades_where_the_policy_has_no_table(acme: Scenario) -> None:
    assert grades(acme.say(policy(table=[]), b.grade_set("gold"))) == ["- to gold"]
    assert grades(acme.say(b.grade_set(None))) == ["gold to -"]


def test_a_grade_that_the_table_does_not_have_is_refused(graded: Scenario) -> None:
    (refused,) = graded.say(b.grade_set("b"))
    assert (refused.code, refused.message) == (
        "grade_unknown",
        "expected $.grade to be one of A, B, C, received 'b'",
    )
    graded.prove()


def test_a_report_that_is_too_old_is_no_longer_asked(graded: Scenario) -> None:
    graded.say(b.bureau(500, "2023-05-01"))
    graded.say(*paid_late(0, 1), *paid_late(0, 2))
    assert grades(graded.say(b.day_closed("2025-04-29"))) == []
    assert grades(graded.say(b.day_closed("2025-04-30"))) == []
    assert grades(graded.say(b.day_closed("2025-05-01"))) == ["C to A"]


def test_a_payment_that_bounces_takes_its_delay_back(graded: Scenario) -> None:
    graded.say(*paid_late(0, 1), *paid_late(0, 2))
    graded.say(*paid_late(28, 3, amount=900))
    assert graded.partition.book.account(b.ACCOUNT).grade == "C"  # type: ignore[union-attr]
    graded.say(b.day_closed("2025-06-01"))
    assert grades(graded.say(b.payment_reversed("P3"))) == ["C to A"]


def test_another_policy_grades_every_account_anew(graded: Scenario) -> None:
    graded.say(b.bureau(700))
    stricter = [{"grade": "B", "bureau_at_least": 800}, {"grade": "C"}]
    assert grades(graded.say(policy(table=stricter))) == ["B to C"]
    assert grades(graded.say(policy(table=[]))) == ["C to -"]


def test_a_grade_of_another_table_is_replaced_at_once(graded: Scenario) -> None:
    graded.say(b.bureau(500))
    table = [{"grade": "good", "bureau_at_least": 400}, {"grade": "bad"}]
    assert grades(graded.say(policy(table=table, adverse_event_grade=None))) == ["C to good"]


def test_what_has_nothing_to_do_with_the_grade_changes_none(graded: Scenario) -> None:
    graded.say(b.bureau(800))
    facts = [b.order(amount=10), b.joined("C2"), b.reviewed(), b.invoice(100), b.dossier_updated(country="DE")]
    assert grades(graded.say(*facts)) == []
