"""A trial: the simulated market decided by the core in memory, and what it says for and against a policy."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from typer.testing import CliRunner

from api.cli import app
from schemas.policy import default_policy, policy_id, read_policy
from streams.market.merits import Merits, merits_of, plain_static_limit
from streams.market.trial import Seen, Trial, run_trial

TURNED = date(2025, 3, 1)


@cache
def trial(name: str = "default") -> Trial:
    """Return a small trial of the default policy or of the plain static limit."""
    return run_trial(40, 150, 5, policy=plain_static_limit() if name == "static" else None)


def seen(kind: Any = "deteriorating", **fields: Any) -> Seen:
    """Return what was seen of an account that turned on 1 March."""
    return Seen("A", kind, TURNED, **fields)


def merits(*accounts: Seen) -> Merits:
    """Return the numbers of a week in which these accounts traded."""
    return merits_of(Trial(len(accounts), 7, 1, "", {str(number): one for number, one in enumerate(accounts)}))


def after(days: int) -> date:
    """Return a day so long after the account turned."""
    return TURNED + timedelta(days=days)


def test_the_same_seed_is_the_same_trial() -> None:
    assert merits_of(run_trial(15, 60, 3)) == merits_of(run_trial(15, 60, 3))


def test_a_policy_that_is_given_is_adopted_before_the_first_day() -> None:
    policy = plain_static_limit()
    assert run_trial(5, 3, 3, policy=policy).policy_id == policy_id(read_policy(policy))
    assert run_trial(5, 3, 3).policy_id == policy_id(default_policy())


def test_the_plain_static_limit_is_a_policy_that_only_knows_the_limit() -> None:
    policy = read_policy(plain_static_limit())
    assert policy.checks.exposure_exceeds_limit == "block"
    assert policy.checks.oldest_overdue_too_old == "pass"
    assert not policy.measures


def test_the_policy_is_compared_with_it() -> None:
    found = merits_of(trial(), trial("static"))
    assert found.static_limit is not None
    assert found.static_limit.released_orders > 100
    assert found.policy.released_orders > 100


def test_an_account_is_caught_by_the_first_sign_after_it_turned_and_before_its_default() -> None:
    one = seen(criticals_on=[after(-3), after(20)], stopped_on=[after(10)], defaulted_on=after(90))
    assert one.caught_on() == after(10)
    found = merits(one)
    assert (found.caught_bp, found.lead_days) == (10_000, 80)


def test_a_sign_before_it_turned_or_on_the_day_of_default_catches_nobody() -> None:
    found = merits(seen(criticals_on=[after(-3)], stopped_on=[after(90)], defaulted_on=after(90)))
    assert (found.defaulted, found.caught, found.caught_bp, found.lead_days) == (1, 0, 0, None)


def test_an_alert_counts_once_at_the_gravest_level_it_reached() -> None:
    found = merits(seen(levels={"A/1": "notice", "A/2": "critical"}), seen(levels={"A/3": "notice", "A/4": "notice"}))
    assert found.alerts == {"notice": 3, "warning": 0, "critical": 1}
    assert found.spread_bp == {"notice": 7_500, "warning": 0, "critical": 2_500}
    assert found.alerts_per_100_accounts_week == 200


def test_only_prompt_payers_count_among_prompt_payers_blocked() -> None:
    found = merits(seen("prompt", blocked_orders=1), seen("prompt"), seen("slow", blocked_orders=3))
    assert (found.prompt, found.prompt_blocked, found.prompt_blocked_bp) == (2, 1, 5_000)


def test_a_critical_alert_was_followed_when_a_payment_was_over_30_days_late_soon_after() -> None:
    found = merits(seen(criticals_on=[after(0), after(200)], late_on=[after(60)]))
    assert (found.criticals, found.criticals_followed) == (2, 1)


def test_the_command_prints_every_number_as_json() -> None:
    done = CliRunner().invoke(app, ["simulate", "--report", "--accounts", "10", "--days", "20", "--json"])
    assert done.exit_code == 0, done.output
    found = msgspec.json.decode(done.stdout, type=Merits)
    assert (found.accounts, found.days, found.seed) == (10, 20, 1)
    assert found.policy_id == policy_id(default_policy())


def test_the_command_prints_tables_for_people() -> None:
    done = CliRunner().invoke(app, ["simulate", "--report", "--accounts", "10", "--days", "20"])
    assert done.exit_code == 0, done.output
    for words in ("plain static limit", "prompt payers that ever saw a block", "bust_out", "at most 5.0 %"):
        assert words in done.stdout


def test_a_file_that_is_no_policy_could_not_be_tried(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('name = "bad"\n[checks]\nlimit_missing = "perhaps"\n')
    done = CliRunner().invoke(app, ["simulate", "--report", "--policy", str(tmp_path / "bad.toml")])
    assert done.exit_code == 2
    assert "$.checks.limit_missing" in done.output
