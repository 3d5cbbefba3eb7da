"""Measures of the policy: each is taken once while its condition holds, and ends when that has not held for a while."""

from collections.abc import Callable
from typing import Any

import pytest

from tests import builders as b
from tests.scenario import Scenario, kinds
from tests.unit.core.test_core_headroom import answers, policy
from tests.unit.core.test_core_status import told as status_told
from tests.unit.core.test_core_temporary_limits import told as limit_told
from tests.unit.core.test_core_terms import told as terms_told

Given = Callable[[int], Scenario]
LATE = {"oldest_overdue_days": 30}
DUE = "2025-03-10"
NOT_YET, LATE_ON = "2025-04-08", "2025-04-09"
"""Due on 10 March: on 9 April it is 30 days late."""


def rule(does: str, when: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """Return a measure of the policy."""
    return {"name": fields.pop("name", does), "does": does, "when": when or LATE, **fields}


def measures(*rules: dict[str, Any]) -> b.Said:
    """Return a policy with these measures and no others, without any warning about them or check of overdue."""
    quiet = {"oldest_overdue_days": None, "overdue_share_bp": None, "dunning_stage": None}
    said = policy(warnings={"measure_taken": None}, orders=quiet)
    return said.but(policy={**said.value["policy"], "measures": list(rules)})


def taken(decisions: list[Any]) -> list[str]:
    """Return the measures among the decisions: `+` taken, `~` recovering, `-` ended."""
    found = [decision for decision in decisions if kinds([decision]) == ["measure_taken"]]
    return [("-" if one.ended else "~" if one.recovers_on else "+") + one.measure for one in found]


@pytest.fixture
def late(given: Given) -> Callable[..., Scenario]:
    """A function that returns an account with a limit of 1,000 and an item that is 29 days late, under measures."""

    def make(*rules: dict[str, Any]) -> Scenario:
        acme = given(1_000)
        acme.say(measures(*rules), b.day_closed("2025-03-03"), b.invoice(400, due_on=DUE))
        assert taken(acme.say(b.day_closed(NOT_YET))) == []
        return acme

    return make


def test_a_limit_is_cut_on_the_day_and_restored_when_the_account_recovered(late: Callable[..., Scenario]) -> None:
    acme = late(rule("cut_limit", to_bp=5_000, recovers_after_days=10))
    cut = acme.say(b.day_closed(LATE_ON))
    assert taken(cut) == ["+cut_limit"]
    assert limit_told(cut) == [(500, None, "measure")]
    assert next(found for found in cut if taken([found])).because == [
        {"code": "oldest_overdue", "overdue_days": 30, "line": 30}
    ]
    assert taken(acme.say(b.day_closed("2025-04-10"))) == [], "once while it holds"
    (recovers,) = [found for found in acme.say(b.payment(400)) if taken([found])]
    assert (taken([recovers]), recovers.recovers_on) == (["~cut_limit"], "2025-04-21")
    assert taken(acme.say(b.day_closed("2025-04-19"))) == []
    ended = acme.say(b.day_closed("2025-04-20"))
    assert taken(ended) == ["-cut_limit"]
    assert limit_told(ended) == [(1_000, None, "measure")]


def test_one_more_late_item_meanwhile_begins_the_wait_anew(late: Callable[..., Scenario]) -> None:
    acme = late(rule("cut_limit", recovers_after_days=10))
    acme.say(b.day_closed(LATE_ON), b.invoice(50, "I2", due_on="2025-03-16"))
    assert taken(acme.say(b.payment(400, pays={"I1": 400}), b.day_closed("2025-04-10"))) == ["~cut_limit"]
    assert taken(acme.say(b.day_closed("2025-04-15"))) == ["+cut_limit"], "it is needed again, and was never away"
    assert taken(acme.say(b.payment(50, "P2"), b.day_closed("2025-04-16"))) == ["~cut_limit"]
    assert taken(acme.say(b.day_closed("2025-04-24"))) == []
    assert taken(acme.say(b.day_closed("2025-04-25"))) == ["-cut_limit"]


def test_prepayment_and_suspension_are_ended_to_what_was_before(late: Callable[..., Scenario]) -> None:
    acme = late(rule("require_prepayment", recovers_after_days=0), rule("suspend", {"oldest_overdue_days": 31}))
    assert status_told(acme.say(b.day_closed(LATE_ON))) == [("prepayment", False, "measure")]
    assert status_told(acme.say(b.day_closed("2025-04-10"))) == [("suspended", False, "measure")]
    acme.say(b.payment(400))
    assert status_told(acme.say(b.day_closed("2025-04-11"))) == [], "still suspended when prepayment ends"
    assert status_told(acme.say(b.day_closed("2025-05-11"))) == [("active", False, "measure")]


def test_terms_are_shortened_and_given_back(late: Callable[..., Scenario]) -> None:
    acme = late(rule("shorten_terms", net_days=14, recovers_after_days=0))
    acme.say(b.terms_set(45))
    assert terms_told(acme.say(b.day_closed(LATE_ON))) == [(14, "measure")]
    assert terms_told(acme.say(b.payment(400))) == [(45, "desk")]


def test_shorter_terms_than_the_measure_asks_stay(late: Callable[..., Scenario]) -> None:
    acme = late(rule("shorten_terms", net_days=14))
    acme.say(b.terms_set(7))
    assert terms_told(acme.say(b.day_closed(LATE_ON))) == []


def test_what_a_person_decides_meanwhile_is_neither_cut_again_nor_restored(late: Callable[..., Scenario]) -> None:
    acme = late(rule("cut_limit", recovers_after_days=5))
    acme.say(b.day_closed(LATE_ON))
    assert limit_told(acme.say(b.limit_set(800))) == [(800, None, "desk")]
    assert taken(acme.say(b.day_closed("2025-04-20"))) == []
    ended = acme.say(b.payment(400), b.day_closed("2025-04-21"))
    assert (taken(ended), limit_told(ended)) == (["-cut_limit"], [])
    assert acme.stands().limit_minor == 800


def test_a_person_may_reinstate_an_account_although_the_condition_holds(late: Callable[..., Scenario]) -> None:
    acme = late(rule("suspend"))
    acme.say(b.day_closed(LATE_ON), b.reinstated())
    assert status_told(acme.say(b.day_closed("2025-04-20"))) == []
    assert acme.stands().status == "active"


def test_a_measure_never_loosens_what_a_person_tightened(late: Callable[..., Scenario]) -> None:
    acme = late(rule("require_prepayment", recovers_after_days=0))
    acme.say(b.suspended())
    assert status_told(acme.say(b.day_closed(LATE_ON))) == []
    acme.say(b.payment(400), b.day_closed("2025-04-10"))
    assert acme.stands().status == "suspended"


def test_without_recovery_only_a_person_ends_it(late: Callable[..., Scenario]) -> None:
    acme = late(rule("suspend", recovers_after_days=None))
    acme.say(b.day_closed(LATE_ON), b.payment(400))
    assert taken(acme.say(b.day_closed("2025-12-31"))) == []
    acme.say(b.reinstated())
    assert taken(acme.say(b.day_closed("2026-01-01"))) == ["-suspend"]
    assert acme.stands().status == "active"


def test_two_cuts_go_by_what_the_limit_was_and_end_one_by_one(late: Callable[..., Scenario]) -> None:
    half = rule("cut_limit", name="half", to_bp=5_000, recovers_after_days=0)
    most = rule("cut_limit", {"oldest_overdue_days": 40}, name="most", to_bp=2_000, recovers_after_days=20)
    acme = late(half, most)
    assert limit_told(acme.say(b.day_closed(LATE_ON))) == [(500, None, "measure")]
    assert limit_told(acme.say(b.day_closed("2025-04-19"))) == [(200, None, "measure")]
    acme.say(b.payment(400))
    assert limit_told(acme.say(b.day_closed("2025-04-20"))) == [], "the graver cut goes on"
    assert limit_told(acme.say(b.day_closed("2025-05-10"))) == [(1_000, None, "measure")]


def test_a_cut_sets_temporary_limits_aside_and_one_given_after_it_holds(late: Callable[..., Scenario]) -> None:
    acme = late(rule("cut_limit", recovers_after_days=0))
    acme.say(b.limit_set(3_000, valid_until="2025-05-31"))
    assert limit_told(acme.say(b.day_closed(LATE_ON))) == [(500, None, "measure")]
    assert limit_told(acme.say(b.limit_set(700, valid_until="2025-04-11"))) == [(700, "2025-04-11", "temporary")]
    assert limit_told(acme.say(b.day_closed("2025-04-11"))) == [(500, None, "lapsed")]
    assert limit_told(acme.say(b.payment(400))) == [(3_000, "2025-05-31", "measure")]
    assert limit_told(acme.say(b.day_closed("2025-05-31"))) == [(1_000, None, "lapsed")]


def test_a_lasting_limit_that_began_on_a_day_is_cut_and_restored_like_any_other(late: Callable[..., Scenario]) -> None:
    acme = late(rule("cut_limit", recovers_after_days=0))
    assert limit_told(acme.say(b.limit_set(4_000, valid_from="2025-04-09"))) == [(4_000, None, "desk")]
    assert limit_told(acme.say(b.day_closed(LATE_ON))) == [(2_000, None, "measure")]
    assert limit_told(acme.say(b.payment(400))) == [(4_000, None, "measure")]


def test_a_cut_takes_back_releases_and_its_end_lets_them_go(late: Callable[..., Scenario]) -> None:
    acme = late(rule("cut_limit", recovers_after_days=0))
    acme.say(b.order("O1", 300))
    assert answers(acme.say(b.day_closed(LATE_ON))) == ["order_release_withdrawn O1"]
    assert answers(acme.say(b.payment(200))) == ["order_released O1"], "within what the cut left"
    acme.say(b.order("O2", 600))
    assert answers(acme.say(b.payment(200, "P2"))) == ["order_released O2"], "and beyond it when it ended"


@pytest.mark.parametrize("limit", [b.limit_set(0), b.limit_set(0, unlimited=True)], ids=["no credit", "unlimited"])
def test_where_there_is_nothing_to_cut_nothing_changes(late: Callable[..., Scenario], limit: b.Said) -> None:
    acme = late(rule("cut_limit"))
    acme.say(limit)
    cut = acme.say(b.day_closed(LATE_ON))
    assert (taken(cut), limit_told(cut)) == (["+cut_limit"], [])
    assert limit_told(acme.say(b.limit_set(900))) == [(900, None, "desk")]
    assert limit_told(acme.say(b.day_closed("2025-04-10"))) == [], "what a person set after it stays"


def test_an_alert_takes_a_measure_at_once_and_its_end_ends_it(given: Given) -> None:
    acme = given(1_000)
    acme.say(measures(rule("require_prepayment", {"causes": ["fact_contradicts"]}, recovers_after_days=0)))
    acme.say(b.order("O1", 10))
    assert taken(acme.say(b.order("O1", 20))) == ["+require_prepayment"]
    corrected = acme.say(b.order("O1", 20, revision=2), b.day_closed("2025-03-03"))
    assert taken(corrected) == ["-require_prepayment"]
    assert acme.stands().status == "active"


def test_a_limit_used_up_is_no_reason_for_measures_by_level(given: Given) -> None:
    acme = given(1_000)
    acme.say(measures(rule("suspend", {"combined_level": "notice"})))
    assert taken(acme.say(b.invoice(1_000))) == []
    acme.say(b.day_closed("2025-03-03"))
    assert taken(acme.say(b.day_closed("2025-04-03"))) == ["+suspend"], "but what is overdue is"


def test_all_that_a_condition_asks_must_hold(late: Callable[..., Scenario]) -> None:
    acme = late(rule("suspend", {"oldest_overdue_days": 30, "causes": ["fact_contradicts"]}))
    assert taken(acme.say(b.day_closed(LATE_ON))) == []
    acme.say(b.order("O1", 10))
    assert taken(acme.say(b.order("O1", 20))) == ["+suspend"]


def test_a_measure_that_the_policy_drops_ends_with_it(late: Callable[..., Scenario]) -> None:
    acme = late(rule("cut_limit"))
    acme.say(b.day_closed(LATE_ON))
    dropped = acme.say(measures())
    assert (taken(dropped), limit_told(dropped)) == (["-cut_limit"], [(1_000, None, "measure")])


def test_an_account_without_any_reason_has_no_row_of_measures(given: Given) -> None:
    acme = given(1_000)
    acme.say(measures(rule("cut_limit")), b.order(), b.invoice(500), b.payment(500), b.day_closed("2025-06-30"))
    assert acme.partition.book.document("measures", b.ACCOUNT, "") is None
