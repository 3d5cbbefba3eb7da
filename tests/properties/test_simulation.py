"""A few runs of the simulated cluster; thousands with `python -m tests.simulation --runs 5000`."""

from __future__ import annotations

import pytest

from tests.simulation.options import options_of
from tests.simulation.oracle import simulate

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")
"""A process that dies leaves coroutines behind."""


@pytest.mark.parametrize("first", range(0, 60, 10))
def test_whatever_befalls_the_workers_the_ledger_and_its_outputs_are_right(first: int) -> None:
    for seed in range(first, first + 10):
        ended = simulate(options_of(seed))
        again = f"python -m tests.simulation --runs 1 --seed {seed}"
        assert not ended.findings, f"{again}: {ended.findings[:5]}; {ended.options.text()}"


def test_a_seed_is_replayed_step_by_step() -> None:
    first, second = (simulate(options_of(7)) for _ in range(2))
    assert first.counts == second.counts
    assert first.counts["steps"] > 1_000
    ledgers = [[part.records for part in ended.log.topics["ledger"].values()] for ended in (first, second)]
    assert ledgers[0] == ledgers[1]
