"""What a seed means: the cluster's size, how it is driven, and how much goes wrong."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from random import Random


@dataclass(frozen=True)
class Options:
    """One run. Probabilities are per thing that can go wrong; times are virtual seconds."""

    seed: int
    partitions: int
    hosts: int
    facts: int
    accounts: int
    is_cold: bool
    has_faults: bool
    poison: float
    repeated: float
    crash_every_s: float
    pause_every_s: float
    rebalance_every_s: float
    two_owners: float
    state_lost: float
    late_append: float
    refused_output: float
    lost_batch: float
    slice_records: int
    sweeps_per_round: int
    commit_every: int
    checkpoint_every: int
    max_idle_ms: int
    broadcasts: tuple[str, ...]
    state_every_ms: int
    exposures_every_s: float

    def text(self) -> str:
        """Return all of it, as a person reads it."""
        return ", ".join(f"{name}={value!r}" for name, value in asdict(self).items())


def options_of(seed: int) -> Options:
    """Return what a seed means."""
    rng = Random(f"options/{seed}")
    is_cold = rng.random() < 0.25
    return Options(
        seed=seed,
        partitions=rng.choice([1, 2, 2, 3]),
        hosts=rng.choice([1, 2, 2, 3]),
        facts=rng.choice([40, 80, 80, 160]),
        accounts=rng.choice([2, 4, 7]),
        is_cold=is_cold,
        has_faults=True,
        poison=rng.choice([0, 0.05, 0.15]),
        repeated=rng.choice([0, 0.1, 0.3]),
        crash_every_s=rng.choice([0.3, 1, 3]),
        pause_every_s=rng.choice([0.3, 1, 10]),
        rebalance_every_s=rng.choice([0.3, 1, 10]),
        two_owners=rng.choice([0, 0.3, 0.8]),
        state_lost=rng.choice([0, 0.2, 0.6]),
        late_append=rng.choice([0, 0.02, 0.1]),
        refused_output=rng.choice([0, 0, 0.02]),
        lost_batch=rng.choice([0, 0.05]),
        slice_records=rng.choice([1, 3, 20, 250]),
        sweeps_per_round=rng.choice([1, 2, 200]),
        commit_every=rng.choice([1, 5, 4_000]),
        checkpoint_every=rng.choice([3, 20, 200_000]),
        max_idle_ms=rng.choice([0, 5, 200]),
        broadcasts=("day",) if is_cold else rng.choice([("day",), ("day", "policy", "rates")]),
        state_every_ms=rng.choice([0, 0, 20, 1_000]),
        exposures_every_s=rng.choice([0, 0.02, 0.5]),
    )
