"""What a bad network does to a stream of facts: some come twice, some come late."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from random import Random

from streams.message import Message


def disturbed(
    messages: Iterable[Message], seed: int, *, duplicates: float = 0.02, late: float = 0.02, by_at_most: int = 300
) -> Iterator[Message]:
    """Yield every message, some a second time later, some later than others that came after them.

    Broadcasts are not late, since they are numbered by their place, but they too may come twice.
    """
    rng = Random(f"{seed}/disturbed")
    waiting: list[tuple[int, int, Message]] = []
    for at, message in enumerate(messages):
        while waiting and waiting[0][0] <= at:
            yield heapq.heappop(waiting)[2]
        if message.topic_name != "control" and rng.random() < late:
            heapq.heappush(waiting, (at + rng.randint(1, by_at_most), at, message))
            continue
        if rng.random() < duplicates:
            heapq.heappush(waiting, (at + rng.randint(1, by_at_most), at, message))
        yield message
    while waiting:
        yield heapq.heappop(waiting)[2]
