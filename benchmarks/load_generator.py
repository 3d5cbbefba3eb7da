"""An open-loop load: simulated facts at a fixed rate, each at its time whether the earlier ones are through or not.

`python -m benchmarks.load_generator BROKERS PREFIX RATE SECONDS FIRST` prints how late it was at worst, for honesty.
"""

from __future__ import annotations

import sys
import time
from datetime import date, timedelta
from itertools import islice

from confluent_kafka import Producer

from benchmarks.kafka_side import placed
from streams.message import Message
from streams.simulator import stream

ACCOUNTS = 10_000
SEED = 11
PRELUDE = 45_000
"""So many facts are there before the load begins: the accounts are open then and trade."""
_PRELUDE_DAYS = 9
"""The load's business days begin today or a little later: to take facts from beyond the open day a worker looks
at `control` first."""
_WEDNESDAY = 2
_LEAD_S = 0.5


def messages(first: int, count: int) -> list[Message]:
    """Return these facts of the market."""
    start = date.today() - timedelta(days=_PRELUDE_DAYS)
    start += timedelta(days=(_WEDNESDAY - start.weekday()) % 7)
    return list(islice(stream(ACCOUNTS, SEED, start=start), first, first + count))


def main(brokers: str, prefix: str, rate: float, seconds: float, first: int) -> None:
    """Send; a record's timestamp is when it was due."""
    producer = Producer(
        {
            "bootstrap.servers": brokers,
            "enable.idempotence": True,
            "linger.ms": 0,
            "queue.buffering.max.messages": 1_000_000,
        }
    )
    found = messages(first, int(rate * seconds))
    for message in found:
        placed(message, prefix)
    began, lates = time.time() + _LEAD_S, []
    for number, message in enumerate(found):
        due = began + number / rate
        while (now := time.time()) < due:
            producer.poll(min(due - now, 0.001))
        name, partition, key, value, timestamp, headers = placed(message, prefix, int(due * 1000))
        producer.produce(name, value, key, partition, timestamp=timestamp, headers=headers)
        producer.poll(0)
        lates.append(now - due)
    assert producer.flush(60) == 0, "expected the load to be written within 60 s"
    lates.sort()
    print(f"{lates[int(len(lates) * 0.99)] * 1000:.1f}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))
