"""What the learner reports becomes an alert to the owner of the model: one of a cause, about no account."""

from typing import Any

import pytest

from projections.context import decode_context, encode_context
from schemas.decisions import AlertCleared, AlertHandled, AlertRaised, FactRejected
from tests import builders as b
from tests.scenario import Scenario, alerts
from tests.unit.core.test_core_headroom import policy

BETTER = {"labels": 600, "late": 200, "auc_bp": 8_800, "log_loss_bp": 4_100}
PRESENT = {"labels": 600, "late": 200, "auc_bp": 8_700, "log_loss_bp": 4_200}
GOOD_PROBING = {"probing_labels": 60, "probing_auc_bp": 7_500, "probing_log_loss_bp": 5_000}
BAD_PROBING = {"probing_labels": 60, "probing_auc_bp": 6_000, "probing_log_loss_bp": 6_500}


@pytest.fixture
def first() -> Scenario:
    """Return the first partition of two."""
    return Scenario(0, 2)


def figures(challenger: dict[str, Any], champion: dict[str, Any] = PRESENT) -> b.Said:
    """Return a report of how both models do."""
    return b.learner_reported("figures", model_id="challenger-600", champion=champion, challenger=challenger)


def test_drift_warns_the_owner_of_the_model_once(first: Scenario) -> None:
    (raised,) = first.say(b.learner_reported("drift", of="loss", found=2_100, line=1_300))
    assert isinstance(raised, AlertRaised)
    assert (raised.cause, raised.subject, raised.owner_role) == ("model_drift", "loss", "model_owner")
    assert (raised.found, raised.line) == (2_100, 1_300)
    assert first.say(b.learner_reported("drift", of="days_beyond", found=6_000, line=5_000)) == []
    first.prove()


def test_it_belongs_to_no_account(first: Scenario) -> None:
    first.say(b.learner_reported("drift", of="loss"))
    assert first.ledger[-1].account_id is None


def test_only_the_first_partition_speaks() -> None:
    second = Scenario(1, 2)
    assert second.say(b.learner_reported("drift", of="loss").with_headers(control_no="0")) == []
    second.prove()


def test_a_refused_snapshot_warns_and_names_the_reason(first: Scenario) -> None:
    (raised,) = first.say(b.learner_reported("snapshot_refused", of="model_number_absurd", text="weights: 1e9"))
    assert (raised.cause, raised.subject) == ("model_refused", "model_number_absurd")


def test_a_policy_may_not_want_to_hear_of_it(first: Scenario) -> None:
    first.say(policy(warnings={"model_drift": None}))
    assert first.say(b.learner_reported("drift", of="loss")) == []


def test_a_better_challenger_is_made_known(first: Scenario) -> None:
    assert alerts(first.say(figures(BETTER))) == ["raised challenger_better notice"]
    first.prove()


@pytest.mark.parametrize(
    "challenger",
    [
        BETTER | {"labels": 499},
        BETTER | {"auc_bp": 8_749},
        BETTER | {"log_loss_bp": 4_200},
        PRESENT,
        {"labels": 600, "late": 0},
        BETTER | BAD_PROBING,
    ],
    ids=["too few labels", "AUC hardly higher", "log-loss no lower", "equal", "nothing to measure", "worse on trials"],
)
def test_a_challenger_that_is_not_better_in_every_respect_is_not(first: Scenario, challenger: dict[str, Any]) -> None:
    assert first.say(figures(challenger, PRESENT | GOOD_PROBING)) == []


def test_a_handful_of_trial_orders_says_nothing(first: Scenario) -> None:
    few = {"probing_labels": 49}
    assert alerts(first.say(figures(BETTER | BAD_PROBING | few, PRESENT | GOOD_PROBING))) != []


@pytest.fixture
def drifting(first: Scenario) -> Scenario:
    """Return the first partition after a drift was told."""
    first.say(b.learner_reported("drift", of="loss", found=2_100, line=1_300))
    return first


def refusal(decisions: list[Any]) -> str:
    """Return the code of the one refusal."""
    (rejected,) = decisions
    assert isinstance(rejected, FactRejected)
    return rejected.code


def test_somebody_has_seen_it_and_it_is_somebodys(drifting: Scenario) -> None:
    (assigned,) = drifting.say(b.model_alert_handled("assigned", owner="lee"))
    (seen,) = drifting.say(b.model_alert_handled("acknowledged"))
    assert isinstance(assigned, AlertHandled) and isinstance(seen, AlertHandled)
    assert (assigned.did, assigned.actor, assigned.owner) == ("assigned", "kim", "lee")
    assert (seen.did, seen.owner, seen.cause, seen.found) == ("acknowledged", "lee", "model_drift", 2_100)
    drifting.prove()


def test_what_was_closed_is_told_no_more_until_another_model_predicts(drifting: Scenario) -> None:
    (closed,) = drifting.say(b.model_alert_handled("closed"))
    assert isinstance(closed, AlertHandled) and closed.did == "closed"
    assert drifting.say(b.learner_reported("drift", of="loss", found=3_000, line=1_300)) == []
    cleared = drifting.say(b.model_adopted(None))
    assert [type(one) for one in cleared] == [AlertCleared]
    (again,) = drifting.say(b.learner_reported("drift", of="loss"))
    assert isinstance(again, AlertRaised) and again.alert_id == "model/2"
    (handled,) = drifting.say(b.model_alert_handled("acknowledged", "model/2"))
    assert isinstance(handled, AlertHandled) and handled.owner is None, "whose the old one was says nothing of it"
    drifting.prove()


@pytest.mark.parametrize("alert_id", ["model/2", "model/0", "model/x", "ACME/1", "model"])
def test_an_alert_that_was_never_raised_cannot_be_handled(drifting: Scenario, alert_id: str) -> None:
    assert refusal(drifting.say(b.model_alert_handled("acknowledged", alert_id))) == "alert_unknown"
    drifting.prove()


@pytest.mark.parametrize("end", [b.model_alert_handled("closed"), b.model_adopted(None)], ids=["closed", "cleared"])
def test_what_is_over_cannot_be_handled(drifting: Scenario, end: b.Said) -> None:
    drifting.say(end)
    assert refusal(drifting.say(b.model_alert_handled("assigned", owner="lee"))) == "alert_is_closed"
    drifting.prove()


def test_other_partitions_neither_handle_nor_refuse_it() -> None:
    second = Scenario(1, 2)
    assert second.say(b.model_alert_handled("closed").with_headers(control_no="0")) == []
    second.prove()


def test_what_was_done_survives_a_restart(drifting: Scenario) -> None:
    drifting.say(b.model_alert_handled("assigned", owner="lee"), b.model_alert_handled("closed"))
    again = decode_context(encode_context(drifting.partition.context))
    assert again.model_handlings == drifting.partition.context.model_handlings
    assert again.model_handlings["model_drift"].closed
