"""Collecting garbage: cycles go while they are young, what lives long is left alone and still freed."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from streams.garbage import collect_less_often


class Row:
    """Something that can be told to be gone."""

    def __init__(self) -> None:
        self.other: object = None


@pytest.fixture
def collecting() -> Iterator[None]:
    before, callbacks = gc.get_threshold(), list(gc.callbacks)
    collect_less_often()
    yield
    gc.callbacks[:] = callbacks
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.usefixtures("collecting")
def test_a_young_cycle_is_collected() -> None:
    # given two rows that only refer to each other
    one, two = Row(), Row()
    one.other, two.other = two, one
    gone = weakref.ref(one)
    del one, two

    # when a worker takes more rows in
    kept = [[number] for number in range(30_000)]

    # then they are gone
    assert gone() is None and kept


@pytest.mark.usefixtures("collecting")
def test_what_lives_long_is_not_looked_through_again_and_freed_when_let_go() -> None:
    # given many rows, taken in over time
    frozen = gc.get_freeze_count()
    kept = [Row() for _ in range(100_000)]
    gone = weakref.ref(kept[0])

    # then most of them are out of the collector's sight
    assert gc.get_freeze_count() - frozen > 50_000

    # and go like anything else
    kept.clear()
    assert gone() is None


@pytest.mark.usefixtures("collecting")
def test_doing_it_twice_changes_nothing() -> None:
    callbacks = len(gc.callbacks)
    collect_less_often()
    assert len(gc.callbacks) == callbacks
