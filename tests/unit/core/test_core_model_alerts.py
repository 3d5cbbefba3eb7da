"""What the learner reports becomes an alert to the owner of the model: one of a cause, about no account."""

from typing import Any

import pytest

from schemas.decisions import AlertRaised
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
