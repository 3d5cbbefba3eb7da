"""Every scenario of the core ends by proving that its ledger replays and re-derives."""

from collections.abc import Callable, Iterator

import pytest

from tests.scenario import Scenario, with_limit


@pytest.fixture
def nobody() -> Iterator[Scenario]:
    """A partition that knows nothing yet."""
    scenario = Scenario()
    yield scenario
    scenario.prove()


@pytest.fixture
def given() -> Iterator[Callable[[int], Scenario]]:
    """A function that returns an opened account with a limit."""
    made: list[Scenario] = []

    def make(limit_minor: int) -> Scenario:
        made.append(with_limit(limit_minor))
        return made[-1]

    yield make
    for scenario in made:
        scenario.prove()


@pytest.fixture
def acme(given: Callable[[int], Scenario]) -> Scenario:
    """An opened account with a limit of 1,000."""
    return given(1_000)
